"""Numbers that cannot be computed with are refused, wherever they are given."""

import numpy as np
import pytest
from scipy.sparse import csr_array

from zsl_estimators import ExemplarClassifier, RidgeSemanticClassifier
from zsl_estimators.arrays import check_magnitude, unmasked
from zsl_estimators.class_table import ClassTable

ESTIMATORS = RidgeSemanticClassifier, ExemplarClassifier


@pytest.mark.parametrize("factor", [1e200, 1e-200])
@pytest.mark.parametrize("as_kind", [np.array, csr_array])
def test_magnitudes_that_cannot_be_squared(factor, as_kind):
    X = as_kind(np.array([[1.0, 0.0], [-2.0, 3.0]]) * factor)
    with pytest.raises(ValueError, match=r"in numbers is 3e.*divide numbers by 3e"):
        check_magnitude(X, "numbers")


@pytest.mark.parametrize("values", [[[0.0, 0.0]], [[np.nan, 1.0]], np.empty((0, 2))])
def test_other_magnitudes_are_none_of_its_business(values):
    check_magnitude(np.asarray(values, dtype=float), "numbers")


@pytest.mark.parametrize("cls", ESTIMATORS)
@pytest.mark.parametrize("factor", [1e200, 1e-200])
def test_features_and_descriptions_that_cannot_be_squared(task, cls, factor):
    clf = cls(task.attributes, seen_penalty=0.0, random_state=0)
    with pytest.raises(ValueError, match="largest number in X"):
        clf.fit(task.X_train * factor, task.y_train)
    with pytest.raises(ValueError, match="largest number in attributes"):
        cls(task.attributes * factor).fit(task.X_train, task.y_train)


def test_new_samples_may_be_small_but_not_large(task):
    clf = RidgeSemanticClassifier(task.attributes, seen_penalty=0.0, random_state=0)
    clf.fit(task.X_train, task.y_train)
    zero = clf.decision_function(0 * task.X_test)
    np.testing.assert_allclose(clf.decision_function(1e-200 * task.X_test), zero)
    with pytest.raises(ValueError, match="too large to be squared"):
        clf.predict(1e200 * task.X_test)


@pytest.mark.parametrize("dtype", [np.int64, np.float32])
def test_masked_entries_are_missing(dtype):
    array = np.ma.masked_equal(np.array([[1, 2], [3, 4]], dtype=dtype), 2)
    np.testing.assert_array_equal(unmasked(array), [[1, np.nan], [3, 4]])
    assert not isinstance(unmasked(array), np.ma.MaskedArray)


def test_masked_features_are_refused_as_missing_ones(task):
    X = np.ma.masked_greater(task.X_train, task.X_train.max() - 1)
    with pytest.raises(ValueError, match="NaN"):
        RidgeSemanticClassifier(task.attributes).fit(X, task.y_train)


def test_masked_descriptions_are_missing(task):
    S = task.attributes.to_numpy()
    masked = np.ma.masked_equal(S, S[0, 1])
    table = ClassTable.from_parameters(masked, None, task.y_train)
    hidden = np.where(masked.mask, np.nan, S)
    expected = ClassTable.from_parameters(hidden, None, task.y_train)
    np.testing.assert_array_equal(table.matrix, expected.matrix)
    assert table.matrix[0, 1] != S[0, 1]


@pytest.mark.parametrize("as_table", [np.asarray, lambda S: S])
@pytest.mark.parametrize("dtype", [complex, "datetime64[s]", "timedelta64[s]"])
def test_descriptions_are_real_numbers(task, as_table, dtype):
    S = (100 * task.attributes).astype(int).astype(dtype)
    with pytest.raises(ValueError, match="attributes must hold numbers only"):
        RidgeSemanticClassifier(as_table(S)).fit(task.X_train, task.y_train)
