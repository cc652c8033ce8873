"""Generalized zero-shot learning for people who use scikit-learn."""

from zsl_estimators.base import BaseZeroShotClassifier
from zsl_estimators.generative import (
    ExemplarClassifier,
    FGANClassifier,
    SoftmaxHead,
    VAEcFlowClassifier,
)
from zsl_estimators.semantic import RevCDClassifier, RidgeSemanticClassifier

__version__ = "0.1.0"

__all__ = [
    "BaseZeroShotClassifier",
    "ExemplarClassifier",
    "FGANClassifier",
    "RevCDClassifier",
    "RidgeSemanticClassifier",
    "SoftmaxHead",
    "VAEcFlowClassifier",
]
