"""Normal distributions with one covariance: what is known of seen classes."""

import weakref
from functools import partial

import numpy as np
from scipy.linalg import eigh

from zsl_estimators.rows import (
    BlockwiseStandardScaler,
    ScaledRows,
    class_sums,
    scaled_features,
)
from zsl_estimators.sample_weights import degrees_of_freedom, part_of

# Keeps the covariance invertible when nothing varies within the classes; features are
# scaled to variance 1.
SMALLEST_VARIANCE = 1e-6
# Of distances from the observed means, for each shrinkage in use; 32 MiB.
NUMBERS_TO_KEEP = 2**22


class SharedGaussian:
    """Class means and the covariance within classes, estimated from samples.

    Parameters
    ----------
    rows : ScaledRows
        Scaled features; they are read twice.
    y_index : ndarray of shape (n_samples,)
        Class of every sample, from 0 to ``n_classes - 1``; classes may be absent.
    n_classes : int
        Number of classes.
    weights : ndarray of shape (n_samples,) or None, default=None
        Weights of the samples; None is 1.

    Attributes
    ----------
    means : ndarray of shape (n_classes, n_features)
        Mean per class; zero where a class has no sample.
    axes : ndarray of shape (n_features, n_features)
        Principal axes of the covariance, as columns.
    shrinkage : float
        Share, from 0 to 1, in which the covariance is replaced by a multiple of the
        identity. It may be assigned; at first it is that of Ledoit and Wolf.
    """

    def __init__(self, rows, y_index, n_classes, weights=None):
        n_samples = len(rows) if weights is None else weights.sum()
        self.means = class_means(rows, y_index, n_classes, weights)
        gram, fourth_powers = 0.0, 0.0
        for of_block, block in rows.blocks():
            within = block - self.means[y_index[of_block]]
            if weights is not None:
                # The sum of the fourth powers has the weight of the row once.
                roots = np.sqrt(weights[of_block])
                fourth_powers += ((roots * (within**2).sum(axis=1)) ** 2).sum()
                within *= roots[:, None]
            else:
                fourth_powers += ((within**2).sum(axis=1) ** 2).sum()
            gram = gram + within.T @ within
        self._estimated = ledoit_wolf_shrinkage(gram, fourth_powers, n_samples)
        self.shrinkage = self._estimated
        # Every class has used up one sample for its mean. Without this the scale of all
        # scores, and with it the seen penalty, would depend on the samples per class.
        freedom = degrees_of_freedom(y_index, weights)
        # One sample per class tells nothing; features are scaled to variance 1.
        covariance = gram / freedom if freedom else np.eye(len(gram))
        eigenvalues, axes = eigh(covariance)
        # Rounding decides on the sign of an eigenvector, and so did the order in which
        # the rows lie in memory.
        largest = np.take_along_axis(axes, np.abs(axes).argmax(axis=0)[None], axis=0)
        self.axes = np.where(largest < 0, -axes, axes)
        self._mean_variance = eigenvalues.mean()
        self._excess = eigenvalues - self._mean_variance
        self._last_rotated, self._last_squares = LastResult(), LastResult()
        self._last_to_means = LastResult()

    @property
    def shrinkage(self):
        """The one in use. None may be assigned, which is the estimate."""
        return self._shrinkage

    @shrinkage.setter
    def shrinkage(self, value):
        self._shrinkage = self._estimated if value is None else value

    @property
    def covariance(self):
        """Covariance within a class, shape (n_features, n_features)."""
        return self.axes * self.variances @ self.axes.T

    @property
    def whitening(self):
        """Map that gives samples of a class unit covariance: ``X @ whitening``."""
        return self.axes / np.sqrt(self.variances)

    @property
    def coloring(self):
        """The inverse of `whitening`: turns unit noise into noise of this kind."""
        return (self.axes * np.sqrt(self.variances)).T

    def rotated(self, X):
        """Rows in the principal axes of the covariance, whatever the shrinkage is."""
        return X @ self.axes

    def squared_distances(self, X, means):
        """Squared Mahalanobis distances, shape (n_samples, n_means)."""
        rotated = self._last_rotated.of(X, self.rotated)
        return self.squared_distances_rotated(rotated, means)

    def squared_distances_to_means(self, X):
        """The same to the observed means; not to be changed, it may be kept."""
        rotated = self._last_rotated.of(X, self.rotated)
        if len(X) * len(self.means) > NUMBERS_TO_KEEP:
            return self._to_means(rotated)
        return self._last_to_means.of(rotated, self._to_means, key=self.shrinkage)

    def squared_distances_rotated(self, rotated, means):
        """The same for rows that are :meth:`rotated` already."""
        # Only what is as large as the means or the distances is made here.
        means = self.rotated(means)
        weighted = means / self.variances
        distances = rotated @ (-2 * weighted).T
        distances += np.einsum("ij,ij->i", means, weighted)
        # Without the square of the rows the sum would not be a distance.
        squares = self._last_squares.of(rotated, self._squares, key=self.shrinkage)
        distances += squares[:, None]
        return np.maximum(distances, 0, out=distances)

    def _to_means(self, rotated):
        return self.squared_distances_rotated(rotated, self.means)

    def _squares(self, rotated):
        """Squared distances of rotated rows from zero."""
        return np.einsum("ij,ij,j->i", rotated, rotated, 1 / self.variances)

    @property
    def variances(self):
        """Variances along the principal axes."""
        return self._variances_at(self.shrinkage)

    @property
    def estimated_variances(self):
        """The same with the shrinkage of Ledoit and Wolf, whatever is in use."""
        return self._variances_at(self._estimated)

    def _variances_at(self, shrinkage):
        spread = self._mean_variance + (1 - shrinkage) * self._excess
        return np.maximum(spread, 0) + SMALLEST_VARIANCE


