"""Samples of known classes, and how near others are to them."""

import numpy as np
from sklearn.utils import gen_batches

from zsl_estimators.rows import NUMBERS_PER_BLOCK
from zsl_estimators.sample_weights import part_of


class FeatureCache:
    """Features of samples of known classes, with which others are compared.

    Parameters
    ----------
    keys : ndarray of shape (n_keys, n_features)
        Rows of length 1.
    y : ndarray of shape (n_keys,)
        Position of each row's class; every class from 0 has a row.
    weights : ndarray of shape (n_keys,) or None, default=None
        Weights of the rows; None is 1.
    """

    def __init__(self, keys, y, weights=None):
        order = np.argsort(y, kind="stable")
        self.keys, self.y = keys[order], y[order]
        self.weights = part_of(weights, order)
        n_keys = np.bincount(y)
        self.starts = np.cumsum(n_keys) - n_keys
        self.sums = np.bincount(y, weights=weights)

    def shares(self, columns, n_columns):
        """What every key counts for the mean of its class.

        Parameters
        ----------
        columns : ndarray of shape (n_classes,)
            Column of every class.
        n_columns : int
            Number of columns.

        Returns
        -------
        shares : ndarray of shape (n_keys, n_columns)
            The columns of the classes sum to 1, others are zero.
        """
        shares = np.zeros((len(self.y), n_columns))
        weights = 1.0 if self.weights is None else self.weights
        shares[np.arange(len(self.y)), columns[self.y]] = weights / self.sums[self.y]
        return shares

    def affinities(self, rows, beta):
        """Mean of ``exp(-beta * (1 - cosine))`` over the keys of every class.

        For rows of length 1 it is a Gaussian kernel: the squared distance of two of
        them is twice one minus their cosine.

        Parameters
        ----------
        rows : ndarray of shape (n_rows, n_features)
            Rows of length 1.
        beta : float
            Sharpness.

        Returns
        -------
        affinities : ndarray of shape (n_rows, n_classes)
            From 0 to 1.
        """
        means = np.empty((len(rows), len(self.sums)))
        n_at_a_time = max(NUMBERS_PER_BLOCK // len(self.keys), 1)
        for block in gen_batches(len(rows), n_at_a_time):
            kernel = rows[block] @ self.keys.T
            kernel -= 1
            kernel *= beta
            np.exp(kernel, out=kernel)
            if self.weights is not None:
                kernel *= self.weights
            np.add.reduceat(kernel, self.starts, axis=1, out=means[block])
        return means / self.sums
