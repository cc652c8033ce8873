import numpy as np
import pytest
import torch

from tests.common import small
from zsl_estimators import FGANClassifier, RevCDClassifier, ZeroDiffClassifier
from zsl_estimators.rows import ScaledRows
from zsl_estimators.training import ArrayData, DeviceBatches, _batches, _memory

# What is tested does not depend on the number of folds.
pytestmark = pytest.mark.usefixtures("few_folds")

KIB = 1024


@pytest.fixture
def host(tmp_path, monkeypatch):
    """A machine whose figures can be written."""
    monkeypatch.setattr(_memory, "MEMORY_INFO", tmp_path / "meminfo")
    monkeypatch.setattr(_memory, "CONTAINER", tmp_path)
    return tmp_path


def free():
    return _memory.free_bytes(torch.device("cpu"))


def test_free_memory(host):
    assert free() is None
    (host / "meminfo").write_text("MemTotal: 900 kB\n")
    assert free() is None
    (host / "meminfo").write_text("MemTotal: 900 kB\nMemAvailable:   500 kB\n")
    assert free() == 500 * KIB
    (host / "memory.max").write_text("max\n")
    (host / "memory.current").write_text(f"{100 * KIB}\n")
    (host / "memory.stat").write_text(f"anon 7\ninactive_file {30 * KIB}\n")
    assert free() == 500 * KIB
    (host / "memory.max").write_text(f"{300 * KIB}\n")
    assert free() == 230 * KIB
    (host / "meminfo").unlink()
    assert free() == 230 * KIB
    assert _memory.free_bytes(torch.device("mps")) is None


@pytest.fixture
def nothing_free(monkeypatch):
    monkeypatch.setattr(_batches, "free_bytes", lambda device: 0)


def mapped(X, path):
    np.save(path, X.astype(np.float16))
    return np.load(path, mmap_mode="r")


@pytest.mark.usefixtures("nothing_free")
def test_rows_are_made_for_a_batch(tmp_path):
    X = mapped(np.random.RandomState(0).normal(size=(50, 3)), tmp_path / "X.npy")
    rows = ScaledRows(X).single(lambda block: 2 * block)
    data = ArrayData({"x": rows}, np.arange(50)).to("cpu")
    assert isinstance(data.X["x"], _batches.PagedRows)
    read = 0
    for inputs, y in DeviceBatches(data, batch_size=16):
        assert inputs["x"].dtype == torch.float32
        np.testing.assert_array_equal(inputs["x"].numpy(), 2 * X[y.numpy()])
        read += len(y)
    assert read == 50


@pytest.mark.parametrize("n_bytes", [8 * 50 * 3, 8 * 50 * 3 - 1])
def test_rows_go_to_the_device_where_they_fit(n_bytes, monkeypatch):
    """They may take half of what is free."""
    monkeypatch.setattr(_batches, "free_bytes", lambda device: n_bytes)
    X = np.random.RandomState(0).normal(size=(50, 3))
    tensor = ArrayData({"x": ScaledRows(X).single()}, np.arange(50)).to("cpu").X["x"]
    assert isinstance(tensor, torch.Tensor) == (n_bytes == 8 * 50 * 3)
    if isinstance(tensor, torch.Tensor):
        np.testing.assert_array_equal(tensor.numpy(), X.astype(np.float32))


@pytest.mark.parametrize("cls", [RevCDClassifier, FGANClassifier, ZeroDiffClassifier])
def test_trains_on_more_than_the_device_holds(cls, task, tmp_path, monkeypatch):
    X = mapped(task.X_train, tmp_path / "X.npy")
    clf = small(cls, attributes=task.attributes, random_state=0)
    expected = clf.fit(X, task.y_train).decision_function(task.X_test)
    monkeypatch.setattr(_batches, "free_bytes", lambda device: 0)
    found = clf.fit(X, task.y_train).decision_function(task.X_test)
    # Rows that are scaled with other rows may differ in the last digit.
    np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-3)
