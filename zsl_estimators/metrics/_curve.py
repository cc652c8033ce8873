"""The seen-unseen trade-off: what every seen penalty would give.

Calibrated stacking [1]_ takes a penalty from the scores of all seen classes.
Sweeping it from minus to plus infinity moves every sample once, from its best
seen class to its best unseen class, in the order of the gap between the two
scores. One sort therefore gives the whole curve.

References
----------
.. [1] Chao, Changpinyo, Gong, Sha: An empirical study and analysis of
   generalized zero-shot learning for object recognition in the wild, ECCV 2016.
"""

from dataclasses import dataclass
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import ArrayLike

from zsl_estimators.labels import is_in
from zsl_estimators.metrics._accuracy import (
    class_balanced_weights,
    harmonic_mean,
    indexed_scores,
    per_class_accuracy_score,
    seen_labels,
)
from zsl_estimators.metrics._best import BestOfEachKind
from zsl_estimators.sample_weights import part_of, with_weights


class MovedSamples(NamedTuple):
    """Samples that a growing seen penalty moves to their best unseen class.

    Parameters
    ----------
    y : ndarray of shape (n_samples,)
        Column of the true class.
    step : ndarray of shape (n_samples,)
        Position of the gap at which a sample moves.
    right : ndarray of shape (n_samples,)
        Whether the best class is the true one: the best seen class for samples of seen
        classes, the best unseen class for the others.
    weights : ndarray of shape (n_samples,) or None, default=None
        Weights of the samples within their classes; None is 1.
    """

    y: np.ndarray
    step: np.ndarray
    right: np.ndarray
    weights: np.ndarray | None = None

    def only(self, chosen):
        """Some of the samples."""
        return MovedSamples(*(part_of(part, chosen) for part in self))

    @property
    def classes(self):
        """Columns of the classes that occur."""
        return np.unique(self.y)

    def class_means(self, values):
        """Mean of one value per sample in every class, in the order of `classes`."""
        weighted = values if self.weights is None else values * self.weights
        counts = np.bincount(self.y, weights=self.weights)
        sums = np.bincount(self.y, weights=weighted)
        return sums[counts > 0] / counts[counts > 0]


