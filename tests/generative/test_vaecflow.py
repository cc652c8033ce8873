import numpy as np
import pytest
from sklearn.base import clone

from tests.common import small
from zsl_estimators import VAEcFlowClassifier
from zsl_estimators.datasets import make_gzsl

# What is tested does not depend on the number of folds.
pytestmark = pytest.mark.usefixtures("few_folds")


def test_likelihood_comes_within_two_percent_of_the_truth():
    data = make_gzsl(800, n_seen=12, n_unseen=4, n_features=6, random_state=0)
    clf = VAEcFlowClassifier(
        data.attributes,
        coupling_hidden=(32, 32),
        lr=3e-3,
        max_epochs=15,
        early_stopping=False,
        decision="likelihood",
        seen_penalty=0.0,
        random_state=0,
    ).fit(data.X_train, data.y_train)
    seen = np.isin(data.y_test, data.seen_classes)
    X, y = data.X_test[seen], data.y_test[seen]
    ours = clf.score_samples(X)[np.arange(len(y)), y].mean()
    truth = data.density.log_density(X)[np.arange(len(y)), y].mean()
    assert abs(ours - truth) < 0.02 * abs(truth)


def test_score_samples_is_a_density():
    """It sums to one over a grid, in the units of the user."""
    data = make_gzsl(60, n_seen=6, n_unseen=2, n_features=2, random_state=0)
    data.X_train = data.X_train * [1, 5] + 3
    clf = small(
        VAEcFlowClassifier, attributes=data.attributes, lr=1e-2, random_state=0
    ).fit(data.X_train, data.y_train)
    low, high = data.X_train.min(axis=0), data.X_train.max(axis=0)
    spread = high - low
    axes = [
        np.linspace(a - s, b + s, 200)
        for a, b, s in zip(low, high, spread, strict=True)
    ]
    grid = np.stack(np.meshgrid(*axes), axis=-1).reshape(-1, 2)
    cell = np.prod([axis[1] - axis[0] for axis in axes])
    mass = np.exp(clf.score_samples(grid)).sum(axis=0) * cell
    seen = np.isin(clf.classes_, clf.seen_classes_)
    np.testing.assert_allclose(mass[seen], 1, atol=0.02)


@pytest.mark.parametrize("dataset", ["AWA1", "awa2", "CUB", "Sun"])
@pytest.mark.parametrize("source", ["code", "paper"])
def test_paper_params_are_parameters(dataset, source):
    clf = VAEcFlowClassifier(**VAEcFlowClassifier.paper_params(dataset, source))
    of_code = source == "code"
    assert clf.encoder_hidden == ((1450, 2048) if of_code else (1024, 2048))
    assert bool(clf.net_params) is of_code
    assert clf.get_params()["head__betas"] == (0.5, 0.999)


@pytest.mark.parametrize(
    ("dataset", "iterations"),
    [("AWA1", 5e3), ("AWA2", 5e3), ("CUB", 25e3), ("SUN", 28e3), ("ImageNet", 150e3)],
)
def test_iterations_of_the_paper(dataset, iterations):
    n_rows = {"AWA1": 19832, "AWA2": 23527, "CUB": 7057, "SUN": 10320}
    settings = VAEcFlowClassifier.paper_params(dataset, source="paper")
    n_batches = n_rows.get(dataset, 1_281_167) / settings["batch_size"]
    assert settings["max_epochs"] * n_batches == pytest.approx(iterations, rel=0.05)


def test_published_settings_of_imagenet():
    settings = VAEcFlowClassifier.paper_params("imagenet", source="paper")
    wanted = {
        "n_synthetic": 600,
        "n_real": 50,
        "batch_size": 256,
        "synthesis": "stream",
    }
    assert {name: settings[name] for name in wanted} == wanted
    with pytest.raises(ValueError, match="ImageNet from source='paper'"):
        VAEcFlowClassifier.paper_params("ImageNet")
    with pytest.raises(ValueError, match="source must be one of code, paper"):
        VAEcFlowClassifier.paper_params("CUB", source="blog")


@pytest.mark.parametrize("source", ["code", "paper"])
def test_paper_network(task, source):
    settings = {
        **VAEcFlowClassifier.paper_params("CUB", source),
        "coupling_hidden": (8, 8),
        "encoder_hidden": (16, 16),
        "decoder_hidden": (8,),
        "n_synthetic": 20,
        "max_epochs": 3,
    }
    clf = VAEcFlowClassifier(task.attributes, random_state=0, **settings)
    clf.fit(task.X_train, task.y_train)
    assert np.isfinite(clf.score_samples(task.X_test)).all()
    starts = [block.started for block in clf.net_.module_.flow.blocks[::3]]
    assert all(starts), "ActNorm starts from the data"


def test_initial_estimator_needs_whitened_features(task):
    clf = small(
        VAEcFlowClassifier, attributes=task.attributes, feature_scaling="minmax"
    )
    with pytest.raises(ValueError, match='feature_scaling="whitened"'):
        clf.fit(task.X_train, task.y_train)


def test_likelihood_decision(task):
    clf = small(
        VAEcFlowClassifier,
        attributes=task.attributes,
        decision="likelihood",
        random_state=0,
    ).fit(task.X_train, task.y_train)
    assert not hasattr(clf, "head_")
    seen = np.isin(clf.classes_, clf.seen_classes_)
    expected = clf.score_samples(task.X_test) - clf.seen_penalty_ * seen
    np.testing.assert_allclose(clf.decision_function(task.X_test), expected)
    clf.add_classes(np.ones((1, task.attributes.shape[1])))
    assert clf.score_samples(task.X_test).shape[1] == len(seen) + 1


def test_temperature_widens_what_is_generated(task):
    clf = small(VAEcFlowClassifier, attributes=task.attributes, random_state=0)
    clf.fit(task.X_train, task.y_train)
    spreads = [
        clf.set_params(temperature=t).sample(400, [0])[0].std(axis=0).mean()
        for t in (0.0, 1.0, 4.0)
    ]
    assert spreads[0] < 1e-3
    np.testing.assert_allclose(spreads[2] / spreads[1], 2, rtol=0.1)


@pytest.mark.parametrize(
    "settings",
    [
        {"encoder_hidden": (), "vae_weight": 0.0, "cls_weight": 0.0},
        {"net_params": {"criterion__zero_mean": True}, "cls_weight": 0.0},
    ],
    ids=["linear prior", "means at zero"],
)
def test_parts_that_the_paper_takes_away(task, settings):
    """Each makes another model than the whole, with the same seed."""
    whole = small(VAEcFlowClassifier, attributes=task.attributes, random_state=0)
    whole.set_params(early_stopping=False, decision="likelihood", seen_penalty=0.0)
    less = clone(whole).set_params(**settings)
    densities = [
        clf.fit(task.X_train, task.y_train).score_samples(task.X_test)
        for clf in (whole, less)
    ]
    assert np.isfinite(densities[1]).all()
    assert not np.allclose(*densities)
    assert less.history_[-1]["classification_loss"] == 0
