"""Affine scaling of features, undone for synthetic ones."""

import numpy as np
from sklearn.preprocessing import MinMaxScaler, StandardScaler


class FeatureScaler:
    """Invertible affine scaling of features.

    Parameters
    ----------
    scaling : {"whitened", "standard", "minmax"}
        "whitened": such that the covariance within a class is the identity.
        "standard": mean 0 and variance 1. "minmax": from 0 to 1.
    """

    SCALINGS = ("whitened", "standard", "minmax")

    def __init__(self, scaling):
        self.scaling = scaling

    def fit(self, X, exemplar):
        """Learn the scaling.

        Parameters
        ----------
        X : ndarray of shape (n_samples, n_features)
            Features.
        exemplar : ExemplarClassifier
            Fitted on the same samples; knows the covariance within a class.
        """
        if self.scaling == "minmax":
            scaler = MinMaxScaler().fit(X.astype(np.float64))
            self.offset, spread = scaler.data_min_, 1 / scaler.scale_
        else:
            scaler = StandardScaler().fit(X.astype(np.float64))
            self.offset, spread = scaler.mean_, scaler.scale_
        self.forward, self.backward = 1 / spread, spread
        if self.scaling == "whitened":
            self.forward = exemplar.gaussian_.whitening / spread[:, None]
            self.backward = exemplar.gaussian_.coloring * spread
        return self

    def transform(self, X):
        """Scale rows."""
        return times(X.astype(np.float64) - self.offset, self.forward)

    def inverse_transform(self, scaled):
        """Bring scaled rows back to the user's units."""
        return times(scaled, self.backward) + self.offset

    def scaled_noise(self, exemplar):
        """Map that turns unit noise into scaled noise within a class."""
        coloring = exemplar.gaussian_.coloring * exemplar.feature_scaler_.scale_
        return times(coloring, self.forward)

    @property
    def log_det(self):
        """Logarithm of the determinant of the scaling."""
        if self.forward.ndim == 1:
            return np.log(self.forward).sum()
        return np.linalg.slogdet(self.forward)[1]


def times(rows, linear):
    """Apply a matrix, or a diagonal one given as a vector."""
    return rows * linear if linear.ndim == 1 else rows @ linear
