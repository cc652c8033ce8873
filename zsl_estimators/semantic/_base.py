"""Features to attribute space, then the most similar class description."""

from abc import abstractmethod

import numpy as np
from sklearn.metrics.pairwise import cosine_similarity
from sklearn.utils.validation import check_is_fitted, validate_data

from zsl_estimators.base import BaseZeroShotClassifier
from zsl_estimators.parameters import StrOptions
from zsl_estimators.scaling import SCALINGS, AttributeScaler, balanced_scaler


class SemanticClassifier(BaseZeroShotClassifier):
    """Base of classifiers that describe a sample and compare the descriptions.

    Subclasses implement `_fit` and :meth:`_describe`. The score of a class is the
    similarity of the description predicted from the features and that of the class,
    both scaled with the statistics of the seen classes: their cosine, unless
    :meth:`_similarity` says otherwise.
    """

    _parameter_constraints = {
        **BaseZeroShotClassifier._parameter_constraints,
        "attribute_scaling": [StrOptions(set(SCALINGS))],
    }
    # Cosines span so little that their plain softmax would be almost uniform.
    _score_temperature = 0.1

    @abstractmethod
    def _describe(self, X):
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
        check_is_fitted(self)
        X = validate_data(self, X, dtype=np.float32, reset=False)
        described = self._describe(self._scaled_features(X))
        return self.attribute_scaler_.inverse_transform(described)

    def _prepare(self, X, y_index, random_state):
        if self._goes_on():
            return
        self.feature_scaler_ = self._fit_feature_scaler(X, y_index)
        seen_rows = self.class_attributes_[self._class_table.seen]
        self.attribute_scaler_ = self._new_attribute_scaler().fit(seen_rows)

    def _fit_feature_scaler(self, X, y_index):
        return balanced_scaler(X, y_index)

    def _new_attribute_scaler(self):
        return AttributeScaler(self.attribute_scaling)

    def _decision(self, X):
        described = self._describe(self._scaled_features(X))
        return self._similarity(described, self._scaled_attributes())

    def _similarity(self, described, classes):
        """Compare scaled descriptions of samples and classes, one column per class."""
        return cosine_similarity(described, classes)

    def _scaled_features(self, X):
        return self.feature_scaler_.transform(X.astype(np.float64))

    def _targets(self, y_index):
        """Scaled attributes of every sample's class."""
        return self._scaled_attributes()[y_index]

    def _scaled_attributes(self):
        """Scaled descriptions of all classes."""
        return self.attribute_scaler_.transform(self.class_attributes_)
