"""Labelled rows of classes that a model was not trained on."""

from dataclasses import dataclass

import numpy as np
from scipy.sparse import issparse

from zsl_estimators.descriptions import listing
from zsl_estimators.labels import as_labels
from zsl_estimators.rows import class_sums


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
        X : ndarray or CSR matrix of shape (n_rows, n_features)
            Rows in the users' units.
        positions : ndarray of shape (n_rows,)
            Their classes.

        Returns
        -------
        rows : ClassRows
            A new object with these rows too; the order in which rows come does not
            matter beyond rounding.
        """
        own = np.ones(len(positions), dtype=int)
        if issparse(X):
            # As arrays, rows would take far more memory than their sums.
            positions, index, own = np.unique(
                positions, return_inverse=True, return_counts=True
            )
            X = class_sums(X, index, len(positions)).toarray()
        every = np.concatenate([self.positions, positions])
        counts = np.concatenate([self.counts, own])
        rows = np.concatenate([self.sums, X.astype(np.float64)])
        classes, index = np.unique(every, return_inverse=True)
        sums = np.zeros((len(classes), rows.shape[1]))
        np.add.at(sums, index, rows)
        return ClassRows(classes, np.bincount(index, counts).astype(int), sums)

    def moved(self, former, present):
        """The same rows where some classes have other positions.

        Parameters
        ----------
        former, present : ndarray of shape (n_moved,)
            Positions before and now.
        """
        places = dict(zip(former.tolist(), present.tolist(), strict=True))
        moved = [places.get(one, one) for one in self.positions.tolist()]
        positions = np.array(moved, dtype=int)
        order = np.argsort(positions)
        return ClassRows(positions[order], self.counts[order], self.sums[order])

    def without(self, positions):
        """The rows of all classes but some."""
        kept = ~np.isin(self.positions, positions)
        return ClassRows(self.positions[kept], self.counts[kept], self.sums[kept])


def positions_of_unseen(y, n_rows, table):
    """Find the classes of labelled rows; only unseen ones are allowed.

    Parameters
    ----------
    y : array-like of shape (n_rows,)
        Labels.
    n_rows : int
        How many rows there are.
    table : ClassTable
        All classes.

    Returns
    -------
    positions : ndarray of shape (n_rows,)
        Positions in the table.

    Raises
    ------
    ValueError
        If a label is not known or seen, or there are more or fewer labels than rows.
    """
    labels = as_labels(y, "y")
    if len(labels) != n_rows:
        raise ValueError(f"X has {n_rows} rows and y {len(labels)} labels.")
    positions = table.find(labels)
    unknown = np.unique(labels[positions < 0])
    if len(unknown):
        raise ValueError(
            f"y holds {listing(unknown)}, which are neither among the new classes nor "
            "known. Describe them in attributes."
        )
    seen = np.unique(labels[table.seen[positions]])
    if len(seen):
        raise ValueError(
            f"y holds {listing(seen)}, which the model was trained on. Leave these "
            "rows out, or fit again on all rows."
        )
    return positions
