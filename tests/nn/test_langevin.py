import pytest
import torch

from zsl_estimators.nn.langevin import (
    BEST_ACCEPTANCE,
    adapted_step,
    adjusted_langevin_steps,
    energy_and_gradient,
    langevin_steps,
)

# Precision of a normal density, of which the largest eigenvalue is 6.
AXES = torch.linalg.qr(torch.tensor([[1.0, 2.0, 0.0], [0.5, -1.0, 1.0], [0, 1, 3]]))[0]
PRECISION = (AXES * torch.tensor([1.0, 3.0, 6.0])) @ AXES.T
MEAN = torch.tensor([1.0, -2.0, 0.5])


@pytest.fixture(autouse=True)
def seeded():
    torch.manual_seed(0)


def energy(states):
    centred = states - MEAN
    return ((centred @ PRECISION) * centred).sum(dim=1) / 2


def run(steps, step, n_steps, n_chains=40_000):
    """Chains that start in one point far away."""
    return steps(energy, torch.full((n_chains, 3), 3.0), step, n_steps)


def test_gradient_is_that_of_the_density():
    states = torch.randn(5, 3)
    energies, gradients = energy_and_gradient(energy, states)
    torch.testing.assert_close(energies, energy(states))
    torch.testing.assert_close(gradients, (states - MEAN) @ PRECISION)
    assert not gradients.requires_grad


@pytest.mark.parametrize("step", [0.3, 0.6])
def test_unadjusted_chains_have_their_exact_stationary_distribution(step):
    """The right mean, and ``(P - step^2 / 4 P^2)^-1`` instead of ``P^-1``."""
    states = run(langevin_steps, step, 200)
    torch.testing.assert_close(states.mean(dim=0), MEAN, atol=0.02, rtol=0)
    expected = (PRECISION - step**2 / 4 * PRECISION @ PRECISION).inverse()
    torch.testing.assert_close(states.T.cov(), expected, atol=0.03, rtol=0.03)


def test_unadjusted_chains_diverge_above_the_largest_stable_step():
    limit = 2 / 6**0.5
    assert run(langevin_steps, 1.1 * limit, 60, n_chains=50).abs().max() > 100
    assert run(langevin_steps, 0.9 * limit, 60, n_chains=50).abs().max() < 100


def test_adjusted_chains_have_the_right_distribution_at_a_large_step():
    states, acceptance = run(adjusted_langevin_steps, 0.7, 60)
    torch.testing.assert_close(states.mean(dim=0), MEAN, atol=0.02, rtol=0)
    torch.testing.assert_close(
        states.T.cov(), PRECISION.inverse(), atol=0.02, rtol=0.02
    )
    assert 0.3 < acceptance < 1


def test_tiny_steps_are_all_accepted():
    _, acceptance = run(adjusted_langevin_steps, 1e-3, 3, n_chains=200)
    assert acceptance > 0.999


def test_proposals_of_infinite_energy_are_refused():
    def walled(states):
        inside = (states.abs() < 1).all(dim=1)
        return torch.where(inside, states.square().sum(dim=1), torch.inf)

    states, acceptance = adjusted_langevin_steps(walled, torch.zeros(500, 2), 1.0, 20)
    assert (states.abs() < 1).all()
    assert 0 < acceptance < 1
    assert states.std() > 0.3


def test_adapted_step_reaches_the_best_acceptance():
    step, states = torch.tensor(0.05), torch.randn(500, 3)
    seen = []
    for _ in range(150):
        states, acceptance = adjusted_langevin_steps(energy, states, step, 2)
        step = adapted_step(step, acceptance)
        seen.append(acceptance)
    assert abs(torch.stack(seen[-30:]).mean() - BEST_ACCEPTANCE) < 0.05
