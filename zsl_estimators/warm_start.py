"""Whether a fit goes on with the model of the one before."""

import numpy as np

# What must be the same for a model to be trained further, see :func:`learned_from`.
NAMES = "classes in y", "descriptions of the seen classes", "number of features"


def learned_from(estimator):
    """What an estimator is fitted to, as far as a warm start depends on it.

    Parameters
    ----------
    estimator : BaseZeroShotClassifier
        Its class table is set up.

    Returns
    -------
    learned_from : tuple or None
        None where no later fit can go on with this one.
    """
    if not getattr(estimator, "warm_start", False):
        return None
    table = estimator._table
    return estimator.seen_classes_, table.matrix[table.seen], estimator.n_features_in_


def is_warm_start(estimator):
    """Whether to train the model of the last fit further, in its own units.

    Parameters
    ----------
    estimator : BaseZeroShotClassifier
        Being fitted: the class table of the new fit is set up.

    Returns
    -------
    is_warm : bool
        False also where there was no fit, or one that nothing can go on with.

    Raises
    ------
    ValueError
        If the last fit was to other classes or features.
    """
    if not estimator.__sklearn_is_fitted__():
        return False
    now = learned_from(estimator)
    if now is None or estimator._learned_from is None:
        return False
    for what, before, after in zip(NAMES, estimator._learned_from, now, strict=True):
        if not np.array_equal(before, after):
            raise ValueError(
                f"warm_start=True goes on with the last fit, but the {what} "
                f"changed from {np.ravel(before)[:8]} to {np.ravel(after)[:8]}. "
                "Use warm_start=False, or give what it was."
            )
    return True
