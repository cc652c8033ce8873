"""Tables become arrays and names, and the same tables again."""

import copy
import pickle

import numpy as np
import pandas as pd
import pytest
from skops.io import dumps, loads

from zsl_estimators.persistence import Storable, stored
from zsl_estimators.utils import trusted_types

FRAMES = {
    "numbers": pd.DataFrame(np.eye(3), ["b", "a", "ü"], [0, 1, 2]),
    "float32": pd.DataFrame(np.eye(2, dtype=np.float32)),
    "integers": pd.DataFrame({"x": [1, 2], "y": [3, 4]}, index=[7, 9]),
    "types": pd.DataFrame(
        {"n": [1, 2], "x": [0.5, np.nan], "s": ["a", None], "b": [True, False]}
    ),
    "objects": pd.DataFrame({"o": [None, (1, 2)], "p": [("a",), {"b": 1}]}),
    "levels": pd.DataFrame(
        np.arange(6.0).reshape(2, 3),
        pd.MultiIndex.from_tuples([("a", 1), ("b", 2)], names=["c", None]),
        pd.Index(["x", "x", "y"], name="names"),
    ),
    "categories": pd.DataFrame({"c": pd.Categorical(["b", "a", None], ["b", "a"])}),
    "nullable": pd.DataFrame({"i": pd.array([1, None], dtype="Int64")}),
    "times": pd.DataFrame({"t": pd.to_datetime(["2020-01-01", "2021-02-03"])}),
    "empty": pd.DataFrame(columns=["a", "b"]),
    "no columns": pd.DataFrame(index=["a", "b"]),
}


class Holder(Storable):
    def __init__(self, value):
        self.value = value


def through_skops(value):
    own = f"{Holder.__module__}.Holder"
    return loads(dumps(Holder(value)), trusted=[*trusted_types(), own]).value


@pytest.mark.parametrize("name", FRAMES)
def test_frames(name):
    pd.testing.assert_frame_equal(through_skops(FRAMES[name]), FRAMES[name])


@pytest.mark.parametrize("name", ["types", "levels", "categories", "nullable"])
def test_series(name):
    for _, series in FRAMES[name].items():
        pd.testing.assert_series_equal(through_skops(series), series)


@pytest.mark.parametrize("name", FRAMES)
def test_indices(name):
    for index in (FRAMES[name].index, FRAMES[name].columns):
        pd.testing.assert_index_equal(through_skops(index), index, exact=True)


def test_containers_are_searched():
    frame = FRAMES["types"]
    value = {"a": [frame, (frame["n"], 1)], "b": {None: frame.index, (1, 2): "x"}}
    loaded = through_skops(value)
    pd.testing.assert_frame_equal(loaded["a"][0], frame)
    pd.testing.assert_series_equal(loaded["a"][1][0], frame["n"])
    assert loaded["b"].keys() == {None, (1, 2)}


def test_what_is_plain_stays_the_same_object():
    value = {"a": [np.arange(3), (1, "b")], "c": 2.0}
    assert stored(value) is value


def test_mapped_arrays(tmp_path):
    path = tmp_path / "x.npy"
    np.save(path, np.arange(6.0))
    loaded = through_skops(np.load(path, mmap_mode="r"))
    assert type(loaded) is np.ndarray
    np.testing.assert_array_equal(loaded, np.arange(6.0))


def test_pickle_and_copies_keep_objects():
    """They do not take the way over arrays."""
    holder = Holder([FRAMES["numbers"], object])
    assert copy.copy(holder).value is holder.value
    for other in (copy.deepcopy(holder), pickle.loads(pickle.dumps(holder))):
        pd.testing.assert_frame_equal(other.value[0], holder.value[0])
        assert other.value[1] is object


class Forgetful(Holder):
    def __getstate__(self):
        return {**super().__getstate__(), "cache": None}


@pytest.mark.parametrize("way", [copy.copy, lambda h: pickle.loads(pickle.dumps(h))])
def test_subclasses_may_say_what_is_pickled(way):
    holder = Forgetful(FRAMES["numbers"])
    holder.cache = object()
    other = way(holder)
    assert other.cache is None
    pd.testing.assert_frame_equal(other.value, holder.value)


def test_an_object_in_many_rows_is_stored_once():
    candidate = ("a", 1)
    frame = pd.DataFrame({"candidate": [candidate] * 500})
    assert len(dumps(Holder(frame))) < 50_000
