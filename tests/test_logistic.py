import numpy as np
import pytest
from scipy.special import expit
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression

from zsl_estimators import logistic
from zsl_estimators.logistic import curvature_bound, fit_logistic_regressions


@pytest.fixture(scope="module")
def rows():
    """Rows of unequal columns, three targets that depend on them, and weights."""
    random_state = np.random.RandomState(0)
    X = random_state.randn(200, 6) * [1, 2, 0.3, 1, 1, 1] + 1
    scores = X @ random_state.randn(6, 3) + random_state.randn(200, 3) - 1
    return X, scores > 0, random_state.randint(0, 3, 200).astype(float)


@pytest.mark.parametrize("weighted", [False, True])
def test_every_target_as_scikit_learn_solves_it(rows, weighted):
    X, targets, weights = rows
    weights = weights if weighted else None
    fitted = fit_logistic_regressions(X, targets, weights)
    assert len(fitted) == 3
    for estimator, target in zip(fitted, targets.T, strict=True):
        exact = LogisticRegression(solver="newton-cholesky", tol=1e-10)
        exact.fit(X, target, weights)
        np.testing.assert_allclose(estimator.coef_, exact.coef_, atol=2e-3)
        np.testing.assert_allclose(estimator.intercept_, exact.intercept_, atol=2e-3)
        np.testing.assert_allclose(
            estimator.predict_proba(X), exact.predict_proba(X), atol=1e-3
        )
        assert estimator.predict(X).tolist() == exact.predict(X).tolist()


def test_groups_do_not_depend_on_n_jobs(rows, monkeypatch):
    X, targets, _ = rows
    monkeypatch.setattr(logistic, "MOST_TOGETHER", 2)
    alone, side_by_side = (
        fit_logistic_regressions(X, targets, n_jobs=n_jobs) for n_jobs in (None, 2)
    )
    for one, other in zip(alone, side_by_side, strict=True):
        np.testing.assert_array_equal(one.coef_, other.coef_)


def test_many_rows_are_solved_for_fewer_targets_at_a_time(rows, monkeypatch):
    X, targets, _ = rows
    together = fit_logistic_regressions(X, targets)
    monkeypatch.setattr(logistic, "MOST_NUMBERS", 10)
    one_by_one = fit_logistic_regressions(X, targets)
    for one, other in zip(together, one_by_one, strict=True):
        np.testing.assert_allclose(one.coef_, other.coef_, atol=2e-3)


def test_no_hessian_exceeds_the_bound(rows):
    X, _, weights = rows
    shares, penalty = weights / weights.sum(), 0.01
    factor = curvature_bound(X, shares, penalty)
    with_ones = np.column_stack([X, np.ones(len(X))])
    for scale in (0, 0.1, 1, 10):
        p = expit(scale * with_ones @ np.random.RandomState(1).randn(7))
        hessian = (with_ones.T * (shares * p * (1 - p))) @ with_ones
        hessian[:-1, :-1] += penalty * np.eye(6)
        assert np.linalg.eigvalsh(factor.T @ factor - hessian).min() > -1e-9


def test_equal_and_constant_columns(rows):
    """The matrix of such features is singular but for the penalty."""
    X, targets, _ = rows
    X = np.column_stack([1e4 * X, 1e4 * X[:, 0], np.full(len(X), 3.0)])
    fitted = fit_logistic_regressions(X, targets)
    for estimator, target in zip(fitted, targets.T, strict=True):
        exact = LogisticRegression(solver="newton-cholesky").fit(X, target)
        assert estimator.score(X, target) >= exact.score(X, target) - 0.01


def test_separable_targets():
    X = np.concatenate([np.full(50, -1.0), np.full(50, 1.0)])[:, None]
    (estimator,) = fit_logistic_regressions(X, X > 0)
    exact = LogisticRegression(solver="newton-cholesky", tol=1e-10).fit(X, X[:, 0] > 0)
    np.testing.assert_allclose(estimator.coef_, exact.coef_, rtol=1e-2)


def test_no_convergence_is_said(rows, monkeypatch):
    X, targets, _ = rows
    monkeypatch.setattr(logistic, "MAX_ITER", 2)
    with pytest.warns(ConvergenceWarning, match="of 3 attributes have not converged"):
        fit_logistic_regressions(X, targets)
