"""Checks of the zero-shot contract, for our estimators and for yours.

scikit-learn's :func:`~sklearn.utils.estimator_checks.check_estimator` tests what every
classifier must do. The checks here test what a zero-shot classifier must do on top:
the class table, unseen classes, reproducibility, errors that say what to do. Each
takes the name and an unfitted instance, and raises when the rule is broken.
"""

import contextlib
import inspect
import io
import os
import pickle
import random
import sys
import tempfile
import warnings
from functools import partial

import joblib
import numpy as np
import pandas as pd
import torch
from scipy.sparse import csr_array
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from zsl_estimators.datasets import make_gzsl
from zsl_estimators.exceptions import ZeroShotWarning
from zsl_estimators.metrics import GZSLScorer
from zsl_estimators.model_selection import ClassHoldoutSplit

TOLERANCE = 1e-8


def check_zero_shot_estimator(estimator):
    """Run every check of the zero-shot contract.

    Parameters
    ----------
    estimator : estimator
        An unfitted instance with ``attributes`` and ``classes`` parameters. Choose
        small networks and few epochs: it is fitted about a hundred times.

    Raises
    ------
    AssertionError
        If a rule is broken.

    See Also
    --------
    parametrize_with_zero_shot_checks : One pytest case per check.

    Examples
    --------
    >>> from zsl_estimators import RidgeSemanticClassifier
    >>> from zsl_estimators.utils.estimator_checks import check_zero_shot_estimator
    >>> check_zero_shot_estimator(RidgeSemanticClassifier())
    """
    for _, check in zero_shot_checks(estimator):
        check(estimator)


def parametrize_with_zero_shot_checks(estimators):
    """Pytest decorator that runs every check on every estimator.

    Parameters
    ----------
    estimators : list of estimators
        Unfitted instances.

    Returns
    -------
    decorator : pytest.mark.parametrize
        For a test function with the arguments ``estimator`` and ``check``.

    Examples
    --------
    >>> from zsl_estimators import RidgeSemanticClassifier
    >>> from zsl_estimators.utils.estimator_checks import (
    ...     parametrize_with_zero_shot_checks,
    ... )
    >>> @parametrize_with_zero_shot_checks([RidgeSemanticClassifier()])
    ... def test_contract(estimator, check):
    ...     check(estimator)
    """
    import pytest

    cases = [case for estimator in estimators for case in zero_shot_checks(estimator)]
    names = [f"{type(e).__name__}-{check.func.__name__}" for e, check in cases]
    return pytest.mark.parametrize(("estimator", "check"), cases, ids=names)


def zero_shot_checks(estimator):
    """Yield all checks that apply to an estimator.

    Parameters
    ----------
    estimator : estimator
        An unfitted instance.

    Yields
    ------
    estimator : estimator
        The instance.
    check : callable
        ``check(estimator)``.
    """
    checks = list(ALL_CHECKS)
    parameters = estimator.get_params()
    if "device" in parameters:
        checks.extend(TORCH_CHECKS)
    name = type(estimator).__name__
    for check in checks:
        yield estimator, partial(check, name)


def _task(n_samples_per_class=12, labels=None):
    """Build a small task: 6 seen and 2 unseen classes, with any labels."""
    data = make_gzsl(
        n_samples_per_class,
        n_seen=6,
        n_unseen=2,
        n_features=6,
        n_attributes=4,
        random_state=7,
    )
    if labels is not None:
        labels = np.asarray(labels)
        data.y_train, data.y_test = labels[data.y_train], labels[data.y_test]
        data.attributes.index = labels
    return data


NAMES = ["ant", "bee", "cat", "dog", "eel", "fox", "gnu", "hen"]


def _fitted(estimator, data, **parameters):
    """Copy of a fitted clone; what was fitted before is not fitted again.

    Many checks begin with the same fit. Each gets a copy of its own.
    """
    parameters = _with_defaults(data, parameters)
    settings = {**estimator.get_params(), **parameters}
    content = type(estimator), settings, data.X_train, data.y_train
    try:
        key = joblib.hash(content)
    except (AttributeError, TypeError, pickle.PicklingError):
        return _fitted_anew(estimator, data, **parameters)
    if key not in _FITS:
        _FITS[key] = pickle.dumps(_fitted_anew(estimator, data, **parameters))
        for oldest in list(_FITS)[:-MOST_FITS]:
            del _FITS[oldest]
    return pickle.loads(_FITS[key])


