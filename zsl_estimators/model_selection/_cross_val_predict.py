"""Predictions for held-out rows of hidden and of other classes."""

from __future__ import annotations

from collections.abc import Iterable
from numbers import Integral
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import clone
from sklearn.model_selection import BaseCrossValidator, check_cv
from sklearn.utils import Bunch, _safe_indexing, column_or_1d
from sklearn.utils.parallel import Parallel, delayed
from sklearn.utils.validation import _check_method_params, indexable
from tqdm.auto import tqdm

from zsl_estimators.candidates import (
    CandidateScores,
    check_both_kinds,
    check_candidates,
)
from zsl_estimators.labels import as_labels, is_in
from zsl_estimators.model_selection._class_holdout import ClassHoldoutSplit
from zsl_estimators.seeds import LARGEST_SEED, private_random_state

if TYPE_CHECKING:
    from sklearn.base import BaseEstimator


def cross_val_predict_gzsl(
    estimator: BaseEstimator,
    X: ArrayLike,
    y: ArrayLike,
    *,
    cv: int | BaseCrossValidator | ClassHoldoutSplit | Iterable | None = None,
    candidates: Literal["fold", "all"] | ArrayLike = "fold",
    params: dict | None = None,
    random_state: int | np.random.RandomState | None = None,
    n_jobs: int | None = None,
    verbose: int = 0,
) -> list[Bunch]:
    """Predict the test rows of every fold, including those of hidden classes.

    scikit-learn's :func:`~sklearn.model_selection.cross_val_predict` needs every row in
    exactly one test fold, which folds that hide classes do not fulfil, and its
    probabilities have columns for the classes in `y` only. Here the folds are returned
    separately, with all scores.

    Parameters
    ----------
    estimator : estimator
        Classifier with ``decision_function`` that sets ``classes_`` and
        ``seen_classes_``, or a pipeline or search around one. It is cloned.
    X : array-like of shape (n_samples, n_features)
        Features.
    y : array-like of shape (n_samples,)
        Labels.
    cv : int, cross-validation generator, iterable or None, default=None
        Folds. None or an int is
        :class:`~zsl_estimators.model_selection.ClassHoldoutSplit`, of 3 or as many
        folds.
    candidates : {"fold", "all"} or array-like of labels, default="fold"
        Classes that may be predicted: those that the fold was trained or is tested on,
        every class of the table, or these.
    params : dict or None, default=None
        Keyword arguments of ``fit``, such as `sample_weight`. Those with an entry per
        sample are indexed by the training rows of a fold.
    random_state : int, RandomState instance or None, default=None
        Controls which classes and samples are held out, when `cv` is None or an int.
    n_jobs : int or None, default=None
        Number of folds that are fitted in parallel, in processes.
    verbose : int, default=0
        1 shows the progress over the folds.

    Returns
    -------
    folds : list of :class:`~sklearn.utils.Bunch`
        One per fold, with rows (positions in `X`), y_true, y_pred, y_score of shape
        (n_rows, n_candidates), classes (the labels of its columns) and seen_classes
        (those the fold was trained on).

    Raises
    ------
    ValueError
        If a test fold holds no unseen or no seen class, there are no folds,
        `candidates` or the class table lack classes of a fold, or the estimator was
        fitted before on what they hide, as a :class:`~sklearn.frozen.FrozenEstimator`
        is.
    TypeError
        If the estimator has no `seen_classes_`.

    See Also
    --------
    zsl_estimators.metrics.gzsl_report : Figures for every fold.

    Examples
    --------
    >>> from zsl_estimators import RidgeSemanticClassifier
    >>> from zsl_estimators.datasets import make_gzsl
    >>> from zsl_estimators.metrics import gzsl_report
    >>> from zsl_estimators.model_selection import cross_val_predict_gzsl
    >>> data = make_gzsl(random_state=0)
    >>> clf = RidgeSemanticClassifier(attributes=data.attributes, random_state=0)
    >>> folds = cross_val_predict_gzsl(clf, data.X_train, data.y_train, cv=2)
    >>> [gzsl_report(f.y_true, f.y_pred, seen_classes=f.seen_classes).columns.tolist()
    ...  for f in folds]
    [['S', 'U', 'H'], ['S', 'U', 'H']]
    """
    check_candidates(candidates)
    X, y = indexable(X, y)
    splits = class_folds(X, y, cv, random_state)
    progress = tqdm(splits, unit="fold", disable=not verbose)
    return Parallel(n_jobs=n_jobs)(
        delayed(_predict_fold)(clone(estimator), X, y, train, test, candidates, params)
        for train, test in progress
    )


