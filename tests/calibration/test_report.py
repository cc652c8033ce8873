import copy

import numpy as np
import pandas as pd
import pytest
from scipy.stats import t
from sklearn.model_selection import cross_validate
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from zsl_estimators import (
    ALEClassifier,
    CalibratedStackingCV,
    ConformalZeroShotClassifier,
    ExemplarClassifier,
    held_out_report,
)
from zsl_estimators.calibration._held_out import mean_of_hidden_classes
from zsl_estimators.calibration._report import (
    interval_of_classes,
    interval_of_h,
    interval_of_samples,
)
from zsl_estimators.datasets import make_gzsl
from zsl_estimators.exceptions import ZeroShotWarning
from zsl_estimators.metrics import (
    SeenUnseenCurve,
    harmonic_mean_scorer,
    seen_accuracy_scorer,
    unseen_accuracy_scorer,
)
from zsl_estimators.model_selection import ClassHoldoutSplit


@pytest.fixture(scope="module")
def data():
    return make_gzsl(30, n_seen=24, n_unseen=6, class_sep=1.0, random_state=0)


@pytest.fixture(scope="module")
def fitted(data):
    clf = ExemplarClassifier(data.attributes, random_state=0)
    return clf.fit(data.X_train, data.y_train)


def test_report_is_read_off_the_folds(fitted):
    report = held_out_report(fitted)
    performance = fitted._held_out_performance
    penalty = fitted.seen_penalty_
    hidden = [curve.class_accuracies_at(penalty)[1] for curve in performance.curves]
    # 15 classes in three folds of five: none is hidden twice.
    assert report["n_classes"].dtype == int
    assert report.loc["U", "n_classes"] == sum(map(len, hidden)) == 15
    assert report.loc["U", "estimate"] == pytest.approx(np.concatenate(hidden).mean())
    of_folds = [curve.at(penalty)[1] for curve in performance.curves]
    assert report.loc["U", "estimate"] == pytest.approx(np.mean(of_folds))
    assert report.loc["S", "estimate"] == performance.known.at(penalty)[0]
    seen, unseen = report.loc[["S", "U"], "estimate"]
    assert report.loc["H", "estimate"] == 2 * seen * unseen / (seen + unseen)
    assert (report.low <= report.estimate).all()
    assert (report.high <= 1).all()
    assert report.loc["S", "n_classes"] == 24


def test_another_penalty_is_another_report(data, fitted):
    before = held_out_report(fitted)
    fitted.seen_penalty_, chosen = -1e9, fitted.seen_penalty_
    try:
        never = held_out_report(fitted)
    finally:
        fitted.seen_penalty_ = chosen
    assert never.loc["U", "estimate"] == 0
    assert never.loc["S", "estimate"] > before.loc["S", "estimate"]
    assert never.loc["T1", "estimate"] == before.loc["T1", "estimate"]


def test_inside_a_pipeline(data, fitted):
    clf = make_pipeline(
        StandardScaler(), ExemplarClassifier(data.attributes, random_state=0)
    ).fit(data.X_train, data.y_train)
    np.testing.assert_allclose(held_out_report(clf), held_out_report(fitted))


def test_inside_meta_estimators(data):
    """Calibrated stacking has folds of its own; prediction sets keep those inside."""
    plain = ExemplarClassifier(data.attributes, random_state=0)
    stacking = CalibratedStackingCV(plain, random_state=0)
    stacking.fit(data.X_train, data.y_train)
    performance, penalty = stacking._held_out_performance, stacking.best_penalty_
    hidden = [curve.class_accuracies_at(penalty)[1] for curve in performance.curves]
    report = held_out_report(stacking)
    assert report.loc["S", "estimate"] == performance.known.at(penalty)[0]
    assert report.loc["U", "estimate"] == pytest.approx(np.concatenate(hidden).mean())
    sets = ConformalZeroShotClassifier(plain, random_state=0)
    sets.fit(data.X_train, data.y_train)
    pd.testing.assert_frame_equal(
        held_out_report(sets), held_out_report(sets.estimator_)
    )


def test_repeated_classes_count_once():
    y, seen = np.repeat([0, 1, 2], 4), np.array([True, False, False])
    scores = np.random.RandomState(0).normal(size=(12, 3))
    curve = SeenUnseenCurve.from_scores(y, scores, seen)
    values = [np.array([0.0, 0.5]), np.array([1.0, 0.5])]
    means = mean_of_hidden_classes([curve, curve], values)
    np.testing.assert_allclose(means, [0.5, 0.5])


def test_interval_of_classes_is_the_prediction_interval():
    accuracies = np.array([0.4, 0.5, 0.6])
    mean, low, high, n = interval_of_classes(accuracies, 2, 0.9)
    width = t.ppf(0.95, 2) * 0.1 * np.sqrt(1 / 3 + 1 / 2)
    assert (mean, low, high, n) == pytest.approx((0.5, 0.5 - width, 0.5 + width, 3))
    assert interval_of_classes(accuracies[:1], 2, 0.9)[1:3] == (0.0, 1.0)