# Pickled models by the hash of what they were fitted with, the last ones only.
_FITS, MOST_FITS = {}, 32


def _fitted_anew(estimator, data, **parameters):
    """Fit a clone, by default with a fixed penalty: folds are checked elsewhere."""
    parameters = _with_defaults(data, parameters)
    return clone(estimator).set_params(**parameters).fit(data.X_train, data.y_train)


def _with_defaults(data, parameters):
    defaults = {"attributes": data.attributes, "seen_penalty": 0.1, "random_state": 0}
    return {**defaults, **parameters}


def _assert_same_scores(one, other, X, message):
    np.testing.assert_allclose(
        one.predict_proba(X), other.predict_proba(X), atol=TOLERANCE, err_msg=message
    )


def _assert_refused(call, *words, error=ValueError):
    """The call must raise, and the message must hold all the words."""
    try:
        call()
    except error as caught:
        text = str(caught)
        missing = [word for word in words if word.lower() not in text.lower()]
        assert not missing, f"the message lacks {missing}: {text}"
    else:
        raise AssertionError(f"nothing was raised; expected words {words}")


# -- what is there after fit ----------------------------------------------------------


def check_fitted_attributes(name, estimator):
    """Classes are sorted, split into seen and unseen, and aligned with their rows."""
    data = _task(labels=NAMES[::-1])
    clf = _fitted(estimator, data)
    assert list(clf.classes_) == sorted(NAMES)
    assert set(clf.seen_classes_) == set(data.y_train)
    assert set(clf.unseen_classes_) == set(NAMES) - set(data.y_train)
    rows = data.attributes.loc[clf.classes_].to_numpy()
    np.testing.assert_allclose(clf.class_attributes_, rows)
    assert clf.n_features_in_ == data.X_train.shape[1]


def check_scores(name, estimator):
    """Scores are finite float64; probabilities sum to 1 and agree with predict."""
    data = _task()
    clf = _fitted(estimator, data)
    scores, proba = clf.decision_function(data.X_test), clf.predict_proba(data.X_test)
    assert scores.shape == proba.shape == (len(data.X_test), 8)
    assert scores.dtype == np.float64
    assert np.isfinite(scores).all()
    np.testing.assert_allclose(proba.sum(axis=1), 1)
    predicted = clf.predict(data.X_test)
    np.testing.assert_array_equal(clf.classes_[scores.argmax(axis=1)], predicted)
    np.testing.assert_array_equal(clf.classes_[proba.argmax(axis=1)], predicted)


def check_some_classes_only(name, estimator):
    """What is predicted among some classes, and the best three, follow from scores."""
    data = _task()
    clf = _fitted(estimator, data)
    scores = clf.decision_function(data.X_test)
    few = clf.unseen_classes_[::-1]
    of_few = scores[:, np.searchsorted(clf.classes_, few)]
    predicted = clf.predict(data.X_test, classes=few)
    np.testing.assert_array_equal(predicted, few[of_few.argmax(axis=1)])
    proba = clf.predict_proba(data.X_test, classes=few)
    np.testing.assert_allclose(proba.sum(axis=1), 1)
    np.testing.assert_array_equal(few[proba.argmax(axis=1)], predicted)
    labels, best = clf.predict_top_k(data.X_test, k=3)
    order = np.argsort(-scores, axis=1, kind="stable")[:, :3]
    np.testing.assert_array_equal(labels, clf.classes_[order])
    np.testing.assert_array_equal(best, np.take_along_axis(scores, order, axis=1))
    _assert_refused(lambda: clf.predict(data.X_test, classes=[99]), "classes", "99")
    _assert_refused(lambda: clf.predict_top_k(data.X_test, k=9), "k must be", "9")


def check_two_classes_give_one_column(name, estimator):
    """With two classes the decision function is a vector, as in scikit-learn."""
    data = _task()
    two = np.unique(data.y_train)[:2]
    kept = np.isin(data.y_train, two)
    clf = clone(estimator).set_params(attributes=data.attributes.loc[two])
    clf.fit(data.X_train[kept], data.y_train[kept])
    decision = clf.decision_function(data.X_train[kept])
    assert decision.shape == (kept.sum(),)
    np.testing.assert_array_equal(
        clf.classes_[(decision > 0).astype(int)], clf.predict(data.X_train[kept])
    )


