"""Batches of rows that weigh more or less."""

import numpy as np
import pandas as pd
import pytest
import torch

from tests.decisions.common import streamed
from zsl_estimators import CVAEClassifier, DeViSEClassifier, FGANClassifier, SoftmaxHead
from zsl_estimators.datasets import make_gzsl
from zsl_estimators.training import ArrayData, DeviceBatches, SampledBatches

WEIGHTS = np.array([0.3, 1.0, 2.5, 4.0, 0.7, 1.5, 3.0])


def batches(weights, seed=0, batch_size=3):
    rows = np.arange(len(WEIGHTS))
    data = ArrayData({"x": rows.astype(np.float32)}, rows, weights).to("cpu")
    return DeviceBatches(data, batch_size, seed=seed)


def epoch(batches):
    return torch.cat([y for _, y in batches]).numpy()


@pytest.mark.parametrize("weights", [None, np.full(len(WEIGHTS), 0.7)])
def test_rows_that_weigh_alike_are_permuted_as_ever(weights):
    generator = torch.Generator().manual_seed(3)
    several = batches(weights, seed=3)
    for _ in range(3):
        expected = torch.randperm(len(WEIGHTS), generator=generator)
        np.testing.assert_array_equal(epoch(several), expected)


def test_rows_of_an_epoch_are_drawn_as_often_as_they_weigh():
    several = batches(WEIGHTS)
    assert [len(y) for _, y in several] == [3, 2, 2]
    epochs = [epoch(several) for _ in range(4000)]
    counts = np.array([np.bincount(one, minlength=len(WEIGHTS)) for one in epochs])
    expected = len(WEIGHTS) * WEIGHTS / WEIGHTS.sum()
    assert (counts >= np.floor(expected)).all()
    assert (counts <= np.ceil(expected)).all()
    np.testing.assert_allclose(counts.mean(axis=0), expected, atol=0.04)
    # Wherever a row is drawn, it may be the first as well as the last.
    places = np.array(
        [np.bincount(column, minlength=7) for column in np.array(epochs).T]
    )
    np.testing.assert_allclose(places / len(epochs), [expected / 7] * 7, atol=0.03)


def test_the_seed_decides_the_draws():
    assert (epoch(batches(WEIGHTS, seed=1)) == epoch(batches(WEIGHTS, seed=1))).all()
    several = batches(WEIGHTS, seed=1)
    assert (epoch(several) != epoch(several)).any()


def drawn(features, n_epochs):
    several = SampledBatches(features, 50, seed=0)
    return torch.cat([y for _ in range(n_epochs) for _, y in several]).numpy()


def test_streamed_rows_are_drawn_as_often_as_they_weigh():
    real, y = np.zeros((3, 2), dtype=np.float32), np.arange(3)
    features = streamed(real, y, np.zeros((5, 2)), [3, 4], 2).to("cpu")
    plain = np.bincount(drawn(features, 400)) / 20_000
    np.testing.assert_allclose(plain, [1 / 7] * 3 + [2 / 7] * 2, atol=0.02)
    assert features.all_weights() is None
    features.weights = np.array([0.5, 2.0, 3.5])
    np.testing.assert_array_equal(features.all_weights(), [0.5, 2, 3.5, 1, 1, 1, 1])
    found = np.bincount(drawn(features, 400)) / 20_000
    np.testing.assert_allclose(found, np.array([0.5, 2, 3.5, 2, 2]) / 10, atol=0.02)


# -- what is learned, on average ------------------------------------------------------


@pytest.fixture(scope="module")
def two_classes():
    """Classes that overlap, the rows of one of which weigh five times as much."""
    rng = np.random.RandomState(0)
    y = np.arange(200) % 2
    X = rng.normal(size=(200, 3)) + 0.3 * y[:, None]
    return X, y, np.where(y == 1, 5.0, 1.0)


def share_of_the_heavy_class(head, X, y, **weights):
    return head.fit(X, y, **weights).predict_proba(X)[:, 1].mean()


