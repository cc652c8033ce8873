import pickle

import numpy as np
import pytest

from zsl_estimators.calibration._reference import Reference


@pytest.fixture
def mapped(tmp_path):
    np.save(tmp_path / "X.npy", np.arange(60_000.0).reshape(200, 300))
    return np.load(tmp_path / "X.npy", mmap_mode="r")


def pickled(array):
    return pickle.dumps(Reference(array))


@pytest.mark.parametrize(
    "part",
    [
        lambda X: X,
        lambda X: X[50:],
        lambda X: X[3:9][2:],
        lambda X: X.T,
        lambda X: np.asarray(X)[7:],
        lambda X: X[20:].view(np.int64),
    ],
)
def test_mapped_rows_are_read_where_they_are(mapped, part):
    array = part(mapped)
    stored = pickled(array)
    assert len(stored) < 1000
    read = pickle.loads(stored).array
    assert isinstance(read, np.memmap)
    assert read.dtype == array.dtype
    np.testing.assert_array_equal(read, array)


@pytest.mark.parametrize(
    "copied",
    [
        lambda X: np.array(X),
        lambda X: X[::2],
        lambda X: X[:, :5],
        lambda X: X[[3, 1]],
        lambda X: np.arange(3.0),
    ],
)
def test_other_arrays_are_pickled_whole(mapped, copied):
    array = copied(mapped)
    stored = pickled(array)
    assert len(stored) > array.nbytes
    read = pickle.loads(stored).array
    np.testing.assert_array_equal(read, array)


def test_what_the_file_does_not_hold_is_pickled_whole(tmp_path, mapped):
    private = np.load(tmp_path / "X.npy", mmap_mode="c")
    private[0] = -1
    np.testing.assert_array_equal(pickle.loads(pickled(private)).array, private)


def test_a_worker_without_the_file_says_so(tmp_path, mapped):
    stored = pickled(mapped)
    (tmp_path / "X.npy").rename(tmp_path / "elsewhere.npy")
    with pytest.raises(FileNotFoundError, match="where all workers can read it"):
        pickle.loads(stored)
