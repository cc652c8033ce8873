"""The task that checks fit estimators to, and what they do with it."""

import pickle

import joblib
import numpy as np
from sklearn.base import clone

from zsl_estimators.datasets import make_gzsl

TOLERANCE = 1e-8


def small_task(n_samples_per_class=12, labels=None):
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


def fitted(estimator, data, **parameters):
    """Copy of a fitted clone; what was fitted before is not fitted again.

    Many checks begin with the same fit. Each gets a copy of its own.
    """
    parameters = with_defaults(estimator, data, parameters)
    settings = {**estimator.get_params(), **parameters}
    content = type(estimator), settings, data.X_train, data.y_train
    try:
        key = joblib.hash(content)
    except (AttributeError, TypeError, pickle.PicklingError):
        return fitted_anew(estimator, data, **parameters)
    if key not in _FITS:
        _FITS[key] = pickle.dumps(fitted_anew(estimator, data, **parameters))
        for oldest in list(_FITS)[:-MOST_FITS]:
            del _FITS[oldest]
    return pickle.loads(_FITS[key])


# Pickled models by the hash of what they were fitted with, the last ones only.
_FITS, MOST_FITS = {}, 32


def fitted_anew(estimator, data, **parameters):
    """Fit a clone, by default with a fixed penalty and without folds for epochs.

    Where folds matter, a check asks for ``seen_penalty="auto"``.
    """
    parameters = with_defaults(estimator, data, parameters)
    return clone(estimator).set_params(**parameters).fit(data.X_train, data.y_train)


def with_defaults(estimator, data, parameters):
    defaults = {"attributes": data.attributes, "seen_penalty": 0.1, "random_state": 0}
    folds = parameters.get("seen_penalty") == "auto"
    if not folds and "early_stopping" in estimator.get_params():
        defaults["early_stopping"] = False
    return {**defaults, **parameters}


def assert_same_scores(one, other, X, message):
    np.testing.assert_allclose(
        one.predict_proba(X), other.predict_proba(X), atol=TOLERANCE, err_msg=message
    )


def assert_refused(call, *words, error=ValueError):
    """The call must raise, and the message must hold all the words."""
    try:
        call()
    except error as caught:
        text = str(caught)
        missing = [word for word in words if word.lower() not in text.lower()]
        assert not missing, f"the message lacks {missing}: {text}"
    else:
        raise AssertionError(f"nothing was raised; expected words {words}")
