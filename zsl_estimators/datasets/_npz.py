"""One data set in one ``.npz`` file: features, labels, descriptions, splits."""

import zlib
from collections.abc import Sequence
from os import PathLike
from pathlib import Path
from tokenize import TokenError
from zipfile import BadZipFile

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from sklearn.utils import Bunch, check_array

from zsl_estimators.descriptions import column_names, description_matrix
from zsl_estimators.labels import as_labels

# What numpy, zipfile and zlib raise where bits are wrong.
_DAMAGE = (
    BadZipFile,
    EOFError,
    NotImplementedError,
    OSError,
    RuntimeError,
    SyntaxError,
    TokenError,
    TypeError,
    zlib.error,
)
_REQUIRED = ("X", "y", "classes", "attributes", "is_test", "unseen_sets")


def load_gzsl_npz(path: str | PathLike[str], *, unseen_set: int = 0) -> Bunch:
    """Load a generalized zero-shot data set from one ``.npz`` file.

    Parameters
    ----------
    path : str or path-like
        File written by :func:`save_gzsl_npz`, or with the same keys: ``X``
        (n_samples, n_features), ``y`` (n_samples,) with row numbers of ``classes``
        (n_classes,) and ``attributes`` (n_classes, n_attributes), ``is_test``
        (n_samples,), ``unseen_sets`` (n_sets, n_unseen) with row numbers, and
        optionally ``attribute_names``.
    unseen_set : int, default=0
        Which of the file's choices of unseen classes to use.

    Returns
    -------
    data : :class:`~sklearn.utils.Bunch`
        Dictionary-like, with X_train, y_train (never of unseen classes, never of
        test rows), X_test, y_test (all test rows), attributes (a DataFrame),
        seen_classes, unseen_classes, and n_unseen_sets.

    Raises
    ------
    ValueError
        If the file is damaged, holds pickled objects, which could run any code and are
        never loaded, lacks a key, or has no such `unseen_set`; or if its arrays do not
        belong together. The message names file and key.

    Examples
    --------
    >>> from zsl_estimators.datasets import load_gzsl_npz
    >>> data = load_gzsl_npz("awa1.npz")  # doctest: +SKIP
    """
    file = _read_arrays(path)
    _check_arrays(file, path)
    n_sets = len(file["unseen_sets"])
    if not 0 <= unseen_set < n_sets:
        raise ValueError(
            f"unseen_set must be from 0 to {n_sets - 1} for {path}, got {unseen_set}"
        )
    classes, is_test = file["classes"], _truth_values(file["is_test"])
    unseen = file["unseen_sets"][unseen_set]
    trained = ~is_test & ~np.isin(file["y"], unseen)
    labels = classes[file["y"]]
    return Bunch(
        X_train=file["X"][trained],
        y_train=labels[trained],
        X_test=file["X"][is_test],
        y_test=labels[is_test],
        attributes=pd.DataFrame(
            file["attributes"], index=classes, columns=file.get("attribute_names")
        ),
        seen_classes=np.delete(classes, unseen),
        unseen_classes=classes[unseen],
        n_unseen_sets=n_sets,
    )


def save_gzsl_npz(
    path: str | PathLike[str],
    X: ArrayLike,
    y: ArrayLike,
    attributes: pd.DataFrame | ArrayLike,
    *,
    is_test: ArrayLike,
    unseen_sets: Sequence[ArrayLike],
    classes: ArrayLike | None = None,
    compress: bool = True,
) -> None:
    """Save a generalized zero-shot data set in one ``.npz`` file.

    Parameters
    ----------
    path : str or path-like
        File to write, under exactly this name.
    X : array-like of shape (n_samples, n_features)
        Features.
    y : array-like of shape (n_samples,)
        Labels, each with a row in `attributes`.
    attributes : DataFrame or array-like of shape (n_classes, n_attributes)
        Class descriptions; the index of a DataFrame holds the labels.
    is_test : array-like of shape (n_samples,)
        True for test rows.
    unseen_sets : sequence of sequences of labels
        One or more choices of unseen classes, all of the same size.
    classes : array-like of shape (n_classes,), default=None
        Labels of the rows when `attributes` is an array.
    compress : bool, default=True
        Whether to compress the file, which takes longer.

    Raises
    ------
    ValueError
        If labels have no row, the lengths differ, features or descriptions are no
        numbers, `is_test` holds something else than truth values, or the choices of
        unseen classes differ in size. A file that was there before stays as it was.
    TypeError
        If `X` is sparse.

    Examples
    --------
    >>> import os, tempfile
    >>> from zsl_estimators.datasets import load_gzsl_npz, make_gzsl, save_gzsl_npz
    >>> made = make_gzsl(random_state=0)
    >>> path = os.path.join(tempfile.mkdtemp(), "made.npz")
    >>> save_gzsl_npz(
    ...     path, made.X_test, made.y_test, made.attributes,
    ...     is_test=[i % 2 for i in range(len(made.y_test))],
    ...     unseen_sets=[made.unseen_classes],
    ... )
    >>> load_gzsl_npz(path).X_test.shape
    (320, 16)
    """
    matrix = description_matrix(attributes)
    labels = attributes.index if isinstance(attributes, pd.DataFrame) else classes
    labels = range(len(matrix)) if labels is None else labels
    index = pd.Index(as_labels(labels, "the labels of attributes"))
    names = column_names(attributes) or range(matrix.shape[1])
    arrays = {
        "X": _features(X),
        "y": _row_numbers(index, y, "y"),
        "classes": np.asarray(as_labels(index, "classes")),
        "attributes": matrix,
        "attribute_names": np.array([str(name) for name in names], dtype=str),
        "is_test": _truth_values(is_test),
        "unseen_sets": _row_numbers_of_sets(index, unseen_sets),
    }
    if not len(arrays["X"]) == len(arrays["y"]) == len(arrays["is_test"]):
        raise ValueError(
            f"X, y and is_test must have one entry per sample, got {len(arrays['X'])}, "
            f"{len(arrays['y'])} and {len(arrays['is_test'])}"
        )
    if len(index) != len(matrix):
        raise ValueError(
            f"classes must name the {len(matrix)} rows of attributes, got {len(index)}."
        )
    _write_whole(Path(path), np.savez_compressed if compress else np.savez, arrays)


