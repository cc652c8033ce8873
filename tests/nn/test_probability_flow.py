"""Densities against normal distributions whose denoiser is known."""

import pytest
import torch

from tests.likelihood.common import ExactDenoiser, random_covariance
from zsl_estimators.nn.probability_flow import (
    angle_grid,
    flow_slope,
    hutchinson_trace,
    integrate,
    log_density,
)

N_FEATURES = 6


@pytest.fixture(scope="module")
def model():
    covariance = random_covariance(N_FEATURES)
    return ExactDenoiser.random(4, N_FEATURES, 3, covariance)


@pytest.fixture(scope="module")
def x(model):
    return model.sample(5)[0]


def signs(n_probes=1):
    """Orthogonal random signs: rows of a Hadamard matrix, cut to the features."""
    generator = torch.Generator().manual_seed(0)
    draws = torch.randint(2, (n_probes, N_FEATURES), generator=generator)
    return 2.0 * draws.double() - 1


def test_log_density_of_a_gaussian_within_one_percent(model, x):
    times, angles = angle_grid(model.diffusion, 40)
    probes = (N_FEATURES**0.5) * torch.eye(N_FEATURES, dtype=torch.float64)
    found = log_density(model, x, times, angles, probes)
    torch.testing.assert_close(found, model.log_density(x), rtol=0.01, atol=0)


def test_the_other_sign_of_the_trace_would_be_far_off():
    """Where a class is narrow, the change of volume is most of its density."""
    narrow = ExactDenoiser.random(1, N_FEATURES, 3, 0.1 * random_covariance(N_FEATURES))
    x, _ = narrow.sample(20)
    times, angles = angle_grid(narrow.diffusion, 80)
    probes = (N_FEATURES**0.5) * torch.eye(N_FEATURES, dtype=torch.float64)
    found = log_density(narrow, x, times, angles, probes)
    torch.testing.assert_close(found, narrow.log_density(x), atol=0.05, rtol=0)
    w = integrate(flow_slope(narrow), x[:, None] - narrow.centers, times, angles)
    volume = found - torch.distributions.Normal(0, 1).log_prob(w).sum(dim=-1)
    assert (found - 2 * volume - narrow.log_density(x)).abs().min() > 5


def test_one_probe_suffices_to_rank_classes(model):
    x, _ = model.sample(50)
    times, angles = angle_grid(model.diffusion, 8)
    found = log_density(model, x, times, angles, signs())
    agree = found.argmax(dim=1) == model.log_density(x).argmax(dim=1)
    assert agree.double().mean() > 0.97


def test_hutchinson_is_the_trace_of_the_jacobian():
    torch.manual_seed(0)
    net = torch.nn.Sequential(
        torch.nn.Linear(N_FEATURES, 8), torch.nn.Tanh(), torch.nn.Linear(8, N_FEATURES)
    ).double()
    x = torch.randn(3, N_FEATURES, dtype=torch.float64, requires_grad=True)
    expected = torch.stack(
        [torch.autograd.functional.jacobian(net, row).trace() for row in x.detach()]
    )
    # All sign vectors together have covariance 1 exactly.
    codes = torch.cartesian_prod(*[torch.tensor([-1.0, 1.0])] * N_FEATURES).double()
    torch.testing.assert_close(hutchinson_trace(net(x), x, codes), expected)


def test_the_way_there_and_back(model, x):
    times, angles = angle_grid(model.diffusion, 60)
    w = x[:, None] - model.centers
    latent = integrate(flow_slope(model), w, times, angles)
    back = integrate(flow_slope(model), latent, times[::-1], angles[::-1])
    torch.testing.assert_close(back, w, atol=1e-3, rtol=1e-3)


def test_latents_of_the_true_class_are_standard_normal(model):
    x, _ = model.sample(4000)
    times, angles = angle_grid(model.diffusion, 60)
    own = model.subset(torch.tensor([0]))
    w = (x[:4000] - own.centers)[:, None]
    latent = integrate(flow_slope(own), w, times, angles)[:, 0]
    torch.testing.assert_close(
        latent.T.cov(), torch.eye(N_FEATURES).double(), atol=0.12, rtol=0
    )


def test_grid_of_angles(model):
    times, angles = angle_grid(model.diffusion, 10)
    assert times[0] == 0
    assert times[-1] == 999
    assert angles[0] == 0
    steps = torch.tensor(angles).diff()
    torch.testing.assert_close(
        steps, torch.full_like(steps, angles[-1] / 10), atol=0.01, rtol=0
    )
