import numpy as np
import pytest
import torch

from tests.common import small
from zsl_estimators import FVAEGANClassifier, TFVAEGANClassifier
from zsl_estimators.datasets import make_gzsl
from zsl_estimators.metrics import harmonic_mean_score

# What is tested does not depend on the number of folds.
pytestmark = pytest.mark.usefixtures("few_folds")


def fitted(task, cls=TFVAEGANClassifier, **parameters):
    clf = small(
        cls,
        attributes=task.attributes,
        early_stopping=False,
        seen_penalty=0.0,
        random_state=0,
    ).set_params(**parameters)
    return clf.fit(task.X_train, task.y_train)


def test_recovers_what_could_be_known():
    """With many classes the harmonic mean is that of the true densities."""
    data = make_gzsl(
        40, n_seen=40, n_unseen=8, n_features=8, n_attributes=5, random_state=0
    )
    clf = TFVAEGANClassifier(
        data.attributes,
        attribute_scaling="standard",
        hidden=(64,),
        decision="gaussian",
        max_epochs=5,
        early_stopping=False,
        seen_penalty=0.0,
        random_state=0,
    ).fit(data.X_train, data.y_train)
    best = data.density.posterior(data.X_test).argmax(axis=1)
    figures = [
        harmonic_mean_score(data.y_test, predicted, seen_classes=data.seen_classes)
        for predicted in (clf.predict(data.X_test), best)
    ]
    assert figures[0] > figures[1] - 0.05


def test_untrained_it_generates_what_f_vaegan_does(task):
    """Which is what the initial estimator says."""
    untrained = [
        fitted(task, cls, lr=1e-12).sample(5)[0]
        for cls in (TFVAEGANClassifier, FVAEGANClassifier)
    ]
    np.testing.assert_allclose(*untrained, atol=1e-6)


def test_decoder_learns_descriptions(task):
    """Their directions, which a linear map predicts from these features."""
    settings = {"max_epochs": 40, "hidden": (32,), "feature_scaling": "whitened"}
    clf = fitted(task, device="cpu", **settings)
    decoder = clf.net_.inference_module.decoder
    x = torch.tensor(clf._scaled(task.X_train)).float()
    with torch.no_grad():
        predicted = decoder(x).numpy()
    S = clf._scaled_attributes()[clf._table.rows(task.y_train)]
    cosines = (predicted * S).sum(axis=1) / np.linalg.norm(S, axis=1)
    assert cosines.mean() > 0.9


@pytest.mark.parametrize(("view", "n_seen_by_head"), [("V", 6), ("V+S", 6 + 4 + 8)])
def test_head_sees_the_view(task, view, n_seen_by_head):
    clf = fitted(task, view=view)
    assert clf.view_ == view
    assert clf.head_.n_features_in_ == n_seen_by_head


def test_folds_choose_the_view(task):
    clf = fitted(task, view="auto", head=None, early_stopping=True, max_epochs=1)
    means = clf.held_out_decisions_.groupby("candidate").AUSUC.mean()
    assert any("view=V+S" in name for name in means.index)
    assert clf.decision_.name == means.idxmax()
    assert clf.view_ == ("V+S" if "V+S" in clf.decision_.name else "V")


def test_only_what_synthesises_is_kept(task):
    module = fitted(task).net_.module_
    assert module.critic is None
    assert module.synthesiser.generator.encoder is None


@pytest.mark.parametrize("dataset", ["AWA2", "CUB", "SUN", "FLO"])
def test_paper_network(task, dataset):
    """Narrow, but with everything that the paper has and the default has not."""
    settings = TFVAEGANClassifier.paper_params(dataset)
    settings["net_params"] |= {"module__encoder_hidden": (16, 8)}
    settings |= {"hidden": (16,), "noise_dim": 4, "n_synthetic": 20, "max_epochs": 12}
    clf = TFVAEGANClassifier(task.attributes, random_state=0, warm_start=True)
    clf.set_params(**settings, head__max_epochs=2).fit(task.X_train, task.y_train)
    net = clf.net_
    groups = net.optimizer_.param_groups, net.critic_optimizer_.param_groups
    feedback_lr = 1e-4 if dataset in ("AWA2", "SUN") else 1e-5
    rates = [[group["lr"] for group in optimizer] for optimizer in groups]
    assert rates == [[feedback_lr, clf.lr], [1e-4, clf.lr]]
    assert net.criterion_.freeze_decoder == (dataset == "AWA2")
    weights = net.module_.feedback_weight, net.module_.synthesiser.weight
    published = {"AWA2": (0.01, 0.01), "CUB": (1.0, 1.0), "SUN": (0.1, 0.01)}
    assert weights == published.get(dataset, (0.5, 0.5))
    assert clf.head_.n_features_in_ == 6 + 4 + 16
    assert np.isfinite(clf.decision_function(task.X_test)).all()


def test_nothing_else_is_published():
    with pytest.raises(ValueError, match=r"'APY'.*AWA2, CUB, SUN, FLO"):
        TFVAEGANClassifier.paper_params("APY")
