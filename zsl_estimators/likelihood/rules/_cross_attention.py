"""Which class the denoiser attends to."""

from numbers import Integral, Real

import numpy as np
import torch

from zsl_estimators.likelihood.rules._base import DecisionRule, like
from zsl_estimators.likelihood.rules._noise_denoise import paired_noise
from zsl_estimators.nn.blocks import n_rows_per_block
from zsl_estimators.parameters import Interval, StrOptions


class CrossAttentionRule(DecisionRule):
    """Condition the denoiser on all classes, and choose the one that it attends to.

    It needs a separate denoiser, with attention to a context of classes; one pass per
    draw of noise scores all of them. A class is compared with the seen ones and with a
    token for no class.

    Parameters
    ----------
    n_draws : int, default=8
        Draws of noise, in opposite pairs.
    levels : tuple of (float, float), default=(0.05, 0.5)
        Range of the shares of the diffusion time.
    aggregate : {"mean", "share", "log_mean"}, default="mean"
        Logarithm of the mean attention; share of the heads whose attention to the class
        is above a threshold; or mean of the logarithm of the attention.
    threshold : float or None, default=None
        Attention, between 0 and 1, above which "share" counts a head. None is one
        divided by the number of classes, the attention to an average one.

    Attributes
    ----------
    times_ : ndarray of shape (n_draws,)
        Diffusion times.
    noise_ : ndarray of shape (n_draws, n_features)
        Noise.

    References
    ----------
    .. [1] Startsev, Singh: Zero-shot image classification with diffusion models, 2023
       (Algorithm 5).

    Examples
    --------
    >>> from zsl_estimators.likelihood import CrossAttentionRule
    >>> CrossAttentionRule().n_evaluations(n_classes=50)
    8
    """

    network = "attention"
    _parameter_constraints = {
        "n_draws": [Interval(Integral, 1, None, closed="left")],
        "levels": [tuple, list],
        "aggregate": [StrOptions({"mean", "share", "log_mean"})],
        "threshold": [Interval(Real, 0, 1, closed="neither"), None],
    }

    def __init__(self, n_draws=8, levels=(0.05, 0.5), aggregate="mean", threshold=None):
        self.n_draws = n_draws
        self.levels = levels
        self.aggregate = aggregate
        self.threshold = threshold

    def _draw(self, model, random_state):
        low, high = self.levels
        if not 0 <= low < high <= 1:
            raise ValueError(
                f"levels must be two rising numbers from 0 to 1, got {self.levels}. "
                "For instance levels=(0.05, 0.5)."
            )
        shares = low + (high - low) * (np.arange(self.n_draws) + 0.5) / self.n_draws
        self.times_ = (shares * model.diffusion.n_steps).astype(int)
        self.noise_ = paired_noise(self.n_draws, model.n_features, random_state)

    def n_evaluations(self, n_classes):
        # One pass per draw, whatever the number of classes.
        return self.n_draws

    def score_classes(self, model, x):
        # Score by the attention to a class.
        n_rows = n_rows_per_block(copies=256)
        return torch.cat([self._scores(model, rows) for rows in x.split(n_rows)])

    def _scores(self, model, x):
        t = torch.as_tensor(self.times_, device=x.device)
        a, b = model.diffusion.signal_and_noise(t)
        classes, null = model.logits(a * x[:, None] + b * like(self.noise_, x), t)
        log_attention = self._normalised(classes, null, model.seen).flatten(1, 3)
        if self.aggregate == "log_mean":
            return log_attention.mean(dim=1)
        if self.aggregate == "mean":
            n_votes = log_attention.shape[1]
            return log_attention.logsumexp(dim=1) - np.log(n_votes)
        threshold = 1 / self.n_classes_ if self.threshold is None else self.threshold
        return (log_attention > np.log(threshold)).to(x).mean(dim=1)

    @staticmethod
    def _normalised(classes, null, seen):
        """Log attention in a context of the seen classes, none, and the class."""
        context = torch.cat([classes[..., seen], null], dim=-1)
        total = context.logsumexp(dim=-1, keepdim=True)
        with_itself = torch.logaddexp(total, classes)
        return classes - torch.where(seen, total, with_itself)
