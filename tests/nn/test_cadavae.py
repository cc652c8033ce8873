import math

import numpy as np
import pytest
import torch
from scipy.linalg import sqrtm
from torch.distributions import MultivariateNormal, Normal, kl_divergence

from zsl_estimators.nn.cadavae import (
    Aligned,
    CADAVAELoss,
    CADAVAENetwork,
    DiagonalNormal,
    LatentSampler,
    LinearLatents,
    NoLatents,
    Reconstruction,
    normal_divergence,
    warmed_up,
    wasserstein_distance,
)

N_CLASSES, N_ATTRIBUTES, N_FEATURES, N_LATENT = 5, 3, 6, 2


@pytest.fixture(autouse=True)
def seeded():
    torch.manual_seed(0)


def network(residual=True, **settings):
    means = torch.randn(N_CLASSES, N_FEATURES)
    defaults = {
        "class_attributes": torch.randn(N_CLASSES, N_ATTRIBUTES),
        "class_centers": means + 0.1 * torch.randn(N_CLASSES, N_FEATURES),
        "class_means": means if residual else None,
        "n_latent": N_LATENT,
        "feature_encoder_hidden": (7,),
        "feature_decoder_hidden": (7,),
        "attribute_encoder_hidden": (7,),
        "attribute_decoder_hidden": (7,),
    }
    return CADAVAENetwork(**{**defaults, **settings})


def shaken(module):
    """Far from where it starts, in double precision."""
    for parameter in module.parameters():
        torch.nn.init.normal_(parameter, std=0.3)
    return module.double().eval()


def normals(n_rows, n_dims=4):
    return DiagonalNormal(*torch.randn(2, n_rows, n_dims, dtype=torch.float64))


# -- distances and divergences ----------------------------------------------------


def test_wasserstein_distance_is_that_of_any_covariances_restricted_to_diagonal_ones():
    """The closed form with matrix square roots."""
    first, second = normals(6), normals(6)
    expected = []
    for k in range(6):
        A, B = (one.log_variance[k].exp().diag().numpy() for one in (first, second))
        root = sqrtm(A)
        between = np.trace(A + B - 2 * sqrtm(root @ B @ root).real)
        shift = (first.mean[k] - second.mean[k]).numpy()
        expected.append(math.sqrt(shift @ shift + between))
    np.testing.assert_allclose(wasserstein_distance(first, second), expected)


def test_wasserstein_distance_of_equal_distributions_has_a_gradient():
    first = normals(3)
    mean = first.mean.clone().requires_grad_()
    wasserstein_distance(
        DiagonalNormal(mean, first.log_variance), first
    ).sum().backward()
    assert torch.isfinite(mean.grad).all()


def test_divergence_is_that_of_torch():
    mean, log_variance = normals(6)
    normal = Normal(mean, (log_variance / 2).exp())
    standard = Normal(torch.zeros_like(mean), torch.ones_like(mean))
    expected = kl_divergence(normal, standard).sum(dim=1)
    torch.testing.assert_close(normal_divergence(mean, log_variance), expected)


@pytest.mark.parametrize(
    ("epoch", "factor"), [(0, 0), (21, 0), (48, 0.5), (75, 1), (99, 1)]
)
def test_weights_grow_linearly_between_two_epochs(epoch, factor):
    assert warmed_up(epoch / 100, (0.21, 0.75)) == pytest.approx(factor)
    assert warmed_up(epoch / 100, None) == 1


