import pickle

import numpy as np
import pandas as pd
import pytest
import sklearn
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import check_scoring
from sklearn.model_selection import GridSearchCV, StratifiedKFold, cross_validate
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from zsl_estimators import ExemplarClassifier, NearestDescriptionClassifier
from zsl_estimators.candidates import find_zero_shot_classifier, rows_per_block
from zsl_estimators.datasets import make_gzsl
from zsl_estimators.metrics import (
    GZSLScorer,
    gzsl_report,
    gzsl_scorer,
    harmonic_mean_scorer,
    per_class_accuracy_score,
)
from zsl_estimators.metrics._scorers import METRICS
from zsl_estimators.model_selection import ClassHoldoutSplit


@pytest.fixture(scope="module")
def data():
    return make_gzsl(20, n_seen=8, n_unseen=4, random_state=0)


@pytest.fixture(scope="module")
def fitted(data):
    clf = ExemplarClassifier(data.attributes, random_state=0)
    return clf.fit(data.X_train, data.y_train)


def test_equals_the_report(data, fitted):
    report = gzsl_report(
        data.y_test,
        fitted.predict(data.X_test),
        seen_classes=data.seen_classes,
        y_score=fitted.decision_function(data.X_test),
        classes=fitted.classes_,
    ).iloc[0]
    all_figures = gzsl_scorer(fitted, data.X_test, data.y_test)
    assert all_figures == pytest.approx(report.to_dict())
    for metric in METRICS:
        score = GZSLScorer(metric)(fitted, data.X_test, data.y_test)
        assert score == pytest.approx(report[metric])


@pytest.mark.parametrize("candidates", ["fold", "all", "unseen"])
def test_blocks_of_rows_do_not_change_figures(data, fitted, candidates):
    if candidates == "unseen":
        candidates = data.unseen_classes
    of_unseen = np.isin(data.y_test, data.unseen_classes)
    rows = of_unseen if not isinstance(candidates, str) else slice(None)
    scorer = GZSLScorer(None, candidates=candidates, replace_undefined_by=np.nan)
    X, y = data.X_test[rows], data.y_test[rows]
    whole = scorer(fitted, X, y)
    with sklearn.config_context(working_memory=0.001):
        assert rows_per_block(len(fitted.classes_)) < len(X) / 7
        blocks = scorer(fitted, X, y)
    assert blocks == pytest.approx(whole, nan_ok=True)


def test_rows_are_scored_some_at_a_time(data):
    scored = []

    class Recorded(ExemplarClassifier):
        def decision_function(self, X):
            scored.append(len(X))
            return super().decision_function(X)

    clf = Recorded(data.attributes).fit(data.X_train, data.y_train)
    scored.clear()
    with sklearn.config_context(working_memory=0.001):
        n_rows = rows_per_block(len(clf.classes_))
        harmonic_mean_scorer(clf, data.X_test, data.y_test)
    assert sum(scored) == len(data.X_test)
    assert max(scored) == n_rows < len(data.X_test) / 10


def test_reaches_through_pipelines_and_searches(data, fitted):
    pipeline = make_pipeline(StandardScaler(), ExemplarClassifier(data.attributes))
    search = GridSearchCV(
        pipeline,
        {"exemplarclassifier__alpha": [0.1]},
        cv=ClassHoldoutSplit(2, random_state=0),
        scoring=gzsl_scorer,
        refit="H",
        error_score="raise",
    ).fit(data.X_train, data.y_train)
    assert find_zero_shot_classifier(search) is search.best_estimator_[-1]
    assert {f"mean_test_{metric}" for metric in METRICS} <= set(search.cv_results_)
    outer = make_pipeline(StandardScaler(), search).fit(data.X_train, data.y_train)
    assert 0 < harmonic_mean_scorer(outer, data.X_test, data.y_test) <= 1


def test_fold_candidates_leave_out_classes_that_cannot_occur(data, fitted):
    """Without the rows of one unseen class, "fold" does not let it be predicted."""
    away = data.unseen_classes[0]
    kept = data.y_test != away
    X, y = data.X_test[kept], data.y_test[kept]
    fold = GZSLScorer("U", candidates="fold")(fitted, X, y)
    every = GZSLScorer("U", candidates="all")(fitted, X, y)
    columns = np.flatnonzero(fitted.classes_ != away)
    best = columns[fitted.decision_function(X)[:, columns].argmax(axis=1)]
    expected = gzsl_report(y, fitted.classes_[best], seen_classes=data.seen_classes)
    assert fold == pytest.approx(expected["U"].item())
    assert fold >= every


def test_two_classes(data):
    table = data.attributes.loc[[data.seen_classes[0], data.unseen_classes[0]]]
    train = data.y_train == table.index[0]
    test = np.isin(data.y_test, table.index)
    clf = ExemplarClassifier(table, seen_penalty=0.0, random_state=0)
    clf.fit(data.X_train[train], data.y_train[train])
    assert 0 <= harmonic_mean_scorer(clf, data.X_test[test], data.y_test[test]) <= 1


def test_a_fold_without_unseen_classes_names_the_splitter(data):
    clf = ExemplarClassifier(data.attributes)
    with pytest.raises(ValueError, match="ClassHoldoutSplit"):
        cross_validate(
            clf,
            data.X_train,
            data.y_train,
            cv=StratifiedKFold(2),
            scoring=harmonic_mean_scorer,
            error_score="raise",
        )


