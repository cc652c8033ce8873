"""The flow between clean vectors and noise, and what it tells of likelihoods.

Notation is that of :mod:`zsl_estimators.nn.denoiser`. For a class with a centre, let
``w = x_t - a center``. Along the probability-flow equation, written in the angle
instead of the time, ``dw / dangle`` is exactly the correction of the network: a normal
distribution with covariance 1 does not move at all. So the density is

    log p(x) = log N(w at the end; 0, 1) + integral of trace(d correction / d x_t),

with a plus sign, for the integral runs from data to noise.

References
----------
Song et al.: Score-based generative modeling through stochastic differential equations,
ICLR 2021.
Grathwohl et al.: FFJORD: Free-form continuous dynamics for scalable reversible
generative models, ICLR 2019 (probes that stay the same along a path).
"""

import math

import torch


def angle_grid(diffusion, n_steps):
    """Times whose angles are about evenly spaced, from clean to the noisiest.

    Parameters
    ----------
    diffusion : GaussianDiffusion
        Noise schedule.
    n_steps : int
        Number of intervals; there are fewer if the schedule is too coarse.

    Returns
    -------
    times : list of int
        Rising; the first is 0, whose angle counts as zero.
    angles : list of float
        Their angles.
    """
    signal, noise = diffusion.signal_and_noise(torch.arange(diffusion.n_steps))
    angles = torch.atan2(noise, signal).squeeze(1).cpu().double()
    wanted = torch.linspace(0, angles[-1].item(), n_steps + 1, dtype=torch.float64)
    times = (angles - wanted[:, None]).abs().argmin(dim=1).unique().tolist()
    return times, [0.0, *angles[times[1:]].tolist()]


def integrate(slope, start, times, angles):
    """Heun's method along a grid of angles.

    Parameters
    ----------
    slope : callable
        ``slope(state, t)``.
    start : Tensor
        State at the first angle.
    times, angles : list
        See :func:`angle_grid`; reversed they lead from noise to data.

    Returns
    -------
    end : Tensor
        State at the last angle.
    """
    state = start
    for i in range(len(times) - 1):
        step = angles[i + 1] - angles[i]
        first = slope(state, times[i])
        second = slope(state + step * first, times[i + 1])
        state = state + step * (first + second) / 2
    return state


def flow_slope(model):
    """Slope of ``w``, for one vector per class.

    Parameters
    ----------
    model : ClassDenoiser
        Denoiser and classes.

    Returns
    -------
    slope : callable
        For :func:`integrate`, on states of shape (n, n_classes, n_features).
    """

    def slope(w, t):
        signal, _ = model.signal_and_noise(t)
        return model.correction(w + signal * model.centers, t)

    return slope


def flow_slope_with_trace(model, probes):
    """Slope of ``w`` and, in one more entry, of the logarithm of the volume.

    Parameters
    ----------
    model : ClassDenoiser
        Denoiser and classes.
    probes : Tensor of shape (n_probes, n_features)
        Vectors with mean 0 and covariance 1, for Hutchinson's estimate of the trace.

    Returns
    -------
    slope : callable
        For :func:`integrate`, on states of shape (n, n_classes, n_features + 1).
    """
    plain = flow_slope(model)

    def slope(state, t):
        with torch.enable_grad():
            w = state[..., :-1].detach().requires_grad_()
            velocity = plain(w, t)
            trace = hutchinson_trace(velocity, w, probes)
        return torch.cat([velocity.detach(), trace[..., None]], dim=-1)

    return slope


def hutchinson_trace(output, inputs, probes):
    """Estimate the traces of the Jacobians of rows.

    Parameters
    ----------
    output, inputs : Tensor of shape (..., n_features)
        Rows of the output depend on the same row of the inputs only.
    probes : Tensor of shape (n_probes, n_features)
        Vectors with mean 0 and covariance 1.

    Returns
    -------
    trace : Tensor of shape (...,)
        Mean over the probes of ``probe . J probe``.
    """
    total = 0.0
    for number, probe in enumerate(probes, start=1):
        keep = number < len(probes)
        pulled = probe.expand_as(output)
        (row,) = torch.autograd.grad(output, inputs, pulled, retain_graph=keep)
        total = total + (row * probe).sum(dim=-1)
    return total / len(probes)


def log_density(model, x, times, angles, probes):
    """Logarithm of the density of samples under every class.

    Parameters
    ----------
    model : ClassDenoiser
        Denoiser and classes.
    x : Tensor of shape (n, n_features)
        Scaled features.
    times, angles : list
        See :func:`angle_grid`.
    probes : Tensor of shape (n_probes, n_features)
        See :func:`flow_slope_with_trace`.

    Returns
    -------
    log_density : Tensor of shape (n, n_classes)
        In scaled units.
    """
    w = x[:, None] - model.centers
    start = torch.cat([w, torch.zeros_like(w[..., :1])], dim=-1)
    end = integrate(flow_slope_with_trace(model, probes), start, times, angles)
    normal = end[..., :-1].square() + math.log(2 * math.pi)
    return end[..., -1] - normal.sum(dim=-1) / 2
