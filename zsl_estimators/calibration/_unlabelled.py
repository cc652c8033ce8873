"""Hidden classes whose rows play the unlabelled ones of a fold."""

from dataclasses import dataclass

import numpy as np

from zsl_estimators.model_selection._class_holdout import (
    at_most_of_each_class,
    share_of_each_class,
)
from zsl_estimators.unlabelled import UnlabelledRows

# Of the rows of hidden classes; the others are those that the fold is scored on.
SHARE_UNLABELLED = 0.5


@dataclass(frozen=True)
class HiddenRows:
    """Rows of the hidden classes of a fold that its model gets without labels.

    Parameters
    ----------
    rows : ndarray
        Positions among all training rows.
    classes : ndarray
        Positions of the hidden classes in the table of the fold's model.
    """

    rows: np.ndarray
    classes: np.ndarray

    def of(self, X):
        """The rows themselves, out of all training features."""
        return UnlabelledRows(X[self.rows], self.classes)


def rows_without_labels(unlabelled, train, held_out, y, seed):
    """Divide the rows of hidden classes into unlabelled ones and ones to score.

    A hidden class gives half of its rows, but no more than there are given ones per
    unseen class. One with a single row keeps it to be scored on.

    Parameters
    ----------
    unlabelled : UnlabelledRows or None
        Given ones. None: the fold has no unlabelled rows either.
    train, held_out : ndarray
        Positions of the rows to fit on and of the others.
    y : ndarray of shape (n_samples,)
        Position of each row's class among the seen classes.
    seed : int
        Of the choice.

    Returns
    -------
    hidden : HiddenRows or None
        Unlabelled rows of the fold.
    held_out : ndarray
        Positions of the rows to score.
    """
    if unlabelled is None:
        return None, held_out
    of_hidden = held_out[~np.isin(y[held_out], y[train])]
    random_state = np.random.RandomState(seed)
    rows = of_hidden[share_of_each_class(y[of_hidden], SHARE_UNLABELLED, random_state)]
    if not len(rows):
        return None, held_out
    rows = at_most_of_each_class(unlabelled.n_per_class, rows, y, seed)
    classes = np.unique(y[of_hidden])
    return HiddenRows(rows, classes), np.setdiff1d(held_out, rows)
