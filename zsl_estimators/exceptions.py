"""Warnings of the package."""


class ZeroShotWarning(UserWarning):
    """What was given can be fitted, but some classes can never be told apart.

    Warned of are: two classes with one and the same description; descriptions that
    hardly differ, compared with what they have in common; a class that is
    described by zeros alone; unseen classes beside fewer than four seen ones, where
    ``seen_penalty="auto"`` has nothing to choose the penalty on; a class table
    whose first column looks like the labels of its rows; and missing values of the
    class table, which are imputed.

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
