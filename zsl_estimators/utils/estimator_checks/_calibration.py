"""The seen penalty, searches, and data of which little can be learned."""

import contextlib
import warnings

import numpy as np
import pandas as pd
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from zsl_estimators.exceptions import ZeroShotWarning
from zsl_estimators.metrics import GZSLScorer
from zsl_estimators.model_selection import ClassHoldoutSplit
from zsl_estimators.utils.estimator_checks._task import (
    NAMES,
    fitted,
    fitted_anew,
    small_task,
    with_defaults,
)


def check_auto_penalty(name, estimator):
    """The fitted penalty is finite and taken from the scores of seen classes only."""
    data = small_task()
    clf = fitted(estimator, data, seen_penalty="auto")
    assert np.isfinite(clf.seen_penalty_)
    assert clf.held_out_results_ is not None
    with_penalty = clf.decision_function(data.X_test)
    penalty, clf.seen_penalty_ = clf.seen_penalty_, 0.0
    taken = clf.decision_function(data.X_test) - with_penalty
    expected = penalty * np.isin(clf.classes_, clf.seen_classes_)
    np.testing.assert_allclose(taken, np.tile(expected, (len(taken), 1)), atol=1e-6)


def check_nothing_to_calibrate(name, estimator):
    """The automatic penalty is 0 without unseen classes or with too few seen ones."""
    data = small_task()
    every = fitted(estimator, data, attributes=None, seen_penalty="auto")
    assert every.seen_penalty_ == 0
    few = np.isin(data.y_train, np.unique(data.y_train)[:3])
    data.X_train, data.y_train = data.X_train[few], data.y_train[few]
    with _warned_of("y holds 3 classes"):
        clf = fitted_anew(estimator, data, seen_penalty="auto")
    assert clf.seen_penalty_ == 0
    assert clf.held_out_results_ is None


def check_grid_search(name, estimator):
    """A search over a pipeline, in parallel, with string labels and DataFrames."""
    data = small_task(labels=NAMES)
    X = pd.DataFrame(data.X_train).add_prefix("feature_")
    clf = clone(estimator).set_params(**with_defaults(estimator, data, {}))
    pipeline = make_pipeline(StandardScaler().set_output(transform="pandas"), clf)
    step = pipeline.steps[-1][0]
    search = GridSearchCV(
        pipeline,
        {f"{step}__seen_penalty": [0.0, 0.1]},
        cv=ClassHoldoutSplit(n_splits=2, random_state=0),
        scoring=GZSLScorer("H"),
        n_jobs=2,
        error_score="raise",
    )
    search.fit(X, data.y_train)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
    assert set(search.classes_) == set(NAMES)


def check_degenerate_data(name, estimator):
    """Scores stay finite when samples, features or descriptions do not vary."""
    data = small_task()
    single = np.unique(data.y_train, return_index=True)[1]
    constant = data.attributes * 0 + 1
    twins = data.attributes.copy()
    twins.iloc[0] = twins.iloc[1]
    same = "attributes describes several"
    is_automatic = estimator.get_params().get("seen_penalty") == "auto"
    no_second = "No class of y has two samples" if is_automatic else None
    for X, y, table, warning in (
        (data.X_train[single], data.y_train[single], data.attributes, no_second),
        (np.ones_like(data.X_train), data.y_train, data.attributes, None),
        (data.X_train, data.y_train, constant, same),
        (data.X_train, data.y_train, twins, same),
    ):
        clf = clone(estimator).set_params(attributes=table, random_state=0)
        with _warned_of(warning):
            clf.fit(X, y)
        assert np.isfinite(clf.decision_function(data.X_test)).all()


@contextlib.contextmanager
def _warned_of(start):
    """Demand one ZeroShotWarning that starts like this; none at all for None."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", ZeroShotWarning)
        yield
    found = [str(warning.message) for warning in caught]
    expected = 0 if start is None else 1
    assert len(found) == expected, f"{expected} warnings expected, got {found}"
    assert all(message.startswith(start) for message in found)