# -- the class table ------------------------------------------------------------------


def check_row_order_does_not_matter(name, estimator):
    """Shuffled rows of the class table give the same model."""
    data = _task()
    shuffled = data.attributes.iloc[::-1]
    one, other = (
        _fitted(estimator, data),
        _fitted(estimator, data, attributes=shuffled),
    )
    _assert_same_scores(one, other, data.X_test, "row order changed the model")


def check_array_equals_dataframe(name, estimator):
    """An array, with classes or for integer labels, equals a DataFrame."""
    data = _task()
    frame = _fitted(estimator, data)
    matrix = data.attributes.to_numpy()
    array = _fitted(estimator, data, attributes=matrix)
    _assert_same_scores(frame, array, data.X_test, "array differs from DataFrame")
    named = _fitted(
        estimator, data, attributes=matrix[::-1], classes=np.arange(8)[::-1]
    )
    _assert_same_scores(frame, named, data.X_test, "classes= is not respected")


def check_no_attributes_equals_one_hot(name, estimator):
    """Without attributes the estimator is an ordinary classifier on one-hot rows."""
    data = _task()
    labels = np.unique(data.y_train)
    one_hot = pd.DataFrame(np.eye(len(labels)), index=labels)
    without = _fitted(estimator, data, attributes=None)
    _assert_same_scores(
        without,
        _fitted(estimator, data, attributes=one_hot),
        data.X_test,
        "attributes=None differs from one-hot rows",
    )
    np.testing.assert_array_equal(without.classes_, labels)


def check_unseen_classes_can_be_predicted(name, estimator):
    """A large penalty on seen classes leaves only unseen ones."""
    data = _task()
    clf = _fitted(estimator, data)
    clf.seen_penalty_ = 1e12
    assert set(clf.predict(data.X_test)) <= set(clf.unseen_classes_)
    clf.seen_penalty_ = -1e12
    assert set(clf.predict(data.X_test)) <= set(clf.seen_classes_)


def check_label_types(name, estimator):
    """Integers, strings, floats, booleans and categoricals come back as given."""
    for labels in (
        [30, 10, 20, 70, 60, 50, 40, 0],
        NAMES,
        np.arange(8) * 2.0,
        np.array(NAMES, dtype=object),
    ):
        data = _task(labels=labels)
        predicted = _fitted(estimator, data).predict(data.X_test)
        assert set(predicted) <= set(labels)
        assert predicted.dtype.kind == np.asarray(data.y_train).dtype.kind
    data = _task(labels=NAMES)
    plain = _fitted(estimator, data)
    data.y_train = pd.Series(pd.Categorical(data.y_train, categories=NAMES))
    _assert_same_scores(plain, _fitted(estimator, data), data.X_test, "categorical y")


def check_boolean_labels(name, estimator):
    """True and False are labels like any other."""
    data = _task()
    y = data.y_train == data.y_train[0]
    table = pd.DataFrame([[0.0, 1.0], [1.0, 0.0]], index=[True, False])
    clf = clone(estimator).set_params(attributes=table, random_state=0)
    predicted = clf.fit(data.X_train, y).predict(data.X_train)
    assert predicted.dtype == bool
    assert (predicted == y).mean() > 0.5


def check_add_classes(name, estimator):
    """New classes change no old score and can be predicted; old ones are safe."""
    data = _task(labels=NAMES)
    clf = _fitted(estimator, data)
    before = clf.decision_function(data.X_test)
    new = pd.DataFrame(
        np.random.RandomState(0).uniform(size=(2, 4)),
        index=["auk", "yak"],
        columns=data.attributes.columns,
    )
    twin = pickle.loads(pickle.dumps(clf)).add_classes(new.iloc[:, ::-1])
    assert clf.add_classes(new) is clf
    assert list(clf.classes_) == sorted([*NAMES, "auk", "yak"])
    assert {"auk", "yak"} <= set(clf.unseen_classes_)
    scores = clf.decision_function(data.X_test)
    after = scores[:, np.isin(clf.classes_, NAMES)]
    np.testing.assert_allclose(after, before, atol=TOLERANCE)
    # Columns are matched by name.
    np.testing.assert_allclose(twin.decision_function(data.X_test), scores)
    assert clf.predict_proba(data.X_test).shape == (len(data.X_test), 10)
    _assert_refused(lambda: clf.add_classes(new), "auk", "exist")
    _assert_refused(lambda: clf.add_classes(new.iloc[:, :3]), "attributes")


