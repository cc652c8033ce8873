"""VAE-cFlow: a flow of features whose prior is encoded from class descriptions.

References
----------
Gu, Zhang, Liu, Lu, Cheng: Generalized zero-shot learning via VAE-conditioned
generative flow, arXiv 2009.00303.
"""

import math
from itertools import pairwise
from typing import NamedTuple

import torch
from torch import nn
from torch.nn import functional

from zsl_estimators.nn.flow import Flow
from zsl_estimators.nn.normal import expected_squares

SMALLEST_LOG_VARIANCE, LARGEST_LOG_VARIANCE = -10.0, 4.0
LATENTS = ("flow", "prior")


class Encoded(NamedTuple):
    """A training batch in the latent space; rows are samples."""

    latent: torch.Tensor
    log_det: torch.Tensor
    mean: torch.Tensor
    log_variance: torch.Tensor
    drawn: torch.Tensor
    attributes: torch.Tensor
    decoded: torch.Tensor
    logits: torch.Tensor


class AttributeVAE(nn.Module):
    """Encodes class descriptions into normal distributions, and decodes latents.

    With `residual` the mean is added to a base mean that is handed over, and starts at
    zero as does the logarithm of the variance.

    Parameters
    ----------
    n_attributes : int
        Length of a description.
    n_latent : int
        Dimensions of the latent space.
    encoder_hidden, decoder_hidden : sequence of int
        Widths of the hidden layers.
    residual : bool
        Whether base means will be handed over.
    """

    def __init__(
        self, n_attributes, n_latent, encoder_hidden, decoder_hidden, residual
    ):
        super().__init__()
        self.residual = residual
        self.encoder = relu_perceptron((n_attributes, *encoder_hidden, 2 * n_latent))
        self.decoder = relu_perceptron((n_latent, *decoder_hidden, n_attributes))
        if residual:
            nn.init.zeros_(self.encoder[-1].weight)

    def encode(self, attributes, centers):
        """Mean and log variance of the latents of every row of descriptions."""
        mean, log_variance = self.encoder(attributes).chunk(2, dim=1)
        if self.residual:
            mean = mean + centers
        return mean, log_variance.clamp(SMALLEST_LOG_VARIANCE, LARGEST_LOG_VARIANCE)

    def decode(self, latents):
        """Descriptions of rows of latents."""
        return self.decoder(latents)


class VAEcFlowNetwork(nn.Module):
    """Flow, attribute VAE and a linear classifier of latents.

    Parameters
    ----------
    class_attributes : Tensor of shape (n_classes, n_attributes)
        Scaled descriptions of the seen classes.
    class_centers : Tensor of shape (n_classes, n_features)
        Base means of the seen classes, in the unit of the features.
    n_blocks : int
        Blocks of the flow.
    coupling : {"additive", "affine"}
        Kind of the flow's couplings.
    coupling_hidden, encoder_hidden, decoder_hidden : sequence of int
        Widths of hidden layers.
    residual : bool
        Whether an untrained network is a normal distribution with covariance 1 around
        the base mean of each class.
    noise_per_dimension : bool, default=True
        Whether latents are drawn with independent noise in every dimension, or with
        one number per sample.
    cls_latent : {"flow", "prior"}, default="flow"
        Whether latents of samples are classified, as in the code and the paper's
        Algorithm 1, or drawn ones, as in its Eq. 9.
    legacy_scale : bool, default=False
        Whether the encoder's second output is read as the logarithm of the standard
        deviation where latents are drawn and rated, as the official code does.
    """

    def __init__(
        self,
        class_attributes,
        class_centers,
        n_blocks,
        coupling,
        coupling_hidden,
        encoder_hidden,
        decoder_hidden,
        residual,
        noise_per_dimension=True,
        cls_latent="flow",
        legacy_scale=False,
    ):
        super().__init__()
        (n_classes, n_attributes), n_features = (
            class_attributes.shape,
            class_centers.shape[1],
        )
        self.flow = Flow(n_features, n_blocks, coupling_hidden, coupling, not residual)
        self.vae = AttributeVAE(
            n_attributes, n_features, encoder_hidden, decoder_hidden, residual
        )
        self.classifier = nn.Linear(n_features, n_classes)
        nn.init.zeros_(self.classifier.weight)
        self.noise_per_dimension = noise_per_dimension
        self.cls_latent = cls_latent
        self.variance_power = 2.0 if legacy_scale else 1.0
        self.register_buffer("class_attributes", class_attributes)
        self.register_buffer("class_centers", class_centers)

    @property
    def noise_dim(self):
        """Length of the noise vector of one sample."""
        return self.class_centers.shape[1]

    def prior(self, attributes, centers):
        """Mean and log variance of the latents of classes, one row per class."""
        mean, log_variance = self.vae.encode(
            attributes, self.flow.in_last_order(centers)
        )
        return mean, self.variance_power * log_variance

    def synthesise(self, noise, attributes, centers):
        """Generate one row of features per row of standard normal noise."""
        return self.generate(noise, *self.encode_classes(attributes, centers))

    def encode_classes(self, attributes, centers):
        """Mean and deviation of the latents of classes, one row per class."""
        mean, log_variance = self.prior(attributes, centers)
        return mean, (log_variance / 2).exp()

    def generate(self, noise, mean, deviation):
        """Generate a row of features per row of noise and of encoded classes."""
        return self.flow.inverse(mean + deviation * noise)

    def forward(self, x, attributes, centers):
        """Exact log density of features in classes.

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
        log_likelihood : Tensor of shape (n_rows, n_classes)
            In nats, of the scaled features.
        """
        latent, log_det = self.flow(x)
        mean, log_variance = self.prior(attributes, centers)
        distance = expected_squares(
            latent, latent.square(), mean, (-log_variance).exp()
        )
        volume = log_variance.sum(dim=1) + latent.shape[1] * math.log(2 * math.pi)
        return log_det[:, None] - (distance + volume) / 2

    def training_output(self, x, y):
        """Encode a batch and its classes for :class:`VAEcFlowLoss`."""
        latent, log_det = self.flow(x)
        mean, log_variance = self._prior_of_labels(y)
        drawn = mean + (log_variance / 2).exp() * self._noise_like(mean)
        classified = latent if self.cls_latent == "flow" else drawn
        return Encoded(
            latent,
            log_det,
            mean,
            log_variance,
            drawn,
            self.class_attributes[y],
            self.vae.decode(drawn),
            self.classifier(classified),
        )

    def _prior_of_labels(self, y):
        attributes, centers = self.class_attributes, self.class_centers
        # To find out which classes are in the batch the host would have to wait.
        if len(attributes) > len(y):
            return self.prior(attributes[y], centers[y])
        mean, log_variance = self.prior(attributes, centers)
        return mean[y], log_variance[y]

    def _noise_like(self, mean):
        if self.noise_per_dimension:
            return torch.randn_like(mean)
        return torch.randn(len(mean), 1, device=mean.device)


