"""Estimators that are fitted inside another one, which starts from them.

They solve the same task without a seen penalty. They also tell which scaling of the
descriptions suits it.
"""

from numbers import Integral

from sklearn.base import clone

from zsl_estimators.nested import fit_weighted
from zsl_estimators.scaling import scalings_to_compare
from zsl_estimators.seeds import LARGEST_SEED
from zsl_estimators.threads import one_blas_thread


def fit_init(estimator, X, y, random_state, weights=None):
    """Fit the estimator that another one starts from.

    Parameters
    ----------
    estimator : BaseZeroShotClassifier
        Being fitted; has a parameter `init`, and its class table is set up.
    X : ndarray of shape (n_samples, n_features)
        Features in the users' units.
    y : ndarray of shape (n_samples,)
        Labels.
    random_state : RandomState
        Draws the seed, unless the estimator has been given one.
    weights : ndarray of shape (n_samples,) or None, default=None
        Weights of the samples; None is 1.

    Returns
    -------
    init : BaseZeroShotClassifier or None
        Fitted; None if it starts from none.
    """
    if estimator.init is None:
        return None
    automatic = isinstance(estimator.init, str)
    inits = estimator._new_inits() if automatic else [clone(estimator.init)]
    seed = seed_inside(estimator, random_state)
    return best_inside(inits, estimator._table, X, y, seed, weights)


def first_scaling(estimator, X, y, random_state, weights=None):
    """Find out which scaling of the descriptions to begin with.

    Parameters
    ----------
    estimator : BaseZeroShotClassifier
        Being fitted; has a parameter `attribute_scaling`, and its initial estimator is
        fitted.
    X, y, random_state, weights
        See :func:`fit_init`.

    Returns
    -------
    scaling : str
        The one that is given; for "auto" that of the initial estimator, or of what
        would be one, where the estimator does not compare scalings by itself.
    """
    scaling = scalings_to_compare(estimator.attribute_scaling)[0]
    if estimator.attribute_scaling != "auto" or not estimator._takes_over_scaling:
        return scaling
    chosen_by = getattr(estimator, "init_", None)
    if chosen_by is None:
        inits, seed = estimator._new_inits(), seed_inside(estimator, random_state)
        chosen_by = best_inside(inits, estimator._table, X, y, seed, weights)
    return getattr(chosen_by, "attribute_scaling_", scaling)


def seed_inside(estimator, random_state):
    """Seed of what is fitted inside an estimator and has none of its own.

    It is that of the estimator, if it has been given one: its initial estimator is then
    the one that a user would fit alone with the same seed.

    Parameters
    ----------
    estimator, random_state
        See :func:`fit_init`.

    Returns
    -------
    seed : int
        For `random_state` of an estimator.
    """
    # Drawn in any case: what is drawn later must not depend on the type of the seed.
    drawn = random_state.randint(LARGEST_SEED)
    given = estimator.random_state
    return given if isinstance(given, Integral) else drawn


def best_inside(estimators, table, X, y, seed, weights=None):
    """Fit estimators to the task of another one; the best one on held-out classes.

    They are compared on the same folds, those of one seed.

    Parameters
    ----------
    estimators : list of BaseZeroShotClassifier
        Not fitted.
    table : ClassTable
        All classes.
    X, y, weights
        See :func:`fit_init`.
    seed : int
        Of estimators that have none.

    Returns
    -------
    best : BaseZeroShotClassifier
        Fitted. The first of equals, for without folds there is no difference.
    """
    for estimator in estimators:
        estimator.set_params(
            attributes=table.matrix, classes=table.labels, seen_penalty=0.0
        )
        if estimator.random_state is None:
            estimator.set_params(random_state=seed)
    fitted = [fit_inside(estimator, X, y, weights) for estimator in estimators]
    return max(fitted, key=lambda one: one._held_out_area)


def fit_inside(estimator, X, y, weights=None):
    """Fit an estimator inside another one, which has warned of the class table.

    What a network starts from must not depend on the number of threads. Labelled rows
    are given to the other one, so that this one need not know what they would tell.

    Parameters
    ----------
    estimator : BaseZeroShotClassifier
        Knows the class table.
    X : ndarray of shape (n_samples, n_features)
        Features.
    y : ndarray of shape (n_samples,)
        Labels.
    weights : ndarray of shape (n_samples,) or None, default=None
        Weights of the samples; None is 1.

    Returns
    -------
    estimator : BaseZeroShotClassifier
        The same, fitted.
    """
    estimator._warns_of_table = estimator._takes_labelled_rows = False
    with one_blas_thread():
        return fit_weighted(estimator, X, y, weights)
