"""Embeddings of diffusion time and of feature vectors."""

import math

import torch
from torch import nn
from torch.nn import functional

# Below this many features chunks would be too short for attention to compare.
FEWEST_FEATURES_FOR_ATTENTION = 64


class SinusoidalTimeEmbedding(nn.Module):
    """Cosines and sines of the time, at geometric frequencies.

    Parameters
    ----------
    dim : int
        Size of the embedding; when it is odd, the last entry is zero.
    max_period : float, default=10000
        Longest period, in steps.
    interleaved : bool, default=True
        Whether cosines and sines alternate, or all cosines come first.
    """

    def __init__(self, dim, max_period=10_000.0, interleaved=True):
        super().__init__()
        self.padding = dim % 2
        self.interleaved = interleaved
        half = dim // 2
        frequencies = torch.exp(-math.log(max_period) * torch.arange(half) / half)
        self.register_buffer("frequencies", frequencies)

    def forward(self, t):
        """Embed times of shape (n,) as (n, dim)."""
        angles = t[:, None].to(self.frequencies.dtype) * self.frequencies
        waves = torch.stack([angles.cos(), angles.sin()], dim=2)
        waves = waves if self.interleaved else waves.mT
        return functional.pad(waves.flatten(1), (0, self.padding))


class FeatureEncoder(nn.Module):
    """Condition vector of a sample: self-attention over chunks of its features.

    The features are cut into tokens, projected, given learned positions, passed
    through one pre-norm Transformer encoder layer and averaged; a linear map of all
    features is added, because an average over chunks cannot tell their weights apart.
    With fewer than 64 features, or one token, a two-layer perceptron takes the place
    of attention, which is a linear map on a single token.

    Parameters
    ----------
    n_features : int
        Number of features.
    out_dim : int
        Size of the condition vector.
    n_tokens : int or None, default=None
        Number of chunks. None takes 16 from 512 features on and 8 below.
    model_dim : int, default=64
        Width of a token.
    n_heads : int, default=4
        Attention heads.
    dropout : float, default=0.0
        Dropout inside the encoder.
    """

    def __init__(
        self,
        n_features,
        out_dim,
        n_tokens=None,
        model_dim=64,
        n_heads=4,
        dropout=0.0,
    ):
        super().__init__()
        self.n_tokens = n_tokens or (16 if n_features >= 512 else 8)
        if n_features < FEWEST_FEATURES_FOR_ATTENTION:
            self.n_tokens = 1
        self.chunk = math.ceil(n_features / self.n_tokens)
        self.padding = self.chunk * self.n_tokens - n_features
        self.project = nn.Linear(self.chunk, model_dim)
        self.head = nn.Linear(model_dim, out_dim)
        if self.n_tokens > 1:
            self.skip = nn.Linear(n_features, out_dim)
            self.position = nn.Parameter(0.02 * torch.randn(self.n_tokens, model_dim))
            self.attention = nn.TransformerEncoderLayer(
                model_dim,
                n_heads,
                dim_feedforward=2 * model_dim,
                dropout=dropout,
                activation="gelu",
                batch_first=True,
                norm_first=True,
            )

    def forward(self, x):
        """Encode features of shape (n, n_features) as (n, out_dim)."""
        tokens = functional.pad(x, (0, self.padding))
        tokens = self.project(tokens.unflatten(1, (self.n_tokens, self.chunk)))
        if self.n_tokens == 1:
            return self.head(functional.relu(tokens[:, 0]))
        attended = self.attention(tokens + self.position).mean(dim=1)
        return self.head(attended) + self.skip(x)
