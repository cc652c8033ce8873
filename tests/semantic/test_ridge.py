import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.linear_model import Ridge
from sklearn.preprocessing import StandardScaler

from zsl_estimators import RidgeSemanticClassifier
from zsl_estimators.datasets import make_gzsl
from zsl_estimators.metrics import gzsl_scorer


@pytest.fixture(scope="module")
def data():
    return make_gzsl(30, n_seen=12, n_unseen=4, class_sep=1.0, random_state=0)


def test_attributes_equal_a_hand_made_ridge(data):
    clf = RidgeSemanticClassifier(
        data.attributes,
        alpha=0.1,
        attribute_scaling="standard",
        seen_penalty=0.0,
        random_state=0,
    )
    clf.fit(data.X_train, data.y_train)
    X = data.X_train
    scaler = StandardScaler().fit(X)
    seen = data.attributes.loc[data.seen_classes]
    targets = data.attributes.loc[data.y_train]
    scaled = (targets - seen.mean()) / seen.std(ddof=0)
    ridge = Ridge(alpha=0.1 * len(X), fit_intercept=False)
    ridge.fit(scaler.transform(X), scaled)
    test = scaler.transform(data.X_test)
    expected = (
        ridge.predict(test) * seen.std(ddof=0).to_numpy() + seen.mean().to_numpy()
    )
    np.testing.assert_allclose(clf.predict_attributes(data.X_test), expected, atol=1e-6)


def test_classes_have_equal_weight(data):
    """Repeating the samples of one class does not change the map."""
    first = data.y_train == data.y_train[0]
    settings = {"alpha": 0.1, "attribute_scaling": "whitened", "seen_penalty": 0.0}
    clf = RidgeSemanticClassifier(data.attributes, **settings)
    once = clone(clf).fit(data.X_train, data.y_train)
    X = np.concatenate([data.X_train, data.X_train[first]])
    twice = clf.fit(X, np.concatenate([data.y_train, data.y_train[first]]))
    np.testing.assert_allclose(once.coef_, twice.coef_, atol=1e-8)


def test_predicted_attributes_are_close_to_the_true_ones(data):
    clf = RidgeSemanticClassifier(data.attributes, random_state=0)
    clf.fit(data.X_train, data.y_train)
    predicted = pd.DataFrame(clf.predict_attributes(data.X_test))
    truth = data.attributes.loc[data.y_test].to_numpy()
    baseline = np.abs(truth - truth.mean(axis=0)).mean()
    assert np.abs(predicted - truth).to_numpy().mean() < 0.8 * baseline


def test_penalty_is_chosen_on_held_out_classes(data):
    clf = RidgeSemanticClassifier(data.attributes, random_state=0)
    clf.fit(data.X_train, data.y_train)
    results = clf.held_out_results_
    means = results.groupby(["attribute_scaling", "candidate"]).AUSUC.mean()
    best = clf.attribute_scaling_, (clf.shrink_to_, clf.alpha_)
    assert means.idxmax() == best
    assert len(means) == 4 * 8


def test_fitted_penalty_helps(data):
    clf = RidgeSemanticClassifier(data.attributes, random_state=0)
    clf.fit(data.X_train, data.y_train)
    with_penalty = gzsl_scorer(clf, data.X_test, data.y_test)
    clf.seen_penalty_ = 0.0
    without = gzsl_scorer(clf, data.X_test, data.y_test)
    assert with_penalty["H"] > without["H"]
    assert with_penalty["AUSUC"] == pytest.approx(without["AUSUC"])


class TestIdentity:
    """Features that are noisy copies of the descriptions."""

    @pytest.fixture
    def copies(self):
        rng = np.random.RandomState(0)
        table = pd.DataFrame(rng.normal(size=(12, 20)))
        y = np.repeat(np.arange(8), 10)
        X = table.to_numpy()[y] + rng.normal(size=(80, 20))
        return X, y, table

    def test_chosen_where_features_and_descriptions_share_a_space(self, copies):
        X, y, table = copies
        clf = RidgeSemanticClassifier(table, random_state=0).fit(X, y)
        assert clf.shrink_to_ == "identity"

    def test_needs_equal_sizes(self, copies):
        X, y, table = copies
        clf = RidgeSemanticClassifier(table, shrink_to="identity")
        with pytest.raises(ValueError, match="as many features as attributes"):
            clf.fit(X[:, :19], y)

    def test_without_folds_the_origin_is_zero(self, copies):
        X, y, table = copies
        clf = RidgeSemanticClassifier(table.loc[:7], random_state=0).fit(X, y)
        assert (clf.shrink_to_, clf.alpha_) == ("zero", 0.01)