# -- determinism and isolation --------------------------------------------------------


def check_rows_are_independent(name, estimator):
    """A prediction depends neither on the other rows nor on earlier calls."""
    data = _task()
    clf = _fitted(estimator, data)
    together = clf.decision_function(data.X_test)
    alone = np.vstack([clf.decision_function(row[None]) for row in data.X_test[:5]])
    np.testing.assert_allclose(together[:5], alone, atol=TOLERANCE)
    np.testing.assert_array_equal(together, clf.decision_function(data.X_test))
    backwards = clf.decision_function(data.X_test[::-1])[::-1]
    np.testing.assert_allclose(together, backwards, atol=TOLERANCE)


def check_same_seed_same_model(name, estimator):
    """An int as random_state fixes the whole fit, calibration included."""
    data = _task()
    one, other = (_fitted_anew(estimator, data, seen_penalty="auto") for _ in range(2))
    assert one.seen_penalty_ == other.seen_penalty_
    np.testing.assert_array_equal(
        one.decision_function(data.X_test), other.decision_function(data.X_test)
    )


def check_other_processes_agree(name, estimator):
    """Models fitted in worker processes equal the one fitted here."""
    data = _task()
    fit = joblib.delayed(_fitted_anew)
    workers = joblib.Parallel(n_jobs=2)(fit(estimator, data) for _ in range(2))
    here = _fitted_anew(estimator, data)
    for there in workers:
        _assert_same_scores(here, there, data.X_test, "another process disagrees")


def check_folds_side_by_side(name, estimator):
    """The result does not depend on how many folds are fitted at a time, nor where."""
    if "n_jobs" not in estimator.get_params():
        return
    data = _task()
    alone = _fitted(estimator, data, seen_penalty="auto")
    for backend in ("loky", "threading"):
        with joblib.parallel_config(backend=backend):
            both = _fitted_anew(estimator, data, seen_penalty="auto", n_jobs=2)
        assert both.seen_penalty_ == alone.seen_penalty_, f"{backend} differs"
        np.testing.assert_array_equal(
            both.decision_function(data.X_test), alone.decision_function(data.X_test)
        )


def check_pickle(name, estimator):
    """A pickled model predicts the same."""
    data = _task()
    clf = _fitted(estimator, data)
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

    data = _task()
    before = state()
    clf = _fitted_anew(estimator, data, seen_penalty="auto", random_state=None)
    assert state() == before, "fit moved a global random state"
    clf.predict_proba(data.X_test)
    clf.add_classes(np.ones((1, 4)))
    clf.predict(data.X_test)
    assert state() == before, "prediction moved a global random state"


def check_inputs_stay_untouched(name, estimator):
    """Read-only inputs are accepted and nothing is changed in place."""
    data = _task()
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


def check_table_is_copied(name, estimator):
    """Changing the user's table after fit does not change the model."""
    data = _task()
    clf = _fitted(estimator, data)
    before = clf.decision_function(data.X_test)
    data.attributes.iloc[:] = 0.0
    np.testing.assert_array_equal(before, clf.decision_function(data.X_test))


def check_no_files_are_written(name, estimator):
    """Fitting and predicting leaves the working directory empty."""
    data = _task()
    home = os.getcwd()
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        try:
            _fitted_anew(estimator, data).predict(data.X_test)
            left = os.listdir(folder)
        finally:
            os.chdir(home)
    assert not left, f"fit wrote {left}"


def check_clone_and_refit(name, estimator):
    """A refitted model equals a fresh one, whatever it was fitted on before."""
    data = _task()
    fresh = _fitted_anew(estimator, data)
    used = _fitted_anew(estimator, data, random_state=3)
    used.set_params(random_state=0).fit(data.X_train, data.y_train)
    _assert_same_scores(fresh, used, data.X_test, "traces of an earlier fit")


