import numpy as np
import pandas as pd
import pytest
from sklearn.frozen import FrozenEstimator
from sklearn.model_selection import KFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.utils import check_random_state

from zsl_estimators import (
    CalibratedStackingCV,
    ConformalZeroShotClassifier,
    RidgeSemanticClassifier,
)
from zsl_estimators.metrics import gzsl_report, gzsl_scorer
from zsl_estimators.model_selection import ClassHoldoutSplit, cross_val_predict_gzsl


@pytest.fixture
def clf(task):
    return RidgeSemanticClassifier(task.attributes, alpha=0.1, random_state=0)


def test_folds_agree_with_the_scorer(task, clf):
    """A model fitted by hand on the same rows gives the same figures."""
    X, y = task.X_train, task.y_train
    cv = ClassHoldoutSplit(2, random_state=0)
    folds = cross_val_predict_gzsl(clf, X, y, cv=cv)
    for fold, (train, test) in zip(folds, cv.split(X, y), strict=True):
        np.testing.assert_array_equal(fold.rows, test)
        expected = gzsl_scorer(clf.fit(X[train], y[train]), X[test], y[test])
        report = gzsl_report(
            fold.y_true,
            fold.y_pred,
            y_score=fold.y_score,
            classes=fold.classes,
            seen_classes=fold.seen_classes,
        )
        assert report.iloc[0].to_dict() == pytest.approx(expected)


def test_really_unseen_classes_are_no_candidates(task, clf):
    names = np.array([f"class {c:02d}" for c in range(11)])
    clf.set_params(attributes=task.attributes.set_axis(names))
    X, y = pd.DataFrame(task.X_train), pd.Series(names[task.y_train])
    for candidates, n in (("fold", 8), ("all", 11)):
        (fold,) = cross_val_predict_gzsl(clf, X, y, cv=1, candidates=candidates)
        assert fold.y_score.shape == (len(fold.rows), n)
        assert len(fold.classes) == n
        assert set(fold.y_pred) <= set(fold.classes)


def test_scikit_learns_helper_refuses(task, clf):
    """What this function is for."""
    cv = ClassHoldoutSplit(2, random_state=0)
    with pytest.raises(ValueError, match="partitions"):
        cross_val_predict(clf, task.X_train, task.y_train, cv=cv)


def test_arguments_are_checked(task, clf):
    X, y = task.X_train, task.y_train
    with pytest.raises(ValueError, match="candidates"):
        cross_val_predict_gzsl(clf, X, y, candidates="folds")
    with pytest.raises(ValueError, match="no scores for classes"):
        cross_val_predict_gzsl(clf.set_params(attributes=None), X, y)


def test_the_global_random_state_is_left_alone(task, clf):
    X, y = task.X_train, task.y_train
    numbers = []
    for cv in (None, 1):
        check_random_state(None).seed(3)
        if cv:
            cross_val_predict_gzsl(clf, X, y, cv=cv)
        numbers.append(check_random_state(None).uniform())
    assert numbers[0] == numbers[1]


def test_folds_without_hidden_classes_are_refused(task, clf):
    cv = KFold(2, shuffle=True, random_state=0)
    with pytest.raises(ValueError, match="ClassHoldoutSplit"):
        cross_val_predict_gzsl(clf, task.X_train, task.y_train, cv=cv)


@pytest.mark.parametrize(
    "wrapped", [FrozenEstimator, lambda f: make_pipeline(FrozenEstimator(f))]
)
@pytest.mark.parametrize(
    "fit",
    [
        cross_val_predict_gzsl,
        lambda clf, X, y: CalibratedStackingCV(clf, random_state=0).fit(X, y),
        lambda clf, X, y: ConformalZeroShotClassifier(clf, random_state=0).fit(X, y),
    ],
)
def test_an_estimator_that_is_not_trained_anew(task, clf, fit, wrapped):
    frozen = wrapped(clf.fit(task.X_train, task.y_train))
    with pytest.raises(ValueError, match="trained anew in every fold"):
        fit(frozen, task.X_train, task.y_train)


def test_candidates_without_those_of_a_fold(task, clf):
    with pytest.raises(ValueError, match="candidates lacks"):
        cross_val_predict_gzsl(
            clf, task.X_train, task.y_train, candidates=task.seen_classes[:2]
        )
