import pytest
import torch

from zsl_estimators.nn.gan import (
    ConditionalGenerator,
    Critic,
    FGANLoss,
    FGANNetwork,
    PenaltyWeight,
    critic_losses,
    gradient_penalty,
    unit_norm_penalty,
)

N_FEATURES, N_ATTRIBUTES, N_ROWS = 7, 3, 20


@pytest.fixture(autouse=True)
def seeded():
    torch.manual_seed(0)


def loud_critic(hidden):
    """A critic in double precision whose weights are not as small as at the start."""
    critic = Critic(N_FEATURES, N_ATTRIBUTES, hidden).double()
    for parameter in critic.parameters():
        torch.nn.init.normal_(parameter)
    return critic


def batch():
    return (
        torch.randn(N_ROWS, N_FEATURES, dtype=torch.float64),
        torch.randn(N_ROWS, N_FEATURES, dtype=torch.float64),
        torch.randn(N_ROWS, N_ATTRIBUTES, dtype=torch.float64),
        torch.rand(N_ROWS, 1, dtype=torch.float64),
    )


def test_closed_form_gradient_equals_autograd():
    critic, (real, fake, s, mix) = loud_critic((11,)), batch()
    between = torch.lerp(fake, real, mix).requires_grad_()
    (expected,) = torch.autograd.grad(critic(between, s).sum(), between)
    *_, actual = critic.first_layers_and_gradient(real, fake, s, mix)
    torch.testing.assert_close(actual, expected, atol=1e-12, rtol=0)


def test_closed_form_losses_and_their_gradients_equal_double_backward():
    critic, (real, fake, s, mix) = loud_critic((11,)), batch()
    gaps, penalty = critic_losses(critic, real, fake, s, mix)
    distance = gaps.mean()
    expected_distance = critic(real, s).mean() - critic(fake, s).mean()
    expected_penalty = gradient_penalty(critic, torch.lerp(fake, real, mix), s)
    assert abs(distance - expected_distance) < 1e-10
    assert abs(penalty - expected_penalty) < 1e-10
    assert_same_gradients(critic, penalty, expected_penalty)
    assert_same_gradients(critic, distance, expected_distance)


def assert_same_gradients(critic, ours, theirs):
    """Parameters that do not occur, such as intercepts in the penalty, have zero."""
    parameters = list(critic.parameters())
    gradients = [
        torch.autograd.grad(loss, parameters, retain_graph=True, materialize_grads=True)
        for loss in (ours, theirs)
    ]
    torch.testing.assert_close(*gradients, atol=1e-10, rtol=0)


def test_penalty_of_a_deep_critic_is_that_of_finite_differences():
    critic, (real, fake, s, mix) = loud_critic((5, 6)), batch()
    _, penalty = critic_losses(critic, real, fake, s, mix)
    x, step = torch.lerp(fake, real, mix), 1e-6
    columns = [
        critic(x + step * unit, s) - critic(x - step * unit, s)
        for unit in torch.eye(N_FEATURES, dtype=torch.float64)
    ]
    norms = (torch.stack(columns, dim=1) / (2 * step)).norm(dim=1)
    torch.testing.assert_close(penalty, ((norms - 1) ** 2).mean(), rtol=1e-5, atol=0)


def test_penalty_has_a_gradient_at_zero():
    gradient = torch.zeros(4, 3, requires_grad=True)
    unit_norm_penalty(gradient).backward()
    assert torch.isfinite(gradient.grad).all()


def test_untrained_generator_samples_its_base():
    coloring = torch.randn(N_FEATURES, N_FEATURES)
    generator = ConditionalGenerator(
        N_FEATURES, N_ATTRIBUTES, 2, (5,), "linear", coloring
    )
    centers = torch.randn(1, N_FEATURES).expand(100_000, -1)
    noise = torch.randn(len(centers), generator.noise_dim)
    attributes = torch.zeros(len(centers), N_ATTRIBUTES)
    features = generator.synthesise(noise, attributes, centers)
    torch.testing.assert_close(features.mean(dim=0), centers[0], atol=0.05, rtol=0)
    torch.testing.assert_close(
        features.T.cov(), coloring.T @ coloring, atol=0.3, rtol=0.05
    )


