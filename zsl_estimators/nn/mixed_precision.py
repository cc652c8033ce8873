"""Linear layers that multiply in bfloat16 while they are trained.

What they return is in single precision again, so that losses, likelihoods, norms and
statistics between them are computed as always.
"""

from contextlib import contextmanager
from contextvars import ContextVar

import torch
from torch import nn
from torch.nn import functional

_IN_FULL_PRECISION = ContextVar("in full precision", default=False)


class MixedPrecisionLinear(nn.Linear):
    """Linear layer whose weights are in single precision, and whose product is not.

    In evaluation mode, in double precision and inside :func:`full_precision` it is an
    ordinary linear layer.

    Parameters
    ----------
    *args, **kwargs
        See :class:`torch.nn.Linear`.
    """

    def forward(self, x):
        """Multiply rows with the weights and add the bias."""
        ordinary = not self.training or _IN_FULL_PRECISION.get()
        if ordinary or x.dtype != torch.float32:
            return super().forward(x)
        product = functional.linear(x.bfloat16(), self.weight.bfloat16()).float()
        return product if self.bias is None else product + self.bias


def use_mixed_precision(module):
    """Let all plain linear layers of a module multiply in bfloat16 in training.

    Parameters
    ----------
    module : torch.nn.Module
        Changed in place; its weights stay what they are.

    Returns
    -------
    module : torch.nn.Module
        The same.
    """
    for layer in module.modules():
        # Subclasses may compute something else.
        if type(layer) is nn.Linear:
            layer.__class__ = MixedPrecisionLinear
    return module


@contextmanager
def full_precision():
    """Compute in single precision inside a ``with`` block.

    For what bfloat16 with its eight bits is too coarse for, such as the norm of a
    gradient that is to be 1.
    """
    token = _IN_FULL_PRECISION.set(True)
    try:
        yield
    finally:
        _IN_FULL_PRECISION.reset(token)
