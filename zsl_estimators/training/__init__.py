"""Torch inside skorch: nets, batches on the device, seeding, callbacks."""

from zsl_estimators.training._adversarial import AdversarialNet, adversarial_arguments
from zsl_estimators.training._batches import (
    ArrayData,
    DeviceBatches,
    DeviceData,
    SampledBatches,
    on_device,
)
from zsl_estimators.training._callbacks import (
    CosineSchedule,
    HeldOutScoring,
    Progress,
    WeightAveraging,
)
from zsl_estimators.training._device import device_for_prediction, resolve_device
from zsl_estimators.training._epochs import BestEpochStage, EpochStage
from zsl_estimators.training._estimator import (
    TorchTrainingMixin,
    epoch_history,
)
from zsl_estimators.training._fit_net import (
    NetTraining,
    fit_net,
    float32,
    rows_per_batch,
    standard_callbacks,
    to_numpy,
)
from zsl_estimators.training._net import ZeroShotNet
from zsl_estimators.training._prediction_module import (
    PredictionModule,
    copied_in_precision,
)
from zsl_estimators.training._seeding import scoped_seed, usual_torch_settings
from zsl_estimators.training._stored_net import StoredModule, StoredNet

__all__ = [
    "AdversarialNet",
    "ArrayData",
    "BestEpochStage",
    "CosineSchedule",
    "DeviceBatches",
    "DeviceData",
    "EpochStage",
    "HeldOutScoring",
    "NetTraining",
    "PredictionModule",
    "Progress",
    "SampledBatches",
    "StoredModule",
    "StoredNet",
    "TorchTrainingMixin",
    "WeightAveraging",
    "ZeroShotNet",
    "adversarial_arguments",
    "copied_in_precision",
    "device_for_prediction",
    "epoch_history",
    "fit_net",
    "float32",
    "on_device",
    "resolve_device",
    "rows_per_batch",
    "scoped_seed",
    "standard_callbacks",
    "to_numpy",
    "usual_torch_settings",
]
