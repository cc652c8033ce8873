"""Normalising flow of additive or affine couplings.

References
----------
Dinh, Krueger, Bengio: NICE - Non-linear independent components estimation, ICLR 2015
workshop.
Kingma, Dhariwal: Glow - Generative flow with invertible 1x1 convolutions, NeurIPS 2018.
"""

from itertools import pairwise

import torch
from torch import nn

SMALLEST_DEVIATION = 1e-4
LARGEST_LOG_SCALE = 5.0
COUPLINGS = ("additive", "affine")


class ActNorm(nn.Module):
    """Shift and scale every dimension, then learn on.

    Parameters
    ----------
    n_dims : int
        Number of dimensions.
    data_start : bool, default=True
        Whether the first training batch sets shift and scale such that it comes out
        with mean 0 and variance 1. Otherwise it starts as the identity.
    """

    def __init__(self, n_dims, data_start=True):
        super().__init__()
        self.shift = nn.Parameter(torch.zeros(n_dims))
        self.log_scale = nn.Parameter(torch.zeros(n_dims))
        self.register_buffer("started", torch.tensor(not data_start))
        # The same for the host, which must not wait for the buffer in every step.
        self._is_started = not data_start
        self.register_load_state_dict_post_hook(ActNorm._read_started)

    def forward(self, x):
        """Return scaled rows and the log determinant, a scalar."""
        log_scale = self._log_scale_for(x)
        return (x + self.shift) * log_scale.exp(), log_scale.sum()

    def scaled(self, x):
        """Return scaled rows alone."""
        return (x + self.shift) * self._log_scale_for(x).exp()

    def inverse(self, z):
        """Undo :meth:`forward`."""
        return z * (-self._bounded_log_scale()).exp() - self.shift

    def _log_scale_for(self, x):
        if self.training and not self._is_started:
            self._start(x)
        return self._bounded_log_scale()

    def _bounded_log_scale(self):
        return self.log_scale.clamp(-LARGEST_LOG_SCALE, LARGEST_LOG_SCALE)

    @torch.no_grad()
    def _start(self, x):
        deviation = x.std(dim=0, correction=0)
        # A dimension that does not vary has no scale to be divided by.
        deviation[deviation < SMALLEST_DEVIATION] = 1.0
        self.shift.copy_(-x.mean(dim=0))
        self.log_scale.copy_(-deviation.log())
        self.started.fill_(True)
        self._is_started = True

    def _read_started(self, incompatible_keys):
        self._is_started = bool(self.started)


class Permutation(nn.Module):
    """A random order of the dimensions, drawn once.

    Parameters
    ----------
    n_dims : int
        Number of dimensions.
    """

    def __init__(self, n_dims):
        super().__init__()
        order = torch.randperm(n_dims)
        self.register_buffer("order", order)
        self.register_buffer("back", order.argsort())

    def forward(self, x):
        """Return permuted rows and the log determinant, None for 0."""
        # Several times as fast as indexing, forwards and backwards.
        return x.index_select(1, self.order), None

    def inverse(self, z):
        """Undo :meth:`forward`."""
        return z.index_select(1, self.back)


class Coupling(nn.Module):
    """Changes one half of the dimensions by a function of the other half.

    Starts as the identity. With an odd number of dimensions the changed half is the
    larger one.

    Parameters
    ----------
    n_dims : int
        Number of dimensions.
    hidden : sequence of int
        Widths of the network's hidden layers.
    kind : {"additive", "affine"}, default="additive"
        Whether the second half is shifted only, or scaled too.
    """

    def __init__(self, n_dims, hidden, kind="additive"):
        super().__init__()
        self.n_kept = n_dims // 2
        self.n_changed = n_dims - self.n_kept
        self.is_affine = kind == "affine"
        n_out = self.n_changed * (2 if self.is_affine else 1)
        self.net = CouplingNet(self.n_kept, hidden, n_out)

    def forward(self, x):
        """Return changed rows and the log determinant, one per row; None for 0."""
        kept, changed = x.tensor_split([self.n_kept], dim=1)
        if not self.is_affine:
            return torch.cat([kept, changed + self.net(kept)], dim=1), None
        shift, log_scale = self._shift_and_log_scale(kept)
        changed = changed * log_scale.exp() + shift
        return torch.cat([kept, changed], dim=1), log_scale.sum(dim=1)

    def inverse(self, z):
        """Undo :meth:`forward`."""
        kept, changed = z.tensor_split([self.n_kept], dim=1)
        if not self.is_affine:
            return torch.cat([kept, changed - self.net(kept)], dim=1)
        shift, log_scale = self._shift_and_log_scale(kept)
        return torch.cat([kept, (changed - shift) * (-log_scale).exp()], dim=1)

    def _shift_and_log_scale(self, kept):
        shift, raw = self.net(kept).chunk(2, dim=1)
        return shift, torch.tanh(raw)


