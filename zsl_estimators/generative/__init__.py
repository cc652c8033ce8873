"""Classifiers by features that are generated from class descriptions."""

from zsl_estimators.decisions import SoftmaxHead
from zsl_estimators.generative._abp import ABPClassifier
from zsl_estimators.generative._base import FeatureGeneratingClassifier
from zsl_estimators.generative._cadavae import CADAVAEClassifier
from zsl_estimators.generative._cvae import CVAEClassifier
from zsl_estimators.generative._cycle_wgan import CycleWGANClassifier
from zsl_estimators.generative._fgan import FGANClassifier
from zsl_estimators.generative._fvaegan import FVAEGANClassifier
from zsl_estimators.generative._gazsl import GAZSLClassifier
from zsl_estimators.generative._tfvaegan import TFVAEGANClassifier
from zsl_estimators.generative._vaecflow import VAEcFlowClassifier
from zsl_estimators.generative._zerodiff import ZeroDiffClassifier

__all__ = [
    "ABPClassifier",
    "CADAVAEClassifier",
    "CVAEClassifier",
    "CycleWGANClassifier",
    "FGANClassifier",
    "FVAEGANClassifier",
    "FeatureGeneratingClassifier",
    "GAZSLClassifier",
    "SoftmaxHead",
    "TFVAEGANClassifier",
    "VAEcFlowClassifier",
    "ZeroDiffClassifier",
]
