"""Splitting data so that whole classes stay hidden."""

from zsl_estimators.model_selection._class_holdout import ClassHoldoutSplit
from zsl_estimators.model_selection._cross_val_predict import cross_val_predict_gzsl

__all__ = ["ClassHoldoutSplit", "cross_val_predict_gzsl"]