def test_loss_is_that_of_plain_loops():
    """One row, one dimension at a time, halfway through the growth of the weights."""
    aligned = Aligned(
        normals(3, N_LATENT),
        normals(3, N_LATENT),
        Reconstruction(*torch.randn(3, 3, N_FEATURES, dtype=torch.float64)),
        Reconstruction(*torch.randn(3, 3, N_ATTRIBUTES, dtype=torch.float64)),
    )
    loss = CADAVAELoss(0.25, 2.37, 8.13, 100, (0, 0.93), (0.21, 0.75), (0.06, 0.22))
    loss.epoch = 14
    parts = {name: part.item() for name, part in loss(aligned, None).items()}
    sums = dict.fromkeys(("reconstruction", "cross", "divergence", "alignment"), 0.0)
    for row in range(3):
        for rows, own, cross in (aligned.features, aligned.attributes):
            for j in range(rows.shape[1]):
                sums["reconstruction"] += abs(float(rows[row, j] - own[row, j]))
                sums["cross"] += abs(float(rows[row, j] - cross[row, j]))
        squares = 0.0
        for j in range(N_LATENT):
            (m1, v1), (m2, v2) = (
                (float(one.mean[row, j]), float(one.log_variance[row, j]))
                for one in (aligned.of_features, aligned.of_attributes)
            )
            squares += (m1 - m2) ** 2 + (math.exp(v1 / 2) - math.exp(v2 / 2)) ** 2
            for m, v in ((m1, v1), (m2, v2)):
                sums["divergence"] -= 0.5 * (1 + v - m**2 - math.exp(v))
        sums["alignment"] += math.sqrt(squares)
    weights = {
        "reconstruction": 1,
        "cross": 0,
        "divergence": 0.25 * 14 / 93,
        "alignment": 8.13 * 8 / 16,
    }
    expected = {f"{name}_loss": weights[name] * sums[name] / 3 for name in sums}
    assert parts == pytest.approx(expected)


# -- the linear start -------------------------------------------------------------


def linear(n_latent=N_LATENT, **arguments):
    means = torch.randn(N_CLASSES, N_FEATURES)
    defaults = {
        "class_means": means,
        "class_centers": means,
        "class_attributes": torch.randn(N_CLASSES, N_ATTRIBUTES),
    }
    return LinearLatents(**{**defaults, **arguments}, n_latent=n_latent).double()


def covariance_of_means(means):
    centered = (means - means.mean(dim=0)).double()
    return centered.T @ centered / len(means)


def test_marginal_of_the_start_is_the_covariance_of_all_classes():
    """With as many latents as the means need, it is exact."""
    means = torch.randn(N_CLASSES, N_FEATURES)
    base = linear(N_CLASSES, class_means=means)
    map_ = base.decode(torch.eye(N_CLASSES).double()) - base.origin
    expected = covariance_of_means(means)
    torch.testing.assert_close(map_.T @ map_, expected, atol=1e-5, rtol=1e-5)


def test_start_is_the_most_likely_of_its_kind():
    """No other linear-Gaussian model with unit noise and as many latents is better."""
    means = 2 * torch.randn(40, N_FEATURES)
    base = linear(class_means=means)
    sample = covariance_of_means(means) + torch.eye(N_FEATURES)

    def log_likelihood(map_):
        covariance = map_.T @ map_ + torch.eye(N_FEATURES)
        return -(torch.logdet(covariance) + (covariance.inverse() @ sample).trace())

    map_ = (base.directions.T * base.loadings).T
    best = log_likelihood(map_)
    for _ in range(200):
        other = map_ + 0.03 * torch.randn_like(map_)
        assert log_likelihood(other) < best


def test_encoding_of_the_start_is_the_posterior():
    """That of conditioning a joint normal distribution by its blocks."""
    base = linear(3)
    x = torch.randn(4, N_FEATURES).double()
    map_ = (base.directions.T * base.loadings).T
    marginal = map_.T @ map_ + torch.eye(N_FEATURES)
    regression = torch.linalg.solve(marginal, map_.T)
    torch.testing.assert_close(base.encode(x), (x - base.origin) @ regression)
    posterior = torch.eye(3) - map_ @ regression
    torch.testing.assert_close(posterior, base.log_variance.exp().diag())


