import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

from tests.common import refuses_the_folds_of_a_check
from zsl_estimators import (
    CalibratedStackingCV,
    ConformalZeroShotClassifier,
    ExemplarClassifier,
    RidgeSemanticClassifier,
)
from zsl_estimators.calibration import HeldOutScores
from zsl_estimators.calibration._conformal import Conformity, weighted_quantile
from zsl_estimators.datasets import make_gzsl
from zsl_estimators.exceptions import ZeroShotWarning
from zsl_estimators.model_selection import ClassHoldoutSplit


@pytest.fixture(scope="module")
def data():
    """Classes that overlap."""
    return make_gzsl(100, n_seen=16, n_unseen=8, class_sep=1.0, random_state=0)


def new(data, **parameters):
    clf = ExemplarClassifier(data.attributes, shrinkage=0.5, random_state=0)
    return ConformalZeroShotClassifier(clf, random_state=0, **parameters)


@pytest.fixture(scope="module")
def fitted(data):
    return new(data).fit(data.X_train, data.y_train)


def coverage(clf, X, y):
    """Per class, for seen and unseen ones."""
    held = clf.predict_set(X)[np.arange(len(y)), np.searchsorted(clf.classes_, y)]
    of_class = pd.Series(held).groupby(np.asarray(y)).mean()
    seen = np.isin(of_class.index, clf.seen_classes_)
    return of_class[seen].mean(), of_class[~seen].mean()


# The data of some checks is small.
@pytest.mark.filterwarnings("ignore:.* held-out samples of seen classes are too few")
@parametrize_with_checks(
    [ConformalZeroShotClassifier(RidgeSemanticClassifier())],
    expected_failed_checks=refuses_the_folds_of_a_check,
    xfail_strict=True,
)
def test_scikit_learn(estimator, check):
    check(estimator)


@pytest.mark.parametrize("level", [0.7, 0.9])
def test_sets_hold_the_class_as_often_as_wanted(data, level):
    clf = new(data, confidence_level=level).fit(data.X_train, data.y_train)
    seen, unseen = coverage(clf, data.X_test, data.y_test)
    assert seen == pytest.approx(level, abs=0.05)
    # Models of folds know fewer classes, so that hidden ones are the harder ones.
    assert unseen > level - 0.1
    assert clf.coverage_.loc["seen", "coverage"] == pytest.approx(level, abs=0.03)
    assert clf.coverage_.loc["unseen", "coverage"] == pytest.approx(level, abs=0.1)


def test_sets_follow_from_probabilities(fitted, data):
    proba = fitted.predict_proba(data.X_test)
    np.testing.assert_allclose(proba, fitted.estimator_.predict_proba(data.X_test))
    is_seen = np.isin(fitted.classes_, fitted.seen_classes_)
    needed = np.where(is_seen, fitted.thresholds_["seen"], fitted.thresholds_["unseen"])
    np.testing.assert_array_equal(fitted.predict_set(data.X_test), proba >= needed)
    np.testing.assert_array_equal(
        fitted.predict(data.X_test), fitted.estimator_.predict(data.X_test)
    )
    sizes = fitted.predict_set(data.X_test).sum(axis=1)
    expected = fitted.coverage_["mean_size"].mean()
    assert sizes.mean() == pytest.approx(expected, rel=0.2)


def test_larger_level_larger_sets(data, fitted):
    sizes = [
        new(data, confidence_level=level)
        .fit(data.X_train, data.y_train)
        .predict_set(data.X_test)
        for level in (0.6, 0.99)
    ]
    assert (sizes[0] <= fitted.predict_set(data.X_test)).all()
    assert (fitted.predict_set(data.X_test) <= sizes[1]).all()


def test_a_level_that_few_samples_do_not_suffice_for(data):
    first = pd.Series(data.y_train).groupby(data.y_train).cumcount() < 4
    X, y = data.X_train[first], data.y_train[first]
    with pytest.warns(ZeroShotWarning, match="too few for") as caught:
        sets = new(data, confidence_level=0.995).fit(X, y)
    for kind, warning in zip(("seen", "unseen"), caught, strict=True):
        assert sets.thresholds_[kind] == 0
        rows = sets.predict_set(data.X_test)
        assert rows[:, np.isin(sets.classes_, getattr(sets, f"{kind}_classes_"))].all()
        message = str(warning.message)
        assert f"samples of {kind} classes" in message
        largest = float(message.split("at most ")[1].rstrip("."))
        n_samples = int(message.split(" ")[0])
        assert largest == np.floor(1000 * n_samples / (n_samples + 1)) / 1000
    smallest = min(float(str(w.message).split("most ")[1].rstrip(".")) for w in caught)
    # What the message advises is silent.
    assert (new(data, confidence_level=smallest).fit(X, y).thresholds_ > 0).all()


def test_few_known_samples_are_rejected_and_most_others_are(fitted, data):
    assert fitted.is_rejected(data.X_test).mean() < 0.12
    far = data.X_test + 100.0
    assert fitted.is_rejected(far).all()
    scores = fitted.decision_function(data.X_test).max(axis=1)
    np.testing.assert_array_equal(
        fitted.is_rejected(data.X_test), scores < fitted.rejection_threshold_
    )
    nobody = new(data, rejection_rate=0.0).fit(data.X_train, data.y_train)
    assert nobody.is_rejected(data.X_train).mean() < 0.02


