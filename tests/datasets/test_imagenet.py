import builtins
import copy
import shutil

import h5py
import numpy as np
import pytest
from scipy.io import savemat

from zsl_estimators import RidgeCompatibilityClassifier
from zsl_estimators.datasets import _imagenet, _mapped_file, load_imagenet_gzsl
from zsl_estimators.exceptions import ZeroShotWarning

N_CLASSES, N_FEATURES, N_DIMENSIONS = 1012, 6, 5
# Numbers from 1, as in the files; the last has no word vector.
TWO_HOPS, WITHOUT_VECTOR = [1003, 1001, 1012, 1007], [1012, 1005]


def references(file, name, texts):
    """A cell array of texts as MATLAB 7.3 stores it."""
    cells = file.create_dataset(name, (1, len(texts)), dtype=h5py.ref_dtype)
    for column, text in enumerate(texts):
        letters = np.array([[ord(letter)] for letter in text], dtype=np.uint16)
        cells[0, column] = file.create_dataset(f"refs/{name}{column}", data=letters).ref


class Made:
    """Files of the layout of the release, and what they were made of."""

    def __init__(self, folder):
        rng = np.random.RandomState(0)
        self.folder = folder
        self.ids = [f"n{number:08d}" for number in rng.permutation(N_CLASSES)]
        self.vectors = rng.normal(size=(N_CLASSES, N_DIMENSIONS))
        self.means = self.vectors @ rng.normal(size=(N_DIMENSIONS, N_FEATURES))
        self.y = np.concatenate([rng.permutation(1000), rng.randint(1000, size=9000)])
        self.y_val = rng.permutation(1000)
        self.X, self.X_val = self.sample(self.y, rng), self.sample(self.y_val, rng)
        self.unseen = {}
        with h5py.File(folder / "ImageNet_w2v.mat", "w") as file:
            file["w2v"] = self.vectors.T
            file["no_w2v_loc"] = np.array([WITHOUT_VECTOR], dtype=float)
            references(file, "wnids", self.ids)
            references(file, "words", [f"thing {i}, object" for i in range(N_CLASSES)])
        with h5py.File(folder / "ILSVRC2012_res101_feature.mat", "w") as file:
            file["features"], file["features_val"] = self.X.T, self.X_val
            file["labels"] = self.y[None] + 1.0
            file["labels_val"] = self.y_val[None] + 1.0
        splits = {"hops2": TWO_HOPS, "hops3": TWO_HOPS, "mp500": [500, 1001]}
        savemat(folder / "ImageNet_splits.mat", splits)
        (folder / "res101_1crop_feature").mkdir()
        for number in TWO_HOPS:
            y = np.full(number - 990, number - 1)
            self.unseen[number - 1] = self.sample(y, rng).astype("<f8")
            self.write_bin(number)

    def sample(self, y, rng):
        noise = 0.1 * rng.normal(size=(len(y), N_FEATURES))
        return (self.means[y] + noise).astype(np.float32)

    def write_bin(self, number, n_bytes=None):
        rows = self.unseen[number - 1]
        content = np.array(rows.shape, "<i4").tobytes() + rows.tobytes()
        path = self.folder / "res101_1crop_feature" / f"{number}.bin"
        path.write_bytes(content[:n_bytes])


@pytest.fixture(scope="module")
def made_once(tmp_path_factory):
    return Made(tmp_path_factory.mktemp("made_once"))


@pytest.fixture
def made(made_once, tmp_path):
    """A copy, which a test may change."""
    made = copy.deepcopy(made_once)
    made.folder = tmp_path / "made"
    shutil.copytree(made_once.folder, made.folder)
    return made


def test_rows_classes_and_descriptions(made):
    data = load_imagenet_gzsl(made.folder, "2hops", dtype=np.float32)
    ids = np.array(made.ids)
    np.testing.assert_array_equal(data.X_train, made.X)
    np.testing.assert_array_equal(data.y_train, ids[made.y])
    unseen = [1000, 1002, 1006]
    rows = [made.X_val, *(made.unseen[position] for position in unseen)]
    np.testing.assert_array_equal(data.X_test, np.concatenate(rows).astype(np.float32))
    counts = [len(made.unseen[position]) for position in unseen]
    y = np.append(made.y_val, np.repeat(unseen, counts))
    np.testing.assert_array_equal(data.y_test, ids[y])
    np.testing.assert_array_equal(data.seen_classes, ids[:1000])
    np.testing.assert_array_equal(data.unseen_classes, ids[unseen])
    classes = [*range(1000), *unseen]
    assert data.attributes.index.tolist() == ids[classes].tolist()
    np.testing.assert_array_equal(data.attributes, made.vectors[classes])
    assert data.words[ids[1002]] == "thing 1002, object"


def test_features_are_mapped_and_written_once(made, monkeypatch):
    first = load_imagenet_gzsl(made.folder, "2hops")
    assert isinstance(first.X_train, np.memmap)
    assert first.X_train.dtype == first.X_test.dtype == np.float16
    np.testing.assert_allclose(first.X_train, made.X, rtol=1e-3, atol=1e-6)
    monkeypatch.setattr(_imagenet, "_write", None)
    again = load_imagenet_gzsl(made.folder, "2hops")
    np.testing.assert_array_equal(again.X_train, first.X_train)


