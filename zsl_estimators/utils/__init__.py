"""Tools for users and for authors of estimators."""

from zsl_estimators.utils._trusted import trusted_types
from zsl_estimators.utils._versions import show_versions

__all__ = ["show_versions", "trusted_types"]
