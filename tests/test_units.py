"""Units of columns, offsets of features, tables in files: what must change nothing."""

import tempfile
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.common import public_estimators, quick
from zsl_estimators import RidgeSemanticClassifier
from zsl_estimators.datasets import load_gzsl_npz, save_gzsl_npz
from zsl_estimators.scaling import AttributeScaler, BalancedScaler
from zsl_estimators.training import TorchTrainingMixin

CLOSED_FORMS = [
    cls for cls in public_estimators() if not issubclass(cls, TorchTrainingMixin)
]
# Powers of two change no digit, whatever the size of a number.
units = st.integers(-60, 60).map(lambda power: 2.0**power)


@given(st.lists(units, min_size=4, max_size=4), st.integers(0, 2**31))
@settings(max_examples=300, deadline=None)
def test_standardised_columns_have_no_unit(column_units, seed):
    matrix = np.random.RandomState(seed).normal(size=(7, 4))
    scaled = AttributeScaler("standard").fit(matrix).transform(matrix)
    np.testing.assert_allclose(scaled.std(axis=0), 1.0)
    scaler = AttributeScaler("standard").fit(matrix * column_units)
    found = scaler.transform(matrix * column_units)
    np.testing.assert_allclose(found, scaled, rtol=1e-9, atol=1e-12)


@given(st.lists(units, min_size=6, max_size=6), st.integers(0, 2**31))
@settings(max_examples=300, deadline=None)
def test_balanced_features_have_no_unit(column_units, seed):
    rng = np.random.RandomState(seed)
    X, y = rng.normal(size=(20, 6)), np.arange(20) % 4
    scaled = BalancedScaler().fit(X, y).transform(X)
    found = BalancedScaler().fit(X * column_units, y).transform(X * column_units)
    np.testing.assert_allclose(found, scaled, rtol=1e-9, atol=1e-12)


@given(
    st.floats(-1e9, 1e9),
    st.integers(0, 2**31),
    st.lists(st.sampled_from([0.0, 1.0, 3.5]), min_size=3, max_size=3),
)
@settings(max_examples=300, deadline=None)
def test_constant_columns_raise_nothing(offset, seed, constants):
    """Their variance is below zero by rounding, and has a square root all the same."""
    X = np.random.RandomState(seed).normal(size=(15, 3))
    X = np.column_stack([X, np.tile(np.array(constants) + offset, (15, 1))])
    with np.errstate(all="raise", under="ignore"):
        scaled = BalancedScaler().fit(X, np.arange(15) % 3).transform(X)
    np.testing.assert_allclose(scaled[:, 3:], 0.0, atol=1e-6)


@given(st.floats(-1e9, 1e9), st.integers(0, 2**31))
@settings(max_examples=100, deadline=None)
def test_an_offset_of_features_changes_nothing(offset, seed):
    rng = np.random.RandomState(seed)
    means, table = rng.normal(size=(6, 5)) * 4, rng.normal(size=(8, 3))
    y = np.repeat(np.arange(6), 5)
    X = means[y] + rng.normal(size=(30, 5)) * 0.1
    # The folds of what there is to choose are in the next test.
    clf = RidgeSemanticClassifier(
        table,
        alpha=0.1,
        shrink_to="zero",
        attribute_scaling="standard",
        seen_penalty=0.0,
        random_state=0,
    )
    expected = clf.fit(X, y).predict(X)
    # 1e9 leaves seven digits of the deviations.
    assert (clf.fit(X + offset, y).predict(X + offset) == expected).mean() > 0.99


def without_penalty(cls, task):
    """Closed forms choose on folds all the same."""
    clf = quick(cls, attributes=task.attributes, seen_penalty=0.0, random_state=0)
    if "early_stopping" in clf.get_params():
        clf.set_params(early_stopping=False)
    return clf


@pytest.mark.usefixtures("few_folds")
@pytest.mark.parametrize(
    "cls", public_estimators(), ids=[cls.__name__ for cls in public_estimators()]
)
def test_an_offset_in_every_estimator(cls, task):
    clf = without_penalty(cls, task)
    expected = clf.fit(task.X_train, task.y_train).predict(task.X_test)
    found = clf.fit(task.X_train + 1e8, task.y_train).predict(task.X_test + 1e8)
    # Networks magnify the last digits.
    assert np.mean(found == expected) > (0.99 if cls in CLOSED_FORMS else 0.8)


@pytest.mark.usefixtures("few_folds")
@pytest.mark.parametrize(
    "cls", public_estimators(), ids=[cls.__name__ for cls in public_estimators()]
)
def test_the_unit_of_features_in_every_estimator(cls, task):
    """A power of two changes no digit, so that networks learn the very same."""
    clf = without_penalty(cls, task)
    expected = clf.fit(task.X_train, task.y_train).decision_function(task.X_test)
    for unit in (2.0**-166, 2.0**450):
        clf.fit(task.X_train * unit, task.y_train)
        found = clf.decision_function(task.X_test * unit)
        np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-9)


@pytest.mark.usefixtures("few_folds")
@pytest.mark.parametrize(
    "cls", public_estimators(), ids=[cls.__name__ for cls in public_estimators()]
)
def test_underflow_may_be_an_error(cls, task):
    clf = quick(cls, attributes=task.attributes, random_state=0)
    with np.errstate(all="raise"):
        clf.fit(task.X_train, task.y_train)
        probabilities = clf.predict_proba(task.X_test)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1.0)


COLUMNS = {
    "float": st.floats(-1e6, 1e6),
    "integer": st.integers(-1000, 1000),
    "bool": st.booleans(),
}
LABELS = {
    "integers": st.integers(-(2**40), 2**40),
    "text": st.text("abcäö +.", min_size=1, max_size=6),
}


@given(st.data())
@settings(max_examples=300, deadline=None)
def test_tables_come_back_from_a_file(data):
    kind = data.draw(st.sampled_from(sorted(LABELS)))
    labels = data.draw(st.lists(LABELS[kind], min_size=4, max_size=6, unique=True))
    columns = data.draw(st.lists(st.sampled_from(sorted(COLUMNS)), min_size=1))[:4]
    n = len(labels)
    table = pd.DataFrame(
        {
            f"{name} {number}": data.draw(
                st.lists(COLUMNS[name], min_size=n, max_size=n)
            )
            for number, name in enumerate(columns)
        },
        index=pd.Index(labels, dtype=object if data.draw(st.booleans()) else None),
    )
    y = np.array(data.draw(st.permutations(labels)) * 2)
    X = np.arange(2.0 * n)[:, None]
    is_test = np.isin(y, labels[-1:]) | (np.arange(2 * n) < n)
    suffix = data.draw(st.sampled_from(["", ".npz"]))
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("error")
        path = Path(folder) / f"saved{suffix}"
        save_gzsl_npz(path, X, y, table, is_test=is_test, unseen_sets=[labels[-1:]])
        found = load_gzsl_npz(path)
    assert found.attributes.index.tolist() == labels
    np.testing.assert_array_equal(found.attributes, table.to_numpy(dtype=float))
    assert list(found.attributes.columns) == list(table.columns)
    np.testing.assert_array_equal(found.X_test, X[is_test])
    assert found.y_train.tolist() == y[~is_test].tolist()
