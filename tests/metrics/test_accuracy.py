import numpy as np
import pytest
from sklearn.metrics import balanced_accuracy_score, top_k_accuracy_score

from zsl_estimators.metrics import (
    ausuc_score,
    harmonic_mean_score,
    hit_at_k_score,
    per_class_accuracy_score,
    seen_accuracy_score,
    unseen_accuracy_score,
)


@pytest.fixture
def labels():
    rng = np.random.RandomState(0)
    y_true = rng.choice(5, size=300, p=[0.5, 0.3, 0.1, 0.05, 0.05])
    y_pred = np.where(rng.uniform(size=300) < 0.6, y_true, rng.randint(5, size=300))
    return y_true, y_pred


def test_equals_balanced_accuracy(labels):
    y_true, y_pred = labels
    expected = balanced_accuracy_score(y_true, y_pred)
    assert per_class_accuracy_score(y_true, y_pred) == pytest.approx(expected)


def test_seen_and_unseen_parts(labels):
    y_true, y_pred = labels
    seen = y_true < 3
    accuracies = [(y_pred[y_true == c] == c).mean() for c in range(5)]
    assert seen_accuracy_score(y_true, y_pred, seen_classes=[0, 1, 2]) == pytest.approx(
        np.mean(accuracies[:3])
    )
    assert unseen_accuracy_score(
        y_true, y_pred, seen_classes=[0, 1, 2]
    ) == pytest.approx(np.mean(accuracies[3:]))
    assert seen.any()


def test_harmonic_mean(labels):
    y_true, y_pred = labels
    parts = {"seen_classes": [0, 1, 2]}
    s = seen_accuracy_score(y_true, y_pred, **parts)
    u = unseen_accuracy_score(y_true, y_pred, **parts)
    expected = 2 / (1 / s + 1 / u)
    assert harmonic_mean_score(y_true, y_pred, **parts) == pytest.approx(expected)


def test_harmonic_mean_of_two_zeros_is_zero():
    assert harmonic_mean_score([0, 1], [1, 0], seen_classes=[0]) == 0


def test_undefined_without_samples():
    assert np.isnan(unseen_accuracy_score([0, 0], [0, 1], seen_classes=[0, 1]))
    assert np.isnan(harmonic_mean_score([0, 0], [0, 1], seen_classes=[0, 1]))


def test_string_labels():
    assert per_class_accuracy_score(["a", "b", "b"], ["a", "b", "a"]) == 0.75


def test_lengths_must_agree():
    with pytest.raises(ValueError, match="inconsistent"):
        per_class_accuracy_score([0, 1], [0])


@pytest.mark.parametrize("k", [1, 2, 5])
def test_hit_at_k_against_scikit_learn(k):
    """Per sample it is top_k_accuracy_score, per class its mean over classes."""
    rng = np.random.RandomState(0)
    y = rng.randint(6, size=200)
    scores = rng.normal(size=(200, 8))
    classes = np.arange(8)
    assert hit_at_k_score(y, scores, classes=classes, k=k, average="sample") == (
        pytest.approx(top_k_accuracy_score(y, scores, k=k, labels=classes))
    )
    of_classes = [
        hit_at_k_score(y[y == c], scores[y == c], classes=classes, k=k)
        for c in range(6)
    ]
    assert hit_at_k_score(y, scores, classes=classes, k=k) == (
        pytest.approx(np.mean(of_classes))
    )


def test_hit_at_one_is_the_accuracy_of_predictions():
    """Also where scores are equal: both take the first class."""
    rng = np.random.RandomState(0)
    y, scores = rng.randint(4, size=100), rng.randint(3, size=(100, 4))
    names = np.array(["d", "a", "c", "b"])
    predicted = names[scores.argmax(axis=1)]
    assert hit_at_k_score(names[y], scores, classes=names, k=1) == (
        pytest.approx(per_class_accuracy_score(names[y], predicted))
    )
    assert hit_at_k_score(names[y], scores, classes=names, k=4) == 1


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"k": 0}, "k must be a positive integer"),
        ({"k": 2.0}, "k must be a positive integer"),
        ({"average": "macro"}, "average"),
        ({"classes": [0, 1]}, "columns for 2 classes"),
    ],
)
def test_mistakes_of_hit_at_k(wrong, message):
    arguments = {"classes": [0, 1, 2], "k": 1, **wrong}
    with pytest.raises(ValueError, match=message):
        hit_at_k_score([0, 1], np.eye(3)[:2], **arguments)


def test_perfect_predictions_have_exactly_the_accuracy_one():
    for n_classes in range(1, 200):
        y = np.arange(n_classes)
        assert per_class_accuracy_score(y, y) == 1
        weights = np.linspace(0.1, 1.3, 2 * n_classes)
        assert per_class_accuracy_score([*y, *y], [*y, *y], sample_weight=weights) == 1
        assert hit_at_k_score(y, np.eye(n_classes), classes=y, k=1) == 1


@pytest.mark.parametrize("score", [ausuc_score, hit_at_k_score])
def test_every_column_has_a_label_of_its_own(score):
    more = {"k": 1} if score is hit_at_k_score else {"seen_classes": [0]}
    with pytest.raises(ValueError, match=r"classes names \[0\] more than once"):
        score([0, 1], [[1, 0], [0, 1]], classes=[0, 0], **more)
