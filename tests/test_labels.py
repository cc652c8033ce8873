"""Labels of any kind in any iterable: the figures are those of positions."""

from string import ascii_letters

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zsl_estimators.labels import as_labels, check_same_kind, is_in, to_show
from zsl_estimators.metrics import (
    SeenUnseenCurve,
    gzsl_report,
    harmonic_mean_score,
)

# One label per class, different ones, of one kind.
TEXT = st.text(ascii_letters + "äß .+-0", min_size=1, max_size=8)
KINDS = {
    "integers": st.integers(-(2**62), 2**62),
    "floats": st.floats(-1e9, 1e9).map(lambda number: number + 0.0),
    "text": TEXT,
    "bool": st.booleans(),
    "dates": st.dates(pd.Timestamp(1990, 1, 1).date(), pd.Timestamp(2090, 1, 1).date()),
}
ORDERED = {
    "list": list,
    "tuple": tuple,
    "array": np.array,
    "objects": lambda labels: pd.Series(labels, dtype=object).to_numpy(),
    "series": pd.Series,
    "index": pd.Index,
    "categories": pd.Categorical,
    "generator": lambda labels: (label for label in labels),
    "column": lambda labels: np.array(labels)[:, None],
}
UNORDERED = {
    **ORDERED,
    "set": set,
    "frozenset": frozenset,
    "keys": lambda labels: dict.fromkeys(labels).keys(),
    "values": lambda labels: dict(enumerate(labels)).values(),
}


def of_dates(kind, labels):
    return [np.datetime64(label) for label in labels] if kind == "dates" else labels


@st.composite
def tasks(draw):
    """Labels by position, which are seen, true and predicted positions."""
    kind = draw(st.sampled_from(sorted(KINDS)))
    at_most = 2 if kind == "bool" else 6
    unique = st.lists(KINDS[kind], min_size=2, max_size=at_most, unique=True)
    labels = of_dates(kind, draw(unique))
    n_seen = draw(st.integers(1, len(labels) - 1))
    rng = np.random.RandomState(draw(st.integers(0, 2**31)))
    y_true, y_pred = rng.randint(len(labels), size=(2, 2 + rng.randint(20)))
    # Both kinds of classes must occur.
    y_true[:2] = 0, len(labels) - 1
    return labels, n_seen, y_true, y_pred


def accuracy_of(classes, y_true, y_pred):
    """Mean over classes of the share of their rows that is right."""
    shares = [np.mean(y_pred[y_true == c] == c) for c in classes if (y_true == c).any()]
    return np.mean(shares)


@given(
    tasks(), *[st.sampled_from(sorted(ORDERED))] * 2, st.sampled_from(sorted(UNORDERED))
)
@settings(max_examples=200, deadline=None)
def test_figures_of_any_labels(task, form_true, form_pred, form_seen):
    labels, n_seen, y_true, y_pred = task

    def written(positions, forms, form):
        return forms[form]([labels[position] for position in positions])

    def arguments():
        return {
            "y_true": written(y_true, ORDERED, form_true),
            "y_pred": written(y_pred, ORDERED, form_pred),
            "seen_classes": written(range(n_seen), UNORDERED, form_seen),
        }

    seen = accuracy_of(range(n_seen), y_true, y_pred)
    unseen = accuracy_of(range(n_seen, len(labels)), y_true, y_pred)
    both = 2 * seen * unseen / (seen + unseen) if seen + unseen else 0.0
    assert harmonic_mean_score(**arguments()) == pytest.approx(both)
    report = gzsl_report(**arguments()).iloc[0]
    assert report["S"] == pytest.approx(seen)
    assert report["U"] == pytest.approx(unseen)
    assert report["H"] == pytest.approx(both)


@given(tasks(), st.sampled_from(sorted(ORDERED)), st.sampled_from(sorted(UNORDERED)))
@settings(max_examples=200, deadline=None)
def test_curve_of_any_labels(task, form, form_seen):
    labels, n_seen, y_true, _ = task
    scores = np.random.RandomState(len(y_true)).normal(size=(len(y_true), len(labels)))

    def area(y, classes, seen):
        return SeenUnseenCurve.from_labels(
            y, scores, classes=classes, seen_classes=seen
        ).area

    expected = area(y_true, np.arange(len(labels)), np.arange(n_seen))
    found = area(
        ORDERED[form]([labels[position] for position in y_true]),
        ORDERED[form](labels),
        UNORDERED[form_seen](labels[:n_seen]),
    )
    assert found == pytest.approx(expected)


@given(st.data())
@settings(max_examples=200, deadline=None)
def test_two_kinds_are_refused(data):
    one, other = data.draw(
        st.lists(st.sampled_from(["integers", "text"]), min_size=2, max_size=2)
    )
    first = data.draw(st.lists(KINDS[one], min_size=1, max_size=5))
    second = data.draw(st.lists(KINDS[other], min_size=1, max_size=5))
    first, second = as_labels(first, "first"), as_labels(second, "second")
    if one == other:
        check_same_kind(first=first, second=second)
    else:
        with pytest.raises(ValueError, match="first and second hold labels of two"):
            check_same_kind(first=first, second=second)


def test_bytes_are_no_text():
    """They are never equal, so that nothing would be right."""
    first, second = as_labels(np.array([b"a"]), "first"), as_labels(["a"], "second")
    with pytest.raises(ValueError, match="bytes such as b'a', and text such as 'a'"):
        check_same_kind(first=first, second=second)


def test_half_precision():
    """It holds small whole numbers exactly, and can be looked up."""
    found = as_labels(np.array([2, 0, 7], dtype=np.float16), "y")
    assert is_in(found, np.array([7, 1])).tolist() == [False, False, True]


@given(st.lists(st.sampled_from([1, 2.5, "a"]), min_size=1, max_size=6))
def test_mixed_labels_are_refused(labels):
    kinds = {isinstance(label, str) for label in labels}
    if len(kinds) == 1:
        assert as_labels(labels, "y").tolist() == labels
    else:
        with pytest.raises(ValueError, match="y mix types"):
            as_labels(labels, "y")


@given(
    st.lists(st.integers(-(2**62), 2**62), min_size=1, max_size=6),
    st.integers(0, 5),
    st.sampled_from([None, np.nan, pd.NA, pd.NaT]),
)
def test_missing_labels_are_refused(labels, where, missing):
    labels = [*labels[:where], missing, *labels[where:]]
    with pytest.raises(ValueError, match="y has missing labels"):
        as_labels(labels, "y")


@given(st.lists(st.integers(-(2**62), 2**62), min_size=1, max_size=8))
def test_large_integers_stay_exact(labels):
    for form in ORDERED.values():
        found = as_labels(form(labels), "y")
        assert found.dtype.kind == "i"
        assert found.tolist() == labels


@given(st.lists(TEXT, max_size=8), st.lists(TEXT, max_size=8))
def test_membership(labels, wanted):
    found = is_in(np.array(labels, dtype=object), np.array(wanted, dtype=object))
    assert found.tolist() == [label in wanted for label in labels]


@pytest.mark.parametrize("labels", ["abc", 3, pd.DataFrame({"y": [1]})])
def test_what_is_no_row_of_labels(labels):
    with pytest.raises(TypeError, match="y must"):
        as_labels(labels, "y")


@pytest.mark.parametrize("unit", ["D", "s", "ns"])
def test_dates_are_listed_as_text(unit):
    dates = np.array(["2024-02-29"], dtype=f"datetime64[{unit}]")
    assert to_show(dates)[0].startswith("2024-02-29")
