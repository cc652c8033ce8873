"""Gaussian diffusion of vectors: schedules, the forward process, reverse steps.

Notation: `s0` is a clean vector, ``s_t = sqrt(abar_t) s0 + sqrt(1 - abar_t) eps`` its
noised version at the integer time ``t`` in ``0 .. n_steps - 1``, `abar` the cumulative
product of ``alpha = 1 - beta``.

References
----------
Ho, Jain, Abbeel: Denoising diffusion probabilistic models, NeurIPS 2020.
Nichol, Dhariwal: Improved denoising diffusion probabilistic models, ICML 2021.
Salimans, Ho: Progressive distillation for fast sampling of diffusion models, ICLR 2022.
Song, Meng, Ermon: Denoising diffusion implicit models, ICLR 2021.
Song et al.: Score-based generative modeling through stochastic differential equations,
ICLR 2021.
"""

import math

import torch
from torch import nn

from zsl_estimators.nn.arguments import KnowsArguments

PREDICTION_TYPES = ("x0", "eps", "v")
SCHEDULES = ("linear", "cosine")


class GaussianDiffusion(KnowsArguments, nn.Module):
    """The noise schedule and everything that follows from it in closed form.

    Parameters
    ----------
    n_steps : int, default=1000
        Number of noise levels.
    schedule : {"linear", "cosine", "vp"}, default="linear"
        Linear betas from 1e-4 to 0.02 (rescaled when `n_steps` is not 1000); the
        cosine schedule of Nichol and Dhariwal; or the variance-preserving process of
        Song et al., read at a few equally spaced times.
    """

    def __init__(self, n_steps=1000, schedule="linear"):
        super().__init__()
        self.n_steps = n_steps
        alpha_bar = torch.cumprod(1 - make_betas(n_steps, schedule), dim=0)
        self.register_buffer("alpha_bar", alpha_bar.to(torch.get_default_dtype()))

    def random_times(self, n):
        """Draw `n` times uniformly."""
        return torch.randint(self.n_steps, (n,), device=self.alpha_bar.device)

    def times(self, n):
        """List `n` evenly spaced times from the last one down, ending above 0."""
        spaced = torch.linspace(self.n_steps - 1, -1, n + 1)[:-1]
        return spaced.round().long().tolist()

    def signal_and_noise(self, t):
        """Factors of `s0` and `eps` in `s_t`, as columns; time -1 is clean."""
        t = torch.as_tensor(t, device=self.alpha_bar.device).reshape(-1, 1)
        alpha_bar = self.alpha_bar[t.clamp(min=0)]
        alpha_bar = torch.where(t < 0, torch.ones_like(alpha_bar), alpha_bar)
        return alpha_bar.sqrt(), (1 - alpha_bar).sqrt()

    def add_noise(self, s0, eps, t):
        """Forward process: the noised vector `s_t`."""
        signal, noise = self.signal_and_noise(t)
        return signal * s0 + noise * eps

    def noised_pair(self, s0, t):
        """Two successive noised vectors: at time ``t - 1``, and from it at `t`."""
        before = self.add_noise(s0, torch.randn_like(s0), t - 1)
        step = self.signal_and_noise(t)[0] / self.signal_and_noise(t - 1)[0]
        noise = torch.randn_like(s0)
        return before, step * before + (1 - step**2).sqrt() * noise

    def draw_before(self, s0, s_t, t):
        """Draw the vector at time ``t - 1`` from its posterior given `s_t` and `s0`."""
        mean, variance = self.posterior(s0, s_t, t, t - 1)
        return mean + variance.clamp(min=0).sqrt() * torch.randn_like(s0)

    def snr(self, t):
        """Signal-to-noise ratio ``abar_t / (1 - abar_t)``, as a column."""
        signal, noise = self.signal_and_noise(t)
        return (signal / noise) ** 2

    def target(self, s0, eps, t, prediction_type):
        """What a network with this prediction type should put out."""
        if prediction_type == "x0":
            return s0
        if prediction_type == "eps":
            return eps
        signal, noise = self.signal_and_noise(t)
        return signal * eps - noise * s0

    def to_clean(self, prediction, s_t, t, prediction_type):
        """Estimate `s0` from a prediction of any type."""
        if prediction_type == "x0":
            return prediction
        signal, noise = self.signal_and_noise(t)
        if prediction_type == "eps":
            return (s_t - noise * prediction) / signal
        return signal * s_t - noise * prediction

    def to_noise(self, s0, s_t, t):
        """Estimate `eps` from an estimate of `s0`."""
        signal, noise = self.signal_and_noise(t)
        return (s_t - signal * s0) / noise

    def posterior(self, s0, s_t, t, t_next):
        """Mean and variance of q(s at `t_next` | s_t, s0), for ``t_next < t``."""
        signal, noise = self.signal_and_noise(t)
        signal_next, noise_next = self.signal_and_noise(t_next)
        step = signal / signal_next
        variance = 1 - step**2
        mean = signal_next * variance * s0 + step * noise_next**2 * s_t
        return mean / noise**2, variance * noise_next**2 / noise**2

    def ddim_step(self, s0, s_t, t, t_next):
        """Deterministic step to `t_next` given an estimate of `s0`."""
        signal_next, noise_next = self.signal_and_noise(t_next)
        return signal_next * s0 + noise_next * self.to_noise(s0, s_t, t)


def make_betas(n_steps, schedule):
    """Noise added per step.

    Parameters
    ----------
    n_steps : int
        Number of steps.
    schedule : {"linear", "cosine", "vp"}
        Kind of schedule.

    Returns
    -------
    betas : Tensor of shape (n_steps,)
        Between 0 and 1, float64.
    """
    if schedule == "linear":
        scale = 1000 / n_steps
        betas = torch.linspace(1e-4, 0.02, n_steps, dtype=torch.float64) * scale
        return betas.clamp(max=0.999)
    if schedule == "vp":
        return vp_betas(n_steps)
    # Nichol & Dhariwal, Eq. 17; the offset keeps the first betas from vanishing.
    offset = 0.008
    grid = torch.arange(n_steps + 1, dtype=torch.float64) / n_steps
    curve = torch.cos((grid + offset) / (1 + offset) * math.pi / 2) ** 2
    return (1 - curve[1:] / curve[:-1]).clamp(max=0.999)


def vp_betas(n_steps, beta_min=0.1, beta_max=20.0, first=1e-3):
    """Betas of the variance-preserving process at equally spaced times up to 1.

    Parameters
    ----------
    n_steps : int
        Number of steps.
    beta_min, beta_max : float
        Rates of the noise at time 0 and 1.
    first : float
        Time that counts as clean.

    Returns
    -------
    betas : Tensor of shape (n_steps,)
        Between 0 and 1, float64.
    """
    times = torch.linspace(first, 1, n_steps + 1, dtype=torch.float64)
    kept = torch.exp(-0.5 * times**2 * (beta_max - beta_min) - times * beta_min)
    return 1 - kept[1:] / kept[:-1]
