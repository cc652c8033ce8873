import pickle

import numpy as np
import pytest
from scipy.special import log_softmax
from scipy.stats import multivariate_normal

from tests.common import small
from zsl_estimators import (
    ALEClassifier,
    ExemplarClassifier,
    RidgeSemanticClassifier,
)
from zsl_estimators.datasets import make_gzsl
from zsl_estimators.few_shot import ClassRows, FeatureAxes, FewShotScores, _scores
from zsl_estimators.few_shot._scores import density_temperature, log_densities
from zsl_estimators.gaussian import UnscaledGaussian
from zsl_estimators.metrics import gzsl_report

TASK = make_gzsl(40, n_seen=9, n_unseen=3, n_features=5, random_state=3)
SEEN = np.unique(TASK.y_train)
Y = np.searchsorted(SEEN, TASK.y_train)
S = TASK.attributes.to_numpy()


def few_shot():
    return FewShotScores.fit(TASK.X_train, Y, S[SEEN])


def rows_of(labels, n_rows=4):
    """Some test rows of classes, which get the positions 0, 1, ..."""
    X = [TASK.X_test[TASK.y_test == label][:n_rows] for label in labels]
    y = np.repeat(np.arange(len(labels)), n_rows)
    return ClassRows.none(5).with_rows(np.concatenate(X), y)


@pytest.mark.parametrize("most_features", [512, 1])
def test_weights_are_repetitions(monkeypatch, most_features):
    monkeypatch.setattr(_scores, "MOST_FEATURES", most_features)
    weights = np.random.RandomState(0).randint(1, 4, size=len(Y))
    weighted = FewShotScores.fit(TASK.X_train, Y, S[SEEN], weights=1.0 * weights)
    X, y = np.repeat(TASK.X_train, weights, axis=0), np.repeat(Y, weights)
    repeated = FewShotScores.fit(X, y, S[SEEN])
    for name in ("means", "variances", "noise"):
        one, other = (getattr(scores.axes, name) for scores in (weighted, repeated))
        # Principal axes have no sign.
        np.testing.assert_allclose(np.abs(one), np.abs(other), rtol=1e-6)
    np.testing.assert_allclose(weighted.prior.rows_, repeated.prior.rows_, rtol=1e-6)


def test_log_densities_are_those_of_scipy():
    rng = np.random.RandomState(0)
    Z, means, variances = rng.normal(size=(6, 3)), rng.normal(size=(2, 3)), rng.rand(3)
    expected = [
        multivariate_normal(mean, np.diag(variances)).logpdf(Z) for mean in means
    ]
    found = log_densities(Z, means, variances)
    difference = np.transpose(expected) - found
    np.testing.assert_allclose(difference, difference[0, 0])


def test_odds_are_those_of_predictive_densities():
    scores, rows = few_shot(), rows_of(TASK.unseen_classes)
    axes, prior = scores.axes, scores.prior
    new, Z = S[TASK.unseen_classes], axes.of(TASK.X_test[:7])
    means, errors = prior.posterior(prior.predicted(new), rows)
    own, of_seen = np.zeros((7, 3)), np.zeros((7, len(SEEN)))
    found = scores.blended(TASK.X_test[:7], own, of_seen, 2.0, new, rows)
    shares = prior.shares_known(rows.counts)
    for row, z in enumerate(Z):
        seen = [
            multivariate_normal(mean, np.diag(axes.variances)).logpdf(z)
            for mean in axes.means
        ]
        total = np.log(np.exp(np.array(seen) / scores.temperature).sum())
        for column in range(3):
            spread = np.diag(axes.variances + errors[column])
            density = multivariate_normal(means[column], spread).logpdf(z)
            odds = density / scores.temperature - total
            # The model itself finds all seen classes equally likely.
            expected = 2.0 * (np.log(len(SEEN)) + odds)
            assert found[row, column] == pytest.approx(shares[column] * expected)


