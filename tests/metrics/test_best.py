import numpy as np

from zsl_estimators.metrics._best import BestOfEachKind

SEEN = np.array([True, False, True, False])


def test_best_classes_against_a_loop():
    # Few values, so that there are many ties.
    scores = np.random.RandomState(0).randint(3, size=(200, 4)).astype(float)
    best = BestOfEachKind.of(scores, SEEN)
    for row, seen, unseen, gap, predicted in zip(
        scores, *best, best.predicted, strict=True
    ):
        assert seen == max((0, 2), key=lambda column: row[column])
        assert unseen == max((1, 3), key=lambda column: row[column])
        assert gap == row[seen] - row[unseen]
        assert predicted == row.argmax()


def test_one_kind_only():
    scores = np.array([[0.2, 0.1, 0.9, 0.3], [0.5, 0.7, 0.1, 0.4]])
    for seen in (np.ones(4, dtype=bool), np.zeros(4, dtype=bool)):
        best = BestOfEachKind.of(scores, seen)
        np.testing.assert_array_equal(best.predicted, [2, 1])
        missing = best.unseen if seen.all() else best.seen
        np.testing.assert_array_equal(missing, -1)
