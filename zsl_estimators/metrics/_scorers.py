"""Scorers for GridSearchCV and its relatives.

A scorer of scikit-learn sees true and predicted labels only. Which classes were
*seen* differs from fold to fold, so these scorers ask the fitted model for it.
"""

import numpy as np
from sklearn.pipeline import Pipeline

from zsl_estimators.metrics._report import gzsl_report

METRICS = ("H", "S", "U", "T1", "AUSUC")


class GZSLScorer:
    """Callable ``scorer(estimator, X, y)`` for a generalized zero-shot figure.

    Parameters
    ----------
    metric : {"H", "S", "U", "T1", "AUSUC"} or None, default="H"
        The figure to return. None returns all of them as a dict, for
        ``GridSearchCV(..., refit="H")``.
    candidates : {"fold", "all"}, default="fold"
        Classes that may be predicted. "fold": those the model was trained on and
        those in `y`, as in the real task, where every unseen class can occur.
        "all": every class of the table.

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

    def __init__(self, metric="H", *, candidates="fold"):
        if metric is not None and metric not in METRICS:
            raise ValueError(f"metric must be one of {METRICS} or None, got {metric!r}")
        if candidates not in ("fold", "all"):
            raise ValueError(f'candidates must be "fold" or "all", got {candidates!r}')
        self.metric = metric
        self.candidates = candidates

    def __call__(self, estimator, X, y):
        """Score a fitted model.

        Parameters
        ----------
        estimator : estimator
            A fitted zero-shot classifier, or a pipeline or search around one.
        X : array-like of shape (n_samples, n_features)
            Test samples.
        y : array-like of shape (n_samples,)
            Their labels; seen and unseen classes must both occur.

        Returns
        -------
        score : float or dict of str to float
            The figure, or all figures by name.

        Raises
        ------
        ValueError
            If a kind of class is missing in `y`.
        TypeError
            If no zero-shot classifier is inside `estimator`.
        """
        y = np.asarray(y)
        seen_classes = find_zero_shot_classifier(estimator).seen_classes_
        self._check_classes(y, seen_classes)
        classes, scores = np.asarray(estimator.classes_), _class_scores(estimator, X)
        if self.candidates == "fold":
            kept = np.isin(classes, seen_classes) | np.isin(classes, y)
            classes, scores = classes[kept], scores[:, kept]
        figures = gzsl_report(
            y,
            classes[scores.argmax(axis=1)],
            seen_classes=seen_classes,
            y_score=scores,
            classes=classes,
        ).iloc[0]
        return figures.to_dict() if self.metric is None else float(figures[self.metric])

    def __repr__(self):
        return f"GZSLScorer({self.metric!r}, candidates={self.candidates!r})"

    def _check_classes(self, y, seen_classes):
        seen = np.isin(y, seen_classes)
        needs_seen = self.metric not in ("U", "T1")
        needs_unseen = self.metric != "S"
        for kind, missing in (
            ("seen", needs_seen and not seen.any()),
            ("unseen", needs_unseen and seen.all()),
        ):
            if missing:
                raise ValueError(
                    f"The test fold holds no sample of {kind} classes, so "
                    f"{self.metric or 'the report'} is not defined. Split with "
                    "zsl_estimators.model_selection.ClassHoldoutSplit, which hides "
                    "whole classes."
                )


harmonic_mean_scorer = GZSLScorer("H")
seen_accuracy_scorer = GZSLScorer("S")
unseen_accuracy_scorer = GZSLScorer("U")
zero_shot_accuracy_scorer = GZSLScorer("T1")
ausuc_scorer = GZSLScorer("AUSUC")
gzsl_scorer = GZSLScorer(None)


def find_zero_shot_classifier(estimator):
    """Reach the zero-shot classifier inside pipelines and searches.

    Parameters
    ----------
    estimator : estimator
        Fitted; anything whose innermost part has ``seen_classes_``.

    Returns
    -------
    classifier : estimator
        The part that has ``seen_classes_``.

    Raises
    ------
    TypeError
        If there is none.
    """
    inner = estimator
    while not hasattr(inner, "seen_classes_"):
        if isinstance(inner, Pipeline):
            inner = inner[-1]
        elif hasattr(inner, "best_estimator_"):
            inner = inner.best_estimator_
        elif hasattr(inner, "estimator"):
            inner = inner.estimator
        else:
            raise TypeError(
                f"{type(estimator).__name__} holds no fitted zero-shot classifier: no "
                "seen_classes_ was found in it. GZSLScorer scores the estimators of "
                "zsl_estimators, also inside a Pipeline or a search."
            )
    return inner


def _class_scores(estimator, X):
    """Scores with one column per class, also for two classes."""
    scores = np.asarray(estimator.decision_function(X))
    if scores.ndim == 1:
        return np.column_stack([np.zeros_like(scores), scores])
    return scores
