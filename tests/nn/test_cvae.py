import pytest
import torch
from torch.distributions import MultivariateNormal, Normal, kl_divergence

from zsl_estimators.nn.cvae import ClassPriorVAE, CVAELoss, CVAENetwork

N_CLASSES, N_ATTRIBUTES, N_FEATURES, N_LATENT = 4, 3, 5, 2
VARIANCE = 0.6


@pytest.fixture(autouse=True)
def seeded():
    torch.manual_seed(0)


def network(cls, **settings):
    defaults = {
        "class_attributes": torch.randn(N_CLASSES, N_ATTRIBUTES),
        "class_centers": torch.randn(N_CLASSES, N_FEATURES),
        "latent_dim": N_LATENT,
        "encoder_hidden": (9,),
        "decoder_hidden": (7,),
        "residual": True,
    }
    return cls(**{**defaults, **settings})


def shaken(cls, **settings):
    """Far from where it starts, in double precision."""
    net = network(cls, noise_variance=VARIANCE, **settings)
    for parameter in net.parameters():
        torch.nn.init.normal_(parameter, std=0.5)
    return net.double().eval()


def batch(n_rows):
    x = torch.randn(n_rows, N_FEATURES, dtype=torch.float64)
    return x, torch.arange(n_rows) % N_CLASSES


def prior_of(net, label):
    """Prior of the latents of a seen class."""
    if isinstance(net, CVAENetwork):
        return Normal(torch.zeros(N_LATENT).double(), torch.ones(N_LATENT).double())
    mean, log_variance = net.priors(net.class_attributes[label : label + 1])
    return Normal(mean[0], (log_variance[0] / 2).exp())


def posterior_of(net, x, y):
    encoded = net.encode(x, y) if isinstance(net, CVAENetwork) else net.encode(x)
    return Normal(encoded[0], (encoded[1] / 2).exp())


@pytest.mark.parametrize("cls", [CVAENetwork, ClassPriorVAE])
def test_untrained_network_samples_the_base_means(cls):
    net = network(cls)
    noise = torch.randn(N_CLASSES, net.noise_dim)
    features = net.synthesise(noise, net.class_attributes, net.class_centers)
    torch.testing.assert_close(features, net.class_centers + noise[:, N_LATENT:])


@pytest.mark.parametrize("cls", [CVAENetwork, ClassPriorVAE])
def test_generated_features_are_decoded_from_the_prior(cls):
    net = shaken(cls)
    y = torch.arange(N_CLASSES)
    latents = torch.randn(N_CLASSES, N_LATENT, dtype=torch.float64)
    noise = torch.randn(N_CLASSES, N_FEATURES, dtype=torch.float64)
    features = net.synthesise(
        torch.cat([latents, noise], dim=1), net.class_attributes, net.class_centers
    )
    priors = [prior_of(net, label) for label in y]
    drawn = torch.stack(
        [
            prior.mean + prior.stddev * z
            for prior, z in zip(priors, latents, strict=True)
        ]
    )
    expected = net.decode_labels(drawn, y) + VARIANCE**0.5 * noise
    torch.testing.assert_close(features, expected)


@pytest.mark.parametrize("cls", [CVAENetwork, ClassPriorVAE])
def test_terms_are_those_of_the_bound(cls):
    """Error at a drawn latent, divergence from the prior of the row's class."""
    net = shaken(cls)
    x, y = batch(9)
    posterior = posterior_of(net, x, y)
    torch.manual_seed(1)
    latents = posterior.mean + posterior.stddev * torch.randn_like(posterior.mean)
    torch.manual_seed(1)
    terms = net.training_output(x, y)
    density = Normal(net.decode_labels(latents, y), VARIANCE**0.5).log_prob(x)
    torch.testing.assert_close(terms.error, -density.sum(dim=1))
    for row, label in enumerate(y):
        one = Normal(posterior.mean[row], posterior.stddev[row])
        expected = kl_divergence(one, prior_of(net, label)).sum()
        torch.testing.assert_close(terms.divergence[row], expected)


def test_bound_of_a_linear_model_and_its_posterior_is_the_log_likelihood():
    """Probabilistic PCA of what the description leaves: nothing is lost."""
    net = shaken(CVAENetwork, decoder_hidden=(20,))
    first, _, last = net.generator.net
    # Units far in the linear part, and a diagonal posterior.
    torch.nn.init.normal_(first.weight, std=0.1)
    torch.nn.init.constant_(first.bias, 10.0)
    loading = last.weight @ first.weight[:, :N_LATENT]
    rotation = torch.linalg.svd(loading)[2]
    first.weight.data[:, :N_LATENT] @= rotation.T
    loading = (last.weight @ first.weight[:, :N_LATENT]).detach()
    x, y = (rows.repeat_interleave(500, dim=0) for rows in batch(40))
    mean = net.decode_labels(torch.zeros(len(x), N_LATENT).double(), y).detach()
    x = x + mean
    precision = loading.T @ loading / VARIANCE + torch.eye(N_LATENT)
    net.encode = lambda x, y: (
        (x - mean) @ loading / VARIANCE / precision.diag(),
        -precision.diag().log().expand(len(x), -1),
    )
    terms = net.training_output(x, y)
    bound = -(terms.error + terms.divergence).mean()
    covariance = loading @ loading.T + VARIANCE * torch.eye(N_FEATURES)
    likelihood = MultivariateNormal(mean, covariance).log_prob(x).mean()
    torch.testing.assert_close(bound, likelihood, atol=0.01, rtol=0)


