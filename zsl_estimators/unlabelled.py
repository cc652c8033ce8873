"""Rows of which nobody knows the class."""

from dataclasses import dataclass

import numpy as np
from sklearn.utils.validation import validate_data

from zsl_estimators.arrays import check_mapped_file


@dataclass(frozen=True)
class UnlabelledRows:
    """Unlabelled rows of one fit.

    Parameters
    ----------
    X : ndarray of shape (n_rows, n_features)
        Features in the users' units.
    classes : ndarray
        Positions, in the class table, of the classes that the rows may be of.
    """

    X: np.ndarray
    classes: np.ndarray

    def of(self, X):
        """Themselves, whatever the labelled rows are."""
        return self

    @property
    def n_per_class(self):
        """Average number of rows per class, rounded up."""
        return -(-len(self.X) // len(self.classes))


def checked_unlabelled(estimator, X, dtype):
    """Unlabelled rows as an array; None for None.

    Parameters
    ----------
    estimator : estimator
        Knows its features already.
    X : array-like of shape (n_rows, n_features) or None
        As a user gives them.
    dtype : list of dtype
        Those that are taken as they are.

    Returns
    -------
    X : ndarray of shape (n_rows, n_features) or None
        Finite.

    Raises
    ------
    ValueError
        If they cannot be used.
    """
    if X is None:
        return None
    check_mapped_file(X)
    try:
        return validate_data(estimator, X, dtype=dtype, reset=False)
    except ValueError as error:
        raise ValueError(f"X_unlabelled cannot be used: {error}") from error


def of_unseen_classes(X, table):
    """Unlabelled rows that may be of any unseen class; None for None.

    Parameters
    ----------
    X : ndarray of shape (n_rows, n_features) or None
        Features.
    table : ClassTable
        All classes.

    Returns
    -------
    unlabelled : UnlabelledRows or None
        The rows.

    Raises
    ------
    ValueError
        If no class is unseen.
    """
    if X is None:
        return None
    unseen = np.flatnonzero(~table.seen)
    if not len(unseen):
        raise ValueError(
            "X_unlabelled holds rows of unseen classes, but every class in attributes "
            "occurs in y. Describe the unseen classes, or leave X_unlabelled out."
        )
    return UnlabelledRows(X, unseen)
