import pytest
import torch
from torch.distributions import Bernoulli, Normal, kl_divergence

from zsl_estimators.nn.vae import (
    divergence,
    draw_latents,
    mean_and_log_variance,
    reconstruction_error,
)

N_ROWS, N_COLUMNS = 9, 4


@pytest.fixture(autouse=True)
def seeded():
    torch.manual_seed(0)


def test_divergence_is_that_of_torch():
    mean, log_variance = torch.randn(2, N_ROWS, N_COLUMNS)
    learned = Normal(mean, (log_variance / 2).exp())
    expected = kl_divergence(learned, Normal(0.0, 1.0)).sum(dim=1).mean()
    torch.testing.assert_close(divergence(mean, log_variance), expected)


def test_squared_error_is_a_normal_likelihood_but_for_its_constant():
    reconstructed, x = torch.randn(2, N_ROWS, N_COLUMNS)
    variances = torch.rand(N_COLUMNS) + 0.1
    normal = Normal(reconstructed, variances.sqrt())
    expected = (normal.log_prob(reconstructed) - normal.log_prob(x)).sum(dim=1).mean()
    actual = reconstruction_error(reconstructed, x, variances=variances)
    torch.testing.assert_close(actual, expected)


def test_cross_entropy_is_a_divergence():
    """Less that of the features themselves it is 0 where nothing is wrong."""
    reconstructed, x = torch.rand(2, N_ROWS, N_COLUMNS)
    expected = kl_divergence(Bernoulli(x), Bernoulli(reconstructed)).sum(dim=1).mean()
    torch.testing.assert_close(reconstruction_error(reconstructed, x, "bce"), expected)
    assert reconstruction_error(x, x, "bce") == 0


def test_cross_entropy_of_certain_outputs_is_finite():
    wrong, x = torch.zeros(1, 2).requires_grad_(), torch.ones(1, 2)
    error = reconstruction_error(wrong, x, "bce")
    error.backward()
    assert torch.isfinite(error)
    assert torch.isfinite(wrong.grad).all()


def test_draws_have_the_moments_of_the_encoder():
    mean, log_variance = mean_and_log_variance(torch.tensor([[1.0, -2.0, -1.0, 99.0]]))
    assert log_variance[0, 1] == 10, "within bounds"
    mean, log_variance = (
        part.expand(100_000, -1) for part in (mean, log_variance.clamp(max=0.0))
    )
    drawn = draw_latents(mean, log_variance)
    torch.testing.assert_close(drawn.mean(dim=0), mean[0], atol=0.02, rtol=0)
    torch.testing.assert_close(
        drawn.var(dim=0), log_variance[0].exp(), atol=0.02, rtol=0
    )