def test_head_against_repeated_rows(two_classes):
    X, y, weights = two_classes
    repeated = np.repeat(np.arange(len(y)), weights.astype(int))
    head = SoftmaxHead(hidden=(), max_epochs=10, lr=3e-2, random_state=0)
    plain = share_of_the_heavy_class(head, X, y)
    found = share_of_the_heavy_class(head, X, y, sample_weight=weights)
    expected = share_of_the_heavy_class(head, X[repeated], y[repeated])
    assert plain < 0.55 < 0.8 < expected
    assert found == pytest.approx(expected, abs=0.04)


def test_head_on_a_stream(two_classes):
    X, y, weights = two_classes
    settings = {"hidden": (), "max_epochs": 10, "lr": 3e-2, "device": "cpu"}
    head = SoftmaxHead(random_state=0, **settings)
    expected = share_of_the_heavy_class(head, X, y, sample_weight=weights)
    features = streamed(X.astype(np.float32), y, np.zeros((2, 3)), np.empty(0, int), 1)
    features.weights = weights
    head.fit_stream(features, np.arange(2))
    assert head.predict_proba(X)[:, 1].mean() == pytest.approx(expected, abs=0.06)


GENERATORS = {"init": None, "decision": "gaussian", "max_epochs": 40}
NETWORKS = {
    "generator against a critic": FGANClassifier(
        generator_hidden=(16,),
        critic_hidden=(16,),
        noise_dim=2,
        lr=3e-3,
        **GENERATORS | {"max_epochs": 60},
    ),
    "variational autoencoder": CVAEClassifier(
        encoder_hidden=(8,), decoder_hidden=(8,), latent_dim=2, lr=1e-2, **GENERATORS
    ),
    "hinge loss": DeViSEClassifier(init=None, max_epochs=60),
}


@pytest.fixture(scope="module")
def small_task():
    return make_gzsl(
        30, n_seen=4, n_unseen=2, n_features=3, n_attributes=3, random_state=0
    )


@pytest.fixture(scope="module")
def one_side(small_task):
    """Rows on one side of their class weigh 3, the others 0 or 1.

    It is not the same side for all classes, so that scalers see little of it.
    """
    task = small_task
    X, y = task.X_train, task.y_train
    halves = pd.Series(X[:, 0]).groupby(y).transform("median")
    few = np.random.RandomState(0).randint(0, 2, size=len(y))
    return X, y, np.where((X[:, 0] > halves) == (y > 3), 3, few)


def class_means(clf, X, y):
    """Of generated features, or of scores; in units of their spread."""
    if hasattr(clf, "sample"):
        made, labels = clf.sample(200, np.unique(y))
        made = made / X.std(axis=0)
    else:
        scores = clf.decision_function(X)
        made, labels = scores / scores.std(), y
    return np.array([made[labels == k].mean(axis=0) for k in np.unique(y)])


@pytest.mark.parametrize("name", NETWORKS)
def test_networks_against_repeated_rows(small_task, one_side, name):
    """Trained for as many steps, they differ by less than half of what weights do."""
    X, y, weights = one_side
    repeated = np.repeat(np.arange(len(y)), weights)
    clf = NETWORKS[name].set_params(
        attributes=small_task.attributes,
        attribute_scaling="standard",
        seen_penalty=0.0,
        early_stopping=False,
        # Random numbers of a GPU are others, and two seeds are few.
        device="cpu",
    )

    def mean_over_seeds(*rows, n_rows):
        clf.set_params(batch_size=n_rows // 4)
        means = [
            class_means(clf.set_params(random_state=seed).fit(*rows), X, y)
            for seed in range(2)
        ]
        return np.mean(means, axis=0)

    weighted = mean_over_seeds(X, y, weights, n_rows=np.count_nonzero(weights))
    expected = mean_over_seeds(X[repeated], y[repeated], n_rows=len(repeated))
    plain = mean_over_seeds(X, y, n_rows=len(y))
    effect = np.abs(plain - expected).mean()
    assert effect > 0.04
    assert np.abs(weighted - expected).mean() < effect / 2
