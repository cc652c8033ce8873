"""Displays in the manner of scikit-learn; matplotlib is imported when they draw."""

from zsl_estimators.plotting._attribute_error import AttributeErrorDisplay
from zsl_estimators.plotting._confusion import GZSLConfusionDisplay
from zsl_estimators.plotting._denoising import DenoisingDisplay
from zsl_estimators.plotting._ensemble import EnsembleDisplay
from zsl_estimators.plotting._explanation import ExplanationDisplay
from zsl_estimators.plotting._reconstruction import ReconstructionDisplay
from zsl_estimators.plotting._seen_penalty import SeenPenaltyDisplay
from zsl_estimators.plotting._seen_unseen import SeenUnseenDisplay
from zsl_estimators.plotting._synthetic import SyntheticFeaturesDisplay
from zsl_estimators.plotting._training import TrainingCurvesDisplay

__all__ = [
    "AttributeErrorDisplay",
    "DenoisingDisplay",
    "EnsembleDisplay",
    "ExplanationDisplay",
    "GZSLConfusionDisplay",
    "ReconstructionDisplay",
    "SeenPenaltyDisplay",
    "SeenUnseenDisplay",
    "SyntheticFeaturesDisplay",
    "TrainingCurvesDisplay",
]
