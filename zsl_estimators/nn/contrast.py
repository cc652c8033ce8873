"""Representations of samples by supervised contrast.

References
----------
Khosla et al.: Supervised contrastive learning, NeurIPS 2020.
"""

import torch
from torch import nn
from torch.nn import functional

from zsl_estimators.nn.arguments import KnowsArguments
from zsl_estimators.nn.gan import leaky_relu, normal_linear, perceptron


class ContrastiveNetwork(KnowsArguments, nn.Module):
    """Maps features to a representation, and that to a sphere for the contrast.

    Parameters
    ----------
    n_features : int
        Number of features.
    hidden : sequence of int
        Widths of the hidden layers; the last one is the representation.
    n_projected : int, default=128
        Dimensions of the sphere's space.
    dropout : float, default=0.2
        Share of features that is hidden while training.
    noise : float, default=0.05
        Standard deviation of what is added to features while training.
    """

    def __init__(self, n_features, hidden, n_projected=128, dropout=0.2, noise=0.05):
        super().__init__()
        self.dropout = dropout
        self.noise = noise
        self.body = perceptron((n_features, *hidden))
        self.projection = normal_linear(hidden[-1], n_projected)
        for layer in (*self.body[::2], self.projection):
            nn.init.kaiming_uniform_(layer.weight)

    def forward(self, x):
        """Representations, shape (n_rows, n_representation)."""
        return self.body(x)

    def training_output(self, x):
        """Unit vectors for the contrast, shape (n_rows, n_projected)."""
        if self.training:
            x = functional.dropout(x, self.dropout)
            x = x + self.noise * torch.randn_like(x)
        return functional.normalize(self.projection(leaky_relu(self.body(x))), dim=1)


class SupervisedContrast(nn.Module):
    """Supervised contrastive loss, by name.

    Rows of a class attract each other and repel all others.

    Parameters
    ----------
    temperature : float, default=0.1
        Divides the inner products.
    """

    def __init__(self, temperature=0.1):
        super().__init__()
        self.temperature = temperature

    def forward(self, projected, y):
        """Mean over rows that have a companion of their class in the batch."""
        itself = torch.eye(len(y), dtype=torch.bool, device=y.device)
        logits = projected @ projected.T / self.temperature
        log_shares = logits - logits.masked_fill(itself, -torch.inf).logsumexp(
            dim=1, keepdim=True
        )
        companions = (y[:, None] == y).masked_fill(itself, False)
        n_companions = companions.sum(dim=1)
        sums = log_shares.masked_fill(~companions, 0.0).sum(dim=1)
        has_any = n_companions > 0
        means = sums / n_companions.clamp(min=1)
        return {
            "contrastive_loss": -(means * has_any).sum() / has_any.sum().clamp(min=1)
        }
