"""SynCClassifier: linear classifiers put together from those of seen classes."""

from numbers import Real

import numpy as np
from scipy.linalg import pinv
from scipy.special import softmax
from sklearn.linear_model import RidgeClassifier
from sklearn.metrics.pairwise import euclidean_distances

from zsl_estimators.base import BaseZeroShotClassifier
from zsl_estimators.closed_form import ClosedFormMixin
from zsl_estimators.compatibility._base import unit_scalers
from zsl_estimators.docstrings import fill_docstring
from zsl_estimators.nested import fit_weighted, seeded_clone
from zsl_estimators.onnx_export import map_module
from zsl_estimators.parameters import HasMethods, Interval, StrOptions
from zsl_estimators.scaling import ATTRIBUTE_SCALING

SCALES = tuple(2.0**power for power in range(-3, 6))


@fill_docstring
class SynCClassifier(ClosedFormMixin, BaseZeroShotClassifier):
    """Zero-shot classifier with synthesised classifiers (SynC).

    The linear classifier of every class is a combination of phantom classifiers, one
    per seen class, weighted by the similarity of the class descriptions. The phantoms
    are computed from linear classifiers of the seen classes by least squares, as in the
    "fast" version of the authors.

    Parameters
    ----------
    %(attributes)s
    estimator : classifier or None, default=None
        Linear, with ``coef_`` of one row per class; its inputs are scaled features, and
        its intercept is not used. None is
        :class:`sklearn.linear_model.RidgeClassifier`, which is as good and much faster
        than the squared hinge loss of the paper, ``LinearSVC(fit_intercept=False)``.
    scale : "auto" or float, default="auto"
        Factor of squared distances of descriptions, which have length 1, in the
        similarity. "auto" chooses the one of 1/8, 1/4, ... 32 with the best AUSUC on
        held-out seen classes, and 2 where none can be held out.
    %(attribute_scaling)s
    %(seen_penalty)s
    %(n_jobs)s
    %(random_state)s

    Attributes
    ----------
    estimator_ : classifier
        Fitted on positions in `seen_classes_`.
    scale_ : float
        The scale in use.
    phantom_coef_ : ndarray of shape (n_seen, n_features)
        Phantom classifiers.
    %(unit_fitted)s
    %(fitted)s

    See Also
    --------
    ALEClassifier : The classifier of a class is linear in its description.

    References
    ----------
    .. [1] Changpinyo, Chao, Gong, Sha: Synthesized classifiers for zero-shot
       learning, CVPR 2016.

    Examples
    --------
    >>> from zsl_estimators import SynCClassifier
    >>> from zsl_estimators.datasets import make_gzsl
    >>> data = make_gzsl(random_state=0)
    >>> clf = SynCClassifier(attributes=data.attributes, random_state=0)
    >>> clf.fit(data.X_train, data.y_train).unseen_classes_
    array([ 0,  4,  5, 13])
    """

    _parameter_constraints = {
        **BaseZeroShotClassifier._parameter_constraints,
        "attribute_scaling": ATTRIBUTE_SCALING,
        "estimator": [HasMethods(["fit"]), None],
        "scale": [StrOptions({"auto"}), Interval(Real, 0, None, closed="neither")],
    }

    def __init__(
        self,
        attributes=None,
        *,
        classes=None,
        estimator=None,
        scale="auto",
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
        self.estimator = estimator
        self.scale = scale
        self.attribute_scaling = attribute_scaling

    def _new_scalers(self, random_state):
        return unit_scalers(self.attribute_scaling_)

    def _settings_to_compare(self):
        return list(SCALES) if self.scale == "auto" else [float(self.scale)]

    def _default_settings(self):
        return 2.0 if self.scale == "auto" else float(self.scale)

    def _precomputed(self, problem):
        estimator = self.estimator
        if estimator is None:
            estimator = RidgeClassifier(fit_intercept=False)
        estimator = seeded_clone(estimator, problem.random_state)
        return fit_weighted(estimator, problem.X, problem.y, problem.weights)

    def _solutions(self, problem, precomputed, settings):
        self.estimator_ = precomputed
        coef = coefficients(self.estimator_, problem.n_seen)
        for self.scale_ in settings:
            similarity = self._similarity(problem.S)[problem.seen]
            self.phantom_coef_ = pinv(similarity) @ coef
            yield self.scale_

    def _score_classes(self, Z):
        return Z @ self._class_coef().T

    def _scoring_module(self):
        return map_module(self._class_coef().T)

    def _class_coef(self):
        """Linear classifiers of all classes, one per row."""
        return self._similarity(self._scaled_attributes()) @ self.phantom_coef_

    def _similarity(self, classes):
        """Of scaled descriptions of all classes to the seen ones; rows sum to 1."""
        distances = euclidean_distances(
            classes, classes[self._table.seen], squared=True
        )
        return softmax(-self.scale_ * distances, axis=1)


def coefficients(classifier, n_classes):
    """One row per class of a linear classifier, which keeps one row for two classes."""
    coef = np.atleast_2d(getattr(classifier, "coef_", np.empty((0, 0))))
    if n_classes == 2 and len(coef) == 1:
        return np.concatenate([-coef, coef])
    # Support vector machines of this kind have a row per pair of classes.
    if len(coef) != n_classes or hasattr(classifier, "dual_coef_"):
        raise ValueError(
            "estimator must be a linear classifier whose coef_ has one row per class, "
            f"got {classifier}. Use RidgeClassifier(), or "
            "LinearSVC(fit_intercept=False)."
        )
    return coef
