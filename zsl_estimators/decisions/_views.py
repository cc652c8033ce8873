"""What the classifier of a decision sees of a row."""

import copy

import numpy as np
import torch
from sklearn.preprocessing import StandardScaler
from torch import nn

from zsl_estimators.onnx_export import Affine, Applied, Beside, Columns
from zsl_estimators.persistence import Storable
from zsl_estimators.sample_weights import part_of
from zsl_estimators.training import PredictionModule, copied_in_precision


class PlainView(Storable):
    """A row as it is."""

    name = ""

    def fit(self, generator, rows, weights=None):
        """Learn nothing."""
        return self

    def of(self, rows):
        """What is seen of rows of a tensor."""
        return rows

    def as_module(self):
        """Make a torch module of :meth:`of`."""
        return nn.Identity()


class PartsView(Storable):
    """Features (V), semantics (S) and representations (C) of a row, or some of them.

    Rows hold features, then representations. Semantics are predicted from the features
    by the decoder of the generator.

    Parameters
    ----------
    name : {"V", "V+S", "V+C", "V+C+S"}
        The parts.
    n_features : int
        Number of features.
    """

    NAMES = ("V", "V+S", "V+C", "V+C+S")

    def __init__(self, name, n_features):
        self.name = name
        self.n_features = n_features

    def fit(self, generator, rows, weights=None):
        """Learn the scaling of semantics.

        Parameters
        ----------
        generator : TrainedGenerator
            Its module has a ``decoder`` with a method ``semantic_view``.
        rows : ScaledRows
            Real rows.
        weights : ndarray of shape (n_rows,) or None, default=None
            Weights of the rows; None is 1.

        Returns
        -------
        self : PartsView
            Fitted.
        """
        if "S" in self.name:
            # What is pickled is on the CPU, for machines without the device.
            self._decoder = copy.deepcopy(generator.module.decoder).cpu().double()
            self._kept_decoder = PredictionModule()
            self._mean, self._spread = torch.zeros(1), torch.ones(1)
            scaler = StandardScaler()
            for of_block, block in rows.blocks():
                features = torch.tensor(block[:, : self.n_features])
                scaler.partial_fit(
                    self._semantics(features).cpu().numpy(),
                    sample_weight=part_of(weights, of_block),
                )
            self._mean = torch.tensor(scaler.mean_)
            self._spread = torch.tensor(np.sqrt(scaler.var_) + 1e-3)
        return self

    def of(self, rows):
        """What is seen of rows of a tensor."""
        features = rows[:, : self.n_features]
        parts = [features]
        if "S" in self.name:
            parts.append(self._semantics(features))
        if "C" in self.name:
            parts.append(rows[:, self.n_features :])
        return torch.cat(parts, dim=1)

    def as_module(self):
        """Make a torch module of :meth:`of`, in double precision."""
        features = Columns(0, self.n_features)
        parts = [features]
        if "S" in self.name:
            decoder = copied_in_precision(self._decoder, single=False)
            scaling = Affine(self._mean, 1 / self._spread)
            semantics = Applied(decoder, "semantic_view")
            parts.append(nn.Sequential(features, semantics, scaling))
        if "C" in self.name:
            parts.append(Columns(self.n_features, None))
        return Beside(*parts)

    def _semantics(self, features):
        is_single = features.dtype == torch.float32
        decoder = self._kept_decoder.of(self._decoder, is_single, 0, features.device)
        with torch.no_grad():
            semantics = decoder.semantic_view(features)
        return (semantics - self._mean.to(features)) / self._spread.to(features)
