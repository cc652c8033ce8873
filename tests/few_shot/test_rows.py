import numpy as np
import pytest

from zsl_estimators.few_shot import ClassRows


@pytest.fixture
def rows():
    rng = np.random.RandomState(0)
    return rng.normal(size=(9, 3)), rng.choice([2, 5, 7], size=9)


def test_numbers_and_means_of_every_class(rows):
    X, y = rows
    kept = ClassRows.none(3).with_rows(X, y)
    for position, count, mean in zip(
        kept.positions, kept.counts, kept.means, strict=True
    ):
        assert count == (y == position).sum()
        np.testing.assert_allclose(mean, X[y == position].mean(axis=0))
    assert list(kept.positions) == sorted(set(y))


def test_further_rows_add_up_and_nothing_changes_in_place(rows):
    X, y = rows
    first = ClassRows.none(3).with_rows(X[:4], y[:4])
    before = first.sums.copy()
    both = first.with_rows(X[4:], y[4:])
    np.testing.assert_array_equal(first.sums, before)
    at_once = ClassRows.none(3).with_rows(X, y)
    np.testing.assert_array_equal(both.counts, at_once.counts)
    np.testing.assert_allclose(both.sums, at_once.sums)


def test_rows_of_some_classes_are_dropped(rows):
    kept = ClassRows.none(3).with_rows(*rows).without([5])
    assert 5 not in kept.positions
    assert len(kept) == len(kept.counts) == len(kept.sums) == 2


def test_half_precision_is_summed_in_double():
    X = np.full((3000, 1), 1.0, dtype=np.float16)
    kept = ClassRows.none(1).with_rows(X, np.zeros(3000, dtype=int))
    assert kept.sums[0, 0] == 3000
