"""Linear maps between features and descriptions, chosen on held-out classes."""

from itertools import groupby
from numbers import Real
from typing import NamedTuple

import numpy as np

# Divide and conquer, faster here than the default of scipy.
from numpy.linalg import eigh
from scipy.linalg import solve

from zsl_estimators.dual_ridge import DualRidgeInputs
from zsl_estimators.gaussian import class_means
from zsl_estimators.parameters import Interval, StrOptions
from zsl_estimators.rows import class_moments, class_weights

ALPHAS = tuple(10.0**power for power in range(-4, 4))
DEFAULT_ALPHA = 0.01
# A smaller penalty would leave the equations of dependent features unsolvable.
SMALLEST_ALPHA = 1e-9


class RidgeInputs:
    """The side of ridge regression that does not depend on the targets.

    Parameters
    ----------
    X : ndarray of shape (n_rows, n_features)
        Inputs, or their sums over the samples of every class.
    gram : ndarray of shape (n_features, n_features)
        Sum over the samples of ``outer(x, x)``.
    n_samples : float
        Number of samples, or the sum of their weights.
    """

    def __init__(self, X, gram, n_samples):
        self.X, self.gram, self.n_samples = X, gram / n_samples, n_samples
        self.decomposition = eigh(self.gram)

    @classmethod
    def of_rows(cls, X):
        """Inputs of which all are there, for one target per row."""
        X = np.asarray(X, dtype=np.float64)
        return cls(X, X.T @ X, len(X))

    @classmethod
    def of_classes(cls, problem, weights=None, scale=1.0):
        """Inputs that are summed up a block at a time, for one target per seen class.

        As all rows of a class have one target, its products with them are products
        with their sum.

        Parameters
        ----------
        problem : Problem
            Its rows are the inputs.
        weights : ndarray of shape (n_samples,) or None, default=None
            Weights of the samples; None is 1.
        scale : float, default=1.0
            Multiplies the inputs.

        Returns
        -------
        inputs : RidgeInputs or DualRidgeInputs
            Summed up; sparse rows of more features than samples are kept instead.
        """
        rows, y = problem.rows, problem.y
        if rows.is_sparse and rows.n_scaled > len(rows):
            return DualRidgeInputs(rows.whole, y, problem.n_seen, weights, scale)
        sums, gram = class_moments(rows, y, problem.n_seen, weights)
        n_samples = len(rows) if weights is None else weights.sum()
        return cls(scale * sums, scale**2 * gram, n_samples)

    def products(self, Y):
        """Mean over the samples of ``outer(x, y)``."""
        return self.X.T @ Y / self.n_samples

    def map_of(self, solution):
        """Map of shape (n_features, n_targets) that solves for :meth:`products`."""
        return solution

    def path(self, Y, origin=None):
        """Ridge maps to targets, see :class:`RidgePath`."""
        return RidgePath(self, Y, origin)


class RidgePath:
    """Ridge maps ``X -> Y`` for any penalty from one eigendecomposition.

    Solves ``min ||Y - X W||^2 / n + alpha ||W - W0||^2`` without intercept.

    Parameters
    ----------
    inputs : RidgeInputs
        Rows that are mapped.
    Y : ndarray of shape (n_rows, n_targets)
        Targets, one for each row of the inputs.
    origin : ndarray of shape (n_features, n_targets) or None, default=None
        The map `W0` that a large penalty leads to; None is zero.
    """

    def __init__(self, inputs, Y, origin=None):
        self.n_samples = inputs.n_samples
        self.eigenvalues, self.vectors = inputs.decomposition
        self.origin = origin
        if origin is None:
            self.origin = np.zeros((len(inputs.gram), Y.shape[1]))
        missing = inputs.products(Y) - inputs.gram @ self.origin
        self.projected = self.vectors.T @ missing

    def coefficients(self, alpha):
        """Solve for one penalty.

        Parameters
        ----------
        alpha : float
            Penalty per sample; not negative.

        Returns
        -------
        coefficients : ndarray of shape (n_features, n_targets)
            Predict with ``X @ coefficients``.
        """
        # Rounding can push the eigenvalues of a singular matrix below zero.
        shrunk = np.maximum(self.eigenvalues, 0) + max(alpha, 1e-12)
        return self.origin + self.vectors @ (self.projected / shrunk[:, None])


def ridge_from_rows(rows, y, S, alpha, weights=None):
    """Ridge regression of descriptions on samples that are read some at a time.

    Solves ``min ||S[y] - X W - b||^2 / n + alpha v ||W||^2``, where `v` is the mean
    variance of the features, so that their unit does not matter.

    Parameters
    ----------
    rows : ScaledRows
        Samples.
    y : ndarray of shape (n_samples,)
        Class of every sample, from 0.
    S : ndarray of shape (n_classes, n_attributes)
        Descriptions of the classes.
    alpha : float
        Penalty, positive.
    weights : ndarray of shape (n_samples,) or None, default=None
        Weights of the samples; None is 1.

    Returns
    -------
    coefficients : ndarray of shape (n_features, n_attributes)
        `W`.
    intercept : ndarray of shape (n_attributes,)
        `b`.
    """
    counts = np.bincount(y, weights=weights, minlength=len(S))[:, None]
    means, total = class_means(rows, y, len(S), weights), counts.sum()
    center, target = (counts * means).sum(0) / total, (counts * S).sum(0) / total
    gram = np.zeros((rows.n_scaled, rows.n_scaled))
    for of_block, block in rows.blocks():
        centered = block - center
        if weights is not None:
            centered *= np.sqrt(weights[of_block])[:, None]
        gram += centered.T @ centered
    # Without any variation every map is as good as zero.
    variation = np.trace(gram) / len(gram) or 1.0
    gram[np.diag_indices(len(gram))] += max(alpha, SMALLEST_ALPHA) * variation
    moments = (counts * (means - center)).T @ (S - target)
    coefficients = solve(gram, moments, assume_a="pos", overwrite_a=True)
    return coefficients, target - center @ coefficients


