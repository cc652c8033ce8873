"""Estimators in print, without the tables that their parameters hold."""

import numpy as np


class Summary:
    """Type and shape of a table, in its place where an estimator is printed.

    Parameters
    ----------
    table : array-like
        Has ``shape``.
    """

    def __init__(self, table):
        self._text = f"{type(table).__name__} {tuple(table.shape)}"

    def __repr__(self):
        return self._text


def with_summaries(estimator):
    """Make a shallow copy whose parameters are fit to print.

    Parameters
    ----------
    estimator : estimator
        Whose class table would fill pages.

    Returns
    -------
    copy : estimator
        For printing only: every parameter that is a table or an array is a
        :class:`Summary`.
    """
    copy = object.__new__(type(estimator))
    vars(copy).update(vars(estimator))
    for name, value in estimator.get_params(deep=False).items():
        if np.size(getattr(value, "shape", ())):
            setattr(copy, name, Summary(value))
    return copy
