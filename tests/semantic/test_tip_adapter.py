import numpy as np
import pandas as pd
import pytest
from sklearn.metrics.pairwise import cosine_similarity
from sklearn.preprocessing import normalize
from sklearn.utils import Bunch

from zsl_estimators import NearestDescriptionClassifier, TipAdapterClassifier
from zsl_estimators.datasets import make_gzsl
from zsl_estimators.metrics import gzsl_scorer, harmonic_mean_score
from zsl_estimators.semantic import _feature_cache
from zsl_estimators.semantic._feature_cache import FeatureCache


@pytest.fixture(scope="module")
def pairs():
    """Samples beside poor descriptions; one class has a few samples only."""
    data = make_gzsl(20, n_features=24, n_attributes=10, class_sep=1.3, random_state=0)
    rng = np.random.RandomState(0)
    means = data.density.means
    data.texts = pd.DataFrame(means + 0.8 * rng.normal(size=means.shape))
    data.X_train, data.y_train = data.X_train[15:], data.y_train[15:]
    return data


def fitted(pairs, **parameters):
    settings = {"alpha": 20.0, "beta": 3.0, "centering": False, "seen_penalty": 0.0}
    clf = TipAdapterClassifier(pairs.texts, random_state=0)
    clf.set_params(**{**settings, **parameters})
    return clf.fit(pairs.X_train, pairs.y_train)


def by_brute_force(pairs, X, alpha, beta):
    """Sample by sample, class by class, shot by shot."""
    scores = np.empty((len(X), len(pairs.texts)))
    for row, x in enumerate(X):
        x = x / np.linalg.norm(x)
        for label, text in pairs.texts.iterrows():
            scores[row, label] = 100 * x @ text / np.linalg.norm(text)
            shots = pairs.X_train[pairs.y_train == label]
            for shot in shots:
                cosine = x @ shot / np.linalg.norm(shot)
                scores[row, label] += alpha / len(shots) * np.exp(-beta * (1 - cosine))
    return scores


@pytest.mark.parametrize(("alpha", "beta"), [(20.0, 3.0), (0.0, 1.0), (100.0, 10.0)])
def test_scores_equal_brute_force(pairs, alpha, beta):
    clf = fitted(pairs, alpha=alpha, beta=beta, n_shots=None)
    some = pairs.X_test[::20]
    expected = by_brute_force(pairs, some, alpha, beta)
    np.testing.assert_allclose(clf.decision_function(some), expected)


def test_blocks_change_nothing(pairs, monkeypatch):
    """Not even where a block holds fewer numbers than a sample has shots."""
    clf = fitted(pairs)
    expected = clf.decision_function(pairs.X_test)
    for numbers in (10, 1000):
        monkeypatch.setattr(_feature_cache, "NUMBERS_PER_BLOCK", numbers)
        np.testing.assert_allclose(clf.decision_function(pairs.X_test), expected)


def test_centred_cache_has_no_offset(pairs):
    rng = np.random.RandomState(1)
    clf = fitted(pairs, centering=True)
    expected = clf.decision_function(pairs.X_test)
    offset, moved = 3 * rng.normal(size=24), Bunch(**pairs)
    moved.X_train = pairs.X_train + offset
    moved.texts = pairs.texts - offset
    clf = fitted(moved, centering=True)
    np.testing.assert_allclose(clf.decision_function(pairs.X_test + offset), expected)


def test_sharp_cache_is_the_nearest_sample():
    """One shot per class on a circle."""
    rng = np.random.RandomState(0)
    keys, rows = (normalize(rng.normal(size=(n, 2))) for n in (8, 200))
    y = rng.permutation(8)
    affinities = FeatureCache(keys, y).affinities(rows, beta=1e5)
    nearest = y[cosine_similarity(rows, keys).argmax(axis=1)]
    # Farther away everything is zero.
    close = affinities.any(axis=1)
    assert close.sum() > 20
    np.testing.assert_array_equal(affinities[close].argmax(axis=1), nearest[close])


def test_blunt_cache_is_the_mean_of_the_shots():
    """To first order in beta: 1 - beta + beta times the cosine with the mean."""
    rng = np.random.RandomState(0)
    keys, rows = (normalize(rng.normal(size=(n, 5))) for n in (30, 50))
    y = np.arange(30) % 4
    means = np.array([keys[y == label].mean(axis=0) for label in range(4)])
    affinities = FeatureCache(keys, y).affinities(rows, beta=1e-4)
    np.testing.assert_allclose(affinities, 1 - 1e-4 + 1e-4 * rows @ means.T, atol=3e-8)


