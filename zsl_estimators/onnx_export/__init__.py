"""A fitted estimator as one ONNX graph, from features to the best class."""

from zsl_estimators.onnx_export._modules import (
    Added,
    Affine,
    Applied,
    Beside,
    BilinearScores,
    Columns,
    CosineScores,
    DistanceScores,
    KernelScores,
    PenalisedDecision,
    ProjectionScores,
    Rounded,
    UnitRows,
)
from zsl_estimators.onnx_export._scalers import (
    CannotExport,
    doubles,
    map_module,
    no_module,
    scaler_module,
    unscaled_module,
)
from zsl_estimators.onnx_export._write import write_onnx

__all__ = [
    "Added",
    "Affine",
    "Applied",
    "Beside",
    "BilinearScores",
    "CannotExport",
    "Columns",
    "CosineScores",
    "DistanceScores",
    "KernelScores",
    "PenalisedDecision",
    "ProjectionScores",
    "Rounded",
    "UnitRows",
    "doubles",
    "map_module",
    "no_module",
    "scaler_module",
    "unscaled_module",
    "write_onnx",
]
