"""Features that are normal around what a network makes of latents and descriptions.

References
----------
Rybkin, Daniilidis, Levine: Simple and effective VAE training with calibrated decoders,
ICML 2021.
"""

import torch
from torch import nn

from zsl_estimators.nn.gan import ConditionalGenerator
from zsl_estimators.nn.vaecflow import gaussian_nll

# Keeps the likelihood of features that do not vary finite; features are of size 1.
SMALLEST_VARIANCE = 1e-4
# Share of the latest batch in the running mean of squared errors.
MOMENTUM = 0.05


class GaussianDecoder(nn.Module):
    """Base of networks with latents, ``x = center + decoded + noise``.

    The noise has a variance per feature, and is drawn when features are generated:
    without it they would vary less within a class than real ones. With `residual`
    the decoded part starts at zero and the variance at 1, so that an untrained network
    samples a normal distribution with covariance 1 around the base mean of a class.

    Parameters
    ----------
    class_attributes : Tensor of shape (n_classes, n_attributes)
        Scaled descriptions of the seen classes.
    class_centers : Tensor of shape (n_classes, n_features)
        Base means of the seen classes.
    latent_dim : int
        Length of a latent vector.
    hidden : sequence of int
        Widths of the decoder's hidden layers.
    residual : bool
        Whether the decoder starts at zero.
    output_activation : {"linear", "relu", "sigmoid"}, default="linear"
        Applied to what the decoder puts out.
    noise_variance : float or None, default=None
        Variance of the noise. None: that of every feature is learned, as a running
        mean of its squared error, which is its maximum likelihood estimate.
    draws_noise : bool, default=True
        Whether generated features have the noise, or are what the decoder puts out.
    decodes_attributes : bool, default=True
        Whether the decoder gets the description beside the latents.
    """

    def __init__(
        self,
        class_attributes,
        class_centers,
        latent_dim,
        hidden,
        residual,
        output_activation="linear",
        noise_variance=None,
        draws_noise=True,
        decodes_attributes=True,
    ):
        super().__init__()
        n_attributes, n_features = class_attributes.shape[1], class_centers.shape[1]
        self.latent_dim = latent_dim
        self.noise_dim = latent_dim + n_features * draws_noise
        self.n_decoded = n_attributes * decodes_attributes
        self.generator = ConditionalGenerator(
            n_features, self.n_decoded, latent_dim, hidden, output_activation
        )
        if residual:
            nn.init.zeros_(self.generator.net[-1].weight)
        self.learns_variance = noise_variance is None
        start = 1.0 if noise_variance is None else noise_variance
        self.register_buffer("noise_variance", torch.full((n_features,), float(start)))
        self.register_buffer("class_attributes", class_attributes)
        self.register_buffer("class_centers", class_centers)

    def forward(self, noise, attributes, centers):
        """Generate one row of features per row of noise.

        Parameters
        ----------
        noise : Tensor of shape (n_rows, noise_dim)
            Standard normal.
        attributes : Tensor of shape (n_rows, n_attributes)
            Scaled descriptions.
        centers : Tensor of shape (n_rows, n_features)
            Base means.

        Returns
        -------
        features : Tensor of shape (n_rows, n_features)
            Scaled features.
        """
        return self.synthesise(noise, attributes, centers)

    def synthesise(self, noise, attributes, centers):
        """Generate features, see :meth:`forward`."""
        return self.generate(noise, *self.encode_classes(attributes, centers))

    def encode_classes(self, attributes, centers):
        """What the decoder needs of a class: its part of the first layer; base mean."""
        return self.generator.encode_classes(attributes[:, : self.n_decoded], centers)

    def generate(self, noise, from_class, centers):
        """Generate a row of features per row of noise and of encoded classes."""
        latents, noise = noise.tensor_split([self.latent_dim], dim=1)
        return self.observe(self.decode(latents, from_class, centers), noise)

    def decode(self, latents, from_class, centers):
        """Mean of the features, given latents and encoded classes."""
        return centers + self.generator.generate(latents, from_class, None)

    def observe(self, decoded, noise):
        """Add noise, if there is any, to decoded features."""
        if not noise.shape[1]:
            return decoded
        return torch.addcmul(decoded, noise, self.noise_variance.sqrt())

    def decode_labels(self, latents, y):
        """Decode latents of rows with labels of seen classes."""
        attributes, centers = self.class_attributes[y], self.class_centers[y]
        from_class, centers, *_ = self.encode_classes(attributes, centers)
        return self.decode(latents, from_class, centers)

    def error(self, x, decoded):
        """Negative log density of rows around decoded ones, in nats.

        While the network is trained, their squared errors enter the variance.
        """
        if self.training and self.learns_variance:
            self._learn_variance((x - decoded).detach())
        return gaussian_nll(x, decoded, self.noise_variance.log())

    def _learn_variance(self, errors):
        squared = errors.square().mean(dim=0).clamp(min=SMALLEST_VARIANCE)
        self.noise_variance = torch.lerp(self.noise_variance, squared, MOMENTUM)
