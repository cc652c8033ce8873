"""TF-VAEGAN: f-VAEGAN with a decoder of descriptions that feeds back to the generator.

References
----------
Narayan, Gupta, Khan, Snoek, Shao: Latent embedding feedback and discriminative features
for zero-shot classification, ECCV 2020.
"""

import torch
from torch import nn

from zsl_estimators.nn.decoder import AttributeDecoder
from zsl_estimators.nn.fvaegan import FVAEGANLoss, FVAEGANNetwork
from zsl_estimators.nn.gan import leaky_relu, perceptron


class Feedback(nn.Module):
    """Turns the hidden layer of a decoder into a change of that of a generator.

    Parameters
    ----------
    n_decoder, n_generator : int
        Widths of both layers.
    hidden : sequence of int
        Widths of the hidden layers.
    starts_at_zero : bool
        Whether it changes nothing before it is trained.
    """

    def __init__(self, n_decoder, n_generator, hidden, starts_at_zero):
        super().__init__()
        self.net = perceptron((n_decoder, *hidden, n_generator))
        if starts_at_zero:
            nn.init.zeros_(self.net[-1].weight)

    def forward(self, hidden):
        """The change, one row per row of hidden values."""
        return leaky_relu(self.net(hidden))


class FeedbackSynthesiser(nn.Module):
    """A generator whose features are generated again with feedback from a decoder.

    Parameters
    ----------
    generator : VAEGenerator
        Its part ``feedback`` is a :class:`Feedback`.
    decoder : AttributeDecoder
        Sees the features of the first pass.
    weight : float
        Weight of the feedback.
    """

    def __init__(self, generator, decoder, weight):
        super().__init__()
        self.generator = generator
        self.decoder = decoder
        self.weight = weight

    @property
    def noise_dim(self):
        """Length of the noise vector of one sample."""
        return self.generator.noise_dim

    def forward(self, noise, attributes, centers):
        """Generate features, see :class:`ConditionalGenerator`."""
        return self.generate(noise, *self.encode_classes(attributes, centers))

    def synthesise(self, noise, attributes, centers):
        """Generate features, see :meth:`forward`."""
        return self(noise, attributes, centers)

    def encode_classes(self, attributes, centers):
        """What comes from the class, see the generator."""
        return self.generator.encode_classes(attributes, centers)

    def generate(self, noise, from_class, centers):
        """Generate a row of features per row of noise and of encoded classes."""
        latents, around = noise.tensor_split([self.generator.net_noise_dim], dim=1)
        decoded = self.decode(latents, from_class, centers, self.weight)
        return self.generator.with_noise(decoded, around)

    def decode(self, latents, from_class, centers, weight):
        """Mean of the features given latents, in two passes.

        The first pass is an input like any other: as in the official code nothing
        flows back through it, neither to the generator nor to the decoder.
        """
        generator = self.generator
        first = generator.first_layer(latents, from_class)
        with torch.no_grad():
            features = generator.with_base(generator.net[1:](first), latents, centers)
            hidden = self.decoder.hidden(features)
        return self.decode_with(first, latents, centers, hidden, weight)

    def decode_with(self, first, latents, centers, hidden, weight):
        """The second pass, from the decoder's hidden layer of the first."""
        generator = self.generator
        changed = leaky_relu(first) + weight * generator.feedback(hidden)
        return generator.with_base(generator.net[2:](changed), latents, centers)