class CouplingNet(nn.Module):
    """Perceptron with normalised hidden layers and an output that starts at zero.

    Parameters
    ----------
    n_in : int
        Inputs; may be 0.
    hidden : sequence of int
        Widths of the hidden layers.
    n_out : int
        Outputs.
    """

    def __init__(self, n_in, hidden, n_out):
        super().__init__()
        layers = []
        for n_before, n_after in pairwise((n_in, *hidden)):
            layers.append(nn.Linear(n_before, n_after, bias=False))
            nn.init.normal_(layers[-1].weight, std=0.05)
            layers.append(HiddenNorm(n_after))
        self.hidden = nn.Sequential(*layers)
        self.last = nn.Linear(hidden[-1], n_out)
        nn.init.zeros_(self.last.weight)
        nn.init.zeros_(self.last.bias)
        self.log_gain = nn.Parameter(torch.zeros(n_out))

    def forward(self, x):
        """Values for the other half, shape (n_rows, n_out)."""
        return self.last(self.hidden(x)) * (3 * self.log_gain).exp()


class HiddenNorm(nn.Module):
    """ActNorm, then ReLU."""

    def __init__(self, n_dims):
        super().__init__()
        self.norm = ActNorm(n_dims)

    def forward(self, x):
        """Positive part of the scaled rows."""
        return torch.relu(self.norm.scaled(x))


class Flow(nn.Module):
    """Blocks of ActNorm, permutation and coupling.

    Parameters
    ----------
    n_dims : int
        Number of dimensions, odd or even.
    n_blocks : int, default=4
        Number of blocks.
    hidden : sequence of int, default=(512, 512)
        Hidden widths of every coupling's network.
    coupling : {"additive", "affine"}, default="additive"
        Kind of the couplings.
    data_start : bool, default=True
        Whether the first batch sets the scales, see :class:`ActNorm`. Otherwise the
        untrained flow only permutes.
    """

    def __init__(
        self,
        n_dims,
        n_blocks=4,
        hidden=(512, 512),
        coupling="additive",
        data_start=True,
    ):
        super().__init__()
        blocks = []
        for _ in range(n_blocks):
            blocks.append(ActNorm(n_dims, data_start))
            # A single dimension has no halves.
            if n_dims > 1:
                blocks.append(Permutation(n_dims))
                blocks.append(Coupling(n_dims, hidden, coupling))
        self.blocks = nn.ModuleList(blocks)

    def forward(self, x):
        """Map data to latents.

        Parameters
        ----------
        x : Tensor of shape (n_rows, n_dims)
            Data.

        Returns
        -------
        z : Tensor of shape (n_rows, n_dims)
            Latents.
        log_det : Tensor of shape (n_rows,)
            Logarithm of the Jacobian's absolute determinant.
        """
        log_det = x.new_zeros(len(x))
        for block in self.blocks:
            x, of_block = block(x)
            if of_block is not None:
                log_det = log_det + of_block
        return x, log_det

    def inverse(self, z):
        """Map latents to data."""
        for block in reversed(self.blocks):
            z = block.inverse(z)
        return z

    def in_last_order(self, rows):
        """Permute columns of the data's space as an untrained flow does."""
        for block in self.blocks:
            if isinstance(block, Permutation):
                rows = rows[..., block.order]
        return rows
