"""Splitting data so that whole classes stay hidden."""

from zsl_estimators.model_selection._class_holdout import ClassHoldoutSplit

__all__ = ["ClassHoldoutSplit"]
