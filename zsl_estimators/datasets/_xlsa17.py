"""The field's standard files: ``res101.mat`` and ``att_splits.mat``."""

from pathlib import Path

import numpy as np
import pandas as pd
from scipy.io import loadmat
from sklearn.utils import Bunch


def load_xlsa17(
    folder, name, *, features="res101", splits="att_splits", train_percent=None
):
    """Load a data set in the layout of the "Proposed Split" (xlsa17).

    Training rows are those of ``trainval_loc``. The finer ``train_loc`` and
    ``val_loc`` are never used: in the first release of these files they overlap
    with the test rows of seen classes, so that tuning on them is tuning on the test
    set. To choose anything, hide seen classes with
    :class:`~zsl_estimators.model_selection.ClassHoldoutSplit`.

    Parameters
    ----------
    folder : str or path-like
        The unpacked ``data`` folder.
    name : str
        The data set's own folder in it: "AWA1", "AWA2", "CUB", "SUN", "APY"...
    features : str, default="res101"
        Name of the file of features, without ".mat". Besides those of the release,
        files of other networks in the same layout can be read, such as
        "res101_finetuned", and files that hold nothing but ``features``, in the order
        of ``res101.mat``, such as "con_paco" and "ce_ce" of ZeroDiff. Networks that
        were trained further on the seen classes, or that have seen the unseen ones,
        make figures that cannot be compared with others.
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
            f"{splits.path}: {both.size} rows of trainval_loc are test rows too: they "
            "serve both training and testing. Get the file again."
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


class MatFile:
    """A ``.mat`` file whose errors name the file and the field.

    Parameters
    ----------
    path : Path
        The file.
    """

    def __init__(self, path):
        self.path = path
        if not path.exists():
            raise FileNotFoundError(
                f"{path} is not there. Unpack xlsa17.zip and give the folder that "
                "holds one folder per data set."
            )
        try:
            self.fields = loadmat(path)
        except NotImplementedError as error:
            raise ValueError(
                f"{path} has the format v7.3 of Matlab, which is not read here. Save "
                "it again with save(..., '-v7')."
            ) from error
        except Exception as error:
            raise ValueError(
                f"{path} is damaged or no .mat file ({error}). Get it again."
            ) from error

    def __contains__(self, field):
        return field in self.fields

    def __getitem__(self, field):
        if field not in self.fields:
            found = sorted(name for name in self.fields if name[0] != "_")
            raise ValueError(f"{self.path} has no field {field}; it has {found}.")
        return self.fields[field]

    def matrix(self, field):
        """A field of two dimensions."""
        matrix = np.asarray(self[field])
        if matrix.ndim != 2 or matrix.dtype.kind not in "biuf":
            raise ValueError(f"{self.path}: {field} must be a matrix of numbers.")
        return matrix

    def positions(self, field, n_things, length=None):
        """A field that counts things from 1, as positions from 0.

        Parameters
        ----------
        field : str
            Its name.
        n_things : int
            What it counts: rows, or classes.
        length : int or None, default=None
            Number of entries that it must have.

        Returns
        -------
        positions : ndarray of shape (n_entries,)
            Integers from 0.
        """
        numbers = np.asarray(self[field]).ravel()
        kind = numbers.dtype.kind
        if kind == "b" or (
            len(numbers) == n_things > 1 and np.isin(numbers, (0, 1)).all()
        ):
            raise ValueError(
                f"{self.path}: {field} looks like a mask of {len(numbers)} truth "
                "values; it must count from 1. Give numpy.flatnonzero(mask) + 1."
            )
        if kind not in "iuf" or not np.array_equal(numbers, np.floor(numbers)):
            raise ValueError(f"{self.path}: {field} must hold whole numbers.")
        if length is not None and len(numbers) != length:
            raise ValueError(
                f"{self.path}: {field} has {len(numbers)} entries for {length} rows."
            )
        if len(numbers) and not 1 <= numbers.min() <= numbers.max() <= n_things:
            raise ValueError(
                f"{self.path}: {field} must count from 1 to {n_things}, as Matlab "
                f"does, got numbers from {numbers.min()} to {numbers.max()}."
            )
        return numbers.astype(np.int64) - 1
