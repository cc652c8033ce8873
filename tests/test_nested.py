import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC

from zsl_estimators import ESZSLClassifierCV, RidgeSemanticClassifier
from zsl_estimators.datasets import make_gzsl
from zsl_estimators.nested import (
    class_scores,
    log_probabilities,
    seeded_clone,
    with_choices_fixed,
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


def test_what_was_chosen_is_fixed():
    """By scikit-learn's names: "auto" and grids become what the fit has found."""
    data = make_gzsl(10, n_seen=8, n_unseen=3, random_state=0)
    ridge = RidgeSemanticClassifier(data.attributes, random_state=0)
    ridge.fit(data.X_train, data.y_train)
    again = with_choices_fixed(ridge)
    assert (again.alpha, again.shrink_to) == (ridge.alpha_, ridge.shrink_to_)
    assert again.seen_penalty == ridge.seen_penalty_
    assert not hasattr(again, "alpha_")
    assert ridge.alpha == "auto"
    search = ESZSLClassifierCV(data.attributes, random_state=0)
    again = with_choices_fixed(search.fit(data.X_train, data.y_train))
    assert again.gammas == [search.gamma_]
    assert again.lmbdas == [search.lmbda_]


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