def _write_whole(path, save, arrays):
    """Write a file that takes its place only when it is complete."""
    unfinished = path.with_name(f"{path.name}.part")
    try:
        # numpy would add a suffix to a path.
        with unfinished.open("wb") as file:
            save(file, **arrays)
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


def _features(X):
    """Features as numbers; an array of objects would be pickled."""
    return check_array(X, dtype="numeric", ensure_all_finite="allow-nan")


def _read_arrays(path):
    try:
        # Opened here, for numpy leaves files open that it cannot read.
        with Path(path).open("rb") as opened, np.load(opened) as file:
            missing = [key for key in _REQUIRED if key not in file]
            arrays = {} if missing else {key: file[key] for key in file}
    except ValueError as error:
        raise ValueError(
            f"{path} holds pickled objects, which are not loaded because they could "
            f"run any code, or is no .npz file ({error}). Save plain numbers and "
            "strings with save_gzsl_npz."
        ) from error
    except _DAMAGE as error:
        if getattr(error, "errno", None) is not None:
            # Not the content, but that there is no such file, or no right to read it.
            raise
        raise ValueError(
            f"{path} is damaged or no .npz file ({error}). Get or save it again."
        ) from error
    if missing:
        raise ValueError(
            f"{path} lacks {missing}; it needs {list(_REQUIRED)}. "
            "save_gzsl_npz writes such a file."
        )
    return arrays


def _check_arrays(file, path):
    """Refuse arrays that do not belong together."""
    n_classes, n_samples = len(file["classes"]), len(file["X"])
    for key, length in (("attributes", n_classes), ("y", n_samples)):
        if len(file[key]) != length:
            raise ValueError(
                f"{path}: {key} has {len(file[key])} rows, but there are {length} "
                f"{'classes' if key == 'attributes' else 'rows of X'}."
            )
    _truth_values(file["is_test"], f"{path}: is_test", n_samples)
    for key in ("y", "unseen_sets"):
        numbers = file[key]
        whole = numbers.dtype.kind in "iu"
        if not whole or (numbers.size and not 0 <= numbers.min() <= numbers.max()):
            raise ValueError(f"{path}: {key} must hold row numbers of classes, from 0.")
        if numbers.size and numbers.max() >= n_classes:
            raise ValueError(
                f"{path}: {key} has the row number {numbers.max()}, but there are "
                f"{n_classes} classes."
            )


def _truth_values(values, name="is_test", length=None):
    """A boolean array; zeros and ones will do, words will not."""
    values = np.asarray(values)
    if values.dtype.kind not in "biuf" or not np.isin(values, (0, 1)).all():
        raise ValueError(
            f"{name} must hold True for test rows and False for others, got "
            f"{np.unique(values)[:4].tolist()}. For instance is_test=(split == 'test')."
        )
    if length is not None and len(values) != length:
        raise ValueError(f"{name} has {len(values)} entries for {length} rows of X.")
    return values.astype(bool)


def _row_numbers_of_sets(index, unseen_sets):
    """One row per choice of unseen classes."""
    rows = [_row_numbers(index, labels, "unseen_sets") for labels in unseen_sets]
    sizes = sorted({len(numbers) for numbers in rows})
    if len(sizes) > 1:
        raise ValueError(
            f"all choices in unseen_sets must have the same number of classes, got "
            f"{sizes}. Save the others in another file."
        )
    return np.array(rows)


def _row_numbers(index, labels, name):
    labels = as_labels(labels, name)
    rows = index.get_indexer(pd.Index(labels))
    if (rows < 0).any():
        missing = np.unique(labels[rows < 0])
        raise ValueError(f"{name} holds {missing[:8].tolist()}, not in attributes")
    return rows
