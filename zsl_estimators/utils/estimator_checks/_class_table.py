"""The class table: its rows have labels, and unseen classes are found by them."""

import pickle

import numpy as np
import pandas as pd
from sklearn.base import clone

from zsl_estimators.utils.estimator_checks._task import (
    NAMES,
    TOLERANCE,
    assert_refused,
    assert_same_scores,
    fitted,
    small_task,
)


def check_row_order_does_not_matter(name, estimator):
    """Shuffled rows of the class table give the same model."""
    data = small_task()
    shuffled = data.attributes.iloc[::-1]
    one, other = (
        fitted(estimator, data, attributes=table, seen_penalty="auto")
        for table in (data.attributes, shuffled)
    )
    assert_same_scores(one, other, data.X_test, "row order changed the model")


def check_array_equals_dataframe(name, estimator):
    """An array, with classes or for integer labels, equals a DataFrame."""
    data = small_task()
    frame = fitted(estimator, data)
    matrix = data.attributes.to_numpy()
    array = fitted(estimator, data, attributes=matrix)
    assert_same_scores(frame, array, data.X_test, "array differs from DataFrame")
    named = fitted(estimator, data, attributes=matrix[::-1], classes=np.arange(8)[::-1])
    assert_same_scores(frame, named, data.X_test, "classes= is not respected")


def check_no_attributes_equals_one_hot(name, estimator):
    """Without attributes the estimator is an ordinary classifier on one-hot rows."""
    data = small_task()
    labels = np.unique(data.y_train)
    one_hot = pd.DataFrame(np.eye(len(labels)), index=labels)
    without = fitted(estimator, data, attributes=None)
    assert_same_scores(
        without,
        fitted(estimator, data, attributes=one_hot),
        data.X_test,
        "attributes=None differs from one-hot rows",
    )
    np.testing.assert_array_equal(without.classes_, labels)


def check_unseen_classes_can_be_predicted(name, estimator):
    """A large penalty on seen classes leaves only unseen ones."""
    data = small_task()
    clf = fitted(estimator, data)
    clf.seen_penalty_ = 1e12
    assert set(clf.predict(data.X_test)) <= set(clf.unseen_classes_)
    clf.seen_penalty_ = -1e12
    assert set(clf.predict(data.X_test)) <= set(clf.seen_classes_)


def check_label_types(name, estimator):
    """Integers, strings, floats, booleans and categoricals come back as given."""
    for labels in (
        [30, 10, 20, 70, 60, 50, 40, 0],
        NAMES,
        np.arange(8) * 2.0,
        np.array(NAMES, dtype=object),
    ):
        data = small_task(labels=labels)
        predicted = fitted(estimator, data).predict(data.X_test)
        assert set(predicted) <= set(labels)
        assert predicted.dtype.kind == np.asarray(data.y_train).dtype.kind
    data = small_task(labels=NAMES)
    plain = fitted(estimator, data)
    data.y_train = pd.Series(pd.Categorical(data.y_train, categories=NAMES))
    assert_same_scores(plain, fitted(estimator, data), data.X_test, "categorical y")


def check_boolean_labels(name, estimator):
    """True and False are labels like any other."""
    data = small_task()
    y = data.y_train == data.y_train[0]
    table = pd.DataFrame([[0.0, 1.0], [1.0, 0.0]], index=[True, False])
    clf = clone(estimator).set_params(attributes=table, random_state=0)
    predicted = clf.fit(data.X_train, y).predict(data.X_train)
    assert predicted.dtype == bool
    assert (predicted == y).mean() > 0.5


def check_attribute_importance(name, estimator):
    """The importance of attributes is found, and the model stays what it was."""
    if not hasattr(estimator, "attribute_importance"):
        return
    data = small_task(labels=NAMES)
    clf = fitted(estimator, data)
    before = clf.decision_function(data.X_test)
    importance = clf.attribute_importance(data.X_test, data.y_test)
    assert set(importance.index) == set(data.attributes.columns)
    assert np.isfinite(importance).all(axis=None)
    np.testing.assert_array_equal(clf.decision_function(data.X_test), before)


def check_add_classes(name, estimator):
    """New classes change no old score and can be predicted; old ones are safe."""
    data = small_task(labels=NAMES)
    clf = fitted(estimator, data)
    before = clf.decision_function(data.X_test)
    new = pd.DataFrame(
        np.random.RandomState(0).uniform(size=(2, 4)),
        index=["auk", "yak"],
        columns=data.attributes.columns,
    )
    twin = pickle.loads(pickle.dumps(clf)).add_classes(new.iloc[:, ::-1])
    assert clf.add_classes(new) is clf
    assert list(clf.classes_) == sorted([*NAMES, "auk", "yak"])
    assert {"auk", "yak"} <= set(clf.unseen_classes_)
    scores = clf.decision_function(data.X_test)
    after = scores[:, np.isin(clf.classes_, NAMES)]
    np.testing.assert_allclose(after, before, atol=TOLERANCE)
    # Columns are matched by name.
    np.testing.assert_allclose(twin.decision_function(data.X_test), scores)
    assert clf.predict_proba(data.X_test).shape == (len(data.X_test), 10)
    assert_refused(lambda: clf.add_classes(new), "auk", "exist")
    assert_refused(lambda: clf.add_classes(new.iloc[:, :3]), "attributes")
