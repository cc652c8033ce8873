"""What classifiers share that find the probability of every single attribute."""

import numpy as np
from scipy.special import log_expit, logit
from sklearn.utils import get_tags

from zsl_estimators.base import BaseZeroShotClassifier
from zsl_estimators.parameters import HasMethods, StrOptions
from zsl_estimators.scaling import AttributeBinarizer, BalancedScaler
from zsl_estimators.semantic._base import SemanticClassifier


class AttributeWiseClassifier(SemanticClassifier):
    """Base of DAP and IAP: binary attributes that are independent given the sample.

    Subclasses implement `_fit` and :meth:`_predict_scaled`, which returns the log odds
    of having an attribute; 0 for one that is the same in all seen classes. The score of
    a class is the log probability of its attributes, over that of having them by
    chance.
    """

    _parameter_constraints = {
        **BaseZeroShotClassifier._parameter_constraints,
        "estimator": [HasMethods(["fit", "predict_proba"]), None],
        "attribute_prior": [StrOptions({"seen", "uniform"})],
    }
    _no_onnx = (
        "attributes come from a classifier of another package",
        "Store it with skops.io.dump, or take RidgeSemanticClassifier.",
    )
    # Log odds are natural already.
    _score_temperature = 1.0

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        inner = self.estimator
        # Scaling leaves missing values as they are.
        tags.input_tags.allow_nan = (
            inner is not None and get_tags(inner).input_tags.allow_nan
        )
        return tags

    def _new_scalers(self, random_state):
        return BalancedScaler(), AttributeBinarizer()

    def _similarity(self, log_odds, has):
        has_not = 1 - has
        scores = log_expit(log_odds) @ has.T + log_expit(-log_odds) @ has_not.T
        if self.attribute_prior == "uniform":
            return scores
        prior = self._prior_of_attributes()
        return scores - (has @ np.log(prior) + has_not @ np.log1p(-prior))

    def _prior_of_attributes(self):
        """Probability of having each attribute; one half where nothing is known."""
        binary = self.attribute_scaler_
        return np.where(binary.varies_, binary.frequency_, 0.5)

    def _attribute_weights(self, Z, positions):
        # The log probability of having an attribute less that of not having it.
        log_odds = self._predict_scaled(Z)
        if self.attribute_prior == "uniform":
            return log_odds
        return log_odds - logit(self._prior_of_attributes())