@pytest.mark.parametrize(
    ("metric", "rows", "expected"),
    [
        ("H", "train", None),
        ("AUSUC", "train", None),
        ("U", "train", None),
        ("S", "train", "defined"),
        ("T1", "unseen", "defined"),
        ("S", "unseen", None),
    ],
)
def test_undefined_figures_can_be_replaced(data, fitted, metric, rows, expected):
    X, y = data.X_train, data.y_train
    if rows == "unseen":
        of = np.isin(data.y_test, data.unseen_classes)
        X, y = data.X_test[of], data.y_test[of]
    score = GZSLScorer(metric, replace_undefined_by=-1.0)(fitted, X, y)
    report = GZSLScorer(None, replace_undefined_by=-1.0)(fitted, X, y)
    assert report[metric] == score
    if expected is None:
        assert score == -1
        with pytest.raises(ValueError, match=r"not defined.*replace_undefined_by"):
            GZSLScorer(metric)(fitted, X, y)
    else:
        assert score == GZSLScorer(metric)(fitted, X, y) > 0


def test_other_classifiers_are_refused(data):
    clf = LogisticRegression().fit(data.X_train, data.y_train)
    with pytest.raises(TypeError, match="seen_classes_"):
        harmonic_mean_scorer(clf, data.X_test, data.y_test)


def test_candidates_may_be_labels():
    """T1 is U where only the unseen classes may be predicted."""
    data = make_gzsl(20, n_seen=8, n_unseen=4, class_sep=0.7, random_state=0)
    fitted = ExemplarClassifier(data.attributes, seen_penalty=0.0, random_state=0)
    fitted.fit(data.X_train, data.y_train)
    unseen = fitted.unseen_classes_
    rows = np.isin(data.y_test, unseen)
    X, y = data.X_test[rows], data.y_test[rows]
    among = GZSLScorer("U", candidates=unseen[::-1])(fitted, X, y)
    predicted = fitted.predict(X, classes=unseen)
    assert among == pytest.approx(per_class_accuracy_score(y, predicted))
    assert among > GZSLScorer("U", candidates="all")(fitted, X, y)
    assert among == GZSLScorer("T1", candidates=unseen)(fitted, X, y)
    assert among == pytest.approx(GZSLScorer("T1", candidates="all")(fitted, X, y))
    with pytest.raises(ValueError, match=r"candidates holds \[99\]"):
        GZSLScorer("U", candidates=[*unseen, 99])(fitted, X, y)


@pytest.mark.parametrize(
    "arguments",
    [{"metric": "F1"}, {"candidates": "some"}, {"candidates": []}, {"candidates": 3}],
)
def test_unknown_arguments_are_refused(arguments):
    with pytest.raises(ValueError, match=next(iter(arguments))):
        GZSLScorer(**arguments)


def test_pickle_and_repr():
    scorer = pickle.loads(pickle.dumps(GZSLScorer("T1", candidates="all")))
    assert repr(scorer) == "GZSLScorer('T1', candidates='all')"
    assert scorer.__name__ == "T1"
    assert "replace_undefined_by=0" in repr(GZSLScorer("H", replace_undefined_by=0))


def test_several_scorers_with_weights(data, fitted):
    """scikit-learn asks each of them whether it takes weights."""
    weights = np.random.RandomState(0).randint(1, 4, size=len(data.y_test))
    both = check_scoring(fitted, {"H": harmonic_mean_scorer, "accuracy": "accuracy"})
    found = both(fitted, data.X_test, data.y_test, sample_weight=weights)
    expected = harmonic_mean_scorer(fitted, data.X_test, data.y_test, weights)
    assert found["H"] == expected


def test_a_mask_is_not_a_list_of_classes(data, fitted):
    mask = np.isin(fitted.classes_, fitted.seen_classes_)
    with pytest.raises(ValueError, match="holds True and False"):
        GZSLScorer("H", candidates=mask)(fitted, data.X_test, data.y_test)
    y_pred = fitted.predict(data.X_test)
    with pytest.raises(ValueError, match="holds True and False"):
        gzsl_report(data.y_test, y_pred, seen_classes=mask)
    with pytest.raises(ValueError, match="holds True and False"):
        per_class_accuracy_score(data.y_test, y_pred, labels=mask)


def test_every_unseen_class_of_the_test_is_a_candidate(data, fitted):
    scorer = GZSLScorer("T1", candidates=data.unseen_classes[:2])
    with pytest.raises(ValueError, match="not among the classes that were scored"):
        scorer(fitted, data.X_test, data.y_test)
    kept = ~np.isin(data.y_test, data.unseen_classes[2:])
    assert scorer(fitted, data.X_test[kept], data.y_test[kept]) > 0.5


def test_without_any_seen_class(data):
    """As of a model that was fitted without labels."""
    table = pd.DataFrame(data.density.means).add_prefix("x")
    X = pd.DataFrame(data.X_test).add_prefix("x")
    clf = NearestDescriptionClassifier(table).fit(X)
    accuracy = per_class_accuracy_score(data.y_test, clf.predict(X))
    for metric in ("T1", "U"):
        assert GZSLScorer(metric)(clf, X, data.y_test) == accuracy
    with pytest.raises(ValueError, match="no sample of seen classes"):
        GZSLScorer("H")(clf, X, data.y_test)
    figures = GZSLScorer(None, replace_undefined_by=np.nan)(clf, X, data.y_test)
    assert np.isnan([figures[name] for name in ("S", "H", "AUSUC")]).all()
