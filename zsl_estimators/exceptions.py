"""Warnings of the package."""


class ZeroShotWarning(UserWarning):
    """The data can be fitted, but some classes cannot be distinguished.

    Reasons are: two classes with the same description; descriptions that differ very
    little, relative to their size; a class that is described by zeros alone; unseen
    classes with fewer than four seen ones, so that ``seen_penalty="auto"`` cannot fit
    the penalty; a class table whose first column looks like the labels of its rows; and
    missing values of the class table, which are imputed.

    Examples
    --------
    >>> import warnings
    >>> from zsl_estimators.exceptions import ZeroShotWarning
    >>> warnings.simplefilter("error", ZeroShotWarning)  # doctest: +SKIP
    """


class InconsistentVersionWarning(UserWarning):
    """An estimator is loaded with another version of the package than it was stored by.

    Examples
    --------
    >>> import warnings
    >>> from zsl_estimators.exceptions import InconsistentVersionWarning
    >>> warnings.simplefilter("error", InconsistentVersionWarning)  # doctest: +SKIP
    """