def test_without_knowledge_from_rows_the_score_is_the_model_s():
    scores, rows = few_shot(), rows_of(TASK.unseen_classes)
    scores.prior.rows_ = np.full(5, 1e15)
    own, of_seen = np.arange(6.0).reshape(2, 3), np.zeros((2, len(SEEN)))
    new = S[TASK.unseen_classes]
    found = scores.blended(TASK.X_test[:2], own, of_seen, 1.0, new, rows)
    np.testing.assert_allclose(found, own, atol=1e-8)


def test_unit_of_the_scores_does_not_matter():
    scores, rows = few_shot(), rows_of(TASK.unseen_classes)
    rng, new = np.random.RandomState(0), S[TASK.unseen_classes]
    own, of_seen = rng.normal(size=(4, 3)), rng.normal(size=(4, len(SEEN)))
    X = TASK.X_test[:4]
    one = scores.blended(X, own, of_seen, 0.5, new, rows)
    other = scores.blended(X, 1e3 * own, 1e3 * of_seen, 500.0, new, rows)
    np.testing.assert_allclose(other, 1e3 * one)


def test_temperature_leaves_every_row_out_of_its_mean(monkeypatch):
    gaussian = UnscaledGaussian.fit(TASK.X_train, Y, len(SEEN))
    axes, counts = _scores.PrincipalAxes(gaussian), np.bincount(Y)
    Z, kept = axes.of(TASK.X_train), {}

    def record(folds, penalty):
        kept["scores"] = folds[0].scores
        return 3.0

    monkeypatch.setattr(_scores, "best_temperature", record)
    assert density_temperature(axes, Z, Y, counts) == 3.0
    for row in (0, 50, 200):
        others = (Y[row] == Y) & (np.arange(len(Y)) != row)
        mean = Z[others].mean(axis=0)
        expected = -((Z[row] - mean) ** 2 / axes.variances).sum() / 2
        assert kept["scores"][row, Y[row]] == pytest.approx(expected)


def test_temperature_of_normal_classes_is_near_1():
    rng = np.random.RandomState(0)
    y = np.repeat(np.arange(6), 300)
    X = rng.normal(size=(6, 3))[y] + rng.normal(size=(len(y), 3))
    scores = FewShotScores.fit(X, y, rng.normal(size=(6, 2)))
    assert scores.temperature == pytest.approx(1, abs=0.15)
    # Every feature twice, taken for independent: twice the log odds there should be.
    axes = FeatureAxes(np.tile(X, 2), y, 6)
    twice = density_temperature(axes, axes.of(np.tile(X, 2)), y, np.bincount(y))
    assert twice == pytest.approx(2, abs=0.3)


def test_many_features_are_taken_for_independent(monkeypatch):
    monkeypatch.setattr(_scores, "MOST_FEATURES", 4)
    axes = few_shot().axes
    assert isinstance(axes, FeatureAxes)
    Z = (TASK.X_train - TASK.X_train.mean(axis=0)) / TASK.X_train.std(axis=0)
    np.testing.assert_allclose(axes.of(TASK.X_train), Z)
    for position in range(len(SEEN)):
        of_class = Z[position == Y]
        np.testing.assert_allclose(axes.means[position], of_class.mean(axis=0))
        Z[position == Y] = of_class - of_class.mean(axis=0)
    variances = (Z**2).sum(axis=0) / (len(Y) - len(SEEN))
    np.testing.assert_allclose(axes.variances, variances, atol=1e-5)


def test_means_are_estimated_from_a_sample_of_very_many_rows(monkeypatch):
    whole = few_shot()
    monkeypatch.setattr(_scores, "MOST_ROWS", 180)
    part = few_shot()
    assert not np.array_equal(part.axes.means, whole.axes.means)
    assert np.isfinite(part.prior.rows_).all()


