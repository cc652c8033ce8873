import copy
import pickle
from types import SimpleNamespace

import joblib
import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, StratifiedKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

from tests.common import refuses_the_folds_of_a_check
from zsl_estimators import (
    CalibratedStackingCV,
    ExemplarClassifier,
    RidgeSemanticClassifier,
)
from zsl_estimators.calibration import _stacking, held_out_split
from zsl_estimators.datasets import make_gzsl
from zsl_estimators.metrics import harmonic_mean_score, harmonic_mean_scorer
from zsl_estimators.model_selection import ClassHoldoutSplit
from zsl_estimators.seeds import LARGEST_SEED


def ridge(task, **parameters):
    settings = {"alpha": 0.1, "shrink_to": "zero", "attribute_scaling": "whitened"}
    return RidgeSemanticClassifier(task.attributes, **settings, **parameters)


class NearestDescription(ClassifierMixin, BaseEstimator):
    """An estimator of somebody else: it knows nothing of penalties or tables."""

    def __init__(self, descriptions):
        self.descriptions = descriptions

    def fit(self, X, y):
        self.seen_classes_ = np.unique(y)
        self.classes_ = np.arange(len(self.descriptions))
        targets = self.descriptions[y]
        self.coef_ = np.linalg.lstsq(X, targets, rcond=None)[0]
        return self

    def decision_function(self, X):
        distances = (X @ self.coef_)[:, None] - self.descriptions
        return -np.square(distances).sum(axis=2)

    def predict(self, X):
        return self.decision_function(X).argmax(axis=1)


@parametrize_with_checks(
    [CalibratedStackingCV(RidgeSemanticClassifier())],
    expected_failed_checks=refuses_the_folds_of_a_check,
    xfail_strict=True,
)
def test_scikit_learn(estimator, check):
    check(estimator)


@pytest.mark.parametrize("cls", [RidgeSemanticClassifier, ExemplarClassifier])
def test_same_penalty_as_built_in(task, cls, monkeypatch):
    """With folds of the same seed; nothing else is chosen on the folds."""
    # An estimator sorts classes by their descriptions before it hides some.
    order = np.lexsort(task.attributes.to_numpy().T[::-1])
    table = task.attributes.iloc[order].reset_index(drop=True)
    y = np.argsort(order)[task.y_train]
    clf = cls(table, alpha=0.1, shrink_to="zero", random_state=3)
    clf.set_params(attribute_scaling="standard")
    if cls is ExemplarClassifier:
        clf.set_params(shrinkage=0.5)
    fold_seed = np.random.RandomState(3).randint(LARGEST_SEED, size=2)[0]
    split = held_out_split(8, 3, fold_seed)
    same = SimpleNamespace(randint=lambda *_: fold_seed)
    monkeypatch.setattr(_stacking, "private_random_state", lambda _: same)
    stacking = CalibratedStackingCV(clf, cv=split).fit(task.X_train, y)
    clf.fit(task.X_train, y)
    assert clf.seen_penalty_ > 0
    assert stacking.best_penalty_ == pytest.approx(clf.seen_penalty_)
    np.testing.assert_array_equal(
        stacking.predict(task.X_test), clf.predict(task.X_test)
    )


def test_works_on_an_estimator_of_somebody_else():
    task = make_gzsl(30, random_state=2)
    clf = NearestDescription(task.attributes.to_numpy())
    stacking = CalibratedStackingCV(clf, random_state=0)
    stacking.fit(task.X_train, task.y_train)
    plain = clone(clf).fit(task.X_train, task.y_train)
    h = [
        harmonic_mean_score(
            task.y_test, model.predict(task.X_test), seen_classes=model.seen_classes_
        )
        for model in (plain, stacking)
    ]
    assert h[1] > h[0]
    assert not hasattr(stacking, "add_classes")
    assert not hasattr(stacking, "remove_classes")
    assert set(stacking.unseen_classes_) == set(task.unseen_classes)


