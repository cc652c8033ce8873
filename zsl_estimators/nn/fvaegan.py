"""f-VAEGAN: the generator of a GAN of features is the decoder of a VAE as well.

References
----------
Xian, Sharma, Schiele, Akata: f-VAEGAN-D2: A feature generating framework for any-shot
learning, CVPR 2019.
Tipping, Bishop: Probabilistic principal component analysis, JRSS B 61 (3), 1999.
"""

import torch
from torch import nn
from torch.nn import functional

from zsl_estimators.nn.gan import (
    OUTPUT_ACTIVATIONS,
    AdversarialNetwork,
    ConditionalGenerator,
    Critic,
    WassersteinLoss,
    perceptron,
)
from zsl_estimators.nn.unlabelled import UnlabelledCritic, UnlabelledLoss
from zsl_estimators.nn.vae import (
    divergence,
    draw_latents,
    mean_and_log_variance,
    reconstruction_error,
)


class VAEGenerator(ConditionalGenerator):
    """Turns latents and a class description into features, and features into latents.

    With `shares` it is residual: features of a class are taken to be normal with
    covariance 1 around a base mean that is handed over, and each of the last ones to be
    the sum of a latent and of noise, as in probabilistic principal component analysis.
    The decoder adds its output to that sum, and the encoder to the exact posterior of
    the latents; both start at zero.

    Parameters
    ----------
    n_features : int
        Number of features.
    n_attributes : int
        Length of a description.
    noise_dim : int
        Number of latents.
    hidden : sequence of int
        Widths of the decoder's hidden layers.
    encoder_hidden : sequence of int
        Widths of the encoder's hidden layers.
    output_activation : {"relu", "sigmoid", "linear"}, default="linear"
        Applied to the features; with `shares` only "linear".
    shares : Tensor of shape (n_shared,) or None, default=None
        Share of the variance of each of the last features, from 0 to below 1, that is
        the variance of a latent, in the order of the latents; at most `noise_dim`.
        None: the output stands alone.
    """

    def __init__(
        self,
        n_features,
        n_attributes,
        noise_dim,
        hidden,
        encoder_hidden,
        output_activation="linear",
        shares=None,
    ):
        super().__init__(n_features, n_attributes, noise_dim, hidden, output_activation)
        widths = (n_features + n_attributes, *encoder_hidden, 2 * noise_dim)
        self.encoder = perceptron(widths)
        self.n_features = n_features
        self.register_buffer("shares", shares)
        if shares is not None:
            if output_activation != "linear":
                raise ValueError(
                    f"output_activation={output_activation!r} would clip features "
                    'of the base distribution. Use "linear", or no base distribution.'
                )
            nn.init.zeros_(self.net[-1].weight)
            nn.init.zeros_(self.encoder[-1].weight)

    @property
    def noise_dim(self):
        """Length of the noise vector of one sample: latents, then noise of features."""
        return self.net_noise_dim + (0 if self.shares is None else self.n_features)

    @property
    def variances(self):
        """Variance of every feature given the latents; None without `shares`."""
        if self.shares is None:
            return None
        return functional.pad(1 - self.shares, (self._n_unshared, 0), value=1.0)

    def encode(self, x, attributes, centers):
        """Mean and log variance of the latents of real features.

        Parameters
        ----------
        x : Tensor of shape (n_rows, n_features)
            Scaled features.
        attributes : Tensor of shape (n_rows, n_attributes)
            Scaled descriptions of their classes.
        centers : Tensor of shape (n_rows, n_features)
            Base means of their classes; not used without `shares`.

        Returns
        -------
        mean, log_variance : Tensor of shape (n_rows, n_latents)
            Of a normal distribution with independent entries.
        """
        encoded = self.encoder(torch.cat([x, attributes], dim=1))
        if self.shares is not None:
            posterior = self._base_posterior(x - centers)
            encoded = encoded + torch.cat(posterior, dim=1)
        return mean_and_log_variance(encoded)

    def decode(self, latents, from_class, centers):
        """Mean of the features given latents; `from_class` as of `encode_classes`."""
        features = self.net[1:](self.first_layer(latents, from_class))
        return self.with_base(features, latents, centers)

    def with_base(self, features, latents, centers):
        """Add what the network puts out to the base, and apply the activation."""
        if self.shares is not None:
            shared = self.shares.sqrt() * latents[:, : len(self.shares)]
            features = (
                features + centers + functional.pad(shared, (self._n_unshared, 0))
            )
        return OUTPUT_ACTIVATIONS[self.output_activation](features)

    def generate(self, noise, from_class, centers):
        """Generate a row of features per row of noise and of encoded classes."""
        latents, around = noise.tensor_split([self.net_noise_dim], dim=1)
        return self.with_noise(self.decode(latents, from_class, centers), around)

    def with_noise(self, features, around=None):
        """Add noise to means of features, as far as these have a variance.

        It is standard normal noise times the deviations; None draws it.
        """
        if self.shares is None:
            return features
        if around is None:
            around = torch.randn_like(features)
        return torch.addcmul(features, self.variances.sqrt(), around)

    @property
    def _n_unshared(self):
        return self.n_features - len(self.shares)

    def _base_posterior(self, from_center):
        """Mean and log variance of latents before anything is learned.

        A feature is ``sqrt(share) * latent + sqrt(1 - share) * noise``, so that the
        latent given the feature has mean ``sqrt(share) * feature`` and variance
        ``1 - share``. Latents without a feature stay standard normal.
        """
        unused = 0, self.net_noise_dim - len(self.shares)
        mean = self.shares.sqrt() * from_center[:, self._n_unshared :]
        log_variance = (1 - self.shares).log().expand_as(mean)
        return functional.pad(mean, unused), functional.pad(log_variance, unused)


