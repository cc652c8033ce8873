import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_matrix
from scipy.stats import multivariate_normal
from sklearn.metrics import accuracy_score

from zsl_estimators.datasets import (
    _generator,
    load_digits_gzsl,
    load_gzsl_npz,
    make_gzsl,
    save_gzsl_npz,
)


class TestDigits:
    def test_unseen_digits_are_never_in_training(self):
        data = load_digits_gzsl(unseen=(2, 7))
        assert set(data.y_train) == set(range(10)) - {2, 7}
        assert set(data.y_test) == set(range(10))
        assert len(data.y_train) + len(data.y_test) == 1797

    def test_descriptions(self):
        table = load_digits_gzsl().attributes
        assert table.shape == (10, 79)
        assert table.filter(like="segment").loc[8].sum() == 7
        assert table.filter(like="segment").loc[1].sum() == 2
        assert table.filter(like="pixel").max().max() == 1
        assert not table.duplicated().any()

    def test_a_glyph_resembles_its_digit_more_than_other_glyphs(self):
        """The drawing is usable: most digits correlate best with their own glyph."""
        data = load_digits_gzsl(unseen=())
        glyphs = data.attributes.filter(like="pixel").to_numpy()
        means = [data.X_train[data.y_train == d].mean(axis=0) for d in range(10)]
        match = np.corrcoef(means, glyphs)[:10, 10:]
        assert (match.argmax(axis=1) == np.arange(10)).sum() >= 7

    @pytest.mark.parametrize("unseen", [(10,), range(9), ("a",)])
    def test_impossible_choices(self, unseen):
        with pytest.raises(ValueError, match="unseen"):
            load_digits_gzsl(unseen=unseen)


class TestMakeGzsl:
    def test_shapes_and_seen_classes(self):
        data = make_gzsl(5, n_seen=6, n_unseen=3, n_features=7, random_state=0)
        assert data.X_train.shape == (30, 7)
        assert data.X_test.shape == (45, 7)
        assert set(data.y_train) == set(data.seen_classes)
        assert len(data.unseen_classes) == 3

    def test_density_equals_scipy(self):
        data = make_gzsl(5, n_seen=4, n_unseen=2, n_features=3, random_state=0)
        log_density = data.density.log_density(data.X_test)
        for c, mean in enumerate(data.density.means):
            expected = multivariate_normal(mean, np.eye(3)).logpdf(data.X_test)
            np.testing.assert_allclose(log_density[:, c], expected)
        np.testing.assert_allclose(data.density.posterior(data.X_test).sum(axis=1), 1)

    def test_best_possible_prediction_beats_a_disturbed_one(self):
        data = make_gzsl(200, class_sep=1.0, random_state=0)
        posterior = data.density.posterior(data.X_test)
        best = accuracy_score(data.y_test, posterior.argmax(axis=1))
        noise = np.random.RandomState(0).uniform(size=posterior.shape)
        worse = accuracy_score(data.y_test, (posterior + noise).argmax(axis=1))
        assert best > worse

    def test_same_seed_same_data(self):
        one, other = (make_gzsl(nonlinearity=0.5, random_state=1) for _ in range(2))
        np.testing.assert_array_equal(one.X_test, other.X_test)

    def test_the_test_part_may_be_smaller(self):
        data = make_gzsl(5, n_test_per_class=2, n_seen=4, n_unseen=3, random_state=0)
        assert (len(data.X_train), len(data.X_test)) == (4 * 5, 7 * 2)
        whole = make_gzsl(5, n_seen=4, n_unseen=3, random_state=0)
        np.testing.assert_array_equal(data.X_train, whole.X_train)

    @pytest.mark.parametrize(
        ("size", "error"),
        [
            ({"n_samples_per_class": 0}, ValueError),
            ({"n_test_per_class": 0}, ValueError),
            ({"n_seen": 2.5}, TypeError),
            ({"n_unseen": -1}, ValueError),
            ({"n_attributes": 0}, ValueError),
        ],
    )
    def test_sizes_are_checked(self, size, error):
        with pytest.raises(error, match=next(iter(size))):
            make_gzsl(**size)

    @pytest.mark.parametrize("dtype", [np.float64, np.float32, np.float16])
    def test_mapped_files_hold_the_same_task(self, tmp_path, dtype, monkeypatch):
        arguments = {"n_seen": 6, "n_unseen": 2, "dtype": dtype, "random_state": 0}
        plain = make_gzsl(**arguments)
        monkeypatch.setattr(_generator, "ROWS_PER_BLOCK", 7)
        mapped = make_gzsl(**arguments, memmap=tmp_path / "new")
        for name in ("X_train", "X_test"):
            assert isinstance(mapped[name], np.memmap)
            assert mapped[name].dtype == plain[name].dtype == dtype
            np.testing.assert_array_equal(mapped[name], plain[name])
            assert not mapped[name].flags.writeable


@pytest.fixture
def made():
    return make_gzsl(6, n_seen=5, n_unseen=2, random_state=0)


