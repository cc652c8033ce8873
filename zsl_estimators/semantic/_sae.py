"""SAEClassifier: a linear autoencoder with attributes as its code."""

from numbers import Real
from typing import NamedTuple

import numpy as np
from numpy.linalg import eigh

from zsl_estimators.closed_form import ClosedFormMixin
from zsl_estimators.docstrings import fill_docstring
from zsl_estimators.linear import RidgeInputs, SylvesterPath
from zsl_estimators.onnx_export import CosineScores, doubles, map_module
from zsl_estimators.parameters import Interval, StrOptions
from zsl_estimators.semantic._base import SemanticClassifier
from zsl_estimators.semantic._similarity import cosine_similarity, cosine_weights

LMBDAS = tuple(10.0**power for power in range(-2, 5))
SPACES = ("attributes", "features")


class SAECandidate(NamedTuple):
    """What the folds choose from.

    Parameters
    ----------
    lmbda : float
        Weight of the map from features to attributes.
    space : {"attributes", "features"}
        Where samples and classes are compared.
    """

    lmbda: float
    space: str


@fill_docstring
class SAEClassifier(ClosedFormMixin, SemanticClassifier):
    """Zero-shot classifier by a semantic autoencoder (SAE).

    One matrix maps features to attributes, and its transpose attributes to features;
    it minimises ``||X - S W.T||^2 + lambda ||X W - S||^2``, which is a Sylvester
    equation. Two eigendecompositions solve it for every lambda.

    Parameters
    ----------
    %(attributes)s
    lmbda : "auto" or float, default="auto"
        Weight of the map from features to attributes, against that back to the features
        (lambda in the paper). "auto" chooses the one of 0.01, 0.1, ... 1e4 with the
        best AUSUC on held-out seen classes, and 10 if no class is unseen or fewer than
        four are seen.
    space : {"auto", "attributes", "features"}, default="auto"
        Space in which a sample is compared with the classes: its predicted attributes
        with descriptions, or its features with those predicted from descriptions.
        "auto" is chosen together with `lmbda`, and is the features if nothing can be
        chosen.
    %(attribute_scaling)s
    %(seen_penalty)s
    %(n_jobs)s
    %(random_state)s

    Attributes
    ----------
    lmbda_ : float
        The weight in use.
    space_ : str
        "attributes" or "features".
    coef_ : ndarray of shape (n_features, n_attributes)
        Map from scaled features to scaled attributes; its transpose is the map back.
    %(semantic_fitted)s
    %(fitted)s

    See Also
    --------
    RidgeSemanticClassifier : Without the way back.

    References
    ----------
    .. [1] Kodirov, Xiang, Gong: Semantic autoencoder for zero-shot learning, CVPR
       2017.

    Examples
    --------
    >>> from zsl_estimators import SAEClassifier
    >>> from zsl_estimators.datasets import make_gzsl
    >>> data = make_gzsl(random_state=0)
    >>> clf = SAEClassifier(attributes=data.attributes, random_state=0)
    >>> clf.fit(data.X_train, data.y_train).space_ in ("attributes", "features")
    True
    """

    _takes_sparse = True
    _parameter_constraints = {
        **SemanticClassifier._parameter_constraints,
        "lmbda": [StrOptions({"auto"}), Interval(Real, 0, None, closed="neither")],
        "space": [StrOptions({"auto", *SPACES})],
    }

    def __init__(
        self,
        attributes=None,
        *,
        classes=None,
        lmbda="auto",
        space="auto",
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
        self.lmbda = lmbda
        self.space = space
        self.attribute_scaling = attribute_scaling

    def _settings_to_compare(self):
        spaces = SPACES if self.space == "auto" else (self.space,)
        lmbdas = LMBDAS if self.lmbda == "auto" else (float(self.lmbda),)
        return [SAECandidate(one, space) for one in lmbdas for space in spaces]

    def _default_settings(self):
        return SAECandidate(
            10.0 if self.lmbda == "auto" else float(self.lmbda),
            "features" if self.space == "auto" else self.space,
        )

    def _precomputed(self, problem):
        return RidgeInputs.of_classes(problem, problem.weights)

    def _solutions(self, problem, precomputed, settings):
        S, counts = problem.S_seen, np.bincount(problem.y, weights=problem.weights)
        shares = counts / counts.sum()
        descriptions = eigh(S.T @ (shares[:, None] * S))
        path = SylvesterPath(
            descriptions, precomputed.decomposition, precomputed.products(S).T
        )
        for candidate in settings:
            self.lmbda_, self.space_ = candidate
            solution = precomputed.map_of(path.solve(self.lmbda_).T)
            self.coef_ = (1 + self.lmbda_) * solution
            yield candidate

    def _predict_scaled(self, Z):
        return Z @ self.coef_

    def _score_classes(self, Z):
        if self.space_ == "attributes":
            return super()._score_classes(Z)
        return cosine_similarity(Z, self._class_features())

    def _class_features(self):
        """Scaled features that descriptions are mapped to."""
        return self._scaled_attributes() @ self.coef_.T

    def _attribute_module(self):
        return map_module(self.coef_)

    def _scoring_module(self):
        if self.space_ == "attributes":
            return super()._scoring_module()
        return CosineScores(doubles(self._class_features()))

    def _attribute_weights(self, Z, positions):
        if self.space_ == "attributes":
            return super()._attribute_weights(Z, positions)
        projected = self._class_features()[positions]
        return cosine_weights(Z, projected) @ self.coef_
