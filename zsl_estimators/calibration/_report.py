"""What the folds of hidden classes let one expect, and how little that may be."""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from scipy.stats import norm, t
from sklearn.utils import _safe_indexing
from sklearn.utils.validation import check_is_fitted

from zsl_estimators.calibration._held_out import (
    mean_of_classes,
    mean_of_hidden_classes,
    unseen_beside_hidden,
)
from zsl_estimators.candidates import (
    CandidateScores,
    check_both_kinds,
    chosen_penalty,
    find_zero_shot_classifier,
)
from zsl_estimators.exceptions import warn_user
from zsl_estimators.labels import as_labels, is_in
from zsl_estimators.metrics import SeenUnseenCurve
from zsl_estimators.metrics._accuracy import harmonic_mean
from zsl_estimators.sample_weights import effective_sizes

# With an interval of H that is wider, the folds hardly tell anything.
WIDE = 0.3


@dataclass(frozen=True)
class HeldOutPerformance:
    """How the chosen model did on held-out samples.

    Parameters
    ----------
    curves : list of SeenUnseenCurve
        One per fold; columns are positions among the seen classes.
    known : SeenUnseenCurve or None
        Of a model of all seen classes, see
        :func:`~zsl_estimators.calibration.fold_of_seen_classes`.
    of_start : list of SeenUnseenCurve, default=[]
        One per fold, of the initial estimator, where something else was chosen.
    """

    curves: list
    known: SeenUnseenCurve | None
    of_start: list = field(default_factory=list)

    def columns(self):
        """The curves of the folds below each other, as a dict of arrays."""
        n_steps = [len(curve.penalties) for curve in self.curves]
        columns = {
            "fold": np.arange(len(self.curves)).repeat(n_steps),
            "AUSUC": np.repeat([curve.area for curve in self.curves], n_steps),
        }
        for name, attribute in (
            ("penalty", "penalties"),
            ("S", "seen_accuracy"),
            ("U", "unseen_accuracy"),
            ("H", "harmonic_mean"),
        ):
            parts = [getattr(curve, attribute) for curve in self.curves]
            columns[name] = np.concatenate(parts)
        return columns

    def known_columns(self):
        """Penalties and the seen accuracy where it is known; None where it is not."""
        if self.known is None:
            return None
        return {"penalty": self.known.penalties, "S": self.known.seen_accuracy}

    def accuracies_at(self, penalty):
        """Accuracies of classes with a seen penalty.

        Parameters
        ----------
        penalty : float
            In the unit of the scores.

        Returns
        -------
        seen_accuracies : ndarray of shape (n_seen,)
            Of held-out samples of the seen classes, where the model knows all of them.
        n_samples : ndarray of shape (n_seen,)
            How many samples these are, or with weights how many they are worth.
        unseen_accuracies : ndarray of shape (n_hidden,)
            Of the classes that were hidden.
        """
        of_folds = [curve.class_accuracies_at(penalty) for curve in self.curves]
        hidden = mean_of_hidden_classes(self.curves, [unseen for _, unseen in of_folds])
        curves = self.curves if self.known is None else [self.known]
        samples = [curve.seen_samples for curve in curves]
        seen = mean_of_classes(
            samples, [curve.class_accuracies_at(penalty)[0] for curve in curves]
        )
        weights = None
        if samples[0].weights is not None:
            weights = np.concatenate([part.weights for part in samples])
        y = np.concatenate([part.y for part in samples])
        return seen, effective_sizes(y, weights), hidden

    @property
    def n_folds_against(self):
        """In how many folds the initial estimator was better than what was chosen."""
        pairs = zip(self.curves, self.of_start, strict=False)
        return sum(before.area > curve.area for curve, before in pairs)


