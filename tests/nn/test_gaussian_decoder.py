import pytest
import torch
from torch.distributions import MultivariateNormal, Normal

from zsl_estimators.nn.gaussian_decoder import MOMENTUM, GaussianDecoder

N_CLASSES, N_ATTRIBUTES, N_FEATURES, N_LATENT = 4, 3, 5, 2


@pytest.fixture(autouse=True)
def seeded():
    torch.manual_seed(0)


def decoder(residual=True, **settings):
    return GaussianDecoder(
        torch.randn(N_CLASSES, N_ATTRIBUTES),
        torch.randn(N_CLASSES, N_FEATURES),
        N_LATENT,
        (7,),
        residual,
        **settings,
    )


def test_untrained_decoder_samples_a_unit_normal_around_the_base_mean():
    net = decoder()
    centers = net.class_centers[:1].expand(50_000, -1)
    noise = torch.randn(len(centers), net.noise_dim)
    features = net(noise, torch.zeros(len(centers), N_ATTRIBUTES), centers)
    torch.testing.assert_close(features.mean(dim=0), centers[0], atol=0.03, rtol=0)
    torch.testing.assert_close(
        features.T.cov(), torch.eye(N_FEATURES), atol=0.03, rtol=0
    )


def test_linear_decoder_generates_its_marginal_distribution():
    """``x = center + A z + b + noise`` has the covariance ``A A' + variances``."""
    net = decoder(residual=False).double()
    net.noise_variance = torch.tensor([0.1, 0.2, 0.3, 0.4, 0.5], dtype=torch.float64)
    loading, offset = make_linear(net)
    rows = torch.zeros(50_000, dtype=int)
    noise = torch.randn(len(rows), net.noise_dim, dtype=torch.float64)
    features = net(noise, net.class_attributes[rows], net.class_centers[rows])
    expected = loading @ loading.T + net.noise_variance.diag()
    torch.testing.assert_close(features.T.cov(), expected, atol=0.03, rtol=0.03)
    mean = net.class_centers[0] + offset
    torch.testing.assert_close(features.mean(dim=0), mean, atol=0.03, rtol=0)


def make_linear(net):
    """Set weights such that no unit leaves the linear part; return loading, offset."""
    first, _, last = net.generator.net
    torch.nn.init.normal_(first.weight, std=0.1)
    torch.nn.init.constant_(first.bias, 10.0)
    torch.nn.init.normal_(last.weight)
    loading = last.weight @ first.weight[:, :N_LATENT]
    from_class = first.weight[:, N_LATENT:] @ net.class_attributes[0] + first.bias
    return loading.detach(), (last.weight @ from_class + last.bias).detach()


def test_features_without_noise_are_what_is_decoded():
    net = decoder(residual=False, draws_noise=False, noise_variance=0.5)
    assert net.noise_dim == N_LATENT
    y = torch.arange(N_CLASSES)
    latents = torch.randn(N_CLASSES, N_LATENT)
    features = net(latents, net.class_attributes, net.class_centers)
    torch.testing.assert_close(features, net.decode_labels(latents, y))


def test_error_is_the_log_density():
    net = decoder(noise_variance=0.3).eval()
    x, decoded = torch.randn(2, 6, N_FEATURES)
    expected = -Normal(decoded, 0.3**0.5).log_prob(x).sum(dim=1)
    torch.testing.assert_close(net.error(x, decoded), expected)


def test_sum_of_squares_is_a_variance_of_one_half():
    """Up to a constant, as the papers have it."""
    net = decoder(noise_variance=0.5)
    x, decoded = torch.randn(2, 6, N_FEATURES)
    rest = net.error(x, decoded) - (x - decoded).square().sum(dim=1)
    torch.testing.assert_close(rest, rest[:1].expand_as(rest))


def test_variance_is_learned_while_training_only():
    net = decoder()
    truth = torch.tensor([0.1, 0.5, 1.0, 2.0, 0.0])
    for _ in range(200):
        x = torch.randn(64, N_FEATURES) * truth.sqrt()
        net.error(x, torch.zeros_like(x))
    torch.testing.assert_close(net.noise_variance, truth, rtol=0.2, atol=1e-3)
    assert net.noise_variance[-1] > 0
    learned = net.noise_variance.clone()
    net.eval().error(100 * x, x)
    assert torch.equal(net.noise_variance, learned)
    fixed = decoder(noise_variance=0.3)
    fixed.error(x, torch.zeros_like(x))
    assert (fixed.noise_variance == 0.3).all()


def test_learned_variance_is_where_the_likelihood_is_largest():
    net = decoder()
    x, decoded = torch.randn(2, 500, N_FEATURES)
    for _ in range(round(10 / MOMENTUM)):
        net.error(x, decoded)
    variance = net.noise_variance.clone().requires_grad_()
    density = MultivariateNormal(torch.zeros(N_FEATURES), variance.diag())
    (slope,) = torch.autograd.grad(density.log_prob(x - decoded).mean(), variance)
    torch.testing.assert_close(slope, torch.zeros(N_FEATURES), atol=1e-4, rtol=0)
