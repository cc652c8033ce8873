"""The exact likelihood of the probability flow."""

from numbers import Integral

from zsl_estimators.likelihood.rules._base import DecisionRule, like
from zsl_estimators.nn.probability_flow import angle_grid, log_density
from zsl_estimators.parameters import Interval


class LikelihoodRule(DecisionRule):
    """Choose the class with the largest likelihood of a sample.

    A sample is mapped to noise along the probability flow of each class [1]_; its
    density follows from that of the noise and the change of volume by the flow. The
    change of volume is estimated with Hutchinson's probes, the same ones for all
    classes, samples and points of a path.

    Parameters
    ----------
    n_steps : int, default=8
        Steps of Heun's method along the flow.
    n_probes : int, default=1
        Number of probes.

    Attributes
    ----------
    probes_ : ndarray of shape (n_probes, n_features)
        Random signs.

    References
    ----------
    .. [1] Song et al.: Score-based generative modeling through stochastic differential
       equations, ICLR 2021.

    Examples
    --------
    >>> from zsl_estimators.likelihood import LikelihoodRule
    >>> LikelihoodRule(n_steps=5, n_probes=1).n_evaluations(n_classes=50)
    1000
    """

    _parameter_constraints = {
        "n_steps": [Interval(Integral, 1, None, closed="left")],
        "n_probes": [Interval(Integral, 1, None, closed="left")],
    }

    def __init__(self, n_steps=8, n_probes=1):
        self.n_steps = n_steps
        self.n_probes = n_probes

    def _draw(self, model, random_state):
        self.probes_ = random_state.choice(
            [-1.0, 1.0], (self.n_probes, model.n_features)
        )
        self._grid = angle_grid(model.diffusion, self.n_steps)

    def n_evaluations(self, n_classes):
        # Two slopes per step, each with a backward pass per probe.
        return n_classes * 2 * self.n_steps * (1 + self.n_probes)

    def score_classes(self, model, x):
        # Score by the log-density in scaled units.
        probes = like(self.probes_, x)
        return model.per_class(
            x, lambda part, rows: log_density(part, rows, *self._grid, probes)
        )
