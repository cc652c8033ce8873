import numpy as np
import pytest
from sklearn.base import clone

from tests.common import small
from zsl_estimators import ALEClassifier, RidgeSemanticClassifier
from zsl_estimators.datasets import make_gzsl
from zsl_estimators.warm_start import is_warm_start, learned_from


@pytest.fixture(scope="module")
def data():
    return make_gzsl(12, n_seen=8, n_unseen=3, random_state=0)


@pytest.fixture(scope="module")
def fitted(data):
    clf = small(ALEClassifier, attributes=data.attributes, warm_start=True)
    clf.set_params(seen_penalty=0.0, early_stopping=False, random_state=0)
    return clf.fit(data.X_train, data.y_train)


def test_only_the_same_task_is_gone_on_with(data, fitted):
    assert is_warm_start(fitted)
    assert not is_warm_start(clone(fitted))


def test_nothing_can_go_on_with_other_estimators(data):
    clf = RidgeSemanticClassifier(data.attributes, random_state=0).fit(
        data.X_train, data.y_train
    )
    assert learned_from(clf) is None
    assert not is_warm_start(clf)


def test_another_task_is_refused_and_says_what_has_changed(data, fitted):
    before = fitted.decision_function(data.X_test)
    with pytest.raises(ValueError, match="the number of features changed from"):
        fitted.fit(data.X_train[:, 1:], data.y_train)
    rest = data.y_train != data.y_train[0]
    with pytest.raises(ValueError, match="the classes in y changed from"):
        fitted.fit(data.X_train[rest], data.y_train[rest])
    fitted.attributes = data.attributes * 2
    with pytest.raises(ValueError, match="descriptions of the seen classes changed"):
        fitted.fit(data.X_train, data.y_train)
    fitted.attributes = data.attributes
    np.testing.assert_array_equal(fitted.decision_function(data.X_test), before)
