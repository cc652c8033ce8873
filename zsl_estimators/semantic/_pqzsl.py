"""PQZSLClassifier: classes as products of quantised properties."""

from numbers import Integral, Real
from typing import NamedTuple

import numpy as np
from numpy.linalg import eigh
from torch import nn

from zsl_estimators.closed_form import ClosedFormMixin
from zsl_estimators.docstrings import fill_docstring
from zsl_estimators.linear import (
    ALPHAS,
    DEFAULT_ALPHA,
    RidgePath,
    class_balanced_inputs,
)
from zsl_estimators.onnx_export import doubles, map_module
from zsl_estimators.parameters import Interval, StrOptions
from zsl_estimators.quantisation import ProductQuantiser
from zsl_estimators.scaling import unit_rows
from zsl_estimators.semantic._base import SemanticClassifier
from zsl_estimators.semantic._similarity import SIMILARITIES, SIMILARITY_MODULES

# Axes along which the mean square is less than this share of the largest are rounding.
SMALLEST_SHARE = 1e-10


class PQCandidate(NamedTuple):
    """What the folds choose from.

    Parameters
    ----------
    alpha : float
        Penalty of the ridge map.
    similarity : {"cosine", "distance"}
        How samples and coded classes are compared.
    """

    alpha: float
    similarity: str


