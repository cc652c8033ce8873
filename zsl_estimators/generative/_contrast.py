"""A representation of samples that tells seen classes apart, as a transformer."""

from functools import partial

import numpy as np
import torch
from sklearn.base import BaseEstimator, TransformerMixin

from zsl_estimators.nn.contrast import ContrastiveNetwork, SupervisedContrast
from zsl_estimators.onnx_export import scaler_module
from zsl_estimators.persistence import Storable
from zsl_estimators.rows import BlockwiseStandardScaler
from zsl_estimators.seeds import private_random_state
from zsl_estimators.training import (
    ArrayData,
    PredictionModule,
    ZeroShotNet,
    copied_in_precision,
    fit_net,
    float32,
    standard_callbacks,
    to_numpy,
    usual_torch_settings,
)


class SupervisedContrastTransformer(Storable, TransformerMixin, BaseEstimator):
    """Learn a representation by supervised contrast.

    Parameters
    ----------
    hidden : sequence of int, default=(256, 64)
        Widths of the layers; the last one is the representation.
    max_epochs : int, default=20
        Passes over the data.
    lr : float, default=1e-3
        Learning rate of Adam.
    batch_size : int, default=512
        Samples per step; many, so that all classes have several in each.
    temperature : float, default=0.1
        Divides the inner products of the loss.
    device : str, default="auto"
        Where torch computes.
    random_state : int, RandomState instance or None, default=None
        Seeds weights, order and noise.
    """

    def __init__(
        self,
        *,
        hidden=(256, 64),
        max_epochs=20,
        lr=1e-3,
        batch_size=512,
        temperature=0.1,
        device="auto",
        random_state=None,
    ):
        self.hidden = hidden
        self.max_epochs = max_epochs
        self.lr = lr
        self.batch_size = batch_size
        self.temperature = temperature
        self.device = device
        self.random_state = random_state

    def fit(self, X, y, sample_weight=None):
        """Train the network.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Features.
        y : array-like of shape (n_samples,)
            Labels.
        sample_weight : ndarray of shape (n_samples,) or None, default=None
            Weights of the samples, positive.

        Returns
        -------
        self : object
            Fitted.
        """
        X = np.asarray(X)
        self.scaler_ = BlockwiseStandardScaler().fit(X, sample_weight=sample_weight)
        _, y_index = np.unique(y, return_inverse=True)
        net = fit_net(
            partial(
                ZeroShotNet,
                module=ContrastiveNetwork,
                module__n_features=X.shape[1],
                module__hidden=tuple(self.hidden),
                criterion=SupervisedContrast,
                criterion__temperature=self.temperature,
                optimizer=partial(torch.optim.Adam, fused=True),
                lr=self.lr,
                batch_size=self.batch_size,
                verbose=0,
                callbacks=standard_callbacks(),
            ),
            ArrayData(
                {"x": float32(self.scaler_.transform(X))}, y_index, sample_weight
            ),
            device=self.device,
            random_state=private_random_state(self.random_state),
            n_epochs=self.max_epochs,
        )
        self.module_ = net.module_.to("cpu").eval()
        self._kept_module = PredictionModule()
        return self

    def as_module(self):
        """Make a torch module of :meth:`transform`, in double precision."""
        network = copied_in_precision(self.module_, single=False)
        return torch.nn.Sequential(scaler_module(self.scaler_), network)

    def transform(self, X):
        """Represent samples.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Features.

        Returns
        -------
        representations : ndarray of shape (n_samples, n_representation)
            Float64.
        """
        X = np.asarray(X, dtype=np.float64)
        X = self.scaler_.transform(X) if len(X) else X
        with usual_torch_settings(), torch.inference_mode():
            module = self._kept_module.of(self.module_, single=False)
            return to_numpy(module(torch.tensor(X, dtype=torch.float64)))
