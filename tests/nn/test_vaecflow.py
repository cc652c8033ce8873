import math

import pytest
import torch
from torch.distributions import MultivariateNormal, Normal, kl_divergence

from zsl_estimators.nn.vaecflow import (
    Encoded,
    VAEcFlowLoss,
    VAEcFlowNetwork,
    gaussian_nll,
)

N_CLASSES, N_ATTRIBUTES, N_FEATURES = 4, 3, 6


@pytest.fixture(autouse=True)
def seeded():
    torch.manual_seed(0)


def network(**settings):
    defaults = {
        "class_attributes": torch.randn(N_CLASSES, N_ATTRIBUTES),
        "class_centers": torch.randn(N_CLASSES, N_FEATURES),
        "n_blocks": 2,
        "coupling": "additive",
        "coupling_hidden": (5,),
        "encoder_hidden": (7,),
        "decoder_hidden": (7,),
        "residual": True,
        "noise_per_dimension": True,
        "cls_latent": "flow",
        "legacy_scale": False,
    }
    return VAEcFlowNetwork(**{**defaults, **settings})


def shaken(module):
    """Far from where it starts, in double precision."""
    for parameter in module.parameters():
        torch.nn.init.normal_(parameter, std=0.3)
    return module.double().eval()


def test_untrained_network_is_normal_around_the_base_means():
    net = network()
    x = torch.randn(10, N_FEATURES)
    actual = net(x, net.class_attributes, net.class_centers)
    normal = MultivariateNormal(net.class_centers, torch.eye(N_FEATURES))
    torch.testing.assert_close(actual, normal.log_prob(x[:, None]))
    noise = torch.randn(N_CLASSES, N_FEATURES)
    features = net.synthesise(noise, net.class_attributes, net.class_centers)
    distances = (features - net.class_centers).norm(dim=1)
    torch.testing.assert_close(distances, noise.norm(dim=1))


@pytest.mark.parametrize("n_rows", [2, 30])
def test_prior_of_labels_is_that_of_their_classes(n_rows):
    """With fewer rows than classes, and with more."""
    net = shaken(network())
    y = torch.randint(N_CLASSES, (n_rows,))
    mean, log_variance = net._prior_of_labels(y)
    for row, label in enumerate(y):
        one = net.prior(
            net.class_attributes[label : label + 1],
            net.class_centers[label : label + 1],
        )
        torch.testing.assert_close(mean[row], one[0][0])
        torch.testing.assert_close(log_variance[row], one[1][0])


def test_likelihood_of_all_classes_equals_one_class_at_a_time():
    net = shaken(network())
    x = torch.randn(10, N_FEATURES, dtype=torch.float64)
    together = net(x, net.class_attributes, net.class_centers)
    z, log_det = net.flow(x)
    mean, log_variance = net.prior(net.class_attributes, net.class_centers)
    for k in range(N_CLASSES):
        normal = Normal(mean[k], (log_variance[k] / 2).exp())
        expected = normal.log_prob(z).sum(dim=1) + log_det
        torch.testing.assert_close(together[:, k], expected)


def test_generated_features_have_the_likelihood_of_their_latents():
    net = shaken(network())
    noise = torch.randn(N_CLASSES, N_FEATURES, dtype=torch.float64)
    x = net.synthesise(noise, net.class_attributes, net.class_centers)
    mean, log_variance = net.prior(net.class_attributes, net.class_centers)
    expected_latent = mean + (log_variance / 2).exp() * noise
    torch.testing.assert_close(net.flow(x)[0], expected_latent)


@pytest.mark.parametrize("legacy", [False, True])
def test_loss_parts(legacy):
    net = shaken(network(legacy_scale=legacy)).train()
    x = torch.randn(9, N_FEATURES, dtype=torch.float64)
    y = torch.arange(9) % N_CLASSES
    encoded = net.training_output(x, y)
    parts = VAEcFlowLoss(2.0, 0.5, legacy)(encoded, y)
    _, raw = net.vae.encode(net.class_attributes[y], net.class_centers[y])
    deviation = raw.exp() if legacy else (raw / 2).exp()
    rows = Normal(encoded.mean, deviation).log_prob(encoded.latent).sum(dim=1)
    bits = -(rows + encoded.log_det).mean() / math.log(2)
    torch.testing.assert_close(parts["likelihood_loss"], bits)
    error = (encoded.decoded - net.class_attributes[y]).abs().sum() / 9
    torch.testing.assert_close(parts["reconstruction_loss"], 2 * error)
    # Half of the divergence's terms that the code forgets are back without legacy.
    factor = 1.0 if legacy else 0.5
    regulariser = factor * (raw.exp() - raw - 1).sum() / 9
    torch.testing.assert_close(parts["variance_loss"], 2 * regulariser)
    cross_entropy = torch.nn.functional.cross_entropy(encoded.logits, y)
    torch.testing.assert_close(parts["classification_loss"], 0.5 * cross_entropy)


