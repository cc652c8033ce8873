"""RevCD: a denoiser of class descriptions, conditioned on features.

Reverses the usual direction of conditional diffusion: not features but the attribute
vector of a sample is diffused, and the features tell how to denoise it.

References
----------
Heyden, Ullah, Siddiqui, Al Machot: RevCD - Reversed conditional diffusion for
generalized zero-shot learning, arXiv 2409.00511.
"""

from functools import partial
from typing import NamedTuple

import torch
from torch import nn
from torch.nn import functional

from zsl_estimators.nn.diffusion import GaussianDiffusion
from zsl_estimators.nn.embedding import FeatureEncoder, SinusoidalTimeEmbedding
from zsl_estimators.nn.unet import HadamardAdditionUNet

NOISE_LOSSES = ("capped", "literal")
SNR_CAP = 5.0


class Denoised(NamedTuple):
    """A training batch after one denoising attempt; rows are samples."""

    s0: torch.Tensor
    eps: torch.Tensor
    clean: torch.Tensor
    prediction: torch.Tensor
    target: torch.Tensor
    snr: torch.Tensor


class RevCDNetwork(nn.Module):
    """Denoiser of scaled attribute vectors given scaled features.

    With `residual` it adds what it has learned to a linear estimate, which is handed
    over with the features. Then the output layer starts at zero, so that an untrained
    network repeats the linear estimate; otherwise it starts at random.

    Parameters
    ----------
    n_features : int
        Number of features.
    class_attributes : Tensor of shape (n_classes, n_attributes)
        Scaled attributes of the seen classes.
    residual : bool, default=True
        Whether a linear estimate will be handed over.
    hidden : sequence of int, default=(512, 256, 128)
        Widths of the U-Net's encoder.
    condition_dim : int, default=256
        Size of the condition vector.
    time_dim : int, default=64
        Size of the time embedding.
    n_tokens : int or None, default=None
        Chunks of the features, see :class:`FeatureEncoder`.
    dropout : float, default=0.1
        Dropout in the U-Net.
    condition_dropout : float, default=0.1
        Share of training rows that see a learned null condition instead of their
        features, for classifier-free guidance.
    n_steps : int, default=1000
        Number of noise levels.
    schedule : {"linear", "cosine"}, default="linear"
        Noise schedule.
    prediction_type : {"x0", "eps", "v"}, default="x0"
        What the network puts out.
    """

    def __init__(
        self,
        n_features,
        class_attributes,
        residual=True,
        hidden=(512, 256, 128),
        condition_dim=256,
        time_dim=64,
        n_tokens=None,
        dropout=0.1,
        condition_dropout=0.1,
        n_steps=1000,
        schedule="linear",
        prediction_type="x0",
    ):
        super().__init__()
        n_attributes = class_attributes.shape[1]
        self.register_buffer("class_attributes", class_attributes)
        self.diffusion = GaussianDiffusion(n_steps, schedule)
        self.prediction_type = prediction_type
        self.condition_dropout = condition_dropout
        self.embed_time = SinusoidalTimeEmbedding(time_dim)
        self.encode = FeatureEncoder(n_features, condition_dim, n_tokens)
        self.null_condition = nn.Parameter(torch.zeros(condition_dim))
        self.unet = HadamardAdditionUNet(
            n_attributes, time_dim, condition_dim, hidden, dropout
        )
        if residual:
            nn.init.zeros_(self.unet.output.weight)
            nn.init.zeros_(self.unet.output.bias)

    def forward(self, x, linear, noise, n_passes=1, guidance_scale=1.0):
        """Predict scaled attributes: denoise them given the features.

        Parameters
        ----------
        x : Tensor of shape (n, n_features)
            Scaled features.
        linear : Tensor of shape (n, n_attributes)
            Linear estimates; zeros where the network starts without.
        noise : Tensor of shape (n_draws, 1 or n_passes + 1, n_attributes)
            Start noise of every draw and, for ancestral sampling, that of the steps.
        n_passes : int, default=1
            Steps from noise to attributes.
        guidance_scale : float, default=1.0
            See :meth:`denoise`.

        Returns
        -------
        attributes : Tensor of shape (n, n_attributes)
            Mean over the draws.
        """
        times = self.diffusion.times(n_passes)
        return self.mean_of_draws(x, linear, noise, times, guidance_scale)

    def mean_of_draws(self, x, linear, noise, times, guidance_scale=1.0):
        """Do what :meth:`forward` does, given the times to visit."""
        # All draws at once, before the rows: what depends on the rows alone, or on the
        # draw alone, is computed once.
        noise = noise[:, :, None].unbind(dim=1)
        clean = self.denoised(self.encode(x), linear, noise, times, guidance_scale)
        return clean.mean(dim=0)

    def trajectory(self, condition, linear, noise, n_passes=1, guidance_scale=1.0):
        """Walk from the noise of one draw to attributes.

        Parameters
        ----------
        condition : Tensor of shape (n, condition_dim)
            Encoded features.
        linear : Tensor of shape (n, n_attributes)
            Linear estimates.
        noise : Tensor of shape (1 or n_passes + 1, n_attributes)
            Start noise, then the step noise of ancestral sampling.
        n_passes, guidance_scale
            See :meth:`forward`.

        Yields
        ------
        t : int
            Diffusion time; -1 is clean.
        s : Tensor of shape (n, n_attributes)
            The attributes at that time.
        """
        times = self.diffusion.times(n_passes)
        yield times[0], noise[0].expand_as(linear)
        yield from self._steps(condition, linear, noise[:, None], times, guidance_scale)

    def denoised(self, condition, linear, noise, times, guidance_scale=1.0):
        """Where :meth:`trajectory` ends, given the times that it visits.

        `noise` is a sequence that begins with the start noise. Its parts may have more
        dimensions than the linear estimates; the result then has as many.
        """
        *_, (_, clean) = self._steps(condition, linear, noise, times, guidance_scale)
        return clean

    def _steps(self, condition, linear, noise, times, guidance_scale):
        """Yield the times that are reached, and the attributes there."""
        start, *step_noise = noise
        denoise = partial(
            self.denoise,
            condition=condition,
            linear=linear,
            guidance_scale=guidance_scale,
        )
        step_noise = step_noise or None
        steps = reverse_process(denoise, self.diffusion, start, times, step_noise)
        for t, s, _ in steps:
            yield t, s

    def training_output(self, x, linear, y):
        """Noise the attributes of classes `y` and denoise them again.

        Parameters
        ----------
        x : Tensor of shape (n, n_features)
            Scaled features.
        linear : Tensor of shape (n, n_attributes)
            Linear estimates.
        y : Tensor of shape (n,)
            Rows of `class_attributes`.

        Returns
        -------
        denoised : Denoised
            What the loss needs.
        """
        s0 = self.class_attributes[y]
        eps = torch.randn_like(s0)
        t = self.diffusion.random_times(len(x))
        s_t = self.diffusion.add_noise(s0, eps, t)
        condition, linear = self._drop_condition(self.encode(x), linear)
        prediction = self.predict(s_t, t, condition, linear)
        return Denoised(
            s0,
            eps,
            self.diffusion.to_clean(prediction, s_t, t, self.prediction_type),
            prediction,
            self.diffusion.target(s0, eps, t, self.prediction_type),
            self.diffusion.snr(t),
        )

    def predict(self, s_t, t, condition, linear):
        """Predict s0, eps or v: what the linear estimate implies, corrected."""
        implied = linear
        if self.prediction_type != "x0":
            eps = self.diffusion.to_noise(linear, s_t, t)
            implied = self.diffusion.target(linear, eps, t, self.prediction_type)
        return implied + self.unet(s_t, self.embed_time(t), condition)

    def denoise(self, s_t, t, condition, linear, guidance_scale=1.0):
        """Estimate s0 at one time for all rows, with classifier-free guidance.

        The estimate without condition is extrapolated towards the one with it;
        ``guidance_scale=1`` is the latter.
        """
        times = torch.full((1,), t, device=s_t.device)

        def clean(condition, linear):
            prediction = self.predict(s_t, times, condition, linear)
            return self.diffusion.to_clean(prediction, s_t, times, self.prediction_type)

        conditional = clean(condition, linear)
        if guidance_scale == 1.0:
            return conditional
        null = self.null_condition.expand_as(condition)
        unconditional = clean(null, torch.zeros_like(linear))
        return unconditional + guidance_scale * (conditional - unconditional)

    def _drop_condition(self, condition, linear):
        if not (self.training and self.condition_dropout):
            return condition, linear
        kept = torch.rand(len(condition), 1, device=condition.device)
        kept = kept >= self.condition_dropout
        return torch.where(kept, condition, self.null_condition), linear * kept


