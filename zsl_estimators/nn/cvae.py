"""Conditional variational autoencoders of features.

Either the latents are standard normal and encoder and decoder are told the class, or
the class has its own prior of the latents and they are not.

References
----------
Sohn, Lee, Yan: Learning structured output representation using deep conditional
generative models, NIPS 2015.
Mishra, Reddy, Mittal, Murthy: A generative model for zero shot learning using
conditional variational autoencoders, CVPR Workshops 2018.
Wang, Pu, Verma, Fan, Zhang, Chen, Rai, Carin: Zero-shot learning via class-conditioned
deep generative models, AAAI 2018.
"""

import math
from typing import NamedTuple

import torch
from torch import nn
from torch.nn import functional

from zsl_estimators.nn.gaussian_decoder import GaussianDecoder
from zsl_estimators.nn.normal import (
    expected_squares,
    normal_divergence,
    normal_divergences,
)
from zsl_estimators.nn.vae import draw_latents
from zsl_estimators.nn.vaecflow import relu_perceptron

SMALLEST_LOG_VARIANCE, LARGEST_LOG_VARIANCE = -10.0, 4.0
# Pairs of opposite points that the expected error of a sample is a mean over.
N_PAIRS = 4


class BoundTerms(NamedTuple):
    """Terms of the evidence lower bound of a batch, in nats; rows are samples."""

    error: torch.Tensor
    divergence: torch.Tensor
    # Bounds under all seen classes, shape (n_rows, n_classes), where they are cheap.
    bounds: torch.Tensor | None


class CVAENetwork(GaussianDecoder):
    """VAE whose encoder and decoder are conditioned on the description (CVAE).

    The prior of the latents is standard normal.

    Parameters
    ----------
    class_attributes : Tensor of shape (n_classes, n_attributes)
        Scaled descriptions of the seen classes.
    class_centers : Tensor of shape (n_classes, n_features)
        Base means of the seen classes.
    latent_dim : int
        Length of a latent vector.
    encoder_hidden, decoder_hidden : sequence of int
        Widths of the hidden layers.
    residual : bool
        Whether an untrained network samples the base.
    **decoder : dict
        See :class:`GaussianDecoder`.
    """

    def __init__(
        self,
        class_attributes,
        class_centers,
        latent_dim,
        encoder_hidden,
        decoder_hidden,
        residual,
        **decoder,
    ):
        super().__init__(
            class_attributes,
            class_centers,
            latent_dim,
            decoder_hidden,
            residual,
            **decoder,
        )
        n_encoded = class_centers.shape[1] + class_attributes.shape[1]
        self.encoder = relu_perceptron((n_encoded, *encoder_hidden, 2 * latent_dim))

    def encode(self, x, y):
        """Mean and log variance of the latents of rows with labels of seen classes."""
        from_base = x - self.class_centers[y]
        return normal_parameters(
            self.encoder(torch.cat([from_base, self.class_attributes[y]], dim=1))
        )

    def training_output(self, x, y):
        """Terms of the lower bound of a batch for :class:`CVAELoss`."""
        mean, log_variance = self.encode(x, y)
        latents = draw_latents(mean, log_variance)
        error = self.error(x, self.decode_labels(latents, y))
        return BoundTerms(error, normal_divergence(mean, log_variance), None)


