"""Estimators that are fitted inside another one, which starts from them.

They solve the same task without a seen penalty. They also tell which scaling of the
descriptions suits it.
"""

from zsl_estimators.nested import fit_weighted
from zsl_estimators.seeds import LARGEST_SEED
from zsl_estimators.threads import one_blas_thread


def best_inside(estimators, table, X, y, random_state, weights=None):
    """Fit estimators to the task of another one; the best one on held-out classes.

    They are compared on the same folds, those of one seed.

    Parameters
    ----------
    estimators : list of BaseZeroShotClassifier
        Not fitted.
    table : ClassTable
        All classes.
    X : ndarray of shape (n_samples, n_features)
        Features in the users' units.
    y : ndarray of shape (n_samples,)
        Labels.
    random_state : RandomState
        Draws the seed.
    weights : ndarray of shape (n_samples,) or None, default=None
        Weights of the samples; None is 1.

    Returns
    -------
    best : BaseZeroShotClassifier
        Fitted. The first of equals, for without folds there is no difference.
    """
    seed = random_state.randint(LARGEST_SEED)
    for estimator in estimators:
        estimator.set_params(
            attributes=table.matrix, classes=table.labels, seen_penalty=0.0
        )
        if estimator.random_state is None:
            estimator.set_params(random_state=seed)
    fitted = [fit_inside(estimator, X, y, weights) for estimator in estimators]
    return max(fitted, key=lambda one: one._held_out_area)


def fit_inside(estimator, X, y, weights=None):
    """Fit an estimator inside another one.

    The one outside has warned of the class table, and takes labelled rows of unseen
    classes itself.
    What a network starts from must not depend on the number of threads.

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
    estimator._warns_of_table = estimator._takes_rows = False
    with one_blas_thread():
        return fit_weighted(estimator, X, y, weights)