def test_inside_and_around_a_pipeline(task):
    X, y = task.X_train, task.y_train
    around = CalibratedStackingCV(
        make_pipeline(StandardScaler(), ridge(task)), random_state=0
    ).fit(X, y)
    inside = make_pipeline(
        StandardScaler(), CalibratedStackingCV(ridge(task), random_state=0)
    ).fit(X, y)
    # The ridge scales by itself, so that a scaler in front changes next to nothing.
    assert around.best_penalty_ == pytest.approx(inside[-1].best_penalty_, rel=0.05)
    assert around.n_features_in_ == X.shape[1]
    assert harmonic_mean_scorer(inside, task.X_test, task.y_test) > 0.3


def test_own_penalty_is_replaced(task):
    X, y = task.X_train, task.y_train
    fitted = [
        CalibratedStackingCV(ridge(task, seen_penalty=own), random_state=0).fit(X, y)
        for own in (0.0, 5.0, "auto")
    ]
    assert len({stacking.best_penalty_ for stacking in fitted}) == 1
    assert all(stacking.estimator_.seen_penalty_ == 0 for stacking in fitted)


def test_curves_hold_the_best_penalty(task):
    stacking = CalibratedStackingCV(ridge(task), cv=3, random_state=0)
    stacking.fit(task.X_train, task.y_train)
    curves = pd.DataFrame(stacking.cv_results_)
    assert list(curves.fold.unique()) == [0, 1, 2]
    inner = curves.penalty[np.isfinite(curves.penalty)]
    assert inner.min() < stacking.best_penalty_ < inner.max()
    assert 0 < stacking.best_score_ <= 1
    for _, curve in curves.groupby("fold"):
        assert curve.AUSUC.iloc[0] == pytest.approx(np.trapezoid(curve.S, curve.U))
        assert (curve.S.diff().dropna() <= 1e-12).all()


def test_criteria_and_prefit(task):
    X, y = task.X_train, task.y_train
    train, held_out = next(ClassHoldoutSplit(1, random_state=1).split(X, y))
    clf = ridge(task, seen_penalty=0.0).fit(X[train], y[train])
    for criterion in ("harmonic_mean", "ausuc"):
        stacking = CalibratedStackingCV(clf, cv="prefit", criterion=criterion)
        stacking.fit(X[held_out], y[held_out])
        curve = stacking.cv_results_
        values = curve["H"] if criterion == "harmonic_mean" else curve["S"] * curve["U"]
        best = values[1:-1].max()
        assert 0.95 * best <= stacking.best_score_ <= best + 1e-12


def test_jobs_change_nothing(task):
    X, y = task.X_train, task.y_train
    fits = [
        CalibratedStackingCV(ridge(task), cv=2, random_state=0, n_jobs=n).fit(X, y)
        for n in (None, 2)
    ]
    assert fits[0].best_penalty_ == fits[1].best_penalty_
    for name, column in fits[0].cv_results_.items():
        np.testing.assert_array_equal(column, fits[1].cv_results_[name])


def test_names_frames_pickle_and_added_classes(task):
    names = np.array([f"class {c:02d}" for c in range(11)])
    S = task.attributes.set_axis(names)
    X = pd.DataFrame(task.X_train).add_prefix("x")
    stacking = CalibratedStackingCV(
        RidgeSemanticClassifier(S, alpha=0.1), random_state=0
    ).fit(X, pd.Series(names[task.y_train]))
    assert list(stacking.feature_names_in_) == list(X.columns)
    copy = pickle.loads(pickle.dumps(stacking))
    new = pd.DataFrame(S.iloc[:1].to_numpy() + 9, ["new"], S.columns)
    before = copy.decision_function(X)
    copy.add_classes(new)
    assert "new" in copy.classes_
    np.testing.assert_allclose(copy.decision_function(X)[:, :-1], before)
    np.testing.assert_allclose(copy.predict_proba(X).sum(axis=1), 1)
    assert "new" not in stacking.classes_


