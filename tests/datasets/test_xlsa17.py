import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.io import savemat

from zsl_estimators.datasets import load_xlsa17, make_gzsl


@pytest.fixture
def made():
    return make_gzsl(6, n_seen=5, n_unseen=2, random_state=0)


class TestXlsa17:
    @pytest.fixture
    def folder(self, tmp_path, made):
        self.write(tmp_path, made)
        return tmp_path

    def seen_rows(self, made):
        return np.flatnonzero(np.isin(made.y_test, made.seen_classes))

    def write(self, folder, made, train_from=0):
        """Rows in the order seen, unseen; Matlab counts from 1."""
        seen = self.seen_rows(made) + 1
        unseen = np.flatnonzero(np.isin(made.y_test, made.unseen_classes)) + 1
        names = np.array([[f"animal+{c}"] for c in range(7)], dtype=object)
        (folder / "ZOO").mkdir(exist_ok=True)
        savemat(
            folder / "ZOO" / "res101.mat",
            {"features": made.X_test.T, "labels": made.y_test[:, None] + 1},
        )
        savemat(
            folder / "ZOO" / "att_splits.mat",
            {
                "att": made.attributes.to_numpy().T,
                "allclasses_names": names,
                "trainval_loc": seen[train_from::2][:, None],
                "train_loc": seen[1::2][:, None],
                "val_loc": seen[1::2][:, None],
                "test_seen_loc": seen[1::2][:, None],
                "test_unseen_loc": unseen[:, None],
            },
        )

    def test_rows_and_classes(self, folder, made):
        data = load_xlsa17(folder, "ZOO")
        assert data.X_train.shape == (15, 16)
        assert data.X_test.shape == (15 + 12, 16)
        assert set(data.unseen_classes) == {f"animal+{c}" for c in made.unseen_classes}
        assert set(data.y_train) == set(data.seen_classes)
        rows = data.attributes.loc[[f"animal+{c}" for c in range(7)]]
        np.testing.assert_allclose(rows, made.attributes)
        assert data.original_attributes is None
        first = made.X_test[np.isin(made.y_test, made.seen_classes)][0]
        np.testing.assert_allclose(data.X_train[0], first)

    def test_attributes_are_a_frame(self, folder):
        assert isinstance(load_xlsa17(folder, "ZOO").attributes, pd.DataFrame)

    def test_overlapping_rows_are_refused(self, tmp_path, made):
        self.write(tmp_path, made, train_from=1)
        with pytest.raises(ValueError, match="trainval_loc are test rows too"):
            load_xlsa17(tmp_path, "ZOO")

    def test_features_of_another_network(self, folder, made):
        """With labels as the release, without in rows of the order of its file."""
        other = made.X_test[:, :5] * 2
        savemat(
            folder / "ZOO" / "res101_finetuned.mat",
            {"features": other.T, "labels": made.y_test[:, None] + 1},
        )
        savemat(folder / "ZOO" / "ce_ce.mat", {"features": other})
        plain = load_xlsa17(folder, "ZOO")
        for name in ("res101_finetuned", "ce_ce"):
            data = load_xlsa17(folder, "ZOO", features=name)
            np.testing.assert_allclose(data.X_train, 2 * plain.X_train[:, :5])
            np.testing.assert_allclose(data.X_test, 2 * plain.X_test[:, :5])
            np.testing.assert_array_equal(data.y_test, plain.y_test)

    def test_features_without_labels_may_be_square(self, folder, made):
        """As many features as samples: what has no labels has one row per sample."""
        n_rows = len(made.X_test)
        square = np.random.RandomState(0).normal(size=(n_rows, n_rows))
        savemat(folder / "ZOO" / "con_paco.mat", {"features": square})
        data = load_xlsa17(folder, "ZOO", features="con_paco")
        np.testing.assert_array_equal(data.X_train, square[self.seen_rows(made)[::2]])

    def test_features_of_other_samples_are_refused(self, folder, made):
        savemat(folder / "ZOO" / "ce_ce.mat", {"features": made.X_test[:-1]})
        with pytest.raises(ValueError, match=r"ce_ce\.mat: .* do not belong"):
            load_xlsa17(folder, "ZOO", features="ce_ce")

    @pytest.mark.parametrize("percent", [10, 30])
    def test_a_part_of_the_training_rows(self, folder, made, percent):
        """Positions count the training rows."""
        chosen = np.array([2, 5, 14])
        savemat(
            folder / "ZOO" / f"split_{percent}percent.mat",
            {"trainval_loc": chosen[:, None] + 1},
        )
        whole = load_xlsa17(folder, "ZOO")
        data = load_xlsa17(folder, "ZOO", train_percent=percent)
        np.testing.assert_array_equal(data.X_train, whole.X_train[chosen])
        np.testing.assert_array_equal(data.y_train, whole.y_train[chosen])
        np.testing.assert_array_equal(data.X_test, whole.X_test)
        with pytest.raises(FileNotFoundError, match=r"split_20percent\.mat"):
            load_xlsa17(folder, "ZOO", train_percent=20)

    def test_another_file_of_splits(self, folder):
        path = folder / "ZOO" / "att_splits.mat"
        path.rename(path.with_name("sent_splits.mat"))
        data = load_xlsa17(folder, "ZOO", splits="sent_splits")
        assert len(data.attributes) == 7

    def test_a_missing_file_is_named(self, folder):
        with pytest.raises(FileNotFoundError, match=r"res101\.mat"):
            load_xlsa17(folder, "CUB")


