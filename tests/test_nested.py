import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.svm import LinearSVC

from zsl_estimators.nested import class_scores, fit_on_seen_classes, seeded_clone

X = np.random.RandomState(0).normal(size=(60, 3))


def test_seed_is_given_where_there_is_none():
    random_state = np.random.RandomState(0)
    original = LogisticRegression()
    assert isinstance(seeded_clone(original, random_state).random_state, int)
    assert original.random_state is None
    fixed = LogisticRegression(random_state=3)
    assert seeded_clone(fixed, random_state).random_state == 3
    assert not hasattr(seeded_clone(GaussianNB(), random_state), "random_state")


def test_classes_are_numbered_by_position():
    y_index = np.repeat([2, 5, 9], 20)
    clf = fit_on_seen_classes(GaussianNB(), X, y_index, np.random.RandomState(0))
    assert clf.classes_.tolist() == [0, 1, 2]


@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("classifier", [GaussianNB(), LinearSVC()])
def test_scores_have_a_column_per_class_and_rank_like_predict(classifier, n_classes):
    y = np.arange(60) % n_classes
    classifier.fit(X, y)
    scores = class_scores(classifier, X)
    assert scores.shape == (60, n_classes)
    np.testing.assert_array_equal(scores.argmax(axis=1), classifier.predict(X))


def test_scores_of_impossible_classes_are_finite():
    far = np.where(np.arange(60)[:, None] < 30, X, X + 1e3)
    clf = GaussianNB().fit(far, np.arange(60) >= 30)
    assert np.isfinite(class_scores(clf, far)).all()
