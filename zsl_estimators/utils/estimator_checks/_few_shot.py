"""A few labelled rows of unseen classes, and classes that are removed."""

import numpy as np

from zsl_estimators.utils.estimator_checks._task import (
    NAMES,
    TOLERANCE,
    assert_refused,
    fitted,
    small_task,
)

# Rows per unseen class that are given; the others are tested on.
N_ROWS = 6


def check_rows_of_unseen_classes(name, estimator):
    """Labelled rows change the scores of their classes only, and sharpen these."""
    data, given, tested = task_with_rows()
    clf = fitted(estimator, data)
    X, y = data.X_test[given], data.y_test[given]
    before, found = clf.decision_function(data.X_test), share_found(clf, data, tested)
    kept = np.isin(clf.classes_, y[:1], invert=True)
    of_one = y == y[0]
    assert clf.add_classes(X=X[of_one], y=y[of_one]) is clf
    after = clf.decision_function(data.X_test)
    np.testing.assert_array_equal(after[:, kept], before[:, kept])
    assert not np.allclose(after[:, ~kept], before[:, ~kept])
    clf.add_classes(X=X[~of_one], y=y[~of_one])
    assert share_found(clf, data, tested) >= max(found - 0.05, 0.7)
    assert set(y) <= set(clf.unseen_classes_)


def check_order_of_rows(name, estimator):
    """Rows in one call or in many, and in any order, give the same scores."""
    data, given, _ = task_with_rows()
    X, y = data.X_test[given], data.y_test[given]
    at_once, one_by_one = fitted(estimator, data), fitted(estimator, data)
    at_once.add_classes(X=X, y=y)
    for row in np.random.RandomState(0).permutation(len(X)):
        one_by_one.add_classes(X=X[[row]], y=y[[row]])
    np.testing.assert_allclose(
        one_by_one.predict_proba(data.X_test),
        at_once.predict_proba(data.X_test),
        atol=TOLERANCE,
    )


def check_rows_of_new_classes(name, estimator):
    """A class can come with rows; whether it was described earlier does not matter."""
    data, given, _ = task_with_rows()
    X, y = data.X_test[given], data.y_test[given]
    new = 0.9 * data.attributes.loc[y[:1]].set_axis(["yak"])
    rows = X[y == y[0]]
    together, apart = fitted(estimator, data), fitted(estimator, data)
    together.add_classes(new, X=rows, y=["yak"] * len(rows))
    apart.add_classes(new).add_classes(X=rows, y=["yak"] * len(rows))
    np.testing.assert_array_equal(
        together.decision_function(X), apart.decision_function(X)
    )
    assert "yak" in together.unseen_classes_


def check_refused_rows(name, estimator):
    """Rows that cannot be used are refused, and change nothing."""
    data, given, _ = task_with_rows()
    clf = fitted(estimator, data)
    X, y = data.X_test[given], data.y_test[given]
    before = clf.decision_function(X)
    missing, seen = X.copy(), clf.seen_classes_[:1]
    missing[0, 0] = np.nan
    for words, arguments in {
        ("features",): {"X": X[:, :-1], "y": y},
        ("yak", "attributes"): {"X": X[:1], "y": ["yak"]},
        ("trained", seen[0]): {"X": X[:1], "y": seen},
        ("rows", "labels"): {"X": X, "y": y[:-1]},
        ("NaN",): {"X": missing, "y": y},
        ("both",): {"X": X},
        ("attributes",): {},
    }.items():
        assert_refused(lambda kept=arguments: clf.add_classes(**kept), *words)
    new = 0.9 * data.attributes.loc[y[:1]].set_axis(["yak"])
    assert_refused(lambda: clf.add_classes(new, X=X[:, :-1], y=y), "features")
    np.testing.assert_array_equal(clf.decision_function(X), before)


def check_remove_classes(name, estimator):
    """A removed class is gone, the scores of others stay, and it can come back."""
    data = small_task(labels=NAMES)
    clf = fitted(estimator, data)
    before, X = clf.decision_function(data.X_test), data.X_test
    for label in (clf.unseen_classes_[0], clf.seen_classes_[0]):
        kept = clf.classes_ != label
        assert clf.remove_classes([label]) is clf
        assert label not in {*clf.classes_, *clf.seen_classes_, *clf.unseen_classes_}
        np.testing.assert_array_equal(clf.decision_function(X), before[:, kept])
        assert label not in clf.predict(X)
        assert_refused(lambda gone=label: clf.predict(X, classes=[gone]), label)
        assert clf.add_classes(data.attributes.loc[[label]]) is clf
        np.testing.assert_array_equal(clf.decision_function(X), before)
    assert_refused(lambda: clf.remove_classes(["cats"]), "cats", "cat")
    assert_refused(lambda: clf.remove_classes(clf.classes_), "all")


def check_removed_rows(name, estimator):
    """The rows of a class are removed with it, and its label may mean another one."""
    data, given, _ = task_with_rows()
    clf, X, y = fitted(estimator, data), data.X_test[given], data.y_test[given]
    before, label = clf.decision_function(X), y[:1]
    clf.add_classes(X=X, y=y).remove_classes(np.unique(y))
    clf.add_classes(data.attributes.loc[np.unique(y)])
    np.testing.assert_array_equal(clf.decision_function(X), before)
    other = data.attributes.loc[label] + 0.25
    scores = clf.remove_classes(label).add_classes(other).decision_function(X)
    same = clf.classes_ != label
    np.testing.assert_allclose(scores[:, same], before[:, same], atol=TOLERANCE)


def task_with_rows():
    """A task, and which of its test rows of unseen classes are given or tested on."""
    data = small_task(labels=NAMES)
    unseen = np.setdiff1d(NAMES, data.y_train)
    rows = [np.flatnonzero(data.y_test == label) for label in unseen]
    given = np.concatenate([of_class[:N_ROWS] for of_class in rows])
    return data, given, np.concatenate([of_class[N_ROWS:] for of_class in rows])


def share_found(clf, data, tested):
    """Accuracy among the unseen classes."""
    predicted = clf.predict(data.X_test[tested], classes=clf.unseen_classes_)
    return (predicted == data.y_test[tested]).mean()
