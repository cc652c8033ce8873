import numpy as np
import pytest

from tests.common import small
from zsl_estimators import (
    CVAEClassifier,
    ExemplarClassifier,
    RevCDClassifier,
    RidgeSemanticClassifier,
    ZeroShotEnsembleClassifier,
)
from zsl_estimators.datasets import make_gzsl
from zsl_estimators.few_shot._labelled import gaussian_of, means_of


@pytest.fixture(scope="module")
def data():
    return make_gzsl(12, n_seen=8, n_unseen=3, random_state=0)


def fitted(cls, data, **parameters):
    clf = small(cls, attributes=data.attributes, random_state=0, **parameters)
    return clf.fit(data.X_train, data.y_train)


def some_rows(data):
    rows = data.y_test == data.unseen_classes[0]
    return data.X_test[rows][:3], data.y_test[rows][:3]


def test_rows_are_given_to_the_model_that_starts_from_another(data):
    clf = fitted(RevCDClassifier, data)
    X, y = some_rows(data)
    assert clf.init_._labelled_rows.scores is None
    with pytest.raises(ValueError, match="another estimator starts from this one"):
        clf.init_.add_classes(X=X, y=y)
    before = clf.decision_function(data.X_test)
    clf.add_classes(X=X, y=y)
    assert (clf.decision_function(data.X_test) != before).any()


def test_members_of_an_ensemble_take_rows(data):
    clf = fitted(ZeroShotEnsembleClassifier, data)
    assert clf._labelled_rows.scores is None
    X, y = some_rows(data)
    clf.add_classes(X=X, y=y)
    for member in clf.estimators_:
        assert member._labelled_rows.scores is not None
        assert member._labelled_rows.rows.counts.tolist() == [3]
    label = data.unseen_classes[0]
    clf.remove_classes([label]).add_classes(data.attributes.loc[[label]])
    assert not any(len(member._labelled_rows) for member in clf.estimators_)


def test_what_a_fit_knows_already_is_not_estimated_again(data):
    clf = fitted(ExemplarClassifier, data)
    positions = np.array([1, 4])
    assert gaussian_of(clf).gaussian is clf.gaussian_
    means = clf.class_means_[np.searchsorted(clf._order, positions)]
    np.testing.assert_allclose(means_of(clf, positions), means)
    of_head = fitted(CVAEClassifier, data, decision="head")
    assert gaussian_of(of_head).gaussian is of_head.init_.gaussian_
    assert means_of(of_head, positions) is None


def test_a_model_that_says_nothing_of_its_scores_is_blended(data):
    clf = fitted(RidgeSemanticClassifier, data)
    assert gaussian_of(clf) is None
    assert means_of(clf, np.array([0])) is None
    assert clf._labelled_rows.scores is not None
