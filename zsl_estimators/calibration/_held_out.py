"""What is learned from held-out seen classes: when to stop, and the seen penalty.

A model that saw only some classes prefers them, so that it hardly ever answers an
unseen one. Calibrated stacking takes a penalty from the scores of seen classes. How
large it must be shows on folds in which seen classes are hidden and play the unseen
ones. The same folds tell which candidate model to take, such as how long to train:
the one with the largest area under the seen-unseen curve, which needs no penalty.
"""

import math
from collections import defaultdict

import numpy as np
import pandas as pd

from zsl_estimators.metrics import SeenUnseenCurve
from zsl_estimators.model_selection import ClassHoldoutSplit

# Enough hidden classes in all folds together for a stable penalty; with only two or
# three hidden classes one fold alone is a coin toss.
HIDDEN_CLASSES_WANTED = 12
MOST_FOLDS = 5
FEWEST_SEEN_CLASSES = 4

CRITERIA = {
    "harmonic_mean": SeenUnseenCurve.harmonic_mean_at,
    "ausuc": SeenUnseenCurve.rectangle_at,
}


def held_out_split(n_seen, n_unseen, random_state):
    """Choose the folds of hidden classes for a task.

    The share of hidden classes is that of unseen classes in the real task, at most
    half, for otherwise the folds would train on too few classes to be of use. There
    are as many folds, one to five, as it takes to hide about a dozen classes.

    Parameters
    ----------
    n_seen : int
        Number of classes with training samples.
    n_unseen : int
        Number of classes without.
    random_state : int
        Decides which classes and samples are held out.

    Returns
    -------
    split : ClassHoldoutSplit or None
        None when there is nothing to learn from folds: no class is unseen, or fewer
        than four are seen.
    """
    if n_unseen == 0 or n_seen < FEWEST_SEEN_CLASSES:
        return None
    n_hidden = round(n_seen * n_unseen / (n_seen + n_unseen))
    n_hidden = min(max(n_hidden, 1), n_seen // 2)
    n_folds = min(math.ceil(HIDDEN_CLASSES_WANTED / n_hidden), MOST_FOLDS)
    return ClassHoldoutSplit(n_folds, n_unseen=n_hidden, random_state=random_state)


def best_seen_penalty(curves, criterion="harmonic_mean"):
    """Find the seen penalty that is best on average over folds.

    Parameters
    ----------
    curves : sequence of SeenUnseenCurve
        One per fold.
    criterion : {"harmonic_mean", "ausuc"}, default="harmonic_mean"
        What is averaged: the harmonic mean of both accuracies, or their product,
        which is the area of the rectangle under the curve.

    Returns
    -------
    penalty : float
        In the unit of the scores.
    score : float
        The average it reaches.
    """
    gaps = np.unique(np.concatenate([curve.gaps for curve in curves]))
    candidates = gaps if len(gaps) == 1 else (gaps[:-1] + gaps[1:]) / 2
    value_at = CRITERIA[criterion]
    means = np.mean([value_at(curve, candidates) for curve in curves], axis=0)
    return float(candidates[means.argmax()]), float(means.max())


class HeldOutRecord:
    """Curves of every candidate model on every fold.

    A candidate is whatever the folds choose between: a number of epochs, a
    regularisation strength, a decision. Models without a choice have the candidate
    None.
    """

    def __init__(self):
        self.curves = defaultdict(list)

    def add(self, candidate, curve):
        """Record how one candidate did on one fold.

        Parameters
        ----------
        candidate : hashable
            What was scored.
        curve : SeenUnseenCurve
            Of the held-out samples of the fold.
        """
        self.curves[candidate].append(curve)

    @property
    def best_candidate(self):
        """The candidate with the largest AUSUC, averaged over folds."""
        return max(self.curves, key=lambda candidate: self._mean_area(candidate))

    def best_penalty(self, candidate):
        """The seen penalty for a candidate, see :func:`best_seen_penalty`."""
        penalty, _ = best_seen_penalty(self.curves[candidate])
        return penalty

    def to_frame(self):
        """Table of what the folds showed.

        Returns
        -------
        frame : DataFrame
            Columns candidate, fold, AUSUC and best_H (the largest H over all
            penalties of that fold alone), and what else tells candidates apart.
            Candidates that have a name stand there by their name.
        """
        return pd.DataFrame(
            [
                {
                    **as_row(candidate),
                    "fold": fold,
                    "AUSUC": curve.area,
                    "best_H": curve.harmonic_mean.max(),
                }
                for candidate, curves in self.curves.items()
                for fold, curve in enumerate(curves)
            ]
        )

    def _mean_area(self, candidate):
        return np.mean([curve.area for curve in self.curves[candidate]])


def as_row(candidate):
    """What tells a candidate from the others, by column of a table."""
    if hasattr(candidate, "as_row"):
        return candidate.as_row()
    return {"candidate": getattr(candidate, "name", candidate)}
