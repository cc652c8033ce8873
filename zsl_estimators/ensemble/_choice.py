"""How the scores of estimators on the common folds make an ensemble."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from zsl_estimators.calibration import (
    HeldOutPerformance,
    best_seen_penalty,
    best_temperature,
)
from zsl_estimators.ensemble._comparison import warn_of_failure
from zsl_estimators.ensemble._seen_classifier import SeenClassifier
from zsl_estimators.ensemble._weights import (
    greedy_weights,
    mean_area,
    spread,
    weighted_sum,
)

# Row of the results that tells of all estimators together.
OF_THE_SUM = "ensemble"


@dataclass(frozen=True)
class EnsembleChoice:
    """What the common folds have chosen.

    Parameters
    ----------
    members : list of Member
        Those that were compared.
    weights : ndarray of shape (n_members,)
        Of their scores, divided by their spreads.
    spreads : ndarray of shape (n_members,)
        See :func:`spread`; NaN where there are no folds.
    penalty : float
        Taken from the scores of seen classes.
    seen_classifier : SeenClassifier or None, default=None
        With its weight.
    results : DataFrame or None, default=None
        One row per estimator.
    temperature : float, default=1.0
        Of the probabilities.
    scores : list of HeldOutScores, default=()
        Of the ensemble on the folds, then of the model of all seen classes.
    performance : HeldOutPerformance or None, default=None
        For reports.
    """

    members: list
    weights: np.ndarray
    spreads: np.ndarray
    penalty: float
    seen_classifier: SeenClassifier | None = None
    results: pd.DataFrame | None = None
    temperature: float = 1.0
    scores: list = ()
    performance: HeldOutPerformance | None = None

    def completed(self):
        """All of it is known before the final fits."""
        return self

    def abandon(self):
        """Nothing goes on without them."""

    @property
    def used_members(self):
        """Those with a weight."""
        return [self.members[number] for number in np.flatnonzero(self.weights)]

    @property
    def area(self):
        """AUSUC of the ensemble, averaged over folds; 0 without folds."""
        return mean_area(self.scores[:-1]) if self.scores else 0.0

    def frame(self, n_stages=1):
        """Table of what the folds showed; None without folds."""
        return self.results


class Weighing:
    """Weighs estimators, and chooses what belongs to their sum.

    Parameters
    ----------
    weights : {"greedy", "uniform"} or dict
        A dict has a number for every name.
    seen_penalty : "auto" or float
        As in the constructor of the ensemble.
    seen_classifier : SeenClassifier or None
        What to add for the seen classes.
    """

    def __init__(self, weights, seen_penalty, seen_classifier):
        self.weights = weights
        self.seen_penalty = seen_penalty
        self.seen_classifier = seen_classifier

    def choice(self, members):
        """Weigh some members.

        Parameters
        ----------
        members : list of Member
            Compared.

        Returns
        -------
        choice : EnsembleChoice
            Without folds all of them count alike.
        """
        if not members[0].held_out:
            return EnsembleChoice(
                members,
                self._weights(members, None),
                np.full(len(members), np.nan),
                penalty=0.0 if self.seen_penalty == "auto" else self.seen_penalty,
            )
        spreads = np.array([spread(member.held_out[:-1]) for member in members])
        scaled = [
            scaled_scores(member.held_out, factor)
            for member, factor in zip(members, spreads, strict=True)
        ]
        weights = self._weights(members, scaled)
        scores = self._with_seen_classifier(weighted_sum(scaled, weights))
        *folds, known = scores
        curves = [fold.curve for fold in folds]
        penalty = self.seen_penalty
        if penalty == "auto":
            penalty, _ = best_seen_penalty(curves, known=known.curve)
        return EnsembleChoice(
            members,
            weights,
            spreads,
            penalty=float(penalty),
            seen_classifier=self.seen_classifier,
            results=results_of(members, weights, scaled, folds),
            temperature=best_temperature(folds, float(penalty)),
            scores=scores,
            performance=HeldOutPerformance(curves, known.curve),
        )

    def _weights(self, members, scaled):
        """One weight per member; they sum to 1."""
        if isinstance(self.weights, dict):
            given = np.array([self.weights[member.name] for member in members])
            if not given.any():
                names = ", ".join(member.name for member in members)
                raise ValueError(
                    f"Of the estimators only {names} could be fitted, in time and "
                    "without an error, and their weights are 0. Give them a weight, or "
                    "set a larger time_limit."
                )
            return given / given.sum()
        if self.weights == "greedy" and scaled is not None:
            return greedy_weights([folds[:-1] for folds in scaled])
        return np.full(len(members), 1 / len(members))

    def _with_seen_classifier(self, scores):
        """Add the classifier of the seen classes, as far as it helps."""
        if self.seen_classifier is None:
            return scores
        try:
            return self.seen_classifier.choose(scores)
        except Exception as problem:
            warn_of_failure("The seen_classifier", problem)
            self.seen_classifier = None
            return scores


def scaled_scores(held_out, factor):
    """Scores of one estimator in units of their spread."""
    return [replace(fold, scores=fold.scores / factor) for fold in held_out]


def results_of(members, weights, scaled, folds):
    """Table of how the members have done, and their sum in the last row."""
    results = pd.DataFrame(
        {
            "AUSUC": [mean_area(held_out[:-1]) for held_out in scaled],
            "best_H": [mean_best_h(held_out[:-1]) for held_out in scaled],
            "weight": weights,
        },
        index=pd.Index([member.name for member in members], name="estimator"),
    )
    results.loc[OF_THE_SUM] = {
        "AUSUC": mean_area(folds),
        "best_H": mean_best_h(folds),
        "weight": 1.0,
    }
    return results


def mean_best_h(folds):
    """Largest H over all penalties, averaged over folds."""
    return float(np.mean([fold.curve.harmonic_mean.max() for fold in folds]))
