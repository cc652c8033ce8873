"""What bilinear scores share: an initial matrix, and a loss that ranks classes."""

from numbers import Real

import numpy as np
import torch
from sklearn.base import clone

from zsl_estimators.base import BaseZeroShotClassifier
from zsl_estimators.compatibility._base import (
    network_scores,
    ranking_arguments,
    unit_scalers,
)
from zsl_estimators.compatibility._ridge import RidgeCompatibilityClassifier
from zsl_estimators.nn.compatibility import BilinearNetwork
from zsl_estimators.onnx_export import BilinearScores, doubles
from zsl_estimators.parameters import Interval, StrOptions
from zsl_estimators.scaling import ATTRIBUTE_SCALING
from zsl_estimators.sparse_rows import CenteredRows
from zsl_estimators.training import ArrayData, TorchTrainingMixin, float32, to_numpy

# Usual length of the descriptions that the start predicts, so that the scores of
# classes differ by a few margins.
START_LENGTH = 10.0


class BilinearClassifier(TorchTrainingMixin, BaseZeroShotClassifier):
    """Base of classifiers with scores ``x W s``.

    The scores are trained such that the class of a sample gets the largest one among
    the seen classes. By default W starts from ridge regression of the descriptions on
    the features, and learns what is missing; there may be several matrices.
    """

    _parameter_constraints = {
        **BaseZeroShotClassifier._parameter_constraints,
        **TorchTrainingMixin._torch_constraints,
        **TorchTrainingMixin._correction_constraints,
        "init": [StrOptions({"auto"}), RidgeCompatibilityClassifier, None],
        "attribute_scaling": ATTRIBUTE_SCALING,
        "weight_decay": [Interval(Real, 0, None, closed="left")],
        "margin": [Interval(Real, 0, None, closed="neither")],
    }
    _takes_sparse = True
    # Key of zsl_estimators.nn.compatibility.LOSSES.
    loss = "softmax"
    n_maps = 1

    def __init__(
        self,
        attributes=None,
        *,
        classes=None,
        margin=1.0,
        init="auto",
        attribute_scaling="auto",
        correction_weight="auto",
        max_epochs=20,
        lr=1e-2,
        weight_decay=1e-4,
        early_stopping=True,
        patience=10,
        batch_size="auto",
        callbacks=None,
        net_params=None,
        warm_start=False,
        seen_penalty="auto",
        n_jobs=None,
        device="auto",
        random_state=None,
        verbose=0,
    ):
        super().__init__(
            attributes,
            classes=classes,
            seen_penalty=seen_penalty,
            n_jobs=n_jobs,
            random_state=random_state,
            verbose=verbose,
        )
        self.margin = margin
        self.init = init
        self.attribute_scaling = attribute_scaling
        self.correction_weight = correction_weight
        self.max_epochs = max_epochs
        self.lr = lr
        self.weight_decay = weight_decay
        self.early_stopping = early_stopping
        self.patience = patience
        self.batch_size = batch_size
        self.callbacks = callbacks
        self.net_params = net_params
        self.warm_start = warm_start
        self.device = device

    def _new_inits(self):
        return [RidgeCompatibilityClassifier(attribute_scaling=self.attribute_scaling)]

    def _new_scalers(self, random_state):
        if self.init_ is None:
            return unit_scalers(self.attribute_scaling_)
        return clone(self.init_.feature_scaler_), clone(self.init_.attribute_scaler_)

    def _net_arguments(self, problem):
        start = torch.tensor(float32(self._start(problem)))
        arguments = {"start": start, "n_maps": self.n_maps}
        return ranking_arguments(
            problem, BilinearNetwork, arguments, self.loss, self.margin, self
        )

    def _training_data(self, problem):
        return ArrayData({"x": problem.rows.single()}, problem.y)

    def _start(self, problem):
        if self.init_ is None:
            return np.zeros((problem.rows.n_scaled, problem.S.shape[1]))
        coef = self.init_.coef_
        total, weights = 0.0, problem.weights
        for rows, block in problem.rows.blocks():
            squares = (block @ coef) ** 2
            total += (squares if weights is None else weights[rows] @ squares).sum()
        length = np.sqrt(total / problem.n_samples)
        return coef * (START_LENGTH / length if length else 1.0)

    def _scoring_module(self):
        module = self._module_for_prediction().cpu()
        weight = module.maps(self.correction_weight_).detach()
        return BilinearScores(weight, doubles(self._scaled_attributes()))

    def _score_classes(self, Z):
        if isinstance(Z, CenteredRows):
            return (self._mapped(Z) @ self._scaled_attributes().T).max(axis=0)
        with self._inference() as module:
            return network_scores(
                module,
                Z,
                self._scaled_attributes(),
                correction_weight=self.correction_weight_,
            )

    def _mapped(self, Z):
        """Products of sparse rows with all matrices, (n_maps, n_rows, n_attributes)."""
        with self._inference() as module:
            maps = to_numpy(module.maps(self.correction_weight_)).astype(np.float64)
        return np.stack([Z @ one for one in maps])

    def _attribute_weights(self, Z, positions):
        if isinstance(Z, CenteredRows):
            mapped = self._mapped(Z)
            scores = (mapped * self._scaled_attributes()[positions]).sum(axis=2)
            return mapped[scores.argmax(axis=0), np.arange(len(Z))]
        described = torch.as_tensor(self._scaled_attributes()[positions])
        with self._inference() as module:
            x, attributes = (
                torch.as_tensor(rows).to(module.weight) for rows in (Z, described)
            )
            weight = self.correction_weight_
            return to_numpy(module.gradient(x, attributes, weight))
