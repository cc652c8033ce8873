"""What an estimator starts from."""

import inspect

import numpy as np
import pytest
from sklearn.base import clone

from tests.common import public_estimators, small
from zsl_estimators import (
    ExemplarClassifier,
    FGANClassifier,
    RevCDClassifier,
    RidgeSemanticClassifier,
)
from zsl_estimators.model_selection import ClassHoldoutSplit

WITH_INIT = [
    cls for cls in public_estimators() if "init" in inspect.signature(cls).parameters
]


@pytest.mark.parametrize("cls", WITH_INIT)
def test_it_is_what_the_same_seed_gives_alone(few_folds, task, cls):
    clf = small(cls, attributes=task.attributes, init="auto", random_state=3)
    init = clf.fit(task.X_train, task.y_train).init_
    assert init.random_state == 3
    alone = clone(init).fit(task.X_train, task.y_train)
    # The one inside numbers the classes by its table, which is that of the other one.
    np.testing.assert_array_equal(
        init.decision_function(task.X_test), alone.decision_function(task.X_test)
    )


def test_a_seed_of_its_own_stays(few_folds, task):
    init = ExemplarClassifier(random_state=5)
    clf = small(FGANClassifier, attributes=task.attributes, init=init, random_state=3)
    assert clf.fit(task.X_train, task.y_train).init_.random_state == 5


def test_a_drawn_seed_depends_on_the_generator_alone(few_folds, task):
    seeds = []
    for _ in range(2):
        clf = small(FGANClassifier, attributes=task.attributes)
        clf.set_params(random_state=np.random.RandomState(8))
        seeds.append(clf.fit(task.X_train, task.y_train).init_.random_state)
    assert seeds[0] == seeds[1] != 8


def test_other_classes_are_hidden_from_it(few_folds, task, monkeypatch):
    """What it has chosen looks too good where it was chosen."""
    hidden = []
    split = ClassHoldoutSplit.split

    def recorded(self, X, y=None, groups=None):
        for train, test in split(self, X, y, groups):
            hidden.append((len(np.unique(y)), tuple(np.setdiff1d(y, y[train]))))
            yield train, test

    monkeypatch.setattr(ClassHoldoutSplit, "split", recorded)
    clf = RevCDClassifier(task.attributes, max_epochs=1, random_state=3)
    clf.set_params(init=RidgeSemanticClassifier(), attribute_scaling="standard")
    clf.fit(task.X_train, task.y_train)
    inside, outside = hidden[:2], hidden[2:]
    assert len(inside) == len(outside)
    assert set(inside) != set(outside)
