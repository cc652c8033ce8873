"""``fit(X, y, X_unlabelled=...)`` of f-VAEGAN-D2, and of TF-VAEGAN."""

import pickle

import numpy as np
import pandas as pd
import pytest
from sklearn import config_context
from sklearn.base import clone
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler
from skops.io import dumps, get_untrusted_types, loads

from tests.common import small
from zsl_estimators import (
    FGANClassifier,
    FVAEGANClassifier,
    RidgeSemanticClassifier,
    TFVAEGANClassifier,
)
from zsl_estimators.calibration import _folds
from zsl_estimators.datasets import make_gzsl

METHODS = [FVAEGANClassifier, TFVAEGANClassifier]
FIXED = {"early_stopping": False, "seen_penalty": 0.0, "decision": "gaussian"}


def new(task, cls=FVAEGANClassifier, **parameters):
    return small(cls, attributes=task.attributes, random_state=0, **parameters)


@pytest.fixture(scope="module")
def unlabelled(task):
    return task.X_test[np.isin(task.y_test, task.unseen_classes)][::2]


@pytest.mark.parametrize(
    ("cls", "seeds"), [(FVAEGANClassifier, [0, 1, 2]), (TFVAEGANClassifier, [0])]
)
def test_unlabelled_rows_make_up_for_misleading_descriptions(cls, seeds):
    """The unseen classes all lie beside where their descriptions put them."""
    rates = {False: [], True: []}
    for seed in seeds:
        task = make_gzsl(
            20, n_seen=12, n_unseen=3, n_features=6, n_attributes=4, random_state=seed
        )
        unseen = np.isin(task.y_test, task.unseen_classes)
        shift = task.X_train.std(axis=0) * [0.5, -0.5, 0.5, -0.5, 0.5, -0.5]
        X, y = task.X_test[unseen] + shift, task.y_test[unseen]
        clf = cls(
            task.attributes,
            hidden=(32,),
            noise_dim=4,
            max_epochs=15,
            lr=5e-3,
            attribute_scaling="standard",
            random_state=0,
            **FIXED,
        )
        for given in (False, True):
            clf.fit(task.X_train, task.y_train, X_unlabelled=X[1::2] if given else None)
            rates[given].append((clf.predict(X[::2]) == y[::2]).mean())
    assert np.mean(rates[True]) > np.mean(rates[False]) + 0.15


@pytest.mark.parametrize("cls", METHODS)
def test_without_rows_nothing_changes(cls, task):
    without = new(task, cls, **FIXED).fit(task.X_train, task.y_train)
    none = new(task, cls, **FIXED).fit(task.X_train, task.y_train, X_unlabelled=None)
    np.testing.assert_array_equal(
        without.decision_function(task.X_test), none.decision_function(task.X_test)
    )
    assert "unlabelled_loss" not in none.history_[-1]


@pytest.fixture(scope="module")
def fitted(task, unlabelled):
    made = []

    class RecordedFold(_folds.Fold):
        def __init__(self, *args, **kwargs):
            super().__init__(*args, **kwargs)
            made.append(self)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_folds, "Fold", RecordedFold)
        settings = FIXED | {"seen_penalty": "auto", "max_epochs": 1}
        clf = new(task, **settings)
        clf.fit(task.X_train, task.y_train, X_unlabelled=unlabelled)
    return clf, made


class TestFolds:
    def test_hidden_classes_play_the_unseen_ones(self, task, fitted):
        clf, (*folds, _) = fitted
        y = np.searchsorted(clf.seen_classes_, task.y_train)
        assert len(folds) == 5
        for fold in folds:
            hidden = np.setdiff1d(y, y[fold.train])
            np.testing.assert_array_equal(fold.unlabelled.classes, hidden)
            np.testing.assert_array_equal(np.unique(y[fold.unlabelled.rows]), hidden)
            assert not np.isin(fold.unlabelled.rows, fold.train).any()
            assert not np.isin(fold.unlabelled.rows, fold.held_out).any()
            assert np.isin(hidden, y[fold.held_out]).all()
            np.testing.assert_array_equal(
                fold.model.attributes[hidden],
                task.attributes.loc[clf.seen_classes_[hidden]],
            )

    def test_a_model_of_all_seen_classes_gets_the_real_rows(
        self, task, unlabelled, fitted
    ):
        """It is scored on rows of seen classes, beside the real unseen ones."""
        clf, (*_, last) = fitted
        np.testing.assert_array_equal(last.unlabelled.X, unlabelled)
        np.testing.assert_array_equal(
            last.model.attributes[last.unlabelled.classes],
            task.attributes.loc[clf.unseen_classes_],
        )


