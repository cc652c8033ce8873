"""Folds on other backends than those of the contract, and inside parallel searches."""

import joblib
import numpy as np
import pytest
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV

from tests.common import quick, small
from zsl_estimators import (
    ALEClassifier,
    FGANClassifier,
    RevCDClassifier,
    RidgeSemanticClassifier,
)
from zsl_estimators.calibration._reference import Reference, reopened
from zsl_estimators.datasets import make_gzsl
from zsl_estimators.metrics import harmonic_mean_scorer
from zsl_estimators.model_selection import ClassHoldoutSplit

CLASSES = [RevCDClassifier, FGANClassifier, RidgeSemanticClassifier]


def fitted(cls, task, n_jobs):
    clf = quick(cls, attributes=task.attributes, random_state=0, n_jobs=n_jobs)
    return clf.fit(task.X_train, task.y_train)


def assert_same(clf, other, X):
    np.testing.assert_array_equal(clf.decision_function(X), other.decision_function(X))
    assert clf.held_out_results_.equals(other.held_out_results_)


@pytest.fixture(scope="module", params=[False, True], ids=["threads", "processes"])
def dask(request):
    """Two workers, which may be threads of the process that waits for them."""
    distributed = pytest.importorskip("distributed")
    with (
        distributed.LocalCluster(
            n_workers=2,
            threads_per_worker=1,
            processes=request.param,
            dashboard_address=":0",
        ) as cluster,
        distributed.Client(cluster),
    ):
        yield


@pytest.mark.usefixtures("few_folds")
@pytest.mark.parametrize("cls", CLASSES)
def test_dask(cls, dask, task):
    alone = fitted(cls, task, n_jobs=None)
    with joblib.parallel_config(backend="dask"):
        assert_same(fitted(cls, task, n_jobs=-1), alone, task.X_test)


@pytest.mark.usefixtures("few_folds")
@pytest.mark.parametrize("dask", [True], indirect=True)
def test_dask_workers_read_mapped_features_themselves(
    dask, task, tmp_path, monkeypatch
):
    np.save(tmp_path / "X.npy", task.X_train.astype(np.float16))
    X = np.load(tmp_path / "X.npy", mmap_mode="r")
    clf = quick(FGANClassifier, attributes=task.attributes, random_state=0, n_jobs=-1)
    alone = clone(clf).set_params(n_jobs=None).fit(X, task.y_train)
    opened = []
    monkeypatch.setattr(
        Reference,
        "__reduce__",
        lambda self, reduce=Reference.__reduce__: (
            opened.append(reduce(self)[0]) or reduce(self)
        ),
    )
    with joblib.parallel_config(backend="dask"):
        assert_same(clf.fit(X, task.y_train), alone, task.X_test)
    assert set(opened) == {reopened}


@pytest.mark.usefixtures("few_folds")
@pytest.mark.parametrize("dask", [False], indirect=True)
@pytest.mark.parametrize(
    ("cls", "backend"), [(ALEClassifier, "dask"), (FGANClassifier, "threading")]
)
def test_search_and_folds_in_threads(cls, backend, task, dask):
    """While one thread waits for its folds, or for those of its initial estimator."""
    search = GridSearchCV(
        quick(cls, attributes=task.attributes, random_state=0, init="auto"),
        {"lr": [1e-3, 1e-2]},
        scoring=harmonic_mean_scorer,
        cv=ClassHoldoutSplit(2, random_state=0),
        refit=False,
        n_jobs=2,
    )
    with joblib.parallel_config(backend="loky", n_jobs=1):
        alone = search.set_params(n_jobs=1).fit(task.X_train, task.y_train).cv_results_
    with joblib.parallel_config(backend=backend):
        both = search.set_params(n_jobs=2).fit(task.X_train, task.y_train).cv_results_
    for score in ("split0_test_score", "split1_test_score"):
        np.testing.assert_array_equal(both[score], alone[score])


@pytest.mark.usefixtures("few_folds")
@pytest.mark.parametrize("cls", CLASSES)
def test_memory_mapped_features(cls):
    """joblib hands features of this size to workers as files that cannot be written."""
    task = make_gzsl(60, n_seen=8, n_unseen=2, n_features=400, random_state=0)
    assert task.X_train.nbytes > 2**20
    assert_same(fitted(cls, task, 2), fitted(cls, task, None), task.X_test)


@pytest.mark.parametrize("cls", [FGANClassifier, RidgeSemanticClassifier])
def test_inside_a_parallel_search(cls, task):
    def search(n_jobs):
        clf = quick(cls, attributes=task.attributes, random_state=0, n_jobs=n_jobs)
        return GridSearchCV(
            clf,
            {"seen_penalty": ["auto", 0.5]},
            scoring=harmonic_mean_scorer,
            cv=ClassHoldoutSplit(2, random_state=0),
            n_jobs=n_jobs,
        ).fit(task.X_train, task.y_train)

    both, alone = search(2), search(1)
    for score in ("split0_test_score", "split1_test_score"):
        np.testing.assert_array_equal(both.cv_results_[score], alone.cv_results_[score])
    assert_same(both.best_estimator_, alone.best_estimator_, task.X_test)


def test_an_error_in_a_fold_is_the_users(task):
    clf = small(RevCDClassifier, attributes=task.attributes, n_jobs=2, lr=1e30)
    with pytest.raises(ValueError, match="Try a smaller lr"):
        clf.fit(task.X_train, task.y_train)
