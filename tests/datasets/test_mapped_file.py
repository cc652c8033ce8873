import errno
import os

import numpy as np
import pytest

from zsl_estimators.datasets import make_gzsl
from zsl_estimators.datasets._mapped_file import new_mapped_file

SHAPE, OTHERWISE = (50, 3), "Take less."


def full_disk(*arguments):
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def written(path, number):
    with new_mapped_file(path, SHAPE, np.float16, OTHERWISE) as rows:
        rows[:] = number


def test_a_whole_file(tmp_path):
    path = tmp_path / "new" / "X.npy"
    written(path, 2)
    X = np.load(path)
    assert X.shape == SHAPE
    assert X.dtype == np.float16
    assert (X == 2).all()
    assert list(path.parent.iterdir()) == [path]


def test_maps_of_the_file_before_stay_what_they_were(tmp_path):
    written(tmp_path / "X.npy", 2)
    before = np.load(tmp_path / "X.npy", mmap_mode="r")
    written(tmp_path / "X.npy", 3)
    assert (before == 2).all()
    assert (np.load(tmp_path / "X.npy") == 3).all()


def test_an_error_leaves_what_was_there(tmp_path):
    path = tmp_path / "X.npy"
    written(path, 2)
    with (
        pytest.raises(KeyboardInterrupt),
        new_mapped_file(path, SHAPE, np.float16, OTHERWISE),
    ):
        raise KeyboardInterrupt
    assert (np.load(path) == 2).all()
    assert list(tmp_path.iterdir()) == [path]


def test_too_large_for_the_disk(tmp_path):
    with (
        pytest.raises(OSError, match=r"X\.npy needs .* MiB are free\. Take less\."),
        new_mapped_file(tmp_path / "X.npy", (2**40, 2**20), np.float16, OTHERWISE),
    ):
        pass


@pytest.mark.skipif(
    not hasattr(os, "posix_fallocate"),
    reason="this system cannot reserve the space of a file",
)
def test_a_disk_that_others_fill(tmp_path, monkeypatch):
    """What looked free is gone: an error, and not the end of the process."""
    monkeypatch.setattr(os, "posix_fallocate", full_disk)
    with pytest.raises(OSError, match="No space left"):
        make_gzsl(5, n_seen=3, n_unseen=1, memmap=tmp_path)
    assert list(tmp_path.iterdir()) == []
