"""Features to attribute space, then the most similar class description."""

from zsl_estimators.semantic._base import SemanticClassifier
from zsl_estimators.semantic._revcd import RevCDClassifier
from zsl_estimators.semantic._ridge import RidgeSemanticClassifier

__all__ = ["RevCDClassifier", "RidgeSemanticClassifier", "SemanticClassifier"]