class GuidedPrediction(nn.Module):
    """All that turns features into attributes: linear estimate, network, weight.

    Parameters
    ----------
    network : RevCDNetwork
        Trained.
    estimate : nn.Module
        Makes linear estimates of features.
    noise : Tensor of shape (n_draws, 1 or n_passes + 1, n_attributes)
        See :meth:`RevCDNetwork.forward`.
    n_passes : int
        Steps from noise to attributes.
    guidance_scale : float
        See :meth:`RevCDNetwork.denoise`.
    correction_weight : float
        Share of the network's correction that is added to the linear estimate.
    """

    def __init__(
        self, network, estimate, noise, n_passes, guidance_scale, correction_weight
    ):
        super().__init__()
        self.network = network
        self.estimate = estimate
        self.register_buffer("noise", noise)
        self.times = network.diffusion.times(n_passes)
        self.guidance_scale = guidance_scale
        self.correction_weight = correction_weight

    def forward(self, x):
        """Predict scaled attributes, shape (n, n_attributes)."""
        linear = self.estimate(x)
        corrected = self.network.mean_of_draws(
            x, linear, self.noise, self.times, self.guidance_scale
        )
        return linear + self.correction_weight * (corrected - linear)


class NoEstimate(nn.Module):
    """Zeros in the place of linear estimates.

    Parameters
    ----------
    n_attributes : int
        Number of columns.
    """

    def __init__(self, n_attributes):
        super().__init__()
        self.n_attributes = n_attributes

    def forward(self, x):
        """One row of zeros per row."""
        return x.new_zeros(x.shape[0], self.n_attributes)


