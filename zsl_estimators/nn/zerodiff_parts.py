"""The networks that ZeroDiff is made of: generator, critics and decoder.

The notation and the references are those of :mod:`zsl_estimators.nn.zerodiff`.
"""

import torch
from torch import nn

from zsl_estimators.nn.arguments import KnowsArguments
from zsl_estimators.nn.decoder import AttributeDecoder
from zsl_estimators.nn.embedding import SinusoidalTimeEmbedding
from zsl_estimators.nn.gan import (
    OUTPUT_ACTIVATIONS,
    Critic,
    critic_losses,
    normal_linear,
    perceptron,
)
from zsl_estimators.nn.vae import mean_and_log_variance


def mapped(n_in, n_out):
    """Small map of a representation or of a time embedding, as in the official code."""
    return nn.Sequential(
        normal_linear(n_in, n_out), nn.SiLU(), normal_linear(n_out, n_out)
    )


class StepCondition(nn.Module):
    """The condition of a network: description, representation and time.

    Parameters
    ----------
    n_attributes : int
        Length of a description; the other parts are mapped to the same length.
    n_representation : int
        Length of a representation; 0 when there is none.
    interleaved : bool
        See :class:`SinusoidalTimeEmbedding`.
    """

    def __init__(self, n_attributes, n_representation, interleaved):
        super().__init__()
        self.waves = SinusoidalTimeEmbedding(n_attributes, interleaved=interleaved)
        self.time = mapped(n_attributes, n_attributes)
        self.representation = (
            mapped(n_representation, n_attributes) if n_representation else None
        )
        self.dim = n_attributes * (3 if n_representation else 2)

    def forward(self, s, r, t):
        """Concatenate the parts, shape (n_rows, dim)."""
        parts = [s, self.time(self.waves(t))]
        if self.representation is not None:
            parts.append(self.representation(r))
        return torch.cat(parts, dim=1)


class DenoisingGenerator(KnowsArguments, nn.Module):
    """Estimates the clean vector behind a noised one, differently for every noise.

    With `residual`, clean vectors of a class are taken to have a normal distribution
    with covariance 1, whose mean is handed over. The network then adds its output to a
    draw from the exact posterior, and starts at zero.

    Parameters
    ----------
    diffusion : GaussianDiffusion
        Noise levels.
    n_features, n_attributes, n_representation : int
        Lengths of the vectors, descriptions and representations (0: none).
    noise_dim : int
        Length of the noise vector that the network gets.
    hidden : sequence of int
        Widths of the hidden layers.
    encoder_hidden : sequence of int or None
        Those of the encoder, which learns the noise that belongs to a real vector.
        None: there is no encoder, the noise is always drawn.
    output_activation : {"linear", "relu", "sigmoid"}
        Applied to the estimate.
    residual : bool
        Whether base means will be handed over.
    interleaved : bool
        See :class:`SinusoidalTimeEmbedding`.
    """

    def __init__(
        self,
        diffusion,
        n_features,
        n_attributes,
        n_representation,
        noise_dim,
        hidden,
        encoder_hidden,
        output_activation,
        residual,
        interleaved,
    ):
        super().__init__()
        self.diffusion = diffusion
        self.n_features = n_features
        self.net_noise_dim = noise_dim
        self.output_activation = output_activation
        self.residual = residual
        self.condition = StepCondition(n_attributes, n_representation, interleaved)
        n_inputs = noise_dim + n_features + self.condition.dim
        self.net = perceptron((n_inputs, *hidden, n_features))
        self.encoder = None
        if encoder_hidden is not None:
            widths = (n_features + n_attributes, *encoder_hidden, 2 * noise_dim)
            self.encoder = perceptron(widths)
        if residual:
            nn.init.zeros_(self.net[-1].weight)

    def encode(self, x, s):
        """Mean and log variance of the network's noise for real vectors."""
        return mean_and_log_variance(self.encoder(torch.cat([x, s], dim=1)))

    def forward(self, z, base_noise, noised, level, t, s, r, centers):
        """Estimate clean vectors.

        Parameters
        ----------
        z : Tensor of shape (n_rows, noise_dim)
            Noise for the network.
        base_noise : Tensor of shape (n_rows, n_features) or float
            Noise for the posterior of the base distribution; 0 takes its mean.
        noised : Tensor of shape (n_rows, n_features)
            Noised vectors.
        level : Tensor of shape (n_rows,)
            The time at which they are.
        t : Tensor of shape (n_rows,)
            The time that conditions the network.
        s : Tensor of shape (n_rows, n_attributes)
            Descriptions.
        r : Tensor of shape (n_rows, n_representation) or None
            Representations.
        centers : Tensor of shape (n_rows, n_features)
            Base means; not used without `residual`.

        Returns
        -------
        clean : Tensor of shape (n_rows, n_features)
            Clean vectors.
        """
        clean = self.net(torch.cat([z, noised, self.condition(s, r, t)], dim=1))
        if self.residual:
            signal, noise = self.diffusion.signal_and_noise(level)
            mean = centers + signal * (noised - signal * centers)
            clean = clean + mean + noise * base_noise
        return OUTPUT_ACTIVATIONS[self.output_activation](clean)

    def noise_dims(self, progressive):
        """Lengths of the noise for one sample: the network's, then pairs of vectors."""
        n_passes = self.diffusion.n_steps if progressive else 1
        return [self.net_noise_dim] + [self.n_features] * 2 * n_passes

    def synthesise(self, noise, s, r, centers, progressive=False):
        """Generate clean vectors from noise alone.

        Parameters
        ----------
        noise : Tensor of shape (n_rows, sum(noise_dims(progressive)))
            Standard normal.
        s, r, centers : Tensor
            See :meth:`forward`.
        progressive : bool, default=False
            Walk through all noise levels, or jump from the last one.

        Returns
        -------
        x : Tensor of shape (n_rows, n_features)
            Clean vectors.
        """
        z, noised, *more = noise.split(self.noise_dims(progressive), dim=1)
        last = self.diffusion.n_steps - 1
        t = torch.full((len(z),), last, device=z.device)
        clean = self(z, more[0], noised, t, t, s, r, centers)
        for base_noise, step_noise in zip(more[2::2], more[1::2], strict=True):
            mean, variance = self.diffusion.posterior(clean, noised, t, t - 1)
            noised, t = mean + variance.clamp(min=0).sqrt() * step_noise, t - 1
            clean = self(z, base_noise, noised, t, t, s, r, centers)
        return clean