def held_out_report(estimator, X=None, y=None, *, confidence=0.9):
    """Estimate the accuracies with the real unseen classes, with intervals.

    No sample of an unseen class is needed: hidden seen classes take their place, on the
    folds that the estimator was fitted with, or on those of a cross-validation. Real
    unseen classes can be predicted there too, so that a hidden class is one of as many
    classes as a real one, up to a thousand; with more the estimates of T1, U and H are
    too high. The accuracy on one class says little about the next, so that intervals
    are wide with few hidden classes, and more folds of the same classes do not make
    them narrower.

    Parameters
    ----------
    estimator : estimator or dict
        Fitted zero-shot classifier of this package with ``seen_penalty="auto"``, a
        :class:`CalibratedStackingCV`, or a pipeline or search around one. Or the
        results of
        :func:`sklearn.model_selection.cross_validate` with a
        :class:`~zsl_estimators.model_selection.ClassHoldoutSplit`,
        ``return_estimator=True`` and ``return_indices=True``.
    X, y : array-like, default=None
        Data of the cross-validation; only with its results.
    confidence : float, default=0.9
        Probability, between 0 and 1, that an interval should contain the true value.

    Returns
    -------
    report : DataFrame
        One row per figure: T1, the accuracy among the unseen classes alone; S and U,
        the mean per-class accuracies of samples of seen and of unseen classes; H, their
        harmonic mean. Columns are the estimate, the ends of the interval (``low`` and
        ``high``) and the number of classes that it comes from (``n_classes``).

    Raises
    ------
    ValueError
        If the estimator was fitted without folds, or results of a cross-validation are
        incomplete.

    Warns
    -----
    ZeroShotWarning
        If the interval of H is wider than 0.3, or too few classes were hidden for one;
        if the initial estimator was better than the trained one in some of the folds.

    Notes
    -----
    With accuracies of `g` hidden classes, of mean `m` and standard deviation `s`, and
    `K` real unseen classes the interval of U is ``m +- t s sqrt(1/g + 1/K)`` with
    `g - 1` degrees of freedom: it is a prediction for these `K` classes, which may be
    easier or harder than others. The seen classes are the same in the test; for S only
    the number of samples matters. H is H of the mean S and the mean U, with the
    interval of the delta method. All intervals take the penalty as given.

    Examples
    --------
    >>> from zsl_estimators import ExemplarClassifier, held_out_report
    >>> from zsl_estimators.datasets import make_gzsl
    >>> data = make_gzsl(random_state=0)
    >>> clf = ExemplarClassifier(attributes=data.attributes, random_state=0)
    >>> report = held_out_report(clf.fit(data.X_train, data.y_train))
    >>> report.index.tolist()
    ['T1', 'S', 'U', 'H']
    """
    if not 0 < confidence < 1:
        raise ValueError(f"confidence must lie between 0 and 1, got {confidence}")
    if isinstance(estimator, dict):
        performance, n_unseen = performance_of_folds(estimator, X, y)
        # Their scores are penalised already.
        penalty = 0.0
    else:
        performance, n_unseen, penalty = performance_of_fit(estimator)
    # The smallest step aside, for a penalty may have been set to a gap.
    penalty = np.nextafter(penalty, np.inf)
    seen, n_samples, hidden = performance.accuracies_at(penalty)
    of_unseen = interval_of_classes(hidden, n_unseen, confidence)
    of_seen = interval_of_samples(seen, n_samples, confidence)
    alone = mean_of_hidden_classes(
        performance.curves, [curve.class_accuracies for curve in performance.curves]
    )
    report = pd.DataFrame(
        {
            "T1": interval_of_classes(alone, n_unseen, confidence),
            "S": of_seen,
            "U": of_unseen,
            "H": interval_of_h(of_seen, of_unseen),
        },
        index=["estimate", "low", "high", "n_classes"],
    ).T.astype({"n_classes": int})
    warn_of_wide(report.loc["H"])
    warn_of_disagreement(performance)
    return report


def performance_of_fit(estimator):
    """What the folds of a fit have shown.

    Returns
    -------
    performance : HeldOutPerformance
        Of the best candidate.
    n_unseen : int
        Number of real unseen classes.
    penalty : float
        Seen penalty of the estimator.
    """
    check_is_fitted(estimator)
    clf = find_zero_shot_classifier(estimator)
    while not hasattr(clf, "_held_out_performance") and hasattr(clf, "estimator_"):
        clf = find_zero_shot_classifier(clf.estimator_)
    performance = getattr(clf, "_held_out_performance", None)
    if performance is None:
        raise ValueError(
            "the estimator was fitted without folds of hidden classes, which needs "
            'seen_penalty="auto", an unseen class in the table, and at least four seen '
            "classes with two samples each. There is nothing to report."
        )
    if not len(clf.unseen_classes_):
        raise ValueError(
            "all unseen classes were removed from the estimator, so that there is no "
            "accuracy on them to expect."
        )
    return performance, len(clf.unseen_classes_), chosen_penalty(clf)


def performance_of_folds(results, X, y):
    """What the folds of a cross-validation have shown.

    Returns
    -------
    performance : HeldOutPerformance
        Its scores have their penalties.
    n_unseen : int
        Number of real unseen classes, or of hidden ones where there are none.
    """
    for name, option in (
        ("estimator", "return_estimator"),
        ("indices", "return_indices"),
    ):
        if name not in results:
            raise ValueError(
                f"the results of a cross-validation have no {name!r}: give "
                f"cross_validate {option}=True"
            )
    if X is None or y is None:
        raise ValueError(
            "the results of a cross-validation do not hold its samples: give "
            "held_out_report X and y too"
        )
    y = as_labels(y, "y")
    unseen = unlabelled(results["estimator"][0].classes_, y)
    random_state = np.random.RandomState(0)
    curves = []
    for fitted, test in zip(
        results["estimator"], results["indices"]["test"], strict=True
    ):
        candidates = CandidateScores.of(fitted, _safe_indexing(X, test), (), "all")
        check_both_kinds(y[test], candidates.seen_classes, "the report")
        curves.append(curve_of_fold(candidates, y[test], unseen, random_state))
    n_hidden = max(len(curve.unseen_samples.classes) for curve in curves)
    return HeldOutPerformance(curves, None), len(unseen) or n_hidden


