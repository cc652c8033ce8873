"""CADA-VAE: variational autoencoders of features and descriptions, aligned.

References
----------
Schonfeld, Ebrahimi, Sinha, Darrell, Akata: Generalized zero- and few-shot learning via
aligned variational autoencoders, CVPR 2019.
"""

from typing import NamedTuple

import torch
from torch import nn

from zsl_estimators.nn.linear_latents import LinearLatents, NoLatents
from zsl_estimators.nn.normal import normal_divergence
from zsl_estimators.nn.vaecflow import (
    LARGEST_LOG_VARIANCE,
    SMALLEST_LOG_VARIANCE,
    relu_perceptron,
)

# Keeps the gradient of a distance finite where the distance is zero.
SMALLEST_SQUARE = 1e-12


class DiagonalNormal(NamedTuple):
    """Diagonal normal distributions, one per row."""

    mean: torch.Tensor
    log_variance: torch.Tensor


class Reconstruction(NamedTuple):
    """Rows, and what is decoded from their own latents and from the other encoder's."""

    rows: torch.Tensor
    own: torch.Tensor
    cross: torch.Tensor


class Aligned(NamedTuple):
    """A training batch as :class:`CADAVAELoss` wants it."""

    of_features: DiagonalNormal
    of_attributes: DiagonalNormal
    features: Reconstruction
    attributes: Reconstruction


class GaussianEncoder(nn.Module):
    """Encodes rows into diagonal normal distributions around base means.

    Parameters
    ----------
    widths : sequence of int
        Of all layers, from the rows to the latents.
    residual : bool
        Whether the network starts at zero, so that the base is all there is.
    """

    def __init__(self, widths, residual):
        super().__init__()
        *inner, n_latent = widths
        self.network = started_perceptron((*inner, 2 * n_latent), residual)

    def forward(self, rows, base_mean, base_log_variance, weight=1.0):
        """Distributions of the latents of rows.

        Parameters
        ----------
        rows : Tensor of shape (n_rows, n_columns)
            What to encode.
        base_mean : Tensor of shape (n_rows, n_latent)
            Added to what the network says.
        base_log_variance : Tensor of shape (n_latent,) or float
            Likewise.
        weight : float, default=1.0
            Share of what the network says of the means.

        Returns
        -------
        latents : DiagonalNormal
            One row per row.
        """
        mean, log_variance = self.network(rows).chunk(2, dim=1)
        log_variance = log_variance + base_log_variance
        return DiagonalNormal(
            base_mean + weight * mean,
            log_variance.clamp(SMALLEST_LOG_VARIANCE, LARGEST_LOG_VARIANCE),
        )


