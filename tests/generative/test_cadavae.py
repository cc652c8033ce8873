import numpy as np
import pytest

from tests.common import small
from zsl_estimators import CADAVAEClassifier, ExemplarClassifier, SoftmaxHead
from zsl_estimators.datasets import make_gzsl
from zsl_estimators.metrics import harmonic_mean_score

# The default, without a choice of the weight decay.
LINEAR = SoftmaxHead(hidden=(), lr=3e-2)


@pytest.mark.parametrize("decision", ["head", "gaussian"])
def test_harmonic_mean_comes_within_five_points_of_the_best_possible(decision):
    data = make_gzsl(
        100,
        n_seen=20,
        n_unseen=5,
        n_features=10,
        n_attributes=5,
        class_sep=1.5,
        random_state=0,
    )
    clf = CADAVAEClassifier(
        data.attributes,
        init=ExemplarClassifier(
            alpha=0.01, shrinkage=0.01, attribute_scaling="standard"
        ),
        attribute_scaling="standard",
        max_epochs=2,
        early_stopping=False,
        seen_penalty=0.0,
        decision=decision,
        head=LINEAR,
        random_state=0,
    ).fit(data.X_train, data.y_train)
    labels = data.attributes.index.to_numpy()
    best = labels[data.density.posterior(data.X_test).argmax(axis=1)]
    ours, possible = (
        harmonic_mean_score(data.y_test, predicted, seen_classes=data.seen_classes)
        for predicted in (clf.predict(data.X_test), best)
    )
    assert possible < 0.9
    assert ours > possible - 0.05


def test_network_of_the_paper_learns_unseen_classes():
    """From random weights, with all warm-ups: far better than chance."""
    data = make_gzsl(60, n_seen=12, n_unseen=3, n_features=8, random_state=0)
    clf = CADAVAEClassifier(
        data.attributes,
        **{
            **CADAVAEClassifier.paper_params("AWA2", source="paper"),
            "feature_scaling": "standard",
            "attribute_scaling": "standard",
            "latent_dim": 8,
            "head": LINEAR,
            "n_real": 40,
            "n_synthetic": 40,
            "max_epochs": 15,
            "lr": 1e-2,
            "net_params": {
                "criterion__kl_warm_up": (0.0, 0.9),
                "criterion__cross_warm_up": (0.21, 0.75),
                "criterion__alignment_warm_up": (0.06, 0.22),
            },
        },
        random_state=0,
    ).fit(data.X_train, data.y_train)
    unseen = np.isin(data.y_test, data.unseen_classes)
    X, y = data.X_test[unseen], data.y_test[unseen]
    assert (clf.predict(X, classes=data.unseen_classes) == y).mean() > 0.6
    assert clf.init_ is None


def test_it_is_not_behind_its_start_on_held_out_classes(task):
    """A training that is harmful is not done; the candidates hold the start."""
    clf = small(
        CADAVAEClassifier, attributes=task.attributes, lr=0.3, random_state=0
    ).fit(task.X_train, task.y_train)
    areas = clf.held_out_results_.groupby("candidate").AUSUC.mean()
    assert areas[clf.n_iter_] >= areas[0]
    assert clf.n_iter_ == 0


def test_zero_epochs_and_the_nearest_mean_are_the_initial_estimator(task):
    clf = small(
        CADAVAEClassifier,
        attributes=task.attributes,
        decision="gaussian",
        lr=0.3,
        random_state=0,
    ).fit(task.X_train, task.y_train)
    assert clf.n_iter_ == 0
    clf.seen_penalty_ = 0.0
    np.testing.assert_allclose(
        clf.decision_function(task.X_test),
        clf.init_.decision_function(task.X_test),
        rtol=1e-3,
        atol=1e-3,
    )


def test_weights_of_the_losses_grow_while_it_is_trained(task):
    clf = small(
        CADAVAEClassifier,
        attributes=task.attributes,
        early_stopping=False,
        max_epochs=4,
        lr=1e-9,
        seen_penalty=0.0,
        random_state=0,
    )
    clf.set_params(
        net_params={**clf.net_params, "criterion__kl_warm_up": (0.25, 0.75)},
        warm_start=True,
    )
    clf.fit(task.X_train, task.y_train)
    parts = np.array(clf.history_[:, "divergence_loss"])
    assert parts[0] == parts[1] == 0
    np.testing.assert_allclose(parts[2:] / parts[3], [0.5, 1], rtol=0.1)
    clf.fit(task.X_train, task.y_train)
    more = np.array(clf.history_[:, "divergence_loss"])
    assert (more[4:] > 0).all(), "no second warm-up"


@pytest.mark.parametrize("dataset", ["AWA1", "awa2", "CUB", "Sun"])
@pytest.mark.parametrize("source", ["code", "paper"])
def test_paper_params_are_parameters(dataset, source):
    clf = CADAVAEClassifier(**CADAVAEClassifier.paper_params(dataset, source))
    assert clf.net_params["module__legacy_noise"] is (source == "code")
    assert clf.get_params()["head__batch_size"] == 32
    assert clf.alignment_weight == pytest.approx(8.13, rel=0.07)


def test_unknown_paper_params():
    with pytest.raises(ValueError, match="one of AWA1, AWA2, CUB, SUN from"):
        CADAVAEClassifier.paper_params("APY")


@pytest.mark.parametrize("source", ["code", "paper"])
def test_paper_network(task, source):
    settings = CADAVAEClassifier.paper_params("CUB", source)
    hidden = {name: (8,) for name in settings["net_params"] if name.endswith("hidden")}
    assert len(hidden) == 4
    settings["net_params"] = settings["net_params"] | hidden
    settings |= {"max_epochs": 3, "n_synthetic": 20, "n_real": 20}
    clf = CADAVAEClassifier(task.attributes, random_state=0, **settings)
    clf.fit(task.X_train, task.y_train)
    assert np.isfinite(clf.decision_function(task.X_test)).all()
    assert clf.head_.n_features_in_ == 64


def test_head_is_as_small_as_the_latent_space(task):
    [head, *others] = CADAVAEClassifier(decision="head")._new_decisions()
    assert len(others) == 3, "one per weight decay"
    assert head.estimator.hidden == ()


def test_initial_estimator_needs_whitened_features(task):
    clf = small(CADAVAEClassifier, attributes=task.attributes, feature_scaling="minmax")
    with pytest.raises(ValueError, match='feature_scaling="whitened"'):
        clf.fit(task.X_train, task.y_train)