@dataclass(frozen=True)
class SeenUnseenCurve:
    """Seen and unseen accuracy as step functions of the seen penalty.

    Parameters
    ----------
    gaps : ndarray of shape (n_gaps,)
        Sorted unique differences between best seen and best unseen score. A
        penalty between ``gaps[i - 1]`` and ``gaps[i]`` is on step `i`.
    seen_accuracy : ndarray of shape (n_gaps + 1,)
        S on each step, decreasing.
    unseen_accuracy : ndarray of shape (n_gaps + 1,)
        U on each step, increasing.
    seen_samples, unseen_samples : MovedSamples or None, default=None
        What the curve is made of.
    """

    gaps: np.ndarray
    seen_accuracy: np.ndarray
    unseen_accuracy: np.ndarray
    seen_samples: MovedSamples | None = None
    unseen_samples: MovedSamples | None = None

    @classmethod
    def from_scores(cls, y_index, scores, seen, weights=None):
        """Sweep the penalty over a score matrix.

        Parameters
        ----------
        y_index : ndarray of shape (n_samples,)
            True column of every sample.
        scores : ndarray of shape (n_samples, n_classes)
            Larger is better.
        seen : ndarray of shape (n_classes,)
            True for the columns of seen classes; both kinds must occur.
        weights : ndarray of shape (n_samples,) or None, default=None
            Weights of the samples within their classes, positive; None is 1.

        Returns
        -------
        curve : SeenUnseenCurve
            Per-class accuracies, ties moved together.
        """
        return cls.from_best(y_index, BestOfEachKind.of(scores, seen), seen, weights)

    @classmethod
    def from_best(cls, y_index, best, seen, weights=None):
        """Sweep the penalty, knowing the best classes of every sample.

        Parameters
        ----------
        y_index : ndarray of shape (n_samples,)
            True column of every sample.
        best : BestOfEachKind
            Of the same samples.
        seen : ndarray of shape (n_classes,)
            True for the columns of seen classes; both kinds must occur.
        weights : ndarray of shape (n_samples,) or None, default=None
            As :meth:`from_scores`.

        Returns
        -------
        curve : SeenUnseenCurve
            As :meth:`from_scores`.
        """
        seen_right, unseen_right = best.seen == y_index, best.unseen == y_index
        is_seen = seen[y_index]
        gaps, step_of = np.unique(best.gap, return_inverse=True)

        def accuracy(of, right_before, right_after):
            balanced = class_balanced_weights(y_index[of], part_of(weights, of))
            change = balanced * (1.0 * right_after[of] - right_before[of])
            steps = np.bincount(step_of[of], weights=change, minlength=len(gaps))
            start = np.sum(balanced * right_before[of])
            steps = start + np.concatenate([[0.0], np.cumsum(steps)])
            # Sums may miss the ends by rounding.
            return np.clip(steps, 0.0, 1.0)

        never = np.zeros(len(y_index), dtype=bool)
        # Folds keep the curves of all their candidates: half the memory.
        small = y_index.astype(np.int32), step_of.astype(np.int32)
        return cls(
            gaps,
            accuracy(is_seen, seen_right, never),
            accuracy(~is_seen, never, unseen_right),
            MovedSamples(*small, seen_right, weights).only(is_seen),
            MovedSamples(*small, unseen_right, weights).only(~is_seen),
        )

    @classmethod
    def from_labels(
        cls,
        y_true: ArrayLike,
        y_score: ArrayLike,
        *,
        classes: ArrayLike,
        seen_classes: ArrayLike,
        weights: ArrayLike | None = None,
    ) -> Self:
        """Sweep the penalty, with the arguments of :func:`seen_unseen_curve`.

        Parameters
        ----------
        y_true : array-like of shape (n_samples,)
            True labels; both seen and unseen classes must occur.
        y_score : array-like of shape (n_samples, n_classes)
            Scores, one column per class.
        classes : array-like of shape (n_classes,)
            Labels of the columns.
        seen_classes : array-like
            Classes the model was trained on.
        weights : array-like of shape (n_samples,) or None, default=None
            Weights of the samples; None is 1.

        Returns
        -------
        curve : SeenUnseenCurve
            Per-class accuracies.

        Raises
        ------
        ValueError
            If seen or unseen classes are missing, or a label has no column.
        """
        y_index, scores, seen = _indexed(y_true, y_score, classes, seen_classes)
        y_index, scores, weights = with_weights(weights, y_index, scores)
        for name, present in (("seen", seen[y_index]), ("unseen", ~seen[y_index])):
            if not present.any():
                raise ValueError(
                    f"y_true holds no sample of {name} classes, so there is no "
                    "trade-off to draw. Give samples of both kinds."
                )
        return cls.from_scores(y_index, scores, seen, weights)

    @property
    def harmonic_mean(self) -> np.ndarray:
        """H on every step, shape (n_gaps + 1,)."""
        return harmonic_mean(self.seen_accuracy, self.unseen_accuracy)

    @property
    def area(self) -> float:
        """AUSUC, the area under S as a function of U (trapezoids)."""
        return min(1.0, float(np.trapezoid(self.seen_accuracy, self.unseen_accuracy)))

    @property
    def class_areas(self):
        """Area that every unseen class gives alone; their mean is `area`."""
        # A sample adds to the area when it moves: as much as S is there.
        at_step = (self.seen_accuracy[:-1] + self.seen_accuracy[1:]) / 2
        samples = self.unseen_samples
        return samples.class_means(samples.right * at_step[samples.step])

    @property
    def class_accuracies(self):
        """Accuracy of every unseen class among the unseen ones; their mean is T1."""
        return self.unseen_samples.class_means(self.unseen_samples.right)

    def class_accuracies_at(self, penalty):
        """Accuracy of every class with a given penalty.

        Parameters
        ----------
        penalty : float
            Not equal to a gap.

        Returns
        -------
        seen_accuracies : ndarray of shape (n_seen_classes,)
            Their mean is S.
        unseen_accuracies : ndarray of shape (n_unseen_classes,)
            Their mean is U.
        """
        step = np.searchsorted(self.gaps, penalty)
        seen, unseen = self.seen_samples, self.unseen_samples
        return (
            seen.class_means(seen.right & (seen.step >= step)),
            unseen.class_means(unseen.right & (unseen.step < step)),
        )

    @property
    def penalties(self) -> np.ndarray:
        """One penalty in the middle of every step; infinite on the outer two."""
        middle = (self.gaps[:-1] + self.gaps[1:]) / 2
        return np.concatenate([[-np.inf], middle, [np.inf]])

    def at(self, penalty):
        """Read S and U for given penalties.

        Parameters
        ----------
        penalty : float or ndarray of shape (n_penalties,)
            None of them equal to a gap.

        Returns
        -------
        seen_accuracy : float or ndarray of shape (n_penalties,)
            S.
        unseen_accuracy : float or ndarray of shape (n_penalties,)
            U.
        """
        step = np.searchsorted(self.gaps, penalty)
        return self.seen_accuracy[step], self.unseen_accuracy[step]

    def harmonic_mean_at(self, penalty: float) -> float:
        """Read H for given penalties.

        Parameters
        ----------
        penalty : float or ndarray of shape (n_penalties,)
            None of them equal to a gap.

        Returns
        -------
        harmonic_mean : float or ndarray of shape (n_penalties,)
            H.
        """
        return harmonic_mean(*self.at(penalty))