class UnscaledGaussian:
    """A :class:`SharedGaussian` of standardised features, used in the users' units.

    Parameters
    ----------
    scaler : BlockwiseStandardScaler
        From the users' units to those of the distribution.
    gaussian : SharedGaussian
        Distribution of the scaled features.
    """

    def __init__(self, scaler, gaussian):
        self.scaler = scaler
        self.gaussian = gaussian

    @classmethod
    def fit(cls, X, y, n_classes, weights=None):
        """Estimate both from samples, with the shrinkage of Ledoit and Wolf.

        Parameters
        ----------
        X : ndarray of shape (n_samples, n_features)
            Features in the users' units, of any precision.
        y : ndarray of shape (n_samples,)
            Class of every sample.
        n_classes : int
            Number of classes.
        weights : ndarray of shape (n_samples,) or None, default=None
            Weights of the samples; None is 1.

        Returns
        -------
        gaussian : UnscaledGaussian
            Fitted.
        """
        scaler = BlockwiseStandardScaler().fit(X, sample_weight=weights)
        rows = ScaledRows(X, scaler)
        return cls(scaler, SharedGaussian(rows, y, n_classes, weights))

    @property
    def means(self):
        """Means of the classes, shape (n_classes, n_features)."""
        return self.scaler.inverse_transform(self.gaussian.means)

    def rotated(self, X):
        """Rows that :meth:`log_densities_rotated` wants."""
        return self.gaussian.rotated(scaled_features(self.scaler, X))

    def log_densities_rotated(self, rotated, means):
        """Log density of :meth:`rotated` samples around means, up to a constant."""
        means = self.scaler.transform(means)
        return -self.gaussian.squared_distances_rotated(rotated, means) / 2


class LastResult:
    """Keeps what functions make of an array, as long as the array lives.

    Models of folds score the same rows again and again.
    """

    def __init__(self):
        self._last = None, {}

    def of(self, array, function, key=None):
        """Result of a function, computed if it was not for the same array.

        Functions that differ have keys that differ. The array may not be changed in
        place.
        """
        # One assignment: threads may predict with one model at a time.
        reference, kept = self._last
        if reference is None or reference() is not array:
            kept = {"results": {}}
            # Ctrl-C in a function of ours that Python calls here would be swallowed.
            forget = partial(kept.pop, "results")
            self._last = weakref.ref(array, forget), kept
        results = kept["results"]
        if key not in results:
            results[key] = function(array)
        return results[key]

    def __reduce__(self):
        return LastResult, ()


def ledoit_wolf_shrinkage(gram, fourth_powers, n_samples):
    """How much to shrink a covariance towards a multiple of the identity.

    The same as :func:`sklearn.covariance.ledoit_wolf_shrinkage` of samples of mean 0,
    from sums over the samples, which can be added up without having all of them.

    Parameters
    ----------
    gram : ndarray of shape (n_features, n_features)
        Sum of ``outer(x, x)``.
    fourth_powers : float
        Sum of the fourth powers of the lengths.
    n_samples : int
        Number of samples.

    Returns
    -------
    shrinkage : float
        From 0 to 1.

    References
    ----------
    .. [1] Ledoit, Wolf: A well-conditioned estimator for large-dimensional covariance
       matrices, Journal of Multivariate Analysis 88 (2), 2004.
    """
    n_features = len(gram)
    if n_features == 1:
        return 0.0
    covariance = gram / n_samples
    squared_norm = (covariance**2).sum()
    from_identity = squared_norm - np.trace(covariance) ** 2 / n_features
    error = (fourth_powers / n_samples - squared_norm) / n_samples
    error = min(max(error, 0.0), from_identity)
    return float(error / from_identity) if error > 0 else 0.0


def class_means(rows, y_index, n_classes, weights=None):
    """Mean of the samples of every class; zero where a class has none.

    Parameters
    ----------
    rows : ScaledRows
        Samples.
    y_index : ndarray of shape (n_samples,)
        Class of every sample, from 0.
    n_classes : int
        Number of classes.
    weights : ndarray of shape (n_samples,) or None, default=None
        Weights of the samples; None is 1.

    Returns
    -------
    means : ndarray of shape (n_classes, n_scaled)
        One row per class.
    """
    sums = np.zeros((n_classes, rows.n_scaled))
    for of_block, block in rows.blocks():
        of_rows = part_of(weights, of_block)
        sums += class_sums(block, y_index[of_block], n_classes, of_rows)
    counts = np.bincount(y_index, weights=weights, minlength=n_classes)
    return sums / np.where(counts > 0, counts, 1)[:, None]
