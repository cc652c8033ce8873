from itertools import product

import numpy as np
import pandas as pd
import pytest

from zsl_estimators.calibration._held_out import (
    HeldOutRecord,
    best_seen_penalty,
    held_out_split,
    unseen_beside_hidden,
)
from zsl_estimators.metrics import SeenUnseenCurve
from zsl_estimators.metrics._curve import MovedSamples
from zsl_estimators.training._epochs import TrainedNet


def random_scores(seed, n=200, n_classes=6):
    rng = np.random.RandomState(seed)
    y = rng.randint(n_classes, size=n)
    seen = np.arange(n_classes) < 4
    scores = rng.normal(size=(n, n_classes)) + 1.5 * seen
    scores[np.arange(n), y] += 2
    return y, scores, seen


@pytest.mark.parametrize(
    ("n_seen", "n_unseen", "n_hidden", "n_folds"),
    [
        (100, 50, 33, 1),
        (40, 10, 8, 2),
        (12, 3, 2, 5),
        (8, 2, 2, 5),
        (7, 2, 1, 5),
        (4, 20, 1, 5),
        (10, 90, 5, 3),
    ],
)
def test_folds_mirror_the_real_task(n_seen, n_unseen, n_hidden, n_folds):
    split = held_out_split(n_seen, n_unseen, 0)
    assert split.n_unseen == n_hidden
    assert split.n_splits == n_folds


@pytest.mark.parametrize(("n_seen", "n_unseen"), [(10, 0), (3, 5)])
def test_nothing_to_learn(n_seen, n_unseen):
    assert held_out_split(n_seen, n_unseen, 0) is None


def accuracies(fold, penalty):
    """S and U of a penalty, without a curve."""
    y, scores, seen = fold
    right = (scores - penalty * seen).argmax(axis=1) == y
    of_class = [right[y == c].mean() for c in range(len(seen))]
    return np.mean(np.array(of_class)[seen]), np.mean(np.array(of_class)[~seen])


@pytest.mark.parametrize("is_known", [False, True])
def test_penalty_is_in_the_middle_of_the_best_of_a_fine_grid(is_known):
    folds = [random_scores(seed) for seed in range(3)]
    curves = [SeenUnseenCurve.from_scores(*fold) for fold in folds]
    known = random_scores(7) if is_known else None

    def h(penalty):
        of_folds = [accuracies(fold, penalty) for fold in folds]
        seen, unseen = np.mean(of_folds, axis=0)
        if is_known:
            seen, _ = accuracies(known, penalty)
        return 2 * seen * unseen / max(seen + unseen, 1e-12)

    grid = np.linspace(-5, 8, 3000)
    values = np.array([h(penalty) for penalty in grid])
    low = high = values.argmax()
    while values[low - 1] >= 0.95 * values.max():
        low -= 1
    while values[high + 1] >= 0.95 * values.max():
        high += 1
    curve = SeenUnseenCurve.from_scores(*known) if is_known else None
    penalty, score = best_seen_penalty(curves, known=curve)
    # As exact as the gaps between the scores of 100 samples.
    assert penalty == pytest.approx((grid[low] + grid[high]) / 2, abs=0.05)
    assert score == pytest.approx(h(penalty))


def test_one_odd_fold_does_not_decide():
    """One penalty of four is far away, where the others have no U left at all."""
    curves = [
        SeenUnseenCurve(np.array([g]), np.array([1.0, 0.0]), np.array([0.0, 1.0]))
        for g in (1.0, 1.2, 1.4, 30.0)
    ]
    assert best_seen_penalty(curves)[0] < 2


def test_known_seen_side_moves_the_penalty():
    """A model of all classes that keeps its seen samples longer allows more."""
    y, scores, seen = random_scores(0)
    curve = SeenUnseenCurve.from_scores(y, scores, seen)
    known = SeenUnseenCurve.from_scores(y[seen[y]], scores[seen[y]] + 2 * seen, seen)
    assert not known.unseen_accuracy.any()
    alone, _ = best_seen_penalty([curve])
    assert best_seen_penalty([curve], known=known)[0] > alone


def test_penalty_undoes_a_shift():
    """Scores of seen classes raised by 3 ask for a penalty that is larger by 3."""
    y, scores, seen = random_scores(0)
    plain = best_seen_penalty([SeenUnseenCurve.from_scores(y, scores, seen)])
    shifted = SeenUnseenCurve.from_scores(y, scores + 3.0 * seen, seen)
    assert best_seen_penalty([shifted]) == pytest.approx((plain[0] + 3, plain[1]))


def test_largest_rectangle_under_the_curve():
    """Nearly, checked against every corner of the curve."""
    curve = SeenUnseenCurve.from_scores(*random_scores(0))
    penalty, area = best_seen_penalty([curve], criterion="ausuc")
    corners = curve.seen_accuracy * curve.unseen_accuracy
    assert 0.95 * corners.max() <= area <= corners.max()
    assert area == pytest.approx(np.prod(curve.at(penalty)))
    assert area < curve.area


