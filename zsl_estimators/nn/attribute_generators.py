"""Conditional VAE and GAN of class descriptions, in the place of RevCD's diffusion.

Both have the network of :class:`RevCDNetwork` and its way to predict: noise becomes a
description in one step, given the features, and the mean over draws is compared with
the classes. They differ from it in training only, as what is compared in Figure 4 of
the paper, which leaves their networks and losses open.

References
----------
Heyden, Ullah, Siddiqui, Al Machot: RevCD - Reversed conditional diffusion for
generalized zero-shot learning, arXiv 2409.00511.
Rybkin, Daniilidis, Levine: Simple and effective VAE training with calibrated decoders,
ICML 2021.
Ganin, Lempitsky: Unsupervised domain adaptation by backpropagation, ICML 2015 (the
reversed gradient).
Heusel, Ramsauer, Unterthiner, Nessler, Hochreiter: GANs trained by a two time-scale
update rule converge to a local Nash equilibrium, NIPS 2017.
"""

from typing import NamedTuple

import torch

from zsl_estimators.nn.gan import Critic, gradient_penalty
from zsl_estimators.nn.normal import normal_divergence
from zsl_estimators.nn.revcd import RevCDLoss, RevCDNetwork
from zsl_estimators.nn.vae import draw_latents, mean_and_log_variance
from zsl_estimators.nn.vaecflow import relu_perceptron


class Decoded(NamedTuple):
    """A training batch of the VAE; rows are samples."""

    clean: torch.Tensor
    prediction: torch.Tensor
    target: torch.Tensor
    mean: torch.Tensor
    log_variance: torch.Tensor


class Judged(NamedTuple):
    """A training batch of the GAN; rows are samples, the penalty is a number."""

    clean: torch.Tensor
    real_score: torch.Tensor
    fake_score: torch.Tensor
    penalty: torch.Tensor


class AttributeGenerator(RevCDNetwork):
    """Makes a description from noise in one step, given the features.

    Base of :class:`ConditionalAttributeVAE` and :class:`ConditionalAttributeGAN`.

    Parameters
    ----------
    *args, **kwargs
        See :class:`RevCDNetwork`.
    """

    def forward(self, x, linear, noise, n_passes=1, guidance_scale=1.0):
        """Predict scaled attributes, see :meth:`RevCDNetwork.forward`."""
        if n_passes != 1:
            raise ValueError(
                f"{type(self).__name__} maps noise to attributes in one step, got "
                f'{n_passes}. Use sampler="one_shot".'
            )
        return super().forward(x, linear, noise, n_passes, guidance_scale)

    def generate(self, noise, condition, linear):
        """Attributes from rows of noise, as :meth:`forward` makes them."""
        return self.denoise(noise, self.diffusion.n_steps - 1, condition, linear)


class ConditionalAttributeVAE(AttributeGenerator):
    """Decoder of latents, given the features of a sample, with an encoder for training.

    The encoder sees description and features; its latents are as long as a description.

    Parameters
    ----------
    n_features : int
        Number of features.
    class_attributes : Tensor of shape (n_classes, n_attributes)
        Scaled attributes of the seen classes.
    encoder_hidden : sequence of int, default=(256,)
        Hidden widths of the encoder.
    condition_dim : int, default=256
        Size of the condition vector.
    **network
        See :class:`RevCDNetwork`.
    """

    def __init__(
        self,
        n_features,
        class_attributes,
        encoder_hidden=(256,),
        condition_dim=256,
        **network,
    ):
        super().__init__(
            n_features, class_attributes, condition_dim=condition_dim, **network
        )
        n_attributes = class_attributes.shape[1]
        self.posterior = relu_perceptron(
            (n_attributes + condition_dim, *encoder_hidden, 2 * n_attributes)
        )

    def training_output(self, x, linear, y):
        """Encode the descriptions of classes `y` and decode them again."""
        s = self.class_attributes[y]
        condition, linear = self._drop_condition(self.encode(x), linear)
        encoded = self.posterior(torch.cat([s, condition], dim=1))
        mean, log_variance = mean_and_log_variance(encoded)
        latents = draw_latents(mean, log_variance)
        clean = self.generate(latents, condition, linear)
        return Decoded(clean, clean, s, mean, log_variance)


class ConditionalAttributeVAELoss(RevCDLoss):
    """Negative evidence lower bound and classification loss, by name.

    The variance around what is decoded is the mean squared error of the batch, where
    the bound is largest. The bound is multiplied by twice this variance and divided by
    the number of attributes, so that its first term is the reconstruction loss of
    RevCD.

    Parameters
    ----------
    *args, **kwargs
        See :class:`RevCDLoss`.
    """

    def forward(self, decoded, y):
        """Weighted parts of the loss."""
        parts = super().forward(decoded, y)
        divergence = normal_divergence(decoded.mean, decoded.log_variance).mean()
        weight = 2 * parts["reconstruction_loss"].detach() / decoded.mean.shape[1]
        return parts | {"divergence_loss": weight * divergence}


class ConditionalAttributeGAN(AttributeGenerator):
    """Generator of descriptions given features, and a critic that sees both.

    One backward pass trains both, for the gradient of the critic's loss is reversed on
    its way to the generator. The critic should learn faster than the generator: with
    one learning rate for both what is generated may grow without bounds.

    Parameters
    ----------
    n_features : int
        Number of features.
    class_attributes : Tensor of shape (n_classes, n_attributes)
        Scaled attributes of the seen classes.
    critic_hidden : sequence of int, default=(256,)
        Hidden widths of the critic.
    **network
        See :class:`RevCDNetwork`.
    """

    def __init__(self, n_features, class_attributes, critic_hidden=(256,), **network):
        super().__init__(n_features, class_attributes, **network)
        self.critic = Critic(class_attributes.shape[1], n_features, critic_hidden)

    def training_output(self, x, linear, y):
        """Generate a description per sample and let the critic compare."""
        real = self.class_attributes[y]
        condition, kept = self._drop_condition(self.encode(x), linear)
        fake = self.generate(torch.randn_like(real), condition, kept)
        mix = torch.rand_like(real[:, :1])
        return Judged(
            fake,
            self.critic(real, x),
            self.critic(ReversedGradient.apply(fake), x),
            gradient_penalty(self.critic, torch.lerp(fake, real, mix), x),
        )


class ConditionalAttributeGANLoss(RevCDLoss):
    """Loss of a Wasserstein critic with gradient penalty, and classification loss.

    The first two train the generator too, whose gradient is reversed.

    Parameters
    ----------
    *args
        See :class:`RevCDLoss`.
    gp_weight : float, default=10.0
        Weight of the gradient penalty.
    **kwargs
        See :class:`RevCDLoss`.
    """

    def __init__(self, *args, gp_weight=10.0, **kwargs):
        super().__init__(*args, **kwargs)
        self.gp_weight = gp_weight

    def forward(self, judged, y):
        """Weighted parts of the loss."""
        gap = judged.fake_score.mean() - judged.real_score.mean()
        weight = 1 - self.cls_weight
        return {
            "critic_loss": weight * gap,
            "penalty_loss": weight * self.gp_weight * judged.penalty,
            "classification_loss": self.classification(judged.clean, y),
        }


class ReversedGradient(torch.autograd.Function):
    """The identity, which turns the sign of the gradient."""

    @staticmethod
    def forward(ctx, values):
        """Return the values as they are."""
        return values.view_as(values)

    @staticmethod
    def backward(ctx, gradient):
        """Turn the sign."""
        return -gradient
