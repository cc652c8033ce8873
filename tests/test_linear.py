import numpy as np
import pytest
from numpy.linalg import eigh
from scipy.linalg import solve_sylvester
from sklearn.linear_model import Ridge

from zsl_estimators.linear import (
    RidgeInputs,
    RidgePath,
    SylvesterPath,
    ridge_from_rows,
)
from zsl_estimators.rows import ScaledRows


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


def rows_of_classes(n_features=5):
    rng = np.random.RandomState(0)
    X = rng.normal(2.0, [1.0, 5.0, 0.1, 2.0, 1.0], size=(40, 5))[:, :n_features]
    return X, np.arange(40) % 6, rng.normal(size=(6, 3))


@pytest.mark.parametrize("alpha", [1e-3, 0.1, 10.0])
def test_ridge_from_rows_equals_sklearn(alpha, monkeypatch):
    monkeypatch.setattr("zsl_estimators.rows.NUMBERS_PER_BLOCK", 35)
    X, y, S = rows_of_classes()
    coefficients, intercept = ridge_from_rows(ScaledRows(X), y, S, alpha)
    penalty = alpha * len(X) * X.var(axis=0).mean()
    expected = Ridge(penalty).fit(X, S[y])
    np.testing.assert_allclose(coefficients, expected.coef_.T, atol=1e-9)
    np.testing.assert_allclose(intercept, expected.intercept_, atol=1e-9)


def test_ridge_from_rows_without_penalty_is_least_squares():
    X, y, S = rows_of_classes()
    coefficients, intercept = ridge_from_rows(ScaledRows(X), y, S, 1e-30)
    design = np.column_stack([np.ones(len(X)), X])
    expected = np.linalg.lstsq(design, S[y], rcond=None)[0]
    np.testing.assert_allclose(coefficients, expected[1:], atol=1e-4)
    np.testing.assert_allclose(intercept, expected[0], atol=1e-4)


@pytest.mark.parametrize("value", [0.0, 3.0])
def test_ridge_from_constant_rows_answers_the_mean(value):
    _, y, S = rows_of_classes()
    X = np.full((len(y), 2), value)
    coefficients, intercept = ridge_from_rows(ScaledRows(X), y, S, 0.01)
    np.testing.assert_allclose(coefficients, 0, atol=1e-12)
    np.testing.assert_allclose(intercept, S[y].mean(axis=0))
