"""Warnings of the package."""

import inspect
import warnings

# What stands between the line of a user and a warning: a call of this package, directly
# or through pipelines, searches and contexts.
BETWEEN = "zsl_estimators", "sklearn", "joblib", "contextlib"


class ZeroShotWarning(UserWarning):
    """The data can be fitted, but some classes cannot be distinguished.

    Reasons are: two classes with the same description; descriptions that differ very
    little, relative to their size; a class that is described by zeros alone; unseen
    classes with fewer than four seen ones, or one sample of each, so that
    ``seen_penalty="auto"`` cannot fit the penalty; a class table with a column that
    looks like the labels of its rows; missing values of the class table, which are
    imputed; and too few held-out samples for the confidence level of prediction sets.

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


def warn_user(message, category=ZeroShotWarning):
    """Warn, and point at the line of the user.

    Parameters
    ----------
    message : str
        What is wrong, and what to do.
    category : type, default=ZeroShotWarning
        Class of the warning.
    """
    level, frame = 1, inspect.currentframe()
    while frame is not None and top_package(frame) in BETWEEN:
        level, frame = level + 1, frame.f_back
    warnings.warn(message, category, stacklevel=level)


def top_package(frame):
    """Name of the package that the code of a frame belongs to."""
    return frame.f_globals.get("__name__", "").partition(".")[0]
