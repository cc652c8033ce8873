"""Weights against repeated rows, wherever something is learned from rows."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import config_context
from sklearn.covariance import LedoitWolf
from sklearn.exceptions import UnsetMetadataPassedError
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, cross_validate
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from zsl_estimators import (
    CalibratedStackingCV,
    ConformalZeroShotClassifier,
    ConSEClassifier,
    DAPClassifier,
    ESZSLClassifier,
    ExemplarClassifier,
    IAPClassifier,
    NearestDescriptionClassifier,
    RidgeSemanticClassifier,
    SynCClassifier,
    ZeroShotEnsembleClassifier,
)
from zsl_estimators.calibration import HeldOutScores, best_temperature
from zsl_estimators.calibration._conformal import Conformity
from zsl_estimators.gaussian import SharedGaussian, UnscaledGaussian, class_means
from zsl_estimators.linear import RidgeInputs, ridge_from_rows
from zsl_estimators.metrics import GZSLScorer, gzsl_report, harmonic_mean_scorer
from zsl_estimators.model_selection import ClassHoldoutSplit, cross_val_predict_gzsl
from zsl_estimators.nested import fit_weighted
from zsl_estimators.rows import ScaledRows, class_moments, class_weights
from zsl_estimators.sample_weights import (
    as_repetitions,
    degrees_of_freedom,
    effective_sizes,
    systematic_positions,
    weighted_deviation,
    weighted_rows,
)
from zsl_estimators.scaling import BalancedScaler, FeatureScaler
from zsl_estimators.semantic._feature_cache import FeatureCache

# What is tested does not depend on the number of folds.
pytestmark = pytest.mark.usefixtures("few_folds")

EXACTLY = {"rtol": 1e-9, "atol": 1e-12}


@pytest.fixture(scope="module")
def rows():
    """Rows, classes, weights, and the positions of the repeated rows."""
    rng = np.random.RandomState(0)
    X = rng.normal(size=(40, 5)) @ rng.normal(size=(5, 5))
    y, weights = np.arange(40) % 4, rng.randint(1, 5, size=40)
    return X, y, weights.astype(float), np.repeat(np.arange(40), weights)


# -- what weights are -----------------------------------------------------------------

positive = st.lists(st.floats(1e-3, 1e3), min_size=2, max_size=40).map(np.array)


@given(positive, st.integers(1, 200), st.floats(0, 1, exclude_max=True))
@settings(max_examples=300, deadline=None)
def test_rows_are_drawn_as_often_as_expected(weights, n_drawn, offset):
    counts = np.bincount(
        systematic_positions(weights, n_drawn, offset), minlength=len(weights)
    )
    expected = n_drawn * weights / weights.sum()
    assert counts.sum() == n_drawn
    assert (np.abs(counts - expected) < 1 + 1e-6).all()


def test_draws_are_unbiased():
    weights, n_drawn = np.array([0.2, 1.0, 3.3, 0.7, 2.0]), 4
    offsets = (np.arange(10_000) + 0.5) / 10_000
    drawn = [systematic_positions(weights, n_drawn, offset) for offset in offsets]
    counts = np.bincount(np.concatenate(drawn)) / len(offsets)
    np.testing.assert_allclose(counts, n_drawn * weights / weights.sum(), atol=1e-3)


@given(positive, st.floats(1e-6, 1e-3))
@settings(max_examples=100, deadline=None)
def test_the_unit_of_small_weights_does_not_matter(weights, factor):
    small = factor * weights / weights.max()
    found = as_repetitions(small)
    effective = weights.sum() ** 2 / (weights**2).sum()
    np.testing.assert_allclose(found.sum(), effective)
    np.testing.assert_allclose(found / found[0], weights / weights[0])
    np.testing.assert_allclose(as_repetitions(found), found)


def test_integers_are_repetitions(rows):
    _, y, weights, repeated = rows
    np.testing.assert_array_equal(as_repetitions(weights), weights)
    freedom = degrees_of_freedom(y, weights)
    assert freedom == degrees_of_freedom(y[repeated]) == len(repeated) - 4


def test_effective_sizes():
    y, weights = np.array([0, 0, 2, 2, 2]), np.array([1.0, 3.0, 2.0, 2.0, 2.0])
    np.testing.assert_allclose(effective_sizes(y, weights), [16 / 10, 3])
    np.testing.assert_array_equal(effective_sizes(y), [2, 3])


def test_rows_without_a_weight_are_left_out():
    X, y = np.arange(8.0).reshape(4, 2), np.array(["a", "b", "b", "c"])
    X_kept, y_kept, weights = weighted_rows(X, y, [2, 0, 0.5, 1])
    np.testing.assert_array_equal(X_kept, X[[0, 2, 3]])
    np.testing.assert_array_equal(y_kept, ["a", "b", "c"])
    np.testing.assert_array_equal(weights, [2, 0.5, 1])
    for ones in (None, 1.0, np.ones(4)):
        assert weighted_rows(X, y, ones)[0] is X
        assert weighted_rows(X, y, ones)[2] is None


# -- sums over rows -------------------------------------------------------------------


def test_deviation(rows):
    X, _, weights, repeated = rows
    np.testing.assert_allclose(weighted_deviation(X, weights), X[repeated].std())


def test_class_moments(rows):
    X, y, weights, repeated = rows
    found = class_moments(ScaledRows(X), y, 4, weights)
    expected = class_moments(ScaledRows(X[repeated]), y[repeated], 4)
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one, other, **EXACTLY)
    means = class_means(ScaledRows(X), y, 4, weights)
    oracle = [np.average(X[y == k], axis=0, weights=weights[y == k]) for k in range(4)]
    np.testing.assert_allclose(means, oracle, **EXACTLY)


def test_class_weights(rows):
    _, y, weights, repeated = rows
    balanced = class_weights(y, weights)
    np.testing.assert_allclose(np.bincount(y, weights=balanced), weights.sum() / 4)
    of_repeated = class_weights(y[repeated])
    summed = np.bincount(repeated, weights=of_repeated)
    np.testing.assert_allclose(balanced, summed, **EXACTLY)


@pytest.mark.parametrize("scaler", [BalancedScaler, BalancedScaler(unit_rows=True)])
def test_balanced_scaler(rows, scaler):
    X, y, weights, repeated = rows
    new = scaler if callable(scaler) else lambda: scaler
    found = new().fit(X, y, weights).transform(X)
    expected = new().fit(X[repeated], y[repeated]).transform(X)
    np.testing.assert_allclose(found, expected, **EXACTLY)
    of_unit = new().fit(X, y, 0.01 * weights).transform(X)
    np.testing.assert_allclose(of_unit, expected, **EXACTLY)


@pytest.mark.parametrize("scaling", FeatureScaler.SCALINGS)
def test_feature_scaler(rows, scaling):
    X, y, weights, repeated = rows
    found = FeatureScaler(scaling).fit(X, y, weights)
    expected = FeatureScaler(scaling).fit(X[repeated], y[repeated])
    # Axes of the covariance have no sign.
    np.testing.assert_allclose(
        np.abs(found.transform(X)), np.abs(expected.transform(X)), **EXACTLY
    )


def test_covariance_and_its_shrinkage(rows):
    X, y, weights, repeated = rows
    found = SharedGaussian(ScaledRows(X), y, 4, weights)
    expected = SharedGaussian(ScaledRows(X[repeated]), y[repeated], 4)
    assert found.shrinkage == pytest.approx(expected.shrinkage, rel=1e-9)
    np.testing.assert_allclose(found.covariance, expected.covariance, **EXACTLY)
    np.testing.assert_allclose(found.means, expected.means, **EXACTLY)


def test_covariance_of_one_class_is_that_of_numpy(rows):
    """Unbiased for repetitions, and for weights below 1 that tell reliability."""
    X, _, weights, _ = rows
    y = np.zeros(len(X), dtype=int)
    for factors, name in ((weights, "fweights"), (weights / 10, "aweights")):
        gaussian = SharedGaussian(ScaledRows(X), y, 1, factors)
        gaussian.shrinkage = 0.0
        kind = factors.astype(int) if name == "fweights" else factors
        expected = np.cov(X.T, **{name: kind})
        np.testing.assert_allclose(gaussian.covariance, expected, atol=2e-6)


def test_shrinkage_is_that_of_repeated_rows_in_scikit_learn(rows):
    X, _, weights, repeated = rows
    y = np.zeros(len(X), dtype=int)
    expected = LedoitWolf().fit(X[repeated]).shrinkage_
    found = SharedGaussian(ScaledRows(X), y, 1, weights).shrinkage
    assert found == pytest.approx(expected, rel=1e-9)


def test_unscaled_gaussian(rows):
    X, y, weights, repeated = rows
    found = UnscaledGaussian.fit(X, y, 4, weights)
    expected = UnscaledGaussian.fit(X[repeated], y[repeated], 4)
    densities = [
        one.log_densities_rotated(one.rotated(X), one.means)
        for one in (found, expected)
    ]
    np.testing.assert_allclose(*densities, **EXACTLY)


def test_ridge_from_rows(rows):
    X, y, weights, repeated = rows
    S = np.random.RandomState(1).normal(size=(4, 3))
    found = ridge_from_rows(ScaledRows(X), y, S, 0.1, weights)
    expected = ridge_from_rows(ScaledRows(X[repeated]), y[repeated], S, 0.1)
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one, other, **EXACTLY)


def test_feature_cache(rows):
    X, y, weights, repeated = rows
    keys = X / np.linalg.norm(X, axis=1, keepdims=True)
    found = FeatureCache(keys, y, weights).affinities(keys, 2.0)
    expected = FeatureCache(keys[repeated], y[repeated]).affinities(keys, 2.0)
    np.testing.assert_allclose(found, expected, **EXACTLY)


# -- closed forms ---------------------------------------------------------------------


@pytest.mark.parametrize(
    "clf",
    [
        ExemplarClassifier(alpha=0.1, seen_penalty=0.1),
        RidgeSemanticClassifier(alpha=0.1, seen_penalty=0.1),
        ESZSLClassifier(seen_penalty=0.1),
        NearestDescriptionClassifier(space="mapped", seen_penalty=0.1),
    ],
    ids=lambda clf: type(clf).__name__,
)
def test_repeated_rows_with_unseen_classes(task, clf):
    """scikit-learn's own check knows no unseen classes."""
    X, y = task.X_train, task.y_train
    weights = np.random.RandomState(0).randint(0, 4, size=len(y))
    repeated = np.repeat(np.arange(len(y)), weights)
    clf.set_params(attributes=task.attributes, random_state=0)
    # Only then there are no folds, which split rows at random.
    if hasattr(clf, "attribute_scaling"):
        clf.set_params(attribute_scaling="standard")
    if hasattr(clf, "shrinkage"):
        clf.set_params(shrinkage=0.2)
    if hasattr(clf, "centering"):
        clf.set_params(centering=True)
    found = clf.fit(X, y, sample_weight=weights).decision_function(task.X_test)
    expected = clf.fit(X[repeated], y[repeated]).decision_function(task.X_test)
    np.testing.assert_allclose(found, expected, rtol=1e-7, atol=1e-9)