class TFVAEGANNetwork(FVAEGANNetwork):
    """Networks of f-VAEGAN, a decoder of descriptions and a feedback.

    Parameters
    ----------
    class_attributes, class_centers, shares, noise_dim, generator_hidden, \
encoder_hidden, critic_hidden, **parameters
        See :class:`FVAEGANNetwork`.
    decoder_hidden, feedback_hidden : sequence of int
        Widths of the hidden layers.
    feedback_weight : float, default=0.1
        Weight of the feedback while the network is trained (a1 of the official code,
        from 0.01 to 1 by data set).
    synthesis_feedback_weight : float or None, default=None
        That in synthesis (a2); None is the same.
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
        decoder_hidden,
        feedback_hidden,
        feedback_weight=0.1,
        synthesis_feedback_weight=None,
        **parameters,
    ):
        super().__init__(
            class_attributes,
            class_centers,
            shares,
            noise_dim,
            generator_hidden,
            encoder_hidden,
            critic_hidden,
            **parameters,
        )
        if synthesis_feedback_weight is None:
            synthesis_feedback_weight = feedback_weight
        self.feedback_weight = feedback_weight
        # Which passes get feedback while the network is trained, its loss decides.
        self.feeds_back = False
        n_features, n_attributes = class_centers.shape[1], class_attributes.shape[1]
        # Each is trained with the part that it belongs to.
        self.critic.decoder = AttributeDecoder(n_features, n_attributes, decoder_hidden)
        self.generator.feedback = Feedback(
            decoder_hidden[-1], generator_hidden[0], feedback_hidden, shares is not None
        )
        self.synthesiser = FeedbackSynthesiser(
            self.generator, self.critic.decoder, synthesis_feedback_weight
        )

    def forward(self, noise, attributes, centers):
        """Generate features, see :class:`FeedbackSynthesiser`."""
        return self.synthesiser(noise, attributes, centers)

    def decode(self, latents, encoded_classes):
        """Mean of the features given latents, while the network is trained."""
        if not self.feeds_back:
            return super().decode(latents, encoded_classes)
        return self.synthesiser.decode(latents, *encoded_classes, self.feedback_weight)


class TFVAEGANLoss(FVAEGANLoss):
    """Losses of f-VAEGAN, and how well descriptions are decoded.

    Parameters
    ----------
    adversarial_weight, **parameters
        See :class:`FVAEGANLoss`.
    decoder_weight : float, default=0.01
        Weight of the decoder's error on generated features in the loss of the generator
        (recons_weight of the official code).
    feedback_every : int, default=2
        Of so many steps of the generator, with those of the critic before each, the
        last one is with feedback.
    freeze_decoder : bool, default=True
        Whether the decoder learns from real features alone. Otherwise it learns from
        generated ones too, and may agree with the generator on a code of their own.
    """

    def __init__(
        self,
        adversarial_weight,
        decoder_weight=0.01,
        feedback_every=2,
        freeze_decoder=True,
        **parameters,
    ):
        super().__init__(adversarial_weight, **parameters)
        self.decoder_weight = decoder_weight
        self.feedback_every = feedback_every
        self.freeze_decoder = freeze_decoder
        self.n_generator_steps = 0

    def critic(self, network, x, y):
        """Loss of the critic and the decoder on a batch, and its parts by name."""
        network.feeds_back = self._feeds_back
        return super().critic(network, x, y)

    def generator(self, network, x, y):
        """Loss of generator, encoder and feedback on a batch, and its parts by name."""
        network.feeds_back = self._feeds_back
        self.n_generator_steps += 1
        return super().generator(network, x, y)

    @property
    def _feeds_back(self):
        return (self.n_generator_steps + 1) % self.feedback_every == 0

    def _critic_loss(self, critic, x, fake, attributes):
        loss, parts = super()._critic_loss(critic, x, fake, attributes)
        # Its weight would make no difference: no other loss reaches the decoder here.
        error = critic.decoder.error(x, attributes)
        if not self.freeze_decoder:
            error = error + critic.decoder.error(fake, attributes)
        return loss + error, {**parts, "decoder_loss": error}

    def _generator_parts(self, network, x, batch, fake):
        error = network.critic.decoder.error(fake, batch.s)
        parts = super()._generator_parts(network, x, batch, fake)
        return {**parts, "semantic_loss": self.decoder_weight * error}