class TestNpz:
    def save(self, path, made, labels=None):
        attributes, y, unseen = made.attributes, made.y_test, made.unseen_classes
        if labels is not None:
            attributes, y, unseen = (
                attributes.set_axis(labels),
                labels[y],
                labels[unseen],
            )
        is_test = np.arange(len(y)) % 2 == 0
        save_gzsl_npz(
            path,
            made.X_test,
            y,
            attributes,
            is_test=is_test,
            unseen_sets=[unseen, attributes.index[:2]],
        )
        return is_test

    @pytest.mark.parametrize("labels", [None, np.array(list("gfedcba"))])
    def test_round_trip(self, tmp_path, made, labels):
        is_test = self.save(tmp_path / "made.npz", made, labels)
        data = load_gzsl_npz(tmp_path / "made.npz")
        np.testing.assert_array_equal(data.X_test, made.X_test[is_test])
        expected = (
            made.unseen_classes if labels is None else labels[made.unseen_classes]
        )
        np.testing.assert_array_equal(data.unseen_classes, expected)
        assert not set(data.y_train) & set(data.unseen_classes)
        assert data.n_unseen_sets == 2
        assert list(data.attributes.columns) == list(made.attributes.columns)
        columns = data.attributes.to_numpy()
        np.testing.assert_array_equal(columns, made.attributes.to_numpy())

    def test_other_choice_of_unseen_classes(self, tmp_path, made):
        self.save(tmp_path / "made.npz", made)
        data = load_gzsl_npz(tmp_path / "made.npz", unseen_set=1)
        assert data.unseen_classes.tolist() == [0, 1]
        with pytest.raises(ValueError, match="unseen_set"):
            load_gzsl_npz(tmp_path / "made.npz", unseen_set=2)

    def test_pickles_are_refused(self, tmp_path, made):
        self.save(tmp_path / "made.npz", made)
        with np.load(tmp_path / "made.npz") as file:
            arrays = dict(file)
        arrays["classes"] = np.array([{"any": "object"}], dtype=object)
        np.savez(tmp_path / "bad.npz", **arrays)
        with pytest.raises(ValueError, match="pickled"):
            load_gzsl_npz(tmp_path / "bad.npz")

    def test_missing_keys_are_named(self, tmp_path):
        np.savez(tmp_path / "bad.npz", X=np.ones(3))
        with pytest.raises(ValueError, match="unseen_sets"):
            load_gzsl_npz(tmp_path / "bad.npz")

    def test_labels_without_a_row_are_named(self, tmp_path, made):
        with pytest.raises(ValueError, match="99"):
            save_gzsl_npz(
                tmp_path / "bad.npz",
                made.X_test,
                np.full(len(made.y_test), 99),
                made.attributes,
                is_test=np.ones(len(made.y_test)),
                unseen_sets=[[0]],
            )

    def test_lengths_must_agree(self, tmp_path, made):
        with pytest.raises(ValueError, match="one entry per sample"):
            save_gzsl_npz(
                tmp_path / "bad.npz",
                made.X_test,
                made.y_test,
                made.attributes,
                is_test=[True],
                unseen_sets=[[0]],
            )

    def test_features_in_objects_are_saved_as_numbers(self, tmp_path, made):
        made.X_test = pd.DataFrame(made.X_test).astype(object)
        is_test = self.save(tmp_path / "made.npz", made)
        loaded = load_gzsl_npz(tmp_path / "made.npz").X_test
        assert loaded.dtype == np.float64
        np.testing.assert_array_equal(loaded, made.X_test[is_test])

    @pytest.mark.parametrize(
        ("change", "error", "words"),
        [
            ({"X": [["many"]] * 2}, ValueError, "numeric"),
            ({"X": csr_matrix(np.eye(2))}, TypeError, "[Ss]parse"),
            ({"unseen_sets": [[0], [0, 1]]}, ValueError, "number of classes"),
        ],
    )
    def test_what_cannot_be_saved_leaves_the_file(self, tmp_path, change, error, words):
        path = tmp_path / "made.npz"
        path.write_bytes(b"before")
        arguments = {"X": np.eye(2), "y": [0, 1], "attributes": np.eye(3)}
        arguments |= {"is_test": [0, 1], "unseen_sets": [[2]]} | change
        with pytest.raises(error, match=words):
            save_gzsl_npz(path, **arguments)
        assert path.read_bytes() == b"before"

    def test_a_write_that_fails_leaves_the_file(self, tmp_path, made, monkeypatch):
        path = tmp_path / "made.npz"
        self.save(path, made)
        before = path.read_bytes()

        def fail(file, **_):
            file.write(b"half")
            raise OSError("no space left")

        monkeypatch.setattr(np, "savez_compressed", fail)
        with pytest.raises(OSError, match="no space"):
            self.save(path, made)
        assert path.read_bytes() == before
        assert [each.name for each in tmp_path.iterdir()] == ["made.npz"]

    def test_any_damage_is_an_error_that_says_so(self, tmp_path, made):
        """A bit that is wrong, in headers and in numbers, and no file at all."""
        self.save(tmp_path / "made.npz", made)
        good = (tmp_path / "made.npz").read_bytes()
        bad, messages = tmp_path / "bad.npz", []
        for place in range(0, len(good), len(good) // 300):
            damaged = bytearray(good)
            damaged[place] ^= 1 << place % 8
            bad.write_bytes(damaged)
            try:
                load_gzsl_npz(bad)
            except ValueError as error:
                messages.append(str(error))
        assert len(messages) > 100
        assert all("bad.npz" in message for message in messages)
        with pytest.raises(FileNotFoundError):
            load_gzsl_npz(tmp_path / "none.npz")


@pytest.mark.parametrize("unseen", [("3", "8"), (3, 10), [0.5], [True]])
def test_unseen_digits_are_digits(unseen):
    with pytest.raises(ValueError, match="digits 0 to 9, as numbers"):
        load_digits_gzsl(unseen)
