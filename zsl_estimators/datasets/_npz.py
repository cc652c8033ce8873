"""One data set in one ``.npz`` file: features, labels, descriptions, splits."""

import numpy as np
import pandas as pd
from sklearn.utils import Bunch

_REQUIRED = ("X", "y", "classes", "attributes", "is_test", "unseen_sets")


def load_gzsl_npz(path, *, unseen_set=0):
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
        If the file holds pickled objects, which could run any code and are never
        loaded, lacks a key, or has no such `unseen_set`.

    Examples
    --------
    >>> from zsl_estimators.datasets import load_gzsl_npz
    >>> data = load_gzsl_npz("awa1.npz")  # doctest: +SKIP
    """
    file = _read_arrays(path)
    n_sets = len(file["unseen_sets"])
    if not 0 <= unseen_set < n_sets:
        raise ValueError(
            f"unseen_set must be from 0 to {n_sets - 1} for {path}, got {unseen_set}"
        )
    classes, is_test = file["classes"], file["is_test"].astype(bool)
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
    path, X, y, attributes, *, is_test, unseen_sets, classes=None, compress=True
):
    """Save a generalized zero-shot data set in one ``.npz`` file.

    Parameters
    ----------
    path : str or path-like
        File to write.
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
        Trade time for a smaller file.

    Raises
    ------
    ValueError
        If labels have no row or the lengths differ.

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
    if not isinstance(attributes, pd.DataFrame):
        attributes = pd.DataFrame(np.asarray(attributes), index=classes)
    index = attributes.index
    arrays = {
        "X": np.asarray(X),
        "y": _row_numbers(index, y, "y"),
        "classes": _plain(index.to_numpy()),
        "attributes": attributes.to_numpy(),
        "attribute_names": np.array(attributes.columns.astype(str), dtype=str),
        "is_test": np.asarray(is_test, dtype=bool),
        "unseen_sets": np.array(
            [_row_numbers(index, labels, "unseen_sets") for labels in unseen_sets]
        ),
    }
    if not len(arrays["X"]) == len(arrays["y"]) == len(arrays["is_test"]):
        raise ValueError(
            f"X, y and is_test must have one entry per sample, got {len(arrays['X'])}, "
            f"{len(arrays['y'])} and {len(arrays['is_test'])}"
        )
    (np.savez_compressed if compress else np.savez)(path, **arrays)


def _read_arrays(path):
    with np.load(path, allow_pickle=False) as file:
        missing = [key for key in _REQUIRED if key not in file]
        if missing:
            raise ValueError(
                f"{path} lacks {missing}; it needs {list(_REQUIRED)}. "
                "save_gzsl_npz writes such a file."
            )
        try:
            return {key: file[key] for key in file}
        except ValueError as error:
            raise ValueError(
                f"{path} holds pickled objects, which are not loaded because they "
                "could run any code. Save plain numbers and strings instead."
            ) from error


def _row_numbers(index, labels, name):
    rows = index.get_indexer(pd.Index(labels))
    if (rows < 0).any():
        missing = np.unique(np.asarray(labels)[rows < 0])
        raise ValueError(f"{name} holds {missing[:8].tolist()}, not in attributes")
    return rows


def _plain(labels):
    """Strings without pickles."""
    return labels.astype(str) if labels.dtype.kind == "O" else labels
