"""The best class of every kind, on which all figures depend."""

from typing import NamedTuple

import numpy as np


class BestOfEachKind(NamedTuple):
    """The best seen and the best unseen class of every sample.

    Of a matrix of scores no figure of generalized zero-shot learning needs more.

    Parameters
    ----------
    seen : ndarray of shape (n_samples,)
        Column of the best seen class; -1 where no class is seen.
    unseen : ndarray of shape (n_samples,)
        Column of the best unseen class; -1 where every class is seen.
    gap : ndarray of shape (n_samples,)
        Score of the former less that of the latter: the penalty at which a sample
        moves. Infinite where one of them is missing.
    """

    seen: np.ndarray
    unseen: np.ndarray
    gap: np.ndarray

    @classmethod
    def of(cls, scores, seen):
        """Find them.

        Parameters
        ----------
        scores : ndarray of shape (n_samples, n_classes)
            Larger is better; of equal ones the first counts.
        seen : ndarray of shape (n_classes,)
            True for the columns of seen classes.

        Returns
        -------
        best : BestOfEachKind
            Of every row.
        """
        best_seen, score_of_seen = _best_of(np.flatnonzero(seen), scores)
        best_unseen, score_of_unseen = _best_of(np.flatnonzero(~seen), scores)
        return cls(best_seen, best_unseen, score_of_seen - score_of_unseen)

    @property
    def predicted(self):
        """Column of the best class of all, shape (n_samples,)."""
        first = (self.gap == 0) & (self.seen < self.unseen)
        return np.where((self.gap > 0) | first, self.seen, self.unseen)


def _best_of(columns, scores):
    """Best of some columns and its score; -1 and minus infinity for no columns."""
    if not len(columns):
        return np.full(len(scores), -1), np.full(len(scores), -np.inf)
    best = columns[scores[:, columns].argmax(axis=1)]
    return best, scores[np.arange(len(scores)), best]
