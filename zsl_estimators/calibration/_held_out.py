"""What is learned from held-out seen classes: when to stop, and the seen penalty.

A model that saw only some classes prefers them, so that it hardly ever answers an
unseen one. Calibrated stacking takes a penalty from the scores of seen classes. How
large it must be for the unseen ones shows on folds in which seen classes are hidden and
play the unseen ones; what it takes from the seen ones is known for certain from samples
of them that a model of all seen classes has not been fitted on. The folds also tell
which candidate model to take, such as how long to train: the one with the largest area
under the seen-unseen curve, which needs no penalty.
"""

import math
from collections import defaultdict
from dataclasses import dataclass

import numpy as np
import pandas as pd

from zsl_estimators.metrics._accuracy import harmonic_mean
from zsl_estimators.model_selection import ClassHoldoutSplit

# Enough hidden classes in all folds together for a stable penalty; with only two or
# three hidden classes one fold alone is a coin toss.
HIDDEN_CLASSES_WANTED = 12
MOST_FOLDS = 5
FEWEST_SEEN_CLASSES = 4
# Of so many classes one is hidden at a time, for more would leave too few to train on.
FEW_SEEN_CLASSES = 7
# Penalties that reach this share of the best one's criterion are as good, as far as the
# folds can tell, and the one in the middle is the safest. Like the number above, it was
# chosen on hidden classes of seven data sets; 0.9 to 0.98 did equally well.
AS_GOOD_AS_BEST = 0.95
# Every candidate scores all classes of a fold: with twenty thousand unseen ones beside
# the hidden ones that would take longer than anything else.
MOST_BESIDE = 1000
# Of so many candidates all curves are kept.
FEW_CANDIDATES = 16

# Share of the samples of every seen class that a model of all of them is scored on.
SHARE_HELD_OUT = 0.2

CRITERIA = {"harmonic_mean": harmonic_mean, "ausuc": np.multiply}


