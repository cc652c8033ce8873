"""Features to attribute space, then the most similar class description."""

from abc import abstractmethod

from torch import nn

from zsl_estimators.base import BaseZeroShotClassifier
from zsl_estimators.onnx_export import doubles, no_module
from zsl_estimators.scaling import ATTRIBUTE_SCALING, AttributeScaler, BalancedScaler
from zsl_estimators.semantic._similarity import (
    SIMILARITIES,
    SIMILARITY_MODULES,
    WEIGHTS,
)


class SemanticClassifier(BaseZeroShotClassifier):
    """Base of classifiers that predict the attributes of a sample and compare.

    Subclasses implement `_fit` and :meth:`_predict_scaled`. The score of a class is the
    similarity of the attributes predicted from the features and those of the class,
    both scaled with the statistics of the seen classes: their cosine, unless
    a fitted attribute `similarity_` names another, or :meth:`_similarity` does
    otherwise.
    """

    _parameter_constraints = {
        **BaseZeroShotClassifier._parameter_constraints,
        "attribute_scaling": ATTRIBUTE_SCALING,
    }

    @property
    def _score_temperature(self):
        # Similarities span so little that their plain softmax would be almost uniform.
        return 0.1

    @abstractmethod
    def _predict_scaled(self, Z):
        """Predict scaled attributes from scaled features, both float64."""

    def predict_attributes(self, X):
        """Predict the attributes of every sample.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Features.

        Returns
        -------
        attributes : ndarray of shape (n_samples, n_attributes)
            In the units and order of the table given as `attributes`.
        """
        Z = self._scaled(self._checked(X))
        with self._predict_context():
            predicted = self._predict_scaled(Z)
        return self.attribute_scaler_.inverse_transform(predicted)

    def _new_scalers(self, random_state):
        return BalancedScaler(), AttributeScaler(self.attribute_scaling_)

    def _score_classes(self, Z):
        return self._similarity(self._predict_scaled(Z), self._scaled_attributes())

    def _attribute_module(self):
        """Make a torch module of :meth:`_predict_scaled`."""
        raise no_module(self)

    def _scoring_module(self):
        classes = doubles(self._scaled_attributes())
        similarity = getattr(self, "similarity_", "cosine")
        return nn.Sequential(
            self._attribute_module(), SIMILARITY_MODULES[similarity](classes)
        )

    def _similarity(self, predicted, classes):
        """Compare scaled attributes of samples and classes, one column per class."""
        similarity = getattr(self, "similarity_", "cosine")
        return SIMILARITIES[similarity](predicted, classes)

    def _attribute_weights(self, Z, positions):
        similarity = getattr(self, "similarity_", "cosine")
        return WEIGHTS[similarity](
            self._predict_scaled(Z), self._scaled_attributes()[positions]
        )
