"""Figures of generalized zero-shot learning, and scorers for searches."""

from zsl_estimators.metrics._accuracy import (
    harmonic_mean_score,
    hit_at_k_score,
    per_class_accuracy_score,
    seen_accuracy_score,
    unseen_accuracy_score,
)
from zsl_estimators.metrics._curve import (
    SeenUnseenCurve,
    ausuc_score,
    seen_unseen_curve,
    zero_shot_accuracy_score,
)
from zsl_estimators.metrics._report import gzsl_report
from zsl_estimators.metrics._scorers import (
    GZSLScorer,
    ausuc_scorer,
    gzsl_scorer,
    harmonic_mean_scorer,
    seen_accuracy_scorer,
    unseen_accuracy_scorer,
    zero_shot_accuracy_scorer,
)

__all__ = [
    "GZSLScorer",
    "SeenUnseenCurve",
    "ausuc_score",
    "ausuc_scorer",
    "gzsl_report",
    "gzsl_scorer",
    "harmonic_mean_score",
    "harmonic_mean_scorer",
    "hit_at_k_score",
    "per_class_accuracy_score",
    "seen_accuracy_score",
    "seen_accuracy_scorer",
    "seen_unseen_curve",
    "unseen_accuracy_score",
    "unseen_accuracy_scorer",
    "zero_shot_accuracy_score",
    "zero_shot_accuracy_scorer",
]
