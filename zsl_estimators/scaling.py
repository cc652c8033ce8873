"""Scaling class descriptions before features are mapped to them."""

import numpy as np
from scipy.linalg import eigh

SCALINGS = ("whitened", "standard", "minmax", "rms", "none")

# Eigenvalues of the correlation matrix are divided by themselves plus this amount.
# Chosen on held-out seen classes of three data sets; 1 to 3 did equally well.
WHITENING_FLOOR = 3.0


class AttributeScaler:
    """Affine scaling of attributes, fitted on the seen classes only.

    An attribute that is the same for all seen classes cannot be learned and would
    only add noise to comparisons; it is scaled to zero.

    Parameters
    ----------
    scaling : {"whitened", "standard", "minmax", "rms", "none"}
        "standard": mean 0 and variance 1 over the seen classes. "whitened": standard,
        then partly decorrelated, so that a group of attributes that say the same does
        not outvote the others; mean square 1. "minmax": from -1 to 1. "rms": one
        factor for all attributes that makes their mean square 1; for rows of unit
        length this is a multiplication by the square root of their number. "none": as
        they are.
    """

    def __init__(self, scaling):
        self.scaling = scaling

    def fit(self, matrix):
        """Learn offset, factor and mixing from the rows of seen classes."""
        self.offset, spread = self._offset_and_spread(matrix)
        varies = spread > 1e-9 * max(np.abs(matrix).max(), 1e-300)
        self.spread = np.where(varies, spread, 1.0)
        self.factor = varies / self.spread
        self.mixing = np.eye(matrix.shape[1])
        if self.scaling == "whitened":
            self.mixing = partial_whitening((matrix - self.offset) * self.factor)
        return self

    def transform(self, matrix):
        """Scale rows of shape (n, n_attributes)."""
        return (matrix - self.offset) * self.factor @ self.mixing

    def inverse_transform(self, scaled):
        """Bring scaled rows back to the units of the descriptions."""
        unmixed = scaled @ np.linalg.inv(self.mixing)
        return np.where(self.factor == 0, 0.0, unmixed) * self.spread + self.offset

    def _offset_and_spread(self, matrix):
        n_attributes = matrix.shape[1]
        if self.scaling in ("standard", "whitened"):
            return matrix.mean(axis=0), matrix.std(axis=0)
        if self.scaling == "minmax":
            low, high = matrix.min(axis=0), matrix.max(axis=0)
            return (low + high) / 2, (high - low) / 2
        root_mean_square = np.sqrt((matrix**2).mean())
        spread = root_mean_square if self.scaling == "rms" else 1.0
        return np.zeros(n_attributes), np.full(n_attributes, spread)


def partial_whitening(rows):
    """Symmetric map ``(C + floor * I)^(-1/2)``, times a constant.

    Parameters
    ----------
    rows : ndarray of shape (n_classes, n_attributes)
        Standardised descriptions with the second moment matrix `C`.

    Returns
    -------
    mixing : ndarray of shape (n_attributes, n_attributes)
        ``rows @ mixing`` has mean square 1, unless it is zero.
    """
    eigenvalues, vectors = eigh(rows.T @ rows / len(rows))
    shrunk = np.maximum(eigenvalues, 0) + WHITENING_FLOOR
    mixing = vectors / np.sqrt(shrunk) @ vectors.T
    mean_square = ((rows @ mixing) ** 2).mean()
    return mixing / np.sqrt(mean_square) if mean_square > 0 else mixing