def test_evidence_bound_of_the_start_is_the_likelihood():
    """The bound is tight, for the encoder knows the posterior."""
    base = linear(3)
    x = torch.randn(4, N_FEATURES).double()
    mean, variance = base.encode(x), base.log_variance.exp()
    error = (x - base.decode(mean)).square().sum(dim=1)
    # Expected over latents, in closed form.
    error = error + (base.loadings.square() * variance).sum()
    reconstruction = -0.5 * (error + N_FEATURES * math.log(2 * math.pi))
    log_variance = base.log_variance.expand_as(mean)
    bound = reconstruction - normal_divergence(mean, log_variance)
    map_ = (base.directions.T * base.loadings).T
    marginal = MultivariateNormal(
        base.origin, map_.T @ map_ + torch.eye(N_FEATURES).double()
    )
    torch.testing.assert_close(bound, marginal.log_prob(x), atol=1e-6, rtol=1e-6)


def test_descriptions_are_decoded_by_least_squares_of_drawn_latents():
    centers, S = torch.randn(5, N_FEATURES), torch.randn(5, N_ATTRIBUTES)
    base = linear(3, class_means=centers, class_centers=centers, class_attributes=S)
    latents = base.encode(centers.double()).repeat(20_000, 1)
    deviation = (base.class_log_variance / 2).exp()
    latents = latents + torch.randn_like(latents) * deviation
    targets = (S - S.mean(dim=0)).double().repeat(20_000, 1)
    expected = torch.linalg.lstsq(latents, targets).solution
    torch.testing.assert_close(base.attribute_map, expected, atol=0.02, rtol=0)


def test_moving_features_moves_their_latents():
    base = linear()
    x, shift = torch.randn(4, N_FEATURES).double(), torch.randn(4, N_LATENT).double()
    moved = base.move(x, shift)
    torch.testing.assert_close(base.encode(moved), base.encode(x) + shift)
    torch.testing.assert_close(base.move(x, torch.zeros_like(shift)), x)


def test_unused_axes_move_nothing():
    base = linear(N_FEATURES + 3)
    assert (base.loadings[N_CLASSES:] == 0).all()
    x = torch.randn(4, N_FEATURES).double()
    shift = torch.zeros(4, N_FEATURES + 3).double()
    shift[:, N_CLASSES:] = 1.0
    torch.testing.assert_close(base.move(x, shift), x)


# -- networks ---------------------------------------------------------------------


def test_untrained_network_is_the_linear_start():
    net = network()
    x = torch.randn(8, N_FEATURES)
    torch.testing.assert_close(net(x), net.base.encode(x))
    latents = torch.randn(8, N_LATENT)
    torch.testing.assert_close(net.decode_features(latents), net.base.decode(latents))
    of_classes = net.encode_attributes(
        net.class_attributes, net.base.encode(net.class_centers)
    )
    torch.testing.assert_close(of_classes.mean, net(net.class_centers))


def test_untrained_latents_of_a_class_are_those_of_its_features():
    """What is drawn from encoded features is distributed as the class is encoded."""
    net = network()
    x = net.class_centers[0] + torch.randn(50_000, N_FEATURES)
    drawn = net.draw(net.encode_features(x))
    of_class = net.encode_attributes(
        net.class_attributes[:1], net.base.encode(net.class_centers[:1])
    )
    torch.testing.assert_close(drawn.mean(dim=0), of_class.mean[0], atol=0.02, rtol=0)
    torch.testing.assert_close(
        drawn.var(dim=0), of_class.log_variance[0].exp(), atol=0, rtol=0.03
    )


def test_untrained_network_generates_the_initial_distribution():
    """Base means and a unit covariance, though latents hold only a part of both."""
    net = network()
    n_rows = 50_000
    center = net.class_centers[:1].expand(n_rows, -1)
    attributes = net.class_attributes[:1].expand(n_rows, -1)
    rows = net.synthesise(torch.randn(n_rows, net.noise_dim), attributes, center)
    torch.testing.assert_close(rows.mean(dim=0), center[0], atol=0.03, rtol=0)
    torch.testing.assert_close(
        torch.cov(rows.T), torch.eye(N_FEATURES), atol=0.03, rtol=0
    )


