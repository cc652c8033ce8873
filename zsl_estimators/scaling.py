"""Scaling features and class descriptions before one is mapped to the other."""

import numpy as np
from scipy.linalg import eigh
from scipy.special import expit
from sklearn.preprocessing import StandardScaler, normalize

SCALINGS = ("whitened", "standard", "minmax", "rms", "unit", "none")

# Eigenvalues of the correlation matrix are divided by themselves plus this amount.
# Chosen on held-out seen classes of three data sets; 1 to 3 did equally well.
WHITENING_FLOOR = 3.0


def balanced_scaler(X, y_index):
    """Scale features to mean 0 and variance 1, every class with the same weight.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features)
        Features.
    y_index : ndarray of shape (n_samples,)
        Class of every sample.

    Returns
    -------
    scaler : StandardScaler
        Fitted in double precision.
    """
    return StandardScaler().fit(
        X.astype(np.float64), sample_weight=class_weights(y_index)
    )


def class_weights(y_index):
    """Sample weights of mean 1 that make the weights of all classes equal."""
    counts = np.bincount(y_index)
    return len(y_index) / (np.count_nonzero(counts) * counts[y_index])


class AttributeScaler:
    """Scaling of attributes, fitted on the seen classes only.

    An attribute that is the same for all seen classes cannot be learned and would
    only add noise to comparisons; it is scaled to zero.

    Parameters
    ----------
    scaling : {"whitened", "standard", "minmax", "rms", "unit", "none"}
        "standard": mean 0 and variance 1 over the seen classes. "whitened": standard,
        then partly decorrelated, so that a group of attributes that say the same does
        not outvote the others; mean square 1. "minmax": from -1 to 1. "rms": one
        factor for all attributes that makes their mean square 1; for rows of unit
        length this is a multiplication by the square root of their number. "unit":
        mean 0 over the seen classes, then every row to length 1. "none": as they are.
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
        scaled = (matrix - self.offset) * self.factor @ self.mixing
        return normalize(scaled) if self.scaling == "unit" else scaled

    def inverse_transform(self, scaled):
        """Bring scaled rows back to the units of the descriptions.

        Lengths that "unit" took away come back as the usual length of seen rows.
        """
        unmixed = scaled @ np.linalg.inv(self.mixing)
        return np.where(self.factor == 0, 0.0, unmixed) * self.spread + self.offset

    def _offset_and_spread(self, matrix):
        n_attributes = matrix.shape[1]
        if self.scaling in ("standard", "whitened"):
            return matrix.mean(axis=0), matrix.std(axis=0)
        if self.scaling == "minmax":
            low, high = matrix.min(axis=0), matrix.max(axis=0)
            return (low + high) / 2, (high - low) / 2
        if self.scaling == "unit":
            mean = matrix.mean(axis=0)
            length = np.sqrt(((matrix - mean) ** 2).sum(axis=1).mean())
            return mean, np.full(n_attributes, length)
        root_mean_square = np.sqrt((matrix**2).mean())
        spread = root_mean_square if self.scaling == "rms" else 1.0
        return np.zeros(n_attributes), np.full(n_attributes, spread)


class AttributeBinarizer:
    """Turns attributes into "has it" and "has it not", and log odds back into values.

    A class has an attribute when its value lies above the mean over the seen classes.
    Stands in for an :class:`AttributeScaler` where attributes have probabilities.
    """

    def fit(self, matrix):
        """Learn thresholds, usual values and frequencies from rows of seen classes."""
        self.threshold = matrix.mean(axis=0)
        has = self.transform(matrix)
        self.frequency = has.mean(axis=0)
        self.varies = (self.frequency > 0) & (self.frequency < 1)
        self.high = mean_where(has, matrix)
        self.low = mean_where(1 - has, matrix)
        return self

    def transform(self, matrix):
        """1.0 where a class has an attribute, shape (n, n_attributes)."""
        return (matrix > self.threshold).astype(np.float64)

    def inverse_transform(self, log_odds):
        """Expected values in the units of the descriptions."""
        expected = self.low + expit(log_odds) * (self.high - self.low)
        return np.where(self.varies, expected, self.threshold)


def mean_where(weights, matrix):
    """Mean of every column over the rows of weight 1; zero without such a row."""
    return (weights * matrix).sum(axis=0) / np.maximum(weights.sum(axis=0), 1)


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
