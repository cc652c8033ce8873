"""A cross-validation splitter that hides whole classes."""

from collections.abc import Iterator
from numbers import Integral, Real

import numpy as np
from numpy.typing import ArrayLike
from sklearn.utils import check_consistent_length, check_random_state

from zsl_estimators.labels import as_labels


class ClassHoldoutSplit:
    """Cross-validator that hides whole classes, in place of the unseen ones.

    Each fold hides `n_unseen` classes: all of their samples are in the test part. Of
    every other class a share of `seen_test_size` is in the test part as well and the
    rest in the training part. This is a generalized zero-shot task that needs training
    data alone.

    The hidden classes of successive folds do not overlap until every class was
    hidden once.

    Parameters
    ----------
    n_splits : int, default=3
        Number of folds.
    n_unseen : int or float, default=0.25
        Number of classes to hide per fold, or their share.
    seen_test_size : float, default=0.2
        Share of the samples of the other classes in the test part, between 0 and 1. A
        class with a single sample is in the training part.
    random_state : int, RandomState instance or None, default=None
        Controls which classes and samples are held out. An int gives the same folds at
        every call.

    See Also
    --------
    zsl_estimators.metrics.GZSLScorer : Scores that know seen from unseen.

    Notes
    -----
    Give a search ``scoring=harmonic_mean_scorer`` or another scorer of
    ``zsl_estimators.metrics`` along with these folds. Without `scoring` it goes by
    plain accuracy, which is best for models that never predict a hidden class.

    Examples
    --------
    >>> import numpy as np
    >>> from zsl_estimators.model_selection import ClassHoldoutSplit
    >>> y = np.repeat(["cat", "dog", "fox", "owl"], 5)
    >>> cv = ClassHoldoutSplit(n_splits=2, n_unseen=1, random_state=0)
    >>> for train, test in cv.split(y, y):
    ...     print(*(set(y[test]) - set(y[train])), len(train), len(test))
    fox 12 8
    owl 12 8
    """

    def __init__(
        self,
        n_splits: int = 3,
        *,
        n_unseen: float = 0.25,
        seen_test_size: float = 0.2,
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        self.n_splits = n_splits
        self.n_unseen = n_unseen
        self.seen_test_size = seen_test_size
        self.random_state = random_state

    def get_n_splits(
        self, X: object = None, y: object = None, groups: object = None
    ) -> int:
        """Return the number of folds.

        Parameters
        ----------
        X : object, default=None
            Ignored, present for API consistency.
        y : object, default=None
            Ignored, present for API consistency.
        groups : object, default=None
            Ignored, present for API consistency.

        Returns
        -------
        n_splits : int
            Number of folds.
        """
        return self.n_splits

    def split(
        self, X: ArrayLike, y: ArrayLike, groups: object = None
    ) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Generate the folds.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Not used, its length is that of `y`.
        y : array-like of shape (n_samples,)
            Class labels.
        groups : object, default=None
            Ignored, present for API consistency.

        Yields
        ------
        train : ndarray
            Positions of the training samples, in order.
        test : ndarray
            Positions of the test samples, in order.

        Raises
        ------
        ValueError
            If `y` is empty, lacks labels or is not as long as `X`, or the parameters
            leave fewer than two classes to train on, or no class to hide.
        """
        if np.size([] if y is None else y) == 0:
            raise ValueError("y is empty. Give the class label of every sample.")
        if X is not None:
            check_consistent_length(X, y)
        codes = np.unique(as_labels(y, "y"), return_inverse=True)[1]
        n_classes = codes.max() + 1
        n_hidden = self._n_hidden(n_classes)
        self._check_parameters()
        random_state = check_random_state(self.random_state)
        for hidden in _disjoint_choices(
            n_classes, n_hidden, self.n_splits, random_state
        ):
            tested = share_of_each_class(codes, self.seen_test_size, random_state)
            tested |= np.isin(codes, hidden)
            yield np.flatnonzero(~tested), np.flatnonzero(tested)

    def __repr__(self):
        return (
            f"ClassHoldoutSplit(n_splits={self.n_splits}, n_unseen={self.n_unseen}, "
            f"seen_test_size={self.seen_test_size}, random_state={self.random_state})"
        )

    def _check_parameters(self):
        if not isinstance(self.n_splits, Integral) or self.n_splits < 1:
            raise ValueError(
                f"n_splits must be a positive integer, got {self.n_splits}"
            )
        if not 0 < self.seen_test_size < 1:
            raise ValueError(
                f"seen_test_size must lie between 0 and 1, got {self.seen_test_size}"
            )

    def _n_hidden(self, n_classes):
        if isinstance(self.n_unseen, Integral):
            n_hidden = int(self.n_unseen)
        elif isinstance(self.n_unseen, Real) and 0 < self.n_unseen < 1:
            n_hidden = max(1, round(n_classes * self.n_unseen))
        else:
            raise ValueError(
                "n_unseen must be a number of classes or a share between 0 and 1, "
                f"got {self.n_unseen!r}"
            )
        if not 1 <= n_hidden <= n_classes - 2:
            raise ValueError(
                f"Cannot hide n_unseen={self.n_unseen} of {n_classes} classes: at "
                "least one must be hidden and two must stay to train on."
            )
        return n_hidden


def _disjoint_choices(n_classes, n_chosen, n_choices, random_state):
    """Random sets of classes; none comes again before every class came once."""
    waiting = np.array([], dtype=int)
    for _ in range(n_choices):
        if len(waiting) < n_chosen:
            anew = random_state.permutation(n_classes)
            waiting = np.concatenate([waiting, anew[~np.isin(anew, waiting)]])
        yield waiting[:n_chosen]
        waiting = waiting[n_chosen:]


def share_of_each_class(codes, share, random_state):
    """Mark a random share of every class, always leaving a sample to train on."""
    order = np.lexsort((random_state.uniform(size=len(codes)), codes))
    counts = np.bincount(codes)
    rank = np.arange(len(codes)) - np.repeat(np.cumsum(counts) - counts, counts)
    n_marked = np.minimum(np.ceil(counts * share), counts - 1)
    marked = np.zeros(len(codes), dtype=bool)
    marked[order] = rank < n_marked[codes[order]]
    return marked


def at_most(n_rows, rows, y, seed):
    """Rows, or if they are too many a sample with equally many of every class.

    Parameters
    ----------
    n_rows : int
        How many are not too many.
    rows : ndarray
        Positions.
    y : ndarray of shape (n_samples,)
        Position of each sample's class.
    seed : int
        Of the sample.

    Returns
    -------
    rows : ndarray
        Positions, rising.
    """
    if len(rows) <= n_rows:
        return rows
    n_per_class = max(n_rows // len(np.unique(y[rows])), 1)
    return at_most_of_each_class(n_per_class, rows, y, seed)


def at_most_of_each_class(n_per_class, rows, y, seed):
    """A random sample of the rows of every class that has too many.

    Parameters
    ----------
    n_per_class : int
        How many are not too many.
    rows : ndarray
        Positions.
    y : ndarray of shape (n_samples,)
        Position of each sample's class.
    seed : int
        Of the sample.

    Returns
    -------
    rows : ndarray
        Positions, rising.
    """
    shuffled = np.random.RandomState(seed).permutation(rows)
    by_class = shuffled[np.argsort(y[shuffled], kind="stable")]
    counts = np.unique(y[by_class], return_counts=True)[1]
    starts = np.cumsum(counts) - counts
    place_in_class = np.arange(len(by_class)) - np.repeat(starts, counts)
    return np.sort(by_class[place_in_class < n_per_class])
