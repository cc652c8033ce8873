"""What is learned on held-out seen classes, above all the seen penalty."""

from zsl_estimators.calibration._folds import (
    Choice,
    HeldOutFolds,
    curve_of_seen_classes,
)
from zsl_estimators.calibration._held_out import HeldOutRecord, held_out_split
from zsl_estimators.calibration._prediction import PenalisedPredictionMixin
from zsl_estimators.calibration._report import held_out_report
from zsl_estimators.calibration._stacking import CalibratedStackingCV

__all__ = [
    "CalibratedStackingCV",
    "Choice",
    "HeldOutFolds",
    "HeldOutRecord",
    "PenalisedPredictionMixin",
    "curve_of_seen_classes",
    "held_out_report",
    "held_out_split",
]
