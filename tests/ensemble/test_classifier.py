"""The ensemble: what it is made of, and what happens when something goes wrong."""

import warnings
from types import SimpleNamespace

import joblib
import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils import estimator_html_repr

from tests.common import small
from zsl_estimators import (
    ALEClassifier,
    CalibratedStackingCV,
    ExemplarClassifier,
    GaussianSemanticClassifier,
    RidgeSemanticClassifier,
    ZeroShotEnsembleClassifier,
    held_out_report,
)
from zsl_estimators import scaling as scaling_module
from zsl_estimators.datasets import make_gzsl
from zsl_estimators.ensemble import _classifier, _comparison, _seen_classifier
from zsl_estimators.ensemble._seen_classifier import LOWEST_LOG_PROBABILITY
from zsl_estimators.exceptions import ZeroShotWarning
from zsl_estimators.metrics import ausuc_score, harmonic_mean_scorer
from zsl_estimators.model_selection import ClassHoldoutSplit

PAIR = [
    ("exemplar", ExemplarClassifier(alpha=0.1, shrinkage=0.5)),
    ("ridge", RidgeSemanticClassifier(alpha=0.1)),
]


@pytest.fixture(scope="module")
def data():
    return make_gzsl(20, n_seen=12, n_unseen=4, class_sep=1.0, random_state=0)


def ensemble(data, **parameters):
    defaults = {"estimators": PAIR, "seen_classifier": None, "random_state": 0}
    return ZeroShotEnsembleClassifier(data.attributes, **{**defaults, **parameters})


@pytest.fixture(scope="module")
def fitted(data):
    clf = ensemble(data, seen_classifier=LogisticRegression(C=0.1))
    with pytest.MonkeyPatch.context() as patch:
        # Some of it, whether it helps here or not.
        patch.setattr(_seen_classifier, "WEIGHTS", (0.3,))
        return clf.fit(data.X_train, data.y_train)


class Broken(RidgeSemanticClassifier):
    def _solutions(self, problem, precomputed, settings):
        raise ArithmeticError("nothing to solve")


class BrokenInTheEnd(ExemplarClassifier):
    """Can be compared, but not fitted to all samples."""

    def _fit(self, problem, choice, random_state):
        if self._fold == "all":
            raise ArithmeticError("too late")
        super()._fit(problem, choice, random_state)


class Slow(ALEClassifier):
    """Takes ten seconds, by the clock below, whenever its net has changed."""

    seconds = 0.0

    def _net_has_changed(self):
        super()._net_has_changed()
        Slow.seconds += 10.0


# -- what it is -----------------------------------------------------------------------


def test_scores_are_the_weighted_sum(data, fitted):
    summed = sum(
        weight / spread * member.decision_function(data.X_test)
        for weight, spread, member in zip(
            fitted.weights_, fitted.spreads_, fitted.estimators_, strict=True
        )
    )
    seen = np.isin(fitted.classes_, fitted.seen_classes_)
    logarithms = fitted.seen_classifier_.predict_log_proba(data.X_test)
    summed[:, seen] += fitted.seen_classifier_weight_ * np.maximum(
        logarithms, LOWEST_LOG_PROBABILITY
    )
    expected = summed - fitted.seen_penalty_ * seen
    np.testing.assert_allclose(fitted.decision_function(data.X_test), expected)
    assert fitted.seen_classifier_weight_ == 0.3
    assert fitted.weights_.sum() == pytest.approx(1)
    assert fitted.named_estimators_.ridge is fitted.estimators_[1]


def test_members_are_those_that_a_fit_alone_would_give(data, fitted):
    """But for their penalty: their folds are those of the ensemble."""
    for (_, given), member in zip(PAIR, fitted.estimators_, strict=True):
        alone = clone(given).set_params(attributes=data.attributes, random_state=0)
        alone.fit(data.X_train, data.y_train)
        alone.seen_penalty_ = 0.0
        assert member.attribute_scaling_ == alone.attribute_scaling_
        np.testing.assert_allclose(
            member.decision_function(data.X_test), alone.decision_function(data.X_test)
        )
        # The list that was given is as it was.
        assert given.attributes is None
        assert not hasattr(given, "classes_")


