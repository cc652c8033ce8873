"""What sample weights mean, as far as it does not depend on chance."""

import numpy as np
from sklearn.base import clone

from zsl_estimators.utils.estimator_checks._task import (
    assert_refused,
    fitted,
    small_task,
    with_defaults,
)


def check_weights_of_zero(name, estimator):
    """Rows of weight 0 are as good as left out, also the only ones of a class."""
    data, clf, _ = weighted_task(estimator)
    weights = np.ones(len(data.y_train))
    weights[::3] = 0
    left_out = data.y_train[0]
    weights[data.y_train == left_out] = 0
    kept = weights > 0
    weighted = clone(clf).fit(data.X_train, data.y_train, sample_weight=weights)
    fewer = clone(clf).fit(data.X_train[kept], data.y_train[kept])
    assert left_out in weighted.unseen_classes_, "a class of weight 0 is seen"
    np.testing.assert_array_equal(
        weighted.decision_function(data.X_test), fewer.decision_function(data.X_test)
    )


def check_equal_small_weights(name, estimator):
    """Weights that are all the same and at most 1 change nothing."""
    data, clf, _ = weighted_task(estimator)
    plain = fitted(estimator, data)
    weighted = clone(clf).fit(data.X_train, data.y_train, sample_weight=0.1)
    np.testing.assert_array_equal(
        weighted.decision_function(data.X_test), plain.decision_function(data.X_test)
    )


def check_weights_matter(name, estimator):
    """Rows on one side of their class move the scores when they weigh more."""
    data, clf, weights = weighted_task(estimator)
    given = weights.copy()
    plain = fitted(estimator, data)
    weighted = clone(clf).fit(data.X_train, data.y_train, sample_weight=weights)
    np.testing.assert_array_equal(weights, given, "fit has changed the weights")
    change = weighted.decision_function(data.X_test) - plain.decision_function(
        data.X_test
    )
    assert np.abs(change).max() > 1e-3, "the weights are not used"


def check_refused_weights(name, estimator):
    """Weights that cannot be used are refused by name."""
    data, clf, weights = weighted_task(estimator)

    def fit(sample_weight):
        return lambda: clone(clf).fit(
            data.X_train, data.y_train, sample_weight=sample_weight
        )

    assert_refused(fit(weights[:-1]), "sample_weight", str(len(weights)))
    assert_refused(fit(weights[:, None]), "sample weights must be 1d")
    assert_refused(fit(-weights), "sample_weight", "negative")
    assert_refused(fit(np.where(weights > 1, np.nan, weights)), "sample_weight", "nan")
    assert_refused(fit(0 * weights), "weights", "non-zero")
    only_one = np.arange(len(weights)) == 3
    assert_refused(fit(only_one), "sample_weight", "minimum of 2")


def weighted_task(estimator):
    """A small task, an estimator of it, and weights of its rows."""
    data = small_task()
    clf = clone(estimator)
    clf.set_params(**with_defaults(estimator, data, {}))
    return data, clf, np.where(data.X_train[:, 0] > np.median(data.X_train), 20.0, 1.0)
