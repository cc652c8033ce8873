"""Scaled training rows that are made some at a time."""

from functools import cached_property

import numpy as np
from scipy.sparse import csr_array, issparse
from sklearn.preprocessing import StandardScaler
from sklearn.utils import gen_batches

from zsl_estimators.arrays import check_mapped_file
from zsl_estimators.sparse_rows import CenteredRows, as_dense

# Numbers of a block; with float64 that is 32 MiB.
NUMBERS_PER_BLOCK = 2**22


class PickedRows:
    """Some rows of an array, which are copied when they are read, and not before.

    A fold then needs no memory for its own rows, whether the array is in memory or
    mapped from a file. What expects an array gets one.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features) or PickedRows
        All rows.
    positions : ndarray of shape (n_picked,)
        Positions of the rows.
    """

    ndim = 2

    def __init__(self, X, positions):
        if isinstance(X, PickedRows):
            X, positions = X.X, X.positions[positions]
        self.X = X
        self.positions = positions

    @property
    def shape(self):
        """Number of rows and of columns."""
        return len(self.positions), self.X.shape[1]

    @property
    def dtype(self):
        """Precision of the array."""
        return self.X.dtype

    def __len__(self):
        return len(self.positions)

    def __getitem__(self, rows):
        check_mapped_file(self.X)
        return self.X[self.positions[rows]]

    def __array__(self, dtype=None, copy=None):
        return np.asarray(self[:], dtype=dtype)

    def astype(self, dtype):
        """All of them as an array."""
        return self[:].astype(dtype, copy=False)


def picked(X, positions):
    """Some rows: of an array without a copy, of a sparse matrix a smaller one.

    Parameters
    ----------
    X : ndarray, PickedRows or CSR matrix of shape (n_samples, n_features)
        All rows.
    positions : ndarray of shape (n_picked,) or slice
        Positions of the rows.

    Returns
    -------
    rows : ndarray, PickedRows or CSR matrix of shape (n_picked, n_features)
        In the order of the positions.
    """
    is_view = isinstance(X, np.ndarray) and isinstance(positions, slice)
    return X[positions] if is_view or issparse(X) else PickedRows(X, positions)


class ScaledRows:
    """Training rows in the units of a model, made from those in the users' units.

    Rows may be in half precision and memory-mapped: nothing but :attr:`whole` needs
    memory for all of them in double precision. Scaled rows of a sparse matrix are
    :class:`~zsl_estimators.sparse_rows.CenteredRows`, except in :meth:`dense_blocks`
    and in single precision.

    Parameters
    ----------
    X : ndarray, PickedRows or CSR matrix of shape (n_samples, n_features)
        Features in the users' units.
    scaler : transformer or None, default=None
        Fitted. None leaves rows as they are.
    """

    def __init__(self, X, scaler=None):
        self.X = X
        self.scaler = scaler

    def __len__(self):
        return self.X.shape[0]

    @property
    def is_sparse(self):
        """Whether scaled rows are CenteredRows."""
        return issparse(self.X)

    def __getitem__(self, rows):
        """Scale some rows, in double precision, whatever the precision of `X` is."""
        if "whole" in vars(self):
            return self.whole[rows]
        check_mapped_file(self.X)
        return scaled_features(self.scaler, self.X[rows])

    @cached_property
    def n_scaled(self):
        """Number of scaled features."""
        return self[:1].shape[1]

    @cached_property
    def whole(self):
        """All rows, float64 of shape (n_samples, n_scaled); kept once made."""
        return self[:]

    def only(self, kept):
        """Some of the rows, by positions or as a slice."""
        chosen = ScaledRows(picked(self.X, kept), self.scaler)
        if "whole" in vars(self):
            chosen.whole = self.whole[kept]
        return chosen

    def blocks(self):
        """Yield slices, and the rows of each scaled, float64."""
        for rows in row_slices(self.X):
            yield rows, self[rows]

    def dense_blocks(self):
        """The same as arrays, also where :meth:`blocks` would be sparse ones."""
        for rows in slices_of_arrays(self.X):
            yield rows, as_dense(self[rows])

    def single(self, function=None):
        """Rows, or what a function makes of them, in single precision.

        Parameters
        ----------
        function : callable or None, default=None
            Makes as many rows of scaled rows. None leaves them as they are.

        Returns
        -------
        rows : SingleRows
            Not made yet.
        """
        return SingleRows(self, function)

    def float32(self, function=None):
        """All of :meth:`single` at once, a C-contiguous array."""
        single = self.single(function)
        array = np.empty((len(single), single.n_columns), dtype=np.float32)
        for of_block, block in single.blocks():
            array[of_block] = block
        return array


