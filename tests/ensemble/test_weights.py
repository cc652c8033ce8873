"""Weights of estimators, against sums that are made by hand."""

import numpy as np
import pytest

from zsl_estimators.calibration import HeldOutScores
from zsl_estimators.ensemble._weights import (
    EQUAL_SHARE,
    greedy_weights,
    mean_area,
    spread,
    weighted_sum,
)

SEEN = np.array([True, True, True, False, False])


def folds(signal, seed, n_folds=2, n=400):
    """Scores in which the true class has `signal` standard deviations more."""
    made = []
    for number in range(n_folds):
        y = np.random.RandomState(number).randint(5, size=n)
        noise = np.random.RandomState(1000 * seed + number).normal(size=(n, 5))
        noise[np.arange(n), y] += signal
        made.append(HeldOutScores(y, noise, SEEN))
    return made


def test_spread_is_that_of_a_sample():
    scores = np.array([[1.0, 3.0], [0.0, 4.0]])
    fold = HeldOutScores(np.array([0, 1]), scores, np.array([True, False]))
    assert spread([fold]) == pytest.approx((1 + 2) / 2)
    flat = HeldOutScores(fold.y, np.ones((2, 2)), fold.seen)
    assert spread([flat]) == 1.0


def test_sum_of_scores():
    a, b = folds(1.0, 1), folds(1.0, 2)
    summed = weighted_sum([a, b], [0.25, 0.75])
    for fold, one, other in zip(summed, a, b, strict=True):
        expected = 0.25 * one.scores + 0.75 * other.scores
        np.testing.assert_allclose(fold.scores, expected)
        np.testing.assert_array_equal(fold.y, one.y)


def test_independent_estimators_share_the_weight():
    members = [folds(1.5, 1), folds(1.5, 2)]
    weights = greedy_weights(members)
    np.testing.assert_allclose(weights, 0.5, atol=0.15)
    alone = max(mean_area(member) for member in members)
    assert mean_area(weighted_sum(members, weights)) > alone


def test_an_estimator_that_knows_nothing_gets_no_weight():
    weights = greedy_weights([folds(0.0, 1), folds(2.0, 2)])
    np.testing.assert_array_equal(weights, [0, 1])


def test_copies_are_not_added_for_their_own_sake():
    """Half of the weight is equal for those worth having, the rest on the best one."""
    good = folds(2.0, 1)
    weights = greedy_weights([good, good, folds(-1.0, 2)])
    assert weights.sum() == pytest.approx(1)
    assert weights[2] == 0
    assert weights.min() >= 0
    assert weights[1] >= EQUAL_SHARE / 2


@pytest.mark.parametrize("seed", range(5))
def test_selection_is_never_worse_than_the_best_one(seed):
    """Before weights are made more equal: the best sum on the way is taken."""
    members = [folds(signal, seed + n) for n, signal in enumerate((0.5, 1.0, 1.5))]
    weights = greedy_weights(members)
    areas = np.array([mean_area(member) for member in members])
    equal = (weights > 0) / (weights > 0).sum()
    greedy = (weights - EQUAL_SHARE * equal) / (1 - EQUAL_SHARE)
    assert mean_area(weighted_sum(members, greedy)) >= areas.max() - 1e-12
