import numpy as np
import pytest
from scipy.sparse import csr_array

from zsl_estimators.dual_ridge import DualRidgeInputs
from zsl_estimators.linear import RidgeInputs
from zsl_estimators.problem import Problem
from zsl_estimators.rows import BlockwiseStandardScaler, ScaledRows


def problems(n_features, weights=None):
    """A problem with sparse rows, and the same with dense ones."""
    random = np.random.RandomState(0)
    shape = 12, n_features
    X = np.where(random.uniform(size=shape) < 0.3, random.uniform(size=shape), 0.0)
    X[:, 0] = 2.0
    y, S = np.arange(12) % 4, random.normal(size=(5, 3))
    scaler = BlockwiseStandardScaler().fit(X, sample_weight=weights)
    seen = np.arange(5) < 4
    for rows in (csr_array(X), X):
        yield Problem(ScaledRows(rows, scaler), y, S, seen, None, weights)


@pytest.fixture(params=[None, np.arange(1.0, 13)], ids=["alike", "weighted"])
def inputs(request):
    weights = request.param
    return [
        RidgeInputs.of_classes(problem, weights, scale=2.0)
        for problem in problems(30, weights)
    ]


@pytest.fixture
def Y():
    return np.random.RandomState(1).normal(size=(4, 3))


def test_only_sparse_rows_of_many_features_are_dual():
    kinds = [
        type(RidgeInputs.of_classes(problem))
        for n_features in (30, 12)
        for problem in problems(n_features)
    ]
    assert kinds == [DualRidgeInputs, RidgeInputs, RidgeInputs, RidgeInputs]


@pytest.mark.parametrize("alpha", [0.01, 1.0, 100.0])
def test_same_maps(inputs, Y, alpha):
    dual, primal = inputs
    assert dual.n_samples == primal.n_samples
    found, expected = (one.path(Y).coefficients(alpha) for one in (dual, primal))
    np.testing.assert_allclose(found, expected, atol=1e-11)
    origin = np.random.RandomState(2).normal(size=(30, 3))
    found, expected = (
        one.path(Y, origin).coefficients(alpha) for one in (dual, primal)
    )
    np.testing.assert_allclose(found, expected, atol=1e-11)


def test_no_penalty(inputs, Y):
    """The kernel of centred rows is singular, and the shortest map is found."""
    dual, _ = inputs
    rows = dual.rows.toarray()
    expected = np.linalg.pinv(rows, rcond=1e-10) @ dual.products(Y)
    np.testing.assert_allclose(dual.path(Y).coefficients(0.0), expected, atol=1e-7)


def test_decomposition_is_that_of_the_second_moments(inputs, Y):
    dual, primal = inputs
    eigenvalues, vectors = dual.decomposition
    of_gram = primal.decomposition[0]
    np.testing.assert_allclose(eigenvalues, of_gram[-len(eigenvalues) :], rtol=1e-10)
    np.testing.assert_allclose(of_gram[: -len(eigenvalues)], 0, atol=1e-10)
    found = dual.map_of(dual.products(Y))
    np.testing.assert_allclose(found, primal.map_of(primal.products(Y)), atol=1e-12)
    in_axes = dual.map_of(vectors)
    np.testing.assert_allclose(in_axes.T @ in_axes, np.diag(eigenvalues), atol=1e-10)
