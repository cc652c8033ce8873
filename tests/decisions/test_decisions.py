"""Decisions with a generator that is known exactly: normal classes."""

import numpy as np
import pytest
import torch
from scipy.spatial.distance import cdist
from scipy.stats import multivariate_normal
from sklearn.linear_model import LogisticRegression
from torch import nn

from zsl_estimators import SoftmaxHead
from zsl_estimators.decisions import (
    Head,
    Likelihood,
    NearestMean,
    PartsView,
    TrainedGenerator,
    _generator,
)
from zsl_estimators.problem import Problem
from zsl_estimators.rows import ScaledRows
from zsl_estimators.scaling import FeatureScaler

N_CLASSES, N_SEEN, N_FEATURES = 6, 4, 3


class NormalClasses(nn.Module):
    """Features are base means plus noise of variance 1."""

    noise_dim = N_FEATURES

    def __init__(self):
        super().__init__()
        self.unused = nn.Parameter(torch.zeros(1))

    def synthesise(self, noise, attributes, centers):
        return centers + noise

    def forward(self, x, attributes, centers):
        return -torch.cdist(x, centers).square() / 2


@pytest.fixture
def means():
    return 4 * np.random.RandomState(0).normal(size=(N_CLASSES, N_FEATURES))


@pytest.fixture
def problem(means):
    rng = np.random.RandomState(1)
    y = np.repeat(np.arange(N_SEEN), 50)
    X = means[y] + rng.normal(size=(len(y), N_FEATURES))
    seen = np.arange(N_CLASSES) < N_SEEN
    scaler = factor_and_offset()
    rows = ScaledRows(scaler.inverse_transform(X), scaler)
    return Problem(rows, y, np.eye(N_CLASSES), seen, rng)


def factor_and_offset():
    """Scaled units are those of the users here, but for a factor and an offset."""
    scaler = FeatureScaler("standard").fit(np.eye(N_FEATURES), np.arange(N_FEATURES))
    scaler.offset_, scaler.forward_, scaler.backward_ = (
        np.full(N_FEATURES, 7.0),
        np.full(N_FEATURES, 0.5),
        np.full(N_FEATURES, 2.0),
    )
    return scaler


def generator(means):
    tensors = torch.eye(len(means)), torch.tensor(means, dtype=torch.float32)
    seen = np.arange(len(means)) < N_SEEN
    return TrainedGenerator(NormalClasses(), *tensors, factor_and_offset(), seen)


def rows_of_every_class(means):
    rng = np.random.RandomState(2)
    y = np.repeat(np.arange(len(means)), 30)
    return means[y] + rng.normal(size=(len(y), N_FEATURES)), y


def test_synthetic_means_are_exact_with_opposite_noise(means):
    made = generator(means)
    found = made.means(np.array([5, 1]), np.random.RandomState(0))
    np.testing.assert_allclose(found, 2 * means[[5, 1]] + 7, atol=1e-5)


def test_means_of_many_classes_are_made_some_classes_at_a_time(means, monkeypatch):
    made, asked = generator(means), []

    def noted(noise, attributes, centers):
        asked.append(len(centers))
        return centers + noise

    made.module.synthesise = noted
    monkeypatch.setattr(_generator, "NUMBERS_FOR_MEANS", 2 * 64 * N_FEATURES)
    found = made.means(np.arange(5), np.random.RandomState(0))
    np.testing.assert_allclose(found, 2 * means[:5] + 7, atol=1e-5)
    assert asked == [128, 128, 64]
    none = made.means(np.arange(0), np.random.RandomState(0))
    assert none.shape == (0, N_FEATURES)


class EncodesClasses(NormalClasses):
    """The same, with what depends on the class encoded beforehand."""

    n_encoded = 0

    def encode_classes(self, attributes, centers):
        self.n_encoded += len(centers)
        return (centers,)

    def generate(self, noise, centers):
        return centers + noise


@pytest.mark.parametrize("n_rows", [2, 1500])
def test_classes_are_encoded_once_where_there_are_more_rows(means, n_rows):
    plain, encoding = generator(means), generator(means)
    encoding.module = EncodesClasses()
    positions = np.arange(n_rows) % N_CLASSES
    made = [g.features(positions, np.random.RandomState(0)) for g in (plain, encoding)]
    np.testing.assert_array_equal(*made)
    assert encoding.module.n_encoded == (N_CLASSES if n_rows > N_CLASSES else 0)


