"""Softmax classifiers of feature vectors."""

import copy
from itertools import pairwise

import torch
from torch import nn
from torch.nn import functional


class SoftmaxNetwork(nn.Module):
    """Perceptron whose outputs, the logits, start at zero.

    Parameters
    ----------
    widths : sequence of int
        Number of features, hidden widths, number of classes.
    """

    def __init__(self, widths):
        super().__init__()
        layers = []
        for n_in, n_out in pairwise(widths[:-1]):
            layers += [nn.Linear(n_in, n_out), nn.ReLU()]
        self.body = nn.Sequential(*layers)
        self.last = nn.Linear(widths[-2], widths[-1])
        nn.init.zeros_(self.last.weight)
        nn.init.zeros_(self.last.bias)

    def forward(self, x):
        """Logits, shape (n_rows, n_classes)."""
        return self.last(self.body(x))


class ExtendedSoftmaxNetwork(nn.Module):
    """A trained network, left as it is, with trainable logits of more classes.

    Parameters
    ----------
    old : SoftmaxNetwork
        Stays untouched.
    n_classes : int
        Number of classes, old ones included.
    origin : Tensor of shape (n_features,)
        Taken from the features; the old network was trained on the differences.
    """

    def __init__(self, old, n_classes, origin):
        super().__init__()
        self.register_buffer("origin", origin)
        self.old = copy.deepcopy(old).requires_grad_(False)
        n_in, n_old = old.last.in_features, old.last.out_features
        self.new = nn.Linear(n_in, n_classes - n_old)
        nn.init.zeros_(self.new.weight)
        nn.init.zeros_(self.new.bias)

    def forward(self, x):
        """Logits, shape (n_rows, n_classes)."""
        hidden = self.old.body(x - self.origin)
        return torch.cat([self.old.last(hidden), self.new(hidden)], dim=1)

    @torch.no_grad()
    def merged(self):
        """One network with the logits of all classes."""
        merged, old = copy.deepcopy(self.old), self.old.last
        merged.last = nn.Linear(old.in_features, old.out_features + len(self.new.bias))
        merged.last.weight.copy_(torch.cat([old.weight, self.new.weight]))
        merged.last.bias.copy_(torch.cat([old.bias, self.new.bias]))
        return merged


class CrossEntropy(nn.Module):
    """Cross-entropy as a loss with one named part."""

    def forward(self, logits, y):
        """Mean over the batch."""
        return {"classification_loss": functional.cross_entropy(logits, y)}
