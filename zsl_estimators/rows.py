"""Scaled training rows that are made some at a time."""

from functools import cached_property

import numpy as np
from sklearn.preprocessing import StandardScaler
from sklearn.utils import gen_batches

# Numbers of a block; with float64 that is 32 MiB.
NUMBERS_PER_BLOCK = 2**22


class ScaledRows:
    """Training rows in the units of a model, made from those in the users' units.

    Rows may be in half precision and memory-mapped: nothing but :attr:`whole` needs
    memory for all of them in double precision.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features)
        Features in the users' units.
    scaler : transformer or None, default=None
        Fitted. None leaves rows as they are.
    """

    def __init__(self, X, scaler=None):
        self.X = X
        self.scaler = scaler

    def __len__(self):
        return len(self.X)

    def __getitem__(self, rows):
        """Scale some rows, in double precision, whatever the precision of `X` is."""
        if "whole" in vars(self):
            return self.whole[rows]
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
        chosen = ScaledRows(self.X[kept], self.scaler)
        if "whole" in vars(self):
            chosen.whole = self.whole[kept]
        return chosen

    def blocks(self):
        """Yield slices, and the rows of each scaled, float64."""
        for rows in row_slices(self.X):
            yield rows, self[rows]

    def float32(self, function=None):
        """All rows, or what a function makes of them, in single precision.

        Parameters
        ----------
        function : callable or None, default=None
            Makes as many rows of scaled rows. None leaves them as they are.

        Returns
        -------
        array : ndarray of shape (n_samples, n_columns)
            C-contiguous.
        """
        for rows, block in self.blocks():
            made = block if function is None else function(block)
            if rows.start == 0:
                array = np.empty((len(self), made.shape[1]), dtype=np.float32)
            array[rows] = made
        return array


class BlockwiseStandardScaler(StandardScaler):
    """StandardScaler that reads rows some at a time, in double precision."""

    def fit(self, X, y=None, sample_weight=None):
        """Learn mean and scale.

        Parameters
        ----------
        X : ndarray of shape (n_samples, n_features)
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
        fit = super().fit
        for rows in row_slices(X):
            weights = None if sample_weight is None else sample_weight[rows]
            fit(X[rows].astype(np.float64), sample_weight=weights)
            fit = super().partial_fit
        return self


def row_slices(X):
    """Slices of rows that hold about `NUMBERS_PER_BLOCK` numbers each."""
    return gen_batches(len(X), max(NUMBERS_PER_BLOCK // max(X.shape[1], 1), 1))


def scaled_features(scaler, X):
    """Scale features in double precision, whatever the precision of `X`."""
    X = X.astype(np.float64)
    return X if scaler is None else scaler.transform(X)
