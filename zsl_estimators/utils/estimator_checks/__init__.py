"""Checks of the zero-shot contract, for our estimators and for yours.

scikit-learn's :func:`~sklearn.utils.estimator_checks.check_estimator` tests what every
classifier must do. The checks here test what a zero-shot classifier must do on top:
the class table, unseen classes, reproducibility, errors that say what to do. Each
takes the name and an unfitted instance, and raises when the rule is broken.
"""

from zsl_estimators.utils.estimator_checks._suite import (
    check_zero_shot_estimator,
    parametrize_with_zero_shot_checks,
    zero_shot_checks,
)

__all__ = [
    "check_zero_shot_estimator",
    "parametrize_with_zero_shot_checks",
    "zero_shot_checks",
]
