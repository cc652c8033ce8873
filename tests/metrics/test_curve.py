from pathlib import Path

import numpy as np
import pytest

from zsl_estimators.metrics import (
    SeenUnseenCurve,
    ausuc_score,
    gzsl_report,
    seen_accuracy_score,
    seen_unseen_curve,
    unseen_accuracy_score,
    zero_shot_accuracy_score,
)

CLASSES = np.arange(7)
SEEN = CLASSES[:4]
PUBLISHED = Path(__file__).parents[3] / "shared" / "data" / "cub_published_scores.npz"


def task(seed, ties):
    rng = np.random.RandomState(seed)
    y = rng.choice(7, size=120, p=[0.3, 0.2, 0.1, 0.1, 0.1, 0.1, 0.1])
    scores = rng.normal(size=(120, 7)) + np.where(CLASSES < 4, 1, 0)
    scores[np.arange(120), y] += 1.5
    return y, np.round(scores * 2) / 2 if ties else scores


def brute_force(y, scores):
    """S and U at a penalty between any two neighbouring gaps, and beyond."""
    seen = np.isin(CLASSES, SEEN)
    gaps = np.unique(scores[:, seen].max(axis=1) - scores[:, ~seen].max(axis=1))
    middle = (gaps[1:] + gaps[:-1]) / 2
    points = []
    for penalty in [gaps[0] - 1, *middle, gaps[-1] + 1]:
        y_pred = (scores - penalty * seen).argmax(axis=1)
        points.append(
            (
                seen_accuracy_score(y, y_pred, seen_classes=SEEN),
                unseen_accuracy_score(y, y_pred, seen_classes=SEEN),
            )
        )
    return np.array(points).T


@pytest.mark.parametrize("ties", [False, True])
@pytest.mark.parametrize("seed", range(5))
def test_against_brute_force(seed, ties):
    y, scores = task(seed, ties)
    expected_seen, expected_unseen = brute_force(y, scores)
    seen, unseen, penalties = seen_unseen_curve(
        y, scores, classes=CLASSES, seen_classes=SEEN
    )
    np.testing.assert_allclose(seen, expected_seen, atol=1e-12)
    np.testing.assert_allclose(unseen, expected_unseen, atol=1e-12)
    assert len(penalties) == len(seen)
    area = ausuc_score(y, scores, classes=CLASSES, seen_classes=SEEN)
    expected = np.trapezoid(expected_seen, expected_unseen)
    assert area == pytest.approx(expected, abs=1e-12)


def test_ends_of_the_curve():
    """All seen at one end; at the other, U is the zero-shot accuracy T1."""
    y, scores = task(0, ties=False)
    seen, unseen, penalties = seen_unseen_curve(
        y, scores, classes=CLASSES, seen_classes=SEEN
    )
    t1 = zero_shot_accuracy_score(y, scores, classes=CLASSES, seen_classes=SEEN)
    assert unseen[0] == 0
    assert unseen[-1] == pytest.approx(t1)
    assert seen[-1] == pytest.approx(0, abs=1e-12)
    assert penalties[0] == -np.inf
    assert penalties[-1] == np.inf


def test_harmonic_mean_at_a_penalty():
    y, scores = task(1, ties=False)
    seen = np.isin(CLASSES, SEEN)
    curve = SeenUnseenCurve.from_scores(y, scores, seen)
    for penalty in (-1.0, 0.3, 2.0):
        y_pred = (scores - penalty * seen).argmax(axis=1)
        report = gzsl_report(y, y_pred, seen_classes=SEEN)
        assert curve.harmonic_mean_at(penalty) == pytest.approx(report["H"].item())


def test_adding_a_constant_to_seen_scores_keeps_the_area():
    y, scores = task(2, ties=False)
    columns = {"classes": CLASSES, "seen_classes": SEEN}
    shifted = scores + 5.0 * np.isin(CLASSES, SEEN)
    assert ausuc_score(y, shifted, **columns) == pytest.approx(
        ausuc_score(y, scores, **columns)
    )


