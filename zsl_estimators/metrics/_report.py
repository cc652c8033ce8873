"""All figures of a generalized zero-shot evaluation in one small table."""

import pandas as pd
from numpy.typing import ArrayLike

from zsl_estimators.labels import as_labels
from zsl_estimators.metrics._accuracy import (
    harmonic_mean_score,
    seen_accuracy_score,
    seen_labels,
    unseen_accuracy_score,
)
from zsl_estimators.metrics._curve import ausuc_score, zero_shot_accuracy_score


def gzsl_report(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    *,
    seen_classes: ArrayLike,
    y_score: ArrayLike | None = None,
    classes: ArrayLike | None = None,
    name: str = "score",
    sample_weight: ArrayLike | None = None,
) -> pd.DataFrame:
    """Summarise a generalized zero-shot evaluation.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,)
        True labels.
    y_pred : array-like of shape (n_samples,)
        Predicted labels, out of all classes.
    seen_classes : array-like
        Classes the model was trained on.
    y_score : array-like of shape (n_samples, n_classes), default=None
        Scores, for the two metrics that need them.
    classes : array-like of shape (n_classes,), default=None
        Labels of the columns of `y_score`.
    name : str, default="score"
        Name of the row, such as the name of the model.
    sample_weight : array-like of shape (n_samples,), default=None
        Weights of the samples within their classes; all classes have the same weight.

    Returns
    -------
    report : DataFrame
        One row with columns S, U, H and, when `y_score` is given, T1 and AUSUC.
        Reports of several models can be stacked with :func:`pandas.concat`.

    Raises
    ------
    ValueError
        If `y_score` is given without `classes`, labels are missing or of two types, or
        there are no seen classes.

    Examples
    --------
    >>> from zsl_estimators.metrics import gzsl_report
    >>> gzsl_report([0, 1, 2, 2], [0, 1, 2, 0], seen_classes=[0, 1]).round(2)
             S    U     H
    score  1.0  0.5  0.67
    """
    if y_score is not None and classes is None:
        raise ValueError(
            "y_score needs classes, the labels of its columns (clf.classes_)."
        )
    y_true, y_pred = as_labels(y_true, "y_true"), as_labels(y_pred, "y_pred")
    settings = {
        "seen_classes": seen_labels(seen_classes, y_true=y_true),
        "sample_weight": sample_weight,
    }
    figures = {
        "S": seen_accuracy_score(y_true, y_pred, **settings),
        "U": unseen_accuracy_score(y_true, y_pred, **settings),
        "H": harmonic_mean_score(y_true, y_pred, **settings),
    }
    if y_score is not None:
        settings["classes"] = classes
        figures["T1"] = zero_shot_accuracy_score(y_true, y_score, **settings)
        figures["AUSUC"] = ausuc_score(y_true, y_score, **settings)
    return pd.DataFrame(figures, index=[name])