class CADAVAENetwork(nn.Module):
    """Two variational autoencoders that share a latent space.

    Parameters
    ----------
    class_attributes : Tensor of shape (n_classes, n_attributes)
        Scaled descriptions of the seen classes.
    class_centers : Tensor of shape (n_classes, n_features)
        Base means of the seen classes.
    class_means : Tensor of shape (n_means, n_features) or None
        Means of classes, for :class:`LinearLatents`, which the networks then start from
        to learn what is missing. None starts from random weights.
    n_latent : int
        Dimensions of the latent space.
    feature_encoder_hidden, feature_decoder_hidden : sequence of int, default=(256,)
        Widths of the hidden layers.
    attribute_encoder_hidden, attribute_decoder_hidden : sequence of int, default=(256,)
        Widths of the hidden layers.
    legacy_noise : bool, default=False
        Whether latents are drawn as by the official code, which takes the second output
        of the encoders for the logarithm of the standard deviation there, and one
        random number per row for all dimensions.
    """

    def __init__(
        self,
        class_attributes,
        class_centers,
        class_means,
        n_latent,
        feature_encoder_hidden=(256,),
        feature_decoder_hidden=(256,),
        attribute_encoder_hidden=(256,),
        attribute_decoder_hidden=(256,),
        legacy_noise=False,
    ):
        super().__init__()
        n_features, n_attributes = class_centers.shape[1], class_attributes.shape[1]
        self.residual = residual = class_means is not None
        self.base = NoLatents(n_latent)
        if residual:
            self.base = LinearLatents(
                class_means, class_centers, class_attributes, n_latent
            )
        self.feature_encoder = GaussianEncoder(
            (n_features, *feature_encoder_hidden, n_latent), residual
        )
        self.attribute_encoder = GaussianEncoder(
            (n_attributes, *attribute_encoder_hidden, n_latent), residual
        )
        self.feature_decoder = started_perceptron(
            (n_latent, *feature_decoder_hidden, n_features), residual
        )
        self.attribute_decoder = started_perceptron(
            (n_latent, *attribute_decoder_hidden, n_attributes), residual
        )
        self.n_latent = n_latent
        self.n_features = n_features
        self.legacy_noise = legacy_noise
        self.register_buffer("class_attributes", class_attributes)
        self.register_buffer("class_centers", class_centers)

    # -- latents ------------------------------------------------------------------

    def forward(self, x):
        """Means of the latents of rows of features."""
        return self.encode_features(x).mean

    def encode_features(self, x, weight=1.0):
        """Distributions of the latents of features, see :class:`GaussianEncoder`."""
        return self.feature_encoder(
            x, self.base.encode(x), self.base.log_variance, weight
        )

    def feature_latents(self, x, weight=1.0):
        """Means of the latents of features, shape (n_rows, n_latent)."""
        return self.encode_features(x, weight).mean

    def moved(self, x, weight=1.0):
        """Features as far as their latents are from the linear start."""
        return self.base.move(x, self.feature_latents(x, weight) - self.base.encode(x))

    def encode_attributes(self, attributes, base_latents):
        """Distributions of the latents of descriptions.

        Parameters
        ----------
        attributes : Tensor of shape (n_rows, n_attributes)
            Scaled descriptions.
        base_latents : Tensor of shape (n_rows, n_latent)
            What ``base.encode`` makes of their base means.

        Returns
        -------
        latents : DiagonalNormal
            One row per description.
        """
        return self.attribute_encoder(
            attributes, base_latents, self.base.class_log_variance
        )

    @property
    def latent_noise_dim(self):
        """Random numbers that a latent takes."""
        return 1 if self.legacy_noise else self.n_latent

    def deviation(self, log_variance):
        """Factor of the noise of drawn latents."""
        return (log_variance if self.legacy_noise else log_variance / 2).exp()

    def draw(self, latents):
        """Draw a latent from every row's distribution."""
        mean, log_variance = latents
        noise = torch.randn_like(mean[:, : self.latent_noise_dim])
        return mean + self.deviation(log_variance) * noise

    # -- features -----------------------------------------------------------------

    def decode_features(self, latents):
        """Features of rows of latents."""
        return self.base.decode(latents) + self.feature_decoder(latents)

    def decode_attributes(self, latents):
        """Descriptions of rows of latents."""
        return self.base.decode_attributes(latents) + self.attribute_decoder(latents)

    @property
    def noise_dim(self):
        """Length of the noise vector of one row of features."""
        return self.latent_noise_dim + self.n_features

    def encode_classes(self, attributes, centers):
        """Mean and deviation of the latents of classes, and what decoding leaves out.

        That is the part of the base means that latents do not hold.
        """
        base_latents = self.base.encode(centers)
        mean, log_variance = self.encode_attributes(attributes, base_latents)
        rest = centers - self.base.decode(base_latents)
        return mean, self.base.limited(self.deviation(log_variance)), rest

    def generate(self, noise, mean, deviation, rest):
        """Generate a row of features per row of noise and of encoded classes."""
        of_latents, of_features = noise.tensor_split([self.latent_noise_dim], dim=1)
        decoded = self.decode_features(mean + deviation * of_latents)
        return decoded + rest + self.base.remaining_noise(of_features, deviation)

    def synthesise(self, noise, attributes, centers):
        """Generate one row of features per row of standard normal noise."""
        return self.generate(noise, *self.encode_classes(attributes, centers))

    # -- training -----------------------------------------------------------------

    def training_output(self, x, y):
        """Encode a batch and decode it in all four ways, for :class:`CADAVAELoss`."""
        of_features = self.encode_features(x)
        of_attributes = self._latents_of_labels(y)
        latents = torch.cat([self.draw(of_features), self.draw(of_attributes)])
        x_of_x, x_of_a = self.decode_features(latents).chunk(2)
        a_of_x, a_of_a = self.decode_attributes(latents).chunk(2)
        attributes = self.class_attributes[y]
        return Aligned(
            of_features,
            of_attributes,
            Reconstruction(x, x_of_x, x_of_a),
            Reconstruction(attributes, a_of_a, a_of_x),
        )

    def _latents_of_labels(self, y):
        attributes, centers = self.class_attributes, self.class_centers
        # To find out which classes are in the batch the host would have to wait.
        if len(attributes) > len(y):
            return self.encode_attributes(attributes[y], self.base.encode(centers[y]))
        latents = self.encode_attributes(attributes, self.base.encode(centers))
        return DiagonalNormal(*(part[y] for part in latents))


