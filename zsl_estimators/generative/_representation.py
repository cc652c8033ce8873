"""The space of a representation: who makes it, its scaling, its linear shadow."""

import numpy as np

from zsl_estimators.exemplar import ExemplarClassifier, FeatureScaler
from zsl_estimators.nested import seeded_clone
from zsl_estimators.training import float32


class RepresentationSpace:
    """A fitted representation, scaled, with a normal distribution per class.

    Parameters
    ----------
    transformer : transformer
        Makes representations of features; it is cloned.
    scaling : str
        See :class:`FeatureScaler`.
    """

    def __init__(self, transformer, scaling):
        self.transformer = transformer
        self.scaling = scaling

    def fit(self, X, y_index, class_attributes, shadow, random_state):
        """Fit the transformer, then the distributions of what it makes.

        Parameters
        ----------
        X : ndarray of shape (n_samples, n_features)
            Features in the users' units.
        y_index : ndarray of shape (n_samples,)
            Rows of the class table.
        class_attributes : ndarray of shape (n_classes, n_attributes)
            Descriptions.
        shadow : ExemplarClassifier
            That of the features; its regularisation is taken over.
        random_state : RandomState
            Seeds the transformer.

        Returns
        -------
        self : RepresentationSpace
            Fitted.
        """
        self.transformer = seeded_clone(self.transformer, random_state)
        made = self.transformer.fit(X, y_index).transform(X)
        self.shadow = ExemplarClassifier(
            class_attributes,
            classes=np.arange(len(class_attributes)),
            alpha=shadow.alpha_,
            shrink_to="zero",
            shrinkage=shadow.shrinkage_,
            seen_penalty=0.0,
        ).fit(made, y_index)
        self.scaler = FeatureScaler(self.scaling).fit(made, self.shadow)
        self.n_features = made.shape[1]
        return self

    def transform(self, X):
        """Scaled representations, float32."""
        if not len(X):
            return np.empty((0, self.n_features), dtype=np.float32)
        return float32(self.scaler.transform(self.transformer.transform(X)))

    def centers(self, class_attributes):
        """Scaled means of the classes, float32."""
        means = self.shadow.predict_means(class_attributes)
        return float32(self.scaler.transform(means))
