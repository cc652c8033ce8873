"""Classifiers of scikit-learn inside our estimators."""

import numpy as np
from sklearn.base import clone

from zsl_estimators.seeds import LARGEST_SEED

SMALLEST_PROBABILITY = 1e-12


def seeded_clone(estimator, random_state):
    """Clone an estimator and seed what in it has no seed yet, at any depth.

    Parameters
    ----------
    estimator : estimator
        Stays untouched.
    random_state : RandomState
        Draws the seeds.

    Returns
    -------
    estimator : estimator
        Not fitted.
    """
    estimator = clone(estimator)
    for name, value in sorted(estimator.get_params().items(), key=lambda item: item[0]):
        if name.rpartition("__")[2] == "random_state" and value is None:
            estimator.set_params(**{name: random_state.randint(LARGEST_SEED)})
    return estimator


def fit_on_seen_classes(estimator, X, y_index, random_state):
    """Fit a clone of a classifier on positions among the classes that occur.

    Parameters
    ----------
    estimator : estimator
        Stays untouched.
    X : ndarray of shape (n_samples, n_features)
        Features.
    y_index : ndarray of shape (n_samples,)
        Rows of the class table.
    random_state : RandomState
        Gives it a seed, see :func:`seeded_clone`.

    Returns
    -------
    estimator : estimator
        Fitted.
    """
    _, positions = np.unique(y_index, return_inverse=True)
    return seeded_clone(estimator, random_state).fit(X, positions)


def log_probabilities(classifier, X):
    """Finite logarithms of a fitted classifier's probabilities, float64.

    None counts as less than `SMALLEST_PROBABILITY`, except with naive Bayes, which
    knows the logarithm of any probability.
    """
    if hasattr(classifier, "predict_joint_log_proba"):
        logarithms = classifier.predict_log_proba(X).astype(np.float64)
        return np.maximum(logarithms, np.finfo(np.float32).min)
    probabilities = classifier.predict_proba(X).astype(np.float64)
    return np.log(np.maximum(probabilities, SMALLEST_PROBABILITY))


def can_score(classifier):
    """Whether :func:`class_scores` works with a classifier."""
    return any(hasattr(classifier, m) for m in ("predict_proba", "decision_function"))


def class_scores(classifier, X):
    """Score classes, by log probabilities where the classifier has them.

    Parameters
    ----------
    classifier : estimator
        Fitted, with ``predict_proba`` or ``decision_function``.
    X : ndarray of shape (n_samples, n_features)
        Features.

    Returns
    -------
    scores : ndarray of shape (n_samples, n_classes)
        Finite float64, for two classes also two columns.
    """
    if hasattr(classifier, "predict_proba"):
        return log_probabilities(classifier, X)
    scores = classifier.decision_function(X).astype(np.float64)
    return scores if scores.ndim == 2 else np.column_stack([-scores, scores]) / 2
