import numpy as np
import pandas as pd
import pytest

from zsl_estimators.inspection import missing_attribute

N_CLASSES, N_ROWS = 9, 40


@pytest.fixture(scope="module")
def task():
    """Features that are three attributes and noise; the table lacks the third."""
    random_state = np.random.RandomState(0)
    attributes = random_state.normal(size=(N_CLASSES, 3))
    attributes[1, :2] = attributes[0, :2]
    attributes[:2, 2] = 2, -2
    y = np.repeat(np.arange(N_CLASSES), N_ROWS)
    X = attributes[y] + 0.5 * random_state.normal(size=(len(y), 3))
    return X, y, attributes


def test_the_column_that_was_left_out(task):
    X, y, attributes = task
    column = missing_attribute(X, y, (0, 1), pd.DataFrame(attributes[:, :2]))
    true = attributes[column.index, 2]
    assert np.corrcoef(column.value, true)[0, 1] > 0.99
    # Four apart in a noise of one half.
    assert column.value[0] - column.value[1] == pytest.approx(8, abs=1)
    np.testing.assert_allclose(column.value[0], -column.value[1])
    # The present columns say the same of both, or nothing at all.
    gap = abs(column.predicted[0] - column.predicted[1])
    assert gap < 0.5 * (column.value[0] - column.value[1])


def test_a_column_that_is_there_is_predicted(task):
    X, y, attributes = task
    table = np.column_stack([attributes[:, :2], attributes[:, 2]])
    column = missing_attribute(X, y, (0, 1), pd.DataFrame(table))
    assert np.corrcoef(column.value, column.predicted)[0, 1] > 0.9


def test_bad_input(task):
    X, y, attributes = task
    table = pd.DataFrame(attributes)
    with pytest.raises(ValueError, match="two different labels in y"):
        missing_attribute(X, y, (0, 0), table)
    with pytest.raises(ValueError, match="two different labels in y"):
        missing_attribute(X, y, (0, 99), table)
    with pytest.raises(ValueError, match=r"no row for labels \[8\]"):
        missing_attribute(X, y, (0, 1), table[:-1])
    with pytest.raises(ValueError, match="two classes only"):
        missing_attribute(X[:80], y[:80], (0, 1), table)
    with pytest.raises(ValueError, match="NaN"):
        missing_attribute(np.where(X > 2, np.nan, X), y, (0, 1), table)


def test_single_samples_are_refused(task):
    X, y, attributes = task
    first = np.unique(y, return_index=True)[1]
    with pytest.raises(ValueError, match=r"single sample.*Give more samples"):
        missing_attribute(X[first], y[first], [0, 1], pd.DataFrame(attributes))


def test_missing_values_of_the_table(task):
    X, y, attributes = task
    attributes = attributes.copy()
    attributes[3, 1] = np.nan
    with pytest.raises(ValueError, match="attributes lacks values"):
        missing_attribute(X, y, (0, 1), pd.DataFrame(attributes))