def test_generator_is_a_perceptron_of_noise_beside_the_description():
    generator = ConditionalGenerator(N_FEATURES, N_ATTRIBUTES, 4, (5, 6), "linear")
    for layer in generator.net[::2]:
        torch.nn.init.normal_(layer.bias)
    noise, attributes = torch.randn(50, 4), torch.randn(50, N_ATTRIBUTES)
    expected = generator.net(torch.cat([noise, attributes], dim=1))
    torch.testing.assert_close(generator(noise, attributes, None), expected)


@pytest.mark.parametrize(
    ("activation", "low", "high"), [("relu", 0, 99), ("sigmoid", 0, 1)]
)
def test_output_activation(activation, low, high):
    generator = ConditionalGenerator(N_FEATURES, N_ATTRIBUTES, 4, (5,), activation)
    assert generator.noise_dim == 4
    noise, attributes = torch.randn(50, 4), torch.randn(50, N_ATTRIBUTES)
    features = generator.synthesise(noise, attributes, None)
    assert low <= features.min() <= features.max() <= high


def test_losses_train_only_their_own_network():
    network = FGANNetwork(
        torch.randn(4, N_ATTRIBUTES),
        torch.randn(4, N_FEATURES),
        torch.eye(N_FEATURES),
        noise_dim=2,
        generator_hidden=(5,),
        critic_hidden=(6,),
        output_activation="linear",
    )
    loss = FGANLoss(10.0, 0.1, torch.nn.Linear(N_FEATURES, 4))
    x, y = torch.randn(12, N_FEATURES), torch.arange(12) % 4
    value, parts = loss.critic(network, x, y)
    value.backward()
    assert all(p.grad is None for p in network.generator.parameters())
    assert value == parts["penalty_loss"] - parts["wasserstein_estimate"]
    value, parts = loss.generator(network, x, y)
    value.backward()
    assert network.generator.net[-1].weight.grad.abs().sum() > 0
    assert all(p.grad is None for p in loss.terms.parameters())
    assert value == sum(parts.values())


@pytest.mark.parametrize(
    ("penalty", "factor"), [(1.2, 1.1), (1.02, 1.0), (0.5, 1 / 1.1)]
)
def test_weight_of_the_penalty_follows_its_rule(penalty, factor):
    weight = PenaltyWeight(10.0, adaptive=True)
    for _ in range(5):
        assert weight(torch.tensor(penalty)) == pytest.approx(10 * penalty)
    for _ in range(2):
        # The second time there is nothing new.
        weight.adapt()
        assert weight.weight == pytest.approx(10 * factor)


def test_fixed_weight_of_the_penalty():
    weight = PenaltyWeight(10.0)
    weight(torch.tensor(9.0))
    weight.adapt()
    assert weight.weight == 10


def test_critic_measures_the_distance_of_two_normal_distributions():
    """With equal covariances it is that of the means, and the penalty vanishes."""
    shift = torch.tensor([[3.0, 4.0]]) / 2
    critic = Critic(2, 1, (64,))
    optimizer = torch.optim.Adam(critic.parameters(), lr=1e-2, betas=(0.5, 0.9))
    s = torch.zeros(256, 1)
    gaps, penalties = [], []
    for _ in range(300):
        fake, mix = torch.randn(256, 2), torch.rand(256, 1)
        gap, penalty = critic_losses(critic, torch.randn(256, 2) + shift, fake, s, mix)
        optimizer.zero_grad()
        (10 * penalty - gap.mean()).backward()
        optimizer.step()
        gaps.append(gap.mean().item())
        penalties.append(penalty.item())
    assert sum(gaps[-100:]) / 100 == pytest.approx(2.5, abs=0.3)
    assert sum(penalties[-100:]) / 100 < 0.05
