"""What a few labelled rows of classes without training rows tell of these."""

from zsl_estimators.few_shot._axes import FeatureAxes, PrincipalAxes
from zsl_estimators.few_shot._labelled import LabelledRows
from zsl_estimators.few_shot._prior import MeanPrior
from zsl_estimators.few_shot._rows import ClassRows, positions_of_unseen
from zsl_estimators.few_shot._scores import FewShotScores

__all__ = [
    "ClassRows",
    "FeatureAxes",
    "FewShotScores",
    "LabelledRows",
    "MeanPrior",
    "PrincipalAxes",
    "positions_of_unseen",
]