class FVAEGANNetwork(AdversarialNetwork):
    """Generator with its encoder, and critic.

    Parameters
    ----------
    class_attributes, class_centers : Tensor
        See :class:`AdversarialNetwork`.
    shares : Tensor of shape (n_shared,) or None
        See :class:`VAEGenerator`.
    noise_dim : int
        Number of latents.
    generator_hidden, encoder_hidden, critic_hidden : sequence of int
        Widths of the hidden layers.
    output_activation : {"relu", "sigmoid", "linear"}, default="linear"
        See :class:`VAEGenerator`.
    encoded_noise : bool, default=False
        Whether critics see features from latents that the encoder draws for real
        ones, or from standard normal ones.
    unseen_attributes, unseen_centers : Tensor or None, default=None
        Scaled descriptions and base means of the classes that unlabelled rows may be
        of. The critic then has a part ``unlabelled``, which these rows are given to.
    """

    def __init__(
        self,
        class_attributes,
        class_centers,
        shares,
        noise_dim,
        generator_hidden,
        encoder_hidden,
        critic_hidden,
        output_activation="linear",
        encoded_noise=False,
        unseen_attributes=None,
        unseen_centers=None,
    ):
        n_features, n_attributes = class_centers.shape[1], class_attributes.shape[1]
        generator = VAEGenerator(
            n_features,
            n_attributes,
            noise_dim,
            generator_hidden,
            encoder_hidden,
            output_activation,
            shares,
        )
        critic = Critic(n_features, n_attributes, critic_hidden)
        super().__init__(generator, critic, class_attributes, class_centers)
        self.encoded_noise = encoded_noise
        # It is trained with the other critic, and dropped with it.
        self.critic.unlabelled = (
            None
            if unseen_attributes is None
            else UnlabelledCritic(unseen_attributes, unseen_centers, critic_hidden)
        )

    def fake_unseen(self, n_rows):
        """Generate rows of the classes that unlabelled rows may be of."""
        tables = self.critic.unlabelled.draw_classes(n_rows)
        return self._fake_of_classes(self.generator.encode_classes(*tables))

    def fake_like(self, x, y):
        """Generate what the critic should tell from a real batch."""
        if self.encoded_noise:
            return self.fake_of(self.autoencode(x, y))
        s, centers = self.class_attributes[y], self.class_centers[y]
        return self._fake_of_classes(self.generator.encode_classes(s, centers))

    def fake_of(self, batch):
        """Generate what the critic gets beside an autoencoded batch."""
        if self.encoded_noise:
            return self.generator.with_noise(batch.decoded)
        return self._fake_of_classes(batch.encoded_classes)

    def autoencode(self, x, y):
        """Encode a batch, draw latents and decode them."""
        return Autoencoded(self, x, y)

    def decode(self, latents, encoded_classes):
        """Mean of the features given latents, while the network is trained."""
        return self.generator.decode(latents, *encoded_classes)

    def _fake_of_classes(self, encoded_classes):
        from_class, _ = encoded_classes
        latents = torch.randn(
            len(from_class), self.generator.net_noise_dim, device=from_class.device
        )
        return self.generator.with_noise(self.decode(latents, encoded_classes))