class SingleRows:
    """Rows in single precision that are made of scaled ones when they are wanted.

    Parameters
    ----------
    rows : ScaledRows
        Scaled rows.
    function : callable or None
        Makes as many rows of scaled rows. None leaves them as they are.
    """

    def __init__(self, rows, function=None):
        self.rows = rows
        self.function = function

    def __len__(self):
        return len(self.rows)

    def __getitem__(self, rows):
        return self._made(self.rows[rows])

    @cached_property
    def n_columns(self):
        """Number of columns."""
        return self[:1].shape[1]

    def blocks(self):
        """Yield slices, and the rows of each."""
        for of_block, block in self.rows.dense_blocks():
            yield of_block, self._made(block)

    @property
    def is_sparse(self):
        """Whether they are made of sparse ones, which take much less memory."""
        return self.rows.is_sparse

    def _made(self, block):
        block = as_dense(block)
        made = block if self.function is None else self.function(block)
        return made.astype(np.float32)


class BlockwiseStandardScaler(  # type: ignore[call-arg]
    StandardScaler, auto_wrap_output_keys=None
):
    """StandardScaler that reads rows some at a time, in double precision.

    It returns arrays, whatever scikit-learn is told to output.

    It also learns from a sparse matrix, the same as from a dense one, whose rows
    :meth:`transform_sparse` scales without filling them.

    A column that was constant is scaled to zero: nothing can be learned from it, and
    what it does later depends on its unit.
    """

    def fit(self, X, y=None, sample_weight=None):
        """Learn mean and scale.

        Parameters
        ----------
        X : ndarray or CSR matrix of shape (n_samples, n_features)
            Rows of any precision.
        y : None
            Ignored.
        sample_weight : ndarray of shape (n_samples,) or None, default=None
            Weights of the rows.

        Returns
        -------
        self : BlockwiseStandardScaler
            Fitted.
        """
        if issparse(X):
            return self._fit_sparse(X.astype(np.float64, copy=False), sample_weight)
        fit = super().fit
        for rows in row_slices(X):
            check_mapped_file(X)
            weights = None if sample_weight is None else sample_weight[rows]
            fit(X[rows].astype(np.float64), sample_weight=weights)
            fit = super().partial_fit
        return self

    def transform(self, X, copy=None):
        """Scale rows of shape (n_samples, n_features) and double precision.

        scikit-learn takes longer to validate some hundred rows than to scale them.
        These were validated before. A sparse matrix is refused; `copy` is ignored.
        """
        if issparse(X):
            return super().transform(X, copy)
        scaled = X - self.mean_ if self.with_mean else X.copy()
        if self.with_std:
            scaled /= self.divisor_
        return scaled

    def transform_sparse(self, X):
        """Scale a CSR matrix of shape (n_samples, n_features); a CenteredRows."""
        return CenteredRows.scaled(X, self.mean_, self.divisor_)

    @property
    def divisor_(self):
        """Standard deviations, and infinity for columns that are constant."""
        if not self.with_std:
            return np.ones(self.n_features_in_)
        # scikit-learn gives the scale 1 to what is constant but for rounding.
        varies = self.scale_ == np.sqrt(self.var_)
        return np.where(varies, self.scale_, np.inf)

    def _fit_sparse(self, X, sample_weight):
        # scikit-learn refuses to centre, not to learn what that takes.
        plain = StandardScaler(with_mean=False).fit(X, sample_weight=sample_weight)
        self.n_features_in_ = plain.n_features_in_
        self.n_samples_seen_, self.mean_ = plain.n_samples_seen_, plain.mean_
        self.var_ = plain.var_ if self.with_std else None
        self.scale_ = plain.scale_ if self.with_std else None
        return self


