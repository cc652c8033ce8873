"""A normal distribution per class: a classifier, and the start of deep generators."""

from zsl_estimators.exemplar._classifier import ExemplarClassifier
from zsl_estimators.exemplar._gaussian import class_means
from zsl_estimators.exemplar._scaling import FeatureScaler
from zsl_estimators.exemplar._shadow import ExemplarShadowMixin

__all__ = [
    "ExemplarClassifier",
    "ExemplarShadowMixin",
    "FeatureScaler",
    "class_means",
]