class RevCDLoss(nn.Module):
    """Reconstruction, classification and noise loss of RevCD, by name.

    Parameters
    ----------
    class_attributes : Tensor of shape (n_classes, n_attributes)
        Scaled attributes of the seen classes.
    cls_weight : float
        Weight of the classification loss, a cross-entropy over the similarities of
        estimate and seen classes; the reconstruction loss gets ``1 - cls_weight``.
    temperature : float
        Divides the similarities.
    noise_weight : float, default=0.1
        Weight of the noise loss.
    noise_loss : {"capped", "literal"} or None, default=None
        "capped": error of the implied noise, which is the reconstruction error times
        the signal-to-noise ratio, here at most 5. "literal": Eq. 10 as printed, which
        compares the noise with the residual.
    similarity : {"cosine", "distance"}, default="cosine"
        The latter is minus half the squared distance, per attribute.
    """

    def __init__(
        self,
        class_attributes,
        cls_weight,
        temperature,
        noise_weight=0.1,
        noise_loss=None,
        similarity="cosine",
    ):
        super().__init__()
        self.is_cosine = similarity == "cosine"
        if self.is_cosine:
            class_attributes = functional.normalize(class_attributes, dim=1)
        self.register_buffer("class_attributes", class_attributes)
        self.cls_weight = cls_weight
        self.temperature = temperature
        self.noise_weight = noise_weight
        self.noise_loss = noise_loss

    def forward(self, denoised, y):
        """Weighted parts of the loss; each mean is over rows and attributes."""
        error = denoised.prediction - denoised.target
        parts = {
            "reconstruction_loss": (1 - self.cls_weight) * error.square().mean(),
            "classification_loss": self.classification(denoised.clean, y),
        }
        if self.noise_loss is not None and self.noise_weight:
            parts["noise_loss"] = self.noise_weight * self._noise_loss(denoised)
        return parts

    def classification(self, clean, y):
        """Weighted cross-entropy over the similarities with the seen classes."""
        logits = self._similarities(clean) / self.temperature
        return self.cls_weight * functional.cross_entropy(logits, y)

    def _similarities(self, clean):
        """One column per seen class."""
        classes = self.class_attributes
        if self.is_cosine:
            return functional.normalize(clean, dim=1) @ classes.T
        # Without the length of the estimate, which is the same for all classes.
        squares = classes.square().sum(dim=1) / 2
        return (clean @ classes.T - squares) / classes.shape[1]

    def _noise_loss(self, denoised):
        residual = denoised.clean - denoised.s0
        if self.noise_loss == "literal":
            return (denoised.eps - residual).square().mean()
        return (denoised.snr.clamp(max=SNR_CAP) * residual.square()).mean()


def reverse_process(denoise, diffusion, start, times, step_noise=None):
    """Walk from noise to a clean vector.

    Parameters
    ----------
    denoise : callable
        ``denoise(s_t, t)`` estimates the clean vectors.
    diffusion : GaussianDiffusion
        Schedule.
    start : Tensor of shape (n, n_attributes)
        Noise at the first time, or what can be broadcast to that shape.
    times : list of int
        Falling.
    step_noise : sequence of Tensor or None, default=None
        Noise added after each step: ancestral sampling (DDPM). None is the
        deterministic DDIM.

    Yields
    ------
    t : int
        The time that was reached; -1 is clean.
    s : Tensor of shape (n, n_attributes)
        The vectors at that time.
    clean : Tensor of shape (n, n_attributes)
        The estimate that led there.
    """
    s = start
    for step, (t, t_next) in enumerate(zip(times, [*times[1:], -1], strict=True)):
        clean = denoise(s, t)
        # Both kinds of steps end there.
        if t_next < 0:
            s = clean
        elif step_noise is None:
            s = diffusion.ddim_step(clean, s, t, t_next)
        else:
            mean, variance = diffusion.posterior(clean, s, t, t_next)
            s = mean + variance.sqrt() * step_noise[step]
        yield t_next, s, clean