class SylvesterPath:
    """Solutions of ``A W + weight W B = C`` for any weight from two decompositions.

    Parameters
    ----------
    A : EighResult
        ``numpy.linalg.eigh`` of a matrix of shape (n_rows, n_rows) without negative
        eigenvalues.
    B : EighResult
        The same for shape (n_columns, n_columns).
    C : ndarray of shape (n_rows, n_columns)
        Right side.
    """

    def __init__(self, A, B, C):
        self.left, self.left_vectors = A
        self.right, self.right_vectors = B
        self.rotated = self.left_vectors.T @ C @ self.right_vectors

    def solve(self, weight):
        """Solve for one weight, not negative; the shortest solution of several."""
        sums = np.maximum(self.left, 0)[:, None] + weight * np.maximum(self.right, 0)
        smallest = np.finfo(float).eps * max(sums.shape) * sums.max()
        # Where both sides are singular, the right side holds rounding errors only.
        inverse = np.where(sums > smallest, 1 / np.where(sums > 0, sums, 1.0), 0.0)
        return self.left_vectors @ (self.rotated * inverse) @ self.right_vectors.T


class RidgeMap(NamedTuple):
    """One of the ridge maps that the folds choose from.

    Parameters
    ----------
    shrink_to : {"zero", "identity"}
        Map that the penalty pulls towards.
    alpha : float
        Penalty.
    """

    shrink_to: str
    alpha: float


RIDGE_CONSTRAINTS = {
    "alpha": [StrOptions({"auto"}), Interval(Real, 0, None, closed="left")],
    "shrink_to": [StrOptions({"auto", "zero", "identity"})],
}


def ridge_candidates(estimator, alphas=ALPHAS):
    """List the ridge maps that an estimator chooses from.

    Parameters
    ----------
    estimator : BaseZeroShotClassifier
        Has parameters `alpha` and `shrink_to`, and a class table.
    alphas : sequence of float
        Penalties that "auto" chooses from.

    Returns
    -------
    candidates : list of RidgeMap
        At least one.

    Raises
    ------
    ValueError
        If there is no identity between spaces of different dimensions.
    """
    alpha, shrink_to = estimator.alpha, estimator.shrink_to
    n_features = estimator.n_features_in_
    n_attributes = estimator._table.matrix.shape[1]
    one_space = n_features == n_attributes
    if shrink_to == "identity" and not one_space:
        raise ValueError(
            'shrink_to="identity" needs as many features as attributes, got '
            f'{n_features} and {n_attributes}. Use shrink_to="auto".'
        )
    if shrink_to == "auto":
        origins = ("zero", "identity") if one_space else ("zero",)
    else:
        origins = (shrink_to,)
    alphas = alphas if alpha == "auto" else (alpha,)
    return [RidgeMap(origin, alpha) for origin in origins for alpha in alphas]


def default_ridge(candidates):
    """The candidate that is taken where there is nothing to choose on."""
    first = candidates[0]
    alphas = [candidate.alpha for candidate in candidates]
    return first._replace(alpha=DEFAULT_ALPHA if len(set(alphas)) > 1 else alphas[0])


def class_balanced_inputs(problem, scale=1.0):
    """Inputs of ridge regression in which every class has the same weight.

    Parameters
    ----------
    problem : Problem
        Its rows are the inputs.
    scale : float, default=1.0
        Multiplies the inputs.

    Returns
    -------
    inputs : RidgeInputs
        For one target per seen class.
    """
    weights = class_weights(problem.y, problem.weights)
    return RidgeInputs.of_classes(problem, weights, scale)


def ridge_maps(inputs, Y, identity, candidates):
    """Solve for one ridge map after the other.

    Parameters
    ----------
    inputs : RidgeInputs
        Rows that are mapped.
    Y : ndarray of shape (n_rows, n_targets)
        Targets, one for each row of the inputs.
    identity : ndarray of shape (n_features, n_targets) or None
        The identity between the scaled spaces, where both have one dimension.
    candidates : list of RidgeMap
        Those of one `shrink_to` stand beside each other.

    Yields
    ------
    candidate : RidgeMap
        The next one.
    coefficients : ndarray of shape (n_features, n_targets)
        Its solution.
    """
    for shrink_to, alike in groupby(candidates, key=lambda one: one.shrink_to):
        path = inputs.path(Y, identity if shrink_to == "identity" else None)
        for candidate in alike:
            yield candidate, path.coefficients(candidate.alpha)
