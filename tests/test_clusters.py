"""A grid search gives the same figures on one core, on two, and on a cluster."""

import os
import signal
import threading
import time

import joblib
import numpy as np
import pytest
from sklearn.model_selection import GridSearchCV

from tests.common import small
from zsl_estimators import RevCDClassifier, RidgeSemanticClassifier
from zsl_estimators.datasets import load_digits_gzsl
from zsl_estimators.metrics import gzsl_scorer
from zsl_estimators.model_selection import ClassHoldoutSplit

distributed = pytest.importorskip("distributed")

GRID = {"cls_weight": [0.1, 0.9]}


def search(n_jobs):
    """Scores of two settings on digits."""
    data = load_digits_gzsl(unseen=(3, 8))
    clf = small(
        RevCDClassifier,
        attributes=data.attributes,
        init=RidgeSemanticClassifier(alpha=0.1, shrink_to="zero"),
        max_epochs=1,
        early_stopping=False,
        seen_penalty=0.0,
        random_state=0,
    )
    results = GridSearchCV(
        clf,
        GRID,
        cv=ClassHoldoutSplit(2, random_state=0),
        scoring=gzsl_scorer,
        refit=False,
        n_jobs=n_jobs,
        error_score="raise",
    ).fit(data.X_train[::8], data.y_train[::8])
    return {
        name: column
        for name, column in results.cv_results_.items()
        if name.startswith("split")
    }


@pytest.fixture(scope="module")
def serial():
    """Scores of one process, which may use more threads than workers do."""
    torch_threads = pytest.importorskip("torch").set_num_threads
    torch_threads(2)
    yield search(n_jobs=1)
    torch_threads(1)


@pytest.fixture(scope="module")
def client():
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, dashboard_address=":0"
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        yield client


def assert_same(results, serial):
    assert results.keys() == serial.keys()
    assert len(serial["split0_test_H"]) == 2
    for name, column in serial.items():
        np.testing.assert_array_equal(results[name], column)


def test_processes(serial):
    assert_same(search(n_jobs=2), serial)


def test_dask(serial, client):
    with joblib.parallel_config(backend="dask"):
        results = search(n_jobs=-1)
    assert_same(results, serial)


def test_dask_loses_a_worker(serial, client):
    """It costs time, not results, unless it alone has the data."""
    before = client.run(os.getpid)

    def both_have_the_data():
        """Joblib gives an array to one worker, from which others fetch it."""
        holders = [w for key, w in client.who_has().items() if "ndarray" in str(key)]
        return holders and all(len(workers) == 2 for workers in holders)

    def kill_one_at_work():
        while not (any(client.processing().values()) and both_have_the_data()):
            time.sleep(0.01)
        os.kill(next(iter(before.values())), signal.SIGKILL)

    killer = threading.Thread(target=kill_one_at_work, daemon=True)
    killer.start()
    with joblib.parallel_config(backend="dask"):
        results = search(n_jobs=-1)
    killer.join(60)
    client.wait_for_workers(2)
    assert set(client.run(os.getpid).values()) != set(before.values())
    assert_same(results, serial)
