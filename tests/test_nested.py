import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC

from zsl_estimators.nested import (
    class_scores,
    fit_on_seen_classes,
    log_probabilities,
    seeded_clone,
)

X = np.random.RandomState(0).normal(size=(60, 3))


def test_seed_is_given_where_there_is_none():
    random_state = np.random.RandomState(0)
    original = LogisticRegression()
    assert isinstance(seeded_clone(original, random_state).random_state, int)
    assert original.random_state is None
    fixed = LogisticRegression(random_state=3)
    assert seeded_clone(fixed, random_state).random_state == 3
    assert not hasattr(seeded_clone(GaussianNB(), random_state), "random_state")


def test_seeds_reach_the_inside_of_pipelines():
    pipeline = make_pipeline(StandardScaler(), LogisticRegression())
    clones = [seeded_clone(pipeline, np.random.RandomState(0)) for _ in range(2)]
    seeds = [one[-1].random_state for one in clones]
    assert isinstance(seeds[0], int)
    assert seeds[0] == seeds[1]


@pytest.mark.parametrize("classifier", [GaussianNB(), LogisticRegression()])
def test_surer_is_never_less_sure(classifier):
    """Far out, where probabilities round to 0 and 1, log odds still do not fall."""
    x = np.concatenate([-np.ones(30), np.ones(30)])
    noise = np.random.RandomState(0).normal(scale=0.5, size=60)
    classifier.fit((x + noise)[:, None], x > 0)
    without, having = log_probabilities(
        classifier, np.linspace(-1e3, 1e3, 999)[:, None]
    ).T
    log_odds = having - without
    # Variances of naive Bayes differ, so that its log odds bend back far out.
    rising = np.diff(log_odds)[np.abs(np.linspace(-1e3, 1e3, 998)) < 1]
    assert (rising >= 0).all()
    if isinstance(classifier, LogisticRegression):
        assert (np.diff(log_odds) >= 0).all()
        assert log_odds[0] == pytest.approx(-log_odds[-1])


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
