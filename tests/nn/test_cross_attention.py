"""Attention to classes, against the posterior of a mixture of normal distributions."""

import pytest
import torch

from zsl_estimators.nn.cross_attention import CrossAttentionDenoiser

N_CLASSES, N_FEATURES = 6, 10


@pytest.fixture
def network():
    torch.manual_seed(0)
    attributes = torch.randn(N_CLASSES, 4, dtype=torch.float64)
    centers = torch.randn(N_CLASSES, N_FEATURES, dtype=torch.float64)
    # Chunks that do not divide the features, and a context of all classes.
    return CrossAttentionDenoiser(attributes, centers, n_chunks=4).double()


def test_untrained_it_averages_with_the_posterior(network):
    x_t = torch.randn(5, N_FEATURES, dtype=torch.float64)
    t = torch.full((5,), 400)
    signal, noise = network.diffusion.signal_and_noise(t)
    centers = torch.cat([network.class_centers, network.null_center[None]])
    normal = torch.distributions.Normal(signal[0] * centers, 1.0)
    posterior = normal.log_prob(x_t[:, None]).sum(dim=-1).softmax(dim=1)
    expected = -noise * (posterior @ centers)
    network.eval()
    predicted = network(x_t, t, torch.tensor([0, 1, 2, 3, 3]))
    torch.testing.assert_close(predicted, expected)


def test_logits_of_a_class_do_not_depend_on_the_others(network):
    torch.nn.init.normal_(network.query[-1].weight)
    x_t = torch.randn(5, 3, N_FEATURES, dtype=torch.float64)
    t = torch.tensor([10, 300, 700])
    seen = torch.ones(N_CLASSES, dtype=torch.bool)
    model = network.with_classes(network.class_attributes, network.class_centers, seen)
    logits, _ = model.logits(x_t, t)
    some, _ = model.subset(torch.tensor([4, 1])).logits(x_t, t)
    torch.testing.assert_close(some, logits[..., [4, 1]])


def test_the_class_itself_is_in_the_context_once(network):
    """With a context of one class, whichever it is, the true one is there too."""
    network.context_size = 1
    x_t = 50 * network.class_centers
    t = torch.zeros(N_CLASSES, dtype=torch.long)
    predicted = network.predict_velocity(x_t, t, torch.arange(N_CLASSES))
    _, noise = network.diffusion.signal_and_noise(t)
    torch.testing.assert_close(predicted, -noise * network.class_centers)


def test_gradients_reach_every_weight(network):
    torch.nn.init.normal_(network.query[-1].weight)
    x, y = torch.randn(6, N_FEATURES, dtype=torch.float64), torch.arange(6)
    network.training_output(x, y).mean().backward()
    assert all(p.grad.abs().sum() > 0 for p in network.parameters())
