import torch
from torch.distributions import Normal, kl_divergence

from zsl_estimators.nn.normal import (
    expected_squares,
    normal_divergence,
    normal_divergences,
)


def parameters(n_rows):
    return torch.randn(2, n_rows, 4, dtype=torch.float64).unbind()


def as_distribution(mean, log_variance):
    return Normal(mean, (log_variance / 2).exp())


def test_divergence_from_standard_normal():
    torch.manual_seed(0)
    rows = parameters(5)
    expected = kl_divergence(as_distribution(*rows), Normal(0, 1)).sum(dim=1)
    torch.testing.assert_close(normal_divergence(*rows), expected)


def test_divergences_from_every_prior():
    torch.manual_seed(0)
    rows, priors = parameters(5), parameters(3)
    each = as_distribution(*(part[:, None] for part in rows))
    expected = kl_divergence(each, as_distribution(*priors)).sum(dim=2)
    torch.testing.assert_close(normal_divergences(rows, priors), expected)


def test_squares_of_known_rows():
    torch.manual_seed(0)
    x, centers, precision = torch.randn(3, 6, 4, dtype=torch.float64).unbind()
    precision = precision.exp()
    expected = ((x[:, None] - centers).square() * precision).sum(dim=2)
    actual = expected_squares(x, x.square(), centers, precision)
    torch.testing.assert_close(actual, expected)