def test_bounds_of_all_classes_equal_one_class_at_a_time():
    net = shaken(ClassPriorVAE)
    x, _ = batch(6)
    together = net(x, net.class_attributes, net.class_centers)
    posterior = posterior_of(net, x, None)
    for k in range(N_CLASSES):
        y = torch.full((6,), k)
        densities = [
            Normal(net.decode_labels(latents, y), VARIANCE**0.5).log_prob(x).sum(dim=1)
            for latents in posterior.mean + posterior.stddev * net.points
        ]
        divergence = kl_divergence(posterior, prior_of(net, k)).sum(dim=1)
        expected = torch.stack(densities).mean(dim=0) - divergence
        torch.testing.assert_close(together[:, k], expected)


def test_bounds_are_below_the_log_likelihood():
    """Which is integrated over many latents of the prior."""
    net = shaken(ClassPriorVAE)
    x, _ = batch(20)
    bounds = net(x, net.class_attributes, net.class_centers)
    for k in range(N_CLASSES):
        latents = prior_of(net, k).sample((20_000,))
        y = torch.full((len(latents),), k)
        decoded = Normal(net.decode_labels(latents, y), VARIANCE**0.5)
        densities = torch.stack([decoded.log_prob(row).sum(dim=1) for row in x])
        likelihood = densities.logsumexp(dim=1) - torch.tensor(20_000.0).log()
        assert (bounds[:, k] < likelihood + 0.1).all()


def test_without_base_means_only_the_prior_tells_classes():
    """The rule of VZSL: the smallest divergence."""
    net = shaken(ClassPriorVAE, class_centers=torch.zeros(N_CLASSES, N_FEATURES))
    x, _ = batch(6)
    bounds = net(x, net.class_attributes, net.class_centers)
    posterior = posterior_of(net, x, None)
    divergences = torch.stack(
        [
            kl_divergence(posterior, prior_of(net, k)).sum(dim=1)
            for k in range(N_CLASSES)
        ]
    ).T
    sums = bounds + divergences
    torch.testing.assert_close(sums, sums[:, :1].expand_as(sums))


def test_untrained_bounds_compare_distances_to_base_means():
    net = network(ClassPriorVAE).double().eval()
    x, _ = batch(6)
    bounds = net(x, net.class_attributes, net.class_centers)
    distances = torch.cdist(x, net.class_centers.double()).square()
    sums = bounds + distances / 2
    torch.testing.assert_close(sums, sums[:, :1].expand_as(sums))


def test_training_bounds_are_those_of_the_drawn_latents():
    net = shaken(ClassPriorVAE)
    x, y = batch(8)
    terms = net.training_output(x, y)
    of_label = terms.bounds[torch.arange(8), y]
    torch.testing.assert_close(of_label, -terms.error - terms.divergence)


def test_loss_is_the_negative_bound_and_the_margin():
    net = shaken(ClassPriorVAE)
    x, y = batch(8)
    terms = net.training_output(x, y)
    parts = CVAELoss(0.5, 0.25)(terms, y)
    torch.testing.assert_close(parts["reconstruction_loss"], terms.error.mean())
    torch.testing.assert_close(parts["divergence_loss"], 0.5 * terms.divergence.mean())
    entropy = -terms.bounds.log_softmax(dim=1)[torch.arange(8), y].mean()
    torch.testing.assert_close(parts["margin_loss"], 0.25 * entropy)


def test_margin_of_the_paper():
    """Error, divergence, and the softest of all divergences, without base means."""
    net = shaken(ClassPriorVAE, class_centers=torch.zeros(N_CLASSES, N_FEATURES))
    x, y = batch(8)
    terms = net.training_output(x, y)
    weight = 0.3
    parts = CVAELoss(kl_weight=1 - weight, margin_weight=weight)(terms, y)
    posterior = posterior_of(net, x, None)
    divergences = torch.stack(
        [
            kl_divergence(posterior, prior_of(net, k)).sum(dim=1)
            for k in range(N_CLASSES)
        ]
    )
    softest = -(-divergences).logsumexp(dim=0)
    expected = terms.error + terms.divergence - weight * softest
    torch.testing.assert_close(sum(parts.values()), expected.mean())


def test_no_divergence_is_left_after_the_prior_has_been_learned():
    """The prior of one class becomes the distribution of its encoded rows."""
    net = network(ClassPriorVAE, residual=False).double()
    x, y = batch(200)
    parameters = [*net.prior.parameters()]
    optimizer = torch.optim.LBFGS(parameters, line_search_fn="strong_wolfe")

    def loss():
        optimizer.zero_grad()
        value = net.training_output(x, y).divergence.mean()
        value.backward()
        return value

    optimizer.step(loss)
    mean, log_variance = net.encode(x)
    for k in range(N_CLASSES):
        rows = mean[y == k]
        within = rows.var(dim=0, correction=0) + log_variance[y == k].exp().mean(0)
        prior = prior_of(net, k)
        torch.testing.assert_close(prior.mean, rows.mean(dim=0), atol=0.02, rtol=0)
        torch.testing.assert_close(prior.variance, within, atol=0.02, rtol=0.02)
