"""A denoiser that is known exactly, to hold the rules against."""

import torch

from zsl_estimators.nn.denoiser import ClassDenoiser
from zsl_estimators.nn.diffusion import GaussianDiffusion


class ExactNetwork:
    """What a perfect network would have learned of normal distributions."""

    diffusion = GaussianDiffusion(1000).double()


class ExactDenoiser(ClassDenoiser):
    """The exact denoiser of normal distributions with one covariance.

    Centres are linear in descriptions: ``s @ center_map``.
    """

    def __init__(self, network, attributes, centers, seen, center_map, covariance):
        super().__init__(network, attributes, centers, seen)
        self.center_map = center_map
        self.covariance = covariance

    @classmethod
    def random(cls, n_classes, n_features, n_attributes, covariance=None, seed=0):
        generator = torch.Generator().manual_seed(seed)
        draw = {"generator": generator, "dtype": torch.float64}
        attributes = torch.randn(n_classes, n_attributes, **draw)
        center_map = 2 * torch.randn(n_attributes, n_features, **draw)
        if covariance is None:
            covariance = torch.eye(n_features, dtype=torch.float64)
        seen = torch.arange(n_classes) < n_classes - 2
        centers = attributes @ center_map
        return cls(ExactNetwork(), attributes, centers, seen, center_map, covariance)

    def subset(self, columns):
        parts = self.attributes[columns], self.centers[columns], self.seen[columns]
        return type(self)(self.network, *parts, self.center_map, self.covariance)

    def sample(self, n_per_class, seed=0):
        """Features of every class, and their classes."""
        generator = torch.Generator().manual_seed(seed)
        y = torch.arange(self.n_classes).repeat_interleave(n_per_class)
        shape = len(y), self.n_features
        noise = torch.randn(shape, generator=generator, dtype=torch.float64)
        root = torch.linalg.cholesky(self.covariance)
        return self.centers[y] + noise @ root.T, y

    def log_density(self, x):
        """The truth, shape (n, n_classes)."""
        normal = torch.distributions.MultivariateNormal(self.centers, self.covariance)
        return normal.log_prob(x[:, None])

    def exact_velocity(self, x_t, t, centers):
        signal, noise = self.diffusion.signal_and_noise(t)
        spread = signal**2 * self.covariance + noise**2 * torch.eye(self.n_features)
        gain = signal * torch.linalg.solve(spread, self.covariance)
        clean = centers + (x_t - signal * centers) @ gain
        return (signal * x_t - clean) / noise

    def correction(self, x_t, t):
        _, noise = self.signal_and_noise(t)
        return self.exact_velocity(x_t, t, self.centers) + noise * self.centers

    def prepared(self, x_t, t):
        return lambda s, centers: self.exact_velocity(x_t, int(t), centers)

    def squared_errors(self, x_t, t, velocity, columns=None):
        guesses = [
            self.exact_velocity(x_t[:, draw, None], int(time), self.centers)
            for draw, time in enumerate(t)
        ]
        errors = torch.stack(guesses, dim=1) - velocity[:, :, None]
        errors = errors.square().sum(dim=-1)
        if columns is None:
            return errors
        return errors.gather(2, columns[:, None].expand(-1, len(t), -1))


def random_covariance(n_features, seed=0):
    generator = torch.Generator().manual_seed(seed)
    root = torch.randn(n_features, n_features, generator=generator, dtype=torch.float64)
    return root @ root.T / n_features + 0.2 * torch.eye(n_features)
