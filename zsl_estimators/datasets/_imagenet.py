"""ImageNet-21k in the files of the field: word vectors, splits and ResNet features."""

from dataclasses import dataclass
from os import PathLike
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import DTypeLike
from sklearn.utils import Bunch
from tqdm.auto import tqdm

from zsl_estimators.datasets._mapped_file import new_mapped_file
from zsl_estimators.datasets._matlab import HDF5File, MatFile
from zsl_estimators.exceptions import warn_user

# Names of splits and of their entries in the file.
SPLITS = {
    "2hops": "hops2",
    "3hops": "hops3",
    "all": "all",
    **{f"{kind}{n}": f"{kind}{n}" for kind in ("mp", "lp") for n in (500, 1000, 5000)},
}
N_SEEN = 1000
ROWS_PER_BLOCK = 4096
BIN_HEADER = np.dtype("<i4")


def load_imagenet_gzsl(
    folder: str | PathLike[str],
    split: str = "2hops",
    *,
    n_train_per_class: int | None = None,
    n_test_per_class: int | None = None,
    cache: str | PathLike[str] | None = None,
    dtype: DTypeLike = np.float16,
    verbose: int = 0,
) -> Bunch:
    """Load the generalized zero-shot task of ImageNet-21k.

    The 1,000 classes of ILSVRC 2012 are seen, and the classes of a split of the other
    20,842 are unseen. Classes are described by word vectors; features are those of a
    ResNet-101. Nothing is downloaded: the published files must be in `folder`.

    Features are rewritten once, with one row per sample, to files in `cache`, and are
    memory-mapped from there, so that they need no memory until they are used.

    Parameters
    ----------
    folder : str or path-like
        Holds ``ImageNet_splits.mat``, ``ImageNet_w2v.mat``,
        ``ILSVRC2012_res101_feature.mat`` and, of the unseen classes, a file
        ``res101_1crop_feature/<number>.bin`` each.
    split : str, default="2hops"
        Which classes are unseen: "2hops" and "3hops" from a seen class in WordNet, the
        most populated "mp500", "mp1000" and "mp5000", the least populated "lp500",
        "lp1000" and "lp5000", or "all". Those without a word vector are left out, as
        the release does: 1,509, 7,678 and 20,345 classes for "2hops", "3hops" and
        "all". Other code counts 1,549, 7,860 and 20,842: figures of the two cannot be
        compared.
    n_train_per_class, n_test_per_class : int or None, default=None
        Number of samples of every class to keep, evenly spaced in the files. None keeps
        all: 1.28 million for training, up to 12.9 million for testing.
    cache : str, path-like or None, default=None
        Folder for the rewritten features; None is ``zsl_estimators_cache`` in `folder`.
    dtype : dtype, default=numpy.float16
        Data type of the rewritten features, which take ``2 * 2048`` bytes per sample
        with float16.
    verbose : int, default=0
        Above 0, show progress while features are rewritten.

    Returns
    -------
    data : :class:`~sklearn.utils.Bunch`
        Dictionary-like, with X_train, y_train (seen classes), X_test, y_test
        (validation images of the seen classes, then images of unseen ones), attributes
        (a DataFrame with one word vector per class, indexed by WordNet id, seen classes
        first), words (a Series with the synonyms of every class), seen_classes and
        unseen_classes. Labels are WordNet ids.

    Raises
    ------
    FileNotFoundError
        If a file is not there.
    ImportError
        If h5py is not installed, which reads two of the files.
    OSError
        If the disk has not enough space for the rewritten features.
    ValueError
        If `split` is unknown, or a file is damaged or does not belong to the others.

    Warns
    -----
    ZeroShotWarning
        If there are no features of some unseen classes. They stay among the classes.

    See Also
    --------
    zsl_estimators.metrics.hit_at_k_score : The figure that is usual here.

    References
    ----------
    Xian, Lampert, Schiele, Akata: Zero-shot learning - a comprehensive evaluation
    of the good, the bad and the ugly, TPAMI 2018.

    Examples
    --------
    >>> from zsl_estimators.datasets import load_imagenet_gzsl
    >>> data = load_imagenet_gzsl("ImageNet", "mp500")  # doctest: +SKIP
    """
    if split not in SPLITS:
        raise ValueError(f"split must be one of {', '.join(SPLITS)}, got {split!r}")
    folder = Path(folder)
    cache = folder / "zsl_estimators_cache" if cache is None else Path(cache)
    vectors, words, without_vector = _word_vectors(folder / "ImageNet_w2v.mat")
    splits = MatFile(folder / "ImageNet_splits.mat")
    unseen = splits.positions(SPLITS[split], len(vectors))
    unseen = np.setdiff1d(unseen, without_vector)
    if unseen.min(initial=len(vectors)) < N_SEEN:
        raise ValueError(
            f"{splits.path}: {SPLITS[split]} lists one of the first {N_SEEN} classes, "
            "which are the seen ones. Get the file again."
        )
    features = HDF5File(folder / "ILSVRC2012_res101_feature.mat")
    train = _seen_rows(features, "features", "labels", n_train_per_class)
    seen_test = _seen_rows(features, "features_val", "labels_val", n_test_per_class)
    unseen_test = _unseen_rows(
        folder / "res101_1crop_feature", unseen, train.n_features, n_test_per_class
    )
    kept = [f"{n or 'all'}" for n in (n_train_per_class, n_test_per_class)]
    show = {"dtype": dtype, "shown": verbose > 0}
    labels, classes = vectors.index.to_numpy(), np.append(np.arange(N_SEEN), unseen)
    return Bunch(
        X_train=_mapped(cache / f"train_{kept[0]}.npy", [train], **show),
        y_train=labels[train.y],
        X_test=_mapped(
            cache / f"test_{split}_{kept[1]}.npy", [seen_test, *unseen_test], **show
        ),
        y_test=labels[np.concatenate([part.y for part in [seen_test, *unseen_test]])],
        attributes=vectors.iloc[classes],
        words=words.iloc[classes],
        seen_classes=labels[:N_SEEN],
        unseen_classes=labels[unseen],
    )


