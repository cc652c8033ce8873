"""Classifiers by the density of a sample under every class."""

from zsl_estimators.likelihood._diffusion import DiffusionClassifier
from zsl_estimators.likelihood._latents import slerp
from zsl_estimators.likelihood.rules import (
    CrossAttentionRule,
    DecisionRule,
    ErrorRule,
    InversionRule,
    LatentKNNRule,
    LikelihoodRule,
    NoiseDenoiseRule,
    NoiseDenoiseVoteRule,
    WeightsRule,
)

__all__ = [
    "CrossAttentionRule",
    "DecisionRule",
    "DiffusionClassifier",
    "ErrorRule",
    "InversionRule",
    "LatentKNNRule",
    "LikelihoodRule",
    "NoiseDenoiseRule",
    "NoiseDenoiseVoteRule",
    "WeightsRule",
    "slerp",
]
