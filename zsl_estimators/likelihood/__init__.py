"""Classifiers by a density of the features in every class."""

from zsl_estimators.likelihood._exemplar import ExemplarClassifier

__all__ = ["ExemplarClassifier"]