def check_interrupted_fit(name, estimator):
    """Ctrl-C at any point of a second fit leaves the first model as it was.

    An ensemble may do with the estimators that were finished, and says so.
    """
    data = _task()
    clf = _fitted_anew(estimator, data)
    before, torch_state = clf.decision_function(data.X_test), torch.get_rng_state()
    clf.set_params(random_state=3)
    X, y = data.X_train[1:], data.y_train[1:]
    with _InterruptAt(np.inf, estimator) as whole:
        clone(clf).fit(X, y)
    for share in (0.02, 0.3, 0.6, 0.9):
        interrupt = _InterruptAt(round(share * whole.n_calls), estimator)
        with warnings.catch_warnings(record=True) as caught, interrupt:
            warnings.simplefilter("always", ZeroShotWarning)
            try:
                clf.fit(X, y)
            except KeyboardInterrupt:
                pass
            else:
                assert any("Interrupted" in str(w.message) for w in caught)
                clf = _fitted_anew(estimator, data)
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
        own = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
        self.places = own, inspect.getfile(type(estimator))

    def __enter__(self):
        sys.setprofile(self)
        return self

    def __exit__(self, *error):
        sys.setprofile(None)

    def __call__(self, frame, event, argument):
        code, file = frame.f_code, frame.f_code.co_filename
        if event != "call" or file == __file__ or not file.startswith(self.places):
            return
        # To close a generator Python enters it again, and drops what is raised then.
        if code.co_flags & inspect.CO_GENERATOR:
            return
        self.n_calls += 1
        if self.n_calls >= self.wanted:
            sys.setprofile(None)
            self.happened = True
            raise KeyboardInterrupt


# -- calibration and search -----------------------------------------------------------


def check_auto_penalty(name, estimator):
    """The fitted penalty is finite and taken from the scores of seen classes only."""
    data = _task()
    clf = _fitted(estimator, data, seen_penalty="auto")
    assert np.isfinite(clf.seen_penalty_)
    assert clf.held_out_results_ is not None
    with_penalty = clf.decision_function(data.X_test)
    penalty, clf.seen_penalty_ = clf.seen_penalty_, 0.0
    taken = clf.decision_function(data.X_test) - with_penalty
    expected = penalty * np.isin(clf.classes_, clf.seen_classes_)
    np.testing.assert_allclose(taken, np.tile(expected, (len(taken), 1)), atol=1e-6)


def check_nothing_to_calibrate(name, estimator):
    """The automatic penalty is 0 without unseen classes or with too few seen ones."""
    data = _task()
    every = _fitted(estimator, data, attributes=None, seen_penalty="auto")
    assert every.seen_penalty_ == 0
    few = np.isin(data.y_train, np.unique(data.y_train)[:3])
    data.X_train, data.y_train = data.X_train[few], data.y_train[few]
    with _warned_of("y holds 3 classes"):
        clf = _fitted_anew(estimator, data, seen_penalty="auto")
    assert clf.seen_penalty_ == 0
    assert clf.held_out_results_ is None


def check_grid_search(name, estimator):
    """A search over a pipeline, in parallel, with string labels and DataFrames."""
    data = _task(labels=NAMES)
    X = pd.DataFrame(data.X_train).add_prefix("feature_")
    clf = clone(estimator).set_params(attributes=data.attributes, random_state=0)
    pipeline = make_pipeline(StandardScaler().set_output(transform="pandas"), clf)
    step = pipeline.steps[-1][0]
    search = GridSearchCV(
        pipeline,
        {f"{step}__seen_penalty": [0.0, 0.1]},
        cv=ClassHoldoutSplit(n_splits=2, random_state=0),
        scoring=GZSLScorer("H"),
        n_jobs=2,
        error_score="raise",
    )
    search.fit(X, data.y_train)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
    assert set(search.classes_) == set(NAMES)


