"""Losses of ZeroDiff: critics that learn from each other, a generator, an encoder.

References
----------
Ye, Gowda, Chen, Huang, Xu, Khan, Jin, Huang, Jin: ZeroDiff: Solidified visual-semantic
correlation in zero-shot learning, ICLR 2025.
Narayan et al.: Latent embedding feedback and discriminative features for zero-shot
classification, ECCV 2020 (the adaptive weight of the penalty).
"""

import torch
from torch import nn
from torch.nn import functional

from zsl_estimators.nn.normal import normal_divergence

RECONSTRUCTIONS = ("squared", "bce")
# Outputs of a sigmoid are kept away from 0 and 1, where the logarithm ends.
CLOSEST_TO_CERTAIN = 1e-6
# The penalty is weighted up or down until its sum over the critics lies in between.
PENALTY_RANGE, PENALTY_STEP = (1.001, 1.05), 1.1


class ZeroDiffLoss(nn.Module):
    """Losses of the critics with their decoder, and of the generator.

    Parameters
    ----------
    adversarial_weight : float, default=1.0
        Weight of the critics' scores (gamma_ADV of the official code).
    gp_weight : float, default=10.0
        Weight of the gradient penalties, at first.
    adaptive_penalty : bool, default=True
        Whether that weight follows the size of the penalties.
    mutual_weight : float, default=0.0
        Weight of the mutual learning of the critics.
    mutual_power : float, default=1.5
        Power of the signal that says how much critics agree at a noise level.
    vae_weight : float, default=0.0
        Weight of reconstruction and divergence of the encoder's noise.
    reconstruction : {"squared", "bce"}, default="squared"
        Error of a reconstruction, summed over features: half the square, or the binary
        cross-entropy, for features between 0 and 1.
    decoder_weight : float, default=0.0
        Weight of the decoder, for itself and for the generator.
    """

    def __init__(
        self,
        adversarial_weight=1.0,
        gp_weight=10.0,
        adaptive_penalty=True,
        mutual_weight=0.0,
        mutual_power=1.5,
        vae_weight=0.0,
        reconstruction="squared",
        decoder_weight=0.0,
    ):
        super().__init__()
        self.adversarial_weight = adversarial_weight
        self.adaptive_penalty = adaptive_penalty
        self.mutual_weight = mutual_weight
        self.mutual_power = mutual_power
        self.vae_weight = vae_weight
        self.reconstruction = reconstruction
        self.decoder_weight = decoder_weight
        self.register_buffer("gp_weight", torch.tensor(float(gp_weight)))
        self.register_buffer("penalty_sum", torch.tensor(0.0))
        self.n_critic_steps = 0

    def critic(self, network, x, y, r=None):
        """Loss of the critics and the decoder on a batch, and its parts by name."""
        with torch.no_grad():
            drawn = network.draw(x, y, r)
        conditions = network.critic.conditions(drawn.s, r, drawn.noised, drawn.t)
        gaps, penalties = network.critic.gaps_and_penalties(
            (x, drawn.before), drawn.fake, conditions
        )
        distance, penalty = (
            sum(g.mean() for g in gaps.values()),
            sum(penalties.values()),
        )
        self._record_penalty(penalty)
        penalty = self.adversarial_weight * self.gp_weight * penalty
        parts = {"wasserstein_estimate": distance, "penalty_loss": penalty}
        loss = penalty - self.adversarial_weight * distance
        if self.mutual_weight:
            signal, _ = network.diffusion.signal_and_noise(drawn.t - 1)
            agreement = signal.squeeze(1) ** self.mutual_power
            mutual = self.mutual_weight * mutual_learning(gaps, agreement)
            parts["mutual_loss"], loss = mutual, loss + mutual
        if self.decoder_weight:
            decoder = self._decoder_loss(network, x, drawn.s)
            parts["decoder_loss"], loss = decoder, loss + decoder
        return loss, parts

    def generator(self, network, x, y, r=None):
        """Loss of the generator and its encoder on a batch, and its parts by name."""
        self._adapt_penalty()
        drawn = network.draw(x, y, r)
        conditions = network.critic.conditions(drawn.s, r, drawn.noised, drawn.t)
        score = network.critic.score(drawn.fake, conditions)
        parts = {"adversarial_loss": -self.adversarial_weight * score}
        if self.vae_weight and network.generator.encoder is not None:
            parts["reconstruction_loss"] = self.vae_weight * self._reconstruction_error(
                drawn
            )
            parts["divergence_loss"] = self.vae_weight * divergence(drawn)
        if self.decoder_weight:
            clean, _ = drawn.fake
            parts["semantic_loss"] = self._decoder_loss(network, clean, drawn.s)
        return sum(parts.values()), parts

    def _reconstruction_error(self, drawn):
        clean = drawn.denoise(0.0)
        if self.reconstruction == "bce":
            clean = clean.clamp(CLOSEST_TO_CERTAIN, 1 - CLOSEST_TO_CERTAIN)
            error = functional.binary_cross_entropy(clean, drawn.x, reduction="sum")
        else:
            error = (clean - drawn.x).square().sum() / 2
        return error / len(clean)

    def _decoder_loss(self, network, x, s):
        target = functional.normalize(s, dim=1)
        error = weighted_l1(network.critic.decoder(x), target)
        return self.decoder_weight * error

    def _record_penalty(self, penalty):
        self.penalty_sum += penalty.detach()
        self.n_critic_steps += 1

    def _adapt_penalty(self):
        """Move the weight once per step of the generator, as TF-VAEGAN does."""
        if self.adaptive_penalty and self.n_critic_steps:
            low, high = PENALTY_RANGE
            usual = self.penalty_sum / self.n_critic_steps
            exponent = (usual > high).float() - (usual < low).float()
            self.gp_weight *= PENALTY_STEP**exponent
        self.penalty_sum.zero_()
        self.n_critic_steps = 0


def mutual_learning(gaps, agreement):
    """Pull the gaps of the critics towards each other.

    Every difference is taken twice, so that each critic learns from the other, which
    stands still.

    Parameters
    ----------
    gaps : dict of str to Tensor of shape (n_rows,)
        By the name of the critic.
    agreement : Tensor of shape (n_rows,)
        How much the critic of noised vectors should agree with those of clean ones.

    Returns
    -------
    loss : Tensor
        Sum of weighted mean squares.
    """

    def difference(one, other, weight):
        to_one = (weight * (other - one.detach()).square()).mean()
        return to_one + (weight * (one - other.detach()).square()).mean()

    loss = difference(gaps["clean"], gaps["step"], agreement)
    if "representation" in gaps:
        loss = loss + difference(gaps["representation"], gaps["step"], agreement)
        loss = loss + difference(gaps["clean"], gaps["representation"], 1.0)
    return loss


def weighted_l1(prediction, target):
    """Sum over entries of the cubed error over the row's error norm; mean over rows."""
    error = (prediction - target).abs()
    norm = (error.square().sum(dim=1) + 1e-12).sqrt()
    return (error.pow(3).sum(dim=1) / norm).mean()


def divergence(drawn):
    """Divergence of the encoder's noise from standard normal, mean over rows."""
    return normal_divergence(drawn.mean, drawn.log_variance).mean()
