"""One learned score of a sample and a class description."""

from zsl_estimators.compatibility._ale import ALEClassifier
from zsl_estimators.compatibility._classnorm import ClassNormClassifier
from zsl_estimators.compatibility._devise import DeViSEClassifier
from zsl_estimators.compatibility._latem import LatEmClassifier
from zsl_estimators.compatibility._ridge import RidgeCompatibilityClassifier
from zsl_estimators.compatibility._sje import SJEClassifier
from zsl_estimators.compatibility._sync import SynCClassifier

__all__ = [
    "ALEClassifier",
    "ClassNormClassifier",
    "DeViSEClassifier",
    "LatEmClassifier",
    "RidgeCompatibilityClassifier",
    "SJEClassifier",
    "SynCClassifier",
]
