"""What the rules that optimise a condition per sample share."""

from numbers import Integral, Real

import numpy as np
import torch

from zsl_estimators.likelihood.rules._base import DecisionRule, like
from zsl_estimators.likelihood.rules._noise_denoise import paired_noise
from zsl_estimators.nn.blocks import n_rows_per_block
from zsl_estimators.parameters import Interval

# Of Adam, as Kingma and Ba recommend.
BETAS, EPSILON = (0.9, 0.999), 1e-8


class OptimisedConditionRule(DecisionRule):
    """Look for the condition under which the noise of a sample is predicted best.

    Subclasses say to :meth:`_optimise` what varies, and how it becomes a condition.

    Parameters
    ----------
    n_iter : int
        Steps of Adam.
    lr : float
        Learning rate.
    n_draws : int
        Draws of noise, in opposite pairs with stratified times, hence rounded up to an
        even number; the steps take one pair after the other.
    """

    _parameter_constraints = {
        "n_iter": [Interval(Integral, 1, None, closed="left")],
        "lr": [Interval(Real, 0, None, closed="neither")],
        "n_draws": [Interval(Integral, 1, None, closed="left")],
    }

    def _draw(self, model, random_state):
        n_pairs = -(-self.n_draws // 2)
        shares = (np.arange(n_pairs) + 0.5) / n_pairs
        self.times_ = (shares * model.diffusion.n_steps).astype(int)
        self.noise_ = paired_noise(2 * n_pairs, model.n_features, random_state)

    def n_evaluations(self, n_classes):
        # A forward and a backward pass through a pair of draws in every step.
        return 4 * self.n_iter

    def _optimise(self, model, x, start, condition, penalty):
        """Run Adam on one variable per sample.

        Parameters
        ----------
        model : ClassDenoiser
            Denoiser and classes.
        x : Tensor of shape (n, n_features)
            Scaled features.
        start : Tensor of shape (n, n_variables)
            Where to begin.
        condition : callable
            From variables to descriptions and centres.
        penalty : callable
            From variables to a number per sample, in the unit of a log-density.

        Returns
        -------
        variables : Tensor of shape (n, n_variables)
            Where it ended.
        """
        adam = RowwiseAdam(start, self.lr)
        draws = self._prepared_draws(model, x)
        for step in range(self.n_iter):
            pair = 2 * (step % (len(draws) // 2))
            with torch.enable_grad():
                variables = adam.variables.requires_grad_()
                conditions = condition(variables)
                errors = [error(*conditions) for error in draws[pair : pair + 2]]
                loss = penalty(variables) + sum(errors) / 2
                (gradient,) = torch.autograd.grad(loss.sum(), variables)
            adam.step(gradient)
        return adam.variables.detach()

    def _prepared_draws(self, model, x):
        """A function per draw that returns the error of its predicted noise."""
        times = np.repeat(self.times_, 2).tolist()
        scale = 2 * self._mean_weight(model)
        return [
            prepared_error(model, x, noise, t, scale)
            for t, noise in zip(times, like(self.noise_, x), strict=True)
        ]

    def _mean_weight(self, model):
        a, b = model.diffusion.signal_and_noise(torch.as_tensor(self.times_))
        return (a * b).square().mean().item()


def prepared_error(model, x, noise, t, scale):
    """Error of one draw of noise, given descriptions and centres.

    Parameters
    ----------
    model : ClassDenoiser
        Denoiser.
    x : Tensor of shape (n, n_features)
        Scaled features.
    noise : Tensor of shape (n_features,)
        The draw.
    t : int
        Its time.
    scale : float
        Divides the error.

    Returns
    -------
    error : callable
        ``error(attributes, centers)`` returns a number per sample.
    """
    a, b = model.signal_and_noise(t)
    predict = model.prepared(a * x + b * noise, torch.tensor([t], device=x.device))
    velocity = a * noise - b * x

    def error(attributes, centers):
        difference = predict(attributes, centers) - velocity
        return (a * difference).square().sum(dim=1) / scale

    return error


def blocks_of(x):
    """Parts of the rows that are optimised at a time."""
    return x.split(n_rows_per_block(copies=8))


class RowwiseAdam:
    """Adam, which is elementwise, so that rows do not influence each other.

    Parameters
    ----------
    start : Tensor
        First value of the variables.
    lr : float
        Learning rate.
    """

    def __init__(self, start, lr):
        self.variables, self.lr, self.n_steps = start.clone(), lr, 0
        self.mean = torch.zeros_like(start)
        self.square = torch.zeros_like(start)

    def step(self, gradient):
        """Move against the gradient."""
        self.n_steps += 1
        one, two = BETAS
        self.mean = one * self.mean + (1 - one) * gradient
        self.square = two * self.square + (1 - two) * gradient.square()
        mean = self.mean / (1 - one**self.n_steps)
        square = self.square / (1 - two**self.n_steps)
        moved = self.variables.detach() - self.lr * mean / (square.sqrt() + EPSILON)
        self.variables = moved
