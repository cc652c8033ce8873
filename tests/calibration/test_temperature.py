import numpy as np
import pytest
from scipy.special import log_softmax, softmax

from tests.common import small
from zsl_estimators import (
    FGANClassifier,
    RidgeCompatibilityClassifier,
    RidgeSemanticClassifier,
)
from zsl_estimators.calibration import CalibratedStackingCV, HeldOutScores
from zsl_estimators.calibration._temperature import (
    best_temperature,
    log_losses,
    mean_log_loss,
)
from zsl_estimators.datasets import load_digits_gzsl

SEEN = np.array([True, True, True, False, False])


def fold(signal, seed, n=4000):
    """Scores in which the true class has `signal` standard deviations more."""
    y = np.random.RandomState(seed).randint(5, size=n)
    scores = np.random.RandomState(seed + 1).normal(size=(n, 5))
    scores[np.arange(n), y] += signal
    return HeldOutScores(y, scores, SEEN)


def times(factor, fold):
    return HeldOutScores(fold.y, factor * fold.scores, fold.seen)


def test_temperature_undoes_a_factor():
    folds = [fold(2.0, 1), fold(2.0, 5)]
    temperature = best_temperature(folds, 0.0)
    scaled = best_temperature([times(700.0, one) for one in folds], 0.0)
    assert scaled == pytest.approx(700 * temperature, rel=1e-3)
    # Scores with normal noise are log odds of their signal over the variance.
    assert temperature == pytest.approx(1 / 2.0, rel=0.1)


def test_a_penalty_that_was_added_does_no_harm():
    plain = fold(2.0, 1)
    shifted = HeldOutScores(plain.y, plain.scores + 3.0 * SEEN, SEEN)
    assert best_temperature([shifted], 3.0) == pytest.approx(
        best_temperature([plain], 0.0), rel=1e-2
    )


def test_losses():
    one = fold(1.0, 1, n=50)
    expected = -log_softmax((one.scores - 0.3 * SEEN) / 2, axis=1)[range(50), one.y]
    np.testing.assert_allclose(log_losses(one, 0.3, 2.0), expected)
    is_seen = SEEN[one.y]
    for of_seen in (True, False):
        found = mean_log_loss([one, one], 0.3, 2.0, of_seen)
        assert found == pytest.approx(expected[is_seen == of_seen].mean())
    only_seen = HeldOutScores(one.y[is_seen], one.scores[is_seen], SEEN)
    assert mean_log_loss([only_seen], 0.3, 2.0, of_seen=False) == 0
    assert mean_log_loss([only_seen, one], 0.3, 2.0, of_seen=False) == pytest.approx(
        expected[~is_seen].mean()
    )


def test_known_seen_samples_take_the_place_of_those_of_the_folds():
    sharp, vague = fold(3.0, 1), fold(0.5, 5)
    alone = best_temperature([vague], 0.0)
    known = HeldOutScores(sharp.y, sharp.scores, SEEN)
    rows = SEEN[vague.y]
    unseen = HeldOutScores(vague.y[~rows], vague.scores[~rows], SEEN)
    with_known = best_temperature([vague], 0.0, known)
    assert with_known < alone
    assert with_known == pytest.approx(best_temperature([unseen], 0.0, known))


def test_few_samples_are_of_all_classes():
    many = fold(1.0, 1, n=60_000)
    few = many.few(seed=0)
    assert len(few.y) == 2**17 // 5 // 5 * 5
    assert set(np.bincount(few.y)) == {len(few.y) // 5}
    small_one = fold(1.0, 1, n=30)
    np.testing.assert_array_equal(small_one.few(0).scores, small_one.scores)


def loss(clf, X, y, temperature):
    scores = log_softmax(clf.decision_function(X) / temperature, axis=1)
    losses = -scores[np.arange(len(y)), np.searchsorted(clf.classes_, y)]
    seen = np.isin(y, clf.seen_classes_)
    return (losses[seen].mean() + losses[~seen].mean()) / 2


@pytest.mark.parametrize("cls", [RidgeSemanticClassifier, RidgeCompatibilityClassifier])
def test_probabilities_of_a_model_suit_test_samples(cls):
    """Nearly as well as with the temperature that is best for these samples."""
    data = load_digits_gzsl()
    clf = cls(attributes=data.attributes, random_state=0)
    clf.fit(data.X_train, data.y_train)
    losses = [
        loss(clf, data.X_test, data.y_test, factor * clf.temperature_)
        for factor in np.geomspace(0.1, 10, 21)
    ]
    assert losses[10] < min(losses) + 0.05
    assert losses[10] < loss(clf, data.X_test, data.y_test, clf._score_temperature)


def test_temperature_is_in_use_and_can_be_assigned(task):
    clf = RidgeSemanticClassifier(attributes=task.attributes, random_state=0)
    clf.fit(task.X_train, task.y_train)
    scores = clf.decision_function(task.X_test)
    for temperature in (clf.temperature_, 0.7):
        clf.temperature_ = temperature
        expected = softmax(scores / temperature, axis=1)
        np.testing.assert_allclose(clf.predict_proba(task.X_test), expected)
    stacked = CalibratedStackingCV(clf).fit(task.X_train, task.y_train)
    assert stacked.temperature_ == stacked.estimator_.temperature_


def test_without_folds_it_is_the_usual_one(task):
    clf = small(FGANClassifier, attributes=task.attributes, random_state=0)
    clf.set_params(seen_penalty=0.0, early_stopping=False)
    assert clf.fit(task.X_train, task.y_train).temperature_ == 1.0
    # With something to choose there are folds, also where the penalty is given.
    clf = RidgeSemanticClassifier(task.attributes, seen_penalty=0.1, random_state=0)
    assert clf.fit(task.X_train, task.y_train).temperature_ != 0.1