def test_repeated_samples_change_nothing(pairs):
    """The cache takes the mean over the shots of a class."""
    expected = fitted(pairs, n_shots=None).decision_function(pairs.X_test)
    first = pairs.y_train == pairs.y_train[-1]
    twice = Bunch(**pairs)
    twice.X_train = np.concatenate([pairs.X_train, pairs.X_train[first]])
    twice.y_train = np.concatenate([pairs.y_train, pairs.y_train[first]])
    found = fitted(twice, n_shots=None).decision_function(pairs.X_test)
    np.testing.assert_allclose(found, expected)


@pytest.mark.parametrize("n_shots", [1, 7])
def test_number_of_shots(pairs, n_shots):
    clf = fitted(pairs, n_shots=n_shots)
    counts = np.unique(pairs.y_train, return_counts=True)[1]
    np.testing.assert_array_equal(
        np.bincount(clf.cache_.y), np.minimum(counts, n_shots)
    )
    rows = normalize(pairs.X_train)
    for key, position in zip(clf.cache_.keys, clf.cache_.y, strict=True):
        (found,) = np.flatnonzero(np.isclose(rows, key).all(axis=1))
        assert pairs.y_train[found] == clf.seen_classes_[position]


def test_without_weight_it_is_the_nearest_description(pairs):
    scores = fitted(pairs, alpha=0.0).decision_function(pairs.X_test)
    clf = NearestDescriptionClassifier(pairs.texts, centering=False, seen_penalty=0.0)
    expected = clf.fit(pairs.X_train, pairs.y_train).decision_function(pairs.X_test)
    np.testing.assert_array_equal(scores, expected)


def test_everything_is_chosen_on_held_out_classes(pairs):
    clf = TipAdapterClassifier(pairs.texts, random_state=0)
    clf.fit(pairs.X_train, pairs.y_train)
    means = clf.held_out_results_.groupby("candidate").AUSUC.mean()
    assert len(means) == 2 * (1 + 3 * 5)
    chosen = clf.centering_, clf.beta_, clf.alpha_
    assert means[chosen] == means.max()


@pytest.mark.parametrize("candidate", [(False, 3.0, 100.0), (True, 10.0, 30.0)])
def test_candidates_are_what_they_are_called(pairs, candidate):
    """Each has the figures of an estimator that has nothing to choose."""
    clf = TipAdapterClassifier(pairs.texts, random_state=0)
    results = clf.fit(pairs.X_train, pairs.y_train).held_out_results_
    figures = results[[one == candidate for one in results.candidate]]
    centering, beta, alpha = candidate
    clf.set_params(centering=centering, beta=beta, alpha=alpha)
    expected = clf.fit(pairs.X_train, pairs.y_train).held_out_results_
    np.testing.assert_allclose(figures.AUSUC, expected.AUSUC)
    np.testing.assert_allclose(figures.best_H, expected.best_H)


def test_defaults_where_nothing_can_be_chosen(pairs):
    clf = TipAdapterClassifier(
        pairs.texts.loc[pairs.seen_classes], logit_scale=10.0, random_state=0
    )
    clf.fit(pairs.X_train, pairs.y_train)
    assert (clf.centering_, clf.beta_, clf.alpha_) == (False, 1.0, 2.0)


def test_samples_help_where_descriptions_are_poor(pairs):
    with_cache, without = (
        cls(pairs.texts, random_state=0).fit(pairs.X_train, pairs.y_train)
        for cls in (TipAdapterClassifier, NearestDescriptionClassifier)
    )
    seen = np.isin(pairs.y_test, pairs.seen_classes)
    X, y = pairs.X_test[seen], pairs.y_test[seen]
    right, right_without = (
        np.mean(clf.predict(X, classes=pairs.seen_classes) == y)
        for clf in (with_cache, without)
    )
    assert right > right_without + 0.02


def test_recovers_pairs(pairs):
    best = harmonic_mean_score(
        pairs.y_test,
        pairs.density.posterior(pairs.X_test).argmax(axis=1),
        seen_classes=pairs.seen_classes,
    )
    clf = TipAdapterClassifier(pairs.density.means, random_state=0)
    clf.fit(pairs.X_train, pairs.y_train)
    found = gzsl_scorer(clf, pairs.X_test, pairs.y_test)["H"]
    assert 0.5 < best < 0.999, "neither easy nor impossible"
    assert found > best - 0.05


def test_paper_params():
    params = TipAdapterClassifier.paper_params("imagenet")
    # The paper sums over 16 shots.
    assert params["alpha"] == pytest.approx(1.17 * 16)
    assert TipAdapterClassifier(**params).n_shots == 16
    with pytest.raises(ValueError, match="no published settings for 'AWA2'"):
        TipAdapterClassifier.paper_params("AWA2")