class Autoencoded:
    """A batch that is encoded and decoded again.

    Parameters
    ----------
    network : FVAEGANNetwork
        Encodes and decodes.
    x : Tensor of shape (n_rows, n_features)
        Real features.
    y : Tensor of shape (n_rows,)
        Their classes.
    """

    def __init__(self, network, x, y):
        generator = network.generator
        self.s, centers = network.class_attributes[y], network.class_centers[y]
        self.mean, self.log_variance = generator.encode(x, self.s, centers)
        self.encoded_classes = generator.encode_classes(self.s, centers)
        latents = draw_latents(self.mean, self.log_variance)
        self.decoded = network.decode(latents, self.encoded_classes)


class FVAEGANLoss(WassersteinLoss):
    """Losses of the critic, and of the generator with its encoder.

    Parameters
    ----------
    adversarial_weight : float
        Weight of the critic's score in the loss of the generator (gamma in the paper).
        That of the critic has none: its steps hardly depend on it.
    vae_weight : float, default=1.0
        Weight of reconstruction and divergence in the loss of the generator.
    reconstruction : {"squared", "bce"}, default="squared"
        See :func:`~zsl_estimators.nn.vae.reconstruction_error`.
    gp_weight : float, default=10.0
        Weight of the gradient penalty, at first.
    adaptive_penalty : bool, default=False
        See :class:`~zsl_estimators.nn.gan.PenaltyWeight`.
    unlabelled_weight : float or None, default=None
        Weight, in the loss of the generator, of the score by the critic of unlabelled
        rows. None is `adversarial_weight`. It counts only for a network that has them.
    """

    def __init__(
        self,
        adversarial_weight,
        vae_weight=1.0,
        reconstruction="squared",
        gp_weight=10.0,
        adaptive_penalty=False,
        unlabelled_weight=None,
    ):
        super().__init__(gp_weight, adaptive_penalty)
        if unlabelled_weight is None:
            unlabelled_weight = adversarial_weight
        self.unlabelled = UnlabelledLoss(unlabelled_weight, gp_weight, adaptive_penalty)
        self.adversarial_weight = adversarial_weight
        self.vae_weight = vae_weight
        self.reconstruction = reconstruction

    def critic(self, network, x, y):
        """Loss of the critic, or of both, on a batch, and its parts by name."""
        loss, parts = super().critic(network, x, y)
        if network.critic.unlabelled is None:
            return loss, parts
        more, more_parts = self.unlabelled.critic(network, len(x))
        return loss + more, {**parts, **more_parts}

    def generator(self, network, x, y):
        """Loss of generator and encoder on a batch, and its parts by name."""
        self.penalty_weight.adapt()
        batch = network.autoencode(x, y)
        parts = self._generator_parts(network, x, batch, network.fake_of(batch))
        if network.critic.unlabelled is not None:
            parts["unlabelled_loss"] = self.unlabelled.generator(network, len(x))
        return sum(parts.values()), parts

    def _generator_parts(self, network, x, batch, fake):
        error = reconstruction_error(
            batch.decoded, x, self.reconstruction, network.generator.variances
        )
        information = divergence(batch.mean, batch.log_variance)
        return {
            "reconstruction_loss": self.vae_weight * error,
            "divergence_loss": self.vae_weight * information,
            "adversarial_loss": -self.adversarial_weight
            * network.critic(fake, batch.s).mean(),
        }
