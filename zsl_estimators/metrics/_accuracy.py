"""Accuracies of generalized zero-shot learning, all averaged over classes."""

from numbers import Integral
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from sklearn.utils import check_array, check_consistent_length

from zsl_estimators.candidates import one_column_per_class
from zsl_estimators.labels import as_labels, check_same_kind, is_in, refuse_mask
from zsl_estimators.sample_weights import part_of, with_weights


def per_class_accuracy_score(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    *,
    labels: ArrayLike | None = None,
    sample_weight: ArrayLike | None = None,
) -> float:
    """Mean of the accuracies of the single classes.

    Every class has the same weight, however many samples it has. It equals
    :func:`sklearn.metrics.balanced_accuracy_score` on the samples of `labels`.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,)
        True labels.
    y_pred : array-like of shape (n_samples,)
        Predicted labels.
    labels : array-like, default=None
        Classes to average over; those without a sample are left out. None takes
        all classes in `y_true`.
    sample_weight : array-like of shape (n_samples,), default=None
        Weights of the samples within their classes; all classes have the same weight.

    Returns
    -------
    accuracy : float
        Between 0 and 1; NaN when no sample belongs to `labels`.

    Raises
    ------
    ValueError
        If labels are missing, or of two types, such as integers and text.

    Examples
    --------
    >>> from zsl_estimators.metrics import per_class_accuracy_score
    >>> per_class_accuracy_score(["a", "a", "a", "b"], ["a", "a", "b", "b"])
    0.833...
    """
    y_true, y_pred = as_labels(y_true, "y_true"), as_labels(y_pred, "y_pred")
    check_consistent_length(y_true, y_pred)
    check_same_kind(y_true=y_true, y_pred=y_pred)
    y_true, y_pred, weights = with_weights(sample_weight, y_true, y_pred)
    if labels is not None:
        labels = as_labels(labels, "labels")
        check_same_kind(y_true=y_true, labels=labels)
        refuse_mask(labels, y_true, "labels")
        kept = is_in(y_true, labels)
        y_true, y_pred = y_true[kept], y_pred[kept]
        weights = part_of(weights, kept)
    if len(y_true) == 0:
        return float("nan")
    _, codes = np.unique(y_true, return_inverse=True)
    return mean_over_classes(y_true == y_pred, codes, weights)


def seen_accuracy_score(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    *,
    seen_classes: ArrayLike,
    sample_weight: ArrayLike | None = None,
) -> float:
    """Per-class accuracy S over the samples of seen classes.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,)
        True labels.
    y_pred : array-like of shape (n_samples,)
        Predicted labels, out of all classes.
    seen_classes : array-like
        Classes the model was trained on.
    sample_weight : array-like of shape (n_samples,), default=None
        Weights of the samples within their classes; all classes have the same weight.

    Returns
    -------
    accuracy : float
        Between 0 and 1; NaN without samples of seen classes.

    Raises
    ------
    ValueError
        If labels are missing or of two types, or there are no seen classes.

    Examples
    --------
    >>> from zsl_estimators.metrics import seen_accuracy_score
    >>> seen_accuracy_score([0, 0, 1, 2], [0, 1, 1, 1], seen_classes=[0, 1])
    0.75
    """
    seen_classes = seen_labels(seen_classes, y_true=as_labels(y_true, "y_true"))
    return per_class_accuracy_score(
        y_true, y_pred, labels=seen_classes, sample_weight=sample_weight
    )


def unseen_accuracy_score(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    *,
    seen_classes: ArrayLike,
    sample_weight: ArrayLike | None = None,
) -> float:
    """Per-class accuracy U over the samples of unseen classes.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,)
        True labels.
    y_pred : array-like of shape (n_samples,)
        Predicted labels, out of all classes.
    seen_classes : array-like
        Classes the model was trained on; all other classes are unseen.
    sample_weight : array-like of shape (n_samples,), default=None
        Weights of the samples within their classes; all classes have the same weight.

    Returns
    -------
    accuracy : float
        Between 0 and 1; NaN without samples of unseen classes.

    Raises
    ------
    ValueError
        If labels are missing or of two types, or there are no seen classes.

    Examples
    --------
    >>> from zsl_estimators.metrics import unseen_accuracy_score
    >>> unseen_accuracy_score([0, 2, 2, 3], [0, 2, 1, 3], seen_classes=[0, 1])
    0.75
    """
    y_true = as_labels(y_true, "y_true")
    seen_classes = seen_labels(seen_classes, y_true=y_true)
    unseen = y_true[~is_in(y_true, seen_classes)]
    return per_class_accuracy_score(
        y_true, y_pred, labels=unseen, sample_weight=sample_weight
    )


