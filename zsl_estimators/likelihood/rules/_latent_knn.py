"""Nearest neighbours among the latent vectors of all classes."""

from numbers import Integral

import torch

from zsl_estimators.likelihood.rules._base import DecisionRule
from zsl_estimators.nn.blocks import n_rows_per_block
from zsl_estimators.nn.probability_flow import angle_grid, flow_slope, integrate
from zsl_estimators.parameters import Interval, StrOptions


class LatentKNNRule(DecisionRule):
    """Encode a sample with every class, and choose the outlier of the latent vectors.

    The hypothesis of the paper [1]_, whose text and algorithm contradict each other, is
    that the latent vector of the true class differs most from the others. It is false
    for feature vectors; the rule is implemented for comparison. But the latent vector
    of the true class is short, which ``mode="norm"`` uses.

    Parameters
    ----------
    mode : {"outlier", "inlier", "norm"}, default="outlier"
        Choose the class whose latent vector is farthest from its neighbours, nearest to
        them, or shortest.
    n_neighbors : int, default=3
        Neighbours, among the latent vectors of the other classes.
    n_steps : int, default=8
        Steps of Heun's method along the flow.

    References
    ----------
    .. [1] Startsev, Singh: Zero-shot image classification with diffusion models, 2023
       (Algorithm 2).

    Examples
    --------
    >>> from zsl_estimators.likelihood import LatentKNNRule
    >>> LatentKNNRule(mode="norm").n_evaluations(n_classes=50)
    800
    """

    _parameter_constraints = {
        "mode": [StrOptions({"outlier", "inlier", "norm"})],
        "n_neighbors": [Interval(Integral, 1, None, closed="left")],
        "n_steps": [Interval(Integral, 1, None, closed="left")],
    }

    def __init__(self, mode="outlier", n_neighbors=3, n_steps=8):
        self.mode = mode
        self.n_neighbors = n_neighbors
        self.n_steps = n_steps

    def _draw(self, model, random_state):
        self._grid = angle_grid(model.diffusion, self.n_steps)

    def n_evaluations(self, n_classes):
        # Two slopes per step and class.
        return n_classes * 2 * self.n_steps

    def score_classes(self, model, x):
        # Score by a distance in the latent space.
        n_rows = n_rows_per_block(4 * model.n_classes)
        return torch.cat([self._scores(model, rows) for rows in x.split(n_rows)])

    def _scores(self, model, x):
        latent = model.per_class(x, self._encode)
        if self.mode == "norm":
            return -latent.square().sum(dim=-1) / 2
        if self.n_classes_ == 1:
            return torch.zeros_like(latent[..., 0])
        distances = torch.cdist(latent, self._old(latent.mT).mT)
        own = torch.arange(distances.shape[2], device=x.device)
        distances[:, own, own] = torch.inf
        n_neighbors = min(self.n_neighbors, distances.shape[2] - 1)
        nearest = distances.topk(n_neighbors, dim=2, largest=False).values
        mean = nearest.mean(dim=2)
        return mean if self.mode == "outlier" else -mean

    def _encode(self, model, x):
        """Latent vectors relative to the centres of the classes."""
        return integrate(flow_slope(model), x[:, None] - model.centers, *self._grid)
