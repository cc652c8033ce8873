import numpy as np
import pytest

from zsl_estimators.calibration._unlabelled import rows_without_labels
from zsl_estimators.unlabelled import UnlabelledRows

# Classes 0 and 1 are trained on and tested, 2, 3 and 4 are hidden.
Y = np.repeat([0, 1, 2, 3, 4], [6, 6, 10, 5, 1])
TRAIN = np.r_[0:4, 6:10]
HELD_OUT = np.setdiff1d(np.arange(len(Y)), TRAIN)


def divided(n_given):
    given = UnlabelledRows(np.zeros((n_given, 2)), np.array([5, 6]))
    return rows_without_labels(given, TRAIN, HELD_OUT, Y, seed=0)


def test_half_of_the_hidden_rows_have_no_label():
    hidden, scored = divided(100)
    np.testing.assert_array_equal(np.bincount(Y[hidden.rows]), [0, 0, 5, 3])
    np.testing.assert_array_equal(np.bincount(Y[scored]), [2, 2, 5, 2, 1])
    together = np.sort(np.concatenate([hidden.rows, scored]))
    np.testing.assert_array_equal(together, HELD_OUT)
    np.testing.assert_array_equal(hidden.classes, [2, 3, 4])
    X = np.random.RandomState(0).normal(size=(len(Y), 2))
    np.testing.assert_array_equal(hidden.of(X).X, X[hidden.rows])


@pytest.mark.parametrize(("n_given", "n_expected"), [(1, 1), (3, 2), (8, 4)])
def test_a_hidden_class_has_no_more_than_a_real_one(n_given, n_expected):
    hidden, scored = divided(n_given)
    counts = np.bincount(Y[hidden.rows])
    np.testing.assert_array_equal(counts[2:], np.minimum([5, 3], n_expected))
    assert not np.isin(hidden.rows, scored).any()


def test_nothing_to_divide():
    hidden, scored = rows_without_labels(None, TRAIN, HELD_OUT, Y, seed=0)
    assert hidden is None
    assert scored is HELD_OUT
    given = UnlabelledRows(np.zeros((4, 2)), np.array([5]))
    y = np.array([0, 0, 1, 1, 2])
    train, held_out = np.array([0, 2]), np.array([1, 3, 4])
    hidden, scored = rows_without_labels(given, train, held_out, y, seed=0)
    assert hidden is None
    assert scored is held_out
