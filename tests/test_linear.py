import numpy as np
import pytest
from sklearn.linear_model import Ridge

from zsl_estimators.linear import RidgePath


@pytest.fixture
def problem():
    rng = np.random.RandomState(0)
    return rng.normal(size=(30, 5)), rng.normal(size=(30, 5))


@pytest.mark.parametrize("alpha", [1e-4, 0.1, 10.0])
def test_equals_sklearn(problem, alpha):
    X, Y = problem
    expected = Ridge(alpha=alpha * len(X), fit_intercept=False).fit(X, Y).coef_.T
    np.testing.assert_allclose(RidgePath(X, Y).coefficients(alpha), expected, atol=1e-8)


@pytest.mark.parametrize("alpha", [1e-4, 0.1, 10.0])
def test_identity_is_ridge_on_the_residual(problem, alpha):
    X, Y = problem
    residual = Ridge(alpha=alpha * len(X), fit_intercept=False).fit(X, Y - X).coef_.T
    path = RidgePath(X, Y, np.eye(5))
    np.testing.assert_allclose(
        path.coefficients(alpha), np.eye(5) + residual, atol=1e-8
    )


def test_large_penalty_leads_to_the_origin(problem):
    X, Y = problem
    np.testing.assert_allclose(RidgePath(X, Y).coefficients(1e12), 0, atol=1e-8)
    far = RidgePath(X, Y, np.eye(5)).coefficients(1e12)
    np.testing.assert_allclose(far, np.eye(5), atol=1e-8)


def test_singular_problem_stays_finite():
    X = np.ones((4, 3))
    assert np.isfinite(RidgePath(X, X).coefficients(0.0)).all()
