"""Find the mixture of classes that explains a sample."""

from numbers import Real

import torch

from zsl_estimators.likelihood.rules._optimised import (
    OptimisedConditionRule,
    blocks_of,
)
from zsl_estimators.parameters import Interval


class WeightsRule(OptimisedConditionRule):
    """Optimise weights of the classes for every sample, and choose the largest.

    A sample is explained by a mixture of the descriptions, with non-negative weights
    that sum to 1 [1]_. Scores are their logarithms up to a constant. A class that is
    added later shares the weights with those of the fit.

    Parameters
    ----------
    n_iter : int, default=50
        Steps of Adam.
    lr : float, default=0.2
        Learning rate.
    n_draws : int, default=8
        Draws of noise, in opposite pairs with stratified times; a step takes one pair.
    entropy_weight : float, default=0.0
        Weight of the entropy of the weights; larger values make them sparser.

    Attributes
    ----------
    times_ : ndarray of shape (n_pairs,)
        Diffusion times.
    noise_ : ndarray of shape (2 * n_pairs, n_features)
        Noise.

    References
    ----------
    .. [1] Startsev, Singh: Zero-shot image classification with diffusion models, 2023
       (Algorithm 7, by its text; what is printed repeats Algorithm 6).

    Examples
    --------
    >>> from zsl_estimators.likelihood import WeightsRule
    >>> WeightsRule(n_iter=50).n_evaluations(n_classes=50)
    200
    """

    _parameter_constraints = {
        **OptimisedConditionRule._parameter_constraints,
        "entropy_weight": [Interval(Real, 0, None, closed="left")],
    }

    def __init__(self, n_iter=50, lr=0.2, n_draws=8, entropy_weight=0.0):
        self.n_iter = n_iter
        self.lr = lr
        self.n_draws = n_draws
        self.entropy_weight = entropy_weight

    def score_classes(self, model, x):
        # Score by the logits of the weights.
        old = torch.arange(self.n_classes_)
        scores = [self._logits(model.subset(old), x)]
        for new in range(self.n_classes_, model.n_classes):
            with_new = model.subset(torch.cat([old, torch.tensor([new])]))
            scores.append(self._logits(with_new, x)[:, -1:])
        return torch.cat(scores, dim=1)

    def _logits(self, model, x):
        return torch.cat([self._weigh(model, rows) for rows in blocks_of(x)])

    def _weigh(self, model, x):
        def mixture(logits):
            weights = logits.softmax(dim=1)
            return weights @ model.attributes, weights @ model.centers

        def entropy(logits):
            log_weights = logits.log_softmax(dim=1)
            return -self.entropy_weight * (log_weights.exp() * log_weights).sum(dim=1)

        start = x.new_zeros(len(x), model.n_classes)
        logits = self._optimise(model, x, start, mixture, entropy)
        # They are known up to a constant, which the old classes fix.
        return logits - self._old(logits).logsumexp(dim=1, keepdim=True)
