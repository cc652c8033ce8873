import numpy as np
import pandas as pd
import pytest

from zsl_estimators.class_labels import (
    counted_labels,
    remedy_for,
    row_labels,
    similar_to,
    sorting_order,
    with_numbers_of,
)

TABLE = np.eye(3)


def test_labels_of_rows_are_an_index_or_given():
    frame = pd.DataFrame(TABLE, index=["b", "a", "c"])
    assert row_labels(frame, None).tolist() == ["b", "a", "c"]
    assert row_labels(TABLE, [4, 2, 3]).tolist() == [4, 2, 3]
    assert row_labels(TABLE, None) is None
    with pytest.raises(ValueError, match="index holds the labels already"):
        row_labels(frame, ["b", "a", "c"])
    with pytest.raises(ValueError, match="must name the 3 rows"):
        row_labels(TABLE, [4, 2])


def test_rows_are_counted_beside_whole_numbers_only():
    assert counted_labels(np.array([0.0, 2.0]), 3, 1, "y holds").tolist() == [1, 2, 3]
    for known in (np.array([0.5]), np.array(["a"])):
        with pytest.raises(ValueError, match=r"y holds .* Pass classes="):
            counted_labels(known, 3, 0, "y holds")


@pytest.mark.parametrize(
    ("known", "labels", "kind"),
    [([1.0], [2], "f"), ([1], [2.0], "i"), ([1], [2.5], "f"), (["a"], [2], "i")],
)
def test_numbers_become_those_of_the_other_side(known, labels, kind):
    found = with_numbers_of(np.array(known), np.array(labels))
    assert found.dtype.kind == kind
    assert found.tolist() == labels


def test_mixed_labels_cannot_be_sorted():
    assert sorting_order(np.array(["b", "a"])).tolist() == [1, 0]
    with pytest.raises(ValueError, match="they mix types"):
        sorting_order(np.array(["b", 1], dtype=object))


def test_the_remedy_depends_on_what_is_missing():
    labels = np.array(["Seal ", "auk"])
    one, both = np.array(["seal"]), np.array(["seal", "gull"])
    assert "differ in type, case" in remedy_for(one, labels, both)
    numbers = np.array([0, 1])
    assert "must be the index" in remedy_for(numbers, labels, numbers)
    assert "drop the samples" in remedy_for(both[1:], labels, both)


def test_similar_labels_are_named():
    known = np.array(["seal", "gull"])
    assert similar_to(np.array(["seel"]), known) == "Similar ones are ['seal']."
    assert "The classes are" in similar_to(np.array(["zebra"]), known)
