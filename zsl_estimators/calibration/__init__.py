"""What is learned on held-out seen classes, above all the seen penalty."""

from zsl_estimators.calibration._choice import Choice
from zsl_estimators.calibration._choosing import (
    choose_on_held_out_classes,
    warn_of_few_samples,
)
from zsl_estimators.calibration._conformal import ConformalZeroShotClassifier
from zsl_estimators.calibration._folds import rows_of_folds, rows_of_seen_classes
from zsl_estimators.calibration._held_out import (
    HeldOutRecord,
    best_seen_penalty,
    held_out_split,
)
from zsl_estimators.calibration._prediction import PenalisedPredictionMixin
from zsl_estimators.calibration._report import HeldOutPerformance, held_out_report
from zsl_estimators.calibration._scores import HeldOutScores
from zsl_estimators.calibration._stacking import (
    CalibratedStackingCV,
    without_penalty,
)
from zsl_estimators.calibration._temperature import best_temperature

__all__ = [
    "CalibratedStackingCV",
    "Choice",
    "ConformalZeroShotClassifier",
    "HeldOutPerformance",
    "HeldOutRecord",
    "HeldOutScores",
    "PenalisedPredictionMixin",
    "best_seen_penalty",
    "best_temperature",
    "choose_on_held_out_classes",
    "held_out_report",
    "held_out_split",
    "rows_of_folds",
    "rows_of_seen_classes",
    "warn_of_few_samples",
    "without_penalty",
]