def test_table_of_results(fitted):
    results = fitted.held_out_results_
    assert results.index.tolist() == ["exemplar", "ridge", "ensemble"]
    assert results.columns.tolist() == ["AUSUC", "best_H", "weight"]
    assert results.loc["ensemble", "AUSUC"] >= results.AUSUC.iloc[:2].max() - 0.02
    assert results.loc[["exemplar", "ridge"], "weight"].sum() == pytest.approx(1)
    assert (fitted.fit_times_ > 0).all()
    assert held_out_report(fitted).loc["H"].between(0, 1)[:3].all()


@pytest.mark.parametrize("scaling", ["whitened", "standard", "rms", "unit"])
def test_scores_on_the_folds_are_those_of_what_was_chosen(data, monkeypatch, scaling):
    """Models of folds have tried other candidates since."""
    others = [one for one in scaling_module.SCALINGS_TO_COMPARE if one != scaling]
    for order in ([*others, scaling], [scaling, *others]):
        monkeypatch.setattr(scaling_module, "SCALINGS_TO_COMPARE", tuple(order))
        members = [
            ("exemplar", ExemplarClassifier(random_state=0)),
            ("gaussian", GaussianSemanticClassifier(random_state=0)),
            ("ridge", RidgeSemanticClassifier(random_state=0)),
            ("ale", ALEClassifier(max_epochs=2, random_state=0)),
        ]
        clf = ensemble(data, estimators=members, weights=[1, 1, 1, 1])
        clf.fit(data.X_train, data.y_train)
        for name, member in clf.named_estimators_.items():
            found = clf.held_out_results_.AUSUC[name]
            assert found == pytest.approx(member._held_out_area, abs=2e-3), name


def test_it_is_at_least_as_good_as_its_members(data, fitted):
    def area(clf):
        return ausuc_score(
            data.y_test,
            clf.decision_function(data.X_test),
            classes=clf.classes_,
            seen_classes=clf.seen_classes_,
        )

    assert area(fitted) > max(map(area, fitted.estimators_)) - 0.02


def test_probabilities_are_calibrated(data, fitted):
    """Better than with temperatures far from the chosen one, on test samples too."""

    def loss(temperature):
        clf = fitted
        chosen, clf.temperature_ = clf.temperature_, temperature
        try:
            p = clf.predict_proba(data.X_test)
        finally:
            clf.temperature_ = chosen
        rows = np.searchsorted(clf.classes_, data.y_test)
        return -np.log(p[np.arange(len(p)), rows]).mean()

    chosen = loss(fitted.temperature_)
    assert chosen < loss(3 * fitted.temperature_)
    assert chosen < loss(fitted.temperature_ / 3)


# -- weights and the seen classifier ---------------------------------------------------


def test_given_weights(data):
    clf = ensemble(data, weights=[3, 1]).fit(data.X_train, data.y_train)
    np.testing.assert_allclose(clf.weights_, [0.75, 0.25])
    only = ensemble(data, weights=[0, 2]).fit(data.X_train, data.y_train)
    assert only.weights_.index.tolist() == ["ridge"]
    np.testing.assert_allclose(only.held_out_results_.weight, [0, 1, 1])
    same = ensemble(data, weights="uniform").fit(data.X_train, data.y_train)
    np.testing.assert_allclose(same.weights_, 0.5)


@pytest.mark.parametrize("container", [dict, pd.Series])
def test_weights_by_name(data, container):
    weights = container({"ridge": 1, "exemplar": 3})
    clf = ensemble(data, weights=weights).fit(data.X_train, data.y_train)
    assert clf.weights_.to_dict() == {"exemplar": 0.75, "ridge": 0.25}
    with pytest.raises(ValueError, match="names"):
        ensemble(data, weights=container({"ridge": 1, "svm": 3})).fit(
            data.X_train, data.y_train
        )


