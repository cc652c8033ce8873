"""Torch inside skorch: nets, batches on the device, seeding, callbacks."""

from zsl_estimators.training._batches import DeviceBatches, DeviceData
from zsl_estimators.training._callbacks import WeightAveraging
from zsl_estimators.training._device import resolve_device
from zsl_estimators.training._estimator import (
    TorchTrainingMixin,
    epoch_history,
    float32,
    on_device,
    to_numpy,
)
from zsl_estimators.training._net import ZeroShotNet
from zsl_estimators.training._seeding import scoped_seed

__all__ = [
    "DeviceBatches",
    "DeviceData",
    "TorchTrainingMixin",
    "WeightAveraging",
    "ZeroShotNet",
    "epoch_history",
    "float32",
    "on_device",
    "resolve_device",
    "scoped_seed",
    "to_numpy",
]
