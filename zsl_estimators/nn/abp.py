"""Alternating back-propagation: a generator whose latents are inferred, not encoded.

References
----------
Han, Lu, Zhu, Wu: Alternating back-propagation for generator network, AAAI 2017.
Zhu, Xie, Liu, Elgammal: Learning feature-to-feature translator by alternating
back-propagation for generative zero-shot learning, ICCV 2019.
"""

from typing import NamedTuple

import torch
from torch import nn

from zsl_estimators.nn.gaussian_decoder import GaussianDecoder
from zsl_estimators.nn.langevin import (
    adapted_step,
    adjusted_langevin_steps,
    langevin_steps,
)

FIRST_STEP = 0.5


class JointDensity(NamedTuple):
    """Terms of the negative log density of rows and their latents, in nats."""

    error: torch.Tensor
    latent: torch.Tensor


class ABPNetwork(GaussianDecoder):
    """Generator that keeps a chain of latents per training row.

    The chains are moved by Langevin steps towards the posterior of the latents, a few
    whenever their rows are in a batch, and go on where they were the last time.

    Parameters
    ----------
    class_attributes : Tensor of shape (n_classes, n_attributes)
        Scaled descriptions of the seen classes.
    class_centers : Tensor of shape (n_classes, n_features)
        Base means of the seen classes.
    latent_dim : int
        Length of a latent vector.
    hidden : sequence of int
        Widths of the hidden layers.
    residual : bool
        Whether an untrained network samples the base.
    n_langevin_steps : int, default=5
        Steps of a chain per batch.
    langevin_step : float or None, default=None
        Standard deviation of the noise of a step. None: proposals are accepted as in
        the algorithm of Metropolis, and the step follows the share that is.
    **decoder : dict
        See :class:`GaussianDecoder`.
    """

    def __init__(
        self,
        class_attributes,
        class_centers,
        latent_dim,
        hidden,
        residual,
        n_langevin_steps=5,
        langevin_step=None,
        **decoder,
    ):
        super().__init__(
            class_attributes, class_centers, latent_dim, hidden, residual, **decoder
        )
        self.n_langevin_steps = n_langevin_steps
        self.adapts_step = langevin_step is None
        first = FIRST_STEP if langevin_step is None else langevin_step
        self.register_buffer("langevin_step", torch.tensor(float(first)))
        # Not for prediction, and as long as the training rows.
        self.register_buffer("latents", None, persistent=False)

    def start_chains(self, n_rows):
        """Draw the latents of training rows from their prior, if there are none yet.

        It is their posterior under an untrained network that decodes zero.
        """
        if self.latents is None:
            self.latents = torch.randn(n_rows, self.latent_dim).to(self.langevin_step)

    def end_chains(self):
        """Forget the latents of training rows."""
        self.latents = None

    def training_output(self, x, y, row):
        """Move the chains of a batch and decode where they are.

        Parameters
        ----------
        x : Tensor of shape (n_rows, n_features)
            Scaled features.
        y : Tensor of shape (n_rows,)
            Labels of seen classes.
        row : Tensor of shape (n_rows,)
            Which training rows they are.

        Returns
        -------
        density : JointDensity
            For :class:`ABPLoss`.
        """
        encoded = self.encode_classes(self.class_attributes[y], self.class_centers[y])
        latents = self.inferred(
            x, self.latents[row], [part.detach() for part in encoded]
        )
        self.latents[row] = latents
        error = self.error(x, self.decode(latents, *encoded))
        return JointDensity(error, latents.square().sum(dim=1) / 2)

    def inferred(self, x, latents, encoded):
        """Latents of rows after some Langevin steps from `latents`."""

        def energy(latents):
            errors = x - self.decode(latents, *encoded)
            squares = (errors.square() / self.noise_variance).sum(dim=1)
            return (squares + latents.square().sum(dim=1)) / 2

        chains = energy, latents, self.langevin_step, self.n_langevin_steps
        if not self.adapts_step:
            return langevin_steps(*chains)
        latents, acceptance = adjusted_langevin_steps(*chains)
        self.langevin_step = adapted_step(self.langevin_step, acceptance)
        return latents


class ABPLoss(nn.Module):
    """Negative log density of rows and their inferred latents."""

    def forward(self, density, y):
        """Parts of the loss by name, in nats per sample."""
        return {
            "reconstruction_loss": density.error.mean(),
            "latent_loss": density.latent.mean(),
        }
