"""The class table: which classes exist, how each is described, which were seen.

A zero-shot classifier is given one description row per class, for more classes
than occur in ``y``. :class:`ClassTable` brings labels, descriptions and ``y``
together, whatever form the user had them in, and is the only place that does.
"""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from zsl_estimators.arrays import check_magnitude
from zsl_estimators.class_labels import (
    counted_labels,
    remedy_for,
    row_labels,
    similar_to,
    sorting_order,
    with_numbers_of,
)
from zsl_estimators.descriptions import (
    check_finite,
    column_names,
    description_matrix,
    in_order,
    listing,
    warn_of_labels_in_column,
    warn_of_offset,
    warn_of_useless,
)
from zsl_estimators.exceptions import warn_user
from zsl_estimators.imputation import TableImputer, imputed
from zsl_estimators.labels import as_labels, is_in, kind_of


@dataclass(frozen=True)
class ClassTable:
    """Class labels, their description rows, and which of them were seen.

    Classes stand in the order in which a model has learned of them: those of the fit
    sorted by label, then those that were added. So the position of a class never
    changes, and what a fitted model keeps per class stays valid when classes are added.

    Parameters
    ----------
    labels : ndarray of shape (n_classes,)
        Class labels.
    matrix : ndarray of shape (n_classes, n_attributes)
        Row `i` describes ``labels[i]``; float64.
    seen : ndarray of shape (n_classes,)
        True for the classes that occur in the training labels.
    names : list of length n_attributes or None
        Names of the columns, where they were given.
    removed : ndarray of shape (n_classes,) or None
        True for classes that were removed: they keep their positions, and so do their
        scores, but nobody can ask for them. None is none.
    imputer : TableImputer or None
        What missing values were imputed by, and will be in new classes. None if
        nothing was missing yet.
    imputed : str
        Which values were imputed of those given last, for a warning; empty for none.
    """

    labels: np.ndarray
    matrix: np.ndarray
    seen: np.ndarray
    names: list | None = None
    removed: np.ndarray | None = None
    imputer: TableImputer | None = None
    imputed: str = ""

    @classmethod
    def from_parameters(cls, attributes, classes, y, several=False):
        """Build the table from what a user passes to an estimator.

        Parameters
        ----------
        attributes : DataFrame, array-like of shape (n_classes, n_attributes) or None
            Class descriptions. The index of a DataFrame holds the labels. None
            gives every class in `y` its own one-hot row. NaN is imputed.
        classes : array-like of shape (n_classes,) or None
            Labels of the rows when `attributes` is an array.
        y : ndarray of shape (n_samples,) or None
            Training labels. Without any, every class is unseen.
        several : bool, default=False
            Whether a class may have several rows, see :func:`averaged_directions`.

        Returns
        -------
        table : ClassTable
            Rows in sorted label order.

        Raises
        ------
        ValueError
            If labels are missing, repeated or cannot be matched to rows, if a
            description holds infinity, or if a class or a column has no value.
        """
        if y is None:
            return cls._of_unseen(attributes, classes, several)
        seen_labels = np.unique(as_labels(y, "y"))
        if attributes is None:
            _refuse_classes_without_attributes(classes)
            labels, matrix = seen_labels, np.eye(len(seen_labels))
        else:
            matrix = description_matrix(attributes)
            labels = row_labels(attributes, classes)
            if labels is None:
                labels = counted_labels(seen_labels, len(matrix), 0, "y holds")
            labels = with_numbers_of(seen_labels, labels)
        if np.asarray(y).dtype.kind == "O" and labels.dtype.kind == "U":
            # Labels come back as they were given.
            labels, seen_labels = labels.astype(object), seen_labels.astype(object)
        table = cls._sorted(labels, matrix, column_names(attributes), several)
        return table._with_seen(seen_labels)

    @property
    def present(self):
        """Positions of the classes that were not removed."""
        if self.removed is None:
            return np.arange(len(self.labels))
        return np.flatnonzero(~self.removed)

    @property
    def order(self):
        """Positions of the classes that are present, sorted by their labels."""
        present = self.present
        return present[sorting_order(self.labels[present])]

    def rows(self, y):
        """Give the row of every label.

        Parameters
        ----------
        y : array-like of shape (n_samples,)
            Labels that all have a row.

        Returns
        -------
        rows : ndarray of shape (n_samples,)
            Integer positions in `labels`.

        Raises
        ------
        ValueError
            If a label has no row; the message lists these labels.
        """
        rows = self.find(y)
        if (rows < 0).any():
            missing = pd.unique(np.asarray(y)[rows < 0])
            raise ValueError(
                f"attributes has no row for {listing(missing)}, which occur in y. "
                f"{remedy_for(missing, self.labels, np.unique(y))}"
            )
        return rows

    def find(self, labels):
        """Position of every label among the classes that are present; -1 for none."""
        present = self.present
        if not len(present):
            return np.full(len(labels), -1)
        found = pd.Index(self.labels[present]).get_indexer(pd.Index(labels))
        return np.where(found < 0, -1, present[found])

    def known(self, labels):
        """Turn labels into an array, and refuse those that have no description.

        Parameters
        ----------
        labels : array-like of shape (n_labels,)
            Labels.

        Returns
        -------
        labels : ndarray of shape (n_labels,)
            The same.

        Raises
        ------
        ValueError
            If a label is unknown.
        """
        labels = as_labels(np.atleast_1d(labels), "classes")
        unknown = labels[self.find(labels) < 0]
        if len(unknown):
            raise ValueError(
                f"classes has labels that have no description: {unknown.tolist()}. "
                "Choose among classes_, or describe them with add_classes first."
            )
        return labels

    def positions_among_seen(self, y):
        """Give the position of every label among the seen classes.

        Parameters
        ----------
        y : array-like of shape (n_samples,) or None
            Labels of seen classes, if there are any.

        Returns
        -------
        positions : ndarray of shape (n_samples,)
            From 0 to the number of seen classes, less 1.
        """
        if y is None:
            return np.zeros(0, dtype=int)
        return (np.cumsum(self.seen) - 1)[self.rows(y)]

    def extended(self, attributes, classes=None, several=False):
        """Make a larger table with new, unseen classes.

        Parameters
        ----------
        attributes : DataFrame or array-like of shape (n_new, n_attributes)
            Descriptions of the new classes.
        classes : array-like of shape (n_new,), default=None
            Their labels when `attributes` is an array. None continues an integer
            labelling.
        several : bool, default=False
            Whether a class may have several rows, see :func:`averaged_directions`.

        Returns
        -------
        table : ClassTable
            All old classes at their positions, then the new ones. One that was removed
            and has the same description comes back to its position, as it was.

        Raises
        ------
        ValueError
            If a label exists already, or the attributes differ in number or name.
        """
        matrix = description_matrix(in_order(attributes, self.names))
        if matrix.shape[1] != self.matrix.shape[1]:
            raise ValueError(
                f"attributes describes the new classes by {matrix.shape[1]} "
                f"attributes, the fitted classes have {self.matrix.shape[1]}. Give "
                "the same attributes in the same order."
            )
        if not len(matrix):
            return self
        labels = self._new_labels(attributes, classes, len(matrix))
        rows = _checked_rows(labels, matrix, self.names, several)
        rows = _imputed_rows(*rows, self.names, several, self.imputer, self.matrix)
        labels, matrix, imputer, message = rows
        known = labels[self.find(labels) >= 0]
        if len(known):
            raise ValueError(
                f"{listing(known)} exist already. add_classes only adds; to change "
                "the description of a class, fit again with another table."
            )
        table, back = self._with_back(labels, matrix)
        table = table._with_new(labels[~back], matrix[~back])
        return replace(table, imputer=imputer, imputed=message)

    def without(self, labels):
        """Make a table in which some classes are removed.

        Parameters
        ----------
        labels : array-like of shape (n_labels,)
            Labels of classes that are present.

        Returns
        -------
        table : ClassTable
            All classes at their positions.

        Raises
        ------
        ValueError
            If a label is unknown, or no class would be left.
        """
        labels = as_labels(np.atleast_1d(labels), "labels")
        positions = self.find(labels)
        if (positions < 0).any():
            unknown = labels[positions < 0]
            raise ValueError(
                f"There are no classes of the {listing(unknown)} to remove. "
                f"{similar_to(unknown, self.labels[self.present])}"
            )
        removed = np.ones(len(self.labels), dtype=bool)
        removed[np.setdiff1d(self.present, positions)] = False
        if removed.all():
            raise ValueError(
                "labels holds all classes; at least one must be left to predict."
            )
        return replace(self, removed=removed)

    def only(self, labels):
        """Make a smaller table, in sorted order of the labels.

        Parameters
        ----------
        labels : ndarray of shape (n_labels,)
            Labels that all have a row; repetitions do not count.

        Returns
        -------
        table : ClassTable
            Of these classes alone.
        """
        kept = self.order[is_in(self.labels[self.order], labels)]
        return replace(
            self,
            labels=self.labels[kept],
            matrix=self.matrix[kept],
            seen=self.seen[kept],
            removed=None,
        )

    def warn_of_useless(self, attributes, scaled):
        """Warn of a table with which classes cannot be recognised.

        Parameters
        ----------
        attributes : DataFrame, array-like of shape (n_classes, n_attributes) or None
            What the user gave.
        scaled : ndarray of shape (n_classes, n_scaled)
            Descriptions in the units of the model.

        Warns
        -----
        ZeroShotWarning
            If descriptions are equal, nearly equal or zero, or if the labels of the
            rows seem to be in a column.
        """
        if attributes is not None:
            self.warn_of_imputed()
            warn_of_labels_in_column(attributes, self.labels[self.seen])
            warn_of_useless(self.matrix, self.labels)
            warn_of_offset(scaled)

    def warn_of_added(self, former):
        """Warn of classes of this table that a former one did not have.

        Parameters
        ----------
        former : ClassTable
            The table that they were added to.

        Warns
        -----
        ZeroShotWarning
            If their descriptions were imputed, or are zero or those of other classes.
        """
        self.warn_of_imputed()
        added = ~np.isin(self.present, former.present)
        warn_of_useless(self.matrix[self.present], self.labels[self.present], added)

    def warn_of_imputed(self):
        """Warn of values that were missing in what was given last.

        Warns
        -----
        ZeroShotWarning
            The message says which ones, and how they were imputed.
        """
        if self.imputed:
            warn_user(self.imputed)

    def _with_back(self, labels, matrix):
        """The table with classes back that were removed, and which rows they are."""
        removed = np.ones(len(self.labels), dtype=bool)
        removed[self.present] = False
        back = np.zeros(len(labels), dtype=bool)
        for position in np.flatnonzero(removed):
            same = labels == self.labels[position]
            same &= (matrix == self.matrix[position]).all(axis=1) & ~back
            removed[position] = not same.any()
            back |= same
        return replace(self, removed=removed if removed.any() else None), back

    def _with_new(self, labels, matrix):
        """The table with classes after the others, unseen ones."""
        new, removed = np.zeros(len(labels), dtype=bool), self.removed
        return replace(
            self,
            labels=np.concatenate([self.labels, labels]),
            matrix=np.concatenate([self.matrix, matrix]),
            seen=np.concatenate([self.seen, new]),
            removed=None if removed is None else np.concatenate([removed, new]),
        )

    def _new_labels(self, attributes, classes, n_rows):
        """Labels of new classes, in the type of the old ones."""
        old = as_labels(self.labels, "classes_")
        labels = row_labels(attributes, classes)
        if labels is None:
            first = int(old.max()) + 1 if kind_of(old) == "numbers" else 0
            labels = counted_labels(old, n_rows, first, "the fitted classes are")
        labels = with_numbers_of(old, labels)
        whole = kind_of(old) == "numbers" and old.dtype.kind != "f"
        fraction = whole and labels.dtype.kind == "f"
        # True equals 1, but is not found among numbers.
        one_is_truth = (old.dtype.kind == "b") != (labels.dtype.kind == "b")
        if kind_of(labels) != kind_of(old) or fraction or one_is_truth:
            raise ValueError(
                f"the new classes have labels of another type: {kind_of(labels)} such "
                f"as {labels.tolist()[0]!r}, and the fitted classes {kind_of(old)} "
                f"such as {old.tolist()[0]!r}. Write the labels in the same way in "
                "both."
            )
        return labels.astype(object) if self.labels.dtype.kind == "O" else labels

    @classmethod
    def _of_unseen(cls, attributes, classes, several):
        """The table where no label is known."""
        if attributes is None:
            raise ValueError(
                "attributes and y are both None, so that the classes are unknown. "
                "Describe them in attributes, or give labels."
            )
        matrix = description_matrix(attributes)
        labels = row_labels(attributes, classes)
        labels = np.arange(len(matrix)) if labels is None else labels
        return cls._sorted(labels, matrix, column_names(attributes), several)

    @classmethod
    def _sorted(cls, labels, matrix, names, several):
        """The table with its rows in the order of their labels, none of them seen."""
        labels, matrix = _checked_rows(labels, matrix, names, several)
        order = sorting_order(labels)
        rows = _imputed_rows(labels[order], matrix[order], names, several)
        labels, matrix, imputer, message = rows
        unseen = np.zeros(len(labels), dtype=bool)
        return cls(labels, matrix, unseen, names, imputer=imputer, imputed=message)

    def _with_seen(self, seen_labels):
        seen = np.zeros(len(self.labels), dtype=bool)
        seen[self.rows(seen_labels)] = True
        return replace(self, seen=seen)


