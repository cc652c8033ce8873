"""Torch inside skorch: nets, batches on the device, seeding, callbacks."""

from zsl_estimators.training._adversarial import AdversarialNet
from zsl_estimators.training._batches import DeviceBatches, DeviceData, SampledBatches
from zsl_estimators.training._callbacks import (
    HeldOutScoring,
    WeightAveraging,
    cosine_schedule,
)
from zsl_estimators.training._device import resolve_device
from zsl_estimators.training._estimator import (
    TorchTrainingMixin,
    epoch_history,
    float32,
    on_device,
    row_slices,
    rows_per_batch,
    standard_callbacks,
    to_numpy,
)
from zsl_estimators.training._net import ZeroShotNet
from zsl_estimators.training._seeding import scoped_seed
from zsl_estimators.training._stand_in import StandInMixin

__all__ = [
    "AdversarialNet",
    "DeviceBatches",
    "DeviceData",
    "HeldOutScoring",
    "SampledBatches",
    "StandInMixin",
    "TorchTrainingMixin",
    "WeightAveraging",
    "ZeroShotNet",
    "cosine_schedule",
    "epoch_history",
    "float32",
    "on_device",
    "resolve_device",
    "row_slices",
    "rows_per_batch",
    "scoped_seed",
    "standard_callbacks",
    "to_numpy",
]