def test_nothing_to_fit():
    X, y = np.random.RandomState(0).normal(size=(40, 3)), np.arange(40) % 4
    stacking = CalibratedStackingCV(RidgeSemanticClassifier(random_state=0)).fit(X, y)
    assert stacking.best_penalty_ == 0
    assert stacking.best_score_ is None
    assert stacking.cv_results_ is None


def test_parameters_are_searched_through_it(task):
    search = GridSearchCV(
        CalibratedStackingCV(ridge(task), cv=2, random_state=0),
        {"estimator__alpha": [1e-3, 10.0]},
        cv=ClassHoldoutSplit(2, random_state=0),
        scoring=harmonic_mean_scorer,
        error_score="raise",
    ).fit(task.X_train, task.y_train)
    assert search.best_estimator_.best_penalty_ > 0


def test_progress_is_shown_on_request(task, capfd):
    stacking = CalibratedStackingCV(ridge(task), cv=2, random_state=0, verbose=1)
    stacking.fit(task.X_train, task.y_train)
    assert "2/2" in capfd.readouterr().err


def test_prefit_leaves_the_estimator_alone(task):
    clf = ridge(task).fit(task.X_train, task.y_train)
    stacking = CalibratedStackingCV(clf, cv="prefit").fit(task.X_test, task.y_test)
    stacking.add_classes(task.attributes.iloc[:1].to_numpy() + 9, [11])
    assert len(clf.classes_) == 11
    assert len(stacking.classes_) == 12


def test_folds_may_be_masks(task):
    [(train, test)] = ClassHoldoutSplit(1, n_unseen=2, random_state=0).split(
        task.X_train, task.y_train
    )
    masks = [np.isin(np.arange(len(task.y_train)), rows) for rows in (train, test)]
    penalties = [
        CalibratedStackingCV(ridge(task), cv=[fold], random_state=0)
        .fit(task.X_train, task.y_train, sample_weight=np.ones(len(task.y_train)))
        .best_penalty_
        for fold in ((train, test), masks)
    ]
    assert penalties[0] == penalties[1]


def test_copies_stay_what_they_were(task):
    stacking = CalibratedStackingCV(ridge(task), cv=2, random_state=0)
    stacking.fit(task.X_train, task.y_train)
    before, copied = stacking.decision_function(task.X_test), copy.copy(stacking)
    copied.add_classes(task.attributes.iloc[:1].to_numpy() + 9, [11])
    copied.remove_classes(task.unseen_classes[:1])
    np.testing.assert_array_equal(stacking.decision_function(task.X_test), before)
    assert len(copied.classes_) == len(stacking.classes_) == 11


def test_rows_of_unseen_classes_reach_the_classifier_inside(task):
    scaled = make_pipeline(StandardScaler(), ridge(task))
    stacking = CalibratedStackingCV(scaled, cv=2, random_state=0)
    stacking.fit(task.X_train, task.y_train)
    inside = pickle.loads(pickle.dumps(stacking.estimator_))
    label = stacking.unseen_classes_[0]
    X = task.X_test[task.y_test == label][:3]
    stacking.add_classes(X=X, y=[label] * 3)
    inside[-1].add_classes(X=inside[0].transform(X), y=[label] * 3)
    column = np.flatnonzero(stacking.classes_ == label)[0]
    difference = stacking.decision_function(task.X_test) - inside.decision_function(
        task.X_test
    )
    # The class pays a share of the penalty that is fitted here, the others all or none.
    share = -difference / stacking.best_penalty_
    seen = np.isin(stacking.classes_, stacking.seen_classes_)
    np.testing.assert_allclose(share[:, seen], 1)
    known = inside[-1]._labelled_rows.scores.prior.shares_known(np.array([3]))
    np.testing.assert_allclose(share[:, column], known[0])
    assert 0 < known[0] < 1
    assert label in stacking.unseen_classes_


