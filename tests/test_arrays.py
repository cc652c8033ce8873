"""What cannot be computed with is refused, wherever it is given."""

import os

import numpy as np
import pytest
from scipy.sparse import csr_array

from zsl_estimators import ExemplarClassifier, RidgeSemanticClassifier
from zsl_estimators.arrays import check_magnitude, check_mapped_file, unmasked
from zsl_estimators.class_table import ClassTable
from zsl_estimators.rows import BlockwiseStandardScaler, PickedRows, ScaledRows

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


# More than a page, so that the end of what is left is not within one.
N_MAPPED = 4000


@pytest.fixture
def mapped(task, tmp_path):
    """Rows that are mapped from a file, and a function that makes the file shorter."""
    path = tmp_path / "X.npy"
    np.save(path, np.resize(task.X_train, (N_MAPPED, task.X_train.shape[1])))
    X = np.load(path, mmap_mode="r")
    return X, lambda: os.truncate(path, path.stat().st_size // 2)


def test_whole_files_and_other_arrays_pass(mapped):
    X, _ = mapped
    for array in X, X[1:], np.array(X), csr_array(X), [[1.0]], None:
        check_mapped_file(array)


@pytest.mark.parametrize("view", [lambda X: X, lambda X: X[10:20, :3].T, np.asarray])
def test_a_file_that_became_shorter(mapped, view):
    X, truncate = mapped
    array = view(X)
    truncate()
    with pytest.raises(OSError, match=r"96064 of 192128 bytes are left.*Restore it"):
        check_mapped_file(array)


def test_a_file_that_is_replaced_by_name_is_still_there(mapped, tmp_path):
    X, _ = mapped
    expected = X.copy()
    np.save(tmp_path / "new.npy", X[:10])
    (tmp_path / "new.npy").rename(tmp_path / "X.npy")
    check_mapped_file(X)
    np.testing.assert_array_equal(X, expected)


@pytest.mark.parametrize(
    "blocks",
    [
        lambda X: ScaledRows(X).blocks(),
        lambda X: ScaledRows(PickedRows(X, np.arange(len(X)))).blocks(),
        lambda X: ScaledRows(X).single().blocks(),
    ],
)
def test_a_file_that_becomes_shorter_between_two_blocks(mapped, blocks, monkeypatch):
    X, truncate = mapped
    monkeypatch.setattr("zsl_estimators.rows.NUMBERS_PER_BLOCK", X.size // 4)
    blocks = blocks(X)
    next(blocks)
    truncate()
    with pytest.raises(OSError, match="bytes are left of a file"):
        list(blocks)


def test_a_file_that_becomes_shorter_while_it_is_scaled(mapped, monkeypatch):
    X, truncate = mapped
    monkeypatch.setattr("zsl_estimators.rows.NUMBERS_PER_BLOCK", X.size // 4)

    class Truncating(BlockwiseStandardScaler):
        def partial_fit(self, X, y=None, sample_weight=None):
            truncate()
            return super().partial_fit(X, y, sample_weight)

    with pytest.raises(OSError, match="bytes are left of a file"):
        Truncating().fit(X)


def test_fit_and_predict_after_the_file_became_shorter(task, mapped):
    X, truncate = mapped
    y = np.resize(task.y_train, N_MAPPED)
    clf = RidgeSemanticClassifier(task.attributes, random_state=0).fit(X, y)
    expected = clf.predict(task.X_test)
    truncate()
    for call in clf.predict, clf.decision_function, lambda X: clf.fit(X, y):
        with pytest.raises(OSError, match="bytes are left of a file"):
            call(X)
    # Nothing is lost.
    np.testing.assert_array_equal(clf.predict(task.X_test), expected)


def test_predict_of_a_file_that_becomes_shorter(task, mapped, monkeypatch):
    X, truncate = mapped
    clf = ExemplarClassifier(task.attributes, seen_penalty=0.0, random_state=0)
    clf.fit(task.X_train, task.y_train)
    scores = ExemplarClassifier._score_classes

    def truncating(self, block):
        truncate()
        return scores(self, block)

    monkeypatch.setattr("zsl_estimators.base.rows_per_block", lambda n_classes: 1000)
    monkeypatch.setattr(ExemplarClassifier, "_score_classes", truncating)
    with pytest.raises(OSError, match="bytes are left of a file"):
        clf.predict(X)
