"""Regression of descriptions on features, linear or with one hidden layer.

References
----------
Socher, Ganjoo, Manning, Ng: Zero-shot learning through cross-modal transfer, NIPS 2013.
"""

from torch import nn
from torch.nn import functional


class TanhRegression(nn.Sequential):
    """Linear, tanh, linear.

    Parameters
    ----------
    n_features : int
        Number of features.
    hidden : int
        Width of the hidden layer.
    n_attributes : int
        Length of a description.
    """

    def __init__(self, n_features, hidden, n_attributes):
        super().__init__(
            nn.Linear(n_features, hidden), nn.Tanh(), nn.Linear(hidden, n_attributes)
        )

    def forward(self, x):
        """Predict descriptions, shape (n_rows, n_attributes)."""
        return super().forward(x)


class SquaredLoss(nn.Module):
    """Mean squared distance as a criterion with a named part."""

    def forward(self, predicted, target):
        """Mean over rows and attributes."""
        return {"squared_loss": functional.mse_loss(predicted, target)}


def solved_linear(coefficients, intercept):
    """Linear layer whose weights are known.

    Parameters
    ----------
    coefficients : Tensor of shape (n_in, n_out)
        Multiplied by from the left.
    intercept : Tensor of shape (n_out,)
        Added.

    Returns
    -------
    layer : nn.Linear
        It draws nothing at random.
    """
    layer = nn.utils.skip_init(nn.Linear, *coefficients.shape)
    layer.weight = nn.Parameter(coefficients.T.contiguous())
    layer.bias = nn.Parameter(intercept)
    return layer
