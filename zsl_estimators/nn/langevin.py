"""Sampling from a density by Langevin dynamics, every row a chain of its own.

References
----------
Roberts, Tweedie: Exponential convergence of Langevin distributions and their discrete
approximations, Bernoulli 2 (4), 1996.
Roberts, Rosenthal: Optimal scaling of discrete approximations to Langevin diffusions,
Journal of the Royal Statistical Society B 60 (1), 1998.
"""

import torch

# Share of accepted proposals at which chains move fastest in many dimensions.
BEST_ACCEPTANCE = 0.574
# How fast the logarithm of the step follows the share of accepted proposals.
ADAPTATION_RATE = 0.1
LARGEST_STEP = 1.5


def langevin_steps(energy, states, step, n_steps):
    """Unadjusted Langevin dynamics.

    Parameters
    ----------
    energy : callable
        ``energy(states)`` returns minus the log density of every row up to a constant,
        shape (n_rows,), differentiable.
    states : Tensor of shape (n_rows, n_dimensions)
        Where the chains are.
    step : Tensor or float
        Standard deviation of the noise of a step. The gradient is weighted by half of
        its square.
    n_steps : int
        Number of steps.

    Returns
    -------
    states : Tensor of shape (n_rows, n_dimensions)
        Where the chains go.
    """
    for _ in range(n_steps):
        _, gradient = energy_and_gradient(energy, states)
        states = drifted(states, gradient, step) + step * torch.randn_like(states)
    return states


def adjusted_langevin_steps(energy, states, step, n_steps):
    """Langevin dynamics with Metropolis's acceptance (MALA), which make it exact.

    Parameters
    ----------
    energy : callable
        See :func:`langevin_steps`.
    states : Tensor of shape (n_rows, n_dimensions)
        Where the chains are.
    step : Tensor or float
        See :func:`langevin_steps`.
    n_steps : int
        Number of steps.

    Returns
    -------
    states : Tensor of shape (n_rows, n_dimensions)
        Where the chains go.
    acceptance : Tensor
        Mean probability that a proposal is accepted.
    """
    acceptance = 0.0
    at = states, *energy_and_gradient(energy, states)
    for _ in range(n_steps):
        at, probability = adjusted_step(energy, at, step)
        acceptance = acceptance + probability.mean() / n_steps
    return at[0], acceptance


def adjusted_step(energy, at, step):
    """One step of chains, whose states, energies and gradients are `at`."""
    states, energies, gradients = at
    noise = torch.randn_like(states)
    proposed = drifted(states, gradients, step) + step * noise
    there = proposed, *energy_and_gradient(energy, proposed)
    noise_back = (states - drifted(proposed, there[2], step)) / step
    log_ratio = (
        energies - there[1] + (noise.square() - noise_back.square()).sum(dim=1) / 2
    )
    probability = log_ratio.clamp(max=0).exp()
    # A proposal of infinite energy is not accepted.
    accepted = torch.rand_like(probability) < probability
    moved = [
        torch.where(accepted.view(-1, *[1] * (new.ndim - 1)), new, old)
        for new, old in zip(there, at, strict=True)
    ]
    return moved, probability.nan_to_num(0.0)


def adapted_step(step, acceptance):
    """Enlarge or reduce the step of chains of which so many proposals are accepted."""
    change = ADAPTATION_RATE * (acceptance - BEST_ACCEPTANCE)
    return (step * change.exp()).clamp(max=LARGEST_STEP)


def drifted(states, gradients, step):
    """Where a step leads on average."""
    return states - step**2 / 2 * gradients


def energy_and_gradient(energy, states):
    """Energy of every row, and its gradient in the row."""
    states = states.detach().requires_grad_()
    energies = energy(states)
    (gradients,) = torch.autograd.grad(energies.sum(), states)
    return energies.detach(), gradients
