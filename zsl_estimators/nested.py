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


def with_choices_fixed(fitted):
    """Clone an estimator such that its fit would repeat what it has chosen.

    Follows scikit-learn's names: what was chosen for a parameter ``alpha="auto"``, or
    from a parameter ``alphas=(...)``, is the attribute ``alpha_``.

    Parameters
    ----------
    fitted : estimator
        Stays untouched.

    Returns
    -------
    estimator : estimator
        Not fitted.
    """
    chosen = {}
    for name, value in fitted.get_params(deep=False).items():
        if isinstance(value, str) and value == "auto" and hasattr(fitted, f"{name}_"):
            chosen[name] = getattr(fitted, f"{name}_")
        elif name.endswith("s") and hasattr(fitted, f"{name[:-1]}_"):
            chosen[name] = [getattr(fitted, f"{name[:-1]}_")]
    return clone(fitted).set_params(**chosen)


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