def test_penalties_relative_to_the_number_of_samples(task):
    """ESZSL adds its penalty to a sum over samples, so that twice the weight counts."""
    clf = ESZSLClassifier(
        task.attributes,
        gamma=10.0,
        attribute_scaling="standard",
        seen_penalty=0.0,
        random_state=0,
    )
    twice = clf.fit(task.X_train, task.y_train, sample_weight=2.0).coef_
    half = clf.set_params(gamma=5.0).fit(task.X_train, task.y_train).coef_
    np.testing.assert_allclose(twice, half, **EXACTLY)


def test_without_labels_weights_move_the_mean():
    X = np.random.RandomState(0).normal(size=(20, 4))
    clf = NearestDescriptionClassifier(np.eye(4) + 0.1, centering=True)
    weights = np.arange(20)
    clf.fit(X, sample_weight=weights)
    expected = np.average(X, axis=0, weights=weights)
    np.testing.assert_allclose(clf.feature_mean_, expected)


# -- held-out samples -----------------------------------------------------------------

SEEN = np.array([True, True, True, False, False])


@pytest.fixture(scope="module")
def held_out():
    """Scores with weights, and those of the repeated rows."""
    rng = np.random.RandomState(2)
    y, weights = np.arange(60) % 5, rng.randint(1, 4, size=60)
    scores = rng.normal(size=(60, 5)) + np.eye(5)[y]
    repeated = np.repeat(np.arange(60), weights)
    return (
        HeldOutScores(y, scores, SEEN, weights.astype(float)),
        HeldOutScores(y[repeated], scores[repeated], SEEN),
    )