def seen_unseen_curve(
    y_true: ArrayLike,
    y_score: ArrayLike,
    *,
    classes: ArrayLike,
    seen_classes: ArrayLike,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Seen and unseen accuracy for every possible seen penalty.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,)
        True labels; both seen and unseen classes must occur.
    y_score : array-like of shape (n_samples, n_classes)
        Scores, one column per class.
    classes : array-like of shape (n_classes,)
        Labels of the columns.
    seen_classes : array-like
        Classes the model was trained on.

    Returns
    -------
    seen_accuracy : ndarray of shape (n_steps,)
        S, decreasing.
    unseen_accuracy : ndarray of shape (n_steps,)
        U, increasing.
    penalties : ndarray of shape (n_steps,)
        A penalty on each step, in the unit of the scores; the first is minus and
        the last plus infinity.

    Raises
    ------
    ValueError
        If seen or unseen classes are missing, or a label has no column.

    Examples
    --------
    >>> from zsl_estimators.metrics import seen_unseen_curve
    >>> scores = [[0.9, 0.1, 0.5], [0.2, 0.8, 0.3], [0.6, 0.1, 0.5]]
    >>> seen, unseen, penalties = seen_unseen_curve(
    ...     [0, 1, 2], scores, classes=[0, 1, 2], seen_classes=[0, 1]
    ... )
    >>> seen
    array([1. , 1. , 0.5, 0. ])
    >>> unseen
    array([0., 1., 1., 1.])
    """
    curve = SeenUnseenCurve.from_labels(
        y_true, y_score, classes=classes, seen_classes=seen_classes
    )
    return curve.seen_accuracy, curve.unseen_accuracy, curve.penalties


def ausuc_score(
    y_true: ArrayLike,
    y_score: ArrayLike,
    *,
    classes: ArrayLike,
    seen_classes: ArrayLike,
    sample_weight: ArrayLike | None = None,
) -> float:
    """Area under the seen-unseen accuracy curve (AUSUC).

    The area does not depend on a seen penalty: it measures the accuracies on seen and
    unseen classes for all penalties. Accuracies are per class.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,)
        True labels.
    y_score : array-like of shape (n_samples, n_classes)
        Scores, one column per class.
    classes : array-like of shape (n_classes,)
        Labels of the columns.
    seen_classes : array-like
        Classes the model was trained on.
    sample_weight : array-like of shape (n_samples,), default=None
        Weights of the samples within their classes; all classes have the same weight.

    Returns
    -------
    area : float
        Between 0 and 1. When `y_true` holds only seen or only unseen classes, the
        per-class accuracy among the classes of that kind.

    Raises
    ------
    ValueError
        If a label in `y_true` has no column.

    References
    ----------
    Chao, Changpinyo, Gong, Sha: An empirical study and analysis of generalized
    zero-shot learning for object recognition in the wild, ECCV 2016.

    Examples
    --------
    >>> from zsl_estimators.metrics import ausuc_score
    >>> scores = [[0.9, 0.1, 0.5], [0.2, 0.8, 0.3], [0.6, 0.1, 0.5]]
    >>> ausuc_score([0, 1, 2], scores, classes=[0, 1, 2], seen_classes=[0, 1])
    1.0
    """
    y_index, scores, seen = _indexed(y_true, y_score, classes, seen_classes)
    y_index, scores, weights = with_weights(sample_weight, y_index, scores)
    return area_of(y_index, BestOfEachKind.of(scores, seen), seen, weights)


def zero_shot_accuracy_score(
    y_true: ArrayLike,
    y_score: ArrayLike,
    *,
    classes: ArrayLike,
    seen_classes: ArrayLike,
    sample_weight: ArrayLike | None = None,
) -> float:
    """Conventional zero-shot accuracy T1: unseen samples among unseen classes.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,)
        True labels; samples of seen classes are ignored.
    y_score : array-like of shape (n_samples, n_classes)
        Scores, one column per class.
    classes : array-like of shape (n_classes,)
        Labels of the columns.
    seen_classes : array-like
        Classes the model was trained on.
    sample_weight : array-like of shape (n_samples,), default=None
        Weights of the samples within their classes; all classes have the same weight.

    Returns
    -------
    accuracy : float
        Mean per-class accuracy between 0 and 1; NaN without unseen samples.

    Raises
    ------
    ValueError
        If a label in `y_true` has no column.

    Examples
    --------
    >>> from zsl_estimators.metrics import zero_shot_accuracy_score
    >>> scores = [[0.9, 0.5, 0.1], [0.6, 0.3, 0.1]]
    >>> zero_shot_accuracy_score([1, 2], scores, classes=[0, 1, 2], seen_classes=[0])
    0.5
    """
    y_index, scores, seen = _indexed(y_true, y_score, classes, seen_classes)
    y_index, scores, weights = with_weights(sample_weight, y_index, scores)
    unseen = ~seen[y_index]
    best = BestOfEachKind.of(scores[unseen], seen)
    return per_class_accuracy_score(
        y_index[unseen], best.unseen, sample_weight=part_of(weights, unseen)
    )


def area_of(y_index, best, seen, weights=None):
    """AUSUC, or the accuracy among classes of one kind where there are no others.

    Parameters
    ----------
    y_index : ndarray of shape (n_samples,)
        True column of every sample.
    best : BestOfEachKind
        Of the same samples.
    seen : ndarray of shape (n_classes,)
        True for the columns of seen classes.
    weights : ndarray of shape (n_samples,) or None, default=None
        Weights of the samples, positive; None is 1.

    Returns
    -------
    area : float
        Between 0 and 1.
    """
    is_seen = seen[y_index]
    if is_seen.all() or not is_seen.any():
        of_kind = best.seen if is_seen.all() else best.unseen
        return per_class_accuracy_score(y_index, of_kind, sample_weight=weights)
    return SeenUnseenCurve.from_best(y_index, best, seen, weights).area


def _indexed(y_true, y_score, classes, seen_classes):
    """Check the arguments and turn labels into column numbers."""
    y_index, scores, classes = indexed_scores(y_true, y_score, classes)
    seen_classes = seen_labels(seen_classes, classes=classes)
    seen = is_in(classes, seen_classes)
    if not seen.any():
        raise ValueError(
            f"none of the seen_classes {seen_classes[:8].tolist()} is among the "
            f"classes {classes[:8].tolist()}. Give the classes that the model was "
            "trained on, clf.seen_classes_."
        )
    return y_index, scores, seen
