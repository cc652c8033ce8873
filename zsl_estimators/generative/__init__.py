"""Classifiers by features that are generated from class descriptions."""

from zsl_estimators.decisions import SoftmaxHead
from zsl_estimators.generative._base import FeatureGeneratingClassifier
from zsl_estimators.generative._cadavae import CADAVAEClassifier
from zsl_estimators.generative._fgan import FGANClassifier
from zsl_estimators.generative._vaecflow import VAEcFlowClassifier
from zsl_estimators.generative._zerodiff import ZeroDiffClassifier

__all__ = [
    "CADAVAEClassifier",
    "FGANClassifier",
    "FeatureGeneratingClassifier",
    "SoftmaxHead",
    "VAEcFlowClassifier",
    "ZeroDiffClassifier",
]