class VAEcFlowLoss(nn.Module):
    """Exact likelihood of the features, plus what keeps the prior a code of classes.

    Parameters
    ----------
    vae_weight : float
        Weight of attribute reconstruction and variance regulariser.
    cls_weight : float
        Weight of the classification loss.
    legacy_scale : bool, default=False
        See :class:`VAEcFlowNetwork`.
    zero_mean : bool, default=False
        Whether the regulariser draws the mean of every class to zero as well, as that
        of an ordinary variational autoencoder does. The paper leaves this out.
    """

    def __init__(self, vae_weight, cls_weight, legacy_scale=False, zero_mean=False):
        super().__init__()
        self.vae_weight = vae_weight
        self.cls_weight = cls_weight
        self.variance_power = 2.0 if legacy_scale else 1.0
        self.zero_mean = zero_mean

    def forward(self, encoded, y):
        """Parts of the loss by name; the likelihood is in bits, as in the paper."""
        code = encoded.log_variance / self.variance_power
        # KL divergence to a unit variance, at any mean or at zero.
        divergence = code.exp() - code - 1
        if self.zero_mean:
            divergence = divergence + encoded.mean.square()
        regulariser = 0.5 * self.variance_power * divergence
        error = (encoded.decoded - encoded.attributes).abs()
        nats = gaussian_nll(encoded.latent, encoded.mean, encoded.log_variance)
        return {
            "likelihood_loss": (nats - encoded.log_det).mean() / math.log(2),
            "reconstruction_loss": self.vae_weight * error.sum(dim=1).mean(),
            "variance_loss": self.vae_weight * regulariser.sum(dim=1).mean(),
            "classification_loss": self.cls_weight
            * functional.cross_entropy(encoded.logits, y),
        }


def gaussian_nll(x, mean, log_variance):
    """Negative log density of rows under diagonal normal distributions, in nats."""
    squares = (x - mean).square() * (-log_variance).exp()
    return 0.5 * (squares + log_variance + math.log(2 * math.pi)).sum(dim=1)


def relu_perceptron(widths):
    """Linear layers with ReLU between them, Xavier start with gain 0.5."""
    layers = []
    for n_in, n_out in pairwise(widths):
        layers += [nn.Linear(n_in, n_out), nn.ReLU()]
        nn.init.xavier_uniform_(layers[-2].weight, gain=0.5)
        nn.init.zeros_(layers[-2].bias)
    return nn.Sequential(*layers[:-1])
