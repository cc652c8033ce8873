"""Labelled rows of classes that a model was not trained on."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class ClassRows:
    """Numbers and sums of labelled rows per class, all that a normal mean needs.

    Parameters
    ----------
    positions : ndarray of shape (n_classes,)
        Classes that have rows, rising, as positions in the class table.
    counts : ndarray of shape (n_classes,)
        How many rows each of them has.
    sums : ndarray of shape (n_classes, n_features)
        Sums of their rows, in the users' units.
    """

    positions: np.ndarray
    counts: np.ndarray
    sums: np.ndarray

    @classmethod
    def none(cls, n_features):
        """No rows of any class."""
        no_class = np.zeros(0, dtype=int)
        return cls(no_class, no_class, np.zeros((0, n_features)))

    def __len__(self):
        return len(self.positions)

    @property
    def means(self):
        """Mean of the rows of every class, shape (n_classes, n_features)."""
        return self.sums / self.counts[:, None]

    def with_rows(self, X, positions):
        """Add rows.

        Parameters
        ----------
        X : ndarray of shape (n_rows, n_features)
            Rows in the users' units.
        positions : ndarray of shape (n_rows,)
            Their classes.

        Returns
        -------
        rows : ClassRows
            A new object with these rows too; the order in which rows come does not
            matter beyond rounding.
        """
        every = np.concatenate([self.positions, positions])
        counts = np.concatenate([self.counts, np.ones(len(positions), dtype=int)])
        rows = np.concatenate([self.sums, X.astype(np.float64)])
        classes, index = np.unique(every, return_inverse=True)
        sums = np.zeros((len(classes), rows.shape[1]))
        np.add.at(sums, index, rows)
        return ClassRows(classes, np.bincount(index, counts).astype(int), sums)

    def without(self, positions):
        """The rows of all classes but some."""
        kept = ~np.isin(self.positions, positions)
        return ClassRows(self.positions[kept], self.counts[kept], self.sums[kept])
