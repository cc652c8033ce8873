"""A fitted estimator as one ONNX graph, from features to the best class."""

from zsl_estimators.onnx_export._scalers import (
    doubles,
    map_module,
    scaler_module,
    unscaled_module,
)
from zsl_estimators.onnx_export._write import refused, write_onnx

__all__ = [
    "doubles",
    "map_module",
    "refused",
    "scaler_module",
    "unscaled_module",
    "write_onnx",
]
