"""Ridge regression from features to attributes, the linear baseline."""

from zsl_estimators.closed_form import ClosedFormMixin
from zsl_estimators.docstrings import fill_docstring
from zsl_estimators.linear import (
    RIDGE_CONSTRAINTS,
    class_balanced_inputs,
    default_ridge,
    ridge_candidates,
    ridge_maps,
)
from zsl_estimators.onnx_export import map_module
from zsl_estimators.semantic._base import SemanticClassifier


@fill_docstring
class RidgeSemanticClassifier(ClosedFormMixin, SemanticClassifier):
    """Zero-shot classifier with a ridge map from features to attributes.

    The attributes of a sample are predicted by ridge regression, in which every class
    has the same weight, and the class whose description has the largest cosine with
    them is predicted. It is the usual baseline, and an initial estimator of
    :class:`RevCDClassifier`.

    Parameters
    ----------
    %(attributes)s
    %(ridge)s
    %(attribute_scaling)s
    %(seen_penalty)s
    %(n_jobs)s
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
    attribute_scaling_ : str
        The scaling of the descriptions in use.
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

    _takes_sparse = True
    _parameter_constraints = {
        **SemanticClassifier._parameter_constraints,
        **RIDGE_CONSTRAINTS,
    }

    def __init__(
        self,
        attributes=None,
        *,
        classes=None,
        alpha="auto",
        shrink_to="auto",
        attribute_scaling="auto",
        seen_penalty="auto",
        n_jobs=None,
        random_state=None,
        verbose=0,
    ):
        super().__init__(
            attributes,
            classes=classes,
            seen_penalty=seen_penalty,
            n_jobs=n_jobs,
            random_state=random_state,
            verbose=verbose,
        )
        self.alpha = alpha
        self.shrink_to = shrink_to
        self.attribute_scaling = attribute_scaling

    def _settings_to_compare(self):
        return ridge_candidates(self)

    def _default_settings(self):
        return default_ridge(ridge_candidates(self))

    def _precomputed(self, problem):
        return class_balanced_inputs(problem)

    def _solutions(self, problem, precomputed, settings):
        identity = self.attribute_scaler_.from_standard_
        for ridge, coef in ridge_maps(precomputed, problem.S_seen, identity, settings):
            self.shrink_to_, self.alpha_ = ridge
            self.coef_ = coef
            yield ridge

    def _predict_scaled(self, Z):
        return Z @ self.coef_

    def _attribute_module(self):
        return map_module(self.coef_)