def class_weights(y, weights=None):
    """Make the weights of all classes equal.

    Parameters
    ----------
    y : ndarray of shape (n_samples,)
        Class of every sample, from 0.
    weights : ndarray of shape (n_samples,) or None, default=None
        Weights of the samples, within their classes; None is 1.

    Returns
    -------
    balanced : ndarray of shape (n_samples,)
        Their sum is that of the weights, which without them is the number of samples.
    """
    counts = np.bincount(y, weights=weights)
    n_present = np.count_nonzero(counts)
    if weights is None:
        return len(y) / (n_present * counts[y])
    return weights * weights.sum() / (n_present * counts[y])


def class_sums(block, y_index, n_classes, weights=None):
    """Sum rows over the samples of every class.

    Parameters
    ----------
    block : ndarray or CenteredRows of shape (n_samples, n_features)
        Rows.
    y_index : ndarray of shape (n_samples,)
        Class of every row, from 0.
    n_classes : int
        Number of classes.
    weights : ndarray of shape (n_samples,) or None, default=None
        Weights of the rows; None is 1.

    Returns
    -------
    sums : ndarray of shape (n_classes, n_features)
        Zero where a class has no row.
    """
    n_rows = block.shape[0]
    factors = np.ones(n_rows) if weights is None else weights
    places = y_index, np.arange(n_rows)
    indicators = csr_array((factors, places), shape=(n_classes, n_rows))
    if isinstance(block, CenteredRows):
        return block.products_from_left(indicators)
    return indicators @ block


def class_moments(rows, y_index, n_classes, weights=None):
    """Sums of rows over classes, and of their products over all samples.

    Parameters
    ----------
    rows : ScaledRows
        Samples; they are read once, a block at a time.
    y_index : ndarray of shape (n_samples,)
        Class of every sample, from 0.
    n_classes : int
        Number of classes.
    weights : ndarray of shape (n_samples,) or None, default=None
        Weights of the samples; None is 1.

    Returns
    -------
    sums : ndarray of shape (n_classes, n_scaled)
        Sum of ``weight * x`` per class.
    gram : ndarray of shape (n_scaled, n_scaled)
        Sum of ``weight * outer(x, x)``.
    """
    sums = gram = 0.0
    for of_block, block in rows.blocks():
        if weights is not None:
            # Half of the weight, so that the product below is one of a matrix with
            # itself, which takes half the time.
            roots = np.sqrt(weights[of_block])[:, None]
            block = block * roots
        gram = gram + (block.gram() if rows.is_sparse else block.T @ block)
        weighted = block if weights is None else block * roots
        sums = sums + class_sums(weighted, y_index[of_block], n_classes)
    return sums, gram


def refuse_sparse(X):
    """Refuse a sparse matrix, and say what to do instead.

    Most models need matrices of the number of features squared, or networks as wide,
    for which the columns of most sparse matrices are too many anyhow.

    Parameters
    ----------
    X : array-like of shape (n_samples, n_features)
        Features.

    Raises
    ------
    TypeError
        If it is sparse.
    """
    if issparse(X):
        raise TypeError(
            f"Sparse data was passed for X, of shape {X.shape}, but dense data is "
            "required. Reduce it to a few hundred columns, with "
            "make_pipeline(TruncatedSVD(n_components=200), classifier), or give "
            "X.toarray() if there are no more than some thousand columns; or take an "
            "estimator for sparse data, such as RidgeSemanticClassifier."
        )


def row_slices(X):
    """Slices of rows that store about `NUMBERS_PER_BLOCK` numbers each."""
    if not issparse(X):
        return slices_of_arrays(X)
    n_rows, n_stored = X.shape[0], max(X.nnz, 1)
    return gen_batches(n_rows, max(NUMBERS_PER_BLOCK * n_rows // n_stored, 1))


def slices_of_arrays(X):
    """Slices of rows that hold about `NUMBERS_PER_BLOCK` numbers each as arrays."""
    n_rows, n_columns = X.shape
    return gen_batches(n_rows, max(NUMBERS_PER_BLOCK // max(n_columns, 1), 1))


def scaled_features(scaler, X):
    """Scale features in double precision, whatever the precision of `X`."""
    if issparse(X) and hasattr(scaler, "transform_sparse"):
        return scaler.transform_sparse(X)
    X = X.astype(np.float64)
    return X if scaler is None else scaler.transform(X)