@st.composite
def published_files(draw):
    """Fields of both files, and the positions of classes and rows behind them."""
    rng = np.random.RandomState(draw(st.integers(0, 2**31)))
    n_seen, n_unseen = draw(st.integers(1, 4)), draw(st.integers(1, 3))
    n_classes = n_seen + n_unseen
    unseen = rng.permutation(n_classes)[:n_unseen]
    # Two rows per class at least, in any order, and some that no split uses.
    y = [*range(n_classes), *range(n_classes), *rng.choice(n_classes, 5)]
    y = rng.permutation(y)
    of_unseen = np.flatnonzero(np.isin(y, unseen))
    of_seen = rng.permutation(np.flatnonzero(~np.isin(y, unseen)))
    n_train = draw(st.integers(1, len(of_seen) - 1))
    rows = {
        "trainval_loc": of_seen[:n_train],
        "test_seen_loc": of_seen[n_train:],
        "test_unseen_loc": rng.permutation(of_unseen),
    }
    names = draw(
        st.lists(
            st.text("abcdefg+_", min_size=1, max_size=6),
            min_size=n_classes,
            max_size=n_classes,
            unique=True,
        )
    )
    padding = draw(st.sampled_from(["", " ", "   "]))
    kind = draw(st.sampled_from([np.float64, np.uint8, np.int32]))
    features = {"features": rng.normal(size=(3, len(y))), "labels": column(y, kind)}
    splits = {
        "att": rng.normal(size=(4, n_classes)),
        "allclasses_names": np.array(
            [[name + padding] for name in names], dtype=object
        ),
        **{field: column(found, kind) for field, found in rows.items()},
    }
    return features, splits, names, y, rows


def column(positions, kind):
    """As Matlab writes them: counted from 1, one below the other."""
    return (positions + 1).astype(kind)[:, None]


@given(published_files())
@settings(max_examples=100, deadline=None)
def test_published_files_of_any_task(files):
    features, splits, names, y, rows = files
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "ZOO").mkdir()
        savemat(Path(folder) / "ZOO" / "res101.mat", features)
        savemat(Path(folder) / "ZOO" / "att_splits.mat", splits)
        data = load_xlsa17(folder, "ZOO")
    test = [*rows["test_seen_loc"], *rows["test_unseen_loc"]]
    for part, wanted in (("train", rows["trainval_loc"]), ("test", test)):
        np.testing.assert_array_equal(data[f"X_{part}"], features["features"].T[wanted])
        assert data[f"y_{part}"].tolist() == [names[position] for position in y[wanted]]
    assert data.attributes.index.tolist() == names
    np.testing.assert_array_equal(data.attributes, splits["att"].T)
