import numpy as np
import pytest
from sklearn.decomposition import PCA

from tests.common import small
from zsl_estimators import ExemplarClassifier, FVAEGANClassifier
from zsl_estimators.datasets import make_gzsl
from zsl_estimators.metrics import harmonic_mean_score


def fitted(task, **parameters):
    clf = small(
        FVAEGANClassifier,
        attributes=task.attributes,
        early_stopping=False,
        seen_penalty=0.0,
        random_state=0,
    ).set_params(**parameters)
    return clf.fit(task.X_train, task.y_train)


@pytest.mark.parametrize(
    "training",
    [
        {"max_epochs": 5},
        {"init": None, "adversarial_weight": 1.0, "lr": 3e-3, "max_epochs": 20},
    ],
)
def test_recovers_what_could_be_known(training):
    """With many classes the harmonic mean is that of the true densities."""
    data = make_gzsl(
        40, n_seen=40, n_unseen=8, n_features=8, n_attributes=5, random_state=0
    )
    clf = FVAEGANClassifier(
        data.attributes,
        attribute_scaling="standard",
        hidden=(64,),
        decision="gaussian",
        early_stopping=False,
        seen_penalty=0.0,
        random_state=0,
        **training,
    ).fit(data.X_train, data.y_train)
    best = data.density.posterior(data.X_test).argmax(axis=1)
    figures = [
        harmonic_mean_score(data.y_test, predicted, seen_classes=data.seen_classes)
        for predicted in (clf.predict(data.X_test), best)
    ]
    assert figures[0] > figures[1] - 0.05


def test_untrained_it_generates_what_the_initial_estimator_says(task):
    """Means and covariances of classes, in the users' units."""
    init = ExemplarClassifier(alpha=0.1, shrinkage=0.1)
    clf = fitted(task, lr=1e-12, init=init)
    X, _ = clf.sample(20_000, classes=task.unseen_classes[:1])
    means = clf.init_.predict_means(task.attributes.loc[task.unseen_classes[:1]])
    scale = clf.init_.feature_scaler_.scale_
    np.testing.assert_allclose(
        (X.mean(axis=0) - means[0]) / scale, np.zeros(6), atol=0.02
    )
    np.testing.assert_allclose(np.cov((X / scale).T), clf.init_.covariance_, atol=0.03)


def test_untrained_it_predicts_as_the_initial_estimator(task):
    """Pairs of opposite noise give the means of a linear generator exactly."""
    clf = fitted(task, lr=1e-12, decision="gaussian")
    unseen = np.isin(clf.classes_, clf.unseen_classes_)
    scores, expected = (
        one.decision_function(task.X_test)[:, unseen] for one in (clf, clf.init_)
    )
    np.testing.assert_allclose(scores, expected, atol=1e-3)


def test_latents_begin_as_principal_components(task):
    init = ExemplarClassifier(alpha=0.1, shrinkage=0.0, random_state=0)
    clf = fitted(task, init=init, noise_dim=3, device="cpu")
    scaled = clf.init_.feature_scaler_.transform(task.X_train)
    means = {
        label: scaled[task.y_train == label].mean(axis=0) for label in clf.seen_classes_
    }
    pca = PCA(3).fit(scaled - np.stack([means[label] for label in task.y_train]))
    expected = 1 - pca.noise_variance_ / pca.explained_variance_[::-1]
    shares = clf.net_.module_.generator.shares
    np.testing.assert_allclose(shares, np.clip(expected, 0, 0.9), atol=1e-4)


def test_all_features_but_one_may_have_a_latent(task):
    clf = fitted(task, noise_dim=40)
    assert len(clf.net_.module_.generator.shares) == 5
    assert np.isfinite(clf.decision_function(task.X_test)).all()


def test_only_the_decoder_is_kept(task):
    module = fitted(task).net_.module_
    assert module.critic is None
    assert module.generator.encoder is None
    assert fitted(task, warm_start=True).net_.module_.critic is not None


@pytest.mark.parametrize("dataset", ["AWA2", "CUB", "SUN", "FLO"])
def test_paper_network(task, dataset):
    """Narrow, but with everything that the paper has and the default has not."""
    settings = FVAEGANClassifier.paper_params(dataset)
    noise_dim = settings["noise_dim"]
    assert settings["net_params"]["module__encoder_hidden"] == (4096, 2 * noise_dim)
    settings["net_params"] |= {"module__encoder_hidden": (16, 8)}
    settings |= {"hidden": (16,), "noise_dim": 4, "n_synthetic": 20, "max_epochs": 2}
    clf = FVAEGANClassifier(task.attributes, random_state=0, **settings)
    clf.set_params(head__max_epochs=2).fit(task.X_train, task.y_train)
    X, _ = clf.sample(50)
    low, high = task.X_train.min(axis=0), task.X_train.max(axis=0)
    assert (low - 1e-5 <= X).all()
    assert (high + 1e-5 >= X).all()
    assert clf.net_.module_.encoded_noise == (dataset != "FLO")


def test_nothing_else_is_published():
    with pytest.raises(ValueError, match=r"'APY'.*AWA2, CUB, SUN, FLO"):
        FVAEGANClassifier.paper_params("APY")


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"feature_scaling": "minmax"}, "whitened"),
        ({"net_params": {"module__output_activation": "relu"}}, "linear"),
        ({"adversarial_weight": -1.0}, "adversarial_weight"),
    ],
)
def test_mistakes_are_explained(task, parameters, message):
    with pytest.raises(ValueError, match=message):
        fitted(task, **parameters)
