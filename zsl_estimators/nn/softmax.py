"""Softmax classifiers of feature vectors."""

import copy
from itertools import pairwise

import torch
from torch import nn
from torch.nn import functional

# Enough to converge; a step takes a few milliseconds.
N_SOLVER_STEPS = 30


class SoftmaxNetwork(nn.Module):
    """Perceptron whose outputs, the logits, start at zero.

    Parameters
    ----------
    widths : sequence of int
        Number of features, hidden widths, number of classes.
    """

    def __init__(self, widths):
        super().__init__()
        self.widths = tuple(widths)
        layers = []
        for n_in, n_out in pairwise(widths[:-1]):
            layers += [nn.Linear(n_in, n_out), nn.ReLU()]
        self.body = nn.Sequential(*layers)
        self.last = nn.Linear(widths[-2], widths[-1])
        nn.init.zeros_(self.last.weight)
        nn.init.zeros_(self.last.bias)

    @property
    def arguments(self):
        """What it is made with, see :class:`~zsl_estimators.nn.KnowsArguments`."""
        return (self.widths,), {}

    def forward(self, x):
        """Logits, shape (n_rows, n_classes)."""
        return self.last(self.body(x))

    def extended(self, x, y, weights, n_classes, weight_decay):
        """Copy of a trained network with logits of more classes.

        Everything that the network has stays as it is, so that the new logits are the
        solution of a convex problem.

        Parameters
        ----------
        x : Tensor of shape (n_rows, n_features)
            Rows of old and new classes.
        y : Tensor of shape (n_rows,)
            Their classes, old ones first.
        weights : Tensor of shape (n_rows,)
            How often each row counts.
        n_classes : int
            Number of classes, old ones included.
        weight_decay : float
            Half the weight of the squared coefficients.

        Returns
        -------
        network : SoftmaxNetwork
            With `n_classes` outputs.
        """
        network, last = copy.deepcopy(self), self.last
        with torch.no_grad():
            hidden = self.body(x)
            # The old classes compete as one: which of them it is does not depend on
            # what is sought.
            any_old = last(hidden).logsumexp(dim=1, keepdim=True)
        target = (y - last.out_features + 1).clamp(min=0)
        shape = n_classes - last.out_features, last.in_features
        weight = torch.zeros(shape, device=x.device, requires_grad=True)
        bias = torch.zeros(shape[0], device=x.device, requires_grad=True)
        solver = torch.optim.LBFGS(
            [weight, bias], max_iter=N_SOLVER_STEPS, line_search_fn="strong_wolfe"
        )

        def loss():
            solver.zero_grad()
            new_logits = functional.linear(hidden, weight, bias)
            logits = torch.cat([any_old, new_logits], dim=1)
            losses = functional.cross_entropy(logits, target, reduction="none")
            value = (weights * losses).sum() / weights.sum()
            squares = weight.square().sum() + bias.square().sum()
            value = value + weight_decay / 2 * squares
            value.backward()
            return value

        solver.step(loss)
        network.last = nn.Linear(last.in_features, n_classes)
        network.widths = (*self.widths[:-1], n_classes)
        with torch.no_grad():
            network.last.weight.copy_(torch.cat([last.weight, weight]))
            network.last.bias.copy_(torch.cat([last.bias, bias]))
        return network


class CrossEntropy(nn.Module):
    """Cross-entropy as a loss with one named part."""

    def forward(self, logits, y):
        """Mean over the batch."""
        return {"classification_loss": functional.cross_entropy(logits, y)}
