"""How generative classifiers decide, as objects that they hold."""

from zsl_estimators.decisions._base import Decision
from zsl_estimators.decisions._candidates import epochs_then_decisions
from zsl_estimators.decisions._generator import TrainedGenerator
from zsl_estimators.decisions._head import Head, check_head
from zsl_estimators.decisions._latent import (
    LatentHead,
    LatentNearestMean,
    LatentView,
)
from zsl_estimators.decisions._likelihood import Likelihood
from zsl_estimators.decisions._nearest_mean import NearestMean
from zsl_estimators.decisions._softmax_head import SoftmaxHead
from zsl_estimators.decisions._views import PartsView

__all__ = [
    "Decision",
    "Head",
    "LatentHead",
    "LatentNearestMean",
    "LatentView",
    "Likelihood",
    "NearestMean",
    "PartsView",
    "SoftmaxHead",
    "TrainedGenerator",
    "check_head",
    "epochs_then_decisions",
]
