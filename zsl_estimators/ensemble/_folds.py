"""The folds that all estimators of an ensemble share."""

import numpy as np

from zsl_estimators.calibration import rows_of_folds, rows_of_seen_classes


class CommonFolds:
    """Rows and classes of every fold, as :class:`HeldOutFolds` chooses them.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features)
        Features.
    y : ndarray of shape (n_samples,)
        Positions of the classes among the seen ones.
    table : ClassTable
        All classes.
    split : ClassHoldoutSplit
        Makes the folds.
    seed : int
        Of the folds.
    """

    def __init__(self, X, y, table, split, seed):
        self.y = y
        self.seed = seed
        self.seen_labels = table.labels[table.seen]
        self.unseen_labels = unseen = table.labels[~table.seen]
        self.folds = [
            (train, held_out, np.concatenate([self.seen_labels, unseen[beside]]))
            for train, held_out, beside in rows_of_folds(
                X, y, split, table.matrix[table.seen], table.matrix[~table.seen], seed
            )
        ]

    @classmethod
    def of(cls, X, y, table, split, seed):
        """The folds of a task; None where no class can be hidden and tested."""
        if split is None or np.bincount(y).max() < 2:
            return None
        return cls(X, y, table, split, seed)

    def with_known(self):
        """The folds, then the samples held out from a model of all seen classes.

        Returns
        -------
        folds : list of (train, held_out, columns)
            Rows to fit on, rows to score, and labels of the columns of their scores.
        """
        columns = np.concatenate([self.seen_labels, self.unseen_labels])
        return [*self.folds, (*rows_of_seen_classes(self.y, self.seed), columns)]
