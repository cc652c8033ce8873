import copy
import pickle
import weakref

import numpy as np
import pytest
from scipy.spatial.distance import cdist
from sklearn.covariance import LedoitWolf

from zsl_estimators.gaussian import (
    SMALLEST_VARIANCE,
    LastResult,
    SharedGaussian,
    class_means,
)
from zsl_estimators.rows import ScaledRows


@pytest.fixture(scope="module")
def samples():
    random = np.random.RandomState(0)
    y = np.repeat([0, 1, 3], 40)
    X = random.normal(size=(120, 4)) @ random.normal(size=(4, 4)) + y[:, None]
    return X, y


@pytest.fixture
def gaussian(samples):
    X, y = samples
    return SharedGaussian(ScaledRows(X), y, 4)


def test_class_means():
    X = np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
    means = class_means(ScaledRows(X), np.array([0, 0, 2]), 3)
    np.testing.assert_array_equal(means, [[2, 3], [0, 0], [5, 6]])


def test_covariance_starts_with_the_shrinkage_of_ledoit_and_wolf(samples, gaussian):
    X, y = samples
    estimate = LedoitWolf(assume_centered=True).fit(X - gaussian.means[y])
    expected = 120 / 117 * estimate.covariance_ + SMALLEST_VARIANCE * np.eye(4)
    np.testing.assert_allclose(gaussian.covariance, expected)
    assert gaussian.shrinkage == pytest.approx(estimate.shrinkage_, rel=1e-9)


@pytest.mark.parametrize("shrinkage", [0.0, 0.3, 1.0])
def test_shrinkage_mixes_with_the_identity(samples, gaussian, shrinkage):
    X, y = samples
    gaussian.shrinkage = shrinkage
    plain = 120 / 117 * np.cov((X - gaussian.means[y]).T, bias=True)
    identity = np.trace(plain) / 4 * np.eye(4)
    expected = (1 - shrinkage) * plain + shrinkage * identity
    np.testing.assert_allclose(gaussian.covariance, expected, atol=2e-6)


def test_shrinkage_can_be_less_than_that_of_ledoit_and_wolf():
    # Nearly a multiple of the identity, where their estimate keeps nothing.
    X = np.random.RandomState(2).normal(size=(40, 8))
    gaussian = SharedGaussian(ScaledRows(X), np.zeros(40, dtype=int), 1)
    assert gaussian.shrinkage == 1
    gaussian.shrinkage = 0.0
    plain = np.cov(X.T)
    np.testing.assert_allclose(gaussian.covariance, plain, atol=2e-6)


@pytest.mark.parametrize("n_per_class", [2, 3, 50])
def test_scale_does_not_depend_on_the_samples_per_class(n_per_class):
    """The penalty is fitted on folds with fewer rows than the final fit has."""
    random = np.random.RandomState(0)
    y = np.repeat(np.arange(200), n_per_class)
    X = 2 * random.normal(size=(len(y), 3)) + random.normal(size=(200, 3))[y]
    np.testing.assert_allclose(
        np.diag(SharedGaussian(ScaledRows(X), y, 200).covariance), 4, rtol=0.15
    )


def test_distances_are_those_of_mahalanobis(samples, gaussian):
    X, _ = samples
    precision = np.linalg.inv(gaussian.covariance)
    expected = cdist(X, gaussian.means, "mahalanobis", VI=precision) ** 2
    np.testing.assert_allclose(gaussian.squared_distances(X, gaussian.means), expected)


def test_whitening_and_coloring_are_inverse(gaussian):
    product = gaussian.whitening @ gaussian.coloring
    np.testing.assert_allclose(product, np.eye(4), atol=1e-10)
    covariance = gaussian.coloring.T @ gaussian.coloring
    np.testing.assert_allclose(covariance, gaussian.covariance)


def test_signs_of_the_axes_do_not_depend_on_the_memory_order():
    """Nor do whitened features, and what is generated in their units."""
    random = np.random.RandomState(0)
    X, y = random.normal(size=(500, 60)) @ random.normal(size=(60, 60)), np.arange(500)
    X[:, 7:12] = X[:, [7]] * 1e-3
    one, other = (
        SharedGaussian(ScaledRows(order(X)), y % 5, 5)
        for order in (np.ascontiguousarray, np.asfortranarray)
    )
    np.testing.assert_allclose(one.axes[:, 8:], other.axes[:, 8:], atol=1e-6)
    assert (one.axes.max(axis=0) == np.abs(one.axes).max(axis=0)).all()


def test_one_sample_per_class_is_no_problem():
    gaussian = SharedGaussian(ScaledRows(np.eye(3)), np.arange(3), 3)
    assert np.isfinite(gaussian.squared_distances(np.eye(3), gaussian.means)).all()


def test_one_sample_per_class_has_the_scale_of_the_features():
    X = np.random.RandomState(0).normal(size=(5, 3))
    gaussian = SharedGaussian(ScaledRows(X), np.arange(5), 5)
    np.testing.assert_allclose(gaussian.covariance, np.eye(3), atol=1e-5)


def test_changed_shrinkage_changes_the_distances_of_the_same_rows(samples, gaussian):
    X, _ = samples
    for shrinkage in (0.9, 0.1, 0.9):
        gaussian.shrinkage = shrinkage
        precision = np.linalg.inv(gaussian.covariance)
        expected = cdist(X, gaussian.means, "mahalanobis", VI=precision) ** 2
        found = gaussian.squared_distances(X, gaussian.means)
        np.testing.assert_allclose(found, expected)
        to_means = gaussian.squared_distances_to_means(X)
        np.testing.assert_allclose(to_means, expected)
        # Until it is used again.
        assert gaussian.squared_distances_to_means(X) is to_means


def test_large_tables_of_distances_are_not_kept(samples, gaussian, monkeypatch):
    X, _ = samples
    monkeypatch.setattr("zsl_estimators.gaussian.NUMBERS_TO_KEEP", 4 * len(X) - 1)
    to_means = gaussian.squared_distances_to_means(X)
    np.testing.assert_array_equal(to_means, gaussian.squared_distances_to_means(X))
    assert gaussian.squared_distances_to_means(X) is not to_means


class TestLastResult:
    @staticmethod
    def counting():
        calls = []
        return calls, lambda array: calls.append(1) or array.sum()

    def test_the_same_array_is_computed_once(self):
        calls, total = self.counting()
        last, array = LastResult(), np.ones(3)
        assert last.of(array, total) == last.of(array, total) == 3
        assert len(calls) == 1
        assert last.of(np.zeros(3), total) == 0
        assert last.of(array, total) == 3
        assert len(calls) == 3

    def test_functions_have_keys(self):
        calls, total = self.counting()
        last, array = LastResult(), np.ones(3)
        assert last.of(array, total, key="sum") == 3
        assert last.of(array, len, key="len") == 3
        assert last.of(array, total, key="sum") == 3
        assert len(calls) == 1

    def test_nothing_is_kept_of_an_array_that_is_gone(self):
        last, array = LastResult(), np.ones(3)
        result = last.of(array, lambda array: array * 2)
        kept = weakref.ref(result)
        del array, result
        assert kept() is None

    def test_copies_begin_empty(self):
        calls, total = self.counting()
        last, array = LastResult(), np.ones(3)
        last.of(array, total)
        for copied in (copy.deepcopy(last), pickle.loads(pickle.dumps(last))):
            copied.of(array, total)
        assert len(calls) == 3
