"""RidgeCompatibilityClassifier: a bilinear score in closed form."""

import numpy as np

from zsl_estimators.base import BaseZeroShotClassifier
from zsl_estimators.closed_form import ClosedFormMixin
from zsl_estimators.compatibility._base import unit_scalers
from zsl_estimators.docstrings import fill_docstring
from zsl_estimators.linear import (
    RIDGE_CONSTRAINTS,
    class_balanced_inputs,
    default_ridge,
    ridge_candidates,
    ridge_maps,
)
from zsl_estimators.onnx_export import BilinearScores, doubles
from zsl_estimators.scaling import ATTRIBUTE_SCALING


@fill_docstring
class RidgeCompatibilityClassifier(ClosedFormMixin, BaseZeroShotClassifier):
    """Zero-shot classifier with a bilinear score from ridge regression.

    Scores ``x W s`` of samples and class descriptions, both of length 1, where W is the
    ridge map from features to descriptions. :class:`ALEClassifier` and its relatives
    start from it.

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
        The matrix W.
    %(unit_fitted)s
    %(fitted)s

    See Also
    --------
    RidgeSemanticClassifier : Compares the predicted attributes by their cosine.

    Examples
    --------
    >>> from zsl_estimators import RidgeCompatibilityClassifier
    >>> from zsl_estimators.datasets import make_gzsl
    >>> data = make_gzsl(random_state=0)
    >>> clf = RidgeCompatibilityClassifier(data.attributes, random_state=0)
    >>> clf.fit(data.X_train, data.y_train).unseen_classes_
    array([ 0,  4,  5, 13])
    """

    _takes_sparse = True
    _parameter_constraints = {
        **BaseZeroShotClassifier._parameter_constraints,
        **RIDGE_CONSTRAINTS,
        "attribute_scaling": ATTRIBUTE_SCALING,
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

    def _new_scalers(self, random_state):
        return unit_scalers(self.attribute_scaling_)

    def _settings_to_compare(self):
        return ridge_candidates(self)

    def _default_settings(self):
        return default_ridge(ridge_candidates(self))

    def _precomputed(self, problem):
        # Penalties are for features of variance 1; samples of length 1 have less.
        return class_balanced_inputs(problem, scale=np.sqrt(self.n_features_in_))

    def _solutions(self, problem, precomputed, settings):
        identity = self.attribute_scaler_.from_standard_
        for ridge, coef in ridge_maps(precomputed, problem.S_seen, identity, settings):
            self.shrink_to_, self.alpha_ = ridge
            self.coef_ = coef
            yield ridge

    def _score_classes(self, Z):
        return Z @ self.coef_ @ self._scaled_attributes().T

    def _attribute_weights(self, Z, positions):
        return Z @ self.coef_

    def _scoring_module(self):
        columns = doubles(self._scaled_attributes())
        return BilinearScores(doubles(self.coef_)[None], columns)