def harmonic_mean_score(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    *,
    seen_classes: ArrayLike,
    sample_weight: ArrayLike | None = None,
) -> float:
    """Harmonic mean H of seen accuracy S and unseen accuracy U.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,)
        True labels.
    y_pred : array-like of shape (n_samples,)
        Predicted labels, out of all classes.
    seen_classes : array-like
        Classes the model was trained on; all other classes are unseen.
    sample_weight : array-like of shape (n_samples,), default=None
        Weights of the samples within their classes; all classes have the same weight.

    Returns
    -------
    harmonic_mean : float
        ``2 * S * U / (S + U)``, 0 when both are 0; NaN when one of them is not
        defined.

    Raises
    ------
    ValueError
        If labels are missing or of two types, or there are no seen classes.

    Examples
    --------
    >>> from zsl_estimators.metrics import harmonic_mean_score
    >>> harmonic_mean_score([0, 1, 2, 2], [0, 1, 2, 0], seen_classes=[0, 1])
    0.666...
    """
    y_true, y_pred = as_labels(y_true, "y_true"), as_labels(y_pred, "y_pred")
    settings = {
        "seen_classes": seen_labels(seen_classes, y_true=y_true),
        "sample_weight": sample_weight,
    }
    return float(
        harmonic_mean(
            seen_accuracy_score(y_true, y_pred, **settings),
            unseen_accuracy_score(y_true, y_pred, **settings),
        )
    )


def hit_at_k_score(
    y_true: ArrayLike,
    y_score: ArrayLike,
    *,
    classes: ArrayLike,
    k: int = 5,
    average: Literal["class", "sample"] = "class",
) -> float:
    """Share of samples whose true class is among the `k` with the largest scores.

    With ``average="sample"`` it is the flat hit@k of the ImageNet protocol of
    zero-shot learning [1]_.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,)
        True labels.
    y_score : array-like of shape (n_samples, n_classes)
        Scores, one column per class.
    classes : array-like of shape (n_classes,)
        Labels of the columns.
    k : int, default=5
        Number of classes that are predicted for a sample.
    average : {"class", "sample"}, default="class"
        Whether every class or every sample has the same weight.

    Returns
    -------
    score : float
        Between 0 and 1. With ``k=1`` and "class" it is the per-class accuracy.

    Raises
    ------
    ValueError
        If `k` is no positive integer, or a label in `y_true` has no column.

    See Also
    --------
    sklearn.metrics.top_k_accuracy_score : With "sample" the same.

    References
    ----------
    .. [1] Frome et al.: DeViSE: a deep visual-semantic embedding model, NIPS 2013.

    Examples
    --------
    >>> from zsl_estimators.metrics import hit_at_k_score
    >>> scores = [[0.9, 0.1, 0.5], [0.6, 0.3, 0.1], [0.2, 0.3, 0.1]]
    >>> hit_at_k_score([0, 1, 2], scores, classes=[0, 1, 2], k=2)
    0.666...
    """
    if not isinstance(k, Integral) or k < 1:
        raise ValueError(f"k must be a positive integer, got {k!r}")
    if average not in ("class", "sample"):
        raise ValueError(f'average must be "class" or "sample", got {average!r}')
    y_index, scores, _ = indexed_scores(y_true, y_score, classes)
    of_true = np.take_along_axis(scores, y_index[:, None], axis=1)
    # Of equal scores the first column counts as larger, as for a prediction.
    before = np.arange(scores.shape[1]) < y_index[:, None]
    n_better = ((scores > of_true) | ((scores == of_true) & before)).sum(axis=1)
    hits = n_better < k
    if average == "sample":
        return float(hits.mean())
    return mean_over_classes(hits, y_index)


