import pytest
import torch
from torch.distributions import Normal

from zsl_estimators.nn.abp import ABPLoss, ABPNetwork

N_CLASSES, N_ATTRIBUTES, N_FEATURES, N_LATENT = 4, 3, 5, 2
VARIANCE = 0.6


@pytest.fixture(autouse=True)
def seeded():
    torch.manual_seed(0)


def network(**settings):
    defaults = {
        "class_attributes": torch.randn(N_CLASSES, N_ATTRIBUTES),
        "class_centers": torch.randn(N_CLASSES, N_FEATURES),
        "latent_dim": N_LATENT,
        "hidden": (20,),
        "residual": True,
    }
    return ABPNetwork(**{**defaults, **settings})


def linear_network(**settings):
    """Whose units are far in the linear part; and the loading of its latents."""
    net = network(residual=False, noise_variance=VARIANCE, **settings)
    first, _, last = net.generator.net
    torch.nn.init.normal_(first.weight, std=0.1)
    torch.nn.init.constant_(first.bias, 10.0)
    torch.nn.init.normal_(last.weight)
    return net, (last.weight @ first.weight[:, :N_LATENT]).detach()


def posterior(net, loading, x, y):
    """Mean and covariance of the latents of rows, in closed form."""
    rest = x - net.decode_labels(torch.zeros(len(x), N_LATENT), y).detach()
    precision = loading.T @ loading / VARIANCE + torch.eye(N_LATENT)
    covariance = precision.inverse()
    return rest @ loading / VARIANCE @ covariance, covariance


@pytest.mark.parametrize(
    "settings", [{}, {"langevin_step": 0.3, "n_langevin_steps": 10}]
)
def test_chains_have_the_posterior_of_a_linear_generator(settings):
    """Every row many times, and some passes over them."""
    net, loading = linear_network(**settings)
    kinds = torch.arange(N_CLASSES).repeat_interleave(3000)
    y = kinds % N_CLASSES
    rows = net.decode_labels(torch.zeros(N_CLASSES, N_LATENT), torch.arange(N_CLASSES))
    x = (rows.detach() + torch.randn(N_CLASSES, N_FEATURES))[kinds]
    net.start_chains(len(x))
    for _ in range(15):
        net.training_output(x, y, torch.arange(len(x)))
    mean, covariance = posterior(net, loading, x, y)
    if settings:
        precision = covariance.inverse()
        covariance = (precision - 0.3**2 / 4 * precision @ precision).inverse()
    for kind in range(N_CLASSES):
        of_kind = net.latents[kinds == kind]
        torch.testing.assert_close(
            of_kind.mean(dim=0), mean[kinds == kind][0], atol=0.06, rtol=0
        )
        torch.testing.assert_close(of_kind.T.cov(), covariance, atol=0.03, rtol=0.05)


def test_untrained_generator_starts_with_the_posterior():
    net = network()
    net.start_chains(20_000)
    x, y = torch.randn(20_000, N_FEATURES), torch.zeros(20_000, dtype=int)
    net.training_output(x, y, torch.arange(len(x)))
    torch.testing.assert_close(
        net.latents.T.cov(), torch.eye(N_LATENT), atol=0.05, rtol=0
    )
    assert abs(torch.corrcoef(torch.cat([net.latents, x], dim=1).T)[0, 2]) < 0.05


def test_only_the_chains_of_a_batch_move_and_they_go_on():
    net, _ = linear_network(n_langevin_steps=2)
    net.start_chains(6)
    start = net.latents.clone()
    x, row = torch.randn(2, N_FEATURES), torch.tensor([4, 1])
    for _ in range(10):
        net.training_output(x, torch.zeros(2, dtype=int), row)
    moved = (net.latents != start).any(dim=1)
    assert moved.tolist() == [False, True, False, False, True, False]
    kept = net.latents.clone()
    net.start_chains(6)
    assert torch.equal(net.latents, kept)


def test_chains_are_no_weights():
    net = network()
    net.start_chains(6)
    assert "latents" not in net.state_dict()
    net.end_chains()
    net.start_chains(9)
    assert net.latents.shape == (9, N_LATENT)


def test_loss_is_the_negative_joint_density_at_the_chains():
    net = network(residual=False, noise_variance=VARIANCE)
    net.start_chains(8)
    x, y = torch.randn(8, N_FEATURES), torch.arange(8) % N_CLASSES
    parts = ABPLoss()(net.training_output(x, y, torch.arange(8)), y)
    decoded = Normal(net.decode_labels(net.latents, y), VARIANCE**0.5)
    of_rows = -decoded.log_prob(x).sum(dim=1).mean()
    torch.testing.assert_close(parts["reconstruction_loss"], of_rows)
    prior = -Normal(0, 1).log_prob(net.latents).sum(dim=1).mean()
    constant = Normal(0, 1).log_prob(torch.zeros(())) * N_LATENT
    torch.testing.assert_close(parts["latent_loss"], prior + constant)


def test_gradient_is_that_of_the_generator_with_latents_held():
    net, _ = linear_network()
    net.start_chains(8)
    x, y = torch.randn(8, N_FEATURES), torch.arange(8) % N_CLASSES
    ours = net.training_output(x, y, torch.arange(8)).error.mean()
    theirs = net.error(x, net.decode_labels(net.latents.clone(), y)).mean()
    parameters = list(net.parameters())
    torch.testing.assert_close(
        torch.autograd.grad(ours, parameters), torch.autograd.grad(theirs, parameters)
    )


def test_alternation_learns_the_loading_of_a_latent():
    """What a nearly linear generator has learned has the covariance of the data."""
    x = torch.randn(300, 1) @ torch.tensor([[2.0, 0.0, 1.0]])
    x += 0.5 * torch.randn(300, 3)
    net = network(
        class_attributes=torch.zeros(1, 1),
        class_centers=torch.zeros(1, 3),
        latent_dim=1,
        hidden=(8,),
        residual=False,
        n_langevin_steps=2,
        noise_variance=0.25,
    )
    first, _, last = net.generator.net
    torch.nn.init.constant_(first.bias, 5.0)
    torch.nn.init.normal_(first.weight, std=0.5)
    torch.nn.init.normal_(last.weight, std=0.3)
    last.bias.data = -(last.weight @ first.bias).detach()
    net.start_chains(len(x))
    optimizer = torch.optim.Adam(net.parameters(), lr=2e-2)
    y, row = torch.zeros(len(x), dtype=int), torch.arange(len(x))
    for _ in range(120):
        optimizer.zero_grad()
        sum(ABPLoss()(net.training_output(x, y, row), y).values()).backward()
        optimizer.step()
    noise = torch.randn(20_000, net.noise_dim)
    generated = net(noise, torch.zeros(20_000, 1), torch.zeros(20_000, 3))
    torch.testing.assert_close(generated.T.cov(), x.T.cov(), atol=0.5, rtol=0.1)
