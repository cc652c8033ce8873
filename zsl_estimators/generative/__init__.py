"""Classifiers by features that are generated from class descriptions."""

from zsl_estimators.decisions import SoftmaxHead
from zsl_estimators.generative._abp import ABPClassifier
from zsl_estimators.generative._base import FeatureGeneratingClassifier
from zsl_estimators.generative._cvae import CVAEClassifier
from zsl_estimators.generative._fgan import FGANClassifier
from zsl_estimators.generative._vaecflow import VAEcFlowClassifier
from zsl_estimators.generative._zerodiff import ZeroDiffClassifier

__all__ = [
    "ABPClassifier",
    "CVAEClassifier",
    "FGANClassifier",
    "FeatureGeneratingClassifier",
    "SoftmaxHead",
    "VAEcFlowClassifier",
    "ZeroDiffClassifier",
]
