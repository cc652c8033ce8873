"""Ridge regression from features to attributes, the linear baseline."""

import numpy as np

from zsl_estimators.linear import RidgeChoiceMixin
from zsl_estimators.semantic._base import SemanticClassifier, class_weights


class RidgeSemanticClassifier(RidgeChoiceMixin, SemanticClassifier):
    """Zero-shot classifier with a ridge map from features to attributes.

    The attributes of a sample are predicted by ridge regression, in which every class
    has the same weight, and the class whose description has the largest cosine with
    them wins. It is the baseline everything else is measured against, and the linear
    part that :class:`RevCDClassifier` corrects.

    Parameters
    ----------
    attributes : DataFrame, array-like of shape (n_classes, n_attributes) or None, \
            default=None
        One description row per class, seen or not. A DataFrame's index holds the
        class labels, in any order. An array goes with `classes`, or describes the
        integer labels 0, 1, ... in order. None gives each class in `y` a one-hot
        row: an ordinary classifier.
    classes : array-like of shape (n_classes,), default=None
        Labels of the rows when `attributes` is an array.
    alpha : "auto" or float, default="auto"
        Ridge penalty per sample, for features of variance 1. "auto" takes the one of
        1e-4, 1e-3, ... 1e3 with the best AUSUC on held-out seen classes, and 0.01
        when no class is unseen or fewer than four are seen.
    shrink_to : {"auto", "zero", "identity"}, default="auto"
        Map that the penalty pulls towards. "identity" is for features and
        descriptions in one space, such as embeddings of sentences and of class names
        by the same model; it needs as many features as attributes. "auto" chooses
        with `alpha`.
    attribute_scaling : {"whitened", "standard", "minmax", "rms", "none"}, \
            default="whitened"
        Scaling of the descriptions, fitted on the seen classes: to mean 0 and
        variance 1 and then partly decorrelated, so that attributes that say the same
        do not outvote the others; to mean 0 and variance 1; to the range from -1 to
        1; all with one factor to mean square 1; or not at all.
    seen_penalty : "auto" or float, default="auto"
        Amount taken from the cosines of seen classes. "auto" fits it on held-out seen
        classes.
    random_state : int, RandomState instance or None, default=None
        Decides which classes are held out. Pass an int for reproducible results.
    verbose : int, default=0
        Has no effect here.

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
    classes_ : ndarray of shape (n_classes,)
        All class labels, seen and unseen, sorted.
    seen_classes_ : ndarray of shape (n_seen,)
        Labels that occurred in `y`.
    unseen_classes_ : ndarray of shape (n_unseen,)
        The other labels.
    class_attributes_ : ndarray of shape (n_classes, n_attributes)
        Descriptions in the order of `classes_`.
    seen_penalty_ : float
        The penalty on seen classes in use; 0 with ``seen_penalty="auto"`` when no
        class is unseen or fewer than four are seen.
    held_out_results_ : DataFrame or None
        AUSUC and best H per candidate and fold of held-out classes.
    n_features_in_ : int
        Number of features seen in :meth:`fit`.
    feature_names_in_ : ndarray of shape (n_features,)
        Names of the features, when `X` was a DataFrame with string columns.

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
