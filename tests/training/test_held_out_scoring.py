import numpy as np
import pandas as pd
import pytest
from skorch.callbacks import EarlyStopping

from tests.common import public_estimators, quick, small
from zsl_estimators import FGANClassifier, HeldOutScoring, RevCDClassifier
from zsl_estimators.metrics import SeenUnseenCurve
from zsl_estimators.model_selection import ClassHoldoutSplit
from zsl_estimators.problem import Problem

TORCH = [cls for cls in public_estimators() if hasattr(cls, "_train")]


@pytest.fixture
def split(task):
    X, y = task.X_train, task.y_train
    train, held_out = next(ClassHoldoutSplit(1, random_state=0).split(X, y))
    return X[train], y[train], X[held_out], y[held_out]


def test_last_figure_is_that_of_the_fitted_model(task, split):
    X, y, X_held_out, y_held_out = split
    clf = small(
        RevCDClassifier,
        attributes=task.attributes,
        early_stopping=False,
        seen_penalty=0.0,
        callbacks=[HeldOutScoring(X_held_out, y_held_out)],
        random_state=0,
    ).fit(X, y)
    possible = np.isin(clf.classes_, task.y_train)
    curve = SeenUnseenCurve.from_labels(
        y_held_out,
        clf.decision_function(X_held_out)[:, possible],
        classes=clf.classes_[possible],
        seen_classes=clf.seen_classes_,
    )
    assert clf.history_[-1, "held_out_AUSUC"] == pytest.approx(curve.area)
    assert clf.history_[-1, "held_out_H"] == pytest.approx(curve.harmonic_mean.max())


@pytest.mark.parametrize("cls", TORCH)
def test_looking_changes_nothing(task, split, cls):
    """Every torch estimator can be followed, and is the same as if it were not."""
    X, y, X_held_out, y_held_out = split

    def fitted(callbacks):
        clf = quick(
            cls,
            attributes=task.attributes,
            early_stopping=False,
            seen_penalty=0.0,
            callbacks=callbacks,
            random_state=0,
        )
        return clf.fit(X, y)

    followed = fitted([HeldOutScoring(X_held_out, y_held_out, name="fold")])
    assert len(followed.history_[:, "fold_H"]) == followed.max_epochs
    np.testing.assert_array_equal(
        followed.decision_function(X), fitted(None).decision_function(X)
    )


def problem_of(clf, X, y):
    """The problem that a fitted estimator was trained on."""
    return Problem.scaled(
        np.asarray(X, dtype=np.float32),
        clf._table.positions_among_seen(y),
        clf._table,
        clf.feature_scaler_,
        clf.attribute_scaler_,
        np.random.RandomState(0),
    )


@pytest.mark.parametrize("cls", [RevCDClassifier, FGANClassifier])
def test_early_stopping_keeps_the_best_epoch(task, split, cls):
    X, y, X_held_out, y_held_out = split
    scoring = HeldOutScoring(pd.DataFrame(X_held_out), y_held_out)
    clf = small(
        cls,
        attributes=task.attributes,
        early_stopping=False,
        callbacks=[
            scoring,
            EarlyStopping(
                "held_out_AUSUC", patience=2, lower_is_better=False, load_best=True
            ),
        ],
        lr=0.3,
        random_state=0,
    ).set_params(max_epochs=12)
    followed = clf.fit(X, y).history_[:, "held_out_AUSUC"]
    assert len(followed) < 12
    best = int(np.argmax(followed))
    assert len(followed) == best + 1 + 2
    # One more look at the final weights.
    again = clf._held_out_scores(problem_of(clf, X, y), X_held_out, y_held_out)
    curve = SeenUnseenCurve.from_labels(
        y_held_out,
        again.scores,
        classes=again.classes,
        seen_classes=again.seen_classes,
    )
    assert curve.area == pytest.approx(max(followed), abs=1e-4)
