"""Decide by the distance to the mean of every class."""

import numpy as np
from torch import nn

from zsl_estimators.decisions._base import Decision
from zsl_estimators.gaussian import LastResult, UnscaledGaussian
from zsl_estimators.onnx_export import (
    DistanceScores,
    doubles,
    map_module,
    scaler_module,
    unscaled_module,
)


class NearestMean(Decision):
    """Take the class with the nearest mean, relative to the covariance within classes.

    Means of seen classes are observed, those of the others are means of synthetic
    features. It takes milliseconds.

    Parameters
    ----------
    gaussian : UnscaledGaussian or None, default=None
        Means of the seen classes and the covariance within a class, where they are
        known already. None estimates them.

    Attributes
    ----------
    means_ : ndarray of shape (n_classes, n_features)
        Means of all classes in the users' units.
    gaussian_ : UnscaledGaussian
        The distribution in use.
    """

    name = "gaussian"

    def __init__(self, gaussian=None):
        self.gaussian = gaussian
        self._last_rotated = LastResult()

    def fit(self, generator, problem, random_state):
        self.gaussian_ = self.gaussian
        self._feature_scaler = generator.feature_scaler
        if self.gaussian is None:
            self._last_rotated = LastResult()
            self.gaussian_ = UnscaledGaussian.fit(
                problem.rows.X, problem.y, problem.n_seen, problem.weights
            )
        unseen = np.flatnonzero(~problem.seen)
        self.means_ = np.empty((len(problem.seen), self.gaussian_.means.shape[1]))
        self.means_[problem.seen] = self.gaussian_.means
        self.means_[unseen] = generator.means(unseen, random_state)
        return self

    def score_classes(self, new_generator, Z):
        rotated = self._last_rotated.of(Z, self._rotated)
        return self.gaussian_.log_densities_rotated(rotated, self.means_)

    def scoring_module(self, new_generator):
        scaler, gaussian = self.gaussian_.scaler, self.gaussian_.gaussian
        whitening = gaussian.whitening
        means = scaler.transform(self.means_) @ whitening
        return nn.Sequential(
            unscaled_module(self._feature_scaler),
            scaler_module(scaler),
            map_module(whitening),
            DistanceScores(doubles(means)),
        )

    def extend(self, generator, positions, old, random_state):
        means = generator.means(positions, random_state)
        self.means_ = np.concatenate([self.means_, means])

    def _rotated(self, Z):
        return self.gaussian_.rotated(self._feature_scaler.inverse_transform(Z))
