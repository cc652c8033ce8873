"""Labels in one form: any iterable becomes an array of one kind without gaps."""

from collections.abc import Iterable, Mapping
from datetime import datetime

import numpy as np
import pandas as pd

# Kinds of numpy's dtypes by what can be compared. True and False are numbers.
KINDS = {
    **dict.fromkeys("biuf", "numbers"),
    **dict.fromkeys("U", "text"),
    **dict.fromkeys("S", "bytes"),
    **dict.fromkeys("M", "dates"),
    **dict.fromkeys("m", "durations"),
    **dict.fromkeys("c", "complex numbers"),
}


def as_labels(labels, name):
    """Turn labels into an array that can be compared, sorted and looked up fast.

    Objects become what they hold: strings an array of fixed width, whole numbers one of
    integers. pandas always keeps strings as objects, whose comparison is some fifty
    times slower.

    Parameters
    ----------
    labels : iterable of shape (n_labels,)
        A list, an array, a Series, but also a set, a view of a dict, a generator.
    name : str
        What messages call them.

    Returns
    -------
    labels : ndarray of shape (n_labels,)
        Of one kind.

    Raises
    ------
    ValueError
        If a label is missing, labels are of several kinds, or they are not in a row.
    TypeError
        If it is one text, a table or nothing that can be iterated over.
    """
    array = _as_array(labels, name)
    missing = pd.isna(array)
    if missing.any():
        where = np.flatnonzero(missing)[:8].tolist()
        raise ValueError(
            f"{name} has missing labels (NaN, None or NaT) at the positions {where}. "
            "Leave these rows out, or name them. A class that is called NA is read as "
            "missing by pandas.read_csv unless it gets keep_default_na=False."
        )
    # pandas has no index of half precision.
    array = array.astype(np.float64) if array.dtype == np.float16 else array
    return _of_one_kind(array, name) if array.dtype.kind == "O" else array


def check_same_kind(**labels):
    """Refuse arrays of labels that cannot be equal, such as integers and text.

    Parameters
    ----------
    **labels : ndarray
        From :func:`as_labels`, by name.

    Raises
    ------
    ValueError
        The message names two of them, their kinds and an example of each.
    """
    filled = {name: array for name, array in labels.items() if len(array)}
    (first, one), *others = filled.items() if filled else [("", None)]
    for name, other in others:
        if kind_of(one) != kind_of(other):
            raise ValueError(
                f"{first} and {name} hold labels of two types: {kind_of(one)} such as "
                f"{one.tolist()[0]!r}, and {kind_of(other)} such as "
                f"{other.tolist()[0]!r}. Write the labels in the same way in both."
            )


def refuse_mask(given, labels, name):
    """Refuse booleans where labels are wanted that are none.

    Parameters
    ----------
    given, labels : ndarray
        From :func:`as_labels`: what a user gave, and labels that it should hold.
    name : str
        Of the parameter.

    Raises
    ------
    ValueError
        The message says what to give.
    """
    if given.dtype == bool and labels.dtype != bool:
        raise ValueError(
            f"{name} holds True and False, and the labels are {kind_of(labels)}. Give "
            "labels, such as classes[mask] of a mask."
        )


def kind_of(labels):
    """Name of the kind of an array of labels; only equal kinds can be compared."""
    return KINDS.get(labels.dtype.kind, "objects")


def is_in(labels, wanted):
    """Which labels are among others, in linear time."""
    return pd.Index(labels).isin(pd.Index(wanted))


def to_show(labels):
    """Labels as a list of plain objects, for messages and for JSON.

    Parameters
    ----------
    labels : array-like of shape (n_labels,)
        Labels.

    Returns
    -------
    labels : list
        Dates and durations are text, for numpy lists those in nanoseconds as integers.
    """
    array = np.asarray(labels)
    return (array.astype(str) if array.dtype.kind in "mM" else array).tolist()


def _as_array(labels, name):
    if isinstance(labels, str | bytes):
        raise TypeError(f"{name} must hold labels, got one text: {labels!r}.")
    if isinstance(labels, pd.DataFrame) or not isinstance(labels, Iterable):
        raise TypeError(
            f"{name} must be labels in a row, got {type(labels).__name__}. Of a table "
            "take one column."
        )
    if isinstance(labels, pd.MultiIndex):
        raise ValueError(
            f"{name} is a MultiIndex with the levels {list(labels.names)}. Join them "
            'to one label per class, such as index.map(" ".join).'
        )
    is_sized = hasattr(labels, "__len__") and hasattr(labels, "__getitem__")
    if not is_sized or isinstance(labels, Mapping):
        labels = list(labels)
    if isinstance(labels, list | tuple):
        return _array_of_list(labels, name)
    array = np.asarray(labels)
    if array.ndim == 2 and array.shape[1] == 1:
        array = array[:, 0]
    if array.ndim != 1:
        raise ValueError(f"{name} must be labels in a row, got shape {array.shape}.")
    return array


def _array_of_list(labels, name):
    """Objects: numpy itself would turn numbers beside text into text."""
    array = np.empty(len(labels), dtype=object)
    for kind, example in dict(zip(map(type, labels), labels, strict=True)).items():
        if np.ndim(example) > 0:
            raise ValueError(
                f"{name} must be labels in a row, one number or text per class, got "
                f"the {kind.__name__} {example!r} among them. Join its parts to one "
                "label."
            )
    array[:] = labels
    return array


def _of_one_kind(array, name):
    """Turn an array of objects into one of numbers or text."""
    objects = array.tolist()
    examples = dict(zip(map(type, objects), objects, strict=True))
    kinds = {_kind_of_type(kind): example for kind, example in examples.items()}
    if len(kinds) > 1:
        (one, example), (other, counterexample) = list(kinds.items())[:2]
        raise ValueError(
            f"{name} mix types: {one} such as {example!r}, and {other} such as "
            f"{counterexample!r}. Write all labels as one type."
        )
    if kinds.keys() == {"numbers"}:
        return _numbers(objects, examples, name)
    if kinds.keys() == {"dates"}:
        return pd.DatetimeIndex(objects).to_numpy()
    return np.array(objects) if kinds.keys() == {"text"} else array


def _numbers(objects, types, name):
    """Whole numbers stay whole: beyond 2^53 a float cannot tell them apart."""
    if not any(issubclass(kind, float | np.floating) for kind in types):
        return np.array(objects)
    if max(map(abs, objects)) < 2**53:
        return np.array(objects, dtype=np.float64)
    if all(float(number).is_integer() for number in objects):
        return np.array([int(number) for number in objects])
    raise ValueError(
        f"{name} mix types: fractions, and whole numbers that are too large to be "
        "exact as floating-point numbers. Write all labels as integers, or as text."
    )


def _kind_of_type(kind):
    if issubclass(kind, str):
        return "text"
    if issubclass(kind, bool | int | float | np.number | np.bool_):
        return "numbers"
    if issubclass(kind, np.datetime64 | datetime):
        return "dates"
    return kind.__name__
