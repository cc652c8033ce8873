"""Noise a sample to one level and denoise it under every class."""

from itertools import pairwise
from numbers import Integral, Real

import torch

from zsl_estimators.likelihood.rules._base import DecisionRule, like
from zsl_estimators.parameters import Interval, StrOptions


def half_squared_distance(x, back):
    """Of rows; the negative log density of a standard normal, but for a constant."""
    return (x - back).square().sum(dim=-1) / 2


def cosine_distance(x, back):
    """Of rows: one minus their cosine."""
    return 1 - torch.cosine_similarity(x, back, dim=-1)


DISTANCES = {"euclidean": half_squared_distance, "cosine": cosine_distance}


class NoiseDenoiseRule(DecisionRule):
    """Choose the class with the best reconstruction of a noised sample.

    Parameters
    ----------
    level : float, default=0.4
        Share of the diffusion time to which samples are noised, from 0 to 1.
    n_steps : int, default=5
        Deterministic steps back (DDIM).
    n_draws : int, default=4
        Draws of noise, in opposite pairs, shared by all classes.
    distance : {"euclidean", "cosine"} or callable, default="euclidean"
        Distance between a sample and its reconstruction, in scaled units: half the
        squared distance, one minus the cosine, or a function. ``distance(x, back)``
        gets two tensors of shape (n_pairs, n_features) and returns one number per row.

    Attributes
    ----------
    noise_ : ndarray of shape (n_draws, n_features)
        Noise.

    References
    ----------
    .. [1] Startsev, Singh: Zero-shot image classification with diffusion models, 2023
       (Algorithm 3).

    Examples
    --------
    >>> from zsl_estimators.likelihood import NoiseDenoiseRule
    >>> NoiseDenoiseRule(n_steps=5, n_draws=2).n_evaluations(n_classes=50)
    500
    """

    _parameter_constraints = {
        "level": [Interval(Real, 0, 1, closed="right")],
        "n_steps": [Interval(Integral, 1, None, closed="left")],
        "n_draws": [Interval(Integral, 1, None, closed="left")],
        "distance": [StrOptions(set(DISTANCES)), callable],
    }

    def __init__(self, level=0.4, n_steps=5, n_draws=4, distance="euclidean"):
        self.level = level
        self.n_steps = n_steps
        self.n_draws = n_draws
        self.distance = distance

    def _draw(self, model, random_state):
        self.noise_ = paired_noise(self.n_draws, model.n_features, random_state)

    def n_evaluations(self, n_classes):
        # One pass per draw, step and class.
        return n_classes * self.n_draws * self.n_steps

    def score_classes(self, model, x):
        # Score by the distance to what came back.
        return returning_scores(model, x, self, self.level)


def paired_noise(n_draws, n_features, random_state):
    """Standard normal rows, every second one the opposite of the one before it."""
    noise = random_state.normal(size=(n_draws, n_features))
    noise[1::2] = -noise[: 2 * (n_draws // 2) : 2]
    return noise


def returning_scores(model, x, rule, level):
    """Scores of one level.

    Parameters
    ----------
    model : ClassDenoiser
        Denoiser and classes.
    x : Tensor of shape (n, n_features)
        Scaled features.
    rule : DecisionRule
        Has ``noise_``, `n_steps` and `distance`.
    level : float
        Share of the diffusion time.

    Returns
    -------
    scores : Tensor of shape (n, n_classes)
        Minus the distance, mean over the draws.
    """
    n_steps = model.diffusion.n_steps
    last = max(round(level * n_steps), 1) - 1
    times = torch.linspace(last, -1, rule.n_steps + 1).round().unique().flip(0)
    times = times.long().tolist()

    def scores(part, rows):
        total = 0.0
        for noise in like(rule.noise_, rows):
            start = part.diffusion.add_noise(rows, noise, times[0])
            back = denoised(part, start[:, None].expand(-1, part.n_classes, -1), times)
            total = total + pair_distances(rows, back, rule.distance)
        return -total / len(rule.noise_)

    return model.per_class(x, scores)


def denoised(model, x_t, times):
    """Walk deterministically from the first time to the last one."""
    for t, t_next in pairwise(times):
        x_t = model.diffusion.ddim_step(model.clean(x_t, t), x_t, t, t_next)
    return x_t


def pair_distances(x, back, distance):
    """Distances between samples and what came back under every class.

    Parameters
    ----------
    x : Tensor of shape (n, n_features)
        Samples.
    back : Tensor of shape (n, n_classes, n_features)
        What came back.
    distance : str or callable
        See :class:`NoiseDenoiseRule`.

    Returns
    -------
    distances : Tensor of shape (n, n_classes)
        One per pair.
    """
    of_rows = DISTANCES.get(distance, distance)
    rows, others = x[:, None].expand_as(back).flatten(0, 1), back.flatten(0, 1)
    distances = like(of_rows(rows, others), back)
    if distances.shape != rows.shape[:1]:
        raise ValueError(
            "distance must return one number per row of its arguments, whose shape is "
            f"{tuple(rows.shape)}, but returned shape {tuple(distances.shape)}. For "
            "instance distance=lambda x, back: (x - back).abs().sum(dim=1)."
        )
    return distances.unflatten(0, back.shape[:2])
