"""Class descriptions as users give them: a matrix, names of columns, labels of rows."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from pandas.api.extensions import ExtensionDtype
from pandas.api.types import is_numeric_dtype
from scipy.sparse import issparse

from zsl_estimators.arrays import unmasked
from zsl_estimators.exceptions import warn_user
from zsl_estimators.labels import to_show

OTHER_COLUMNS = (
    "attributes describes the new classes by other columns than those of fit"
)
# Descriptions that differ less than this, as a share of their size, are all the same
# to a network in single precision.
SMALLEST_SPREAD = 1e-6
# Kinds of numpy types that numpy converts to floats though they are no real numbers:
# complex numbers, durations and dates.
NOT_REAL = "cmM"


def description_matrix(attributes):
    """Turn class descriptions into a float64 matrix.

    Parameters
    ----------
    attributes : DataFrame or array-like of shape (n_classes, n_attributes)
        Numbers only.

    Returns
    -------
    matrix : ndarray of shape (n_classes, n_attributes)
        A float64 copy; NaN where a value is missing.

    Raises
    ------
    ValueError
        If the content is not numeric, not two-dimensional or has no column, or a value
        is missing in a column of a nullable type.
    TypeError
        If it is a dict, a path or sparse.
    """
    if isinstance(attributes, str | Mapping):
        raise TypeError(
            "attributes must be a DataFrame or an array, got "
            f"{type(attributes).__name__}. Read a file with pandas.read_csv(path, "
            'index_col=0); turn a dict with pandas.DataFrame.from_dict(d, "index").'
        )
    if issparse(attributes):
        raise TypeError(
            "attributes is a sparse matrix, which is not supported. Give "
            "attributes.toarray(), with classes= for the labels of its rows."
        )
    _refuse_missing_of_nullable(attributes)
    try:
        matrix = _to_float(attributes)
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


def column_names(attributes):
    """Names of the columns, in order; None for an array.

    Those of pandas, polars and pyarrow.
    """
    names = getattr(attributes, "columns", None)
    if not isinstance(attributes, pd.DataFrame):
        names = getattr(attributes, "column_names", names)
    return None if names is None else list(names)


def in_order(attributes, wanted, mistake=OTHER_COLUMNS):
    """Bring the columns of a table into the order of others.

    Parameters
    ----------
    attributes : DataFrame or array-like of shape (n_classes, n_attributes)
        Descriptions.
    wanted : list of length n_attributes or None
        Names of columns in the order that is wanted; None for any.
    mistake : str, default=OTHER_COLUMNS
        Says where names differ.

    Returns
    -------
    attributes : DataFrame or array-like of shape (n_classes, n_attributes)
        The same; an array has no names and stays as it is.

    Raises
    ------
    ValueError
        If names are missing, not known, or cannot be matched because they are repeated.
    """
    names = column_names(attributes)
    if wanted is None or names is None or names == wanted:
        return attributes
    absent = [name for name in wanted if name not in names]
    surplus = [name for name in names if name not in wanted]
    if absent or surplus:
        raise ValueError(
            f"{mistake}: {absent[:8]} are missing, {surplus[:8]} are not known. Give "
            "the same columns, in any order."
        )
    repeated = sorted({str(name) for name in names if names.count(name) > 1})
    if repeated:
        raise ValueError(
            f"attributes has several columns of the same name, {repeated[:8]}, and not "
            "in the order of fit, so that they cannot be matched. Give every column a "
            "name of its own."
        )
    if isinstance(attributes, pd.DataFrame):
        return attributes[wanted]
    return attributes.select(wanted)


def check_finite(matrix, labels, names):
    """Refuse descriptions that hold infinity; NaN is a missing value.

    Parameters
    ----------
    matrix : ndarray of shape (n_classes, n_attributes)
        Descriptions.
    labels : ndarray of shape (n_classes,)
        Labels of the rows.
    names : list of length n_attributes or None
        Names of the columns.

    Raises
    ------
    ValueError
        The message names rows and columns.
    """
    bad = np.isinf(matrix)
    if not bad.any():
        return
    columns = np.flatnonzero(bad.any(axis=0)).tolist()
    where = f"columns number {columns[:8]}"
    if names is not None and not all(isinstance(name, int) for name in names):
        where = f"columns {[names[column] for column in columns[:8]]}"
    raise ValueError(
        "attributes holds infinity in the rows of "
        f"{listing(labels[bad.any(axis=1)])} ({where}). Give these entries a finite "
        "number, or NaN to have them imputed from the other classes."
    )


def warn_of_useless(matrix, labels, added=None):
    """Warn of descriptions by which classes cannot be recognised.

    Parameters
    ----------
    matrix : ndarray of shape (n_classes, n_attributes)
        Descriptions.
    labels : ndarray of shape (n_classes,)
        Labels of the rows.
    added : ndarray of shape (n_classes,) or None, default=None
        Which rows are new; one was warned of the others before. None is all.

    Warns
    -----
    ZeroShotWarning
        If two rows are equal, or a row is zero throughout.
    """
    if added is None:
        added = np.ones(len(labels), dtype=bool)
    all_zero = ~matrix.any(axis=1)
    zero = all_zero & added
    if zero.any():
        warn_user(
            f"attributes describes {listing(labels[zero])} by zeros alone. Is the "
            "description missing? Fill it in, or leave the class out.",
        )
    equal = pd.DataFrame(matrix).duplicated(keep=False).to_numpy() & ~all_zero
    _, group = np.unique(matrix[equal], axis=0, return_inverse=True)
    equal[equal] = np.isin(group, group[added[equal]])
    if equal.any():
        warn_user(
            f"attributes describes several of {listing(labels[equal])} by the same "
            "numbers, so that these classes cannot be distinguished. Add a column in "
            "which they differ, or merge them.",
        )


def warn_of_offset(scaled):
    """Warn of descriptions that hardly differ, for what they have in common.

    Parameters
    ----------
    scaled : ndarray of shape (n_classes, n_attributes)
        Descriptions in the units of the model.

    Warns
    -----
    ZeroShotWarning
        If they differ by less than a millionth of their size.
    """
    spread = np.ptp(scaled, axis=0).max()
    if 0 < spread < SMALLEST_SPREAD * np.abs(scaled).max():
        warn_user(
            "The scaled descriptions of all classes differ by less than a millionth of "
            "their size. Subtract from every column of attributes what all classes "
            'have in common, or give attribute_scaling="standard".',
        )


def warn_of_labels_in_column(attributes, seen_labels):
    """Warn of a table whose labels seem to be a column.

    Certain enough to warn: the table has no index, or one that only counts rows, and
    the first column, or the last one, where pyarrow writes an index, holds different
    whole numbers among which are all labels of `y`.

    Parameters
    ----------
    attributes : DataFrame or array-like of shape (n_classes, n_attributes)
        As the user gave it.
    seen_labels : ndarray of shape (n_seen,)
        Labels that occur in `y`.

    Warns
    -----
    ZeroShotWarning
        The message names the column.
    """
    names, is_pandas = column_names(attributes), isinstance(attributes, pd.DataFrame)
    has_labels = is_pandas and not isinstance(attributes.index, pd.RangeIndex)
    if names is None or len(names) < 2 or has_labels or len(seen_labels) < 2:
        return
    if is_pandas:
        columns = [attributes.iloc[:, place] for place in (0, -1)]
        advice = (
            "Then call attributes.set_index(column), or read the file with "
            "pandas.read_csv(path, index_col=0)."
        )
    else:
        columns = [np.asarray(attributes[names[place]]) for place in (0, -1)]
        advice = "Then give it as classes, and attributes without it."
    for name, column in zip((names[0], names[-1]), columns, strict=True):
        if holds_labels(pd.Series(column), seen_labels):
            warn_user(
                f"The column {name!r} of attributes holds all labels of y, and its "
                "rows have no other labels: it seems that the column holds those of "
                f"the rows. {advice}"
            )
            return


def holds_labels(column, labels):
    """Whether a Series holds different whole numbers, among them all labels."""
    return (
        pd.api.types.is_integer_dtype(column)
        and column.is_unique
        and pd.Index(labels).isin(column).all()
    )


def listing(labels, most=8):
    """Name the first few labels, for a message."""
    shown = ", ".join(repr(label) for label in to_show(labels)[:most])
    more = len(labels) - most
    return f"labels [{shown}]" if more <= 0 else f"labels [{shown}, and {more} more]"


def _refuse_missing_of_nullable(attributes):
    """Refuse missing values where an imputed number may not be one of the type.

    Nullable integers and booleans have no place for the mean of a column.
    """
    columns = attributes.items() if isinstance(attributes, pd.DataFrame) else ()
    for name, column in columns:
        kind = column.dtype
        if isinstance(kind, ExtensionDtype) and is_numeric_dtype(kind):
            missing = column.index[column.isna()]
            if len(missing):
                raise ValueError(
                    f"attributes has no {name!r} of class {missing[0]!r}, in a column "
                    f"of the type {kind}. Fill it in, or turn the table into floats, "
                    'attributes.astype("float64"), whose missing values are imputed.'
                )


def _to_float(attributes):
    if isinstance(attributes, pd.DataFrame):
        # pandas itself turns dates into nanoseconds, but only beside other columns.
        if not all(_converts(column) for _, column in attributes.items()):
            raise TypeError("some columns do not hold numbers")
        # Nullable columns have a missing value of their own.
        return attributes.to_numpy(dtype=np.float64, na_value=np.nan, copy=True)
    names = column_names(attributes)
    if names is not None:
        columns = [np.asarray(attributes[name]) for name in names]
        if any(column.dtype.kind in NOT_REAL for column in columns):
            raise TypeError("some columns do not hold real numbers")
        return np.column_stack([column.astype(np.float64) for column in columns])
    array = unmasked(np.asanyarray(attributes))
    if array.dtype.kind in NOT_REAL:
        raise TypeError("the array does not hold real numbers")
    return np.array(array, dtype=np.float64)


def _non_numeric(attributes):
    if not isinstance(attributes, pd.DataFrame):
        return "an array that does not convert to float"
    columns = [name for name, column in attributes.items() if not _converts(column)]
    return f"non-numeric columns {columns[:8]}"


def _converts(column):
    if column.dtype.kind in NOT_REAL:
        return False
    try:
        column.to_numpy(dtype=np.float64, na_value=np.nan)
    except (TypeError, ValueError):
        return False
    return True