def test_curves(held_out):
    found, expected = (fold.curve for fold in held_out)
    for name in ("gaps", "seen_accuracy", "unseen_accuracy", "class_areas"):
        np.testing.assert_allclose(
            getattr(found, name), getattr(expected, name), **EXACTLY
        )
    for one, other in zip(
        found.class_accuracies_at(0.3), expected.class_accuracies_at(0.3), strict=True
    ):
        np.testing.assert_allclose(one, other, **EXACTLY)


def test_some_of_the_scores_keep_their_weights(held_out, monkeypatch):
    monkeypatch.setattr("zsl_estimators.calibration._scores.MOST_NUMBERS", 1)
    monkeypatch.setattr("zsl_estimators.calibration._scores.FEWEST_ROWS", 10)
    weighted, _ = held_out
    few = weighted.few(seed=0)
    assert len(few.y) == 10
    for scores, weight in zip(few.scores, few.weights, strict=True):
        (row,) = np.flatnonzero((weighted.scores == scores).all(axis=1))
        assert weighted.weights[row] == weight


def test_temperature(held_out):
    found, expected = (best_temperature([fold], 0.2) for fold in held_out)
    assert found == pytest.approx(expected, rel=1e-6)


def test_conformity(held_out):
    found, expected = (Conformity.of([(fold, fold.y)], 1.0) for fold in held_out)
    threshold = np.median(found.own)
    assert found.coverage(threshold) == pytest.approx(expected.coverage(threshold))
    assert found.mean_size(-1, -2) == pytest.approx(expected.mean_size(-1, -2))


