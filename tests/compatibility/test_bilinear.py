"""What ALE, DeViSE, SJE and LatEm have in common."""

import numpy as np
import pandas as pd
import pytest

from tests.common import small
from zsl_estimators import (
    ALEClassifier,
    DeViSEClassifier,
    LatEmClassifier,
    RidgeCompatibilityClassifier,
    SJEClassifier,
)

BILINEAR = [ALEClassifier, DeViSEClassifier, LatEmClassifier, SJEClassifier]
every_bilinear = pytest.mark.parametrize("cls", BILINEAR)
one_matrix = pytest.mark.parametrize(
    "cls", [ALEClassifier, DeViSEClassifier, SJEClassifier]
)


def fitted(cls, task, **parameters):
    parameters = {"attributes": task.attributes, "random_state": 0, **parameters}
    return small(cls, **parameters).fit(task.X_train, task.y_train)


@one_matrix
def test_training_starts_from_ridge(cls, task):
    """A step of no length leaves scores proportional to those of the ridge map."""
    init = RidgeCompatibilityClassifier(alpha=0.1, seen_penalty=0.0, random_state=0)
    clf = fitted(cls, task, init=init, lr=1e-12, max_epochs=1, seen_penalty=0.0)
    scaling = clf.attribute_scaling_
    ridge = init.set_params(attributes=task.attributes, attribute_scaling=scaling)
    ridge.fit(task.X_train, task.y_train)
    ours = clf.decision_function(task.X_test)
    expected = ridge.decision_function(task.X_test)
    np.testing.assert_allclose(
        ours / np.abs(ours).mean(), expected / np.abs(expected).mean(), atol=1e-5
    )


@every_bilinear
def test_training_from_zero_learns(cls, task):
    clf = fitted(
        cls,
        task,
        init=None,
        max_epochs=30,
        early_stopping=False,
        seen_penalty=0.0,
    )
    assert clf.init_ is None
    seen = np.isin(task.y_test, task.seen_classes)
    assert clf.score(task.X_test[seen], task.y_test[seen]) > 0.6
    losses = pd.DataFrame(clf.history_).ranking_loss
    assert losses.iloc[-1] < 0.7 * losses.iloc[0]


@every_bilinear
def test_unseen_classes_are_found(cls, task):
    clf = fitted(cls, task, max_epochs=10)
    unseen = np.isin(task.y_test, task.unseen_classes)
    assert clf.score(task.X_test[unseen], task.y_test[unseen]) > 0.4
    assert clf.score(task.X_test, task.y_test) > 0.5


def test_losses_of_ale_differ(task):
    parameters = {"max_epochs": 5, "early_stopping": False, "seen_penalty": 0.0}
    softmax = fitted(ALEClassifier, task, **parameters)
    warp = fitted(ALEClassifier, task, loss="warp", **parameters)
    assert not np.allclose(
        softmax.decision_function(task.X_test), warp.decision_function(task.X_test)
    )


def test_several_maps_make_scores_piecewise_linear(task):
    clf = fitted(
        LatEmClassifier, task, n_maps=3, correction_weight=1.0, seen_penalty=0.0
    )
    weight = clf.net_.module_.weight.detach().numpy().astype(float)
    assert weight.shape[0] == 3
    X = clf._scaled(task.X_test)
    expected = np.max(
        [X @ part @ clf._scaled_attributes().T for part in weight], axis=0
    )
    np.testing.assert_allclose(clf.decision_function(task.X_test), expected, atol=1e-6)


def test_one_space_starts_from_the_identity():
    """Features that are noisy descriptions need no more than the identity."""
    rng = np.random.RandomState(0)
    table = pd.DataFrame(rng.normal(size=(12, 20)))
    y = np.repeat(np.arange(8), 15)
    X = table.loc[y].to_numpy() + 0.5 * rng.normal(size=(len(y), 20))
    clf = small(ALEClassifier, attributes=table, random_state=0).fit(X, y)
    assert clf.init_.shrink_to_ == "identity"
    y_test = np.repeat(np.arange(12), 10)
    X_test = table.loc[y_test].to_numpy() + 0.5 * rng.normal(size=(len(y_test), 20))
    assert clf.score(X_test, y_test) > 0.9


def test_warm_start_lowers_the_learning_rate_again(task):
    clf = small(
        ALEClassifier,
        attributes=task.attributes,
        early_stopping=False,
        seen_penalty=0.0,
        warm_start=True,
        lr=0.01,
        random_state=0,
    )
    for _ in range(2):
        clf.fit(task.X_train, task.y_train)
    rates = clf.history_[:, "event_lr"]
    assert len(rates) == 6
    np.testing.assert_allclose(rates[3:], rates[:3])
    assert rates[0] == 0.01
    assert rates[2] < rates[0]


def test_warm_start_refuses_other_descriptions_and_features(task):
    clf = fitted(ALEClassifier, task, warm_start=True, seen_penalty=0.0)
    with pytest.raises(ValueError, match="number of features changed"):
        clf.fit(task.X_train[:, :-1], task.y_train)
    clf.set_params(attributes=task.attributes + 1.0)
    with pytest.raises(ValueError, match="descriptions of the seen classes changed"):
        clf.fit(task.X_train, task.y_train)
