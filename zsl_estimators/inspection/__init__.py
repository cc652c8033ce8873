"""What fitted classifiers owe to which attribute."""

from zsl_estimators.inspection._explanation import explain_predictions
from zsl_estimators.inspection._importance import attribute_importance
from zsl_estimators.inspection._missing import missing_attribute

__all__ = ["attribute_importance", "explain_predictions", "missing_attribute"]
