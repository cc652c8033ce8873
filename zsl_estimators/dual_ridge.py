"""Ridge regression on fewer rows than columns: by products of rows."""

from functools import cached_property

import numpy as np

# Divide and conquer, faster here than the default of scipy.
from numpy.linalg import eigh
from scipy.linalg import cho_factor, cho_solve
from scipy.sparse import csr_array

# With a smaller penalty, relative to the trace, a Cholesky factor may not exist.
SMALLEST_SHARE = 1e-12


class DualRidgeInputs:
    """The side of ridge regression that does not depend on the targets.

    It has the interface of :class:`~zsl_estimators.linear.RidgeInputs`, and nothing in
    it has the size of the number of features squared: with inputs `A`, divided by the
    root of the number of samples, the map is ``A.T (A A.T + alpha I)^-1 Y``.

    Parameters
    ----------
    rows : CenteredRows
        Samples.
    y : ndarray of shape (n_samples,)
        Class of every sample, from 0.
    n_classes : int
        Number of classes; each has one target.
    weights : ndarray of shape (n_samples,) or None, default=None
        Weights of the samples; None is 1.
    scale : float, default=1.0
        Multiplies the inputs.
    """

    def __init__(self, rows, y, n_classes, weights=None, scale=1.0):
        n_rows = len(rows)
        weights = np.ones(n_rows) if weights is None else weights
        self.n_samples = weights.sum()
        roots = np.sqrt(weights / self.n_samples)
        self.rows = rows * (scale * roots)[:, None]
        places = np.arange(n_rows), y
        self._of_classes = csr_array((roots, places), shape=(n_rows, n_classes))
        self._inverses = {}

    @cached_property
    def kernel(self):
        """Products of all pairs of rows, shape (n_samples, n_samples)."""
        return self.rows.kernel()

    @cached_property
    def decomposition(self):
        """Eigenvalues of the kernel that are not rounding, and their vectors."""
        eigenvalues, vectors = eigh(self.kernel)
        kept = eigenvalues > np.finfo(float).eps * len(vectors) * eigenvalues[-1]
        return eigenvalues[kept], vectors[:, kept]

    def products(self, Y):
        """Coefficients of the rows with which :meth:`map_of` is the mean of x y.T."""
        return self._of_classes @ Y

    def map_of(self, dual):
        """Map of shape (n_features, n_targets) with coefficients of the rows."""
        return self.rows.products_from_left(dual.T).T

    def path(self, Y, origin=None):
        """Ridge maps to targets of the classes, see :class:`DualRidgePath`."""
        return DualRidgePath(self, Y, origin)

    def solve(self, alpha, right):
        """Solve ``(A A.T + alpha I) x = right``."""
        if alpha > SMALLEST_SHARE * np.trace(self.kernel):
            matrix = np.array(self.kernel, order="F")
            matrix[np.diag_indices_from(matrix)] += alpha
            factor = cho_factor(
                matrix, lower=True, overwrite_a=True, check_finite=False
            )
            return cho_solve(factor, right, check_finite=False)
        eigenvalues, vectors = self.decomposition
        return vectors @ ((vectors.T @ right) / (eigenvalues + alpha)[:, None])

    def of_classes(self, alpha):
        """Solution for an indicator of each class; kept, for all targets share it."""
        if alpha not in self._inverses:
            indicators = self._of_classes.toarray()
            self._inverses[alpha] = self.solve(alpha, indicators)
        return self._inverses[alpha]


class DualRidgePath:
    """Ridge maps for any penalty, as :class:`~zsl_estimators.linear.RidgePath`.

    Parameters
    ----------
    inputs : DualRidgeInputs
        Rows that are mapped.
    Y : ndarray of shape (n_classes, n_targets)
        Targets.
    origin : ndarray of shape (n_features, n_targets) or None, default=None
        The map that a large penalty leads to; None is zero.
    """

    def __init__(self, inputs, Y, origin=None):
        self.inputs, self.Y, self.origin = inputs, Y, origin
        self.n_samples = inputs.n_samples

    def coefficients(self, alpha):
        """Solve for one penalty, see :class:`~zsl_estimators.linear.RidgePath`."""
        alpha = max(alpha, 1e-12)
        dual = self.inputs.of_classes(alpha) @ self.Y
        if self.origin is None:
            return self.inputs.map_of(dual)
        dual -= self.inputs.solve(alpha, self.inputs.rows @ self.origin)
        return self.origin + self.inputs.map_of(dual)
