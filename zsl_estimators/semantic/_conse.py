"""ConSEClassifier: a convex combination of the descriptions of likely classes."""

from numbers import Integral

import numpy as np

from zsl_estimators.closed_form import ClosedFormMixin
from zsl_estimators.docstrings import fill_docstring
from zsl_estimators.nested import classifier_of_seen
from zsl_estimators.parameters import HasMethods, Interval
from zsl_estimators.semantic._base import SemanticClassifier


@fill_docstring
class ConSEClassifier(ClosedFormMixin, SemanticClassifier):
    """Zero-shot classifier by a convex combination of semantic embeddings (ConSE).

    An ordinary classifier predicts the probabilities of the seen classes. The mean of
    the most likely classes' descriptions, weighted by probability, is compared with the
    descriptions of all classes by the cosine.

    Parameters
    ----------
    %(attributes)s
    estimator : classifier or None, default=None
        Has ``predict_proba``. None is :class:`sklearn.linear_model.LogisticRegression`.
        Its inputs are scaled features.
    n_top : int, default=10
        Number of most likely classes in the mean (T in the paper).
    %(attribute_scaling)s
    %(seen_penalty)s
    %(n_jobs)s
    %(random_state)s

    Attributes
    ----------
    estimator_ : classifier
        Fitted on positions in `seen_classes_`.
    %(semantic_fitted)s
    %(fitted)s

    See Also
    --------
    IAPClassifier : Also uses a classifier of the seen classes.

    References
    ----------
    .. [1] Norouzi et al.: Zero-shot learning by convex combination of semantic
       embeddings, ICLR 2014.

    Examples
    --------
    >>> from zsl_estimators import ConSEClassifier
    >>> from zsl_estimators.datasets import make_gzsl
    >>> data = make_gzsl(random_state=0)
    >>> clf = ConSEClassifier(attributes=data.attributes, n_top=5, random_state=0)
    >>> clf.fit(data.X_train, data.y_train).unseen_classes_
    array([ 0,  4,  5, 13])
    """

    _parameter_constraints = {
        **SemanticClassifier._parameter_constraints,
        "estimator": [HasMethods(["fit", "predict_proba"]), None],
        "n_top": [Interval(Integral, 1, None, closed="left")],
    }

    _no_onnx = (
        "attributes come from a classifier of another package",
        "Store it with skops.io.dump, or take RidgeSemanticClassifier.",
    )

    def __init__(
        self,
        attributes=None,
        *,
        classes=None,
        estimator=None,
        n_top=10,
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
        self.n_top = n_top
        self.attribute_scaling = attribute_scaling

    def _precomputed(self, problem):
        return classifier_of_seen(self.estimator, problem, problem.random_state)

    def _solutions(self, problem, precomputed, settings):
        self.estimator_ = precomputed
        yield from settings

    def _predict_scaled(self, Z):
        probabilities = self.estimator_.predict_proba(Z)
        n_top = min(self.n_top, probabilities.shape[1])
        least = np.partition(probabilities, -n_top, axis=1)[:, [-n_top]]
        kept = np.where(probabilities >= least, probabilities, 0.0)
        seen = self._scaled_attributes()[self._table.seen]
        return kept / kept.sum(axis=1, keepdims=True) @ seen