@pytest.mark.parametrize("zero_mean", [False, True])
def test_variance_loss_is_a_divergence_from_unit_variance(zero_mean):
    """At the mean of the class, as the paper has it, or at zero."""
    mean, log_variance = torch.randn(2, 5, N_FEATURES)
    zero = torch.zeros(5, N_FEATURES)
    encoded = Encoded(
        zero, torch.zeros(5), mean, log_variance, zero, zero, zero, torch.zeros(5, 2)
    )
    loss = VAEcFlowLoss(1.0, 0.0, zero_mean=zero_mean)
    part = loss(encoded, torch.zeros(5, dtype=int))
    target = Normal(torch.zeros_like(mean) if zero_mean else mean, 1)
    divergence = kl_divergence(Normal(mean, (log_variance / 2).exp()), target)
    torch.testing.assert_close(
        part["variance_loss"], divergence.sum(dim=1).mean(), atol=1e-5, rtol=1e-5
    )


@pytest.mark.parametrize("zero_mean", [False, True])
def test_only_the_zero_mean_pulls_at_the_means(zero_mean):
    """By its gradient: the means themselves, spread over the rows of a batch."""
    net = shaken(network()).train()
    y = torch.arange(9) % N_CLASSES
    encoded = net.training_output(torch.randn(9, N_FEATURES).double(), y)
    part = VAEcFlowLoss(1.0, 0.0, zero_mean=zero_mean)(encoded, y)["variance_loss"]
    (pull,) = torch.autograd.grad(
        part, encoded.mean, allow_unused=True, materialize_grads=True
    )
    torch.testing.assert_close(pull, encoded.mean / 9 * zero_mean)


def test_encoder_without_hidden_layers_is_one_affine_map():
    net = shaken(network(encoder_hidden=()))
    one, other = torch.randn(2, N_CLASSES, N_ATTRIBUTES, dtype=torch.float64)
    centers = torch.randn(N_CLASSES, N_FEATURES, dtype=torch.float64)
    assert sum(isinstance(m, torch.nn.Linear) for m in net.vae.encoder) == 1

    def encoded(attributes):
        return torch.cat(net.prior(attributes, centers), dim=1)

    between = encoded(0.3 * one + 0.7 * other)
    expected = 0.3 * encoded(one) + 0.7 * encoded(other)
    torch.testing.assert_close(between, expected)


def test_no_weight_of_the_classification_loss_no_gradient():
    net = shaken(network()).train()
    y = torch.arange(9) % N_CLASSES
    x = torch.randn(9, N_FEATURES, dtype=torch.float64)
    gradients = []
    for cls_weight in (0.0, 0.5):
        net.zero_grad()
        parts = VAEcFlowLoss(0.0, cls_weight)(net.training_output(x, y), y)
        sum(parts.values()).backward()
        gradients.append(net.classifier.weight.grad.abs().sum())
    assert gradients[0] == 0
    assert gradients[1] > 0


def test_gaussian_nll():
    x, mean, log_variance = torch.randn(3, 4, 5)
    normal = Normal(mean, (log_variance / 2).exp())
    expected = -normal.log_prob(x).sum(dim=1)
    torch.testing.assert_close(gaussian_nll(x, mean, log_variance), expected)


def test_one_number_of_noise_per_sample():
    net = network(noise_per_dimension=False)
    x = torch.randn(5, N_FEATURES)
    drawn = net.training_output(x, torch.zeros(5, dtype=int)).drawn
    shifts = drawn - net.flow.in_last_order(net.class_centers[0])
    torch.testing.assert_close(shifts, shifts[:, :1].expand_as(shifts))


def test_classified_latent():
    for cls_latent, follows in (("flow", True), ("prior", False)):
        net = shaken(network(cls_latent=cls_latent)).float()
        y = torch.zeros(5, dtype=int)
        torch.manual_seed(1)
        one = net.training_output(torch.zeros(5, N_FEATURES), y).logits
        torch.manual_seed(1)
        other = net.training_output(torch.ones(5, N_FEATURES), y).logits
        assert torch.allclose(one, other) != follows
