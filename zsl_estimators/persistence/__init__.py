"""What a fitted estimator is stored as: plain values, arrays and names of classes."""

from zsl_estimators.persistence._state import Storable, Stored, register, stored
from zsl_estimators.persistence._tables import StoredFrame, StoredIndex, StoredSeries

__all__ = [
    "Storable",
    "Stored",
    "StoredFrame",
    "StoredIndex",
    "StoredSeries",
    "register",
    "stored",
]