def test_nearest_mean_is_the_distance_of_mahalanobis(means, problem):
    made = generator(means)
    decision = NearestMean().fit(made, problem, np.random.RandomState(0))
    Z, y = rows_of_every_class(means)
    scores = decision.score_classes(None, Z)
    observed = np.array([problem.X[problem.y == k].mean(axis=0) for k in range(N_SEEN)])
    centers = np.vstack([observed, means[N_SEEN:]])
    gaussian = decision.gaussian_
    jacobian = 2 / gaussian.scaler.scale_
    precision = np.linalg.inv(gaussian.gaussian.covariance)
    precision = precision * np.outer(jacobian, jacobian)
    expected = -(cdist(Z, centers, "mahalanobis", VI=precision) ** 2) / 2
    np.testing.assert_allclose(scores, expected, rtol=1e-3, atol=1e-3)
    assert (scores.argmax(axis=1) == y).mean() > 0.9


def test_likelihood_is_that_of_the_module_in_the_users_units(means, problem):
    made = generator(means)
    decision = Likelihood().fit(made, problem, None)
    Z, _ = rows_of_every_class(means)
    scores = decision.score_classes(lambda: made, Z)
    expected = np.column_stack(
        [multivariate_normal(mean, np.eye(N_FEATURES)).logpdf(Z) for mean in means]
    )
    constant = N_FEATURES / 2 * np.log(2 * np.pi) + N_FEATURES * np.log(0.5)
    np.testing.assert_allclose(scores, expected + constant, atol=1e-3)


@pytest.mark.parametrize("synthesis", ["once", "stream"])
def test_head_finds_every_class(means, problem, synthesis):
    settings = {"n_synthetic": 60, "weight_decay": 1e-3, "device": "cpu"}
    head = Head(None, synthesis=synthesis, **settings)
    head.fit(generator(means), problem, np.random.RandomState(0))
    Z, y = rows_of_every_class(means)
    assert head.score_classes(None, Z).shape == (len(Z), N_CLASSES)
    assert (head.score_classes(None, Z).argmax(axis=1) == y).mean() > 0.9
    assert head.name == "head (weight_decay=0.001)"


@pytest.mark.parametrize(
    "decision",
    [NearestMean(), Head(SoftmaxHead()), Head(LogisticRegression(max_iter=1000))],
    ids=["mean", "built-in", "sklearn"],
)
def test_added_classes_are_found(means, problem, decision):
    decision.fit(generator(means), problem, np.random.RandomState(0))
    more = np.vstack([means, [[12.0, -12.0, 12.0]]])
    Z, y = rows_of_every_class(more)
    before = decision.score_classes(None, Z)
    larger = generator(more)
    decision.extend(
        larger, np.array([N_CLASSES]), np.arange(N_CLASSES), np.random.RandomState(1)
    )
    after = decision.score_classes(None, Z)
    assert (after.argmax(axis=1) == y).mean() > 0.85
    if not isinstance(getattr(decision, "estimator", None), LogisticRegression):
        np.testing.assert_allclose(after[:, :N_CLASSES], before, atol=1e-9)


def test_decisions_of_one_name_are_equal():
    """Models of several folds compare theirs by name."""
    one, other = (Head(None, weight_decay=0.1, view=view("V")) for _ in range(2))
    assert one == other
    assert hash(one) == hash(other)
    assert one != Head(None, weight_decay=0.1, view=view("V+C"))
    assert one != NearestMean()
    assert repr(NearestMean()) == "<decision: gaussian>"


def view(name):
    return PartsView(name, N_FEATURES)


def test_views_are_parts_of_a_row():
    rows = torch.arange(10.0).reshape(2, 5)
    assert view("V").of(rows).tolist() == rows[:, :3].tolist()
    assert view("V+C").of(rows).tolist() == rows.tolist()


@pytest.mark.parametrize(
    ("counts", "expected"), [([3, 3, 3], 20), ([50, 60, 70], 60), ([900] * 3, 500)]
)
def test_automatic_number_of_synthetic_rows(counts, expected):
    y = np.repeat(np.arange(3), counts)
    assert Head(None)._resolved_n_synthetic(y) == expected
    assert Head(None, n_synthetic=7)._resolved_n_synthetic(y) == 7


@pytest.mark.parametrize("n_real", [1, 7, 80, None])
def test_some_real_rows_per_class(means, problem, n_real):
    class Recorded(LogisticRegression):
        def fit(self, X, y):
            Recorded.seen = X, y
            return super().fit(X, y)

    head = Head(Recorded(max_iter=5000), n_synthetic=30, n_real=n_real)
    head.fit(generator(means), problem, np.random.RandomState(0))
    X, y = Recorded.seen
    n_of_seen = min(n_real or 50, 50)
    np.testing.assert_array_equal(np.bincount(y), [n_of_seen] * N_SEEN + [30] * 2)
    real = X[y < N_SEEN]
    rows = cdist(real, problem.X.astype(np.float32))
    assert (rows.min(axis=1) == 0).all()
    assert len(np.unique(rows.argmin(axis=1))) == len(real)
    np.testing.assert_array_equal(problem.y[rows.argmin(axis=1)], y[y < N_SEEN])