def test_removed_classes_are_gone(task):
    stacking = CalibratedStackingCV(ridge(task), cv=2, random_state=0)
    stacking.fit(task.X_train, task.y_train)
    before = stacking.decision_function(task.X_test)
    assert stacking.remove_classes(stacking.classes_[:2]) is stacking
    after = stacking.decision_function(task.X_test)
    np.testing.assert_array_equal(after, before[:, 2:])


def test_prefit_has_to_be_fitted(task):
    with pytest.raises(NotFittedError):
        CalibratedStackingCV(ridge(task), cv="prefit").fit(task.X_test, task.y_test)


def test_frozen_inside(task):
    """Its folds hide nothing from it, but it is no error to ask."""
    frozen = FrozenEstimator(ridge(task).fit(task.X_train, task.y_train))
    stacking = CalibratedStackingCV(frozen, cv="prefit")
    assert stacking.fit(task.X_test, task.y_test).best_penalty_ != 0
    with pytest.raises(ValueError, match="trained anew in every fold"):
        CalibratedStackingCV(frozen, cv=2).fit(task.X_train, task.y_train)


def test_a_generator_of_folds_is_used_up(task):
    folds = ClassHoldoutSplit(2, random_state=0).split(task.X_train, task.y_train)
    stacking = CalibratedStackingCV(ridge(task), cv=folds)
    penalty = stacking.fit(task.X_train, task.y_train).best_penalty_
    with pytest.raises(ValueError, match="used up"):
        stacking.fit(task.X_train, task.y_train)
    assert stacking.best_penalty_ == penalty


def test_folds_without_hidden_classes_are_refused_before_the_first_fit(task):
    class NeverFitted(RidgeSemanticClassifier):
        def fit(self, X, y):
            raise AssertionError("fitted")

    stacking = CalibratedStackingCV(NeverFitted(task.attributes), cv=StratifiedKFold(2))
    with pytest.raises(ValueError, match="no sample of unseen classes"):
        stacking.fit(task.X_train, task.y_train)


def test_names_are_those_of_the_last_fit(task):
    stacking = CalibratedStackingCV(ridge(task), cv=np.int64(2), random_state=0)
    stacking.fit(pd.DataFrame(task.X_train).add_prefix("x"), task.y_train)
    assert stacking.feature_names_in_[0] == "x0"
    stacking.fit(task.X_train, task.y_train)
    assert not hasattr(stacking, "feature_names_in_")


def test_infinite_penalties_are_refused(task):
    stacking = CalibratedStackingCV(ridge(task), random_state=0)
    stacking.fit(task.X_train, task.y_train).best_penalty_ = np.inf
    with pytest.raises(ValueError, match="finite"):
        stacking.predict(task.X_test)
    stacking.best_penalty_ = 1e6
    assert set(stacking.predict(task.X_test)) <= set(stacking.unseen_classes_)


def test_multiprocessing_backend(task):
    fit = CalibratedStackingCV(ridge(task), cv=2, random_state=0).fit
    penalty = fit(task.X_train, task.y_train).best_penalty_
    with joblib.parallel_config(backend="multiprocessing", n_jobs=2):
        assert fit(task.X_train, task.y_train).best_penalty_ == penalty


@pytest.mark.parametrize(
    ("estimator", "parameters", "error", "message"),
    [
        (None, {"cv": "Prefit"}, ValueError, "prefit"),
        (None, {"cv": []}, ValueError, "no folds"),
        (None, {"criterion": "accuracy"}, ValueError, "criterion"),
        (None, {"cv": StratifiedKFold(2)}, ValueError, "ClassHoldoutSplit"),
        (LogisticRegression(max_iter=5000), {}, TypeError, "seen_classes_"),
        (StandardScaler(), {}, ValueError, "decision_function"),
    ],
)
def test_mistakes_are_explained(task, estimator, parameters, error, message):
    stacking = CalibratedStackingCV(estimator or ridge(task), **parameters)
    with pytest.raises(error, match=message):
        stacking.fit(task.X_train, task.y_train)
