"""Decide by the exact density of a sample under every class."""

import numpy as np
import torch

from zsl_estimators.decisions._base import Decision
from zsl_estimators.nn.blocks import row_blocks
from zsl_estimators.training import to_numpy


class Likelihood(Decision):
    """Take the class under which a sample is most likely.

    The ``forward`` of the generator's module returns log densities, given scaled
    features, descriptions and base means. Nothing is learned.
    """

    name = "likelihood"

    def fit(self, generator, problem, random_state):
        return self

    def score_classes(self, new_generator, Z):
        generator = new_generator()
        with torch.inference_mode():
            parts = [
                self._log_densities(generator, Z[rows]) for rows in row_blocks(len(Z))
            ]
        return np.concatenate(parts) + generator.feature_scaler.log_det

    def extend(self, generator, positions, old, random_state):
        """Do nothing: the generator knows the new classes."""

    @staticmethod
    def _log_densities(generator, Z):
        of_net = next(generator.module.parameters())
        attributes, centers = (
            part.to(of_net) for part in (generator.attributes, generator.centers)
        )
        Z = torch.as_tensor(Z).to(of_net)
        return to_numpy(generator.module(Z, attributes, centers))