# -- parts of features --------------------------------------------------------------


@dataclass(frozen=True)
class ColumnsOfHDF5:
    """Some samples of a matrix in an HDF5 file.

    Parameters
    ----------
    file : HDF5File
        The file.
    field : str
        Name of the matrix.
    by_column : bool
        Whether samples are columns.
    kept : ndarray of shape (n_kept,)
        Rising positions of the samples.
    y : ndarray of shape (n_kept,)
        Positions of their classes.
    n_features : int
        Number of features.
    """

    file: HDF5File
    field: str
    by_column: bool
    kept: np.ndarray
    y: np.ndarray
    n_features: int

    @property
    def path(self):
        """Where the file is."""
        return self.file.path

    def blocks(self):
        """Yield features of some samples at a time, in their order."""
        with self.file.opened() as file:
            matrix = file[self.field]
            for start in range(0, self.kept[-1] + 1, ROWS_PER_BLOCK):
                # Slices are read far faster than lists of positions.
                rows = slice(start, start + ROWS_PER_BLOCK)
                first, last = np.searchsorted(self.kept, [rows.start, rows.stop])
                block = matrix[:, rows].T if self.by_column else matrix[rows]
                yield block[self.kept[first:last] - start]


@dataclass(frozen=True)
class RowsOfBin:
    """Some samples of one class, from a file of its own.

    Parameters
    ----------
    path : Path
        Two little-endian integers, the numbers of samples and features, then float64.
    kept : ndarray of shape (n_kept,)
        Rising positions of the samples.
    y : ndarray of shape (n_kept,)
        Position of the class, repeated.
    shape : tuple of int
        Of the whole file.
    """

    path: Path
    kept: np.ndarray
    y: np.ndarray
    shape: tuple

    def blocks(self):
        """Yield features of some samples at a time, in their order."""
        offset = 2 * BIN_HEADER.itemsize
        rows = np.memmap(self.path, "<f8", "r", offset=offset, shape=self.shape)
        for start in range(0, len(self.kept), ROWS_PER_BLOCK):
            yield rows[self.kept[start : start + ROWS_PER_BLOCK]]


def _seen_rows(file, field, labels, n_per_class):
    """Samples of a matrix of the seen classes; nothing is read yet.

    Parameters
    ----------
    file : HDF5File
        The file.
    field, labels : str
        Names of the matrix and of the numbers of the classes.
    n_per_class : int or None
        Samples to keep of every class; None is all.

    Returns
    -------
    rows : ColumnsOfHDF5
        Those that are kept.
    """
    y, shape = file.positions(labels, N_SEEN), file.shape(field)
    # Samples are columns of one matrix of the release and rows of the other.
    if len(y) not in shape:
        raise ValueError(
            f"{file.path}: {field} has the shape {shape} for {len(y)} labels."
        )
    by_column = shape[0] != len(y)
    kept = _kept_of_classes(y, n_per_class)
    n_features = shape[0] if by_column else shape[1]
    return ColumnsOfHDF5(file, field, by_column, kept, y[kept], n_features)


