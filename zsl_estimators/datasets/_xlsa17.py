"""The field's standard files: ``res101.mat`` and ``att_splits.mat``."""

from os import PathLike
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.utils import Bunch

from zsl_estimators.datasets._matlab import MatFile


def load_xlsa17(
    folder: str | PathLike[str],
    name: str,
    *,
    features: str = "res101",
    splits: str = "att_splits",
    train_percent: int | None = None,
) -> Bunch:
    """Load a data set in the layout of the "Proposed Split" (xlsa17).

    Training rows are those of ``trainval_loc``. The finer ``train_loc`` and ``val_loc``
    are never used: in the first release of these files they overlap with the test rows
    of seen classes, so that tuning on them is tuning on the test set. For model
    selection, hide seen classes with
    :class:`~zsl_estimators.model_selection.ClassHoldoutSplit`.

    Parameters
    ----------
    folder : str or path-like
        The unpacked ``data`` folder.
    name : str
        Name of the data set and of its folder: "AWA1", "AWA2", "CUB", "SUN", "APY"...
    features : str, default="res101"
        Name of the file of features, without ".mat". Besides those of the release,
        files of other networks in the same layout can be read, such as
        "res101_finetuned", and files that hold nothing but ``features``, in the order
        of ``res101.mat``, such as "con_paco" and "ce_ce" of ZeroDiff. With networks
        that were fine-tuned on the seen classes, or trained on the unseen ones, figures
        cannot be compared with others.
    splits : str, default="att_splits"
        Name of the file of descriptions and rows, such as "sent_splits" for CUB.
    train_percent : {10, 30} or None, default=None
        Train on the rows of ``split_10percent.mat`` or ``split_30percent.mat`` of
        ZeroDiff, a part of the training rows. None is all.

    Returns
    -------
    data : :class:`~sklearn.utils.Bunch`
        Dictionary-like, with X_train, y_train (seen classes), X_test, y_test (rows
        of ``test_seen_loc``, then of ``test_unseen_loc``), attributes (a DataFrame
        of the class descriptions as stored, each of unit length, indexed by class
        name, or by numbers from 1 where the file has no names, as for FLO),
        original_attributes (the same before scaling to unit length, None where the file
        has none), seen_classes and unseen_classes.

    Raises
    ------
    FileNotFoundError
        If one of the files is not there.
    ValueError
        If a test row is a training row as well, or a file is damaged, lacks a field,
        counts from 0 or belongs to another one. The message names file and field.

    References
    ----------
    Xian, Lampert, Schiele, Akata: Zero-shot learning - a comprehensive evaluation
    of the good, the bad and the ugly, TPAMI 2018.

    Examples
    --------
    >>> from zsl_estimators.datasets import load_xlsa17
    >>> data = load_xlsa17("xlsa17/data", "AWA2")  # doctest: +SKIP
    """
    folder = Path(folder) / name
    file = MatFile(folder / f"{features}.mat")
    splits = MatFile(folder / f"{splits}.mat")
    matrix = splits.matrix("att").T
    X, positions = _features(file, len(matrix))
    names = _class_names(splits, len(matrix))
    labels = names[positions]
    train = splits.positions("trainval_loc", len(X))
    if train_percent is not None:
        # These count the training rows, not those of the features.
        part = MatFile(folder / f"split_{train_percent}percent.mat")
        train = train[part.positions("trainval_loc", len(train))]
    test_seen = splits.positions("test_seen_loc", len(X))
    test_unseen = splits.positions("test_unseen_loc", len(X))
    test = np.concatenate([test_seen, test_unseen])
    both = np.intersect1d(train, test)
    if both.size:
        raise ValueError(
            f"{splits.path}: {both.size} rows of trainval_loc are test rows too. "
            "Get the file again."
        )
    leaked = np.intersect1d(labels[train], labels[test_unseen])
    if leaked.size:
        raise ValueError(
            f"{splits.path}: trainval_loc has rows of the classes "
            f"{leaked[:8].tolist()}, which test_unseen_loc tests as unseen. The "
            "locations or the labels are shifted; get the files again."
        )
    original = splits.matrix("original_att").T if "original_att" in splits else None
    return Bunch(
        X_train=X[train],
        y_train=labels[train],
        X_test=X[test],
        y_test=labels[test],
        attributes=pd.DataFrame(matrix, index=names),
        original_attributes=(
            None if original is None else pd.DataFrame(original, index=names)
        ),
        seen_classes=np.unique(labels[train]),
        unseen_classes=np.unique(labels[test_unseen]),
    )


def _features(file, n_classes):
    """Read features, one row per sample, and the position of every sample's class."""
    has_labels = "labels" in file
    owner = file if has_labels else MatFile(file.path.with_name("res101.mat"))
    matrix, positions = file.matrix("features"), owner.positions("labels", n_classes)
    n_rows = len(positions)
    # The release has one column per sample; files without labels have one row.
    by_column = matrix.shape[1] == n_rows and (has_labels or matrix.shape[0] != n_rows)
    if not by_column and len(matrix) != n_rows:
        raise ValueError(
            f"{file.path}: features of the shape {matrix.shape} do not belong to "
            f"{n_rows} labels. Get the files again, or take those of one network."
        )
    return matrix.T if by_column else matrix, positions


def _class_names(splits, n_classes):
    """Names without the padding of Matlab; numbers from 1 where there are none."""
    if "allclasses_names" not in splits:
        return np.arange(1, n_classes + 1)
    cells = splits["allclasses_names"].ravel()
    names = np.array([str(np.ravel(cell)[0]).strip() for cell in cells])
    if len(names) != n_classes or len(set(names)) != n_classes:
        raise ValueError(
            f"{splits.path}: allclasses_names has {len(set(names))} different names "
            f"for the {n_classes} columns of att."
        )
    return names
