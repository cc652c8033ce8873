"""Scores of samples that no model was fitted on."""

from dataclasses import dataclass, replace

import numpy as np

from zsl_estimators.metrics import SeenUnseenCurve
from zsl_estimators.model_selection._class_holdout import at_most
from zsl_estimators.sample_weights import part_of

# Scores that are kept of every candidate, for the temperature of probabilities: one
# MiB, or that many rows.
MOST_NUMBERS, FEWEST_ROWS = 2**17, 100


@dataclass(frozen=True)
class HeldOutScores:
    """Scores of the held-out samples of a fold.

    Parameters
    ----------
    y : ndarray of shape (n_samples,)
        Column of every sample's class.
    scores : ndarray of shape (n_samples, n_classes)
        Without a seen penalty.
    seen : ndarray of shape (n_classes,)
        True for the columns of classes that the model was fitted on.
    weights : ndarray of shape (n_samples,) or None, default=None
        Weights of the samples, positive; None is 1.
    """

    y: np.ndarray
    scores: np.ndarray
    seen: np.ndarray
    weights: np.ndarray | None = None

    @property
    def curve(self):
        """What every seen penalty would give."""
        return SeenUnseenCurve.from_scores(self.y, self.scores, self.seen, self.weights)

    def few(self, seed):
        """Some of the samples, equally many of every class."""
        n_rows = max(MOST_NUMBERS // self.scores.shape[1], FEWEST_ROWS)
        rows = at_most(n_rows, np.arange(len(self.y)), self.y, seed)
        return replace(
            self,
            y=self.y[rows],
            scores=self.scores[rows],
            weights=part_of(self.weights, rows),
        )
