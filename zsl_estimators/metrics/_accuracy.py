"""Accuracies of generalized zero-shot learning, all averaged over classes."""

import numpy as np
from sklearn.utils import check_consistent_length

from zsl_estimators.labels import as_labels, check_same_kind, is_in


def per_class_accuracy_score(y_true, y_pred, *, labels=None):
    """Mean of the accuracies of the single classes.

    Every class counts the same, however many samples it has. It equals
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
    if labels is not None:
        labels = as_labels(labels, "labels")
        check_same_kind(y_true=y_true, labels=labels)
        kept = is_in(y_true, labels)
        y_true, y_pred = y_true[kept], y_pred[kept]
    if len(y_true) == 0:
        return float("nan")
    _, codes = np.unique(y_true, return_inverse=True)
    return float(np.sum((y_true == y_pred) * class_balanced_weights(codes)))


def seen_accuracy_score(y_true, y_pred, *, seen_classes):
    """Per-class accuracy S over the samples of seen classes.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,)
        True labels.
    y_pred : array-like of shape (n_samples,)
        Predicted labels, out of all classes.
    seen_classes : array-like
        Classes the model was trained on.

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
    return per_class_accuracy_score(y_true, y_pred, labels=seen_classes)


def unseen_accuracy_score(y_true, y_pred, *, seen_classes):
    """Per-class accuracy U over the samples of unseen classes.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,)
        True labels.
    y_pred : array-like of shape (n_samples,)
        Predicted labels, out of all classes.
    seen_classes : array-like
        Classes the model was trained on; all other classes are unseen.

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
    return per_class_accuracy_score(y_true, y_pred, labels=unseen)


def harmonic_mean_score(y_true, y_pred, *, seen_classes):
    """Harmonic mean H of seen accuracy S and unseen accuracy U.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,)
        True labels.
    y_pred : array-like of shape (n_samples,)
        Predicted labels, out of all classes.
    seen_classes : array-like
        Classes the model was trained on; all other classes are unseen.

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
    seen_classes = seen_labels(seen_classes, y_true=y_true)
    return float(
        harmonic_mean(
            seen_accuracy_score(y_true, y_pred, seen_classes=seen_classes),
            unseen_accuracy_score(y_true, y_pred, seen_classes=seen_classes),
        )
    )


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
    return seen_classes


def harmonic_mean(seen_accuracy, unseen_accuracy):
    """Combine S and U elementwise; 0 where both are 0."""
    product = 2.0 * np.multiply(seen_accuracy, unseen_accuracy)
    total = np.add(seen_accuracy, unseen_accuracy)
    return product / np.where(total == 0, 1.0, total)


def class_balanced_weights(codes):
    """Weights that sum to 1 in total and to the same amount in every class."""
    counts = np.bincount(codes)
    n_present = np.count_nonzero(counts)
    return 1.0 / (counts[codes] * n_present)