def test_folds_know_the_weights(task):
    weights = 1.0 + np.random.RandomState(0).randint(1, 1000, size=len(task.y_train))
    clf = ExemplarClassifier(task.attributes, random_state=0)
    clf.fit(task.X_train, task.y_train, sample_weight=weights)
    performance = clf._held_out_performance
    seen = np.flatnonzero(np.isin(clf.classes_, clf.seen_classes_))
    samples = [curve.unseen_samples for curve in performance.curves]
    samples += [performance.known.seen_samples]
    for part in samples:
        for column in part.classes:
            of_class = weights[task.y_train == clf.classes_[seen[column]]]
            assert np.isin(part.weights[part.y == column], of_class).all()


def test_metrics(held_out):
    fold, repeated = held_out
    figures = [
        gzsl_report(
            one.y,
            one.scores.argmax(axis=1),
            seen_classes=np.flatnonzero(SEEN),
            y_score=one.scores,
            classes=np.arange(5),
            sample_weight=one.weights,
        )
        for one in (fold, repeated)
    ]
    np.testing.assert_allclose(*figures, **EXACTLY)


# -- estimators around and inside -----------------------------------------------------


def folds_of(task, n_splits=2):
    split = ClassHoldoutSplit(n_splits, random_state=0)
    return list(split.split(task.X_train, task.y_train))


def repeated_folds(folds, repeated):
    return [
        tuple(np.flatnonzero(np.isin(repeated, part)) for part in fold)
        for fold in folds
    ]


def test_stacking_against_repeated_rows(task):
    X, y, folds = task.X_train, task.y_train, folds_of(task)
    weights = np.random.RandomState(0).randint(0, 4, size=len(y))
    repeated = np.repeat(np.arange(len(y)), weights)
    clf = new_ridge(task)
    found = CalibratedStackingCV(clf, cv=folds, random_state=0)
    found.fit(X, y, sample_weight=weights)
    expected = CalibratedStackingCV(
        clf, cv=repeated_folds(folds, repeated), random_state=0
    ).fit(X[repeated], y[repeated])
    for name in ("penalty", "S", "U"):
        np.testing.assert_allclose(
            found.cv_results_[name], expected.cv_results_[name], **EXACTLY
        )


def test_stacking_of_a_fitted_estimator(task):
    clf = RidgeSemanticClassifier(task.attributes, seen_penalty=0.0, random_state=0)
    clf.fit(task.X_train, task.y_train)
    weights = np.random.RandomState(0).randint(0, 4, size=len(task.y_test))
    repeated = np.repeat(np.arange(len(weights)), weights)
    stacking = CalibratedStackingCV(clf, cv="prefit")
    found = stacking.fit(task.X_test, task.y_test, sample_weight=weights).best_score_
    stacking.fit(task.X_test[repeated], task.y_test[repeated])
    assert found == pytest.approx(stacking.best_score_)


