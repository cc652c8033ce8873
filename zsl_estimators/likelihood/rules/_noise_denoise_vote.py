"""Noise a sample to several levels, denoise it and count votes."""

from numbers import Integral

import numpy as np

from zsl_estimators.likelihood.rules._base import DecisionRule, standardised
from zsl_estimators.likelihood.rules._noise_denoise import (
    DISTANCES,
    paired_noise,
    returning_scores,
)
from zsl_estimators.parameters import Interval, StrOptions

# Less than the difference of one vote, however extreme a standardised score.
TIE_BREAK = 1e-3


class NoiseDenoiseVoteRule(DecisionRule):
    """Choose the class with the best reconstruction at most of several noise levels.

    Parameters
    ----------
    levels : sequence of float, default=(0.3, 0.5, 0.7, 0.9)
        Shares of the diffusion time.
    voting : {"soft", "hard"}, default="soft"
        Sum of the scores of all levels, standardised over classes; or the number of
        levels at which a class is the best, where the sum breaks ties.
    n_steps : int, default=5
        Deterministic steps back (DDIM) at each level.
    n_draws : int, default=2
        Draws of noise, in opposite pairs, shared by all classes.
    distance : {"euclidean", "cosine"} or callable, default="euclidean"
        Distance between a sample and its reconstruction, see :class:`NoiseDenoiseRule`.

    Attributes
    ----------
    noise_ : ndarray of shape (n_draws, n_features)
        Noise.

    References
    ----------
    .. [1] Startsev, Singh: Zero-shot image classification with diffusion models, 2023
       (Algorithm 4, whose last step is read as a majority).

    Examples
    --------
    >>> from zsl_estimators.likelihood import NoiseDenoiseVoteRule
    >>> NoiseDenoiseVoteRule(levels=(0.3, 0.6)).n_evaluations(n_classes=50)
    1000
    """

    _parameter_constraints = {
        "levels": ["array-like"],
        "voting": [StrOptions({"soft", "hard"})],
        "n_steps": [Interval(Integral, 1, None, closed="left")],
        "n_draws": [Interval(Integral, 1, None, closed="left")],
        "distance": [StrOptions(set(DISTANCES)), callable],
    }

    def __init__(
        self,
        levels=(0.3, 0.5, 0.7, 0.9),
        voting="soft",
        n_steps=5,
        n_draws=2,
        distance="euclidean",
    ):
        self.levels = levels
        self.voting = voting
        self.n_steps = n_steps
        self.n_draws = n_draws
        self.distance = distance

    def _draw(self, model, random_state):
        levels = np.asarray(self.levels, dtype=float)
        if levels.ndim != 1 or not levels.size or levels.min() <= 0 or levels.max() > 1:
            raise ValueError(
                "levels must hold numbers above 0 and up to 1, got "
                f"{self.levels}. For instance levels=(0.3, 0.6)."
            )
        self.noise_ = paired_noise(self.n_draws, model.n_features, random_state)

    def n_evaluations(self, n_classes):
        # One pass per level, draw, step and class.
        return n_classes * len(self.levels) * self.n_draws * self.n_steps

    def score_classes(self, model, x):
        # Score by the sum of all levels, or by votes.
        total, votes = 0.0, 0.0
        for level in self.levels:
            scores = returning_scores(model, x, self, level)
            old = self._old(scores)
            total = total + standardised(scores, old)
            votes = votes + (scores >= old.max(dim=1, keepdim=True).values).to(x)
        return total if self.voting == "soft" else votes + TIE_BREAK * total
