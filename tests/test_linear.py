import numpy as np
import pytest
from numpy.linalg import eigh
from scipy.linalg import solve_sylvester
from sklearn.linear_model import Ridge

from zsl_estimators.linear import RidgeInputs, RidgePath, SylvesterPath


@pytest.fixture
def problem():
    rng = np.random.RandomState(0)
    return rng.normal(size=(30, 5)), rng.normal(size=(30, 5))


@pytest.mark.parametrize("alpha", [1e-4, 0.1, 10.0])
def test_equals_sklearn(problem, alpha):
    X, Y = problem
    expected = Ridge(alpha=alpha * len(X), fit_intercept=False).fit(X, Y).coef_.T
    np.testing.assert_allclose(
        RidgePath(RidgeInputs.of_rows(X), Y).coefficients(alpha), expected, atol=1e-8
    )


@pytest.mark.parametrize("alpha", [1e-4, 0.1, 10.0])
def test_identity_is_ridge_on_the_residual(problem, alpha):
    X, Y = problem
    residual = Ridge(alpha=alpha * len(X), fit_intercept=False).fit(X, Y - X).coef_.T
    path = RidgePath(RidgeInputs.of_rows(X), Y, np.eye(5))
    np.testing.assert_allclose(
        path.coefficients(alpha), np.eye(5) + residual, atol=1e-8
    )


def test_large_penalty_leads_to_the_origin(problem):
    X, Y = problem
    np.testing.assert_allclose(
        RidgePath(RidgeInputs.of_rows(X), Y).coefficients(1e12), 0, atol=1e-8
    )
    far = RidgePath(RidgeInputs.of_rows(X), Y, np.eye(5)).coefficients(1e12)
    np.testing.assert_allclose(far, np.eye(5), atol=1e-8)


def test_singular_problem_stays_finite():
    X = np.ones((4, 3))
    assert np.isfinite(RidgePath(RidgeInputs.of_rows(X), X).coefficients(0.0)).all()


@pytest.mark.parametrize("weight", [1e-3, 1.0, 1e3])
def test_sylvester_path_equals_scipy(problem, weight):
    X, Y = problem
    A, B, C = Y.T @ Y, X.T @ X, Y.T @ X
    expected = solve_sylvester(A, weight * B, C)
    np.testing.assert_allclose(
        SylvesterPath(eigh(A), eigh(B), C).solve(weight), expected, atol=1e-10
    )


def test_singular_sylvester_equation_is_solved():
    """More columns than rows on both sides: the shortest solution must come out."""
    rng = np.random.RandomState(0)
    X, Y = rng.normal(size=(3, 6)), rng.normal(size=(3, 5))
    A, B, C = Y.T @ Y, X.T @ X, Y.T @ X
    W = SylvesterPath(eigh(A), eigh(B), C).solve(2.0)
    np.testing.assert_allclose(A @ W + 2.0 * W @ B, C, atol=1e-8)
    system = np.kron(A, np.eye(6)) + 2.0 * np.kron(np.eye(5), B)
    shortest = np.linalg.pinv(system, rcond=1e-12) @ C.ravel()
    np.testing.assert_allclose(W, shortest.reshape(5, 6), atol=1e-8)


def test_sylvester_equation_of_zeros_is_solved_by_zero():
    zeros = eigh(np.zeros((2, 2))), eigh(np.zeros((3, 3)))
    nothing = SylvesterPath(*zeros, np.zeros((2, 3)))
    assert not nothing.solve(1.0).any()