def test_files_that_are_newer_are_read_again(made):
    load_imagenet_gzsl(made.folder, "2hops")
    made.X += 1
    with h5py.File(made.folder / "ILSVRC2012_res101_feature.mat", "r+") as file:
        file["features"][:] = made.X.T
    again = load_imagenet_gzsl(made.folder, "2hops")
    np.testing.assert_allclose(again.X_train, made.X, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("n_per_block", [3, 700, 10**6])
def test_some_samples_of_every_class(made, n_per_block, monkeypatch):
    monkeypatch.setattr(_imagenet, "ROWS_PER_BLOCK", n_per_block)
    data = load_imagenet_gzsl(
        made.folder,
        "2hops",
        n_train_per_class=2,
        n_test_per_class=4,
        cache=made.folder / "elsewhere",
        dtype=np.float32,
    )
    ids = np.array(made.ids)
    n_train = np.minimum(np.bincount(made.y), 2).sum()
    assert len(data.X_train) == len(data.y_train) == n_train
    for row, label in zip(data.X_train[::97], data.y_train[::97], strict=True):
        found = np.flatnonzero((row == made.X).all(axis=1))
        assert ids[made.y[found]] == label
    labels, counts = np.unique(data.y_test, return_counts=True)
    assert set(counts[np.isin(labels, data.unseen_classes)]) == {4}
    last = made.unseen[1000][[0, 3, 7, 10]].astype(np.float32)
    of_first = data.X_test[data.y_test == ids[1000]]
    np.testing.assert_array_equal(of_first, last)


def test_the_task_is_solved(made):
    data = load_imagenet_gzsl(made.folder, "2hops", n_train_per_class=3)
    clf = RidgeCompatibilityClassifier(
        data.attributes,
        alpha=1.0,
        attribute_scaling="standard",
        seen_penalty=0.0,
        random_state=0,
    )
    clf.fit(np.asarray(data.X_train, np.float32), data.y_train)
    unseen = np.isin(data.y_test, data.unseen_classes)
    X = np.asarray(data.X_test[unseen], np.float32)
    right = clf.predict(X, classes=data.unseen_classes) == data.y_test[unseen]
    assert right.mean() > 0.9


def test_classes_without_features(made):
    (made.folder / "res101_1crop_feature" / "1003.bin").unlink()
    with pytest.warns(ZeroShotWarning, match="1 of the 3 unseen classes"):
        data = load_imagenet_gzsl(made.folder, "2hops")
    assert made.ids[1002] in data.unseen_classes
    assert made.ids[1002] not in data.y_test


def test_a_file_that_breaks_off(made):
    made.write_bin(1003, n_bytes=100)
    with pytest.raises(ValueError, match=r"1003\.bin is damaged"):
        load_imagenet_gzsl(made.folder, "2hops")


@pytest.mark.parametrize(
    ("name", "error", "message"),
    [
        ("ImageNet_w2v.mat", FileNotFoundError, r"ImageNet_w2v\.mat does not exist"),
        ("ImageNet_splits.mat", FileNotFoundError, r"ImageNet_splits\.mat"),
        ("ILSVRC2012_res101_feature.mat", FileNotFoundError, "ILSVRC2012"),
        ("res101_1crop_feature", FileNotFoundError, "Unpack ImageNet2011"),
    ],
)
def test_what_is_missing_is_named(made, name, error, message):
    path = made.folder / name
    path.rename(made.folder / "away")
    with pytest.raises(error, match=message):
        load_imagenet_gzsl(made.folder, "2hops")


def test_damaged_and_foreign_files(made):
    with pytest.raises(ValueError, match="split must be one of 2hops, 3hops"):
        load_imagenet_gzsl(made.folder, "4hops")
    with pytest.raises(ValueError, match="mp500 lists one of the first 1000"):
        load_imagenet_gzsl(made.folder, "mp500")
    with h5py.File(made.folder / "ILSVRC2012_res101_feature.mat", "r+") as file:
        del file["labels"]
        file["labels"] = made.y[None, :-1] + 1.0
    with pytest.raises(ValueError, match=r"features has the shape .* 9999 labels"):
        load_imagenet_gzsl(made.folder, "2hops")
    (made.folder / "ImageNet_w2v.mat").write_bytes(b"text")
    with pytest.raises(ValueError, match=r"ImageNet_w2v\.mat is damaged"):
        load_imagenet_gzsl(made.folder, "2hops")


def test_not_enough_space_for_the_features(made, monkeypatch):
    class Usage:
        free = 1000

    monkeypatch.setattr(_mapped_file.shutil, "disk_usage", lambda path: Usage)
    with pytest.raises(OSError, match="Give another folder as cache"):
        load_imagenet_gzsl(made.folder, "2hops")


def test_nothing_unfinished_is_left(made, monkeypatch):
    """A full disk or Ctrl-C while features are written."""

    def blocks(self):
        yield np.zeros((1, N_FEATURES))
        raise OSError("No space left on device")

    monkeypatch.setattr(_imagenet.ColumnsOfHDF5, "blocks", blocks)
    with pytest.raises(OSError, match="No space left"):
        load_imagenet_gzsl(made.folder, "2hops")
    assert list((made.folder / "zsl_estimators_cache").iterdir()) == []


def test_without_h5py(made, monkeypatch):
    def no_h5py(name, *arguments, **keywords):
        if name == "h5py":
            raise ImportError(name)
        return imported(name, *arguments, **keywords)

    imported = builtins.__import__
    monkeypatch.setattr(builtins, "__import__", no_h5py)
    with pytest.raises(ImportError, match=r"zsl-estimators\[datasets\]"):
        load_imagenet_gzsl(made.folder, "2hops")