@pytest.mark.parametrize("kept", [SEEN, CLASSES[4:]])
def test_one_kind_of_class_gives_plain_accuracy(kept):
    y, scores = task(0, ties=False)
    rows = np.isin(y, kept)
    columns = {"classes": CLASSES, "seen_classes": SEEN}
    best = kept[scores[rows][:, kept].argmax(axis=1)]
    expected = np.mean([(best[y[rows] == c] == c).mean() for c in kept])
    assert ausuc_score(y[rows], scores[rows], **columns) == pytest.approx(expected)
    with pytest.raises(ValueError, match="no sample of"):
        seen_unseen_curve(y[rows], scores[rows], **columns)


def test_column_order_does_not_matter():
    y, scores = task(3, ties=False)
    order = np.random.RandomState(0).permutation(7)
    straight = ausuc_score(y, scores, classes=CLASSES, seen_classes=SEEN)
    mixed = ausuc_score(y, scores[:, order], classes=order, seen_classes=SEEN)
    assert mixed == pytest.approx(straight)


def test_unknown_labels_and_columns_are_refused():
    y, scores = task(0, ties=False)
    with pytest.raises(ValueError, match="not among the classes"):
        ausuc_score(y + 1, scores, classes=CLASSES, seen_classes=SEEN)
    with pytest.raises(ValueError, match="one column per class"):
        ausuc_score(y, scores[:, :5], classes=CLASSES, seen_classes=SEEN)


def test_report_needs_the_names_of_the_columns():
    y, scores = task(0, ties=False)
    with pytest.raises(ValueError, match="classes_"):
        gzsl_report(y, y, seen_classes=SEEN, y_score=scores)


@pytest.mark.skipif(not PUBLISHED.exists(), reason="needs the published CUB scores")
@pytest.mark.parametrize(
    ("model", "unseen", "seen", "harmonic"),
    [("fclswgan", 0.4508, 0.5551, 0.4975), ("lago", 0.2456, 0.6479, 0.3561)],
)
def test_published_scores(model, unseen, seen, harmonic):
    """f-CLSWGAN and LAGO on CUB, from the scores their authors' models gave."""
    with np.load(PUBLISHED) as file:
        y_pred = file["classes"][file[model].argmax(axis=1)]
        classes, y = file["classes"], file["y"]
        seen_classes = file["seen"]
    if y.dtype.kind != classes.dtype.kind or not np.isin(y, classes).all():
        y = classes[y]
    if not np.isin(seen_classes, classes).all():
        seen_classes = classes[seen_classes]
    report = gzsl_report(y, y_pred, seen_classes=seen_classes).iloc[0]
    assert report["U"] == pytest.approx(unseen, abs=5e-5)
    assert report["S"] == pytest.approx(seen, abs=5e-5)
    assert report["H"] == pytest.approx(harmonic, abs=5e-5)


def test_area_and_accuracy_of_every_unseen_class():
    """Their means are those of all; alone, a class has its own area."""
    rng = np.random.RandomState(0)
    y, seen = rng.randint(7, size=300), np.arange(7) < 4
    scores = rng.normal(size=(300, 7)) + 1.5 * (y[:, None] == np.arange(7))
    curve = SeenUnseenCurve.from_scores(y, scores, seen)
    assert curve.class_areas.mean() == pytest.approx(curve.area)
    assert curve.class_accuracies.mean() == pytest.approx(curve.unseen_accuracy[-1])
    for number, only in enumerate((4, 5, 6)):
        rows = seen[y] | (y == only)
        alone = SeenUnseenCurve.from_scores(y[rows], scores[rows], seen)
        assert alone.area == pytest.approx(curve.class_areas[number])


def test_weights_of_any_container():
    y, scores = task(0, ties=False)
    options = {"classes": CLASSES, "seen_classes": SEEN}
    weights = np.arange(len(y)) % 3
    curves = [
        SeenUnseenCurve.from_labels(y, scores, weights=given, **options)
        for given in (weights.tolist(), weights.astype(float))
    ]
    area = ausuc_score(y, scores, sample_weight=weights, **options)
    assert curves[0].area == curves[1].area == pytest.approx(area)


def test_one_number_per_sample_of_two_classes():
    """As decision_function returns them: positive for the second class."""
    y, scores = np.array([0, 1, 1, 0]), np.array([-1.0, 2.0, -0.5, -2.0])
    both = np.column_stack([np.zeros(4), scores])
    settings = {"classes": [0, 1], "seen_classes": [0]}
    assert ausuc_score(y, scores, **settings) == ausuc_score(y, both, **settings)
