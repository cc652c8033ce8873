"""What deep estimators take over from a normal distribution per class."""

import numpy as np
import torch
from sklearn.utils.validation import check_is_fitted

from zsl_estimators.exemplar._classifier import ExemplarClassifier
from zsl_estimators.exemplar._scaling import FeatureScaler
from zsl_estimators.scaling import AttributeScaler
from zsl_estimators.seeds import private_random_state
from zsl_estimators.training import float32


class ExemplarShadowMixin:
    """Fit a normal distribution per class first, for a network to start from.

    Stands left of a zero-shot base class with `alpha`, `shrink_to`, `shrinkage` and
    `attribute_scaling`. The folds take over what the shadow has chosen.
    """

    _shadow_constraints = ExemplarClassifier._shadow_constraints
    # May be a constructor parameter.
    feature_scaling = "whitened"

    def sample(self, n_per_class=1, classes=None):
        """Generate features.

        Parameters
        ----------
        n_per_class : int, default=1
            Number of rows per class.
        classes : array-like of shape (n_wanted,) or None, default=None
            Labels of classes, seen or unseen. None is all of them.

        Returns
        -------
        X : ndarray of shape (n_wanted * n_per_class, n_features)
            Features in the units of the training data, float64.
        y : ndarray of shape (n_wanted * n_per_class,)
            Their labels. With an integer `random_state` every call returns the same.

        Raises
        ------
        ValueError
            If a label is unknown.
        """
        check_is_fitted(self)
        labels = self.classes_ if classes is None else np.atleast_1d(classes)
        unknown = labels[~np.isin(labels, self.classes_)]
        if len(unknown):
            raise ValueError(
                f"classes has labels that have no description: {unknown.tolist()}. "
                "Choose among classes_, or describe them with add_classes first."
            )
        random_state = private_random_state(self.random_state)
        scaled = self._generate(labels, n_per_class, random_state)
        X = self.feature_scaler_.inverse_transform(scaled)
        return X, np.repeat(labels, n_per_class)

    def _generate(self, labels, n_per_class, random_state):
        """Scaled features of classes, one class after the other, float64."""
        raise NotImplementedError

    def _prepare(self, X, y_index, random_state):
        super()._prepare(X, y_index, random_state)
        if self._goes_on():
            return
        self.shadow_ = self._fit_shadow(X, y_index, random_state)
        self.feature_scaler_ = FeatureScaler(self.feature_scaling).fit(X, self.shadow_)
        seen_rows = self.class_attributes_[self._class_table.seen]
        self.attribute_scaler_ = AttributeScaler(self.attribute_scaling).fit(seen_rows)

    def _fit_shadow(self, X, y_index, random_state):
        shadow = ExemplarClassifier(
            self.class_attributes_,
            classes=np.arange(len(self.classes_)),
            alpha=self.alpha,
            shrink_to=self.shrink_to,
            shrinkage=self.shrinkage,
            seen_penalty=0.0,
            random_state=random_state,
        )
        return shadow.fit(X, y_index)

    def _fold_parameters(self):
        return {
            **super()._fold_parameters(),
            "alpha": self.shadow_.alpha_,
            "shrink_to": self.shadow_.shrink_to_,
            "shrinkage": self.shadow_.shrinkage_,
        }

    def _training_tensors(self, X, y_index):
        y = np.searchsorted(np.flatnonzero(self._class_table.seen), y_index)
        return {"x": float32(self.feature_scaler_.transform(X)), "y": y}, y

    def _observed_means(self):
        """Means of the seen classes, in the users' units."""
        return self.shadow_.feature_scaler_.inverse_transform(
            self.shadow_.gaussian_.means
        )

    def _class_tensors(self):
        """Scaled descriptions and means in the shadow of all classes, float32."""
        attributes = self.attribute_scaler_.transform(self.class_attributes_)
        centers = self.shadow_.predict_means(self.class_attributes_)
        centers = self.feature_scaler_.transform(centers)
        return torch.tensor(float32(attributes)), torch.tensor(float32(centers))
