"""Conditional VAE and GAN of descriptions in the place of RevCD's diffusion."""

import pytest
import torch
from torch.distributions import Normal, kl_divergence
from torch.nn import functional

from zsl_estimators.nn.attribute_generators import (
    ConditionalAttributeGAN,
    ConditionalAttributeGANLoss,
    ConditionalAttributeVAE,
    ConditionalAttributeVAELoss,
    Decoded,
)

CLASSES = torch.tensor([[1.0, 0, 2], [0, 1, -1], [-1, 2, 0]]).double()
Y = torch.tensor([0, 2, 1, 1, 0, 2])
N_FEATURES = 5


@pytest.fixture(autouse=True)
def seeded():
    torch.manual_seed(0)


def network(cls, **settings):
    defaults = {"hidden": (8, 4), "condition_dim": 6, "dropout": 0.0}
    return cls(N_FEATURES, CLASSES, **{**defaults, **settings}).double()


def batch():
    x = torch.randn(len(Y), N_FEATURES, dtype=torch.float64)
    return x, torch.randn(len(Y), CLASSES.shape[1], dtype=torch.float64), Y


@pytest.mark.parametrize("cls", [ConditionalAttributeVAE, ConditionalAttributeGAN])
def test_untrained_network_repeats_the_linear_estimate(cls):
    x, linear, _ = batch()
    noise = torch.randn(3, 1, CLASSES.shape[1], dtype=torch.float64)
    torch.testing.assert_close(network(cls).eval()(x, linear, noise), linear)


@pytest.mark.parametrize("cls", [ConditionalAttributeVAE, ConditionalAttributeGAN])
def test_prediction_is_the_mean_of_what_is_generated(cls):
    net = network(cls, residual=False).eval()
    x, linear, _ = batch()
    noise = torch.randn(3, 1, CLASSES.shape[1], dtype=torch.float64)
    condition = net.encode(x)
    draws = [net.generate(n.expand(len(x), -1), condition, linear) for n in noise]
    torch.testing.assert_close(net(x, linear, noise), sum(draws) / 3)
    assert not torch.allclose(draws[0], draws[1])


@pytest.mark.parametrize("cls", [ConditionalAttributeVAE, ConditionalAttributeGAN])
def test_many_steps_are_refused(cls):
    x, linear, _ = batch()
    noise = torch.randn(1, 1, CLASSES.shape[1], dtype=torch.float64)
    with pytest.raises(ValueError, match='sampler="one_shot"'):
        network(cls)(x, linear, noise, n_passes=10)


def test_vae_batch_is_decoded_from_its_own_posterior():
    """Without spread the latents are the means, and decoding them is what is left."""
    net = network(ConditionalAttributeVAE, condition_dropout=0.0, residual=False)
    torch.nn.init.zeros_(net.posterior[-1].weight[CLASSES.shape[1] :])
    torch.nn.init.constant_(net.posterior[-1].bias[CLASSES.shape[1] :], -200.0)
    x, linear, y = batch()
    net.eval()
    out = net.training_output(x, linear, y)
    torch.testing.assert_close(out.target, CLASSES[y])
    expected = net.generate(out.mean, net.encode(x), linear)
    torch.testing.assert_close(out.clean, expected, atol=0.05, rtol=0)


def test_vae_loss_is_the_bound_at_the_best_variance():
    """By its gradient, for the bound is multiplied by a number that is held fixed."""
    y, n_attributes = Y, CLASSES.shape[1]
    free = torch.randn(3, len(y), n_attributes, dtype=torch.float64, requires_grad=True)

    def decoded():
        clean, mean, log_variance = free
        return Decoded(clean, clean, CLASSES[y], mean, log_variance)

    loss = ConditionalAttributeVAELoss(CLASSES, cls_weight=0.0, temperature=1.0)
    (of_loss,) = torch.autograd.grad(sum(loss(decoded(), y).values()), free)

    clean, mean, log_variance = free
    variance = (clean - CLASSES[y]).square().mean()
    log_likelihood = Normal(clean, variance.sqrt()).log_prob(CLASSES[y])
    posterior = Normal(mean, (log_variance / 2).exp())
    divergence = kl_divergence(posterior, Normal(torch.zeros_like(mean), 1.0))
    bound = (log_likelihood - divergence).sum(dim=1).mean()
    (of_bound,) = torch.autograd.grad(-bound, free)
    scale = 2 * variance.detach() / n_attributes
    torch.testing.assert_close(of_loss, scale * of_bound)


def test_gan_trains_generator_and_critic_against_each_other():
    """Gradients of one backward pass, against two losses of their own."""
    net = network(ConditionalAttributeGAN, condition_dropout=0.0, residual=False)
    x, linear, y = batch()
    loss = ConditionalAttributeGANLoss(CLASSES, 0.0, 1.0, gp_weight=0.0)
    torch.manual_seed(1)
    parts = loss(net.training_output(x, linear, y), y)
    sum(parts.values()).backward()

    def gradients(module):
        return [p.grad.clone() for p in module.parameters()]

    of_critic, of_generator = gradients(net.critic), gradients(net.unet)
    net.zero_grad()
    torch.manual_seed(1)
    noise = torch.randn_like(CLASSES[y])
    fake = net.generate(noise, net.encode(x), linear)
    gap = net.critic(fake, x).mean() - net.critic(CLASSES[y], x).mean()
    gap.backward()
    torch.testing.assert_close(of_critic, gradients(net.critic))
    torch.testing.assert_close(of_generator, [-g for g in gradients(net.unet)])
    assert any(g.abs().sum() > 0 for g in of_generator)


def test_penalty_and_classification_loss_of_the_gan():
    """A linear critic has the same gradient everywhere."""
    net = network(ConditionalAttributeGAN, condition_dropout=0.0)
    critic = net.critic
    torch.nn.init.constant_(critic.from_features.bias, 100.0)
    x, linear, y = batch()
    loss = ConditionalAttributeGANLoss(CLASSES, 0.25, 0.5, gp_weight=10.0)
    judged = net.training_output(x, linear, y)
    parts = loss(judged, y)
    slope = critic.rest[0].weight @ critic.from_features.weight
    penalty = 10 * 0.75 * (slope.norm() - 1).square()
    torch.testing.assert_close(parts["penalty_loss"], penalty, atol=1e-5, rtol=1e-5)
    cosines = torch.cosine_similarity(judged.clean[:, None], CLASSES, dim=2)
    expected = 0.25 * functional.cross_entropy(cosines / 0.5, y)
    torch.testing.assert_close(parts["classification_loss"], expected)
