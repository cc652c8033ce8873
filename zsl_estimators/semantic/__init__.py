"""Features to attribute space, then the most similar class description."""

from zsl_estimators.semantic._base import SemanticClassifier
from zsl_estimators.semantic._cmt import CMTClassifier
from zsl_estimators.semantic._conse import ConSEClassifier
from zsl_estimators.semantic._dap import DAPClassifier
from zsl_estimators.semantic._eszsl import ESZSLClassifier
from zsl_estimators.semantic._eszsl_cv import ESZSLClassifierCV
from zsl_estimators.semantic._gaussian import GaussianSemanticClassifier
from zsl_estimators.semantic._iap import IAPClassifier
from zsl_estimators.semantic._nearest_description import NearestDescriptionClassifier
from zsl_estimators.semantic._pqzsl import PQZSLClassifier
from zsl_estimators.semantic._revcd import RevCDClassifier
from zsl_estimators.semantic._ridge import RidgeSemanticClassifier
from zsl_estimators.semantic._sae import SAEClassifier
from zsl_estimators.semantic._tip_adapter import TipAdapterClassifier

__all__ = [
    "CMTClassifier",
    "ConSEClassifier",
    "DAPClassifier",
    "ESZSLClassifier",
    "ESZSLClassifierCV",
    "GaussianSemanticClassifier",
    "IAPClassifier",
    "NearestDescriptionClassifier",
    "PQZSLClassifier",
    "RevCDClassifier",
    "RidgeSemanticClassifier",
    "SAEClassifier",
    "SemanticClassifier",
    "TipAdapterClassifier",
]
