"""Ridge regression from features to attributes, the linear baseline."""

import numpy as np

from zsl_estimators.docstrings import fill_docstring
from zsl_estimators.linear import RidgeChoiceMixin
from zsl_estimators.scaling import class_weights
from zsl_estimators.semantic._base import SemanticClassifier


@fill_docstring
class RidgeSemanticClassifier(RidgeChoiceMixin, SemanticClassifier):
    """Zero-shot classifier with a ridge map from features to attributes.

    The attributes of a sample are predicted by ridge regression, in which every class
    has the same weight, and the class whose description has the largest cosine with
    them wins. It is the baseline everything else is measured against, and the linear
    part that :class:`RevCDClassifier` corrects.

    Parameters
    ----------
    %(attributes)s
    %(ridge)s
    %(attribute_scaling)s
    %(seen_penalty)s
    %(random_state)s

    Attributes
    ----------
    alpha_ : float
        The penalty in use.
    shrink_to_ : str
        "zero" or "identity".
    coef_ : ndarray of shape (n_features, n_attributes)
        Map from scaled features to scaled attributes.
    feature_scaler_ : StandardScaler
        Scaling of the features.
    attribute_scaler_ : object
        Scaling of the attributes.
    %(fitted)s

    See Also
    --------
    RevCDClassifier : Corrects this map with a conditional diffusion network.
    ExemplarClassifier : The opposite direction, from attributes to features.

    Examples
    --------
    >>> from zsl_estimators import RidgeSemanticClassifier
    >>> from zsl_estimators.datasets import make_gzsl
    >>> data = make_gzsl(random_state=0)
    >>> clf = RidgeSemanticClassifier(attributes=data.attributes, random_state=0)
    >>> clf.fit(data.X_train, data.y_train).unseen_classes_
    array([ 0,  4,  5, 13])
    >>> clf.predict_attributes(data.X_test).shape
    (640, 8)
    """

    _parameter_constraints = {
        **SemanticClassifier._parameter_constraints,
        **RidgeChoiceMixin._ridge_constraints,
    }

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
        # Every class counts the same, however many samples it has.
        weights = np.sqrt(class_weights(y_index))[:, None]
        return self._scaled_features(X) * weights, self._targets(y_index) * weights

    def _identity_map(self):
        return self.attribute_scaler_.mixing

    def _describe(self, X):
        return X @ self.coef_