def curves_of_gains(gains):
    """A curve whose unseen classes have the given areas, for each fold."""
    curves = []
    for of_fold in gains:
        y, right = np.repeat(np.arange(1, 1 + len(of_fold)), 20), []
        for gain in of_fold:
            right += list(np.arange(20) < round(20 * gain))
        samples = MovedSamples(y, np.zeros(len(y), dtype=int), np.array(right))
        unseen = np.array([0.0, np.mean(right)])
        curves.append(
            SeenUnseenCurve(np.zeros(1), np.ones(2), unseen, unseen_samples=samples)
        )
    return curves


@pytest.mark.parametrize(
    ("gains", "is_taken"),
    [
        # A gain in every class is certain, the same gain from one class of four is not.
        ([[0.6, 0.6], [0.6, 0.6]], True),
        ([[0.9, 0.5], [0.5, 0.5]], False),
        ([[0.4, 0.4], [0.4, 0.4]], False),
    ],
)
def test_a_start_is_left_for_a_certain_gain_only(gains, is_taken):
    record = HeldOutRecord()
    trained = TrainedNet(3, 0.5)
    for curve in curves_of_gains([[0.5, 0.5], [0.5, 0.5]]):
        record.add(TrainedNet(0), curve)
    for curve in curves_of_gains(gains):
        record.add(trained, curve)
    assert (record.best_candidate == trained) == is_taken
    # Among candidates that do not start from one another the area decides.
    plain = HeldOutRecord()
    for name, values in (("a", [[0.5, 0.5]] * 2), ("b", gains)):
        for curve in curves_of_gains(values):
            plain.add(name, curve)
    assert plain.best_candidate == ("b" if np.mean(gains) > 0.5 else "a")


def test_record_takes_the_candidate_with_the_largest_area():
    record = HeldOutRecord()
    for seed in range(2):
        y, scores, seen = random_scores(seed)
        noise = np.random.RandomState(9).normal(size=scores.shape)
        for name, given in (("noisy", scores + 3 * noise), ("clear", scores)):
            record.add(name, SeenUnseenCurve.from_scores(y, given, seen))
    assert record.best_candidate == "clear"
    frame = record.to_frame()
    assert frame.shape == (4, 4)
    means = frame.groupby("candidate").AUSUC.mean()
    assert means["clear"] > means["noisy"]


def test_record_forgets_curves_of_worse_candidates_but_not_their_figures():
    record, whole = HeldOutRecord(), HeldOutRecord()
    candidates = [TrainedNet(n, 0.5 * (n > 0)) for n in range(30)]
    noise = np.random.RandomState(9).normal(size=random_scores(0)[1].shape)
    # Folds add a stretch of candidates, then compare them.
    for stretch in np.split(np.arange(30), 3):
        for number, seed in product(stretch, range(2)):
            y, scores, seen = random_scores(seed)
            noisy = scores + 0.2 * abs(number - 17) * noise
            curve = SeenUnseenCurve.from_scores(y, noisy, seen)
            record.add(candidates[number], curve)
            whole.add(candidates[number], curve)
        record.forget_worse()
    best = record.best_candidate
    assert best == whole.best_candidate != candidates[0]
    assert record.penalties() == {
        kept: whole.penalties()[kept] for kept in (candidates[0], best)
    }
    assert len(record.best_curves) == len(record.of_start) == 2
    pd.testing.assert_frame_equal(record.to_frame(), whole.to_frame())


def test_record_keeps_the_curves_of_a_few_candidates():
    record = HeldOutRecord()
    for name, values in (("a", [[0.5, 0.5]]), ("b", [[0.7, 0.5]])):
        for curve in curves_of_gains(values):
            record.add(name, curve)
    record.forget_worse()
    assert record.penalties().keys() == {"a", "b"}


def test_of_very_many_unseen_classes_some_are_beside_the_hidden_ones():
    chosen = unseen_beside_hidden(20_000, 40, np.random.RandomState(0))
    assert len(set(chosen.tolist())) == 1000
    assert chosen.max() > 10_000


@pytest.mark.parametrize(
    ("n_unseen", "n_hidden", "n_beside"),
    [(5, 2, 3), (3, 3, 0), (2, 6, 0)],
)
def test_hidden_classes_have_as_many_beside_them_as_real_ones(
    n_unseen, n_hidden, n_beside
):
    chosen = [
        unseen_beside_hidden(n_unseen, n_hidden, np.random.RandomState(seed))
        for seed in range(20)
    ]
    for positions in chosen:
        assert len(set(positions.tolist())) == len(positions) == n_beside
        assert np.isin(positions, range(n_unseen)).all()
    # All of them are chosen now and then.
    assert set(np.concatenate(chosen).tolist()) == set(
        range(n_unseen if n_beside else 0)
    )
