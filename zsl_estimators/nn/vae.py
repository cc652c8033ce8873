"""Terms of the evidence lower bound of variational autoencoders.

References
----------
Kingma, Welling: Auto-encoding variational Bayes, ICLR 2014.
"""

import torch
from torch.nn import functional

from zsl_estimators.nn.normal import normal_divergence

SMALLEST_LOG_VARIANCE, LARGEST_LOG_VARIANCE = -10.0, 10.0
# Outputs of a sigmoid are kept away from 0 and 1, where the logarithm ends.
CLOSEST_TO_CERTAIN = 1e-6


def mean_and_log_variance(encoded):
    """Split what an encoder puts out; the second half is kept within bounds."""
    mean, log_variance = encoded.chunk(2, dim=1)
    return mean, log_variance.clamp(SMALLEST_LOG_VARIANCE, LARGEST_LOG_VARIANCE)


def divergence(mean, log_variance):
    """Divergence of diagonal normal rows from standard normal, mean over rows."""
    return normal_divergence(mean, log_variance).mean()


def reconstruction_error(reconstructed, x, kind="squared", variances=None):
    """Error summed over features, mean over rows; 0 where there is none.

    Parameters
    ----------
    reconstructed, x : Tensor of shape (n_rows, n_features)
        What was made of features, and these features.
    kind : {"squared", "bce"}, default="squared"
        Half the square, a normal log likelihood but for its constant; or the binary
        cross-entropy less that of `x` itself, for features between 0 and 1.
    variances : Tensor of shape (n_features,) or None, default=None
        Of the normal distribution; None is 1.

    Returns
    -------
    error : Tensor
        A number.
    """
    if kind == "bce":
        return (cross_entropy(reconstructed, x) - cross_entropy(x, x)) / len(x)
    squares = (reconstructed - x).square()
    if variances is not None:
        squares = squares / variances
    return squares.sum() / 2 / len(x)


def cross_entropy(probabilities, x):
    """Binary cross-entropy of entries between 0 and 1, summed over all of them."""
    probabilities = probabilities.clamp(CLOSEST_TO_CERTAIN, 1 - CLOSEST_TO_CERTAIN)
    return functional.binary_cross_entropy(probabilities, x, reduction="sum")


def draw_latents(mean, log_variance):
    """Draw latents from the diagonal normal distribution of every row."""
    return mean + (log_variance / 2).exp() * torch.randn_like(mean)
