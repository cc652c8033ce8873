"""What is there after fit."""

import numpy as np
import pandas as pd
from sklearn.base import clone

from zsl_estimators.scaling import Unscaled
from zsl_estimators.utils.estimator_checks._task import (
    NAMES,
    TOLERANCE,
    assert_refused,
    fitted,
    small_task,
)


def check_fitted_attributes(name, estimator):
    """Classes are sorted, split into seen and unseen, and aligned with their rows."""
    data = small_task(labels=NAMES[::-1])
    clf = fitted(estimator, data)
    assert list(clf.classes_) == sorted(NAMES)
    assert set(clf.seen_classes_) == set(data.y_train)
    assert set(clf.unseen_classes_) == set(NAMES) - set(data.y_train)
    rows = data.attributes.loc[clf.classes_].to_numpy()
    np.testing.assert_allclose(clf.class_attributes_, rows)
    assert clf.n_features_in_ == data.X_train.shape[1]


def check_scores(name, estimator):
    """Scores are finite float64; probabilities sum to 1 and agree with predict."""
    data = small_task()
    clf = fitted(estimator, data)
    scores, proba = clf.decision_function(data.X_test), clf.predict_proba(data.X_test)
    assert scores.shape == proba.shape == (len(data.X_test), 8)
    assert scores.dtype == np.float64
    assert np.isfinite(scores).all()
    np.testing.assert_allclose(proba.sum(axis=1), 1)
    log_proba = clf.predict_log_proba(data.X_test)
    assert np.isfinite(log_proba).all()
    np.testing.assert_allclose(np.exp(log_proba), proba, rtol=1e-6, atol=1e-12)
    predicted = clf.predict(data.X_test)
    np.testing.assert_array_equal(clf.classes_[scores.argmax(axis=1)], predicted)
    np.testing.assert_array_equal(clf.classes_[proba.argmax(axis=1)], predicted)


def check_some_classes_only(name, estimator):
    """What is predicted among some classes, and the best three, follow from scores."""
    data = small_task(labels=NAMES)
    # A column of a table holds text as objects.
    data.y_train = pd.Series(data.y_train)
    clf = fitted(estimator, data)
    scores = clf.decision_function(data.X_test)
    few = clf.unseen_classes_[::-1]
    of_few = scores[:, np.searchsorted(clf.classes_, few)]
    predicted = clf.predict(data.X_test, classes=list(few))
    np.testing.assert_array_equal(predicted, few[of_few.argmax(axis=1)])
    proba = clf.predict_proba(data.X_test, classes=few)
    np.testing.assert_allclose(proba.sum(axis=1), 1)
    np.testing.assert_array_equal(few[proba.argmax(axis=1)], predicted)
    labels, best = clf.predict_top_k(data.X_test, k=3)
    order = np.argsort(-scores, axis=1, kind="stable")[:, :3]
    np.testing.assert_array_equal(labels, clf.classes_[order])
    np.testing.assert_array_equal(best, np.take_along_axis(scores, order, axis=1))
    assert_refused(lambda: clf.predict(data.X_test, classes=["zz"]), "zz")
    assert_refused(lambda: clf.predict(data.X_test, classes=[99]), "classes", "99")
    assert_refused(lambda: clf.predict_top_k(data.X_test, k=9), "k must be", "9")


def check_two_classes_give_one_column(name, estimator):
    """With two classes the decision function is a vector, as in scikit-learn."""
    data = small_task()
    two = np.unique(data.y_train)[:2]
    kept = np.isin(data.y_train, two)
    clf = clone(estimator).set_params(attributes=data.attributes.loc[two])
    clf.fit(data.X_train[kept], data.y_train[kept])
    decision = clf.decision_function(data.X_train[kept])
    assert decision.shape == (kept.sum(),)
    np.testing.assert_array_equal(
        clf.classes_[(decision > 0).astype(int)], clf.predict(data.X_train[kept])
    )


def check_constant_features(name, estimator):
    """What was the same in all rows of fit tells nothing, whatever it is later.

    Estimators that do not scale features compare them as they are.
    """
    data = small_task()
    data.X_train = with_constant(data.X_train, 300.0)
    clf = fitted(estimator, data)
    if isinstance(getattr(clf, "feature_scaler_", None), Unscaled):
        return
    scores, moved = (
        clf.decision_function(with_constant(data.X_test, value))
        for value in (300.0, 3e5)
    )
    np.testing.assert_allclose(scores, moved, atol=TOLERANCE)


def with_constant(X, value):
    """Features beside a column that has one value."""
    return np.column_stack([X, np.full(len(X), value)])
