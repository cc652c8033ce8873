"""Several estimators, weighed on the same held-out seen classes."""

from zsl_estimators.ensemble._classifier import ZeroShotEnsembleClassifier

__all__ = ["ZeroShotEnsembleClassifier"]
