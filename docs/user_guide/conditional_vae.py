"""A zero-shot classifier by a conditional variational autoencoder (CVAE)."""

import torch
from torch import nn

from zsl_estimators.generative import FeatureGeneratingClassifier


class ConditionalVAE(nn.Module):
    """Encodes features of described classes as noise, and decodes noise again.

    Features have unit variance around what is decoded. The decoder adds its output,
    which starts at zero, to base means.
    """

    def __init__(self, class_attributes, class_centers, n_latent=8, hidden=64):
        super().__init__()
        n_attributes, n_features = class_attributes.shape[1], class_centers.shape[1]
        self.n_latent = n_latent
        self.noise_dim = n_latent + n_features
        self.encoder = perceptron(n_features + n_attributes, hidden, 2 * n_latent)
        self.decoder = perceptron(n_latent + n_attributes, hidden, n_features)
        nn.init.zeros_(self.decoder[-1].weight)
        nn.init.zeros_(self.decoder[-1].bias)
        self.register_buffer("class_attributes", class_attributes)
        self.register_buffer("class_centers", class_centers)

    def forward(self, noise, attributes, centers):
        """Generate one row of features per row of noise."""
        latent, around = noise.tensor_split([self.n_latent], dim=1)
        return self.decode(latent, attributes, centers) + around

    synthesise = forward

    def decode(self, latent, attributes, centers):
        return centers + self.decoder(torch.cat([latent, attributes], dim=1))

    def training_output(self, x, y):
        """Encode a batch and decode it again."""
        s, centers = self.class_attributes[y], self.class_centers[y]
        mean, log_variance = self.encoder(torch.cat([x, s], dim=1)).chunk(2, dim=1)
        latent = mean + (log_variance / 2).exp() * torch.randn_like(mean)
        return x - self.decode(latent, s, centers), mean, log_variance


class NegativeELBO(nn.Module):
    """The two parts of the negative evidence lower bound, by name."""

    def forward(self, output, y):
        error, mean, log_variance = output
        divergence = log_variance.exp() + mean.square() - 1 - log_variance
        return {
            "reconstruction_loss": error.square().sum(dim=1).mean() / 2,
            "divergence_loss": divergence.sum(dim=1).mean() / 2,
        }


def perceptron(n_in, hidden, n_out):
    return nn.Sequential(nn.Linear(n_in, hidden), nn.ReLU(), nn.Linear(hidden, n_out))


class SmallCVAEClassifier(FeatureGeneratingClassifier):
    """Classify with features that a conditional VAE generates."""

    def _net_arguments(self, problem):
        attributes, centers = self._seen_tensors()
        return {
            "module": ConditionalVAE,
            "module__class_attributes": attributes,
            "module__class_centers": centers,
            "criterion": NegativeELBO,
            "optimizer": torch.optim.Adam,
        }