def test_conformal_sets(task):
    clf = ExemplarClassifier(task.attributes, alpha=0.1, random_state=0)
    conformal = ConformalZeroShotClassifier(clf, random_state=0)
    plain = conformal.fit(task.X_train, task.y_train).thresholds_
    weights = np.random.RandomState(0).randint(0, 4, size=len(task.y_train))
    weighted = conformal.fit(task.X_train, task.y_train, sample_weight=weights)
    kept = weights > 0
    ones = weighted.fit(task.X_train, task.y_train, sample_weight=kept).thresholds_
    same = weighted.fit(task.X_train[kept], task.y_train[kept]).thresholds_
    np.testing.assert_array_equal(ones, same)
    assert (plain != ones).any()


@pytest.mark.parametrize("around", [CalibratedStackingCV, ConformalZeroShotClassifier])
def test_pipelines_and_searches_inside_get_weights(task, around):
    clf = ExemplarClassifier(task.attributes, alpha=0.1, random_state=0)
    inside = make_pipeline(StandardScaler(), clf)
    weights = np.random.RandomState(0).randint(0, 4, size=len(task.y_train))
    for enable in (False, True):
        with config_context(enable_metadata_routing=enable):
            fitted = around(inside, random_state=0).fit(
                task.X_train, task.y_train, sample_weight=weights
            )
        mean = fitted.estimator_[0].mean_
        np.testing.assert_allclose(
            mean, np.average(task.X_train, axis=0, weights=weights)
        )


def test_search_inside_gets_weights(rows):
    X, y, weights, repeated = rows
    search = GridSearchCV(
        make_pipeline(StandardScaler(), LogisticRegression()),
        {"logisticregression__C": [1.0]},
        cv=2,
    )
    found = fit_weighted(search, X, y, weights).predict_proba(X)
    plain = make_pipeline(StandardScaler(), LogisticRegression())
    expected = plain.fit(X[repeated], y[repeated]).predict_proba(X)
    np.testing.assert_allclose(found, expected, atol=1e-4)


@pytest.mark.parametrize("cls", [ConSEClassifier, DAPClassifier, IAPClassifier])
def test_classifiers_without_weights_are_refused(task, cls):
    clf = cls(task.attributes, estimator=KNeighborsClassifier(), seen_penalty=0.0)
    clf.fit(task.X_train, task.y_train)
    with pytest.raises(TypeError, match=r"sample_weight was given, but .*KNeighbors"):
        clf.fit(task.X_train, task.y_train, sample_weight=task.y_train + 1)


def test_pipelines_whose_last_step_takes_no_weights_are_refused(task):
    inside = make_pipeline(StandardScaler(), KNeighborsClassifier())
    clf = SynCClassifier(task.attributes, estimator=inside, seen_penalty=0.0)
    with pytest.raises(TypeError, match="sample_weight was given"):
        clf.fit(task.X_train, task.y_train, sample_weight=task.y_train + 1)


def test_ensemble_on_folds(task):
    ensemble = ZeroShotEnsembleClassifier(
        task.attributes,
        estimators=[
            ("own", ExemplarClassifier(alpha=0.1, shrinkage=0.5)),
            ("other", make_pipeline(StandardScaler(), new_ridge(task))),
        ],
        weights="uniform",
        random_state=0,
    )
    weights = np.random.RandomState(0).randint(1, 4, size=len(task.y_train))
    ensemble.fit(task.X_train, task.y_train, sample_weight=weights)
    other = ensemble.named_estimators_.other
    expected = np.average(task.X_train, axis=0, weights=weights)
    np.testing.assert_allclose(other[0].mean_, expected)
    assert ensemble._held_out_performance.known.seen_samples.weights is not None


# -- scikit-learn's tools -------------------------------------------------------------


def new_ridge(task):
    return RidgeSemanticClassifier(
        task.attributes, alpha=0.1, attribute_scaling="standard", random_state=0
    )


@pytest.fixture
def weighted(task):
    weights = np.random.RandomState(0).randint(0, 4, size=len(task.y_train))
    return task.X_train, task.y_train, weights


def search_of(estimator, name):
    return GridSearchCV(
        estimator,
        {f"{name}alpha": [0.1, 1.0]},
        cv=ClassHoldoutSplit(2, random_state=0),
        scoring=harmonic_mean_scorer,
        error_score="raise",
    )


def test_scorer(task):
    clf = new_ridge(task).fit(task.X_train, task.y_train)
    weights = np.arange(len(task.y_test)) % 4
    repeated = np.repeat(np.arange(len(weights)), weights)
    X, y = task.X_test, task.y_test
    found = GZSLScorer(None)(clf, X, y, sample_weight=weights)
    assert found == pytest.approx(GZSLScorer(None)(clf, X[repeated], y[repeated]))


