"""Data sets with class descriptions, and readers for files that hold them."""

from zsl_estimators.datasets._digits import load_digits_gzsl
from zsl_estimators.datasets._fetch import fetch_gzsl
from zsl_estimators.datasets._generator import ClassConditionalGaussian, make_gzsl
from zsl_estimators.datasets._imagenet import load_imagenet_gzsl
from zsl_estimators.datasets._npz import load_gzsl_npz, save_gzsl_npz
from zsl_estimators.datasets._xlsa17 import load_xlsa17

__all__ = [
    "ClassConditionalGaussian",
    "fetch_gzsl",
    "load_digits_gzsl",
    "load_gzsl_npz",
    "load_imagenet_gzsl",
    "load_xlsa17",
    "make_gzsl",
    "save_gzsl_npz",
]
