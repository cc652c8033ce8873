"""Find the description that explains a sample, then the nearest class."""

from numbers import Real

import numpy as np
import torch
from torch.nn import functional

from zsl_estimators.likelihood.rules._base import like
from zsl_estimators.likelihood.rules._optimised import (
    OptimisedConditionRule,
    blocks_of,
)
from zsl_estimators.parameters import Interval
from zsl_estimators.training import to_numpy

# Single precision, with some slack.
ROUNDING = 1e-5


class InversionRule(OptimisedConditionRule):
    """Optimise a description for every sample, and choose the nearest class.

    This is textual inversion [1]_ with description vectors in place of words. The
    result does not depend on the number of classes.

    Parameters
    ----------
    n_iter : int, default=50
        Steps of Adam.
    lr : float, default=0.1
        Learning rate.
    n_draws : int, default=8
        Draws of noise, in opposite pairs with stratified times; a step takes one pair.
    reg : float, default=1.0
        Weight of half the squared length of the description; 1 takes descriptions to
        be standard normal.

    Attributes
    ----------
    times_ : ndarray of shape (n_pairs,)
        Diffusion times.
    noise_ : ndarray of shape (2 * n_pairs, n_features)
        Noise.
    center_map_ : ndarray of shape (n_attributes + 1, n_features)
        Affine map from scaled descriptions to centres, the offset last.

    References
    ----------
    .. [1] Startsev, Singh: Zero-shot image classification with diffusion models, 2023
       (Algorithm 6).

    Examples
    --------
    >>> from zsl_estimators.likelihood import InversionRule
    >>> InversionRule(n_iter=50).n_evaluations(n_classes=50)
    200
    """

    _parameter_constraints = {
        **OptimisedConditionRule._parameter_constraints,
        "reg": [Interval(Real, 0, None, closed="left")],
    }

    def __init__(self, n_iter=50, lr=0.1, n_draws=8, reg=1.0):
        self.n_iter = n_iter
        self.lr = lr
        self.n_draws = n_draws
        self.reg = reg

    def _draw(self, model, random_state):
        super()._draw(model, random_state)
        attributes, centers = (
            to_numpy(part) for part in (model.attributes, model.centers)
        )
        ones = np.ones((len(attributes), 1))
        # The shortest of the maps that come nearest to the centres of the classes;
        # descriptions may depend on each other up to rounding.
        described = np.hstack([attributes, ones])
        self.center_map_, *_ = np.linalg.lstsq(described, centers, rcond=ROUNDING)

    def score_classes(self, model, x):
        # Score by the cosine with the descriptions of the classes.
        found = torch.cat([self.invert(model, rows) for rows in blocks_of(x)])
        found = functional.normalize(found, dim=1)
        return found @ functional.normalize(model.attributes, dim=1).T

    def invert(self, model, x):
        """Find the description of every sample.

        Parameters
        ----------
        model : ClassDenoiser
            Trained network and classes.
        x : Tensor of shape (n, n_features)
            Scaled features.

        Returns
        -------
        descriptions : Tensor of shape (n, n_attributes)
            In scaled units.
        """
        *linear, offset = like(self.center_map_, x)
        linear = torch.stack(linear)
        return self._optimise(
            model,
            x,
            x.new_zeros(len(x), len(linear)),
            lambda s: (s, s @ linear + offset),
            lambda s: self.reg * s.square().sum(dim=1) / 2,
        )