def indexed_scores(y_true, y_score, classes):
    """Check scores and turn labels into numbers of their columns.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,)
        True labels.
    y_score : array-like of shape (n_samples, n_classes)
        Scores, one column per class; of two classes one number per sample is enough.
    classes : array-like of shape (n_classes,)
        Labels of the columns.

    Returns
    -------
    y_index : ndarray of shape (n_samples,)
        Column of every sample's class.
    scores : ndarray of shape (n_samples, n_classes)
        Float64.
    classes : ndarray of shape (n_classes,)
        As labels.

    Raises
    ------
    ValueError
        If they do not fit one another.
    """
    y_true, classes = as_labels(y_true, "y_true"), as_labels(classes, "classes")
    check_same_kind(y_true=y_true, classes=classes)
    repeated = pd.Index(classes)[pd.Index(classes).duplicated()].unique()
    if len(repeated):
        raise ValueError(
            f"classes names {repeated[:8].tolist()} more than once. Give the label of "
            "every column of the scores, such as clf.classes_."
        )
    if len(classes) == 2:
        y_score = one_column_per_class(np.asarray(y_score))
    scores = check_array(y_score, dtype=np.float64)
    check_consistent_length(y_true, scores)
    if scores.shape[1] != len(classes):
        raise ValueError(
            f"y_score has {scores.shape[1]} columns for {len(classes)} classes; give "
            "one column per class."
        )
    return columns_of(y_true, classes), scores, classes


def columns_of(y_true, classes):
    """Turn labels into numbers of the columns of their classes.

    Parameters
    ----------
    y_true : ndarray of shape (n_samples,)
        True labels.
    classes : ndarray of shape (n_classes,)
        Labels of the columns.

    Returns
    -------
    y_index : ndarray of shape (n_samples,)
        Column of every sample's class.

    Raises
    ------
    ValueError
        If a label has no column.
    """
    y_index = pd.Index(classes).get_indexer(pd.Index(y_true))
    if (y_index < 0).any():
        missing = np.unique(y_true[y_index < 0])
        raise ValueError(
            f"y_true holds {missing[:8].tolist()}, which are not among the classes "
            "that were scored. Describe them in attributes before fit, or by "
            "add_classes, or leave their rows out."
        )
    return y_index


def seen_labels(seen_classes, **others):
    """Labels of seen classes, which other labels can be compared with.

    Parameters
    ----------
    seen_classes : iterable of shape (n_seen,)
        As a user gave them.
    **others : ndarray
        From :func:`as_labels`, by name.

    Returns
    -------
    seen_classes : ndarray of shape (n_seen,)
        Not empty, of the kind of the others.
    """
    seen_classes = as_labels(seen_classes, "seen_classes")
    if not len(seen_classes):
        raise ValueError(
            "seen_classes is empty. Give the classes that the model was trained on, "
            "clf.seen_classes_."
        )
    for name, other in others.items():
        check_same_kind(**{"seen_classes": seen_classes, name: other})
        refuse_mask(seen_classes, other, "seen_classes")
    return seen_classes


def harmonic_mean(seen_accuracy, unseen_accuracy):
    """Combine S and U elementwise; 0 where both are 0."""
    product = 2.0 * np.multiply(seen_accuracy, unseen_accuracy)
    total = np.add(seen_accuracy, unseen_accuracy)
    return product / np.where(total == 0, 1.0, total)


def class_balanced_weights(codes, weights=None):
    """Weights that sum to 1 in total and to the same amount in every class."""
    counts = np.bincount(codes, weights=weights)
    n_present = np.count_nonzero(counts)
    return (1.0 if weights is None else weights) / (counts[codes] * n_present)


def mean_over_classes(hits, codes, weights=None):
    """Share of hits in every class that occurs, averaged; 1.0 if there are no misses.

    Parameters
    ----------
    hits : ndarray of shape (n_samples,)
        True or False.
    codes : ndarray of shape (n_samples,)
        Class of every sample, from 0.
    weights : ndarray of shape (n_samples,) or None, default=None
        Weights of the samples; None is 1.
    """
    counts = np.bincount(codes, weights=weights)
    of_hits = np.bincount(codes, weights=hits if weights is None else hits * weights)
    return float(np.mean(of_hits[counts > 0] / counts[counts > 0]))
