"""How much every estimator of an ensemble counts.

References
----------
Caruana, Niculescu-Mizil, Crew, Ksikes: Ensemble selection from libraries of models,
ICML 2004.
"""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd

# Rounds of the greedy selection, and after how many without a gain it ends. The sum
# that was best is taken, so that more of them would hardly change it.
MOST_ROUNDS = 15
ROUNDS_TO_WAIT = 4
# Share of every weight that is equal for all estimators worth having, for a few hidden
# classes do not tell weights apart. Chosen on hidden classes of seven data sets.
EQUAL_SHARE = 0.5
# Those are the ones with so large a share of the best one's area.
WORTH_HAVING = 0.9


def spread(folds):
    """Standard deviation of a sample's scores over the classes, averaged.

    Scores of different estimators are divided by it before they are added. It is one
    number, so that the score of a class does not depend on what other classes there
    are.

    Parameters
    ----------
    folds : list of HeldOutScores
        Of one estimator.

    Returns
    -------
    spread : float
        1 where all scores are equal.
    """
    spreads = [
        np.average(fold.scores.std(axis=1, dtype=np.float64), weights=fold.weights)
        for fold in folds
    ]
    return float(np.mean(spreads)) or 1.0


def weighted_sum(folds_of, weights):
    """Add the scores of estimators, fold by fold.

    Parameters
    ----------
    folds_of : list of list of HeldOutScores
        Per estimator its folds; rows and columns are the same for all of them.
    weights : sequence of float
        One per estimator.

    Returns
    -------
    folds : list of HeldOutScores
        With the sums.
    """
    used = [number for number, weight in enumerate(weights) if weight]
    return [
        replace(
            same_fold[0],
            scores=sum(weights[number] * same_fold[number].scores for number in used),
        )
        for same_fold in zip(*folds_of, strict=True)
    ]


def mean_area(folds):
    """AUSUC, averaged over folds."""
    return float(np.mean([fold.curve.area for fold in folds]))


def greedy_weights(folds_of):
    """Weigh estimators by greedy selection on the mean AUSUC of their sum.

    Beginning with the best one, the estimator that makes the sum best is added, again
    and again, with replacement. Half of every weight is then the same for all
    estimators that are nearly as good as the best one.

    Parameters
    ----------
    folds_of : list of list of HeldOutScores
        Per estimator its folds, in comparable units.

    Returns
    -------
    weights : ndarray of shape (n_estimators,)
        They sum to 1.
    """
    areas = np.array([mean_area(folds) for folds in folds_of])
    n = len(areas)
    counts = np.eye(n)[areas.argmax()]
    best, best_area, waited = counts, areas.max(), 0
    for _ in range(MOST_ROUNDS - 1):
        more = [counts + one for one in np.eye(n)]
        of_more = [mean_area(weighted_sum(folds_of, weights)) for weights in more]
        counts = more[int(np.argmax(of_more))]
        waited += 1
        if max(of_more) > best_area:
            best, best_area, waited = counts, max(of_more), 0
        if waited == ROUNDS_TO_WAIT:
            break
    worth_having = (best > 0) | (areas >= WORTH_HAVING * areas.max())
    equal = worth_having / worth_having.sum()
    return (1 - EQUAL_SHARE) * best / best.sum() + EQUAL_SHARE * equal


def weights_by_name(names, given):
    """Weights that a user gives, as numbers by name.

    Parameters
    ----------
    names : list of str
        Names of the estimators.
    given : array-like of shape (n_estimators,), dict or Series
        In the order of the names, or by name.

    Returns
    -------
    weights : dict of float
        One per name.

    Raises
    ------
    ValueError
        If names differ, or the numbers are negative, not finite, or all 0.
    """
    if isinstance(given, Mapping | pd.Series):
        if set(given.keys()) != set(names):
            raise ValueError(
                f"weights must have a number for each of the estimators {names}, got "
                f"names {sorted(map(str, given.keys()))}"
            )
        given = [given[name] for name in names]
    weights = np.asarray(given, dtype=np.float64)
    usable = np.isfinite(weights).all() and (weights >= 0).all() and weights.any()
    if weights.shape != (len(names),) or not usable:
        raise ValueError(
            f"weights must be one number from 0 per estimator, {len(names)} of them "
            f"and not all 0, got {given!r}"
        )
    return dict(zip(names, weights.tolist(), strict=True))
