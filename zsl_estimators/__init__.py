"""Generalized zero-shot learning for people who use scikit-learn."""

from zsl_estimators.base import BaseZeroShotClassifier
from zsl_estimators.calibration import CalibratedStackingCV
from zsl_estimators.compatibility import (
    ALEClassifier,
    ClassNormClassifier,
    DeViSEClassifier,
    LatEmClassifier,
    SJEClassifier,
    SynCClassifier,
)
from zsl_estimators.exemplar import ExemplarClassifier
from zsl_estimators.generative import (
    FGANClassifier,
    SoftmaxHead,
    VAEcFlowClassifier,
    ZeroDiffClassifier,
)
from zsl_estimators.likelihood import DiffusionClassifier
from zsl_estimators.semantic import (
    CMTClassifier,
    ConSEClassifier,
    DAPClassifier,
    ESZSLClassifier,
    ESZSLClassifierCV,
    IAPClassifier,
    RevCDClassifier,
    RidgeSemanticClassifier,
    SAEClassifier,
)
from zsl_estimators.training import HeldOutScoring

__version__ = "0.1.0"

__all__ = [
    "ALEClassifier",
    "BaseZeroShotClassifier",
    "CMTClassifier",
    "CalibratedStackingCV",
    "ClassNormClassifier",
    "ConSEClassifier",
    "DAPClassifier",
    "DeViSEClassifier",
    "DiffusionClassifier",
    "ESZSLClassifier",
    "ESZSLClassifierCV",
    "ExemplarClassifier",
    "FGANClassifier",
    "HeldOutScoring",
    "IAPClassifier",
    "LatEmClassifier",
    "RevCDClassifier",
    "RidgeSemanticClassifier",
    "SAEClassifier",
    "SJEClassifier",
    "SoftmaxHead",
    "SynCClassifier",
    "VAEcFlowClassifier",
    "ZeroDiffClassifier",
]