@fill_docstring
class PQZSLClassifier(ClosedFormMixin, SemanticClassifier):
    """Zero-shot classifier with classes coded by product quantisation (PQZSL).

    Features are mapped by ridge regression into an orthogonal semantic space, whose
    axes are uncorrelated combinations of attributes. Every axis, or block of axes, has
    a codebook that is learned from the seen classes; a class, seen or unseen, is stored
    as the codewords that are nearest to its description. A sample is compared with all
    classes by look-up: its products with the codewords are computed once, and a class
    takes one addition per block.

    This follows the abstract of the paper: classes differ in their combination of
    properties, while single properties have the same distribution over seen and unseen
    classes, so that codebooks of seen classes can be used for all. The losses by which
    the paper trains its map are not reproduced.

    Parameters
    ----------
    %(attributes)s
    alpha : "auto" or float, default="auto"
        Ridge penalty of the map from features to attributes, for scaled features.
        "auto" chooses the one of 1e-4, 1e-3, ... 1e3 with the best AUSUC on held-out
        seen classes, and 0.01 where none can be held out.
    n_blocks : int or None, default=None
        Number of blocks that the axes are divided into, each with one codeword per
        class. Fewer blocks make codes shorter and predictions faster, with a larger
        error. None is one block per axis.
    n_codewords : int, default=16
        Codewords per block, at most the number of seen classes. With as many as there
        are seen classes coding does not change those; unseen classes get the nearest
        values that seen ones have.
    rotate : bool, default=False
        Whether the axes are rotated to reduce the quantisation error on the seen
        classes ("optimised" product quantisation), alternating with the codebooks.
    similarity : {"auto", "cosine", "distance"}, default="auto"
        Compare a sample and a coded class by the cosine, or by the distance, which also
        compares lengths. "auto" is chosen together with `alpha`, and is the cosine if
        nothing can be chosen.
    max_iter : int, default=25
        Largest number of iterations of learning the codebooks.
    %(attribute_scaling)s
    %(seen_penalty)s
    %(n_jobs)s
    %(random_state)s

    Attributes
    ----------
    alpha_ : float
        The penalty in use.
    similarity_ : str
        "cosine" or "distance".
    coef_ : ndarray of shape (n_features, n_attributes)
        Map from scaled features to scaled attributes.
    axes_ : ndarray of shape (n_attributes, n_axes)
        Orthonormal columns: the axes of the orthogonal semantic space.
    codes_ : ndarray of shape (n_classes, n_blocks)
        Numbers of the codewords of every class, in one byte each.
    quantisation_errors_ : ndarray of shape (n_rounds,)
        Mean squared distance of scaled descriptions of seen classes from their decoded
        codes, after every iteration.
    n_iter_ : int
        Number of iterations.
    %(semantic_fitted)s
    %(fitted)s

    See Also
    --------
    RidgeSemanticClassifier : The same map without coding.

    References
    ----------
    .. [1] Li, Lan, Liu, Wang, Zheng: Compressing unknown images with product quantizer
       for efficient zero-shot classification, CVPR 2019.
    .. [2] Jegou, Douze, Schmid: Product quantization for nearest neighbor search,
       TPAMI 2011.

    Examples
    --------
    >>> from zsl_estimators import PQZSLClassifier
    >>> from zsl_estimators.datasets import make_gzsl
    >>> data = make_gzsl(random_state=0)
    >>> clf = PQZSLClassifier(attributes=data.attributes, n_blocks=4, random_state=0)
    >>> clf.fit(data.X_train, data.y_train).codes_.shape
    (16, 4)
    """

    _parameter_constraints = {
        **SemanticClassifier._parameter_constraints,
        "alpha": [StrOptions({"auto"}), Interval(Real, 0, None, closed="left")],
        "n_blocks": [Interval(Integral, 1, None, closed="left"), None],
        "n_codewords": [Interval(Integral, 1, None, closed="left")],
        "rotate": ["boolean"],
        "similarity": [StrOptions({"auto", *SIMILARITIES})],
        "max_iter": [Interval(Integral, 1, None, closed="left")],
    }

    def __init__(
        self,
        attributes=None,
        *,
        classes=None,
        alpha="auto",
        n_blocks=None,
        n_codewords=16,
        rotate=False,
        similarity="auto",
        max_iter=25,
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
        self.n_blocks = n_blocks
        self.n_codewords = n_codewords
        self.rotate = rotate
        self.similarity = similarity
        self.max_iter = max_iter
        self.attribute_scaling = attribute_scaling

    @property
    def codes_(self):
        """Codes of the classes, in the order of `classes_`."""
        return self._codes[self._order]

    @property
    def quantisation_errors_(self):
        """Errors of the codebooks after every iteration."""
        return np.array(self._quantiser.errors_)

    def _settings_to_compare(self):
        alphas = ALPHAS if self.alpha == "auto" else (float(self.alpha),)
        similarities = SIMILARITIES if self.similarity == "auto" else [self.similarity]
        return [PQCandidate(alpha, one) for alpha in alphas for one in similarities]

    def _default_settings(self):
        return PQCandidate(
            DEFAULT_ALPHA if self.alpha == "auto" else float(self.alpha),
            "cosine" if self.similarity == "auto" else self.similarity,
        )

    def _precomputed(self, problem):
        return class_balanced_inputs(problem)

    def _solutions(self, problem, precomputed, settings):
        self._code_classes(problem)
        path = RidgePath(precomputed, problem.S_seen)
        for candidate in settings:
            self.alpha_, self.similarity_ = candidate
            self.coef_ = path.coefficients(self.alpha_)
            yield candidate

    def _code_classes(self, problem):
        """Learn axes and codebooks from the seen classes, and code all."""
        self.axes_ = uncorrelated_axes(problem.S_seen)
        self._quantiser = ProductQuantiser(
            self.n_blocks, self.n_codewords, self.rotate, self.max_iter
        ).fit(problem.S_seen @ self.axes_)
        self.n_iter_ = len(self._quantiser.errors_)
        self._codes = self._quantiser.encode(problem.S @ self.axes_)

    def _add_classes(self, positions):
        new = self._scaled_attributes()[positions] @ self.axes_
        self._codes = np.concatenate([self._codes, self._quantiser.encode(new)])

    def _predict_scaled(self, Z):
        return Z @ self.coef_

    def _score_classes(self, Z):
        queries = self._predict_scaled(Z) @ self.axes_
        squares = self._quantiser.squared_lengths(self._codes)
        if self.similarity_ == "cosine":
            lengths = np.sqrt(np.where(squares > 0, squares, 1.0))
            return self._quantiser.products(unit_rows(queries), self._codes) / lengths
        # Half the squared distance but for a constant of the sample, in the unit that
        # other estimators have.
        products = self._quantiser.products(queries, self._codes)
        return (products - squares / 2) / len(self.axes_)

    def _attribute_module(self):
        return map_module(self.coef_ @ self.axes_ @ self.axes_.T)

    def _scoring_module(self):
        points = self._quantiser.decode(self._codes) @ self.axes_.T
        score = SIMILARITY_MODULES[self.similarity_](doubles(points))
        return nn.Sequential(self._attribute_module(), score)


def uncorrelated_axes(S):
    """Principal axes of descriptions about zero, those with the largest mean first.

    Parameters
    ----------
    S : ndarray of shape (n_classes, n_attributes)
        Scaled descriptions.

    Returns
    -------
    axes : ndarray of shape (n_attributes, n_axes)
        Orthonormal; the products of different columns of ``S @ axes`` are 0. Axes
        along which the descriptions do not extend are left out, unless none would be
        left.
    """
    mean_squares, axes = eigh(S.T @ S)
    kept = mean_squares > SMALLEST_SHARE * mean_squares[-1]
    kept[-1] = True
    return axes[:, kept][:, ::-1]
