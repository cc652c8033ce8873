import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone

from zsl_estimators import (
    CalibratedStackingCV,
    ExemplarClassifier,
    RidgeSemanticClassifier,
    ZeroShotEnsembleClassifier,
)
from zsl_estimators.datasets import make_gzsl
from zsl_estimators.inspection import attribute_importance
from zsl_estimators.metrics import gzsl_report


@pytest.fixture(scope="module")
def data():
    return make_gzsl(n_attributes=4, n_features=10, random_state=0)


def test_useless_attributes_lose_nothing(data):
    table = data.attributes.assign(constant=1.0)
    clf = ExemplarClassifier(table, seen_penalty=0.0, random_state=0).fit(
        data.X_train, data.y_train
    )
    importance = clf.attribute_importance(data.X_test, data.y_test)
    np.testing.assert_array_equal(importance.loc["constant"], 0)
    assert importance.H.is_monotonic_decreasing
    assert importance.U.max() > 0.05


def test_against_another_fit_of_the_changed_table(data):
    """What is known of unseen classes plays no part in a fit without folds."""
    parameters = {"alpha": 0.1, "shrink_to": "zero", "seen_penalty": 0.05}
    parameters["attribute_scaling"] = "standard"
    table = data.attributes
    clf = RidgeSemanticClassifier(table, **parameters)
    clf.fit(data.X_train, data.y_train)
    importance = attribute_importance(clf, data.X_test, data.y_test)
    for name in table:
        changed = table.copy()
        usual = table.loc[clf.seen_classes_, name].mean()
        changed.loc[clf.unseen_classes_, name] = usual
        figures = []
        for each in (table, changed):
            other = RidgeSemanticClassifier(each, **parameters)
            y_pred = other.fit(data.X_train, data.y_train).predict(data.X_test)
            seen = clf.seen_classes_
            figures.append(gzsl_report(data.y_test, y_pred, seen_classes=seen).iloc[0])
        lost = figures[0] - figures[1]
        np.testing.assert_allclose(importance.loc[name], lost[["S", "U", "H"]])


def test_needs_both_kinds(data):
    clf = ExemplarClassifier(data.attributes).fit(data.X_train, data.y_train)
    seen = np.isin(data.y_test, clf.seen_classes_)
    with pytest.raises(ValueError, match="unseen"):
        clf.attribute_importance(data.X_test[seen], data.y_test[seen])


def test_names_of_a_table_without_names(data):
    clf = ExemplarClassifier(data.attributes.to_numpy(), random_state=0).fit(
        data.X_train, data.y_train
    )
    importance = clf.attribute_importance(data.X_test, data.y_test)
    assert sorted(importance.index) == ["a0", "a1", "a2", "a3"]
    assert isinstance(importance, pd.DataFrame)


def test_with_the_penalty_of_a_calibration_around_it(data):
    plain = RidgeSemanticClassifier(data.attributes, seen_penalty=0.0)
    plain.fit(data.X_train, data.y_train)
    calibrated = CalibratedStackingCV(plain, cv="prefit")
    calibrated.fit(data.X_test[::2], data.y_test[::2])
    assert calibrated.best_penalty_ > 0
    of_both = attribute_importance(calibrated, data.X_test, data.y_test)
    without = attribute_importance(plain, data.X_test, data.y_test)
    plain.seen_penalty_ = calibrated.best_penalty_
    of_one = attribute_importance(plain, data.X_test, data.y_test)
    pd.testing.assert_frame_equal(of_both, of_one)
    assert not of_both.equals(without)


@pytest.mark.parametrize("around", ["alone", "ensemble"])
def test_labelled_rows_have_a_part_in_it(data, around):
    """The more is known of a class by rows, the less its description matters."""
    clf = RidgeSemanticClassifier(data.attributes, random_state=0)
    if around == "ensemble":
        inside = [("one", clone(clf)), ("other", ExemplarClassifier())]
        clf = ZeroShotEnsembleClassifier(
            data.attributes, estimators=inside, seen_classifier=None, random_state=0
        )
    given = np.isin(data.y_test, data.unseen_classes)
    given &= np.arange(len(given)) % 4 == 0
    clf.fit(data.X_train, data.y_train)
    alone = clf.attribute_importance(data.X_test, data.y_test)
    clf.add_classes(X=data.X_test[given], y=data.y_test[given])
    before = clf.decision_function(data.X_test)
    importance = clf.attribute_importance(data.X_test, data.y_test)
    np.testing.assert_array_equal(clf.decision_function(data.X_test), before)
    assert importance.H.sum() < alone.H.sum() - 0.1


@pytest.mark.parametrize(
    "change",
    [
        lambda table: table.set_axis(
            pd.MultiIndex.from_product([["made"], table.columns]), axis=1
        ),
        lambda table: table.set_axis(table.index.map(str), axis=0),
    ],
    ids=["two levels", "text"],
)
def test_kinds_of_tables(data, change):
    table = change(data.attributes)
    to_label = dict(zip(data.attributes.index, table.index, strict=True))
    y_train, y_test = (
        np.array([to_label[label] for label in y]) for y in (data.y_train, data.y_test)
    )
    clf = RidgeSemanticClassifier(table, random_state=0).fit(data.X_train, y_train)
    importance = attribute_importance(clf, data.X_test, y_test)
    assert sorted(importance.index) == sorted(table.columns)


def test_boolean_labels():
    """They are labels, not a mask of rows."""
    rng = np.random.RandomState(0)
    table = pd.DataFrame(rng.normal(size=(2, 3)), index=[False, True])
    y = rng.uniform(size=40) < 0.5
    X = table.to_numpy()[y.astype(int)] + 0.1 * rng.normal(size=(40, 3))
    clf = RidgeSemanticClassifier(table, seen_penalty=0.0, attribute_scaling="none")
    clf.fit(X[~y], y[~y])
    assert len(clf.attribute_importance(X, y)) == 3