def test_intervals_hold_what_they_should():
    """Hidden classes and real ones from one population, as in the simulations that the
    formula was chosen by."""
    rng, held = np.random.RandomState(0), {"U": [], "S": [], "H": []}
    for _ in range(600):
        hidden, real = rng.beta(2, 2, size=8), rng.beta(2, 2, size=5)
        chances = rng.uniform(0.5, 0.95, size=20)
        n = np.full(20, 12)
        seen, test = rng.binomial(12, chances) / 12, rng.binomial(12, chances) / 12
        of_seen = interval_of_samples(seen, n, 0.9)
        of_unseen = interval_of_classes(hidden, 5, 0.9)
        truth = {"S": test.mean(), "U": real.mean()}
        truth["H"] = 2 * truth["S"] * truth["U"] / (truth["S"] + truth["U"])
        of_h = interval_of_h(of_seen, of_unseen)
        for name, (_, low, high, _) in zip(
            "SUH", (of_seen, of_unseen, of_h), strict=True
        ):
            held[name].append(low <= truth[name] <= high)
    for name, hits in held.items():
        assert 0.85 < np.mean(hits) < 0.96, name


def test_nothing_to_report(data):
    clf = ExemplarClassifier(data.attributes, seen_penalty=0.0)
    clf.fit(data.X_train, data.y_train)
    with pytest.raises(ValueError, match="without folds of hidden classes"):
        held_out_report(clf)


def test_nothing_to_report_on_removed_classes(fitted):
    clf = copy.copy(fitted)
    clf.remove_classes(fitted.unseen_classes_)
    with pytest.raises(ValueError, match="all unseen classes were removed"):
        held_out_report(clf)


def test_confidence(fitted):
    wide, narrow = (held_out_report(fitted, confidence=c) for c in (0.95, 0.5))
    assert (wide.high - wide.low > narrow.high - narrow.low).all()
    with pytest.raises(ValueError, match="between 0 and 1"):
        held_out_report(fitted, confidence=90)


def test_single_hidden_classes_have_real_ones_beside_them():
    data = make_gzsl(30, n_seen=6, n_unseen=2, class_sep=0.5, random_state=0)
    clf = ExemplarClassifier(data.attributes, random_state=0)
    clf.fit(data.X_train, data.y_train)
    report = held_out_report(clf)
    assert report.loc["U", "n_classes"] == 5
    assert report.loc["U", "estimate"] < report.loc["T1", "estimate"] < 1


def test_an_interval_that_says_nothing_warns():
    data = make_gzsl(30, n_seen=4, n_unseen=2, random_state=2)
    clf = ExemplarClassifier(data.attributes, random_state=0)
    clf.fit(data.X_train, data.y_train)
    with pytest.warns(
        ZeroShotWarning, match="With 4 hidden classes the interval of H is"
    ):
        held_out_report(clf)


@pytest.fixture(scope="module")
def cross_validated(data):
    scoring = {
        "H": harmonic_mean_scorer,
        "S": seen_accuracy_scorer,
        "U": unseen_accuracy_scorer,
    }
    clf = make_pipeline(
        StandardScaler(), ExemplarClassifier(data.attributes, random_state=0)
    )
    # 24 seen classes, each hidden in one of the folds.
    return cross_validate(
        clf,
        data.X_train,
        data.y_train,
        cv=ClassHoldoutSplit(4, n_unseen=6, random_state=0),
        scoring=scoring,
        return_estimator=True,
        return_indices=True,
    )


def test_cross_validated(data, cross_validated):
    report = held_out_report(cross_validated, data.X_train, data.y_train)
    assert report.loc["U", "n_classes"] == report.loc["S", "n_classes"] == 24
    # Every class is hidden once, by as many as the others: means of means are equal.
    expected = cross_validated["test_U"].mean()
    assert report.loc["U", "estimate"] == pytest.approx(expected)
    expected = cross_validated["test_S"].mean()
    assert report.loc["S", "estimate"] == pytest.approx(expected)
    assert report.loc["H"].low < cross_validated["test_H"].mean() < report.loc["H"].high
    assert report.loc["T1", "estimate"] > report.loc["U", "estimate"]


def test_labels_of_cross_validation_may_be_text(data, cross_validated):
    names = np.array([f"class {label:02d}" for label in range(30)])
    table = data.attributes.set_axis(names)
    clf = ExemplarClassifier(table, random_state=0)
    y = names[data.y_train]
    results = cross_validate(
        clf,
        data.X_train,
        y,
        cv=ClassHoldoutSplit(4, n_unseen=6, random_state=0),
        return_estimator=True,
        return_indices=True,
    )
    np.testing.assert_allclose(
        held_out_report(results, data.X_train, y),
        held_out_report(cross_validated, data.X_train, data.y_train),
    )


def test_cross_validation_without_what_is_needed(data, cross_validated):
    with pytest.raises(ValueError, match="return_indices=True"):
        held_out_report({"estimator": []}, data.X_train, data.y_train)
    with pytest.raises(ValueError, match="X and y too"):
        held_out_report(cross_validated)


def test_folds_that_disagree(data):
    clf = ALEClassifier(data.attributes, max_epochs=3, random_state=0)
    clf.fit(data.X_train, data.y_train)
    performance = clf._held_out_performance
    # As if the start had been worse in two folds and better in the third.
    of_start = [
        SeenUnseenCurve(c.gaps, c.seen_accuracy * f, c.unseen_accuracy)
        for c, f in zip(performance.curves, (0.5, 0.5, 1.1), strict=True)
    ]
    object.__setattr__(performance, "of_start", of_start)
    assert performance.n_folds_against == 1
    with pytest.warns(ZeroShotWarning, match="In 1 of 3 folds the initial estimator"):
        held_out_report(clf)
