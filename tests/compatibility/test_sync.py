import numpy as np
import pytest
from sklearn.linear_model import Ridge
from sklearn.naive_bayes import GaussianNB
from sklearn.svm import SVC, LinearSVC

from tests.common import small
from zsl_estimators import SynCClassifier


def fitted(task, **parameters):
    parameters = {"attributes": task.attributes, "random_state": 0, **parameters}
    return small(SynCClassifier, **parameters).fit(task.X_train, task.y_train)


def test_classifiers_of_seen_classes_come_back(task):
    """As many phantoms as seen classes reproduce the classifiers exactly."""
    clf = fitted(task, scale=8.0, seen_penalty=0.0)
    X = clf._scaled(task.X_test)
    seen = np.isin(clf.classes_, clf.seen_classes_)
    np.testing.assert_allclose(
        clf.decision_function(task.X_test)[:, seen],
        X @ clf.estimator_.coef_.T,
        atol=1e-6,
    )


def test_an_unseen_class_is_a_weighted_mean_of_phantoms(task):
    clf = fitted(task, scale=2.0, seen_penalty=0.0)
    S = clf._scaled_attributes()
    seen = np.isin(clf.classes_, clf.seen_classes_)
    column = np.flatnonzero(~seen)[0]
    weights = np.exp(-2.0 * ((S[column] - S[seen]) ** 2).sum(axis=1))
    coef = weights / weights.sum() @ clf.phantom_coef_
    X = clf._scaled(task.X_test)
    scores = clf.decision_function(task.X_test)[:, column]
    np.testing.assert_allclose(scores, X @ coef, atol=1e-8)


def test_scale_is_chosen_on_held_out_classes(task):
    clf = fitted(task)
    results = clf.held_out_results_.groupby(["attribute_scaling", "candidate"])
    means = results.AUSUC.mean()
    assert means[clf.attribute_scaling_, clf.scale_] == means.max()


def test_two_seen_classes(task):
    pair = np.isin(task.y_train, task.seen_classes[:2])
    clf = small(SynCClassifier, attributes=task.attributes, scale=1.0)
    clf.set_params(seen_penalty=0.0)
    clf.fit(task.X_train[pair], task.y_train[pair])
    assert clf.phantom_coef_.shape == (2, 6)
    seen = np.isin(task.y_test, task.seen_classes[:2])
    scores = clf.decision_function(task.X_test[seen])
    columns = np.flatnonzero(np.isin(clf.classes_, clf.seen_classes_))
    nearest = clf.classes_[columns][scores[:, columns].argmax(axis=1)]
    assert (nearest == task.y_test[seen]).mean() > 0.8


def test_any_linear_classifier(task):
    clf = fitted(task, estimator=LinearSVC(fit_intercept=False))
    assert clf.score(task.X_test, task.y_test) > 0.4


@pytest.mark.parametrize("classifier", [GaussianNB(), SVC(kernel="linear"), Ridge()])
def test_other_classifiers_are_refused(task, classifier):
    name = type(classifier).__name__
    with pytest.raises(ValueError, match=rf"linear.*{name}.*RidgeClassifier"):
        fitted(task, estimator=classifier)
