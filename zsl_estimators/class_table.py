"""The class table: which classes exist, how each is described, which were seen.

A zero-shot classifier is given one description row per class, for more classes
than occur in ``y``. :class:`ClassTable` brings labels, descriptions and ``y``
together, whatever form the user had them in, and is the only place that does.
"""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd


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
    """

    labels: np.ndarray
    matrix: np.ndarray
    seen: np.ndarray
    names: list | None = None

    @classmethod
    def from_parameters(cls, attributes, classes, y):
        """Build the table from what a user passes to an estimator.

        Parameters
        ----------
        attributes : DataFrame, array-like of shape (n_classes, n_attributes) or None
            Class descriptions. The index of a DataFrame holds the labels. None
            gives every class in `y` its own one-hot row.
        classes : array-like of shape (n_classes,) or None
            Labels of the rows when `attributes` is an array.
        y : ndarray of shape (n_samples,)
            Training labels.

        Returns
        -------
        table : ClassTable
            Rows in sorted label order.

        Raises
        ------
        ValueError
            If labels are missing, repeated or cannot be matched to rows, or if a
            description holds NaN or infinity.
        """
        seen_labels = np.unique(y)
        if attributes is None:
            _refuse_classes_without_attributes(classes)
            labels, matrix = seen_labels, np.eye(len(seen_labels))
        else:
            matrix = description_matrix(attributes)
            labels = _row_labels(attributes, classes, y, first_label=0)
            labels = _like_training_labels(labels, y)
        _check_rows(labels, matrix)
        order = _sorting_order(labels)
        unseen = np.zeros(len(labels), dtype=bool)
        table = cls(labels[order], matrix[order], unseen, _column_names(attributes))
        return table._with_seen(seen_labels)

    @property
    def order(self):
        """Positions of the classes in sorted order of their labels."""
        return _sorting_order(self.labels)

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
        rows = pd.Index(self.labels).get_indexer(pd.Index(y))
        if (rows < 0).any():
            missing = pd.unique(np.asarray(y)[rows < 0])
            raise ValueError(
                f"attributes has no row for {_listing(missing)}, which occur in y. "
                f"{_remedy_for(missing, self.labels, np.unique(y))}"
            )
        return rows

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
        labels = np.atleast_1d(labels)
        unknown = labels[~np.isin(labels, self.labels)]
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
        y : array-like of shape (n_samples,)
            Labels of seen classes.

        Returns
        -------
        positions : ndarray of shape (n_samples,)
            From 0 to the number of seen classes, less 1.
        """
        return (np.cumsum(self.seen) - 1)[self.rows(y)]

    def extended(self, attributes, classes=None):
        """Make a larger table with new, unseen classes.

        Parameters
        ----------
        attributes : DataFrame or array-like of shape (n_new, n_attributes)
            Descriptions of the new classes.
        classes : array-like of shape (n_new,), default=None
            Their labels when `attributes` is an array. None continues an integer
            labelling.

        Returns
        -------
        table : ClassTable
            All old classes at their positions, then the new ones.

        Raises
        ------
        ValueError
            If a label exists already, or the attributes differ in number or name.
        """
        matrix = description_matrix(self._in_order(attributes))
        if matrix.shape[1] != self.matrix.shape[1]:
            raise ValueError(
                f"attributes describes the new classes by {matrix.shape[1]} "
                f"attributes, the fitted classes have {self.matrix.shape[1]}. Give "
                "the same attributes in the same order."
            )
        first = int(self.labels.max()) + 1 if self.labels.dtype.kind in "iu" else 0
        labels = _row_labels(attributes, classes, self.labels, first_label=first)
        labels = _like_training_labels(labels, self.labels)
        _check_rows(labels, matrix)
        known = labels[pd.Index(labels).isin(self.labels)]
        if len(known):
            raise ValueError(
                f"{_listing(known)} exist already. add_classes only adds; to change "
                "the description of a class, fit again with another table."
            )
        larger = replace(
            self,
            labels=np.concatenate([self.labels, labels]),
            matrix=np.concatenate([self.matrix, matrix]),
            seen=np.concatenate([self.seen, np.zeros(len(matrix), dtype=bool)]),
        )
        _sorting_order(larger.labels)  # refuses labels of mixed types
        return larger

    def _in_order(self, attributes):
        """New descriptions with their columns in the order of the old ones."""
        if self.names is None or not isinstance(attributes, pd.DataFrame):
            return attributes
        columns = pd.Index(self.names)
        absent = columns.difference(attributes.columns, sort=False).tolist()
        surplus = attributes.columns.difference(columns, sort=False).tolist()
        if absent or surplus:
            raise ValueError(
                "attributes describes the new classes by other columns than those of "
                f"fit: {absent[:8]} are missing, {surplus[:8]} are not known. Give the "
                "same columns, in any order."
            )
        return attributes[self.names]

    def _with_seen(self, seen_labels):
        seen = np.zeros(len(self.labels), dtype=bool)
        seen[self.rows(seen_labels)] = True
        return replace(self, seen=seen)