def test_exemplar_scores_by_the_posterior_mean():
    """Closed form in the principal axes, without any of the code that is tested."""
    clf = ExemplarClassifier(TASK.attributes, random_state=0)
    clf.fit(TASK.X_train, TASK.y_train)
    label = TASK.unseen_classes[0]
    column = np.flatnonzero(clf.classes_ == label)[0]
    X = TASK.X_test[TASK.y_test == label][:3]
    worth = clf._few_shot.prior.rows_
    gaussian, scale = clf.gaussian_, clf.feature_scaler_.transform
    before = scale(clf.class_means_)[column] @ gaussian.axes
    rows = scale(X) @ gaussian.axes
    mean = (worth * before + rows.sum(axis=0)) / (worth + 3)
    Z = scale(TASK.X_test) @ gaussian.axes
    expected = -((Z - mean) ** 2 / gaussian.variances).sum(axis=1) / 2
    penalty = clf.seen_penalty_ * clf._few_shot.prior.shares_known(np.array([3]))[0]
    clf.add_classes(X=X, y=[label] * 3)
    found = clf.decision_function(TASK.X_test)[:, column]
    np.testing.assert_allclose(found, expected - penalty)


@pytest.mark.parametrize("cls", [ExemplarClassifier, RidgeSemanticClassifier])
def test_more_rows_are_better_on_average(cls):
    data = make_gzsl(
        60, n_seen=16, n_unseen=6, n_features=16, nonlinearity=0.6, random_state=1
    )
    clf = cls(data.attributes, random_state=0).fit(data.X_train, data.y_train)
    kept, figures = pickle.dumps(clf), []
    for n_rows in (0, 1, 10):
        clf, rows = pickle.loads(kept), np.zeros(len(data.y_test), dtype=bool)
        for label in data.unseen_classes:
            of_class = np.flatnonzero(data.y_test == label)
            rows[of_class[10:]] = True
            given = of_class[:n_rows]
            if n_rows:
                clf.add_classes(X=data.X_test[given], y=data.y_test[given])
        rows |= np.isin(data.y_test, data.y_train)
        X, y = data.X_test[rows], data.y_test[rows]
        seen = clf.seen_classes_
        figures.append(gzsl_report(y, clf.predict(X), seen_classes=seen)["H"].iloc[0])
    assert figures[0] < figures[1] - 0.02
    assert figures[1] < figures[2] + 0.01
    assert figures[2] > 0.9


def test_a_class_with_very_many_rows_is_like_a_trained_one():
    rng = np.random.RandomState(0)
    means = 2 * rng.normal(size=(8, 4))
    table = np.eye(8) + 0.1 * rng.normal(size=(8, 8))
    y, y_test = np.repeat(np.arange(8), 400), np.repeat(np.arange(8), 100)
    X, X_test = (means[k] + rng.normal(size=(len(k), 4)) for k in (y, y_test))
    trained = y < 6
    whole = ExemplarClassifier(table, random_state=0).fit(X, y)
    part = ExemplarClassifier(table, random_state=0).fit(X[trained], y[trained])
    part.add_classes(X=X[~trained], y=y[~trained])
    one, other = (
        log_softmax(m.decision_function(X_test), axis=1) for m in (whole, part)
    )
    agree = one.argmax(axis=1) == other.argmax(axis=1)
    assert agree.mean() > 0.97


def test_a_model_without_labels_refuses_rows():
    from zsl_estimators import NearestDescriptionClassifier

    clf = NearestDescriptionClassifier(np.eye(5) + 0.1).fit(TASK.X_train)
    with pytest.raises(ValueError, match="fitted without labels"):
        clf.add_classes(X=TASK.X_train[:1], y=[0])


def test_an_estimator_inside_another_one_takes_no_rows(task):
    """The one outside does, so that nothing is estimated for the one inside."""
    clf = small(ALEClassifier, attributes=task.attributes, random_state=0)
    clf.set_params(seen_penalty=0.0, early_stopping=False)
    clf.fit(task.X_train, task.y_train)
    rows = np.isin(task.y_test, task.unseen_classes)
    X, y = task.X_test[rows], task.y_test[rows]
    with pytest.raises(ValueError, match="inside another one"):
        clf.init_.add_classes(X=X, y=y)
    assert clf.init_._few_shot is None
    assert clf.add_classes(X=X, y=y)._few_shot is not None