def class_folds(X, y, cv, random_state):
    """Make folds, each of which hides classes and tests others too.

    Parameters
    ----------
    X, y : array-like
        Features and labels.
    cv : int, cross-validation generator, iterable or None
        See :func:`cross_val_predict_gzsl`.
    random_state : int, RandomState instance or None
        Seeds the folds, when `cv` is None or an int.

    Returns
    -------
    folds : list of tuple of ndarray
        Rows to train on and rows to test on.

    Raises
    ------
    ValueError
        If there are no folds, or one tests no hidden class or no other.
    """
    splits = _splitter(cv, random_state).split(X, y)
    folds = [tuple(as_positions(rows) for rows in fold) for fold in splits]
    if not folds:
        raise ValueError(
            "cv yields no folds. A generator is used up after one fit; give a list, or "
            "a splitter such as ClassHoldoutSplit."
        )
    for train, test in folds:
        y_train, y_test = _safe_indexing(y, train), _safe_indexing(y, test)
        check_both_kinds(y_test, y_train, "the trade-off")
    return folds


def as_positions(rows):
    """Positions of rows, which a mask may stand for."""
    rows = np.asarray(rows)
    return np.flatnonzero(rows) if rows.dtype == bool else rows


def _splitter(cv, random_state):
    """Turn None or a number into folds that hide classes; leave others as they are."""
    if cv is None:
        cv = 3
    if isinstance(cv, Integral):
        seed = private_random_state(random_state).randint(LARGEST_SEED)
        return ClassHoldoutSplit(int(cv), random_state=seed)
    return check_cv(cv)


def _predict_fold(estimator, X, y, train, test, candidates, params):
    of_fold = _check_method_params(X, params or {}, indices=train)
    y_train = _safe_indexing(y, train)
    estimator.fit(_safe_indexing(X, train), y_train, **of_fold)
    y_test = column_or_1d(_safe_indexing(y, test))
    answer = CandidateScores.of(estimator, _safe_indexing(X, test), y_test, candidates)
    _check_answer(answer, estimator, as_labels(y_train, "y"), as_labels(y_test, "y"))
    return Bunch(
        rows=np.asarray(test),
        y_true=y_test,
        y_pred=answer.predictions,
        y_score=answer.scores,
        classes=answer.classes,
        seen_classes=answer.seen_classes,
    )


def _check_answer(answer, estimator, y_train, y_test):
    """Refuse scores that lack classes of a fold, or of a model that knows them all."""
    absent = np.unique(y_test[~is_in(y_test, answer.classes)])
    if is_in(absent, as_labels(estimator.classes_, "classes_")).any():
        raise ValueError(
            f"candidates lacks {absent[:8].tolist()}, on which a fold is tested. Give "
            'candidates="fold", or all labels that may be predicted.'
        )
    if len(absent):
        raise ValueError(
            "The estimator has no scores for classes that a fold hides. Describe every "
            "class: pass attributes with a row for each."
        )
    hidden = np.setdiff1d(y_test, y_train)
    known = hidden[is_in(hidden, answer.seen_classes)]
    if len(known):
        raise ValueError(
            f"The estimator was trained on {known[:8].tolist()}, which a fold hides. "
            "It must be trained anew in every fold, which a FrozenEstimator is not. "
            "CalibratedStackingCV can use a fitted estimator as it is: give "
            'cv="prefit", and samples that it was not fitted on.'
        )