@pytest.mark.parametrize("cls", METHODS)
def test_what_is_stored(cls, task, unlabelled):
    """The rows and their critic are needed no more."""
    clf = new(task, cls, **FIXED, max_epochs=1)
    given = unlabelled.astype(np.float32)
    clf.fit(task.X_train, task.y_train, X_unlabelled=given)
    assert clf.history_[-1]["unlabelled_loss"] != 0
    assert clf.net_.module_.critic is None
    content = pickle.dumps(clf)
    scaled = clf.feature_scaler_.transform(given.astype(np.float64))
    for rows in (given, scaled, scaled.astype(np.float32)):
        assert rows[0].tobytes() not in content
    stored, scores = dumps(clf), clf.decision_function(task.X_test)
    for loaded in (
        pickle.loads(content),
        loads(stored, trusted=get_untrusted_types(data=stored)),
        clone(clf).fit(task.X_train, task.y_train, X_unlabelled=given),
    ):
        np.testing.assert_allclose(loaded.decision_function(task.X_test), scores)


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda X: X[:, :3], "X_unlabelled.*3 features.*expecting 6"),
        (lambda X: np.where(X[0, 0] == X, np.nan, X), "X_unlabelled.*NaN"),
        (lambda X: X[:0], "X_unlabelled.*0 sample"),
        (lambda X: X[0], "X_unlabelled.*1D"),
        (lambda X: pd.DataFrame(X), "X_unlabelled.*feature names"),
    ],
)
def test_rows_that_cannot_be_used(task, unlabelled, spoil, message):
    clf = new(task, **FIXED)
    X = task.X_train
    if message.endswith("feature names"):
        X = pd.DataFrame(X, columns=list("abcdef"))
        spoiled = pd.DataFrame(unlabelled, columns=list("abcdeg"))
    else:
        spoiled = spoil(unlabelled)
    with pytest.raises(ValueError, match=f"(?s){message}"):
        clf.fit(X, task.y_train, X_unlabelled=spoiled)
    assert not hasattr(clf, "classes_")


def test_other_mistakes(task, unlabelled):
    seen = task.attributes.loc[task.seen_classes]
    clf = new(task, **FIXED).set_params(attributes=seen)
    with pytest.raises(ValueError, match=r"X_unlabelled.*every class"):
        clf.fit(task.X_train, task.y_train, X_unlabelled=unlabelled)
    with pytest.raises(ValueError, match=r"X_unlabelled.*warm_start=False"):
        new(task, warm_start=True).fit(
            task.X_train, task.y_train, X_unlabelled=unlabelled
        )
    for cls in (FGANClassifier, RidgeSemanticClassifier):
        with pytest.raises(
            TypeError, match=f"fit got X_unlabelled, which {cls.__name__}"
        ):
            cls().fit(task.X_train, task.y_train, X_unlabelled=unlabelled)


def test_routing(task, unlabelled):
    """In a pipeline the steps before scale the unlabelled rows too."""
    scaler = StandardScaler().fit(task.X_train)
    alone = new(task, **FIXED)
    alone.fit(
        scaler.transform(task.X_train),
        task.y_train,
        X_unlabelled=scaler.transform(unlabelled),
    )
    with config_context(enable_metadata_routing=True):
        asking = new(task, **FIXED).set_fit_request(X_unlabelled=True)
        steps = [("scaler", StandardScaler()), ("clf", asking)]
        pipeline = Pipeline(steps, transform_input=["X_unlabelled"])
        pipeline.fit(task.X_train, task.y_train, X_unlabelled=unlabelled)
        np.testing.assert_array_equal(
            pipeline.decision_function(task.X_test),
            alone.decision_function(scaler.transform(task.X_test)),
        )
