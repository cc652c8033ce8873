"""Contexts that estimators are fitted, changed and asked in."""

from contextlib import contextmanager

import numpy as np


@contextmanager
def restored_on_error(estimator):
    """Give an estimator back what it was before, if the block fails or is interrupted.

    Nothing that a fitted estimator holds may be changed in place inside the block.
    """
    former = vars(estimator).copy()
    try:
        yield
    except BaseException:
        vars(estimator).clear()
        vars(estimator).update(former)
        raise


def harmless_underflow():
    """Let tiny numbers become 0, also where numpy was set to raise."""
    return np.errstate(under="ignore")
