"""A denoiser that is conditioned on all classes at once and finds the right one.

For a mixture of normal distributions with covariance 1, the best estimate of the
velocity is ``-b`` times the centres, averaged with the posterior of the classes:
cross-attention of the noised vector to the classes, with logits
``a x_t.center - a^2 |center|^2 / 2``.
The network starts from it and learns to attend better, chunk by chunk.

References
----------
Startsev, Singh: Zero-shot image classification with diffusion models, 2023 (Algorithm
5, which reads the attention of a network for images).
"""

import math

import torch
from torch import nn
from torch.nn import functional

from zsl_estimators.nn.denoiser import DescriptionCode, TimeCode, VelocityNetwork
from zsl_estimators.nn.described import DescribedClasses


class CrossAttentionDenoiser(VelocityNetwork):
    """Predicts the velocity of noised features from a context of several classes.

    Parameters
    ----------
    class_attributes : Tensor of shape (n_classes, n_attributes)
        Scaled descriptions of the seen classes.
    class_centers : Tensor of shape (n_classes, n_features)
        Their centres.
    n_chunks : int, default=8
        Parts of a vector, each of which attends on its own.
    n_heads : int, default=2
        Attention heads of a chunk.
    head_dim : int, default=32
        Length of queries and keys.
    hidden : int, default=256
        Width.
    code_dim : int, default=128
        Length of the codes of time and class.
    context_size : int, default=16
        Wrong classes in the context while training.
    attribute_noise, n_steps, schedule
        See :class:`VelocityNetwork`.
    """

    def __init__(
        self,
        class_attributes,
        class_centers,
        n_chunks=8,
        n_heads=2,
        head_dim=32,
        hidden=256,
        code_dim=128,
        context_size=16,
        attribute_noise=0.1,
        n_steps=1000,
        schedule="linear",
    ):
        super().__init__(
            class_attributes, class_centers, attribute_noise, n_steps, schedule
        )
        n_features, n_attributes = class_centers.shape[1], class_attributes.shape[1]
        self.n_chunks, self.n_heads, self.head_dim = n_chunks, n_heads, head_dim
        self.chunk = math.ceil(n_features / n_chunks)
        self.context_size = context_size
        self.time = TimeCode(code_dim)
        self.describe = DescriptionCode(n_attributes, code_dim)
        self.query = nn.Sequential(
            nn.Linear(self.chunk + 2 * code_dim, hidden),
            nn.SiLU(),
            nn.Linear(hidden, n_heads * head_dim),
        )
        self.position = nn.Parameter(0.02 * torch.randn(n_chunks, code_dim))
        self.key = nn.Linear(code_dim, n_heads * head_dim)
        self.null_code = nn.Parameter(torch.zeros(code_dim))
        self.register_buffer("null_center", class_centers.mean(dim=0))
        nn.init.zeros_(self.query[-1].weight)
        nn.init.zeros_(self.query[-1].bias)

    def predict_velocity(self, x_t, t, y):
        """Velocities with the class itself and others in the context."""
        signal, noise = self.diffusion.signal_and_noise(t)
        others = torch.randperm(len(self.class_centers), device=x_t.device)
        others = others[: self.context_size]
        query = self.queries(x_t, t)
        own = self.logits(x_t, signal, query, *self._described(y[:, None]))
        context = self.logits(x_t, signal, query, *self._described(others))
        null = self.logits(x_t, signal, query, *self.null_class)
        twice = (others == y[:, None])[:, None, None]
        context = context.masked_fill(twice, -math.inf)
        attention = torch.cat([own, context, null], dim=-1).softmax(dim=-1)
        own, context, null = attention.mean(dim=2).split([1, len(others), 1], dim=-1)
        return -noise * (
            self._spread(own) * self.class_centers[y]
            + self._attended(context, self.class_centers[others])
            + self._spread(null) * self.null_center
        )

    def _described(self, y):
        """Codes of noised descriptions, and centres, of seen classes."""
        return self.describe(self.noised_attributes(y)), self.class_centers[y]

    @property
    def null_class(self):
        """Code and centre of the token that stands for no class."""
        return self.null_code[None], self.null_center[None]

    def queries(self, x_t, t):
        """What every chunk and head looks for, shape (..., n_chunks, n_heads, dim)."""
        padding = self.chunk * self.n_chunks - x_t.shape[-1]
        chunks = functional.pad(x_t, (0, padding)).unflatten(-1, (self.n_chunks, -1))
        code = self.time(t)[..., None, :].expand(*chunks.shape[:-1], -1)
        position = self.position.expand(*chunks.shape[:-1], -1)
        query = self.query(torch.cat([chunks, code, position], dim=-1))
        return query.unflatten(-1, (self.n_heads, self.head_dim))

    def logits(self, x_t, signal, queries, codes, centers):
        """Attention logits of every chunk and head.

        Parameters
        ----------
        x_t : Tensor of shape (..., n_features)
            Noised vectors.
        signal : Tensor of shape (..., 1)
            Factor `a` at their times.
        queries : Tensor of shape (..., n_chunks, n_heads, head_dim)
            See :meth:`queries`.
        codes, centers : Tensor of shape (n_classes, dim) or (n, n_classes, dim)
            Classes.

        Returns
        -------
        logits : Tensor of shape (..., n_chunks, n_heads, n_classes)
            Not normalised; each depends on its class only.
        """
        if centers.ndim == 2:
            match = x_t @ centers.T
        else:
            match = (centers @ x_t[..., None]).squeeze(-1)
        base = signal * match - signal.square() * centers.square().sum(-1) / 2
        keys = self.key(codes).unflatten(-1, (self.n_heads, self.head_dim))
        learned = torch.einsum("...khd,...chd->...khc", queries, keys)
        return base[..., None, None, :] + learned / math.sqrt(self.head_dim)

    def _spread(self, attention):
        """Attention per chunk as attention per feature."""
        spread = attention.squeeze(-1).repeat_interleave(self.chunk, dim=-1)
        return spread[..., : len(self.null_center)]

    def _attended(self, attention, centers):
        """Centres averaged with the attention of every chunk."""
        padding = self.chunk * self.n_chunks - centers.shape[-1]
        chunks = functional.pad(centers, (0, padding)).unflatten(1, (self.n_chunks, -1))
        attended = torch.einsum("nkc,ckf->nkf", attention, chunks).flatten(1)
        return attended[:, : centers.shape[-1]]

    def with_classes(self, attributes, centers, seen):
        """Fix the classes that are attended to, see :class:`ClassAttention`."""
        return ClassAttention(self, attributes, centers, seen)


class ClassAttention(DescribedClasses):
    """A cross-attention denoiser and the classes that it attends to.

    Parameters
    ----------
    network : CrossAttentionDenoiser
        Trained.
    attributes, centers, seen : Tensor
        See :class:`DescribedClasses`.
    """

    def logits(self, x_t, t):
        """Attention logits of all classes, and of none of them.

        Parameters
        ----------
        x_t : Tensor of shape (n, n_draws, n_features)
            Noised vectors.
        t : Tensor of shape (n_draws,)
            Times.

        Returns
        -------
        logits : Tensor of shape (n, n_draws, n_chunks, n_heads, n_classes)
            For the classes.
        null : Tensor of shape (n, n_draws, n_chunks, n_heads, 1)
            For the token that stands for no class.
        """
        network = self.network
        signal, _ = self.diffusion.signal_and_noise(t)
        queries = network.queries(x_t, t)
        codes = network.describe(self.attributes)
        classes = network.logits(x_t, signal, queries, codes, self.centers)
        return classes, network.logits(x_t, signal, queries, *network.null_class)