def _unseen_rows(folder, classes, n_features, n_per_class):
    """One :class:`RowsOfBin` per unseen class that has features."""
    if not folder.is_dir():
        raise FileNotFoundError(
            f"{folder} is not there. Unpack ImageNet2011_res101_feature.zip beside the "
            "other files."
        )
    parts = []
    for position in classes:
        # Numbers in names of files count from 1.
        path = folder / f"{position + 1}.bin"
        if path.exists():
            n_rows = _rows_of_bin(path, n_features)
            kept = evenly_spaced(n_rows, n_per_class)
            y = np.full(len(kept), position)
            parts.append(RowsOfBin(path, kept, y, (n_rows, n_features)))
    if len(parts) < len(classes):
        warn_user(
            f"{folder} has no features of {len(classes) - len(parts)} of the "
            f"{len(classes)} unseen classes. They can be predicted, but not tested.",
        )
    return parts


def _rows_of_bin(path, n_features):
    """Number of samples in a file of one class."""
    header = np.fromfile(path, BIN_HEADER, count=2)
    expected = 8 + 8 * int(np.prod(header, dtype=np.int64)) if len(header) == 2 else -1
    if path.stat().st_size != expected or header[1] != n_features:
        raise ValueError(
            f"{path} is damaged: it must hold the number of samples, {n_features} and "
            "the features. Get it again."
        )
    return int(header[0])


def evenly_spaced(n, n_wanted):
    """Rising positions among `n` things, all of them where `n_wanted` is None."""
    if n_wanted is None or n <= n_wanted:
        return np.arange(n)
    return np.linspace(0, n - 1, n_wanted).round().astype(np.int64)


def _kept_of_classes(y, n_per_class):
    """Rising positions of samples, evenly spaced within every class."""
    order = np.argsort(y, kind="stable")
    groups = np.split(order, np.cumsum(np.bincount(y))[:-1])
    kept = [group[evenly_spaced(len(group), n_per_class)] for group in groups]
    return np.sort(np.concatenate(kept))


# -- rewritten features -------------------------------------------------------------


def _mapped(path, parts, dtype, shown):
    """Features of all parts in one memory-mapped file, written unless it is there."""
    dtype = np.dtype(dtype)
    path = path.with_name(f"{path.stem}_{dtype.name}.npy")
    shape = sum(len(part.kept) for part in parts), parts[0].n_features
    newest = max(part.path.stat().st_mtime for part in parts)
    if not (path.exists() and path.stat().st_mtime >= newest):
        _write(path, parts, shape, dtype, shown)
    mapped = np.load(path, mmap_mode="r")
    if mapped.shape != shape or mapped.dtype != dtype:
        raise ValueError(
            f"{path} has the shape {mapped.shape} instead of {shape}: it was made of "
            "other files. Delete it."
        )
    return mapped


def _write(path, parts, shape, dtype, shown):
    """Write features, a block at a time."""
    blocks, n_done = (block for part in parts for block in part.blocks()), 0
    otherwise = "Give another folder as cache, or fewer samples per class."
    with (
        new_mapped_file(path, shape, dtype, otherwise) as rows,
        tqdm(total=shape[0], desc=path.name, unit="row", disable=not shown) as bar,
    ):
        for block in blocks:
            rows[n_done : n_done + len(block)] = block
            n_done += len(block)
            bar.update(len(block))


def _word_vectors(path):
    """Word vectors and synonyms by WordNet id, and positions of classes without one."""
    file = HDF5File(path)
    ids = file.texts("wnids")
    vectors = file["w2v"]
    if vectors.shape[0] != len(ids):
        vectors = vectors.T
    if vectors.shape[0] != len(ids) or len(ids) <= N_SEEN:
        raise ValueError(
            f"{path}: w2v has the shape {vectors.shape} for {len(ids)} classes."
        )
    words = pd.Series(file.texts("words"), index=ids)
    without = file.positions("no_w2v_loc", len(ids))
    return pd.DataFrame(vectors, index=ids), words, without