def started_perceptron(widths, at_zero):
    """Linear layers with ReLU between them, that put out zeros at first if asked to."""
    layers = relu_perceptron(widths)
    if at_zero:
        nn.init.zeros_(layers[-1].weight)
    return layers


class LatentSampler(nn.Module):
    """Draws latents of classes instead of their features.

    Parameters
    ----------
    network : CADAVAENetwork
        Trained.
    """

    def __init__(self, network):
        super().__init__()
        self.network = network

    @property
    def noise_dim(self):
        """Length of the noise vector of one latent."""
        return self.network.latent_noise_dim

    def encode_classes(self, attributes, base_latents):
        """Mean and deviation of the latents of classes, one row per class."""
        mean, log_variance = self.network.encode_attributes(attributes, base_latents)
        return mean, self.network.deviation(log_variance)

    def generate(self, noise, mean, deviation):
        """Draw a latent per row of noise and of encoded classes."""
        return mean + deviation * noise

    def synthesise(self, noise, attributes, base_latents):
        """Draw a latent per row of noise, descriptions and base latents."""
        return self.generate(noise, *self.encode_classes(attributes, base_latents))


class CADAVAELoss(nn.Module):
    """Reconstruction, divergence, cross-reconstruction and alignment (Eq. 2, 5, 7, 8).

    All are sums over dimensions and means over rows. Their weights grow linearly in
    a share of the training, which :attr:`epoch` tells the progress of.

    Parameters
    ----------
    kl_weight, cross_weight, alignment_weight : float
        Final weights; the weight of the reconstructions is 1.
    n_epochs : int
        Length of the training that the shares are of.
    kl_warm_up, cross_warm_up, alignment_warm_up : tuple of two floats or None
        Share of the training at which a weight begins to grow, and at which it is
        reached. None is from the start.

    Attributes
    ----------
    epoch : int
        Number of epochs done; to be set from outside.
    """

    def __init__(
        self,
        kl_weight,
        cross_weight,
        alignment_weight,
        n_epochs,
        kl_warm_up=None,
        cross_warm_up=None,
        alignment_warm_up=None,
    ):
        super().__init__()
        self.schedules = {
            "kl": (kl_weight, kl_warm_up),
            "cross": (cross_weight, cross_warm_up),
            "alignment": (alignment_weight, alignment_warm_up),
        }
        self.n_epochs = n_epochs
        self.epoch = 0

    def weight(self, name):
        """Weight of a part of the loss in the present epoch."""
        final, warm_up = self.schedules[name]
        return final * warmed_up(self.epoch / self.n_epochs, warm_up)

    def forward(self, aligned, y):
        """Parts of the loss by name."""
        of_x, of_a, features, attributes = aligned
        own = absolute_error(features.own, features.rows)
        own = own + absolute_error(attributes.own, attributes.rows)
        cross = absolute_error(features.cross, features.rows)
        cross = cross + absolute_error(attributes.cross, attributes.rows)
        divergence = normal_divergence(*of_x)
        divergence = divergence + normal_divergence(*of_a)
        distance = wasserstein_distance(of_x, of_a)
        return {
            "reconstruction_loss": own.mean(),
            "divergence_loss": self.weight("kl") * divergence.mean(),
            "cross_loss": self.weight("cross") * cross.mean(),
            "alignment_loss": self.weight("alignment") * distance.mean(),
        }


def warmed_up(progress, warm_up):
    """Factor from 0 to 1 of a weight, `progress` being the share of the training."""
    if warm_up is None:
        return 1.0
    first, last = warm_up
    return min(max((progress - first) / (last - first), 0.0), 1.0)


def absolute_error(decoded, rows):
    """L1 distance of every row."""
    return (decoded - rows).abs().sum(dim=1)


def wasserstein_distance(first, second):
    """2-Wasserstein distance of diagonal normal distributions, row by row (Eq. 7)."""
    shift = first.mean - second.mean
    spread = (first.log_variance / 2).exp() - (second.log_variance / 2).exp()
    squares = shift.square().sum(dim=1) + spread.square().sum(dim=1)
    return (squares + SMALLEST_SQUARE).sqrt()