@pytest.mark.parametrize("n_rows", [2, 30])
def test_latents_of_labels_are_those_of_their_classes(n_rows):
    """With fewer rows than classes, and with more."""
    net = shaken(network())
    y = torch.randint(N_CLASSES, (n_rows,))
    expected = net.encode_attributes(
        net.class_attributes, net.base.encode(net.class_centers)
    )
    for found, wanted in zip(net._latents_of_labels(y), expected, strict=True):
        torch.testing.assert_close(found, wanted[y])


def test_training_output_decodes_own_and_other_latents():
    net = shaken(network())
    # Without noise latents are the means.
    net.draw = lambda latents: latents.mean
    x = torch.randn(7, N_FEATURES).double()
    y = torch.arange(7) % N_CLASSES
    aligned = net.training_output(x, y)
    of_x, of_a = aligned.of_features.mean, aligned.of_attributes.mean
    torch.testing.assert_close(of_x, net(x))
    torch.testing.assert_close(aligned.features.own, net.decode_features(of_x))
    torch.testing.assert_close(aligned.features.cross, net.decode_features(of_a))
    torch.testing.assert_close(aligned.attributes.own, net.decode_attributes(of_a))
    torch.testing.assert_close(aligned.attributes.cross, net.decode_attributes(of_x))
    torch.testing.assert_close(aligned.attributes.rows, net.class_attributes[y])


@pytest.mark.parametrize("legacy", [False, True])
def test_draws_have_the_deviation_of_their_distribution(legacy):
    """The official code has the square of it, and one number for all dimensions."""
    net = network(legacy_noise=legacy)
    mean, log_variance = torch.randn(2, 1, N_LATENT)
    drawn = net.draw(
        DiagonalNormal(mean.expand(50_000, -1), log_variance.expand(50_000, -1))
    )
    deviation = log_variance[0].exp() if legacy else (log_variance[0] / 2).exp()
    torch.testing.assert_close(drawn.std(dim=0), deviation, atol=0, rtol=0.03)
    correlation = torch.corrcoef(drawn.T)[0, 1]
    assert abs(correlation - int(legacy)) < 0.03


def test_weight_of_what_the_encoder_has_learned():
    net = shaken(network())
    x = torch.randn(4, N_FEATURES).double()
    base, learned = net.base.encode(x), net(x)
    weighed = net.encode_features(x, 0.25).mean
    torch.testing.assert_close(weighed, base + 0.25 * (learned - base))


def test_network_of_the_paper_starts_from_nothing():
    net = network(residual=False)
    assert isinstance(net.base, NoLatents)
    x = torch.randn(8, N_FEATURES)
    assert net(x).std() > 0
    noise = torch.randn(N_CLASSES, net.noise_dim)
    features = net.synthesise(noise, net.class_attributes, 0 * net.class_centers)
    latents = LatentSampler(net).synthesise(
        noise[:, :N_LATENT], net.class_attributes, torch.zeros(N_CLASSES, N_LATENT)
    )
    torch.testing.assert_close(features, net.decode_features(latents))


@pytest.mark.parametrize("legacy", [False, True])
def test_sampler_draws_latents_of_descriptions(legacy):
    net = shaken(network(legacy_noise=legacy))
    sampler = LatentSampler(net)
    base = net.base.encode(net.class_centers)
    noise = torch.randn(N_CLASSES, sampler.noise_dim).double()
    mean, log_variance = net.encode_attributes(net.class_attributes, base)
    expected = mean + net.deviation(log_variance) * noise
    found = sampler.synthesise(noise, net.class_attributes, base)
    torch.testing.assert_close(found, expected)
