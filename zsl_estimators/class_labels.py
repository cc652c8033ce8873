"""Labels of the rows of a class table: where they come from, and what may be wrong."""

import unicodedata
from difflib import get_close_matches

import numpy as np
import pandas as pd

from zsl_estimators.descriptions import listing
from zsl_estimators.labels import as_labels


def row_labels(attributes, classes):
    """Labels that the user gave to the rows of a class table.

    Parameters
    ----------
    attributes : DataFrame or array-like of shape (n_classes, n_attributes)
        Class descriptions.
    classes : array-like of shape (n_classes,) or None
        Labels of the rows when `attributes` is an array.

    Returns
    -------
    labels : ndarray of shape (n_classes,) or None
        None where there are none.
    """
    if isinstance(attributes, pd.DataFrame):
        if classes is not None:
            raise ValueError(
                "classes is for attributes given as an array; a DataFrame's index "
                "holds the labels already. Drop classes, or pass "
                "attributes.to_numpy()."
            )
        return as_labels(attributes.index, "the index of attributes")
    if classes is None:
        return None
    labels = as_labels(classes, "classes")
    if len(labels) != len(attributes):
        raise ValueError(
            f"classes must name the {len(attributes)} rows of attributes, got "
            f"{len(labels)} labels."
        )
    return labels


def counted_labels(known, n_rows, first, what):
    """Number rows without labels: only sound beside labels that are whole numbers.

    Parameters
    ----------
    known : ndarray
        Labels that are known from elsewhere.
    n_rows : int
        How many rows there are.
    first : int
        The number of the first one.
    what : str
        What `known` is, for the error message.

    Returns
    -------
    labels : ndarray of shape (n_rows,)
        Integers.
    """
    if known.dtype.kind not in "iuf" or (known != np.floor(known)).any():
        raise ValueError(
            "attributes is an array without row labels, which works for integer "
            f"labels only, and {what} {listing(np.unique(known)[:3])}. Pass "
            "classes=, one label per row, or a DataFrame whose index holds the labels."
        )
    return np.arange(first, first + n_rows)


def with_numbers_of(known, labels):
    """Whole numbers as integers beside integers, and as fractions beside fractions."""
    if known.dtype.kind == "f" and labels.dtype.kind in "iu":
        return labels.astype(np.float64)
    if known.dtype.kind in "iu" and labels.dtype.kind == "f":
        whole = labels.astype(np.int64)
        return whole if np.array_equal(whole, labels) else labels
    return labels


def sorting_order(labels):
    """Positions that sort labels, which must be of one type."""
    try:
        return np.argsort(labels, kind="stable")
    except TypeError as error:
        raise ValueError(
            "The class labels cannot be sorted because they mix types: "
            f"{listing(labels)}. Use one type for all labels."
        ) from error


def remedy_for(missing, labels, wanted):
    """Say what to do about missing rows, by how labels of the table look.

    Parameters
    ----------
    missing : ndarray
        Labels without a row.
    labels : ndarray
        Labels of the rows.
    wanted : ndarray
        All labels that need a row.

    Returns
    -------
    remedy : str
        Whole sentences.
    """
    by_look = {_look(label): label for label in labels.tolist()}
    similar = [by_look.get(_look(label)) for label in missing.tolist()]
    if any(label is not None for label in similar):
        found = [label for label in similar if label is not None]
        return (
            f"It has rows for {listing(found)}, which differ in type, case, spaces or "
            "Unicode form. Write labels the same way in both."
        )
    if len(missing) == len(wanted):
        return (
            f"Its rows are {listing(labels)}. The labels must be the index of the "
            'DataFrame: attributes.set_index("column with the labels"), or '
            "attributes.T if classes are in the columns. If y holds 0, 1, 2... though "
            "you gave other labels, a meta-estimator such as VotingClassifier has "
            "numbered them anew; it cannot be used around a zero-shot classifier."
        )
    return (
        "Every class in y needs a description: add these rows, or drop the samples of "
        "these classes."
    )


def similar_to(labels, known):
    """Known labels that look like others, for a message."""
    names = [str(label) for label in known.tolist()]
    near = [get_close_matches(str(label), names, n=3) for label in labels.tolist()[:8]]
    near = list(dict.fromkeys(name for names in near for name in names))
    if near:
        return f"Similar ones are {near}."
    return f"The classes are {listing(known)}."


def _look(label):
    """What a label looks like, whatever its type, case and Unicode form."""
    return unicodedata.normalize("NFKC", str(label)).strip().casefold()