def description_matrix(attributes):
    """Turn class descriptions into a float64 matrix.

    Parameters
    ----------
    attributes : DataFrame or array-like of shape (n_classes, n_attributes)
        Numbers only.

    Returns
    -------
    matrix : ndarray of shape (n_classes, n_attributes)
        A float64 copy.

    Raises
    ------
    ValueError
        If the content is not numeric, not two-dimensional or has no column.
    TypeError
        If it is a dict or a path.
    """
    if isinstance(attributes, str | dict):
        raise TypeError(
            "attributes must be a DataFrame or an array, got "
            f"{type(attributes).__name__}. Read a file with pandas.read_csv(path, "
            'index_col=0); turn a dict with pandas.DataFrame.from_dict(d, "index").'
        )
    try:
        matrix = np.array(attributes, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"attributes must hold numbers only, got {_non_numeric(attributes)}. If a "
            "column holds the labels, make it the index: attributes.set_index(column). "
            "Encode categories as 0/1 columns (pandas.get_dummies)."
        ) from error
    if matrix.ndim != 2 or matrix.shape[1] == 0:
        raise ValueError(
            "attributes must be a table with one row per class and at least one "
            f"column, got shape {matrix.shape}."
        )
    return matrix


def _column_names(attributes):
    if not isinstance(attributes, pd.DataFrame) or attributes.columns.has_duplicates:
        return None
    return attributes.columns.tolist()


def _row_labels(attributes, classes, y, first_label):
    if isinstance(attributes, pd.DataFrame):
        if classes is not None:
            raise ValueError(
                "classes is for attributes given as an array; a DataFrame's index "
                "holds the labels already. Drop classes, or pass "
                "attributes.to_numpy()."
            )
        return attributes.index.to_numpy()
    n_rows = len(attributes)
    if classes is None:
        return _integer_labels(y, n_rows, first_label)
    labels = np.asarray(classes)
    if labels.shape != (n_rows,):
        raise ValueError(
            f"classes must name the {n_rows} rows of attributes, got shape "
            f"{labels.shape}."
        )
    return labels


def _integer_labels(y, n_rows, first_label):
    """Row i describes label i: only sound when the labels are whole numbers."""
    y = np.asarray(y)
    if y.dtype.kind not in "iuf" or (y != np.floor(y)).any():
        raise ValueError(
            "attributes is an array without row labels, which works for integer "
            f"labels only, and y holds {_listing(np.unique(y)[:3])}. Pass "
            "classes=, one label per row, or a DataFrame whose index holds the labels."
        )
    return np.arange(first_label, first_label + n_rows)


def _refuse_classes_without_attributes(classes):
    if classes is not None:
        raise ValueError(
            "classes was given without attributes. Pass attributes as well, one "
            "row per class."
        )


def _like_training_labels(labels, y):
    """Labels of the table in the type of those in `y`.

    pandas keeps strings as objects, numpy lists as fixed width; an array without
    labels counts its rows by integers.
    """
    y = np.asarray(y)
    if labels.dtype.kind in "iu" and y.dtype.kind == "f":
        return labels.astype(y.dtype)
    if labels.dtype.kind == "O" and all(isinstance(label, str) for label in labels):
        return labels.astype(str) if y.dtype.kind == "U" else labels
    if labels.dtype.kind == "U" and y.dtype.kind == "O":
        return labels.astype(object)
    return labels


def _check_rows(labels, matrix):
    duplicated = pd.Index(labels).duplicated()
    if duplicated.any():
        raise ValueError(
            f"attributes describes {_listing(pd.unique(labels[duplicated]))} more "
            "than once. Keep one row per class."
        )
    bad = ~np.isfinite(matrix).all(axis=1)
    if bad.any():
        columns = np.flatnonzero(~np.isfinite(matrix).all(axis=0)).tolist()
        raise ValueError(
            f"attributes holds NaN or infinity in the rows of {_listing(labels[bad])} "
            f"(columns number {columns[:8]}). "
            "Fill these entries first, with the column mean for instance."
        )


def _remedy_for(missing, labels, wanted):
    """What to do about missing rows, by how labels of the table look."""
    as_text = {str(label).strip().casefold(): label for label in labels.tolist()}
    similar = [as_text.get(str(label).strip().casefold()) for label in missing.tolist()]
    if any(label is not None for label in similar):
        found = [label for label in similar if label is not None]
        return (
            f"It has rows for {_listing(found)}, which differ in type, case or spaces. "
            "Write labels the same way in both."
        )
    if len(missing) == len(wanted):
        return (
            f"Its rows are {_listing(labels)}. The labels must be the index of the "
            'DataFrame: attributes.set_index("column with the labels"), or '
            "attributes.T if classes are in the columns."
        )
    return (
        "Every class in y needs a description: add these rows, or drop the samples of "
        "these classes."
    )


def _sorting_order(labels):
    try:
        return np.argsort(labels, kind="stable")
    except TypeError as error:
        raise ValueError(
            "The class labels cannot be sorted because they mix types: "
            f"{_listing(labels)}. Use one type for all labels."
        ) from error


def _listing(labels, most=8):
    """Name the first few labels, for a message."""
    shown = ", ".join(repr(label) for label in np.asarray(labels).tolist()[:most])
    more = len(labels) - most
    return f"labels [{shown}]" if more <= 0 else f"labels [{shown}, and {more} more]"


def _non_numeric(attributes):
    if not isinstance(attributes, pd.DataFrame):
        return "an array that does not convert to float"
    columns = attributes.select_dtypes(exclude="number").columns
    return f"non-numeric columns {list(columns[:8])}"
