"""ZeroDiff: a diffusion process of few steps whose reverse steps are generators.

Notation: `x` is clean, a time ``t`` in ``0 .. n_steps - 1`` that of its noised version,
and ``t - 1`` the time before it, where -1 is clean; the paper calls these t + 1 and t.
`s` is a class description and `r` a representation of a sample, such as one learned by
supervised contrast.

References
----------
Ye, Gowda, Chen, Huang, Xu, Khan, Jin, Huang, Jin: ZeroDiff: Solidified visual-semantic
correlation in zero-shot learning, ICLR 2025.
Xiao, Kreis, Vahdat: Tackling the generative learning trilemma with denoising diffusion
GANs, ICLR 2022.
"""

import torch
from torch import nn

from zsl_estimators.nn.diffusion import GaussianDiffusion
from zsl_estimators.nn.zerodiff_parts import (
    DenoisingCritics,
    DenoisingGenerator,
)


class DiffusionGAN(nn.Module):
    """A generator and its critics, with the tables of the seen classes.

    Parameters
    ----------
    class_attributes : Tensor of shape (n_classes, n_attributes)
        Scaled descriptions of the seen classes.
    class_centers : Tensor of shape (n_classes, n_features)
        Base means of the seen classes.
    n_representation : int
        Length of a representation; 0 when there is none.
    noise_dim : int
        Noise of the generator.
    generator_hidden, critic_hidden : sequence of int
        Widths of the hidden layers.
    encoder_hidden : sequence of int or None
        See :class:`DenoisingGenerator`.
    output_activation : {"linear", "relu", "sigmoid"}
        See :class:`DenoisingGenerator`.
    residual : bool
        See :class:`DenoisingGenerator`.
    n_steps : int, default=4
        Noise levels.
    interleaved : bool, default=True
        See :class:`SinusoidalTimeEmbedding`.
    sees : {"noised", "less_noised"}, default="noised"
        What the generator gets while it is trained: the noised vector, or the one
        before it, which is a quirk of the official code for representations.
    """

    def __init__(
        self,
        class_attributes,
        class_centers,
        n_representation,
        noise_dim,
        generator_hidden,
        critic_hidden,
        encoder_hidden,
        output_activation,
        residual,
        n_steps=4,
        interleaved=True,
        sees="noised",
    ):
        super().__init__()
        n_features, n_attributes = class_centers.shape[1], class_attributes.shape[1]
        self.sees = sees
        self.diffusion = GaussianDiffusion(n_steps, "vp")
        self.generator = DenoisingGenerator(
            self.diffusion,
            n_features,
            n_attributes,
            n_representation,
            noise_dim,
            generator_hidden,
            encoder_hidden,
            output_activation,
            residual,
            interleaved,
        )
        self.critic = DenoisingCritics(
            n_features, n_attributes, n_representation, critic_hidden, interleaved
        )
        self.register_buffer("class_attributes", class_attributes)
        self.register_buffer("class_centers", class_centers)

    def forward(self, noise, attributes, centers):
        """Generate vectors without a representation, as `generator` does."""
        return self.generator.synthesise(noise, attributes, None, centers)

    def draw(self, x, y, r=None):
        """Noise a batch at random times and denoise it again."""
        return Drawn(self, x, y, r)


class Drawn:
    """A batch that was noised at random times, and what the generator makes of it.

    Parameters
    ----------
    network : DiffusionGAN
        Has the generator.
    x : Tensor of shape (n_rows, n_features)
        Real vectors.
    y : Tensor of shape (n_rows,)
        Their classes.
    r : Tensor of shape (n_rows, n_representation) or None
        Their representations.
    """

    def __init__(self, network, x, y, r):
        generator, diffusion = network.generator, network.diffusion
        self.s, self.centers = network.class_attributes[y], network.class_centers[y]
        self.x, self.r, self.t = x, r, diffusion.random_times(len(x))
        self.before, self.noised = diffusion.noised_pair(x, self.t)
        self.z = torch.randn(len(x), generator.net_noise_dim, device=x.device)
        if generator.encoder is not None:
            self.mean, self.log_variance = generator.encode(x, self.s)
            self.z = self.mean + (self.log_variance / 2).exp() * self.z
        self.seen, self.level = self.noised, self.t
        if network.sees == "less_noised":
            self.seen, self.level = self.before, self.t - 1
        self.generator = generator
        clean = self.denoise(torch.randn_like(x))
        self.fake = clean, diffusion.draw_before(clean, self.noised, self.t)

    def denoise(self, base_noise):
        """Clean vectors; a base noise of 0 leaves only the noise of the network."""
        return self.generator(
            self.z,
            base_noise,
            self.seen,
            self.level,
            self.t,
            self.s,
            self.r,
            self.centers,
        )


class FeatureSynthesiser(nn.Module):
    """Generates features, after their representations where there are any.

    Parameters
    ----------
    features : DenoisingGenerator
        Of features.
    representations : DenoisingGenerator or None
        Of representations.
    decoder : AttributeDecoder
        Kept with them, for semantic views of features.
    progressive : bool
        Whether features walk through all noise levels.
    """

    def __init__(self, features, representations, decoder, progressive):
        super().__init__()
        self.features = features
        self.representations = representations
        self.decoder = decoder
        self.progressive = progressive

    @property
    def noise_dims(self):
        """Lengths of the noise for features and for representations."""
        dims = [sum(self.features.noise_dims(self.progressive))]
        if self.representations is not None:
            dims.append(sum(self.representations.noise_dims(False)))
        return dims

    @property
    def noise_dim(self):
        """Length of the noise vector of one sample."""
        return sum(self.noise_dims)

    def synthesise(self, noise, attributes, centers):
        """Generate features, see :meth:`forward`."""
        return self(noise, attributes, centers)

    def forward(self, noise, attributes, centers):
        """Generate features and, beside them, representations.

        Parameters
        ----------
        noise : Tensor of shape (n_rows, noise_dim)
            Standard normal.
        attributes : Tensor of shape (n_rows, n_attributes)
            Scaled descriptions.
        centers : Tensor of shape (n_rows, n_features + n_representation)
            Base means of both.

        Returns
        -------
        generated : Tensor of shape (n_rows, n_features + n_representation)
            Scaled features, then representations.
        """
        if self.representations is None:
            return self.features.synthesise(
                noise, attributes, None, centers, self.progressive
            )
        of_features, of_representations = noise.split(self.noise_dims, dim=1)
        dims = [self.features.n_features, self.representations.n_features]
        centers, r_centers = centers.split(dims, dim=1)
        r = self.representations.synthesise(
            of_representations, attributes, None, r_centers
        )
        x = self.features.synthesise(
            of_features, attributes, r, centers, self.progressive
        )
        return torch.cat([x, r], dim=1)


class ZeroDiffNetwork(DiffusionGAN):
    """The network of the second stage, with what synthesises after it.

    Parameters
    ----------
    representations : DenoisingGenerator or None, default=None
        Generator of the first stage; it is not trained further.
    progressive : bool, default=False
        See :class:`FeatureSynthesiser`.
    **parameters : dict
        See :class:`DiffusionGAN`.
    """

    def __init__(self, representations=None, progressive=False, **parameters):
        super().__init__(**parameters)
        self.synthesiser = FeatureSynthesiser(
            self.generator, representations, self.critic.decoder, progressive
        )

    def forward(self, noise, attributes, centers):
        """Generate features, see :class:`FeatureSynthesiser`."""
        return self.synthesiser(noise, attributes, centers)
