"""A decoder from features to descriptions, and its error.

References
----------
Narayan, Gupta, Khan, Snoek, Shao: Latent embedding feedback and discriminative features
for zero-shot classification, ECCV 2020.
"""

import torch
from torch import nn
from torch.nn import functional

from zsl_estimators.nn.arguments import KnowsArguments
from zsl_estimators.nn.gan import perceptron


class AttributeDecoder(KnowsArguments, nn.Module):
    """Predicts the direction of the description of a vector.

    Parameters
    ----------
    n_features, n_attributes : int
        Lengths of vectors and descriptions.
    hidden : sequence of int
        Widths of the hidden layers.
    """

    def __init__(self, n_features, n_attributes, hidden):
        super().__init__()
        self.net = perceptron((n_features, *hidden, n_attributes))

    def forward(self, x):
        """Descriptions of length 1."""
        return functional.normalize(self.net(x), dim=1)

    def hidden(self, x):
        """Values of the last hidden layer."""
        return self.net[:-1](x)

    def semantic_view(self, x):
        """Predicted descriptions beside the last hidden layer."""
        hidden = self.hidden(x)
        described = functional.normalize(self.net[-1](hidden), dim=1)
        return torch.cat([described, hidden], dim=1)

    def error(self, x, attributes):
        """By how much predictions for rows miss the directions of descriptions."""
        return weighted_l1(self(x), functional.normalize(attributes, dim=1))


def weighted_l1(prediction, target):
    """Sum over entries of the cubed error over the row's error norm; mean over rows."""
    error = (prediction - target).abs()
    norm = (error.square().sum(dim=1) + 1e-12).sqrt()
    return (error.pow(3).sum(dim=1) / norm).mean()
