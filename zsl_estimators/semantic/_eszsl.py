"""ESZSLClassifier: a bilinear score by least squares, in closed form."""

from numbers import Real
from typing import NamedTuple

import numpy as np
from scipy.linalg import eigh

from zsl_estimators.closed_form import ClosedFormMixin
from zsl_estimators.docstrings import fill_docstring
from zsl_estimators.linear import RidgeInputs
from zsl_estimators.onnx_export import map_module
from zsl_estimators.parameters import Interval, StrOptions
from zsl_estimators.rows import BlockwiseStandardScaler
from zsl_estimators.sample_weights import part_of, weighted_deviation
from zsl_estimators.scaling import AttributeScaler
from zsl_estimators.semantic._base import SemanticClassifier

# Scores of so many samples tell how much scores vary.
MOST_ROWS_FOR_SPREAD = 1000


class Penalties(NamedTuple):
    """What the folds choose from.

    Parameters
    ----------
    gamma : float
        Penalty of the features.
    lmbda : float
        Penalty of the attributes.
    """

    gamma: float
    lmbda: float


class BaseESZSL(ClosedFormMixin, SemanticClassifier):
    """What ESZSL does with a pair of penalties, whoever chooses them."""

    _takes_sparse = True
    _parameter_constraints = {
        **SemanticClassifier._parameter_constraints,
        "feature_scaling": [StrOptions({"standard", "centered"})],
    }

    def _new_scalers(self, random_state):
        with_std = self.feature_scaling == "standard"
        feature_scaler = BlockwiseStandardScaler(with_std=with_std)
        return feature_scaler, AttributeScaler(self.attribute_scaling_)

    def _precomputed(self, problem):
        return RidgeInputs.of_classes(problem, problem.weights)

    def _solutions(self, problem, precomputed, settings):
        features = precomputed.path(problem.S_seen)
        eigenvalues, vectors = eigh(problem.S_seen.T @ problem.S_seen)
        eigenvalues = np.maximum(eigenvalues, 0)
        for candidate in settings:
            self.gamma_, self.lmbda_ = candidate
            self.coef_ = features.coefficients(self.gamma_ / features.n_samples)
            self.metric_ = vectors / (eigenvalues + self.lmbda_) @ vectors.T
            yield candidate

    def _fit(self, problem, choice, random_state):
        super()._fit(problem, choice, random_state)
        some = slice(None, None, max(len(problem.y) // MOST_ROWS_FOR_SPREAD, 1))
        predicted = self._predict_scaled(problem.rows[some])
        scores = self._similarity(predicted, problem.S_seen)
        weights = part_of(problem.weights, some)
        self._spread = weighted_deviation(scores, weights) or 1.0

    @property
    def _score_temperature(self):
        # Scores have any scale, which depends on the scalings and both penalties.
        return self._spread / 2

    def _predict_scaled(self, Z):
        return Z @ self.coef_

    def _scoring_module(self):
        classes = self._scaled_attributes()
        return map_module(self.coef_ @ self.metric_ @ classes.T)

    def _similarity(self, predicted, classes):
        return predicted @ self.metric_ @ classes.T

    def _attribute_weights(self, Z, positions):
        return self._predict_scaled(Z) @ self.metric_


@fill_docstring
class ESZSLClassifier(BaseESZSL):
    """Zero-shot classifier by two regularised least squares problems (ESZSL).

    Scores ``x V s`` of samples and class descriptions are fitted to 1 for the class
    of a sample and 0 for the other seen classes, with a penalty on the side of the
    features and one on that of the attributes. The solution has a closed form: ridge
    regression from features to attributes, then an inner product with the inverse of
    the descriptions' second moments.

    Parameters
    ----------
    %(attributes)s
    gamma : float, default=10.0
        Penalty of the features, added to the eigenvalues of ``X.T @ X``.
    lmbda : float, default=1.0
        Penalty of the attributes (lambda in the paper), added to the eigenvalues of
        ``S.T @ S`` over the seen classes.
    feature_scaling : {"standard", "centered"}, default="standard"
        Bring features to mean 0 and variance 1, or only to mean 0.
    %(attribute_scaling)s
    %(seen_penalty)s
    %(n_jobs)s
    %(random_state)s

    Attributes
    ----------
    gamma_ : float
        The penalty of the features in use.
    lmbda_ : float
        The penalty of the attributes in use.
    coef_ : ndarray of shape (n_features, n_attributes)
        Map from scaled features to scaled attributes.
    metric_ : ndarray of shape (n_attributes, n_attributes)
        Inverse of the regularised second moments of the seen descriptions.
    %(semantic_fitted)s
    %(fitted)s

    See Also
    --------
    ESZSLClassifierCV : Chooses both penalties on held-out classes.

    References
    ----------
    .. [1] Romera-Paredes, Torr: An embarrassingly simple approach to zero-shot
       learning, ICML 2015.

    Examples
    --------
    >>> from zsl_estimators import ESZSLClassifier
    >>> from zsl_estimators.datasets import make_gzsl
    >>> data = make_gzsl(random_state=0)
    >>> clf = ESZSLClassifier(attributes=data.attributes, gamma=100.0, random_state=0)
    >>> clf.fit(data.X_train, data.y_train).unseen_classes_
    array([ 0,  4,  5, 13])
    """

    _parameter_constraints = {
        **BaseESZSL._parameter_constraints,
        "gamma": [Interval(Real, 0, None, closed="neither")],
        "lmbda": [Interval(Real, 0, None, closed="neither")],
    }

    def __init__(
        self,
        attributes=None,
        *,
        classes=None,
        gamma=10.0,
        lmbda=1.0,
        feature_scaling="standard",
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
        self.gamma = gamma
        self.lmbda = lmbda
        self.feature_scaling = feature_scaling
        self.attribute_scaling = attribute_scaling

    def _default_settings(self):
        return Penalties(self.gamma, self.lmbda)