class DenoisingCritics(nn.Module):
    """Critics that score vectors under different conditions, and a decoder.

    ``clean`` sees the clean vector and the description; ``step`` the vector one step
    less noised, with the noised one, the time and all else; ``representation``, where
    there is one, the clean vector and the representation. The decoder predicts the
    direction of the description.

    Parameters
    ----------
    n_features, n_attributes, n_representation : int
        Lengths of the vectors, descriptions and representations (0: none).
    hidden : sequence of int
        Widths of the hidden layers of the critics and the decoder.
    interleaved : bool
        See :class:`SinusoidalTimeEmbedding`.
    """

    def __init__(self, n_features, n_attributes, n_representation, hidden, interleaved):
        super().__init__()
        self.condition = StepCondition(n_attributes, n_representation, interleaved)
        dims = {"clean": n_attributes, "step": n_features + self.condition.dim}
        self.representation = None
        if n_representation:
            self.representation = mapped(n_representation, n_attributes)
            dims["representation"] = n_attributes
        self.critics = nn.ModuleDict(
            {name: Critic(n_features, dim, hidden) for name, dim in dims.items()}
        )
        self.decoder = AttributeDecoder(n_features, n_attributes, hidden)

    def conditions(self, s, r, noised, t):
        """What every critic sees besides the vector that it scores, by name."""
        step = torch.cat([noised, self.condition(s, r, t)], dim=1)
        conditions = {"clean": s, "step": step}
        if self.representation is not None:
            conditions["representation"] = self.representation(r)
        return conditions

    def gaps_and_penalties(self, real, fake, conditions):
        """Wasserstein gaps per row and gradient penalties, by critic.

        `real` and `fake` are pairs: clean vectors, and those of one step.
        """
        gaps, penalties = {}, {}
        for name, critic in self.critics.items():
            rows = [pair[name == "step"] for pair in (real, fake)]
            mix = torch.rand(len(rows[0]), 1, device=rows[0].device)
            gaps[name], penalties[name] = critic_losses(
                critic, *rows, conditions[name], mix
            )
        return gaps, penalties

    def score(self, fake, conditions):
        """Mean scores of generated rows, summed over the critics."""
        return sum(
            critic(fake[name == "step"], conditions[name]).mean()
            for name, critic in self.critics.items()
        )
