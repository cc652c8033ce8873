"""Weights of samples: what they mean, in one place.

A weight is a number of repetitions: a sample of weight 2 counts like the same sample
given twice, one of weight 0 is not there. Weights that are below 1 on the whole cannot
be repetitions; they are scaled such that their sum is the number of samples that they
are worth.
"""

import numpy as np
from sklearn.utils import _safe_indexing
from sklearn.utils.validation import _check_sample_weight, _num_samples


def checked_weights(sample_weight, X):
    """Weights as an array; None for None.

    Parameters
    ----------
    sample_weight : array-like of shape (n_samples,), float or None
        Weights as a user gives them.
    X : array-like of shape (n_samples, ...)
        What they are for.

    Returns
    -------
    weights : ndarray of shape (n_samples,) or None
        Float64.

    Raises
    ------
    ValueError
        If they have another length, one is negative, not finite, or all are 0.
    """
    if sample_weight is None:
        return None
    return _check_sample_weight(
        sample_weight, X, dtype=np.float64, ensure_non_negative=True
    )


def with_weights(sample_weight, *arrays):
    """Entries of arrays with a weight, then their weights; None for None.

    Parameters
    ----------
    sample_weight : array-like of shape (n_samples,), float or None
        Weights as a user gives them.
    *arrays : ndarray of shape (n_samples, ...)
        What they are for.

    Returns
    -------
    *arrays : ndarray of shape (n_kept, ...)
        Without entries of weight 0.
    weights : ndarray of shape (n_kept,) or None
        Positive.
    """
    if sample_weight is None or not len(arrays[0]):
        return *arrays, None
    weights = checked_weights(sample_weight, arrays[0])
    kept = weights > 0
    return *(array[kept] for array in arrays), weights[kept]


def weighted_rows(X, y, sample_weight):
    """Samples without those of weight 0, and their weights.

    Parameters
    ----------
    X : array-like of shape (n_samples, n_features)
        Features.
    y : array-like of shape (n_samples,) or None
        Labels.
    sample_weight : array-like of shape (n_samples,), float or None
        Weights as a user gives them.

    Returns
    -------
    X, y : array-like
        Those with a weight; the same objects where all have one.
    weights : ndarray of shape (n_kept,) or None
        Positive, see :func:`as_repetitions`. None where all are 1.

    Raises
    ------
    ValueError
        If the weights cannot be used, or leave a single sample.
    """
    weights = checked_weights(sample_weight, X)
    if weights is None:
        return X, y, None
    kept = np.flatnonzero(weights)
    if len(kept) < 2:
        raise ValueError(
            f"sample_weight is 0 for all samples but {len(kept)} of "
            f"{_num_samples(X)}, and a minimum of 2 is required."
        )
    if len(kept) < len(weights):
        X, weights = _safe_indexing(X, kept), weights[kept]
        y = None if y is None else _safe_indexing(y, kept)
    weights = as_repetitions(weights)
    return X, y, None if (weights == 1).all() else weights


def as_repetitions(weights):
    """Weights whose sum is a number of samples.

    Integers stay as they are. Weights that are below 1 on the whole, such as those that
    sum to 1, are scaled such that their sum is the effective number of samples of Kish,
    ``sum(w)^2 / sum(w^2)``; their unit does not matter.

    Parameters
    ----------
    weights : ndarray of shape (n_samples,)
        Positive.

    Returns
    -------
    weights : ndarray of shape (n_samples,)
        Multiplied by one number.
    """
    return weights / min(usual_weight(weights / weights.max()) * weights.max(), 1.0)


def usual_weight(weights):
    """Mean of weights, weighted by themselves."""
    return (weights**2).sum() / weights.sum()


def effective_sizes(y, weights=None):
    """Effective number of samples of every class that occurs, after Kish.

    Parameters
    ----------
    y : ndarray of shape (n_samples,)
        Class of every sample, from 0.
    weights : ndarray of shape (n_samples,) or None, default=None
        Weights of the samples; None is 1.

    Returns
    -------
    sizes : ndarray of shape (n_present,)
        No larger than the number of samples.
    """
    counts = np.bincount(y)
    if weights is None:
        return counts[counts > 0]
    sums, squares = np.bincount(y, weights=weights), np.bincount(y, weights=weights**2)
    return sums[counts > 0] ** 2 / squares[counts > 0]


def degrees_of_freedom(y, weights=None):
    """Number of samples less what their class means have used up.

    Parameters
    ----------
    y : ndarray of shape (n_samples,)
        Class of every sample, from 0.
    weights : ndarray of shape (n_samples,) or None, default=None
        Weights of the samples; None is 1.

    Returns
    -------
    freedom : int or float
        Sum over the classes of ``sum(w) - min(1, sum(w^2) / sum(w))``: one repetition
        per class, or, where weights are below 1, what makes the covariance unbiased.
    """
    if weights is None:
        return len(y) - len(np.unique(y))
    sums, squares = np.bincount(y, weights=weights), np.bincount(y, weights=weights**2)
    present = sums > 0
    used_up = np.minimum(squares[present] / sums[present], 1.0)
    return max(float((sums[present] - used_up).sum()), 0.0)


def weighted_mean(X, weights=None):
    """Mean of rows in double precision.

    Parameters
    ----------
    X : ndarray of shape (n_rows, n_columns)
        Rows.
    weights : ndarray of shape (n_rows,) or None, default=None
        Weights; None is 1.

    Returns
    -------
    mean : ndarray of shape (n_columns,)
        Of every column.
    """
    if weights is None:
        return X.mean(axis=0, dtype=np.float64)
    return weights @ X / weights.sum()


def weighted_deviation(values, weights=None):
    """Standard deviation of a table of numbers, whose rows have weights.

    Parameters
    ----------
    values : ndarray of shape (n_rows, n_columns)
        Numbers.
    weights : ndarray of shape (n_rows,) or None, default=None
        Weights; None is 1.

    Returns
    -------
    deviation : float
        Of all numbers.
    """
    if weights is None:
        return values.std()
    mean = np.average(values.mean(axis=1), weights=weights)
    squares = ((values - mean) ** 2).mean(axis=1)
    return np.sqrt(np.average(squares, weights=weights))


def systematic_positions(weights, n_drawn, offset):
    """Draw rows as often as they weigh, with one random number.

    Rows lie one after the other on a line of length `n_drawn`, each as long as the
    number of times it is expected. Those are drawn that a comb with teeth at a distance
    of 1 meets. Every row is drawn as often as expected, rounded up or down.

    Parameters
    ----------
    weights : ndarray of shape (n_rows,)
        Positive, in any unit.
    n_drawn : int
        How many to draw.
    offset : float
        Uniform between 0 and 1: where the first tooth is.

    Returns
    -------
    positions : ndarray of shape (n_drawn,)
        Rising.

    References
    ----------
    .. [1] Carpenter, Clifford, Fearnhead: Improved particle filter for nonlinear
       problems, IEE Proceedings 146 (1), 1999.
    """
    ends = np.cumsum(weights, dtype=np.float64)
    ends *= n_drawn / ends[-1]
    drawn = np.searchsorted(ends, offset + np.arange(n_drawn), side="right")
    # The last end may miss the length by rounding.
    return np.minimum(drawn, len(weights) - 1)


def part_of(weights, rows):
    """Weights of some rows; None for None."""
    return None if weights is None else weights[rows]
