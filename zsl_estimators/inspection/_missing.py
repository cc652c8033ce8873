"""Which attribute the class table lacks."""

import numpy as np
import pandas as pd
from scipy.linalg import solve
from sklearn.covariance import ledoit_wolf
from sklearn.linear_model import RidgeCV
from sklearn.model_selection import LeaveOneOut, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils import check_X_y

from zsl_estimators.labels import as_labels, check_same_kind

ALPHAS = np.logspace(-2, 3, 11)


def missing_attribute(X, y, classes, attributes):
    """Compute a new column of the class table that separates two classes.

    Fisher's linear discriminant is the direction in which the features separate the two
    classes best. The mean of every class along it is the value of the new column. A
    ridge regression on the other classes predicts it for every class from the present
    columns: if the value of one of the two classes is far from the prediction, the
    table lacks a column. Classes at both ends of the column may show its meaning.

    Parameters
    ----------
    X : array-like of shape (n_samples, n_features)
        Features, also of the two classes: a few labelled samples that are not test
        data.
    y : array-like of shape (n_samples,)
        Their labels.
    classes : pair of labels
        The classes to separate, such as two that are confused.
    attributes : DataFrame of shape (n_classes, n_attributes)
        The class table; its index holds the labels.

    Returns
    -------
    column : DataFrame of shape (n_labels, 2)
        One row per class in `y`, sorted by the first column: ``value``, in standard
        deviations within a class, 0 in the middle between the two and positive for the
        first one, and ``predicted``, its prediction from the present attributes.

    Raises
    ------
    ValueError
        If `classes` are not two different labels in `y`, or one in `y` has no row in
        `attributes`, or there are fewer than three; or no class has two samples.

    Examples
    --------
    >>> from zsl_estimators.datasets import load_digits_gzsl
    >>> from zsl_estimators.inspection import missing_attribute
    >>> data = load_digits_gzsl(unseen=(3, 8))
    >>> column = missing_attribute(
    ...     data.X_train, data.y_train, (9, 7), data.attributes
    ... )
    >>> column.columns.tolist()
    ['value', 'predicted']
    >>> bool(column.value[9] > 0 > column.value[7])
    True
    """
    y = as_labels(y, "y")
    X, _ = check_X_y(X, np.arange(len(y)), dtype=np.float64)
    labels, positions = np.unique(y, return_inverse=True)
    one, other = _places(labels, classes)
    rows = _rows_of_labels(attributes, labels)
    if len(y) == len(labels):
        raise ValueError(
            "every class has a single sample, which tells nothing of how samples of a "
            "class differ. Give more samples of some classes."
        )
    means = np.stack([X[positions == k].mean(axis=0) for k in range(len(labels))])
    covariance, _ = ledoit_wolf(X - means[positions], assume_centered=True)
    difference = means[one] - means[other]
    direction = solve(covariance, difference, assume_a="pos")
    length = np.sqrt(difference @ direction) or 1.0
    middle = (means[one] + means[other]) / 2
    values = (means - middle) @ direction / length
    model = make_pipeline(StandardScaler(), RidgeCV(ALPHAS))
    model.set_output(transform="default")
    predicted = cross_val_predict(model, rows, values, cv=LeaveOneOut())
    column = pd.DataFrame({"value": values, "predicted": predicted}, index=labels)
    return column.sort_values("value", ascending=False)


def _places(labels, classes):
    """Where the two classes are among the labels."""
    pair = as_labels(classes, "classes")
    check_same_kind(y=labels, classes=pair)
    places = pd.Index(labels).get_indexer(pd.Index(pair))
    if len(set(pair.tolist())) != 2 or len(pair) != 2 or (places < 0).any():
        raise ValueError(
            f"classes must be two different labels in y, got {pair.tolist()}; y holds "
            f"{labels[:8].tolist()}"
        )
    return places


def _rows_of_labels(attributes, labels):
    """Descriptions of the classes in `y`."""
    table = pd.DataFrame(attributes)
    known = as_labels(table.index, "attributes")
    check_same_kind(attributes=known, y=labels)
    places = pd.Index(known).get_indexer(pd.Index(labels))
    if (places < 0).any():
        raise ValueError(
            f"attributes has no row for labels {labels[places < 0][:8].tolist()} in y. "
            "Give a DataFrame whose index holds the labels."
        )
    if len(labels) < 3:
        raise ValueError(
            "y holds two classes only, from which a column cannot be predicted. Give "
            "samples of more classes."
        )
    rows = table.to_numpy(dtype=np.float64)[places]
    if np.isnan(rows).any():
        raise ValueError(
            "attributes lacks values. Fill them in before, for instance with "
            "clf.class_attributes_ of a fitted classifier, which has imputed them."
        )
    return rows