def averaged_directions(labels, matrix):
    """Average the rows of every label, each of them scaled to length 1.

    So a class may be described by several texts about it, which count the same
    (Radford et al., Learning transferable visual models from natural language
    supervision, ICML 2021). The average gets the mean length of the rows, because of
    which a class with one row keeps that row.

    Parameters
    ----------
    labels : ndarray of shape (n_rows,)
        Labels, which may be repeated.
    matrix : ndarray of shape (n_rows, n_attributes)
        Finite descriptions.

    Returns
    -------
    labels : ndarray of shape (n_classes,)
        Each label once, in the order in which they first occur.
    matrix : ndarray of shape (n_classes, n_attributes)
        One row per class.
    """
    first = ~pd.Index(labels).duplicated()
    if first.all():
        return labels, matrix
    number = pd.factorize(labels)[0]
    counts = np.bincount(number)
    lengths = np.linalg.norm(matrix, axis=1)
    directions = matrix / np.where(lengths > 0, lengths, 1.0)[:, None]
    sums = np.zeros((len(counts), matrix.shape[1]))
    np.add.at(sums, number, directions)
    norms = np.linalg.norm(sums, axis=1)
    mean_lengths = np.bincount(number, lengths) / counts
    averages = sums * (mean_lengths / np.where(norms > 0, norms, 1.0))[:, None]
    return labels[first], np.where(counts[:, None] == 1, matrix[first], averages)


def _refuse_classes_without_attributes(classes):
    if classes is not None:
        raise ValueError(
            "classes was given without attributes. Pass attributes as well, one "
            "row per class."
        )


def _checked_rows(labels, matrix, names, several):
    """Rows of usable numbers, one for each label if there may not be several."""
    duplicated = pd.Index(labels).duplicated()
    if duplicated.any() and not several:
        raise ValueError(
            f"attributes describes {listing(pd.unique(labels[duplicated]))} more "
            "than once. Keep one row per class."
        )
    check_finite(matrix, labels, names)
    check_magnitude(matrix, "attributes")
    return labels, matrix


def _imputed_rows(labels, matrix, names, several, imputer=None, known=None):
    """Rows without missing values, one per label; what imputed them, and a message."""
    matrix, imputer, message = imputed(matrix, labels, names, imputer, known)
    if several:
        labels, matrix = averaged_directions(labels, matrix)
    return labels, matrix, imputer, message
