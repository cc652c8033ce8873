"""What bilinear scores share: a linear start, and a loss that ranks classes."""

from numbers import Real

import numpy as np
import torch

from zsl_estimators.base import BaseZeroShotClassifier
from zsl_estimators.compatibility._base import (
    CompatibilityClassifier,
    UnitFeaturesMixin,
)
from zsl_estimators.linear import RidgeChoiceMixin, RidgeShadowMixin
from zsl_estimators.nn.compatibility import BilinearNetwork
from zsl_estimators.parameters import Interval
from zsl_estimators.scaling import class_weights
from zsl_estimators.training import float32

# Usual length of the descriptions that the start predicts, so that the scores of
# classes differ by a few margins.
START_LENGTH = 10.0


class RidgeCompatibility(RidgeChoiceMixin, UnitFeaturesMixin, BaseZeroShotClassifier):
    """The linear start: scores ``x W s`` with W from ridge regression."""

    def __init__(
        self,
        attributes=None,
        *,
        classes=None,
        alpha="auto",
        shrink_to="auto",
        attribute_scaling="whitened",
        seen_penalty="auto",
        random_state=None,
        verbose=0,
    ):
        super().__init__(
            attributes,
            classes=classes,
            seen_penalty=seen_penalty,
            random_state=random_state,
            verbose=verbose,
        )
        self.alpha = alpha
        self.shrink_to = shrink_to
        self.attribute_scaling = attribute_scaling

    def _ridge_problem(self, X, y_index):
        # Penalties are for features of variance 1; samples of length 1 have less.
        scale = np.sqrt(self.n_features_in_)
        weights = np.sqrt(class_weights(y_index))[:, None]
        targets = self._scaled_attributes()[y_index]
        return self._scaled_features(X) * weights * scale, targets * weights

    def _identity_map(self):
        return self.attribute_scaler_.mixing

    def _decision(self, X):
        return self._scaled_features(X) @ self.coef_ @ self._scaled_attributes().T


class BilinearClassifier(RidgeShadowMixin, CompatibilityClassifier):
    """Base of classifiers with scores ``x W s``.

    By default W starts from ridge regression of the descriptions on the features, and
    learns what is missing; there may be several matrices.
    """

    _parameter_constraints = {
        **CompatibilityClassifier._parameter_constraints,
        **RidgeShadowMixin._shadow_constraints,
        "margin": [Interval(Real, 0, None, closed="neither")],
    }
    n_maps = 1
    _shadow_class = RidgeCompatibility

    def __init__(
        self,
        attributes=None,
        *,
        classes=None,
        margin=1.0,
        linear_shadow=True,
        alpha="auto",
        shrink_to="auto",
        attribute_scaling="whitened",
        max_epochs=20,
        lr=1e-2,
        weight_decay=1e-4,
        early_stopping=True,
        batch_size="auto",
        callbacks=None,
        net_params=None,
        warm_start=False,
        seen_penalty="auto",
        device="auto",
        random_state=None,
        verbose=0,
    ):
        super().__init__(
            attributes,
            classes=classes,
            attribute_scaling=attribute_scaling,
            max_epochs=max_epochs,
            lr=lr,
            weight_decay=weight_decay,
            early_stopping=early_stopping,
            batch_size=batch_size,
            callbacks=callbacks,
            net_params=net_params,
            warm_start=warm_start,
            seen_penalty=seen_penalty,
            device=device,
            random_state=random_state,
            verbose=verbose,
        )
        self.margin = margin
        self.linear_shadow = linear_shadow
        self.alpha = alpha
        self.shrink_to = shrink_to

    def _network(self, X, y_index):
        start = torch.tensor(float32(self._start(X)))
        return BilinearNetwork, {"start": start, "n_maps": self.n_maps}

    def _start(self, X):
        if self.shadow_ is None:
            return np.zeros((self.n_features_in_, self.class_attributes_.shape[1]))
        predicted = self._scaled_features(X) @ self.shadow_.coef_
        length = np.sqrt((predicted**2).sum(axis=1).mean())
        return self.shadow_.coef_ * (START_LENGTH / length if length else 1.0)
