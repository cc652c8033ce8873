"""Axes along which features of a class vary independently of each other."""

import numpy as np

from zsl_estimators.gaussian import SMALLEST_VARIANCE, class_means
from zsl_estimators.rows import BlockwiseStandardScaler, ScaledRows, scaled_features
from zsl_estimators.sample_weights import degrees_of_freedom


class PrincipalAxes:
    """Principal axes of the covariance within a class.

    Parameters
    ----------
    gaussian : UnscaledGaussian
        Fitted.

    Attributes
    ----------
    means : ndarray of shape (n_seen, n_axes)
        Observed means of the seen classes.
    variances : ndarray of shape (n_axes,)
        Variances within a class by which samples are classified.
    noise : ndarray of shape (n_axes,)
        Variances within a class as they were estimated.
    """

    def __init__(self, gaussian):
        self._gaussian, of_scaled = gaussian, gaussian.gaussian
        self.means = of_scaled.rotated(of_scaled.means)
        self.variances = of_scaled.variances
        self.noise = of_scaled.estimated_variances

    def of(self, X):
        """Coordinates of rows in the users' units, shape (n_rows, n_axes)."""
        return self._gaussian.rotated(X)


class FeatureAxes:
    """The features themselves, scaled to variance 1, where there are very many.

    Parameters
    ----------
    X : ndarray or CSR matrix of shape (n_samples, n_features)
        Features in the users' units, of any precision.
    y : ndarray of shape (n_samples,)
        Class of every sample.
    n_classes : int
        Number of classes.
    weights : ndarray of shape (n_samples,) or None, default=None
        Weights of the samples; None is 1.

    Attributes
    ----------
    means, variances, noise
        See :class:`PrincipalAxes`; the variances are the estimated ones.
    """

    def __init__(self, X, y, n_classes, weights=None):
        self._scaler = BlockwiseStandardScaler().fit(X, sample_weight=weights)
        rows = ScaledRows(X, self._scaler)
        self.means = class_means(rows, y, n_classes, weights)
        squares = 0.0
        for of_block, block in rows.dense_blocks():
            within = block - self.means[y[of_block]]
            if weights is not None:
                within *= np.sqrt(weights[of_block])[:, None]
            squares = squares + (within**2).sum(axis=0)
        freedom = degrees_of_freedom(y, weights)
        variances = squares / freedom if freedom else np.ones_like(squares)
        self.variances = self.noise = variances + SMALLEST_VARIANCE

    def of(self, X):
        """Coordinates of rows in the users' units, shape (n_rows, n_axes)."""
        return scaled_features(self._scaler, X)