class ClassPriorVAE(GaussianDecoder):
    """VAE whose prior of the latents depends on the class (VZSL).

    Encoder and decoder are not told the class, but for the base mean that the decoded
    part is added to. The lower bound under all classes then takes one pass per sample:
    without base means only the divergence from the prior differs between classes, as
    in the paper. ``forward`` returns these bounds.

    Parameters
    ----------
    class_attributes : Tensor of shape (n_classes, n_attributes)
        Scaled descriptions of the seen classes.
    class_centers : Tensor of shape (n_classes, n_features)
        Base means of the seen classes.
    latent_dim : int
        Length of a latent vector.
    encoder_hidden, decoder_hidden : sequence of int
        Widths of the hidden layers.
    residual : bool
        Whether an untrained network samples the base.
    prior_hidden : sequence of int, default=()
        Widths of hidden layers between description and prior. Without any, its mean
        and log variance are linear in the description.
    **decoder : dict
        See :class:`GaussianDecoder`.
    """

    def __init__(
        self,
        class_attributes,
        class_centers,
        latent_dim,
        encoder_hidden,
        decoder_hidden,
        residual,
        prior_hidden=(),
        **decoder,
    ):
        super().__init__(
            class_attributes,
            class_centers,
            latent_dim,
            decoder_hidden,
            residual,
            decodes_attributes=False,
            **decoder,
        )
        n_attributes, n_features = class_attributes.shape[1], class_centers.shape[1]
        self.encoder = relu_perceptron((n_features, *encoder_hidden, 2 * latent_dim))
        self.prior = relu_perceptron((n_attributes, *prior_hidden, 2 * latent_dim))
        if residual:
            nn.init.zeros_(self.prior[-1].weight)
        # Drawn once, so that bounds are the same at every call.
        points = torch.randn(N_PAIRS, 1, latent_dim)
        self.register_buffer("points", torch.cat([points, -points]))

    def forward(self, x, attributes, centers):
        """Lower bounds of log densities of rows under classes.

        Parameters
        ----------
        x : Tensor of shape (n_rows, n_features)
            Scaled features.
        attributes : Tensor of shape (n_classes, n_attributes)
            Scaled descriptions.
        centers : Tensor of shape (n_classes, n_features)
            Base means.

        Returns
        -------
        bounds : Tensor of shape (n_rows, n_classes)
            In nats. The expected error is a mean over few fixed points; those of one
            row share what differs from the exact expectation, but for base means.
        """
        posterior = self.encode(x)
        decoded = self._decoded_points(*posterior)
        mean = decoded.mean(dim=0)
        around = ((decoded - mean).square() / self.noise_variance).sum(dim=2)
        densities = self._log_densities(x - mean, centers)
        densities = densities - around.mean(dim=0)[:, None] / 2
        return densities - normal_divergences(posterior, self.priors(attributes))

    def encode(self, x):
        """Mean and log variance of the latents of rows."""
        return normal_parameters(self.encoder(x))

    def priors(self, attributes):
        """Mean and log variance of the latents of classes."""
        return normal_parameters(self.prior(attributes))

    def encode_classes(self, attributes, centers):
        """What generating needs of a class; mean and deviation of its prior too."""
        mean, log_variance = self.priors(attributes)
        encoded = super().encode_classes(attributes, centers)
        return *encoded, mean, (log_variance / 2).exp()

    def generate(self, noise, from_class, centers, mean, deviation):
        """Generate a row of features per row of noise and of encoded classes."""
        latents, noise = noise.tensor_split([self.latent_dim], dim=1)
        drawn = torch.addcmul(mean, deviation, latents)
        return self.observe(self.decode(drawn, from_class, centers), noise)

    def training_output(self, x, y):
        """Terms of the lower bound of a batch for :class:`CVAELoss`."""
        mean, log_variance = self.encode(x)
        latents = draw_latents(mean, log_variance)
        part = self._decoded_part(latents)
        error = self.error(x, part + self.class_centers[y])
        priors = self.priors(self.class_attributes)
        divergences = normal_divergences((mean, log_variance), priors)
        of_label = divergences.gather(1, y[:, None]).squeeze(1)
        densities = self._log_densities(x - part, self.class_centers)
        return BoundTerms(error, of_label, densities - divergences)

    def _log_densities(self, rest, centers):
        """Log densities of what is left without the decoded part, around base means."""
        precision = 1 / self.noise_variance[None]
        squares = expected_squares(rest, rest.square(), centers, precision)
        volume = (2 * math.pi * self.noise_variance).log().sum()
        return -(squares + volume) / 2

    def _decoded_part(self, latents):
        """What is decoded, without a base mean; shape (..., n_features)."""
        no_attributes = latents.new_zeros(1, 0)
        from_class, _ = self.generator.encode_classes(no_attributes, None)
        flat = latents.reshape(-1, self.latent_dim)
        part = self.generator.generate(flat, from_class, None)
        return part.reshape(*latents.shape[:-1], -1)

    def _decoded_points(self, mean, log_variance):
        """The decoded part at fixed points of the posterior of every row."""
        return self._decoded_part(mean + (log_variance / 2).exp() * self.points)


class CVAELoss(nn.Module):
    """Negative evidence lower bound, and a margin between classes.

    Parameters
    ----------
    kl_weight : float, default=1.0
        Weight of the divergence of the latents from their prior.
    margin_weight : float, default=0.0
        Weight of the cross-entropy of the seen classes, whose logits are the lower
        bounds; for priors of classes. With ``kl_weight=1 - margin_weight`` and no base
        means it is the margin of the paper, of weight `margin_weight`.
    """

    def __init__(self, kl_weight=1.0, margin_weight=0.0):
        super().__init__()
        self.kl_weight = kl_weight
        self.margin_weight = margin_weight

    def forward(self, terms, y):
        """Parts of the loss by name, in nats per sample."""
        parts = {
            "reconstruction_loss": terms.error.mean(),
            "divergence_loss": self.kl_weight * terms.divergence.mean(),
        }
        if terms.bounds is not None:
            entropy = functional.cross_entropy(terms.bounds, y)
            parts["margin_loss"] = self.margin_weight * entropy
        return parts


def normal_parameters(rows):
    """Mean and log variance of normal distributions from the output of a network."""
    mean, log_variance = rows.chunk(2, dim=1)
    return mean, log_variance.clamp(SMALLEST_LOG_VARIANCE, LARGEST_LOG_VARIANCE)
