"""The same model everywhere, and nothing else is changed."""

import inspect
import os
import pickle
import random
import sys
import tempfile
import warnings
from pathlib import Path

import joblib
import numpy as np
import torch
from sklearn import config_context
from sklearn.base import clone

from zsl_estimators.exceptions import ZeroShotWarning
from zsl_estimators.utils.estimator_checks._task import (
    TOLERANCE,
    assert_same_scores,
    fitted,
    fitted_anew,
    small_task,
)


def check_rows_are_independent(name, estimator):
    """A prediction depends neither on the other rows nor on earlier calls."""
    data = small_task()
    clf = fitted(estimator, data)
    together = clf.decision_function(data.X_test)
    alone = np.vstack([clf.decision_function(row[None]) for row in data.X_test[:5]])
    np.testing.assert_allclose(together[:5], alone, atol=TOLERANCE)
    np.testing.assert_array_equal(together, clf.decision_function(data.X_test))
    backwards = clf.decision_function(data.X_test[::-1])[::-1]
    np.testing.assert_allclose(together, backwards, atol=TOLERANCE)


def check_same_seed_same_model(name, estimator):
    """An int as random_state fixes the whole fit, calibration included."""
    data = small_task()
    one, other = (fitted_anew(estimator, data, seen_penalty="auto") for _ in range(2))
    assert one.seen_penalty_ == other.seen_penalty_
    np.testing.assert_array_equal(
        one.decision_function(data.X_test), other.decision_function(data.X_test)
    )


def check_other_processes_agree(name, estimator):
    """Models fitted in worker processes equal the one fitted here."""
    data = small_task()
    fit = joblib.delayed(fitted_anew)
    workers = joblib.Parallel(n_jobs=2)(fit(estimator, data) for _ in range(2))
    here = fitted_anew(estimator, data)
    for there in workers:
        assert_same_scores(here, there, data.X_test, "another process disagrees")


def check_folds_side_by_side(name, estimator):
    """The result does not depend on how many folds are fitted at a time, nor where."""
    if "n_jobs" not in estimator.get_params():
        return
    data = small_task()
    alone = fitted(estimator, data, seen_penalty="auto")
    for backend in ("loky", "threading"):
        with joblib.parallel_config(backend=backend):
            both = fitted_anew(estimator, data, seen_penalty="auto", n_jobs=2)
        assert both.seen_penalty_ == alone.seen_penalty_, f"{backend} differs"
        np.testing.assert_array_equal(
            both.decision_function(data.X_test), alone.decision_function(data.X_test)
        )


def check_pickle(name, estimator):
    """A pickled model predicts the same."""
    data = small_task()
    clf = fitted(estimator, data)
    copy = pickle.loads(pickle.dumps(clf))
    np.testing.assert_array_equal(
        clf.decision_function(data.X_test), copy.decision_function(data.X_test)
    )


def check_global_random_state(name, estimator):
    """No call moves the random state of Python, numpy or torch."""

    def state():
        numpy_state = np.random.mtrand._rand.get_state()
        return (
            random.getstate(),
            numpy_state[1].tolist(),
            numpy_state[2],
            torch.get_rng_state().tolist(),
        )

    data = small_task()
    before = state()
    clf = fitted_anew(estimator, data, seen_penalty="auto", random_state=None)
    assert state() == before, "fit moved a global random state"
    clf.predict_proba(data.X_test)
    clf.add_classes(np.ones((1, 4)))
    clf.predict(data.X_test)
    assert state() == before, "prediction moved a global random state"


def check_global_output_setting(name, estimator):
    """What transformers of users return, such as DataFrames, changes nothing inside."""
    data = small_task()
    clf = fitted(estimator, data)
    expected = clf.decision_function(data.X_test)
    with config_context(transform_output="pandas"), warnings.catch_warnings():
        # Of pipelines that users put into an estimator, which follow the setting.
        warnings.filterwarnings("ignore", "X has feature names", UserWarning)
        np.testing.assert_array_equal(clf.decision_function(data.X_test), expected)
        anew = fitted_anew(estimator, data)
        np.testing.assert_array_equal(anew.decision_function(data.X_test), expected)


