"""A U-Net of fully connected blocks with cross Hadamard-addition conditioning.

Time and condition enter every block. In the encoder the time multiplies and the
condition is added; in the decoder the condition multiplies and the time is added
(Heyden et al., RevCD, arXiv 2409.00511, section 3.4).
"""

from itertools import pairwise

import torch
from torch import nn


class HadamardAdditionBlock(nn.Module):
    """Linear layer, normalisation, ReLU, then ``h * (1 + factor) + shift``.

    Factor and shift are linear maps of two embeddings; they start at zero, so that a
    new block is a plain layer.

    Parameters
    ----------
    in_dim, out_dim : int
        Width before and after.
    factor_dim : int
        Size of the embedding that multiplies.
    shift_dim : int
        Size of the embedding that is added.
    dropout : float
        Dropout after the modulation.
    """

    def __init__(self, in_dim, out_dim, factor_dim, shift_dim, dropout):
        super().__init__()
        self.layer = nn.Sequential(
            nn.Linear(in_dim, out_dim), nn.BatchNorm1d(out_dim), nn.ReLU()
        )
        self.factor = zero_linear(factor_dim, out_dim)
        self.shift = zero_linear(shift_dim, out_dim)
        self.dropout = nn.Dropout(dropout)

    def forward(self, h, multiplied, added):
        """Transform `h` of shape (..., in_dim) to (..., out_dim).

        The shapes of the embeddings are broadcast to that of `h`, and the other way.
        """
        # Normalisation takes two dimensions.
        normal = self.layer(h.flatten(0, -2)).unflatten(0, h.shape[:-1])
        h = normal * (1 + self.factor(multiplied)) + self.shift(added)
        return self.dropout(h)


class HadamardAdditionUNet(nn.Module):
    """Encoder, decoder and skip connections between blocks of equal width.

    Parameters
    ----------
    n_inputs : int
        Size of the vectors that are transformed; output has the same size.
    time_dim : int
        Size of the time embedding.
    condition_dim : int
        Size of the condition.
    hidden : sequence of int
        Widths of the encoder blocks; the decoder mirrors them.
    dropout : float
        Dropout after each block.
    """

    def __init__(self, n_inputs, time_dim, condition_dim, hidden, dropout):
        super().__init__()
        widths = [n_inputs, *hidden]
        self.encoder = nn.ModuleList(
            HadamardAdditionBlock(before, after, time_dim, condition_dim, dropout)
            for before, after in pairwise(widths)
        )
        self.decoder = nn.ModuleList(
            HadamardAdditionBlock(
                below + level, level, condition_dim, time_dim, dropout
            )
            for below, level in zip(hidden[:0:-1], hidden[-2::-1], strict=True)
        )
        self.output = nn.Linear(hidden[0], n_inputs)

    def forward(self, s, time, condition):
        """Map `s` of shape (..., n_inputs) to the same shape, broadcast."""
        levels = []
        for block in self.encoder:
            s = block(s, time, condition)
            levels.append(s)
        s = levels.pop()
        for block in self.decoder:
            s = block(torch.cat([s, levels.pop()], dim=-1), condition, time)
        return self.output(s)


def zero_linear(in_dim, out_dim):
    """Linear layer that puts out zero until it is trained."""
    layer = nn.Linear(in_dim, out_dim)
    nn.init.zeros_(layer.weight)
    nn.init.zeros_(layer.bias)
    return layer
