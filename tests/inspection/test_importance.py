import numpy as np
import pandas as pd
import pytest

from zsl_estimators import (
    CalibratedStackingCV,
    ExemplarClassifier,
    RidgeSemanticClassifier,
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