def check_inputs_stay_untouched(name, estimator):
    """Read-only inputs are accepted and nothing is changed in place."""
    data = small_task()
    arrays = [data.X_train, data.y_train, data.attributes.to_numpy(copy=True)]
    copies = [array.copy() for array in arrays]
    for array in arrays:
        array.setflags(write=False)
    X, y, matrix = arrays
    clf = clone(estimator).set_params(attributes=matrix, random_state=0).fit(X, y)
    assert clf.attributes is not None
    clf.predict(X)
    for array, copy in zip(arrays, copies, strict=True):
        np.testing.assert_array_equal(array, copy)


def check_half_precision(name, estimator):
    """Features in half precision, mapped from a file, are the numbers that they are."""
    data = small_task()
    half = data.X_train.astype(np.float16)
    data.X_train = half.astype(np.float64)
    X = data.X_test.astype(np.float16)
    expected = fitted(estimator, data, seen_penalty="auto")
    expected = expected.decision_function(X.astype(np.float64))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "X.npy"
        np.save(path, half)
        data.X_train = np.load(path, mmap_mode="r")
        clf = fitted_anew(estimator, data, seen_penalty="auto")
        # An open map would keep the file from being removed on some systems.
        data.X_train = None
    np.testing.assert_allclose(clf.decision_function(X), expected, rtol=1e-6, atol=1e-9)


def check_table_is_copied(name, estimator):
    """Changing the user's table after fit does not change the model."""
    data = small_task()
    clf = fitted(estimator, data)
    before = clf.decision_function(data.X_test)
    data.attributes.iloc[:] = 0.0
    np.testing.assert_array_equal(before, clf.decision_function(data.X_test))


def check_no_files_are_written(name, estimator):
    """Fitting and predicting leaves the working directory empty."""
    data = small_task()
    home = os.getcwd()
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        try:
            fitted_anew(estimator, data).predict(data.X_test)
            left = os.listdir(folder)
        finally:
            os.chdir(home)
    assert not left, f"fit wrote {left}"


def check_clone_and_refit(name, estimator):
    """A refitted model equals a fresh one, whatever it was fitted on before."""
    data = small_task()
    fresh = fitted(estimator, data)
    used = fitted_anew(estimator, data, random_state=3)
    used.set_params(random_state=0).fit(data.X_train, data.y_train)
    assert_same_scores(fresh, used, data.X_test, "traces of an earlier fit")


def check_interrupted_fit(name, estimator):
    """Ctrl-C at any point of a second fit leaves the first model as it was.

    An ensemble may do with the estimators that were finished, and says so.
    """
    data = small_task()
    clf = fitted(estimator, data, seen_penalty="auto")
    before, torch_state = clf.decision_function(data.X_test), torch.get_rng_state()
    clf.set_params(random_state=3)
    X, y = data.X_train[1:], data.y_train[1:]
    with _InterruptAt(np.inf, estimator) as whole:
        clone(clf).fit(X, y)
    for share in (0.02, 0.4, 0.8):
        interrupt = _InterruptAt(round(share * whole.n_calls), estimator)
        with warnings.catch_warnings(record=True) as caught, interrupt:
            warnings.simplefilter("always", ZeroShotWarning)
            try:
                clf.fit(X, y)
            except KeyboardInterrupt:
                pass
            else:
                assert any("Interrupted" in str(w.message) for w in caught)
                clf = fitted(estimator, data, seen_penalty="auto")
                clf.set_params(random_state=3)
        assert interrupt.happened, "Ctrl-C was swallowed"
        np.testing.assert_array_equal(before, clf.decision_function(data.X_test))
        assert torch.equal(torch_state, torch.get_rng_state())


class _InterruptAt:
    """Raise KeyboardInterrupt at one of the calls of functions that belong to us.

    That is, to this package or to the module of the estimator.
    """

    def __init__(self, wanted, estimator):
        self.wanted, self.n_calls, self.happened = wanted, 0, False
        own = str(Path(__file__).parents[2])
        self.places = own, inspect.getfile(type(estimator))

    def __enter__(self):
        sys.setprofile(self)
        return self

    def __exit__(self, *error):
        sys.setprofile(None)

    def __call__(self, frame, event, argument):
        # First, for most events are others.
        if event != "call":
            return
        code, file = frame.f_code, frame.f_code.co_filename
        if file == __file__ or not file.startswith(self.places):
            return
        # To close a generator Python enters it again, and drops what is raised then.
        if code.co_flags & inspect.CO_GENERATOR:
            return
        self.n_calls += 1
        if self.n_calls >= self.wanted:
            sys.setprofile(None)
            self.happened = True
            raise KeyboardInterrupt
