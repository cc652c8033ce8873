"""One learned score of a sample and a class description."""

from abc import abstractmethod
from numbers import Real

import numpy as np
import torch
from sklearn.preprocessing import normalize

from zsl_estimators.base import BaseZeroShotClassifier
from zsl_estimators.nn.compatibility import CompatibilityLoss
from zsl_estimators.parameters import Interval, StrOptions
from zsl_estimators.scaling import SCALINGS, AttributeScaler, balanced_scaler
from zsl_estimators.training import (
    TorchTrainingMixin,
    cosine_schedule,
    float32,
    row_slices,
    to_numpy,
)


class UnitFeaturesMixin:
    """Scale features and attributes, then samples and descriptions to length 1."""

    def _prepare(self, X, y_index, random_state):
        if self._goes_on():
            return
        self.feature_scaler_ = balanced_scaler(X, y_index)
        self.attribute_scaler_ = AttributeScaler(self.attribute_scaling)
        self.attribute_scaler_.fit(self.class_attributes_[self._class_table.seen])

    def _scaled_features(self, X):
        return normalize(self.feature_scaler_.transform(X.astype(np.float64)))

    def _scaled_attributes(self):
        """Scaled descriptions of all classes."""
        return normalize(self.attribute_scaler_.transform(self.class_attributes_))


class CompatibilityClassifier(
    UnitFeaturesMixin, TorchTrainingMixin, BaseZeroShotClassifier
):
    """Base of classifiers that learn a score of a sample and a class description.

    The score is trained such that the class of a sample gets the largest one among
    the seen classes. Subclasses implement :meth:`_network`.
    """

    _parameter_constraints = {
        **BaseZeroShotClassifier._parameter_constraints,
        **TorchTrainingMixin._torch_constraints,
        "attribute_scaling": [StrOptions(set(SCALINGS))],
        "weight_decay": [Interval(Real, 0, None, closed="left")],
    }
    # Key of zsl_estimators.nn.compatibility.LOSSES.
    loss = "softmax"
    margin = 1.0

    @abstractmethod
    def __init__(
        self,
        attributes=None,
        *,
        classes,
        attribute_scaling,
        max_epochs,
        lr,
        weight_decay,
        early_stopping,
        batch_size,
        callbacks,
        net_params,
        warm_start,
        seen_penalty,
        device,
        random_state,
        verbose,
    ):
        super().__init__(
            attributes,
            classes=classes,
            seen_penalty=seen_penalty,
            random_state=random_state,
            verbose=verbose,
        )
        self.attribute_scaling = attribute_scaling
        self.max_epochs = max_epochs
        self.lr = lr
        self.weight_decay = weight_decay
        self.early_stopping = early_stopping
        self.batch_size = batch_size
        self.callbacks = callbacks
        self.net_params = net_params
        self.warm_start = warm_start
        self.device = device

    @abstractmethod
    def _network(self, X, y_index):
        """Class of the network and its arguments besides the descriptions."""

    def _net_arguments(self, X, y_index):
        module, arguments = self._network(X, y_index)
        seen = self._scaled_attributes()[self._class_table.seen]
        return {
            "module": module,
            "module__class_attributes": torch.tensor(float32(seen)),
            **{f"module__{name}": value for name, value in arguments.items()},
            "criterion": CompatibilityLoss,
            "criterion__kind": self.loss,
            "criterion__margin": self.margin,
            "optimizer": torch.optim.AdamW,
            "optimizer__weight_decay": self.weight_decay,
            "callbacks": [cosine_schedule(self.max_epochs)],
        }

    def _training_tensors(self, X, y_index):
        y = np.searchsorted(np.flatnonzero(self._class_table.seen), y_index)
        return {"x": float32(self._scaled_features(X))}, y

    def _decision(self, X):
        X = self._scaled_features(X)
        with self._inference() as module:
            parameter = next(module.parameters())
            attributes = torch.as_tensor(self._scaled_attributes()).to(parameter)
            scores = [
                to_numpy(
                    module.scores(torch.as_tensor(X[part]).to(parameter), attributes)
                )
                for part in row_slices(len(X))
            ]
        return np.concatenate(scores)
