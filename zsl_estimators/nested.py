"""Classifiers of scikit-learn inside our estimators."""

from contextlib import contextmanager

import numpy as np
from sklearn import config_context
from sklearn.base import clone
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection._search import BaseSearchCV
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import has_fit_parameter

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


def classifier_of_seen(estimator, problem, random_state):
    """Fit a classifier of the seen classes.

    Parameters
    ----------
    estimator : classifier or None
        Is cloned. None is :class:`~sklearn.linear_model.LogisticRegression`, which
        refuses a single class; for that a :class:`~sklearn.dummy.DummyClassifier`.
    problem : Problem
        Training samples.
    random_state : RandomState
        Seeds it.

    Returns
    -------
    classifier : classifier
        Fitted on positions of classes.
    """
    if estimator is None:
        several = problem.n_seen > 1
        estimator = LogisticRegression(max_iter=1000) if several else DummyClassifier()
    estimator = seeded_clone(estimator, random_state)
    return fit_weighted(estimator, problem.X, problem.y, problem.weights)


def fit_weighted(estimator, X, y, weights, *, optional=False):
    """Fit an estimator on samples that may have weights.

    Parameters
    ----------
    estimator : estimator
        Not fitted.
    X : array-like of shape (n_samples, n_features)
        Features.
    y : array-like of shape (n_samples,) or None
        Labels; None gives none.
    weights : ndarray of shape (n_samples,) or None
        Weights of the samples; None gives none.
    optional : bool, default=False
        Whether an estimator that takes no weights is fitted without them.

    Returns
    -------
    estimator : estimator
        Fitted.

    Raises
    ------
    TypeError
        If there are weights and the estimator takes none.
    """
    labels = () if y is None else (y,)
    with weights_for(estimator, weights, optional=optional) as arguments:
        return estimator.fit(X, *labels, **arguments)


@contextmanager
def weights_for(estimator, weights, *, optional=False):
    """Yield the keyword arguments that give an estimator inside its weights.

    They are those of the estimator outside, whatever requests are set inside: the
    routing of metadata is off meanwhile.

    Parameters
    ----------
    estimator, weights, optional
        See :func:`fit_weighted`.

    Yields
    ------
    arguments : dict
        For its ``fit``; empty without weights.
    """
    if weights is None:
        yield {}
        return
    arguments = weight_arguments(estimator, weights)
    if not arguments and not optional:
        raise TypeError(
            f"sample_weight was given, but fit of {estimator!r} inside takes none. Use "
            "another estimator there, or leave out sample_weight."
        )
    with config_context(enable_metadata_routing=False):
        yield arguments


def weight_arguments(estimator, weights):
    """Keyword arguments that give an estimator its weights; none if it takes none.

    Parameters
    ----------
    estimator : estimator
        A pipeline gets them for all steps that take some, if the last one does.
    weights : ndarray of shape (n_samples,)
        Weights of the samples.

    Returns
    -------
    arguments : dict
        For its ``fit``.
    """
    if isinstance(estimator, BaseSearchCV):
        return weight_arguments(estimator.estimator, weights)
    if not isinstance(estimator, Pipeline):
        takes_some = has_fit_parameter(estimator, "sample_weight")
        return {"sample_weight": weights} if takes_some else {}
    of_steps = [
        {
            f"{name}__{key}": value
            for key, value in weight_arguments(step, weights).items()
        }
        for name, step in estimator.steps
        if hasattr(step, "fit")
    ]
    if not of_steps or not of_steps[-1]:
        return {}
    return {key: value for of_step in of_steps for key, value in of_step.items()}


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
