"""The field's standard files: ``res101.mat`` and ``att_splits.mat``."""

from pathlib import Path

import numpy as np
import pandas as pd
from scipy.io import loadmat
from sklearn.utils import Bunch


def load_xlsa17(folder, name):
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

    Returns
    -------
    data : :class:`~sklearn.utils.Bunch`
        Dictionary-like, with X_train, y_train (seen classes), X_test, y_test (rows
        of ``test_seen_loc``, then of ``test_unseen_loc``), attributes (a DataFrame
        of the class descriptions as stored, each of unit length, indexed by class
        name), original_attributes (the same before scaling to unit length, None
        where the file has none), seen_classes and unseen_classes.

    Raises
    ------
    FileNotFoundError
        If one of the two files is not there.
    ValueError
        If a test row is a training row as well.

    References
    ----------
    Xian, Lampert, Schiele, Akata: Zero-shot learning - a comprehensive evaluation
    of the good, the bad and the ugly, TPAMI 2018.

    Examples
    --------
    >>> from zsl_estimators.datasets import load_xlsa17
    >>> data = load_xlsa17("xlsa17/data", "AWA2")  # doctest: +SKIP
    """
    features = _load(Path(folder) / name / "res101.mat")
    splits = _load(Path(folder) / name / "att_splits.mat")
    names = np.array(
        [str(np.ravel(cell)[0]) for cell in splits["allclasses_names"].flat]
    )
    X = features["features"].T
    labels = names[features["labels"].ravel().astype(int) - 1]
    train = _rows(splits["trainval_loc"])
    test_seen = _rows(splits["test_seen_loc"])
    test_unseen = _rows(splits["test_unseen_loc"])
    test = np.concatenate([test_seen, test_unseen])
    if np.intersect1d(train, test).size:
        raise ValueError(
            f"att_splits.mat of {name} lists {np.intersect1d(train, test).size} rows "
            "for both training and testing; get the file again."
        )
    return Bunch(
        X_train=X[train],
        y_train=labels[train],
        X_test=X[test],
        y_test=labels[test],
        attributes=_table(splits["att"], names),
        original_attributes=_table(splits.get("original_att"), names),
        seen_classes=np.unique(labels[train]),
        unseen_classes=np.unique(labels[test_unseen]),
    )


def _load(path):
    if not path.exists():
        raise FileNotFoundError(
            f"{path} is not there. Unpack xlsa17.zip and give the folder that holds "
            "one folder per data set."
        )
    return loadmat(path)


def _rows(locations):
    """Matlab counts from 1."""
    return locations.ravel().astype(int) - 1


def _table(matrix, names):
    return None if matrix is None else pd.DataFrame(matrix.T, index=names)
