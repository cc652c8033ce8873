"""The denoiser against its definition, and the pass over all classes against a loop."""

import pytest
import torch

from zsl_estimators.nn import blocks, denoiser
from zsl_estimators.nn.denoiser import ConditionalDenoiser, DenoisingLoss

N_CLASSES, N_ATTRIBUTES = 7, 5


def made(n_features=10, hidden=16, trained=True):
    torch.manual_seed(0)
    attributes = torch.randn(N_CLASSES, N_ATTRIBUTES, dtype=torch.float64)
    centers = torch.randn(N_CLASSES, n_features, dtype=torch.float64)
    network = ConditionalDenoiser(attributes, centers, hidden=hidden).double()
    if trained:
        torch.nn.init.normal_(network.leave.linear.weight)
        torch.nn.init.normal_(network.leave.linear.bias)
    seen = torch.ones(N_CLASSES, dtype=torch.bool)
    return network, network.with_classes(attributes, centers, seen)


@pytest.fixture
def draws():
    x_t = torch.randn(4, 3, 10, dtype=torch.float64)
    velocity = torch.randn(4, 3, 10, dtype=torch.float64)
    return x_t, torch.tensor([5, 300, 900]), velocity


def one_by_one(network, model, x_t, t, velocity):
    """Errors of every draw and class, each from a call of its own."""
    errors = torch.empty(*x_t.shape[:2], model.n_classes, dtype=torch.float64)
    for draw, time in enumerate(t):
        for c in range(model.n_classes):
            times = time.expand(len(x_t))
            s = model.attributes[c].expand(len(x_t), -1)
            predict = network.prepared(x_t[:, draw], times)
            error = predict(s, model.centers[c]) - velocity[:, draw]
            errors[:, draw, c] = error.square().sum(dim=1)
    return errors


# Wider and narrower than the features: the matrix is made smaller, or kept.
@pytest.mark.parametrize("hidden", [4, 16])
def test_one_pass_is_the_same_as_a_loop(draws, hidden):
    network, model = made(hidden=hidden)
    expected = one_by_one(network, model, *draws)
    torch.testing.assert_close(model.squared_errors(*draws), expected)


def test_one_pass_for_some_classes_of_each_row(draws):
    network, model = made()
    columns = torch.tensor([[0, 3], [6, 1], [2, 2], [5, 0]])
    expected = one_by_one(network, model, *draws)
    expected = expected.gather(2, columns[:, None].expand(-1, 3, -1))
    some = model.squared_errors(*draws, columns)
    torch.testing.assert_close(some, expected)


def test_correction_is_what_the_velocity_lacks(draws):
    network, model = made()
    x_t = torch.randn(4, N_CLASSES, 10, dtype=torch.float64)
    _, noise = model.signal_and_noise(300)
    t = torch.full((4,), 300)
    for c in range(N_CLASSES):
        s = model.attributes[c].expand(4, -1)
        velocity = network.prepared(x_t[:, c], t)(s, model.centers[c])
        corrected = model.correction(x_t, 300)[:, c] - noise * model.centers[c]
        torch.testing.assert_close(corrected, velocity)


def test_untrained_network_knows_normal_distributions():
    """Its estimate of clean vectors is the posterior mean, by the formula of Gauss."""
    _, model = made(trained=False)
    x_t = torch.randn(4, N_CLASSES, 10, dtype=torch.float64)
    signal, noise = model.signal_and_noise(300)
    precision = 1 + signal**2 / noise**2
    expected = (model.centers + signal * x_t / noise**2) / precision
    torch.testing.assert_close(model.clean(x_t, 300), expected)


def test_loss_is_the_error_of_the_noise():
    network, _ = made()
    x, y = torch.randn(4000, 10, dtype=torch.float64), torch.arange(4000) % N_CLASSES
    network.predict_velocity = lambda x_t, t, y: torch.zeros_like(x_t)
    torch.manual_seed(1)
    loss = DenoisingLoss()(network.training_output(x, y), y)["denoising_loss"]
    # A predicted velocity of 0 is a predicted noise of b x_t.
    torch.manual_seed(1)
    t, eps = network.diffusion.random_times(len(x)), torch.randn_like(x)
    a, b = network.diffusion.signal_and_noise(t)
    left = eps - b * (a * x + b * eps)
    torch.testing.assert_close(loss, left.square().mean())


def test_gradients_reach_every_weight():
    network, _ = made()
    x, y = torch.randn(6, 10, dtype=torch.float64), torch.arange(6)
    network.training_output(x, y).mean().backward()
    assert all(p.grad.abs().sum() > 0 for p in network.parameters())


def test_slices_are_bounded_and_change_nothing(monkeypatch):
    _, model = made()
    x = torch.randn(9, 10, dtype=torch.float64)
    sizes = []

    def distances(part, rows):
        sizes.append(len(rows) * part.n_classes)
        return (rows[:, None] - part.centers).square().sum(dim=-1)

    together = model.per_class(x, distances)
    assert sizes == [9 * N_CLASSES]
    sizes.clear()
    monkeypatch.setattr(blocks, "ROWS_PER_PASS", 16)
    torch.testing.assert_close(model.per_class(x, distances), together)
    assert max(sizes) <= 16
    assert sum(sizes) == 9 * N_CLASSES


def test_what_is_kept_per_class_is_bounded(monkeypatch):
    _, model = made()
    x = torch.randn(2, N_CLASSES, 10, dtype=torch.float64)
    kept = [model.correction(x, t) for t in range(6)]
    assert len(model._modulations) == 6
    monkeypatch.setattr(denoiser, "ROWS_PER_PASS", 3 * N_CLASSES)
    again = []
    for t in range(5, -1, -1):
        again.insert(0, model.correction(x, t))
    model.correction(x, 100)
    assert len(model._modulations) <= 3
    torch.testing.assert_close(again, kept)
