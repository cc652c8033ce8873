"""What cannot work is said once, and nothing else is."""

import warnings

import numpy as np
import pandas as pd
import pytest

from tests.common import public_estimators, quick, small
from zsl_estimators import (
    ClassNormClassifier,
    RidgeSemanticClassifier,
    ZeroShotEnsembleClassifier,
)
from zsl_estimators.exceptions import ZeroShotWarning

every_estimator = pytest.mark.parametrize(
    "cls", public_estimators(), ids=lambda cls: cls.__name__
)


def warnings_of(estimator, X, y):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        estimator.fit(X, y)
    assert {warning.category for warning in caught} <= {ZeroShotWarning}
    return [str(warning.message) for warning in caught]


@pytest.mark.usefixtures("few_folds")
@every_estimator
def test_ordinary_use_is_silent(cls, task):
    clf = quick(cls, attributes=task.attributes, random_state=0)
    assert warnings_of(clf, task.X_train, task.y_train) == []


@pytest.mark.usefixtures("few_folds")
@every_estimator
def test_descriptions_of_zeros(cls, task):
    table = task.attributes.copy()
    table.iloc[[2, 5]] = 0.0
    clf = quick(cls, attributes=table, random_state=0, seen_penalty=0.0)
    (message,) = warnings_of(clf, task.X_train, task.y_train)
    assert f"labels {[*table.index[[2, 5]]]} by zeros alone" in message


def ridge(**parameters):
    return RidgeSemanticClassifier(random_state=0, **parameters)


def test_equal_descriptions(task):
    table = task.attributes.copy()
    table.iloc[1] = table.iloc[4]
    (message,) = warnings_of(ridge(attributes=table), task.X_train, task.y_train)
    assert f"labels {[*table.index[[1, 4]]]} by the same numbers" in message


def added_warnings_of(clf, rows):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        clf.add_classes(rows)
    return [str(warning.message) for warning in caught]


def test_added_descriptions(task):
    table = task.attributes.copy()
    table.iloc[1] = table.iloc[4]
    clf = ridge(attributes=table, seen_penalty=0.0)
    warnings_of(clf, task.X_train, task.y_train)
    new = pd.DataFrame(
        np.random.default_rng(0).normal(size=(5, table.shape[1])),
        index=range(100, 105),
        columns=table.columns,
    ).astype(table.dtypes)
    # What fit warned of is not said again.
    assert added_warnings_of(clf, new.iloc[:1]) == []
    new.iloc[1] = table.iloc[2]
    new.iloc[3] = new.iloc[2]
    new.iloc[4] = 0.0
    of_zeros, of_equal = added_warnings_of(clf, new.iloc[1:])
    assert "[104] by zeros alone" in of_zeros
    equal = [table.index[2], 101, 102, 103]
    assert f"labels {equal} by the same numbers" in of_equal
    # A class that comes back is as new as another one.
    clf.remove_classes([101, 102, 103])
    [of_equal] = added_warnings_of(clf, new.loc[[101]])
    assert f"labels {equal[:2]} by the same numbers" in of_equal


@pytest.mark.parametrize("n_seen", [2, 3, 4])
def test_few_seen_classes(task, n_seen):
    rows = np.isin(task.y_train, task.seen_classes[:n_seen])
    X, y = task.X_train[rows], task.y_train[rows]
    messages = warnings_of(ridge(attributes=task.attributes), X, y)
    assert [text[:15] for text in messages] == [f"y holds {n_seen} class"] * (
        n_seen < 4
    )
    assert warnings_of(ridge(attributes=task.attributes, seen_penalty=0.0), X, y) == []
    assert warnings_of(ridge(), X, y) == []


@pytest.mark.parametrize("cls", [RidgeSemanticClassifier, ZeroShotEnsembleClassifier])
def test_one_sample_of_every_class(cls, task):
    first = np.unique(task.y_train, return_index=True)[1]
    X, y = task.X_train[first], task.y_train[first]
    (message,) = warnings_of(cls(task.attributes, random_state=0), X, y)
    assert message.startswith("No class of y has two samples")
    assert message.endswith("or more samples.")
    assert (
        warnings_of(cls(task.attributes, seen_penalty=0.0, random_state=0), X, y) == []
    )


def test_labels_in_the_first_column(task):
    table = task.attributes.reset_index(names="class")
    messages = warnings_of(ridge(attributes=table), task.X_train, task.y_train)
    assert any("set_index" in text and "'class'" in text for text in messages)


@pytest.mark.parametrize("column", [0.5, "ones"])
def test_other_first_columns(task, column):
    """Fractions are no labels, and labels differ."""
    table = task.attributes.reset_index(drop=True)
    table.insert(0, "size", 1 if column == "ones" else table.index + column)
    assert warnings_of(ridge(attributes=table), task.X_train, task.y_train) == []


@pytest.mark.parametrize(("scaling", "warns"), [("rms", True), ("standard", False)])
def test_an_offset_of_descriptions(task, scaling, warns):
    clf = small(ClassNormClassifier, attributes=task.attributes + 1e9, random_state=0)
    clf.set_params(attribute_scaling=scaling, seen_penalty=0.0)
    messages = warnings_of(clf, task.X_train, task.y_train)
    assert len(messages) == warns
    assert all("differ by less than a millionth" in text for text in messages)


def test_labels_shifted_by_one():
    """A file read without index_col: row i describes class i + 1."""
    rng = np.random.RandomState(0)
    table = pd.DataFrame(rng.normal(size=(8, 3)))
    table.insert(0, "Unnamed: 0", range(1, 9))
    y = np.repeat(np.arange(1, 7), 4)
    X = rng.normal(size=(24, 5))
    (message,) = warnings_of(ridge(attributes=table), X, y)
    assert "index_col=0" in message
