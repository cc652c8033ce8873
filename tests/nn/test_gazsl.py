import copy

import pytest
import torch
from torch.nn import functional

from zsl_estimators.nn.gan import gradient_penalty
from zsl_estimators.nn.gan_terms import GroupLassoTerm, PivotTerm, WeightDecayTerm
from zsl_estimators.nn.gazsl import GAZSLLoss, GAZSLNetwork

N_FEATURES, N_ATTRIBUTES, N_CLASSES, N_ROWS = 7, 3, 5, 12


@pytest.fixture(autouse=True)
def double_precision():
    torch.manual_seed(0)
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)


def network(loud=True, critic_hidden=(6,), condition_dim=4):
    made = GAZSLNetwork(
        torch.randn(N_CLASSES, N_ATTRIBUTES),
        torch.randn(N_CLASSES, N_FEATURES),
        torch.randn(N_FEATURES, N_FEATURES),
        noise_dim=2,
        generator_hidden=(5,),
        critic_hidden=critic_hidden,
        output_activation="linear",
        condition_dim=condition_dim,
    )
    for parameter in made.parameters() if loud else ():
        torch.nn.init.normal_(parameter)
    return made


def labels():
    """One of the classes is absent."""
    return torch.arange(N_ROWS) % (N_CLASSES - 1)


def test_pivot_of_a_batch_is_that_of_plain_loops():
    means, fake, y = (
        torch.randn(N_CLASSES, N_FEATURES),
        torch.randn(N_ROWS, N_FEATURES),
        labels(),
    )
    total = 0.0
    for c in range(N_CLASSES):
        rows = [row for row, label in zip(fake, y, strict=True) if label == c]
        if rows:
            gap = sum(rows) / len(rows) - means[c]
            total += sum(gap[j] ** 2 for j in range(N_FEATURES)) ** 0.5
    loss = PivotTerm(3.0, means, "batch")(None, fake, y)
    torch.testing.assert_close(loss, 3.0 * total / N_CLASSES)


def test_pivot_of_pairs_does_not_see_the_noise():
    """An untrained generator has the base means, whatever its noise is."""
    made, means = network(loud=False), torch.randn(N_CLASSES, N_FEATURES)
    loss = PivotTerm(1.0, means)(made, None, torch.arange(100) % N_CLASSES)
    expected = (made.class_centers - means).norm(dim=1).mean()
    torch.testing.assert_close(loss, expected)


def test_pairs_are_of_as_many_classes_as_make_a_batch():
    made, means = network(loud=False), torch.randn(N_CLASSES, N_FEATURES)
    pivot = PivotTerm(1.0, means)
    of_two_rows = {
        round(pivot(made, None, torch.zeros(2)).item(), 6) for _ in range(60)
    }
    distances = (made.class_centers - means).norm(dim=1).tolist()
    assert of_two_rows == {round(distance, 6) for distance in distances}


@pytest.mark.parametrize("rows", ["pairs", "batch"])
def test_pivot_has_a_gradient_where_means_are_equal(rows):
    made, y = network(loud=False), torch.arange(N_CLASSES)
    made.generator.generator.coloring.zero_()
    fake = made.synthesise_like(y)
    PivotTerm(1.0, made.class_centers.clone(), rows)(made, fake, y).backward()
    assert all(torch.isfinite(p.grad).all() for p in made.generator.parameters())


@pytest.mark.parametrize("rows", ["pairs", "batch"])
def test_gradient_of_all_terms_is_that_of_finite_differences(rows):
    made = network()
    criterion = GAZSLLoss(
        torch.randn(N_CLASSES, N_FEATURES), pivot_rows=rows, lasso_weight=0.1
    )

    def loss():
        torch.manual_seed(1)
        return criterion.generator(made, None, labels())[0]

    loss().backward()
    for parameter in made.generator.parameters():
        flat, step = parameter.data.view(-1), 1e-6
        flat[0] += step
        above = loss()
        flat[0] -= 2 * step
        slope = (above - loss()) / (2 * step)
        flat[0] += step
        torch.testing.assert_close(
            parameter.grad.view(-1)[0], slope, rtol=1e-4, atol=1e-6
        )


