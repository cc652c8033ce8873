"""Scorers for GridSearchCV and its relatives.

A scorer of scikit-learn sees true and predicted labels only. Which classes were
*seen* differs from fold to fold, so these scorers ask the fitted model for it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import ArrayLike
from sklearn.utils import _safe_indexing
from sklearn.utils.metadata_routing import MetadataRequest
from sklearn.utils.validation import indexable

from zsl_estimators.candidates import (
    Candidates,
    check_both_kinds,
    check_candidates,
)
from zsl_estimators.labels import as_labels, is_in
from zsl_estimators.metrics._accuracy import columns_of, per_class_accuracy_score
from zsl_estimators.metrics._best import BestOfEachKind
from zsl_estimators.metrics._curve import area_of
from zsl_estimators.metrics._report import gzsl_report
from zsl_estimators.sample_weights import part_of, with_weights

if TYPE_CHECKING:
    from sklearn.base import BaseEstimator

# Figures and the kinds of classes that they need samples of.
NEEDS = {
    "H": {"seen", "unseen"},
    "S": {"seen"},
    "U": {"unseen"},
    "T1": {"unseen"},
    "AUSUC": {"seen", "unseen"},
}
METRICS = tuple(NEEDS)
REMEDY = (
    " Where training rows are scored, switch that off (return_train_score=False), or "
    "use GZSLScorer(..., replace_undefined_by=numpy.nan)."
)


class GZSLScorer:
    """Callable ``scorer(estimator, X, y)`` for a generalized zero-shot metric.

    Parameters
    ----------
    metric : {"H", "S", "U", "T1", "AUSUC"} or None, default="H"
        The metric to return. None returns all of them as a dict, for
        ``GridSearchCV(..., refit="H")``.
    candidates : {"fold", "all"} or array-like of labels, default="fold"
        Classes that may be predicted. "fold": those the model was trained on and
        those in `y`, as in the real task, where every unseen class can occur.
        "all": every class of the table. Or the labels of classes that the table
        describes, such as those of one branch of a hierarchy.
    replace_undefined_by : float or None, default=None
        Value of undefined metrics, such as H on training rows, which contain no unseen
        class. None raises an error. ``numpy.nan`` is for tools that score training rows
        as well, such as :func:`~sklearn.model_selection.learning_curve`.

    See Also
    --------
    zsl_estimators.model_selection.ClassHoldoutSplit : Folds with unseen classes.

    Notes
    -----
    scikit-learn's default ``error_score=nan`` hides the error of a scorer. Pass
    ``error_score="raise"`` to a search to see it.

    Examples
    --------
    >>> from sklearn.model_selection import cross_val_score
    >>> from zsl_estimators import RidgeSemanticClassifier
    >>> from zsl_estimators.datasets import make_gzsl
    >>> from zsl_estimators.metrics import GZSLScorer
    >>> from zsl_estimators.model_selection import ClassHoldoutSplit
    >>> data = make_gzsl(random_state=0)
    >>> clf = RidgeSemanticClassifier(attributes=data.attributes, random_state=0)
    >>> cv = ClassHoldoutSplit(n_splits=2, random_state=0)
    >>> scores = cross_val_score(
    ...     clf, data.X_train, data.y_train, cv=cv, scoring=GZSLScorer("H")
    ... )
    >>> scores.shape
    (2,)
    """

    # What routing of metadata is told of `sample_weight`: nothing is decided yet.
    _sample_weight_request = None

    def __init__(
        self,
        metric: Literal["H", "S", "U", "T1", "AUSUC"] | None = "H",
        *,
        candidates: Literal["fold", "all"] | ArrayLike = "fold",
        replace_undefined_by: float | None = None,
    ) -> None:
        if metric is not None and metric not in METRICS:
            raise ValueError(f"metric must be one of {METRICS} or None, got {metric!r}")
        check_candidates(candidates)
        self.metric = metric
        self.candidates = candidates
        self.replace_undefined_by = replace_undefined_by
        # What displays of scikit-learn write on the axis.
        self.__name__ = metric or "GZSL"

    def __call__(
        self,
        estimator: BaseEstimator,
        X: ArrayLike,
        y: ArrayLike,
        sample_weight: ArrayLike | None = None,
    ) -> float | dict[str, float]:
        """Score a fitted model.

        Parameters
        ----------
        estimator : estimator
            A fitted zero-shot classifier, or a pipeline or search around one.
        X : array-like of shape (n_samples, n_features)
            Test samples.
        y : array-like of shape (n_samples,)
            Their labels. H and AUSUC need seen and unseen classes, S only seen ones, U
            and T1 only unseen ones.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the samples within their classes; all classes have the same
            weight.

        Returns
        -------
        score : float or dict of str to float
            The figure, or all figures by name.

        Raises
        ------
        ValueError
            If a kind of class that the figure needs is missing in `y`, and
            `replace_undefined_by` is None.
        TypeError
            If no zero-shot classifier is inside `estimator`.
        """
        X, y = indexable(X, as_labels(y, "y"))
        rows, weights = with_weights(sample_weight, np.arange(len(y)))
        if len(rows) < len(y):
            X, y = _safe_indexing(X, rows), y[rows]
        candidates = Candidates.of(estimator, y, self.candidates)
        undefined = self._undefined(y, candidates.seen_classes)
        blocks = candidates.scored_in_blocks(estimator, X)
        figures = figures_of(y, candidates, blocks, weights)
        figures.update(dict.fromkeys(undefined, self.replace_undefined_by))
        return figures if self.metric is None else figures[self.metric]

    def set_score_request(self, *, sample_weight):
        """Request sample weights, if metadata routing is enabled.

        Parameters
        ----------
        sample_weight : bool, str or None
            True requests them, False does not, a name requests the metadata of this
            name; with None it is an error to pass them.

        Returns
        -------
        self : GZSLScorer
            The same scorer.
        """
        self._sample_weight_request = sample_weight
        return self

    def get_metadata_routing(self):
        """Get the metadata requests of the scorer.

        Returns
        -------
        routing : MetadataRequest
            For scikit-learn's tools.
        """
        request = MetadataRequest(owner=self)
        request.score.add_request(
            param="sample_weight", alias=self._sample_weight_request
        )
        return request

    def _accept_sample_weight(self):
        """Several scorers in one dict are asked by scikit-learn."""
        return True

    def _undefined(self, y, seen_classes):
        """Names of figures that need a kind of class which does not occur."""
        seen = is_in(y, seen_classes)
        lacking = [
            name
            for name, needed in NEEDS.items()
            if ("seen" in needed and not seen.any())
            or ("unseen" in needed and seen.all())
        ]
        wanted = METRICS if self.metric is None else (self.metric,)
        if self.replace_undefined_by is None and set(wanted) & set(lacking):
            check_both_kinds(y, seen_classes, self.metric or "the report", REMEDY)
        return lacking

    def __repr__(self):
        arguments = f"{self.metric!r}, candidates={self.candidates!r}"
        if self.replace_undefined_by is not None:
            arguments += f", replace_undefined_by={self.replace_undefined_by!r}"
        return f"GZSLScorer({arguments})"


def figures_of(y, candidates, blocks, weights=None):
    """All figures of some scores by name.

    Parameters
    ----------
    y : ndarray of shape (n_samples,)
        True labels.
    candidates : Candidates
        Classes that may be predicted.
    blocks : iterable of CandidateScores
        Their scores, for some rows at a time.
    weights : ndarray of shape (n_samples,) or None, default=None
        Weights of the samples, positive; None is 1.

    Returns
    -------
    figures : dict of str to float
        Where no seen class may be predicted, samples of unseen classes are told from
        each other only, so that T1 and AUSUC are U. Without any seen class S, H and
        AUSUC are NaN.

    Raises
    ------
    ValueError
        If the label of an unseen class in `y` is not among the candidates, or one of
        a seen class where there are seen ones among them.
    """
    classes, seen_classes = candidates.classes, candidates.seen_classes
    seen = is_in(classes, seen_classes)
    best = [BestOfEachKind.of(block.scores, seen) for block in blocks]
    best = BestOfEachKind(*(np.concatenate(parts) for parts in zip(*best, strict=True)))
    if not len(seen_classes):
        # Of a model that was fitted without labels.
        accuracy = per_class_accuracy_score(
            y, classes[best.predicted], sample_weight=weights
        )
        return {**dict.fromkeys(METRICS, np.nan), "U": accuracy, "T1": accuracy}
    report = gzsl_report(
        y, classes[best.predicted], seen_classes=seen_classes, sample_weight=weights
    )
    figures = report.iloc[0].to_dict()
    if not seen.any():
        # Samples of seen classes have no part in U.
        columns_of(y[~is_in(y, seen_classes)], classes)
        return {**figures, "T1": figures["U"], "AUSUC": figures["U"]}
    y_index = columns_of(y, classes)
    unseen = ~seen[y_index]
    figures["T1"] = per_class_accuracy_score(
        y_index[unseen], best.unseen[unseen], sample_weight=part_of(weights, unseen)
    )
    return {**figures, "AUSUC": area_of(y_index, best, seen, weights)}


harmonic_mean_scorer = GZSLScorer("H")
seen_accuracy_scorer = GZSLScorer("S")
unseen_accuracy_scorer = GZSLScorer("U")
zero_shot_accuracy_scorer = GZSLScorer("T1")
ausuc_scorer = GZSLScorer("AUSUC")
gzsl_scorer = GZSLScorer(None)