@pytest.mark.parametrize(
    "weights", [[1], [0, 0], [-1, 2], "best", [1, np.nan], [1, np.inf]]
)
def test_weights_that_cannot_be(data, weights):
    with pytest.raises(ValueError, match="weights"):
        ensemble(data, weights=weights).fit(data.X_train, data.y_train)


def test_the_better_seen_classifier_is_taken(data):
    usual = [DummyClassifier(), LogisticRegression(), DummyClassifier()]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_seen_classifier, "usual_classifiers", lambda *sizes: usual)
        patch.setattr(_seen_classifier, "WEIGHTS", (0.3,))
        clf = ensemble(data, seen_classifier="auto").fit(data.X_train, data.y_train)
    assert isinstance(clf.seen_classifier_, LogisticRegression)
    # Its seed comes from that of the ensemble.
    assert clf.seen_classifier_.random_state is not None


def test_seen_classifiers_of_large_tasks_stay_small(data, monkeypatch):
    """First without trees, then of a sample of rows, then none at all."""
    assert len(_seen_classifier.usual_classifiers(1_000, 10)) == 2
    assert len(_seen_classifier.usual_classifiers(100_000, 10)) == 1
    fitted_to = []

    class Counted(LogisticRegression):
        def fit(self, X, y):
            fitted_to.append(np.bincount(y))
            return super().fit(X, y)

    monkeypatch.setattr(_seen_classifier, "usual_classifiers", lambda *n: [Counted()])
    n_seen, n_features = len(np.unique(data.y_train)), data.X_train.shape[1]
    monkeypatch.setattr(
        _seen_classifier, "MOST_PRODUCTS", 6 * n_seen * n_features * n_seen
    )
    ensemble(data, seen_classifier="auto").fit(data.X_train, data.y_train)
    assert fitted_to
    assert all(counts.max() <= 6 * n_seen // (counts > 0).sum() for counts in fitted_to)
    fitted_to.clear()
    monkeypatch.setattr(
        _seen_classifier, "MOST_PRODUCTS", 4 * n_seen * n_features * n_seen
    )
    clf = ensemble(data, seen_classifier="auto").fit(data.X_train, data.y_train)
    assert clf.seen_classifier_ is None
    assert not fitted_to


def test_a_useless_seen_classifier_is_left_out(data):
    class Wrong(LogisticRegression):
        """Always means the next class."""

        def predict_proba(self, X):
            return np.roll(super().predict_proba(X), 1, axis=1)

    clf = ensemble(data, seen_classifier=Wrong()).fit(data.X_train, data.y_train)
    assert clf.seen_classifier_ is None
    assert clf.seen_classifier_weight_ == 0


def test_seen_classifier_of_some_kind_is_needed(data):
    from sklearn.svm import LinearSVC

    with pytest.raises(ValueError, match="seen_classifier"):
        ensemble(data, seen_classifier=LinearSVC()).fit(data.X_train, data.y_train)


# -- members of other kinds ------------------------------------------------------------


def test_pipelines_and_own_estimators_share_the_folds(data):
    """A pipeline that scales first is what the estimator alone is."""
    inner = ExemplarClassifier(
        data.attributes,
        alpha=0.1,
        shrinkage=0.5,
        attribute_scaling="standard",
        random_state=0,
    )
    own = clone(inner).set_params(attributes=None)
    pipeline = make_pipeline(StandardScaler(), inner)
    clf = ensemble(data, estimators=[("own", own), ("pipeline", pipeline)])
    clf.fit(data.X_train, data.y_train)
    results = clf.held_out_results_
    assert results.AUSUC["own"] == pytest.approx(results.AUSUC["pipeline"], rel=1e-6)
    np.testing.assert_allclose(clf.spreads_["own"], clf.spreads_["pipeline"], rtol=1e-6)
    # The penalty inside the pipeline is not taken twice.
    assert clf.estimators_[1][-1].seen_penalty == 0.0


def test_searches_and_stacking_as_members(data):
    search = GridSearchCV(
        RidgeSemanticClassifier(data.attributes, alpha=1.0, shrink_to="zero"),
        {"attribute_scaling": ["unit", "standard"]},
        cv=ClassHoldoutSplit(2, random_state=0),
        scoring=harmonic_mean_scorer,
    )
    clf = ensemble(data, estimators=[*PAIR, ("search", search)])
    clf.fit(data.X_train, data.y_train)
    assert clf.predict(data.X_test).shape == data.y_test.shape
    stacked = CalibratedStackingCV(clf, random_state=0, cv=2)
    assert stacked.fit(data.X_train, data.y_train).score(data.X_test, data.y_test) > 0.3


def test_member_with_another_table(data):
    other = data.attributes + np.random.RandomState(0).normal(size=(16, 1))
    estimators = [("one", ExemplarClassifier(other))]
    with pytest.raises(ValueError, match="'one' has other attributes than the ens"):
        ensemble(data, estimators=estimators).fit(data.X_train, data.y_train)
    same = [("one", ExemplarClassifier(data.attributes, alpha=0.1, shrinkage=0.5))]
    ensemble(data, estimators=same).fit(data.X_train, data.y_train)


def test_a_wrong_parameter_of_a_member_is_no_failure(data):
    """It raises, for leaving the member out would hide the mistake."""
    estimators = [*PAIR, ("wrong", RidgeSemanticClassifier(alpha=-1.0))]
    with pytest.raises(ValueError, match="alpha"):
        ensemble(data, estimators=estimators).fit(data.X_train, data.y_train)


def test_pipeline_without_some_classes(data):
    seen = data.attributes.loc[np.unique(data.y_train)]
    pipeline = make_pipeline(StandardScaler(), ExemplarClassifier(seen))
    with pytest.warns(ZeroShotWarning, match="left out.*no scores for the classes"):
        ensemble(data, estimators=[*PAIR, ("some", pipeline)]).fit(
            data.X_train, data.y_train
        )


# -- scikit-learn ----------------------------------------------------------------------


def test_an_ensemble_of_ensembles(data):
    """One of a single ensemble is that ensemble, whose scores have one spread."""
    inner = ensemble(data).set_params(attributes=None)
    clf = ensemble(data, estimators=[("inner", inner), PAIR[0]], weights=[1, 0])
    clf.fit(data.X_train, data.y_train)
    (fitted,) = clf.estimators_
    assert clf.held_out_results_.AUSUC["inner"] == pytest.approx(fitted._held_out_area)
    assert clf.seen_penalty_ != 0
    assert set(clf.predict(data.X_test)) & set(clf.unseen_classes_)


def test_weights_of_what_is_left(data):
    """All of the weight is on an estimator that failed."""
    estimators = [("bad", Broken()), PAIR[0]]
    with (
        pytest.warns(ZeroShotWarning, match="'bad' failed"),
        pytest.raises(ValueError, match="only exemplar could be fitted"),
    ):
        ensemble(data, estimators=estimators, weights=[1, 0]).fit(
            data.X_train, data.y_train
        )


def test_parameters_of_members(data):
    clf = ensemble(data)
    assert clf.get_params()["ridge__alpha"] == 0.1
    clf = clone(clf).set_params(ridge__alpha=5.0, exemplar="drop")
    clf.fit(data.X_train, data.y_train)
    assert clf.weights_.index.tolist() == ["ridge"]
    assert clf.estimators_[0].alpha_ == 5.0
    assert ZeroShotEnsembleClassifier().get_params()["estimators"] == "auto"


def test_searched(data):
    search = GridSearchCV(
        ensemble(data),
        {"weights": ["greedy", [1, 0]], "ridge__alpha": [0.1, 10.0]},
        cv=ClassHoldoutSplit(2, random_state=0),
        scoring=harmonic_mean_scorer,
    ).fit(data.X_train, data.y_train)
    assert set(search.best_params_) == {"weights", "ridge__alpha"}


def test_html_shows_the_members(data, fitted):
    page = estimator_html_repr(fitted)
    assert "sk-parallel" in page
    assert "exemplar" in page
    assert "RidgeSemanticClassifier" in page
    usual = estimator_html_repr(ZeroShotEnsembleClassifier())
    assert "RevCDClassifier" in usual


def test_names_of_columns(data):
    X = pd.DataFrame(data.X_train).add_prefix("f")
    clf = ensemble(data).fit(X, data.y_train)
    assert clf.feature_names_in_.tolist() == X.columns.tolist()
    np.testing.assert_array_equal(
        clf.predict(pd.DataFrame(data.X_test).add_prefix("f")),
        ensemble(data).fit(data.X_train, data.y_train).predict(data.X_test),
    )


@pytest.mark.parametrize(
    ("estimators", "message"),
    [
        ([], "not empty"),
        ([ExemplarClassifier()], "tuples"),
        ([("a", ExemplarClassifier()), ("a", ExemplarClassifier())], "not unique"),
        ([("a", "drop")], "dropped"),
        ([("a", StandardScaler())], "no classifier"),
        ([("weights", ExemplarClassifier())], "conflict"),
        ([("ensemble", ExemplarClassifier())], "name 'ensemble'"),
        ("all", "estimators"),
    ],
)
def test_lists_that_cannot_be(data, estimators, message):
    with pytest.raises(ValueError, match=message):
        ensemble(data, estimators=estimators).fit(data.X_train, data.y_train)


def test_an_ordinary_classifier_is_no_member(data):
    ordinary = [("lr", make_pipeline(StandardScaler(), LogisticRegression()))]
    with (
        pytest.warns(ZeroShotWarning, match="'lr' failed"),
        pytest.raises(TypeError, match="holds no fitted zero-shot classifier"),
    ):
        ensemble(data, estimators=ordinary).fit(data.X_train, data.y_train)


# -- when something goes wrong ---------------------------------------------------------


def test_a_member_that_fails_is_left_out(data):
    with pytest.warns(ZeroShotWarning, match="'bad' failed.*ArithmeticError: nothing"):
        clf = ensemble(data, estimators=[("bad", Broken()), *PAIR]).fit(
            data.X_train, data.y_train
        )
    assert "bad" not in clf.held_out_results_.index
    with (
        pytest.warns(ZeroShotWarning, match="'bad' failed"),
        pytest.raises(ArithmeticError, match="nothing to solve"),
    ):
        ensemble(data, estimators=[("bad", Broken())]).fit(data.X_train, data.y_train)


def test_time_limit_gives_up_what_is_being_fitted(data, monkeypatch):
    clock = SimpleNamespace(perf_counter=lambda: Slow.seconds)
    monkeypatch.setattr(_comparison, "time", clock)
    monkeypatch.setattr(Slow, "seconds", 0.0)
    estimators = [*PAIR, ("slow", Slow(max_epochs=40)), ("later", PAIR[0][1])]
    clf = ensemble(data, estimators=estimators, time_limit=25.0).fit(
        data.X_train, data.y_train
    )
    # All epochs of all folds would take many times as long.
    assert 25.0 < Slow.seconds < 100.0
    assert clf.weights_.index.tolist() == ["exemplar", "ridge"]
    assert not {"slow", "later"} & set(clf.held_out_results_.index)


def test_time_limit_without_folds(data, monkeypatch):
    """There is nothing to compare, and the fits themselves are given up."""
    clock = SimpleNamespace(perf_counter=lambda: Slow.seconds)
    monkeypatch.setattr(_comparison, "time", clock)
    monkeypatch.setattr(Slow, "seconds", 0.0)
    estimators = [*PAIR, ("slow", Slow(max_epochs=3)), ("later", PAIR[0][1])]
    clf = ensemble(data, estimators=estimators, time_limit=5.0)
    clf.set_params(attributes=None).fit(data.X_train, data.y_train)
    assert clf.weights_.to_dict() == {"exemplar": 0.5, "ridge": 0.5}


def test_failures_without_folds(data):
    clf = ensemble(data, estimators=[("bad", Broken()), PAIR[0]])
    with pytest.warns(ZeroShotWarning, match="'bad' failed") as caught:
        clf.set_params(attributes=None).fit(data.X_train, data.y_train)
    assert caught[0].filename == __file__
    assert clf.weights_.index.tolist() == ["exemplar"]


@pytest.mark.parametrize("n_jobs", [None, 2])
def test_a_member_whose_last_fit_fails_is_left_out(data, n_jobs):
    """The others are what they are without it."""
    bad = ("bad", BrokenInTheEnd(alpha=0.1, shrinkage=0.5))
    with pytest.warns(
        ZeroShotWarning, match="'bad' failed.*ArithmeticError: too late"
    ) as caught:
        clf = ensemble(data, estimators=[*PAIR, bad], n_jobs=n_jobs).fit(
            data.X_train, data.y_train
        )
    assert caught[0].filename == __file__
    without = ensemble(data).fit(data.X_train, data.y_train)
    pd.testing.assert_series_equal(clf.weights_, without.weights_)
    pd.testing.assert_frame_equal(clf.held_out_results_, without.held_out_results_)
    assert clf.seen_penalty_ == without.seen_penalty_
    np.testing.assert_array_equal(
        clf.predict(data.X_test), without.predict(data.X_test)
    )
    only = ensemble(data, estimators=[bad])
    with (
        pytest.warns(ZeroShotWarning, match="'bad' failed"),
        pytest.raises(ArithmeticError, match="too late"),
    ):
        only.fit(data.X_train, data.y_train)
    weighed = ensemble(data, estimators=[PAIR[0], bad], weights=[0, 1])
    with (
        pytest.warns(ZeroShotWarning, match="'bad' failed"),
        pytest.raises(ValueError, match="only exemplar could be fitted, in time"),
    ):
        weighed.fit(data.X_train, data.y_train)


def test_a_seen_classifier_that_fails_is_left_out(data):
    class Failing(LogisticRegression):
        def fit(self, X, y):
            raise ArithmeticError("no line")

    clf = ensemble(data, seen_classifier=Failing())
    with pytest.warns(
        ZeroShotWarning, match="seen_classifier failed.*no line"
    ) as caught:
        clf.fit(data.X_train, data.y_train)
    assert caught[0].filename == __file__
    assert clf.seen_classifier_ is None


def test_the_first_estimator_is_fitted_in_any_case(data):
    clf = ensemble(data, time_limit=1e-9).fit(data.X_train, data.y_train)
    assert clf.weights_.index.tolist() == ["exemplar"]
    with pytest.raises(ValueError, match="time_limit"):
        ensemble(data, time_limit=0).fit(data.X_train, data.y_train)


def test_an_interrupt_keeps_what_is_finished(data):
    class Interrupted(RidgeSemanticClassifier):
        def _solutions(self, problem, precomputed, settings):
            raise KeyboardInterrupt

    stops = ("stops", Interrupted())
    with pytest.warns(ZeroShotWarning, match="Interrupted: the ensemble consists of e"):
        clf = ensemble(data, estimators=[PAIR[0], stops, PAIR[1]]).fit(
            data.X_train, data.y_train
        )
    assert clf.weights_.index.tolist() == ["exemplar"]
    with pytest.raises(KeyboardInterrupt):
        ensemble(data, estimators=[stops]).fit(data.X_train, data.y_train)


@pytest.mark.parametrize("backend", ["loky", "threading"])
def test_side_by_side_is_the_same(data, backend):
    """Also beside a pipeline, which is of another kind, and a seen classifier."""
    pipeline = make_pipeline(StandardScaler(), clone(PAIR[1][1]))
    pipeline[-1].set_params(attributes=data.attributes)
    estimators = [*PAIR, ("ale", small(ALEClassifier)), ("pipeline", pipeline)]
    fits = []
    for n_jobs in (None, 2):
        clf = ensemble(
            data, estimators=estimators, seen_classifier=GaussianNB(), n_jobs=n_jobs
        )
        with joblib.parallel_config(backend=backend):
            fits.append(clf.fit(data.X_train, data.y_train))
    alone, side_by_side = fits
    pd.testing.assert_frame_equal(
        alone.held_out_results_, side_by_side.held_out_results_
    )
    np.testing.assert_array_equal(
        alone.decision_function(data.X_test),
        side_by_side.decision_function(data.X_test),
    )
    assert alone.fit_times_.index.tolist() == side_by_side.fit_times_.index.tolist()


def test_time_limit_side_by_side(data):
    """The first one is fitted, whatever has been begun beside it."""
    clf = ensemble(data, time_limit=1e-9, n_jobs=2).fit(data.X_train, data.y_train)
    assert clf.weights_.index.tolist() == ["exemplar"]


def test_members_without_weight_are_not_fitted(data, monkeypatch):
    fits = []
    original = _classifier.new_member

    def watched(name, estimator, task):
        member = original(name, estimator, task)
        fit = member.fit
        member.fit = lambda seed: fits.append(name) or fit(seed)
        return member

    monkeypatch.setattr(_classifier, "new_member", watched)
    ensemble(data, weights=[0, 1]).fit(data.X_train, data.y_train)
    assert fits == ["ridge"]


def test_added_classes_reach_all_members(data):
    label = np.setdiff1d(data.attributes.index, data.y_train)[0]
    known, new = data.attributes.drop(index=label), data.attributes.loc[[label]]
    estimators = [
        *PAIR,
        ("pipeline", make_pipeline(StandardScaler(), clone(PAIR[0][1]))),
    ]
    estimators[2][1].set_params(exemplarclassifier__attributes=known)
    clf = ensemble(data, estimators=estimators).set_params(attributes=known)
    clf.fit(data.X_train, data.y_train)
    before, members = clf.decision_function(data.X_test), clf.estimators_
    clf.add_classes(new)
    column = np.flatnonzero(clf.classes_ == label)
    after = clf.decision_function(data.X_test)
    np.testing.assert_allclose(np.delete(after, column, axis=1), before)
    assert (clf.predict(data.X_test) == label).any()
    # The former members are as they were, should something have failed.
    assert all(len(member.classes_) == len(known) for member in members)


def test_rows_of_unseen_classes_reach_all_members(data):
    pipeline = make_pipeline(StandardScaler(), clone(PAIR[0][1]))
    pipeline[1].set_params(attributes=data.attributes)
    clf = ensemble(data, estimators=[*PAIR, ("pipeline", pipeline)])
    clf.fit(data.X_train, data.y_train)
    before, members = clf.decision_function(data.X_test), clf.estimators_
    label = clf.unseen_classes_[0]
    X = data.X_test[data.y_test == label][:4]
    clf.add_classes(X=X, y=[label] * 4)
    after = clf.decision_function(data.X_test)
    changed = (after != before).any(axis=0)
    assert clf.classes_[changed].tolist() == [label]
    for former, member in zip(members, clf.estimators_, strict=True):
        differ = former.decision_function(X) != member.decision_function(X)
        assert clf.classes_[differ.any(axis=0)].tolist() == [label]
    shares = clf._shares_of_penalty[~np.isin(clf.classes_, clf.seen_classes_)]
    assert 0 < shares[0] < 1
    assert not shares[1:].any()


def test_without_unseen_classes_all_count_the_same(data):
    clf = ensemble(data).set_params(attributes=None)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        clf.fit(data.X_train, data.y_train)
    np.testing.assert_allclose(clf.weights_, 0.5)
    assert clf.held_out_results_ is None
    assert (clf.spreads_ > 0).all()
