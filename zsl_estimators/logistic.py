"""Many logistic regressions on the same rows, solved together.

The classifiers of all attributes differ in their targets only. Their products with the
features are then products of matrices, and one matrix bounds the curvature of all of
them.

References
----------
.. [1] Böhning, Lindsay: Monotonicity of quadratic-approximation algorithms, Annals of
   the Institute of Statistical Mathematics 1988.
"""

import warnings

import numpy as np
from joblib import Parallel, delayed
from scipy.linalg import cholesky, solve_triangular
from scipy.optimize import minimize
from scipy.special import expit
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression

# Targets that are solved together, fewer where there are so many rows that one product
# would have more numbers than that.
MOST_TOGETHER = 64
MOST_NUMBERS = 2**24
MAX_ITER = 1000
# Of the gradient in units of the bound; it leaves less than scikit-learn's 1e-4, which
# is in units of the features.
TOLERANCE = 1e-4
# Of a diagonal element; what rounding may take from a matrix that is nearly singular.
JITTER = 1e-10


def fit_logistic_regressions(X, targets, weights=None, n_jobs=None):
    """Fit ``LogisticRegression()`` to several binary targets of the same rows.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features)
        Features.
    targets : ndarray of shape (n_samples, n_targets), dtype bool
        Both values occur in every column.
    weights : ndarray of shape (n_samples,) or None, default=None
        Weights of the samples; None is 1.
    n_jobs : int or None, default=None
        Groups of targets that are solved in parallel. The groups do not depend on it.

    Returns
    -------
    estimators : list of LogisticRegression
        Fitted, one per target.

    Warns
    -----
    ConvergenceWarning
        If a group was given up, usually after 1000 iterations.
    """
    X = np.asarray(X, dtype=np.float64)
    shares = np.ones(len(X)) if weights is None else np.asarray(weights, np.float64)
    total = shares.sum()
    # LogisticRegression has C=1 and adds up losses; here they are averaged.
    shares, penalty = shares / total, 1 / total
    bound = curvature_bound(X, shares, penalty)
    together = int(np.clip(MOST_NUMBERS // len(X), 1, MOST_TOGETHER))
    groups = [
        targets[:, first : first + together]
        for first in range(0, targets.shape[1], together)
    ]
    solved = Parallel(n_jobs=n_jobs)(
        delayed(solve)(X, group, shares, penalty, bound) for group in groups
    )
    return [
        as_estimator(column, n_iter)
        for weights_of_group, n_iter in solved
        for column in weights_of_group.T
    ]


def curvature_bound(X, shares, penalty):
    """Cholesky factor of a matrix that no Hessian of the mean loss exceeds.

    The second derivative of the logistic loss is at most 1/4 (Böhning and Lindsay
    [1]_).

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features)
        Features, float64.
    shares : ndarray of shape (n_samples,)
        Weights that sum to 1.
    penalty : float
        Half of it multiplies the squared coefficients; the intercept has none.

    Returns
    -------
    factor : ndarray of shape (n_features + 1, n_features + 1)
        Upper triangular; the intercept comes last.
    """
    n_features = X.shape[1]
    bound = np.empty((n_features + 1, n_features + 1))
    bound[:-1, :-1] = (X.T * shares) @ X / 4
    bound[-1, :-1] = bound[:-1, -1] = shares @ X / 4
    bound[-1, -1] = 1 / 4
    diagonal = np.einsum("ii->i", bound)
    diagonal[:-1] += penalty
    diagonal *= 1 + JITTER
    return cholesky(bound)


def solve(X, targets, shares, penalty, bound):
    """Minimise the sum of the mean losses of some targets.

    They have no coefficient in common, so that the minimum of the sum is that of each.
    In coordinates in which the bound is the identity, their curvature is at most 1
    everywhere, so that L-BFGS needs few iterations.

    Returns
    -------
    weights : ndarray of shape (n_features + 1, n_targets)
        Coefficients, then intercepts.
    n_iter : int
        Iterations of L-BFGS.
    """
    shape = X.shape[1] + 1, targets.shape[1]
    # The loss of a row is log(1 + exp(-margin)), with the sign of its target.
    signs = np.where(targets, 1.0, -1.0)

    def loss_and_gradient(coordinates):
        weights = solve_triangular(bound, coordinates.reshape(shape))
        margins = signs * (X @ weights[:-1] + weights[-1])
        loss = shares @ np.logaddexp(0, -margins).sum(axis=1)
        loss += penalty / 2 * (weights[:-1] ** 2).sum()
        slopes = -signs * expit(-margins) * shares[:, None]
        gradient = np.vstack(
            [X.T @ slopes + penalty * weights[:-1], slopes.sum(axis=0)]
        )
        return loss, solve_triangular(bound, gradient, trans="T").ravel()

    found = minimize(
        loss_and_gradient,
        np.zeros(shape).ravel(),
        jac=True,
        method="L-BFGS-B",
        options={"maxiter": MAX_ITER, "gtol": TOLERANCE, "ftol": 0},
    )
    if not found.success:
        warnings.warn(
            f"The classifiers of {shape[1]} attributes have not converged after "
            f"{found.nit} iterations. Scale the features, or give an estimator of your "
            "own.",
            ConvergenceWarning,
            stacklevel=2,
        )
    return solve_triangular(bound, found.x.reshape(shape)), found.nit


def as_estimator(weights, n_iter):
    """A fitted LogisticRegression that has these coefficients and intercept."""
    estimator = LogisticRegression()
    estimator.classes_ = np.array([False, True])
    estimator.n_features_in_ = len(weights) - 1
    estimator.coef_, estimator.intercept_ = weights[None, :-1].copy(), weights[-1:]
    estimator.n_iter_ = np.array([n_iter], dtype=np.int32)
    return estimator
