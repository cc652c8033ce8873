import numpy as np
import pytest
from scipy.sparse import csr_array

from zsl_estimators import sparse_rows
from zsl_estimators.scaling import unit_rows
from zsl_estimators.sparse_rows import CenteredRows, as_dense, without_duplicates


@pytest.fixture
def X():
    random = np.random.RandomState(0)
    return np.where(random.uniform(size=(7, 5)) < 0.4, random.normal(size=(7, 5)), 0.0)


@pytest.fixture
def centered(X):
    random = np.random.RandomState(1)
    offset, scale = random.normal(size=5), random.uniform(1, 2, size=5)
    rows = CenteredRows.scaled(csr_array(X), offset, scale)
    factors = random.uniform(1, 2, size=(7, 1))
    return rows * factors, (X - offset) / scale * factors


def assert_equal(found, expected):
    assert isinstance(found, np.ndarray)
    np.testing.assert_allclose(found, expected, atol=1e-13)


def test_products(centered):
    rows, dense = centered
    random = np.random.RandomState(2)
    assert_equal(as_dense(rows), dense)
    assert as_dense(dense) is dense
    right, left = random.normal(size=(5, 3)), random.normal(size=(2, 7))
    assert_equal(rows @ right, dense @ right)
    assert_equal(rows.products_from_left(left), left @ dense)
    assert_equal(rows.products_from_left(csr_array(left)), left @ dense)
    assert_equal(rows.gram(), dense.T @ dense)


@pytest.mark.parametrize("numbers", [1, 20, 1000])
def test_kernel_in_blocks(centered, numbers, monkeypatch):
    monkeypatch.setattr(sparse_rows, "NUMBERS_PER_PRODUCT", numbers)
    rows, dense = centered
    assert_equal(rows.kernel(), dense @ dense.T)


def test_operators(centered):
    rows, dense = centered
    assert len(rows) == 7
    assert rows.shape == (7, 5)
    divisors = np.arange(1.0, 8)[:, None]
    assert_equal((rows / divisors).toarray(), dense / divisors)
    assert_equal((rows**2).toarray(), dense**2)
    plain = CenteredRows(rows.sparse, rows.offset)
    row = np.arange(5.0)
    assert_equal(plain.minus(row).toarray(), plain.toarray() - row)
    with pytest.raises(TypeError, match="unsupported"):
        rows**3
    with pytest.raises(TypeError, match="unsupported"):
        np.ones((3, 7)) @ rows
    for some in (
        slice(2, 5),
        slice(None, None, 3),
        np.array([4, 1, 4]),
        dense[:, 0] > 0,
    ):
        assert_equal(rows[some].toarray(), dense[some])


def test_unit_rows(centered):
    rows, dense = centered
    assert_equal(unit_rows(rows).toarray(), unit_rows(dense))
    same = CenteredRows(csr_array(np.full((2, 3), 0.1)), np.full(3, 0.1))
    assert_equal(unit_rows(same).toarray(), 0)
    lengths = np.linalg.norm(dense, axis=1)
    shortest = np.median(lengths)
    expected = unit_rows(dense) * (lengths > shortest * (1 + 1e-12))[:, None]
    assert_equal(rows.unit_rows(shortest * (1 + 1e-12)).toarray(), expected)


def test_scaling_in_double_precision(X):
    single = csr_array(X.astype(np.float32))
    rows = CenteredRows.scaled(single, np.ones(5))
    assert rows.sparse.dtype == np.float64
    assert single.dtype == np.float32
    assert_equal(rows.toarray(), X.astype(np.float32) - 1.0)


def test_entries_that_are_stored_twice(X):
    twice = csr_array(([1.0, 2.0, 4.0], [1, 1, 0], [0, 2, 3]), shape=(2, 2))
    found = without_duplicates(twice)
    assert found.nnz == 2
    assert twice.nnz == 3
    assert_equal(found.toarray(), twice.toarray())
    assert without_duplicates(found) is found
    assert without_duplicates(X) is X


def test_rows_with_factors_have_no_offset_in_common(X, centered):
    rows = CenteredRows(csr_array(X), np.zeros(5)).minus(np.arange(5.0))
    assert_equal(rows.toarray(), X - np.arange(5.0))
    with pytest.raises(ValueError, match="no offset in common"):
        centered[0].minus(np.arange(5.0))
