"""The latent space that CADA-VAE starts from, which is linear, or nothing."""

import torch
from torch import nn

# Axes along which the class means differ by less are not used.
SMALLEST_GAIN = 1e-6


class LinearLatents(nn.Module):
    """Probabilistic PCA of class means: the linear start of both autoencoders.

    Features are a linear map of latents plus unit noise, and latents are standard
    normal. At the maximum of the likelihood the map has the principal axes of the class
    means, each scaled by the standard deviation along it; the posterior of the latents
    is known. That of a description is what the posteriors of the features of its class
    are together. Descriptions are decoded by their conditional mean.

    Parameters
    ----------
    class_means : Tensor of shape (n_means, n_features)
        Means of classes, of features whose covariance within a class is the identity.
    class_centers : Tensor of shape (n_classes, n_features)
        Base means of the seen classes.
    class_attributes : Tensor of shape (n_classes, n_attributes)
        Scaled descriptions of the seen classes.
    n_latent : int
        Dimensions of the latent space. Those that the means do not fill are not used.

    References
    ----------
    Tipping, Bishop: Probabilistic principal component analysis, Journal of the Royal
    Statistical Society B 61 (3), 1999.
    """

    def __init__(self, class_means, class_centers, class_attributes, n_latent):
        super().__init__()
        origin = class_means.double().mean(dim=0)
        directions, variances = principal_axes(class_means.double() - origin, n_latent)
        self.register_buffer("origin", origin.float())
        self.register_buffer("directions", directions.float())
        self.register_buffer("loadings", variances.sqrt().float())
        self.register_buffer("log_variance", -variances.log1p().float())
        # Latents of a class: means vary with the features, and draws around the means.
        varying = (variances / (1 + variances)).float() * self.log_variance.exp()
        self.register_buffer(
            "class_log_variance", (varying + self.log_variance.exp()).log()
        )
        mean = class_attributes.mean(dim=0)
        latents = self.encode(class_centers)
        drawn = (
            latents.T @ latents / len(latents) + self.class_log_variance.exp().diag()
        )
        together = latents.T @ (class_attributes - mean) / len(latents)
        self.register_buffer("attribute_mean", mean)
        self.register_buffer("attribute_map", torch.linalg.solve(drawn, together))

    def encode(self, x):
        """Posterior means of the latents of features."""
        gain = self.loadings * self.log_variance.exp()
        return (x - self.origin) @ (self.directions.T * gain)

    def decode(self, latents):
        """Features that are expected for latents."""
        return self.origin + (latents * self.loadings) @ self.directions

    def decode_attributes(self, latents):
        """Descriptions that are expected for latents drawn around those of a class."""
        return self.attribute_mean + latents @ self.attribute_map

    def move(self, x, shift):
        """Move features such that their posterior means move by as much as given.

        Parameters
        ----------
        x : Tensor of shape (n_rows, n_features)
            Features.
        shift : Tensor of shape (n_rows, n_latent)
            In the latent space; what it has along unused axes is left out.

        Returns
        -------
        moved : Tensor of shape (n_rows, n_features)
            Features that differ along the axes only.
        """
        gain = self.loadings * self.log_variance.exp()
        used = gain > SMALLEST_GAIN
        scaled = torch.where(used, shift / torch.where(used, gain, 1.0), 0.0)
        return x + scaled @ self.directions

    def limited(self, deviation):
        """Deviations of latents, cut where decoding would make more than unit noise."""
        return torch.minimum(deviation, 1 / self.loadings.clamp(min=SMALLEST_GAIN))

    def remaining_noise(self, noise, deviation):
        """Scale unit noise such that, with decoded noise of latents, it is unit noise.

        Parameters
        ----------
        noise : Tensor of shape (n_rows, n_features)
            Standard normal.
        deviation : Tensor of shape (n_rows, n_latent)
            Standard deviations of the latents, :meth:`limited`.

        Returns
        -------
        noise : Tensor of shape (n_rows, n_features)
            Smaller along the axes.
        """
        remaining = 1 - (self.loadings * deviation).square()
        excess = remaining.clamp(min=0).sqrt() - 1
        return noise + (noise @ self.directions.T * excess) @ self.directions


def principal_axes(centered, n_axes):
    """Directions of shape (n_axes, n_columns) and variances along them, zero padded."""
    _, lengths, axes = torch.linalg.svd(centered, full_matrices=False)
    n_used = min(n_axes, len(lengths))
    directions = centered.new_zeros(n_axes, centered.shape[1])
    variances = centered.new_zeros(n_axes)
    directions[:n_used] = axes[:n_used]
    variances[:n_used] = lengths[:n_used].square() / len(centered)
    return directions, variances


class NoLatents(nn.Module):
    """Nothing to start from: the networks of the paper.

    The same methods as :class:`LinearLatents` has.

    Parameters
    ----------
    n_latent : int
        Dimensions of the latent space.
    """

    log_variance = class_log_variance = 0.0

    def __init__(self, n_latent):
        super().__init__()
        self.n_latent = n_latent

    def encode(self, x):
        """Zero."""
        return x.new_zeros(x.shape[0], self.n_latent)

    def decode(self, latents):
        """Zero."""
        return 0.0

    def decode_attributes(self, latents):
        """Zero."""
        return 0.0

    def move(self, x, shift):
        """The latents themselves, which nothing else is known of."""
        return shift

    def limited(self, deviation):
        """As they are."""
        return deviation

    def remaining_noise(self, noise, deviation):
        """Zero: what the decoder puts out has no noise."""
        return 0.0
