"""A normal distribution per class: a classifier, and the start of deep generators."""

from zsl_estimators.exemplar._classifier import ExemplarCandidate, ExemplarClassifier
from zsl_estimators.exemplar._initial import class_tensors

__all__ = ["ExemplarCandidate", "ExemplarClassifier", "class_tensors"]
