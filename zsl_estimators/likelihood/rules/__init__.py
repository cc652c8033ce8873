"""Decision rules of class-conditional diffusion models."""

from zsl_estimators.likelihood.rules._base import DecisionRule
from zsl_estimators.likelihood.rules._cross_attention import CrossAttentionRule
from zsl_estimators.likelihood.rules._error import ErrorRule
from zsl_estimators.likelihood.rules._given import RULES
from zsl_estimators.likelihood.rules._inversion import InversionRule
from zsl_estimators.likelihood.rules._latent_knn import LatentKNNRule
from zsl_estimators.likelihood.rules._likelihood import LikelihoodRule
from zsl_estimators.likelihood.rules._noise_denoise import NoiseDenoiseRule
from zsl_estimators.likelihood.rules._noise_denoise_vote import NoiseDenoiseVoteRule
from zsl_estimators.likelihood.rules._weights import WeightsRule

__all__ = [
    "RULES",
    "CrossAttentionRule",
    "DecisionRule",
    "ErrorRule",
    "InversionRule",
    "LatentKNNRule",
    "LikelihoodRule",
    "NoiseDenoiseRule",
    "NoiseDenoiseVoteRule",
    "WeightsRule",
]
