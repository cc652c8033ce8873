import errno
import os

import joblib
import pytest

import imagenet


def write_until_the_disk_is_full(path):
    with imagenet.replacing(path) as part:
        part.write_bytes(b"half of a fi")
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_full_disk_loses_nothing(tmp_path):
    path = tmp_path / "generator.joblib"
    with imagenet.replacing(path) as part:
        joblib.dump("one epoch", part)
    with pytest.raises(OSError, match="No space left") as caught:
        write_until_the_disk_is_full(path)
    assert joblib.load(path) == "one epoch"
    assert list(tmp_path.iterdir()) == [path]
    assert "same command again" in caught.value.__notes__[0]
