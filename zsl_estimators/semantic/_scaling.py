"""Scaling class descriptions before features are mapped to them."""

import numpy as np

SCALINGS = ("standard", "minmax", "rms", "none")


class AttributeScaler:
    """Affine scaling of attributes, fitted on the seen classes only.

    An attribute that is the same for all seen classes cannot be learned and would
    only add noise to comparisons; it is scaled to zero.

    Parameters
    ----------
    scaling : {"standard", "minmax", "rms", "none"}
        "standard": mean 0 and variance 1 over the seen classes. "minmax": from -1 to
        1. "rms": one factor for all attributes that makes their mean square 1; for
        rows of unit length this is a multiplication by the square root of their
        number. "none": as they are.
    """

    def __init__(self, scaling):
        self.scaling = scaling

    def fit(self, matrix):
        """Learn offset and factor from the rows of seen classes."""
        self.offset, spread = self._offset_and_spread(matrix)
        varies = spread > 1e-9 * max(np.abs(matrix).max(), 1e-300)
        self.spread = np.where(varies, spread, 1.0)
        self.factor = varies / self.spread
        return self

    def transform(self, matrix):
        """Scale rows of shape (n, n_attributes)."""
        return (matrix - self.offset) * self.factor

    def inverse_transform(self, scaled):
        """Bring scaled rows back to the units of the descriptions."""
        return np.where(self.factor == 0, 0.0, scaled) * self.spread + self.offset

    def _offset_and_spread(self, matrix):
        n_attributes = matrix.shape[1]
        if self.scaling == "standard":
            return matrix.mean(axis=0), matrix.std(axis=0)
        if self.scaling == "minmax":
            low, high = matrix.min(axis=0), matrix.max(axis=0)
            return (low + high) / 2, (high - low) / 2
        root_mean_square = np.sqrt((matrix**2).mean())
        spread = root_mean_square if self.scaling == "rms" else 1.0
        return np.zeros(n_attributes), np.full(n_attributes, spread)