def test_decay_and_lasso_are_those_of_plain_loops():
    made = network()
    layer, generator = made.generator.condition, made.generator.generator
    columns = [
        sum(layer.weight[i, j] ** 2 for i in range(4)) ** 0.5
        for j in range(N_ATTRIBUTES)
    ]
    torch.testing.assert_close(
        GroupLassoTerm(0.5)(made, None, None), 0.5 * sum(columns)
    )
    matrices = layer.weight, generator.net[0].weight, generator.net[2].weight
    squares = sum(float(w) ** 2 for m in matrices for w in m.detach().flatten())
    decay = WeightDecayTerm(0.2)(made, None, None).item()
    assert decay == pytest.approx(0.2 * squares)


def test_lasso_switches_off_an_attribute_that_only_disturbs():
    """Least squares on the layer: the column of noise falls to nothing as a whole."""
    made, weight = network(), 0.5
    S, true = torch.randn(200, N_ATTRIBUTES), torch.randn(N_ATTRIBUTES, 4)
    true[2] = 0.0
    target = S @ true + 0.1 * torch.randn(200, 4)
    layer, lasso = made.generator.condition, GroupLassoTerm(weight)
    optimizer = torch.optim.SGD(layer.parameters(), lr=0.01)
    for _ in range(300):
        optimizer.zero_grad()
        loss = functional.mse_loss(layer(S), target) + lasso(made, None, None)
        loss.backward()
        optimizer.step()
    lengths = layer.weight.detach().norm(dim=0)
    assert lengths[2] < 0.02
    assert (lengths[:2] > 0.2).all()


@pytest.mark.parametrize("hidden", [(6,), (6, 4)])
def test_critic_loss_is_that_of_double_backward(hidden):
    """With naive passes of the critic: values and gradients of all its weights."""
    made, criterion = (
        network(critic_hidden=hidden),
        GAZSLLoss(torch.zeros(N_CLASSES, 1)),
    )
    x, y = torch.randn(N_ROWS, N_FEATURES), labels()
    other = copy.deepcopy(made)
    torch.manual_seed(3)
    loss, _ = criterion.critic(made, x, y)
    torch.manual_seed(3)
    with torch.no_grad():
        fake = other.synthesise_like(y)
    between = torch.lerp(fake, x, torch.rand(N_ROWS, 1))
    s, critic = other.class_attributes[y], other.critic
    expected = 10 * gradient_penalty(critic, between, s)
    expected = expected - critic(x, s).mean() + critic(fake, s).mean()
    for rows in (x, fake):
        _, logits = critic.score_and_logits(critic.first_layer(rows, s))
        expected = expected + functional.cross_entropy(logits, y)
    torch.testing.assert_close(loss, expected)
    for one, two in (loss, made), (expected, other):
        one.backward()
        assert all(p.grad is None for p in two.generator.parameters())
    for ours, theirs in zip(made.critic.parameters(), critic.parameters(), strict=True):
        torch.testing.assert_close(ours.grad, theirs.grad)


def test_critic_is_not_told_the_class():
    critic, x = network().critic, torch.randn(N_ROWS, N_FEATURES)
    scores = [critic(x, torch.randn(N_ROWS, N_ATTRIBUTES)) for _ in range(2)]
    torch.testing.assert_close(*scores, atol=0, rtol=0)


def test_encoded_classes_generate_what_their_descriptions_do():
    made = network()
    noise = torch.randn(N_CLASSES, made.generator.noise_dim)
    encoded = made.generator.encode_classes(made.class_attributes, made.class_centers)
    torch.testing.assert_close(
        made.generator.generate(noise, *encoded),
        made.generator.synthesise(noise, made.class_attributes, made.class_centers),
    )