def unlabelled(classes, y):
    """Classes that do not occur in `y`."""
    classes = as_labels(classes, "classes_")
    return classes[~is_in(classes, y)]


def curve_of_fold(candidates, y, unseen_classes, random_state, weights=None):
    """Curve of held-out samples, in columns that all folds share.

    Parameters
    ----------
    candidates : CandidateScores
        Of a model that some classes were hidden from, for all classes.
    y : array-like of shape (n_samples,)
        Labels of the held-out samples.
    unseen_classes : ndarray
        Labels of the real unseen classes.
    random_state : RandomState
        See :func:`unseen_beside_hidden`.
    weights : ndarray of shape (n_samples,) or None, default=None
        Weights of the samples; None is 1.

    Returns
    -------
    curve : SeenUnseenCurve
        Of the classes of the fold and of real unseen ones.
    """
    scores = candidates.scores
    kept = is_in_fold(candidates, y, unseen_classes, random_state)
    # Other classes are never the best.
    lowest = scores.min(axis=1, keepdims=True) - 1.0
    return SeenUnseenCurve.from_labels(
        y,
        np.where(kept, scores, lowest),
        classes=candidates.classes,
        seen_classes=candidates.seen_classes,
        weights=weights,
    )


def is_in_fold(candidates, y, unseen_classes, random_state):
    """Which classes a fold may answer with, so that it is like the real task.

    Parameters
    ----------
    candidates, y, unseen_classes, random_state
        See :func:`curve_of_fold`.

    Returns
    -------
    kept : ndarray of shape (n_classes,)
        True for the seen classes of the fold, the hidden ones, and as many of the real
        unseen ones as make the hidden ones as many as these.
    """
    tested = np.unique(as_labels(y, "y"))
    n_hidden = np.count_nonzero(~is_in(tested, candidates.seen_classes))
    beside = unseen_beside_hidden(len(unseen_classes), n_hidden, random_state)
    of_fold = np.concatenate([candidates.seen_classes, tested, unseen_classes[beside]])
    return is_in(candidates.classes, of_fold)


def interval_of_classes(accuracies, n_wanted, confidence):
    """Mean accuracy of classes, and where that of `n_wanted` others will be."""
    g, mean = len(accuracies), accuracies.mean()
    if g < 2:
        return mean, 0.0, 1.0, g
    width = t.ppf((1 + confidence) / 2, g - 1) * accuracies.std(ddof=1)
    width *= np.sqrt(1 / g + 1 / n_wanted)
    return mean, max(mean - width, 0.0), min(mean + width, 1.0), g


def interval_of_samples(accuracies, n_samples, confidence):
    """Mean accuracy of classes, and where it will be with as many other samples."""
    mean, n_classes = accuracies.mean(), len(accuracies)
    # Agresti and Coull: two successes and two failures more, so that 0 and 1 vary too.
    shares = (accuracies * n_samples + 2) / (n_samples + 4)
    variance = (shares * (1 - shares) / (n_samples + 4)).sum() / n_classes**2
    width = norm.ppf((1 + confidence) / 2) * np.sqrt(2 * variance)
    return mean, max(mean - width, 0.0), min(mean + width, 1.0), n_classes


def interval_of_h(of_seen, of_unseen):
    """H of both means; its ends by the delta method, one side at a time."""
    (seen, *seen_ends, _), (unseen, *unseen_ends, n_hidden) = of_seen, of_unseen
    mean = harmonic_mean(seen, unseen)
    low, high = (
        mean
        + sign
        * np.hypot(
            harmonic_mean(seen_end, unseen) - mean,
            harmonic_mean(seen, unseen_end) - mean,
        )
        for sign, seen_end, unseen_end in zip(
            (-1, 1), seen_ends, unseen_ends, strict=True
        )
    )
    return mean, max(low, 0.0), min(high, 1.0), n_hidden


def warn_of_wide(of_h):
    """Warn of an interval that is too wide to be useful."""
    if of_h.high - of_h.low > WIDE:
        n = int(of_h.n_classes)
        warn_user(
            f"With {n} hidden class{'es' * (n > 1)} the interval of H is "
            f"{of_h.low:.2f} to {of_h.high:.2f}. Do not compare models by this H; "
            "samples of more seen classes would make the interval narrower.",
        )


def warn_of_disagreement(performance):
    """Warn if training was not better than the initial estimator on all folds."""
    against, n_folds = performance.n_folds_against, len(performance.curves)
    if against:
        warn_user(
            f"In {against} of {n_folds} folds the initial estimator was better than "
            "what was trained from it. Whether training helps on the real unseen "
            "classes is uncertain; compare with the initial estimator, init_.",
        )
