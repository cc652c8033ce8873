"""Constraints on constructor parameters, checked when ``fit`` is called.

scikit-learn validates the parameters of its own estimators with a small private
module. It is imported here and nowhere else, so that a change on their side
touches one file of ours.
"""

from numbers import Integral

import numpy as np
from sklearn.utils._param_validation import (
    HasMethods,
    Interval,
    StrOptions,
    validate_parameter_constraints,
)

__all__ = [
    "HasMethods",
    "Interval",
    "StrOptions",
    "check_parameters",
    "has_grids",
    "has_widths",
    "published_settings",
]


def check_parameters(estimator):
    """Refuse constructor parameters that no fit can work with.

    Parameters
    ----------
    estimator : estimator
        Has a class attribute ``_parameter_constraints`` in scikit-learn's format. It
        and each class it inherits from may have ``_parameter_checks``, functions of
        the estimator that refuse parameters which do not go together.

    Raises
    ------
    ValueError
        The message names the parameter, what it may be and what was found. Where one
        parameter is wrong, the exception is a TypeError as well.
    """
    constraints = estimator._parameter_constraints
    values = estimator.get_params(deep=False)
    # An estimator of somebody else need not have all parameters of its base class.
    given = {name: values[name] for name in constraints if name in values}
    validate_parameter_constraints(
        constraints, given, caller_name=type(estimator).__name__
    )
    for cls in reversed(type(estimator).__mro__):
        for check in vars(cls).get("_parameter_checks", ()):
            check(estimator)


def has_grids(*names):
    """Make a check of parameters that are sequences of positive numbers.

    Parameters
    ----------
    *names : str
        Names of the parameters.

    Returns
    -------
    check : callable
        ``check(estimator)`` raises a ValueError that names the parameter and gives an
        example.
    """

    def check(estimator):
        for name in names:
            values = getattr(estimator, name)
            if not is_positive_grid(values):
                raise ValueError(
                    f"{name} must hold at least one number, all finite and positive, "
                    f"got {values!r}. For instance {name}=(0.1, 1.0, 10.0)."
                )

    return check


def is_positive_grid(values):
    """Whether these are one or more finite positive numbers."""
    try:
        values = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError):
        return False
    good = np.isfinite(values) & (values > 0)
    return values.ndim == 1 and values.size > 0 and bool(good.all())


def has_widths(*names, at_least=1):
    """Make a check of parameters that are sequences of positive layer widths.

    Parameters
    ----------
    *names : str
        Names of the parameters.
    at_least : int, default=1
        Fewest layers.

    Returns
    -------
    check : callable
        ``check(estimator)`` raises a ValueError that names the parameter and gives an
        example.
    """

    def check(estimator):
        for name in names:
            widths = tuple(getattr(estimator, name))
            if len(widths) < at_least or not all(map(is_width, widths)):
                raise ValueError(
                    f"{name} must hold at least {at_least} layer width(s), "
                    f"positive integers, got {widths}. For instance {name}=(256, 128)."
                )

    return check


def is_width(value):
    """Whether this is a positive whole number, and not True."""
    return isinstance(value, Integral) and not isinstance(value, bool) and value >= 1


def published_settings(tables, columns, dataset, source):
    """Row of a table of published settings.

    Parameters
    ----------
    tables : dict of str to dict
        By source, then by name of the data set: a tuple, in the order of `columns`.
    columns : sequence of str
        Names of the settings.
    dataset : str
        Name of the data set, in upper or lower case.
    source : str
        One of the keys of `tables`.

    Returns
    -------
    settings : dict
        By name.

    Raises
    ------
    ValueError
        If nothing is published; the message says what is.
    """
    if source not in tables:
        raise ValueError(f"source must be one of {', '.join(tables)}, got {source!r}")
    rows = {name.lower(): row for name, row in tables[source].items()}
    if str(dataset).lower() not in rows:
        raise ValueError(
            f"there are no published settings for {str(dataset)!r} from "
            f"source={source!r}. Choose "
            + "; or ".join(
                f"one of {', '.join(rows)} from source={name!r}"
                for name, rows in tables.items()
                if rows
            )
        )
    return dict(zip(columns, rows[str(dataset).lower()], strict=True))