def test_around_a_pipeline_with_folds_of_ones_own(data):
    pipeline = make_pipeline(StandardScaler(), new(data).estimator)
    clf = ConformalZeroShotClassifier(pipeline, cv=2, random_state=0)
    clf.fit(pd.DataFrame(data.X_train).add_prefix("x"), data.y_train)
    assert clf.n_hidden_classes_ > 0
    assert list(clf.unseen_classes_) == list(np.setdiff1d(clf.classes_, data.y_train))
    assert clf.feature_names_in_[0] == "x0"


def test_without_unseen_classes(data):
    clf = ConformalZeroShotClassifier(ExemplarClassifier(random_state=0))
    clf.fit(data.X_train, data.y_train)
    assert clf.n_hidden_classes_ == 0
    assert np.isnan(clf.coverage_.loc["unseen"]).all()
    seen = np.isin(data.y_test, clf.classes_)
    found, _ = coverage(clf, data.X_test[seen], data.y_test[seen])
    assert found == pytest.approx(0.9, abs=0.05)


def test_classes_that_nothing_is_known_of_are_in_every_set(data):
    seen = np.unique(data.y_train)
    inside = ExemplarClassifier(data.attributes.loc[seen], random_state=0)
    clf = ConformalZeroShotClassifier(inside, random_state=0)
    clf.fit(data.X_train, data.y_train)
    added = data.attributes.drop(index=seen)
    clf.add_classes(added)
    assert clf.predict_set(data.X_test)[:, np.isin(clf.classes_, added.index)].all()


def test_processes_change_nothing(data, fitted):
    clf = new(data, n_jobs=2).fit(data.X_train, data.y_train)
    pd.testing.assert_series_equal(clf.thresholds_, fitted.thresholds_)
    assert clf.rejection_threshold_ == fitted.rejection_threshold_


def test_what_cannot_be_used(data):
    few = np.isin(data.y_train, np.unique(data.y_train)[:3])
    with (
        pytest.warns(UserWarning, match="y holds 3 classes"),
        pytest.raises(ValueError, match="at least four classes"),
    ):
        new(data).fit(data.X_train[few], data.y_train[few])
    first = np.unique(data.y_train, return_index=True)[1]
    with (
        pytest.warns(ZeroShotWarning, match="No class of y has two samples"),
        pytest.raises(ValueError, match="two samples"),
    ):
        new(data).fit(data.X_train[first], data.y_train[first])
    for wrong in ({"confidence_level": 1.0}, {"rejection_rate": -0.1}):
        with pytest.raises(ValueError, match=next(iter(wrong))):
            new(data, **wrong).fit(data.X_train, data.y_train)
    with pytest.raises(TypeError, match="zero-shot"):
        ConformalZeroShotClassifier(LogisticRegression()).fit(
            data.X_train, data.y_train
        )


def test_quantile():
    """As many values as the share allows, by counting."""
    values = np.random.RandomState(0).permutation(20.0 * np.arange(50))
    for share in (0.0, 0.1, 0.5, 0.99):
        found = weighted_quantile(values, np.ones(50), share)
        assert (values < found).mean() <= share
        larger = values[values > found]
        assert not len(larger) or (values < larger.min()).mean() > share
    # A value of weight 3 is as good as three values.
    weights = np.random.RandomState(1).randint(1, 4, size=50)
    repeated = np.repeat(values, weights)
    for share in (0.05, 0.3):
        one = weighted_quantile(values, weights.astype(float), share)
        assert one == weighted_quantile(repeated, np.ones(len(repeated)), share)


def test_every_class_counts_the_same():
    """However many samples of it are held out."""
    scores = np.array([[3.0, 0.0]] * 9 + [[0.0, 1.0]])
    fold = HeldOutScores(np.zeros(10, dtype=int), scores, np.array([True, False]))
    classes = np.array(["a"] * 9 + ["b"])
    conformity = Conformity.of([(fold, classes)], temperature=1.0)
    assert conformity.coverage(-0.5) == pytest.approx(0.5)
    # The threshold of one class alone, met by the samples of the other.
    assert conformity.left_out(0.5) == pytest.approx(0.5)


def test_probabilities_too_small_for_a_float():
    """Sets are then as small as those that were counted on held-out samples."""
    data = make_gzsl(
        n_seen=8,
        n_unseen=3,
        n_features=12,
        n_attributes=6,
        class_sep=16,
        random_state=0,
    )
    settings = {"alpha": 0.01, "shrinkage": 0.01, "attribute_scaling": "standard"}
    clf = ExemplarClassifier(data.attributes, seen_penalty=0.0, **settings)
    sets = ConformalZeroShotClassifier(clf, random_state=0)
    sets.fit(data.X_train, data.y_train)
    assert sets.thresholds_["unseen"] == 0
    held = sets.predict_set(data.X_test)
    is_unseen = np.isin(sets.classes_, sets.unseen_classes_)
    assert not held[:, is_unseen].all(axis=1).any()


@pytest.mark.parametrize("kind", [CalibratedStackingCV, ConformalZeroShotClassifier])
def test_a_class_without_weight_is_not_hidden(kind):
    data = make_gzsl(n_seen=8, n_unseen=3, n_attributes=6, random_state=0)
    kept = data.y_train != data.seen_classes[3]
    folds = ClassHoldoutSplit(7, n_unseen=1, random_state=0)
    clf = kind(
        RidgeSemanticClassifier(data.attributes, random_state=0),
        cv=folds,
        random_state=0,
    )
    scores = [
        clf.fit(*rows).decision_function(data.X_test)
        for rows in (
            (data.X_train, data.y_train, kept.astype(float)),
            (data.X_train[kept], data.y_train[kept]),
        )
    ]
    np.testing.assert_allclose(*scores, atol=1e-10)