def test_grid_search(task, weighted):
    """Weights go to the fits and to the scorer, with routing as far as it asks."""
    X, y, weights = weighted
    search = search_of(new_ridge(task), "").fit(X, y, sample_weight=weights)
    best = new_ridge(task).set_params(**search.best_params_)
    best.fit(X, y, sample_weight=weights)
    np.testing.assert_array_equal(
        search.decision_function(X), best.decision_function(X)
    )
    train, test = next(iter(search.cv.split(X, y)))
    first = new_ridge(task).fit(X[train], y[train], sample_weight=weights[train])
    expected = harmonic_mean_scorer(first, X[test], y[test], weights[test])
    assert search.cv_results_["split0_test_score"][0] == expected
    with config_context(enable_metadata_routing=True):
        with pytest.raises(UnsetMetadataPassedError):
            search_of(new_ridge(task), "").fit(X, y, sample_weight=weights)
        asking = new_ridge(task).set_fit_request(sample_weight=True)
        scorer = GZSLScorer("H").set_score_request(sample_weight=True)
        routed = search_of(asking, "").set_params(scoring=scorer)
        routed.fit(X, y, sample_weight=weights)
    np.testing.assert_array_equal(
        routed.cv_results_["mean_test_score"], search.cv_results_["mean_test_score"]
    )
    np.testing.assert_array_equal(
        routed.decision_function(X), search.decision_function(X)
    )


def test_pipeline(task, weighted):
    X, y, weights = weighted
    named = {
        "standardscaler__sample_weight": weights,
        "ridgesemanticclassifier__sample_weight": weights,
    }
    pipeline = make_pipeline(StandardScaler(), new_ridge(task)).fit(X, y, **named)
    with config_context(enable_metadata_routing=True):
        routed = make_pipeline(
            StandardScaler().set_fit_request(sample_weight=True),
            new_ridge(task).set_fit_request(sample_weight=True),
        ).fit(X, y, sample_weight=weights)
    repeated = np.repeat(np.arange(len(y)), weights)
    expected = StandardScaler().fit(X[repeated]).mean_
    for one in (pipeline, routed):
        np.testing.assert_allclose(one[0].mean_, expected)
        np.testing.assert_array_equal(one.predict(X), pipeline.predict(X))


def test_request_of_an_estimator_around(task, weighted):
    """It uses the weights itself, so that it is the one to ask for them."""
    X, y, weights = weighted
    with config_context(enable_metadata_routing=True):
        stacking = CalibratedStackingCV(new_ridge(task), random_state=0)
        stacking.set_fit_request(sample_weight=True)
        pipeline = make_pipeline(FunctionTransformer(), stacking)
        pipeline.fit(X, y, sample_weight=weights)
    alone = CalibratedStackingCV(new_ridge(task), random_state=0)
    alone.fit(X, y, sample_weight=weights)
    assert pipeline[1].best_penalty_ == alone.best_penalty_


def test_cross_validation(task, weighted):
    X, y, weights = weighted
    split = ClassHoldoutSplit(2, random_state=0)
    answers = cross_validate(
        new_ridge(task),
        X,
        y,
        cv=split,
        scoring=harmonic_mean_scorer,
        params={"sample_weight": weights},
        return_estimator=True,
    )
    folds = cross_val_predict_gzsl(
        new_ridge(task),
        X,
        y,
        cv=split,
        candidates="all",
        params={"sample_weight": weights},
    )
    for fold, fitted in zip(folds, answers["estimator"], strict=True):
        expected = fitted.decision_function(X[fold.rows])
        np.testing.assert_array_equal(fold.y_score, expected)
    train, _ = next(iter(split.split(X, y)))
    alone = new_ridge(task).fit(X[train], y[train], sample_weight=weights[train])
    np.testing.assert_array_equal(
        alone.decision_function(X), answers["estimator"][0].decision_function(X)
    )


def test_inputs_of_ridge_regression(rows):
    X, _, weights, repeated = rows
    found = RidgeInputs(X.T @ np.diag(weights), X.T * weights @ X, weights.sum())
    expected = X[repeated].T @ X[repeated] / len(repeated)
    np.testing.assert_allclose(found.gram, expected, **EXACTLY)
