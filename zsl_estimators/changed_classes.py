"""Classes that are added to a fitted estimator, or removed from it."""

from zsl_estimators.contexts import restored_on_error
from zsl_estimators.few_shot import positions_of_unseen


def add_classes_to(estimator, attributes, classes, X, y):
    """Add classes, or labelled rows of unseen ones; on an error nothing changes.

    Parameters
    ----------
    estimator : BaseZeroShotClassifier
        Fitted; changed.
    attributes, classes, X, y
        See :meth:`~zsl_estimators.BaseZeroShotClassifier.add_classes`.
    """
    table = estimator._table
    if attributes is not None:
        several = estimator._takes_several_descriptions
        table = table.extended(attributes, classes, several)
        if estimator._warns_of_table:
            table.warn_of_added(estimator._table)
    elif classes is not None or X is None:
        raise ValueError(
            "add_classes got no attributes. Describe the new classes in "
            "attributes, or give labelled rows of unseen classes in X and y."
        )
    rows = None if X is None and y is None else checked_rows(estimator, X, y, table)
    with restored_on_error(estimator), estimator._predict_context():
        replace_table(estimator, table)
        if rows is not None:
            estimator._add_rows(*rows)


def remove_classes_from(estimator, labels):
    """Remove classes, and their labelled rows; on an error nothing changes.

    Parameters
    ----------
    estimator : BaseZeroShotClassifier
        Fitted; changed.
    labels : array-like of shape (n_labels,)
        Those of the classes.
    """
    table = estimator._table.without(labels)
    with restored_on_error(estimator), estimator._predict_context():
        replace_table(estimator, table)
        rows = estimator._labelled_rows
        estimator._labelled_rows = rows.of_classes(table.present)


def replace_table(estimator, table):
    """Give a fitted estimator a table of more or fewer classes."""
    former = estimator._table
    estimator._set_table(table)
    estimator._follow_table(former)


def checked_rows(estimator, X, y, table):
    """Labelled rows and the positions of their classes, all of them unseen."""
    if X is None or y is None:
        raise ValueError(
            "add_classes takes labelled rows: give both X and y, or none of them."
        )
    X = estimator._validated(X, reset=False)
    return X, positions_of_unseen(y, X.shape[0], table)
