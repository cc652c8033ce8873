import numpy as np
import pytest

from zsl_estimators.calibration._held_out import (
    HeldOutRecord,
    best_seen_penalty,
    held_out_split,
)
from zsl_estimators.metrics import SeenUnseenCurve, harmonic_mean_score


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
        (4, 20, 2, 5),
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


def test_penalty_is_the_best_of_a_fine_grid_averaged_over_folds():
    folds = [random_scores(seed) for seed in range(3)]
    curves = [SeenUnseenCurve.from_scores(*fold) for fold in folds]

    def mean_h(penalty):
        return np.mean(
            [
                harmonic_mean_score(
                    y,
                    (scores - penalty * seen).argmax(axis=1),
                    seen_classes=np.flatnonzero(seen),
                )
                for y, scores, seen in folds
            ]
        )

    best = max(mean_h(penalty) for penalty in np.linspace(-5, 8, 1500))
    penalty, score = best_seen_penalty(curves)
    assert mean_h(penalty) == pytest.approx(score)
    assert score >= best - 1e-12


def test_penalty_undoes_a_shift():
    """Scores of seen classes raised by 3 ask for a penalty that is larger by 3."""
    y, scores, seen = random_scores(0)
    plain = best_seen_penalty([SeenUnseenCurve.from_scores(y, scores, seen)])
    shifted = SeenUnseenCurve.from_scores(y, scores + 3.0 * seen, seen)
    assert best_seen_penalty([shifted]) == pytest.approx((plain[0] + 3, plain[1]))


def test_largest_rectangle_under_the_curve():
    """Checked against every corner of the curve."""
    curve = SeenUnseenCurve.from_scores(*random_scores(0))
    _, area = best_seen_penalty([curve], criterion="ausuc")
    corners = curve.seen_accuracy * curve.unseen_accuracy
    assert area == pytest.approx(corners.max())
    assert area < curve.area


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