def check_degenerate_data(name, estimator):
    """Scores stay finite when samples, features or descriptions do not vary."""
    data = _task()
    single = np.unique(data.y_train, return_index=True)[1]
    constant = data.attributes * 0 + 1
    twins = data.attributes.copy()
    twins.iloc[0] = twins.iloc[1]
    same = "attributes describes several"
    for X, y, table, warning in (
        (data.X_train[single], data.y_train[single], data.attributes, None),
        (np.ones_like(data.X_train), data.y_train, data.attributes, None),
        (data.X_train, data.y_train, constant, same),
        (data.X_train, data.y_train, twins, same),
    ):
        clf = clone(estimator).set_params(attributes=table, random_state=0)
        with _warned_of(warning):
            clf.fit(X, y)
        assert np.isfinite(clf.decision_function(data.X_test)).all()


@contextlib.contextmanager
def _warned_of(start):
    """Demand one ZeroShotWarning that starts like this; none at all for None."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", ZeroShotWarning)
        yield
    found = [str(warning.message) for warning in caught]
    expected = 0 if start is None else 1
    assert len(found) == expected, f"{expected} warnings expected, got {found}"
    assert all(message.startswith(start) for message in found)


# -- errors ---------------------------------------------------------------------------


def check_refused_class_tables(name, estimator):
    """Tables that do not fit the labels are refused, and the message says why."""
    data = _task(labels=NAMES)
    seen = data.y_train[0]

    def fit(**parameters):
        return lambda: _fitted_anew(estimator, data, **parameters)

    table, matrix = data.attributes, data.attributes.to_numpy()
    _assert_refused(fit(attributes=table.drop(seen)), "attributes", seen, "row")
    twice = pd.concat([table, table.loc[[seen]]])
    _assert_refused(fit(attributes=twice), "attributes", seen, "more than once")
    for bad in (np.nan, np.inf):
        spoiled = table.copy()
        spoiled.loc[seen] = bad
        _assert_refused(fit(attributes=spoiled), "attributes", seen, "nan or infinity")
    _assert_refused(fit(attributes=matrix), "attributes", "classes=")
    _assert_refused(fit(attributes=matrix, classes=NAMES[:3]), "classes", "8 rows")
    _assert_refused(fit(attributes=table, classes=NAMES), "classes", "index")
    _assert_refused(fit(attributes=None, classes=NAMES), "classes", "attributes")
    _assert_refused(fit(attributes=table.assign(a="x")), "attributes", "numbers")
    _assert_refused(fit(attributes=matrix[0], classes=NAMES), "attributes", "shape")


def check_refused_data(name, estimator):
    """Wrong features are refused in fit and in predict."""
    data = _task()
    clf = _fitted(estimator, data)
    _assert_refused(lambda: clf.predict(data.X_test[:, :3]), "3 features", "6")
    sparse = csr_array(data.X_train)
    _assert_refused(lambda: clf.predict(sparse), "sparse", error=TypeError)
    data.X_train = sparse
    _assert_refused(lambda: _fitted_anew(estimator, data), "sparse", error=TypeError)


def check_refused_parameters(name, estimator):
    """Impossible parameters are refused in fit, by name."""
    data = _task()
    for value in ("automatic", None, float("nan")):
        _assert_refused(
            lambda value=value: _fitted_anew(estimator, data, seen_penalty=value),
            "seen_penalty",
        )


# -- estimators that train with torch -------------------------------------------------


def check_batch_size_does_not_change_predictions(name, estimator):
    """batch_size is for training; changed afterwards it does nothing."""
    data = _task()
    clf = _fitted(estimator, data)
    before = clf.decision_function(data.X_test)
    clf.set_params(batch_size=2)
    np.testing.assert_array_equal(before, clf.decision_function(data.X_test))


def check_unknown_device(name, estimator):
    """A device that does not exist is refused, with those that do."""
    data = _task()
    for device in ("abacus", "cuda:99"):
        _assert_refused(
            lambda device=device: _fitted_anew(estimator, data, device=device),
            "device",
            device,
            "'cpu'",
        )


def check_non_finite_loss(name, estimator):
    """A loss that explodes stops the fit, naming the epoch and a remedy.

    A network whose output is bounded may get through.
    """
    data = _task()
    data.X_train = data.X_train * 1e18
    data.X_train[0] *= 1e19
    net_params = {"optimizer": torch.optim.SGD, "optimizer__weight_decay": 0.0}
    settings = {"lr": 1e30, "max_epochs": 20, "early_stopping": False}
    message = "the loss may explode in no epoch, whatever the lr"
    try:
        clf = _fitted_anew(estimator, data, net_params=net_params, **settings)
    except ValueError as error:
        message = str(error)
    else:
        assert np.isfinite(clf.history_[:, "train_loss"]).all()
    assert all(word in message for word in ("loss", "epoch", "lr")), message


def check_fitted_net(name, estimator):
    """History, epoch count and net are there, and the optimiser is gone."""
    data = _task()
    clf = _fitted_anew(estimator, data, early_stopping=False, max_epochs=2)
    assert clf.n_iter_ == len(clf.history_) == 2
    parts = [key for key in clf.history_[-1] if key.endswith("_loss")]
    assert len(parts) >= 2, "the parts of the loss are not in the history"
    large = _fitted_anew(
        estimator, data, early_stopping=False, max_epochs=2, warm_start=True
    )
    assert len(pickle.dumps(clf)) < len(pickle.dumps(large))


def check_warm_start(name, estimator):
    """warm_start goes on from the last weights."""
    data = _task()
    settings = {"warm_start": True, "early_stopping": False, "max_epochs": 2}
    clf = _fitted_anew(estimator, data, **settings)
    before = clf.decision_function(data.X_test)
    clf.fit(data.X_train, data.y_train)
    assert clf.n_iter_ == 4
    assert not np.array_equal(before, clf.decision_function(data.X_test))
    fewer = data.y_train != data.y_train[0]
    _assert_refused(
        lambda: clf.fit(data.X_train[fewer], data.y_train[fewer]), "warm_start"
    )


def check_threads_agree(name, estimator):
    """Models fitted in two threads at once equal the one fitted alone."""
    data = _task()
    alone = _fitted(estimator, data)
    fit = joblib.delayed(_fitted_anew)
    torch_state = torch.get_rng_state()
    together = joblib.Parallel(n_jobs=2, backend="threading")(
        fit(estimator, data) for _ in range(2)
    )
    assert torch.equal(torch_state, torch.get_rng_state())
    for other in together:
        _assert_same_scores(alone, other, data.X_test, "a thread disagrees")


def check_silent_by_default(name, estimator):
    """verbose=0 prints nothing."""
    data = _task()
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
        _fitted_anew(estimator, data, verbose=0)
    assert printed.getvalue() == ""


def check_gpu_model_loads_on_cpu(name, estimator):
    """A model trained on a GPU predicts the same on the CPU; needs a GPU."""
    if not torch.cuda.is_available():
        return
    data = _task()
    clf = _fitted_anew(estimator, data, device="cuda")
    on_gpu = clf.decision_function(data.X_test)
    content = pickle.dumps(clf)
    on_cpu = joblib.Parallel(n_jobs=1, backend="loky")(
        [joblib.delayed(_predict_without_gpu)(content, data.X_test)]
    )[0]
    np.testing.assert_allclose(on_gpu, on_cpu, atol=1e-6)


def _predict_without_gpu(content, X):
    os.environ["CUDA_VISIBLE_DEVICES"] = ""
    return pickle.loads(content).decision_function(X)


ALL_CHECKS = (
    check_fitted_attributes,
    check_scores,
    check_some_classes_only,
    check_two_classes_give_one_column,
    check_row_order_does_not_matter,
    check_array_equals_dataframe,
    check_no_attributes_equals_one_hot,
    check_unseen_classes_can_be_predicted,
    check_label_types,
    check_boolean_labels,
    check_add_classes,
    check_rows_are_independent,
    check_same_seed_same_model,
    check_other_processes_agree,
    check_folds_side_by_side,
    check_pickle,
    check_global_random_state,
    check_inputs_stay_untouched,
    check_table_is_copied,
    check_no_files_are_written,
    check_clone_and_refit,
    check_interrupted_fit,
    check_auto_penalty,
    check_nothing_to_calibrate,
    check_grid_search,
    check_degenerate_data,
    check_refused_class_tables,
    check_refused_data,
    check_refused_parameters,
)

TORCH_CHECKS = (
    check_batch_size_does_not_change_predictions,
    check_unknown_device,
    check_non_finite_loss,
    check_fitted_net,
    check_warm_start,
    check_threads_agree,
    check_silent_by_default,
    check_gpu_model_loads_on_cpu,
)
