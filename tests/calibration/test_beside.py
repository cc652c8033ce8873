"""The model of all seen classes is fitted beside the final one."""

import os
import time

import joblib
import numpy as np
import pytest

from tests.common import quick
from zsl_estimators import DAPClassifier, FGANClassifier, RidgeSemanticClassifier
from zsl_estimators.calibration._beside import Beside


def process_of(number):
    return number, os.getpid()


def fails():
    raise ValueError("as it should")


def slow():
    time.sleep(2)
    return fails()


@pytest.mark.parametrize("n_jobs", [None, 1])
def test_one_job_computes_at_once(n_jobs):
    beside = Beside(n_jobs, process_of, 3)
    assert beside.is_over
    assert beside.result() == (3, os.getpid())


def test_two_jobs_compute_elsewhere():
    beside = Beside(2, process_of, 3)
    assert not beside.is_over
    number, process = beside.result()
    assert number == 3
    assert process != os.getpid()


@pytest.mark.parametrize("backend", ["threading", "multiprocessing"])
def test_other_backends_compute_at_once(backend):
    """What runs in a context shares a backend, which one call ends for all."""
    with joblib.parallel_config(backend=backend):
        beside = Beside(2, process_of, 3)
        joblib.Parallel(n_jobs=2)(joblib.delayed(abs)(n) for n in range(3))
        assert beside.is_over
        assert beside.result()[0] == 3


@pytest.mark.parametrize("n_calls", [1, 3])
def test_calls_meanwhile_end_nothing(n_calls):
    with joblib.parallel_config(backend="loky"):
        beside = Beside(2, process_of, 3)
        for _ in range(n_calls):
            joblib.Parallel(n_jobs=2)(joblib.delayed(abs)(n) for n in range(3))
        assert beside.result()[0] == 3


def test_an_error_comes_with_the_result():
    beside = Beside(2, fails)
    with pytest.raises(ValueError, match="as it should") as caught:
        beside.result()
    assert "in fails" in caught.value.__notes__[0]


@pytest.mark.parametrize(
    ("n_jobs", "function"), [(1, os.getpid), (2, os.getpid), (2, fails), (2, slow)]
)
def test_what_is_abandoned_disturbs_nobody(n_jobs, function):
    Beside(n_jobs, function).abandon()
    assert Beside(n_jobs, process_of, 3).result()[0] == 3


@pytest.mark.usefixtures("few_folds")
@pytest.mark.parametrize("backend", ["loky", "threading", "multiprocessing"])
@pytest.mark.parametrize(
    "cls", [DAPClassifier, FGANClassifier, RidgeSemanticClassifier]
)
def test_the_same_model(cls, backend, task):
    clf = quick(cls, attributes=task.attributes, random_state=0, n_jobs=1)
    clf.fit(task.X_train, task.y_train)
    expected, penalty = clf.decision_function(task.X_test), clf.seen_penalty_
    with joblib.parallel_config(backend=backend):
        clf.set_params(n_jobs=2).fit(task.X_train, task.y_train)
    np.testing.assert_array_equal(clf.decision_function(task.X_test), expected)
    assert clf.seen_penalty_ == penalty != 0


@pytest.mark.usefixtures("few_folds")
@pytest.mark.parametrize("error", [KeyboardInterrupt, MemoryError])
def test_the_final_fit_fails_meanwhile(error, task, monkeypatch):
    clf = quick(RidgeSemanticClassifier, attributes=task.attributes, random_state=0)
    clf.fit(task.X_train, task.y_train)
    before, fit = clf.decision_function(task.X_test), RidgeSemanticClassifier._fit

    def fails_in_this_process(self, problem, choice, random_state):
        if choice.beside is not None:
            raise error
        fit(self, problem, choice, random_state)

    clf.set_params(n_jobs=2)
    with monkeypatch.context() as patch:
        patch.setattr(RidgeSemanticClassifier, "_fit", fails_in_this_process)
        with pytest.raises(error):
            clf.fit(task.X_train[1:], task.y_train[1:])
    np.testing.assert_array_equal(clf.decision_function(task.X_test), before)
    clf.fit(task.X_train, task.y_train)
    np.testing.assert_array_equal(clf.decision_function(task.X_test), before)
