"""Axes along which features of a class vary independently of each other."""

import numpy as np

from zsl_estimators.gaussian import SMALLEST_VARIANCE, class_means
from zsl_estimators.rows import BlockwiseStandardScaler, ScaledRows


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
        self.gaussian = gaussian

    @property
    def means(self):
        return self.gaussian.gaussian.rotated(self.gaussian.gaussian.means)

    @property
    def variances(self):
        return self.gaussian.gaussian.variances

    @property
    def noise(self):
        return self.gaussian.gaussian.estimated_variances

    def of(self, X):
        """Coordinates of rows in the users' units, shape (n_rows, n_axes)."""
        return self.gaussian.rotated(X)


class FeatureAxes:
    """The features themselves, scaled to variance 1, where there are very many.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features)
        Features in the users' units, of any precision.
    y : ndarray of shape (n_samples,)
        Class of every sample.
    n_classes : int
        Number of classes.

    Attributes
    ----------
    means, variances, noise
        See :class:`PrincipalAxes`; the variances are the estimated ones.
    """

    def __init__(self, X, y, n_classes):
        self._scaler = BlockwiseStandardScaler().fit(X)
        rows = ScaledRows(X, self._scaler)
        self.means = class_means(rows, y, n_classes)
        squares = 0.0
        for of_block, block in rows.blocks():
            within = block - self.means[y[of_block]]
            squares = squares + (within**2).sum(axis=0)
        # Every class has used up one sample for its mean.
        freedom = len(rows) - len(np.unique(y))
        variances = squares / freedom if freedom else np.ones_like(squares)
        self.variances = self.noise = variances + SMALLEST_VARIANCE

    def of(self, X):
        """Coordinates of rows in the users' units, shape (n_rows, n_axes)."""
        return self._scaler.transform(X)