def held_out_split(n_seen, n_unseen, random_state):
    """Choose the folds of hidden classes for a task.

    The share of hidden classes is that of unseen classes in the real task, at most
    half, for otherwise the folds would train on too few classes to be of use. There
    are as many folds, one to five, as it takes to hide about a dozen classes. With
    fewer than eight seen classes every fold hides one.

    Parameters
    ----------
    n_seen : int
        Number of classes with training samples.
    n_unseen : int
        Number of classes without.
    random_state : int
        Controls which classes and samples are held out.

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
    if n_seen <= FEW_SEEN_CLASSES:
        n_hidden = 1
    n_folds = min(math.ceil(HIDDEN_CLASSES_WANTED / n_hidden), MOST_FOLDS)
    return ClassHoldoutSplit(n_folds, n_unseen=n_hidden, random_state=random_state)


def unseen_beside_hidden(n_unseen, n_hidden, random_state):
    """Choose real unseen classes that a fold may answer with, beside its hidden ones.

    A hidden class then has as many unseen classes beside it as a real one, without
    which it would be recognised more easily. Of very many a thousand are chosen.

    Parameters
    ----------
    n_unseen : int
        Number of real unseen classes.
    n_hidden : int
        Number of classes that the fold hides.
    random_state : RandomState
        Controls which classes are chosen.

    Returns
    -------
    positions : ndarray
        Among the real unseen classes; the fold has no sample of them.
    """
    n_beside = min(max(n_unseen - n_hidden, 0), MOST_BESIDE)
    return random_state.permutation(n_unseen)[:n_beside]


def best_seen_penalty(curves, criterion="harmonic_mean", known=None):
    """Find the seen penalty that is best on average over folds.

    It is the middle of the penalties around the best one that are nearly as good.

    Parameters
    ----------
    curves : sequence of SeenUnseenCurve
        One per fold.
    criterion : {"harmonic_mean", "ausuc"}, default="harmonic_mean"
        The harmonic mean of both accuracies, or their product, which is the area of
        the rectangle under the curve.
    known : SeenUnseenCurve or None, default=None
        Of held-out samples of seen classes against the real unseen ones, see
        :func:`~zsl_estimators.calibration.fold_of_seen_classes`. Its seen
        accuracy takes the place of that of the folds, whose models know fewer classes.

    Returns
    -------
    penalty : float
        In the unit of the scores.
    score : float
        The criterion that the mean accuracies reach with it.
    """
    of_seen = curves if known is None else [known]
    gaps = np.unique(np.concatenate([curve.gaps for curve in [*curves, *of_seen]]))
    candidates = gaps if len(gaps) == 1 else (gaps[:-1] + gaps[1:]) / 2
    # The accuracies are averaged, for their harmonic mean is too low on average.
    values = CRITERIA[criterion](
        np.mean([curve.at(candidates)[0] for curve in of_seen], axis=0),
        np.mean([curve.at(candidates)[1] for curve in curves], axis=0),
    )
    middle = middle_of_best(candidates, values)
    return float(candidates[middle]), float(values[middle])


def middle_of_best(candidates, values):
    """Position of the candidate in the middle of those around the best one.

    Parameters
    ----------
    candidates : ndarray of shape (n_candidates,)
        Rising.
    values : ndarray of shape (n_candidates,)
        Larger is better.

    Returns
    -------
    position : int
        Of the candidate next to the middle.
    """
    best = values.argmax()
    worse = np.flatnonzero(values < AS_GOOD_AS_BEST * values[best])
    after = np.searchsorted(worse, best)
    first = worse[after - 1] + 1 if after > 0 else 0
    last = worse[after] - 1 if after < len(worse) else len(values) - 1
    middle = (candidates[first] + candidates[last]) / 2
    return first + np.abs(candidates[first : last + 1] - middle).argmin()


def mean_of_hidden_classes(curves, values):
    """Average a figure of hidden classes over the folds in which they are hidden.

    Folds that hide the same class again tell nothing new of other classes.

    Parameters
    ----------
    curves : sequence of SeenUnseenCurve
        One per fold; columns mean the same in all of them.
    values : sequence of ndarray
        Per fold the figures of its hidden classes.

    Returns
    -------
    means : ndarray of shape (n_hidden,)
        One per class that was ever hidden.
    """
    return mean_of_classes([curve.unseen_samples for curve in curves], values)


def mean_of_classes(samples, values):
    """Average a figure of classes over the folds in which they occur.

    Parameters
    ----------
    samples : sequence of MovedSamples or FoldFigures
        Per fold what the figures are of; only their `classes` matter.
    values : sequence of ndarray
        Per fold one figure for each of its classes.

    Returns
    -------
    means : ndarray of shape (n_classes,)
        One per class that ever occurs, in the order of their positions.
    """
    classes = np.concatenate([part.classes for part in samples])
    return pd.Series(np.concatenate(values)).groupby(classes).mean().to_numpy()


@dataclass(frozen=True)
class FoldFigures:
    """What is kept of every candidate's curve on a fold.

    Parameters
    ----------
    area : float
        AUSUC.
    best_h : float
        Largest H over all penalties.
    classes : ndarray of shape (n_hidden,)
        Columns of the hidden classes.
    class_areas : ndarray of shape (n_hidden,)
        Area that each of them gives alone.
    """

    area: float
    best_h: float
    classes: np.ndarray
    class_areas: np.ndarray

    @classmethod
    def of(cls, curve):
        """The figures of a SeenUnseenCurve."""
        classes, best_h = curve.unseen_samples.classes, curve.harmonic_mean.max()
        return cls(curve.area, best_h, classes, curve.class_areas)


class HeldOutRecord:
    """How every candidate model did on every fold.

    A candidate is whatever the folds choose between: a number of epochs, a
    regularisation strength, a decision. Models without a choice have the candidate
    None.
    """

    def __init__(self):
        self._figures = defaultdict(list)
        self._curves = defaultdict(list)
        self._few = defaultdict(list)
        self._start = None

    def add(self, candidate, curve, few=None):
        """Record how one candidate did on one fold.

        Parameters
        ----------
        candidate : hashable
            What was scored.
        curve : SeenUnseenCurve
            Of the held-out samples of the fold.
        few : HeldOutScores or None, default=None
            Scores of some of these samples.
        """
        self._figures[candidate].append(FoldFigures.of(curve))
        self._curves[candidate].append(curve)
        if few is not None:
            self._few[candidate].append(few)
        if getattr(candidate, "is_start", False):
            self._start = candidate

    def forget_worse(self):
        """Keep only the curves of the best candidate, and of the start of all others.

        A curve takes 33 bytes per held-out sample, and what has been worse on all folds
        stays so. A few candidates, such as decisions, are all kept.
        """
        if len(self._figures) > FEW_CANDIDATES:
            kept = {self.best_candidate, self._start}
            for candidate in self._curves.keys() - kept:
                del self._curves[candidate]
                self._few.pop(candidate, None)

    @property
    def best_candidate(self):
        """The candidate with the largest AUSUC, averaged over folds.

        Where one of them is the start of the others, it is the one whose gain over the
        start is largest, less one standard error over hidden classes: what looks a
        little better on a few classes is often worse on the next ones.
        """
        return max(self._figures, key=self._certain_area)

    @property
    def best_curves(self):
        """Curves of the best candidate, one per fold."""
        return self._curves[self.best_candidate]

    @property
    def best_few(self):
        """Scores of some samples by the best candidate, one table per fold."""
        return self._few[self.best_candidate]

    @property
    def of_start(self):
        """Curves of the start of all others, where one of these is better."""
        if self.best_candidate == self._start:
            return []
        return self._curves.get(self._start, [])

    @property
    def best_area(self):
        """AUSUC of the best candidate."""
        return self._mean_area(self.best_candidate)

    def penalties(self):
        """Seen penalties of all candidates whose curves are kept, as a dict."""
        return {
            candidate: best_seen_penalty(curves)[0]
            for candidate, curves in self._curves.items()
        }

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
                    "AUSUC": figures.area,
                    "best_H": figures.best_h,
                }
                for candidate, of_folds in self._figures.items()
                for fold, figures in enumerate(of_folds)
            ]
        )

    def _certain_area(self, candidate):
        """Mean area, less the standard error of the gain over the start."""
        of_folds = self._figures[candidate]
        of_start = self._figures.get(self._start, [])
        if candidate == self._start or len(of_folds) != len(of_start):
            return self._mean_area(candidate)
        gains = [
            figures.class_areas - before.class_areas
            for figures, before in zip(of_folds, of_start, strict=True)
        ]
        gains = mean_of_classes(of_folds, gains)
        error = gains.std(ddof=1) / np.sqrt(len(gains)) if len(gains) > 1 else 0.0
        return self._mean_area(candidate) - error

    def _mean_area(self, candidate):
        return np.mean([figures.area for figures in self._figures[candidate]])


def as_row(candidate):
    """What tells a candidate from the others, by column of a table."""
    if hasattr(candidate, "as_row"):
        return candidate.as_row()
    return {"candidate": getattr(candidate, "name", candidate)}
