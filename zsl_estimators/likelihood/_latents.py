"""From features to latent vectors under a class and back, and paths between them.

References
----------
Song, Meng, Ermon: Denoising diffusion implicit models, ICLR 2021.
Startsev, Singh: Zero-shot image classification with diffusion models, 2023 (Figures 2
to 4).
"""

import numpy as np
import torch

from zsl_estimators.likelihood.rules._base import like
from zsl_estimators.nn.blocks import n_rows_per_block, row_blocks
from zsl_estimators.nn.probability_flow import angle_grid, flow_slope, integrate
from zsl_estimators.training import to_numpy

# Intervals of the flow between features and noise.
FLOW_STEPS = 20
# Below this sine of the angle two directions count as one.
SMALLEST_SINE = 1e-9


def generated(model, noise):
    """Features from noise of shape (n, n_classes, n_features), along the flow."""
    times, angles = angle_grid(model.diffusion, FLOW_STEPS)
    w = integrate(flow_slope(model), noise, times[::-1], angles[::-1])
    return w + model.centers


def encoded(model, x):
    """Latent vectors of features under every class.

    Parameters
    ----------
    model : ClassDenoiser
        Denoiser and classes.
    x : Tensor of shape (n, n_features)
        Scaled features.

    Returns
    -------
    latents : Tensor of shape (n, n_classes, n_features)
        What the features are at the last time of the flow.
    """
    times, angles = angle_grid(model.diffusion, FLOW_STEPS)
    start = x[:, None] - model.centers
    return integrate(flow_slope(model), start, times, angles) + last_centers(model)


def decoded(model, latents):
    """Features of shape (n, n_classes, n_features) behind latents; see `encoded`."""
    return generated(model, latents[:, None] - last_centers(model))


def generated_rows(model, noise):
    """Features of classes from noise, some rows at a time.

    Parameters
    ----------
    model : ClassDenoiser
        Denoiser and classes.
    noise : ndarray of shape (n_per_class, n_classes, n_features)
        Standard normal.

    Returns
    -------
    x : ndarray of shape (n_classes * n_per_class, n_features)
        Scaled features, one class after the other.
    """
    n_per_class, n_classes, n_features = noise.shape
    parts = [
        to_numpy(generated(model, like(noise[rows], model.centers)))
        for rows in row_blocks(n_per_class, copies=8 * n_classes)
    ]
    return np.concatenate(parts).swapaxes(0, 1).reshape(-1, n_features)


def walked_rows(walk, model_of, rows, positions):
    """Walk along the flow with every row under a class of its own.

    Parameters
    ----------
    walk : callable
        :func:`encoded` or :func:`decoded`.
    model_of : callable
        Returns the ClassDenoiser of the classes at some positions.
    rows : ndarray of shape (n_rows, n_features)
        Where the walk begins.
    positions : ndarray of shape (n_rows,)
        Classes of the rows.

    Returns
    -------
    walked : ndarray of shape (n_rows, n_features)
        Where it ends, float64.
    """
    walked = np.empty_like(rows, dtype=np.float64)
    for position in np.unique(positions):
        of_class = positions == position
        model = model_of([position])
        parts = torch.as_tensor(rows[of_class]).to(model.centers)
        walked[of_class] = np.concatenate(
            [
                to_numpy(walk(model, part)[:, 0])
                for part in parts.split(n_rows_per_block(copies=8))
            ]
        )
    return walked


def last_centers(model):
    """What is left of the centres of the classes at the last time of the flow."""
    signal, _ = model.signal_and_noise(model.diffusion.n_steps - 1)
    return signal * model.centers


def slerp(start, end, weights):
    """Interpolate between vectors along the sphere (spherical linear interpolation).

    A straight line between latent vectors passes near the origin, where the density of
    noise vectors is low. Here the direction changes from one to the other, and the
    length is about the same.

    Parameters
    ----------
    start, end : array-like of shape (n_features,) or (n_samples, n_features)
        Vectors, not zero.
    weights : array-like of shape (n_points,)
        Positions on the path, from 0, the start, to 1, the end.

    Returns
    -------
    path : ndarray of shape (n_points, n_features) or (n_points, n_samples, n_features)
        ``sin((1 - weight) angle) / sin(angle) start + sin(weight angle) / sin(angle)
        end``. If both have the same or the opposite direction this is undefined, and
        the straight line is used.

    References
    ----------
    .. [1] Song, Meng, Ermon: Denoising diffusion implicit models, ICLR 2021 (Appendix
       D.5).

    Examples
    --------
    >>> from zsl_estimators.likelihood import slerp
    >>> slerp([2.0, 0.0], [0.0, 2.0], [0, 0.5, 1]).round(3)
    array([[2.   , 0.   ],
           [1.414, 1.414],
           [0.   , 2.   ]])
    """
    start, end = np.asarray(start, dtype=float), np.asarray(end, dtype=float)
    weights = np.asarray(weights, dtype=float).reshape(-1, *[1] * start.ndim)
    lengths = np.linalg.norm(start, axis=-1) * np.linalg.norm(end, axis=-1)
    cosine = np.clip((start * end).sum(axis=-1) / lengths, -1, 1)
    angle = np.arccos(cosine)[..., None]
    sine = np.sin(angle)
    straight = sine < SMALLEST_SINE
    sine = np.where(straight, 1.0, sine)
    of_start = np.where(straight, 1 - weights, np.sin((1 - weights) * angle) / sine)
    of_end = np.where(straight, weights, np.sin(weights * angle) / sine)
    return of_start * start + of_end * end
