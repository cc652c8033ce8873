import math

import pytest
import torch
from torch.distributions import MultivariateNormal, Normal

from zsl_estimators.nn.fvaegan import FVAEGANLoss, FVAEGANNetwork
from zsl_estimators.nn.gan import FGANNetwork

N_FEATURES, N_ATTRIBUTES, N_CLASSES, N_LATENTS = 5, 3, 4, 2
SHARES = [0.3, 0.8]


@pytest.fixture(autouse=True)
def double():
    torch.manual_seed(0)
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)


def network(loud=False, **parameters):
    made = FVAEGANNetwork(
        torch.randn(N_CLASSES, N_ATTRIBUTES),
        torch.randn(N_CLASSES, N_FEATURES),
        **{
            "shares": torch.tensor(SHARES),
            "noise_dim": N_LATENTS,
            "generator_hidden": (7,),
            "encoder_hidden": (6,),
            "critic_hidden": (8,),
            **parameters,
        },
    )
    if loud:
        for parameter in made.parameters():
            torch.nn.init.normal_(parameter, std=0.3)
    return made


def batch(made, n=200_000, label=1):
    """Real features of one class that are as the base says."""
    y = torch.full((n,), label)
    return made.class_centers[y] + torch.randn(n, N_FEATURES), y


class TestStart:
    @pytest.mark.parametrize("noise_dim", [2, 3])
    @pytest.mark.parametrize("encoded_noise", [False, True])
    def test_fakes_are_samples_of_the_base(self, encoded_noise, noise_dim):
        made = network(encoded_noise=encoded_noise, noise_dim=noise_dim)
        x, y = batch(made)
        with torch.no_grad():
            fake = made.fake_like(x, y)
        identity = torch.eye(N_FEATURES)
        torch.testing.assert_close(
            fake.mean(dim=0), made.class_centers[1], atol=0.02, rtol=0
        )
        torch.testing.assert_close(fake.T.cov(), identity, atol=0.02, rtol=0)
        # With encoded noise each is a relative of its real one.
        shared = torch.tensor([0.0, 0.0, 0.0, *SHARES]) * encoded_noise
        together = torch.cov(torch.cat([x, fake], dim=1).T)[:N_FEATURES, N_FEATURES:]
        torch.testing.assert_close(together, torch.diag(shared), atol=0.02, rtol=0)

    def test_the_encoder_is_the_exact_posterior(self):
        """Of the joint normal distribution of latents and features."""
        made = network()
        x, y = batch(made, 6)
        s, centers = made.class_attributes[y], made.class_centers[y]
        mean, log_variance = made.generator.encode(x, s, centers)
        loading = torch.zeros(N_LATENTS, N_FEATURES)
        loading[0, 3], loading[1, 4] = math.sqrt(0.3), math.sqrt(0.8)
        noise = torch.diag(made.generator.variances)
        gain = loading @ torch.linalg.inv(loading.T @ loading + noise)
        torch.testing.assert_close(mean, (x - centers) @ gain.T)
        covariance = torch.eye(N_LATENTS) - gain @ loading.T
        torch.testing.assert_close(
            torch.diag_embed(log_variance.exp()), covariance.expand(6, -1, -1)
        )

    def test_the_lower_bound_is_tight(self):
        """Averaged over draws it is the log likelihood of a sample, exactly."""
        made = network()
        x, y = (part[:1] for part in batch(made, 1))
        _, parts = FVAEGANLoss(1.0).generator(
            made, x.expand(200_000, -1), y.expand(200_000)
        )
        negative_bound = parts["reconstruction_loss"] + parts["divergence_loss"]
        negative_bound += Normal(0, made.generator.variances.sqrt()).entropy().sum()
        negative_bound -= N_FEATURES / 2
        base = MultivariateNormal(made.class_centers[1], torch.eye(N_FEATURES))
        torch.testing.assert_close(
            negative_bound, -base.log_prob(x[0]), atol=0.02, rtol=0
        )

    def test_activations_would_cut_off_the_base(self):
        with pytest.raises(ValueError, match="output_activation='sigmoid'"):
            network(output_activation="sigmoid")

    def test_no_latent_is_needed(self):
        made = network(shares=torch.ones(0))
        fake = made.fake_like(*batch(made))
        torch.testing.assert_close(
            fake.T.cov(), torch.eye(N_FEATURES), atol=0.02, rtol=0
        )


def test_linear_networks_become_probabilistic_principal_components():
    """The maximum of the lower bound of a linear VAE has a closed form."""
    torch.set_default_dtype(torch.float32)
    made = network(shares=None, noise_dim=1, generator_hidden=(), encoder_hidden=())
    n, y = 1000, torch.arange(1000) % N_CLASSES
    direction = torch.tensor([0.6, 0.0, 0.8, 0.0, 0.0])
    means = made.class_attributes @ torch.randn(N_ATTRIBUTES, N_FEATURES)
    x = torch.randn(n, N_FEATURES) + 2 * torch.randn(n, 1) * direction + means[y]
    loss = FVAEGANLoss(adversarial_weight=0.0)
    optimizer = torch.optim.Adam(made.generator.parameters(), lr=5e-2)
    values = []
    for _ in range(250):
        optimizer.zero_grad()
        value, _ = loss.generator(made, x, y)
        value.backward()
        optimizer.step()
        values.append(value.item())
    # Features are normal around the regression, with the sample covariance.
    design = torch.cat([made.class_attributes[y], torch.ones(n, 1)], dim=1)
    residual = x - design @ torch.linalg.lstsq(design, x).solution
    variances = torch.linalg.eigvalsh(residual.T @ residual / n)
    best = (variances[:-1].sum() + 1 + variances[-1].log()) / 2
    assert sum(values[-50:]) / 50 == pytest.approx(best.item(), abs=0.05)


class TestLosses:
    def test_critic_by_a_plain_loop(self):
        made, loss = network(loud=True), FVAEGANLoss(1.0, gp_weight=10.0)
        x, y = torch.randn(12, N_FEATURES), torch.arange(12) % N_CLASSES
        torch.manual_seed(1)
        value, parts = loss.critic(made, x, y)
        torch.manual_seed(1)
        fake, mix = made.fake_like(x, y).detach(), torch.rand(12, 1)
        gap, penalty = 0, 0
        for i in range(12):
            s = made.class_attributes[y[i : i + 1]]
            between = mix[i] * x[i] + (1 - mix[i]) * fake[i]
            between = between[None].requires_grad_()
            (gradient,) = torch.autograd.grad(made.critic(between, s).sum(), between)
            penalty += 10 * (gradient.norm() - 1) ** 2 / 12
            gap += made.critic(x[i : i + 1], s) - made.critic(fake[i : i + 1], s)
        torch.testing.assert_close(parts["penalty_loss"], penalty)
        torch.testing.assert_close(value, (penalty - gap / 12).squeeze())

    def test_without_the_bound_it_is_a_gan(self):
        made = network(loud=True, shares=None)
        tables = made.class_attributes, made.class_centers
        gan = FGANNetwork(*tables, None, N_LATENTS, (7,), (8,), "linear")
        gan.generator.net = made.generator.net
        x, y = torch.randn(12, N_FEATURES), torch.arange(12) % N_CLASSES
        encoded = made.autoencode(x, y)
        fakes = []
        for draw in (lambda: made.fake_of(encoded), lambda: gan.synthesise_like(y)):
            torch.manual_seed(2)
            fakes.append(draw())
        torch.testing.assert_close(*fakes)
        value, parts = FVAEGANLoss(1.0, vae_weight=0.0).generator(made, x, y)
        torch.testing.assert_close(value, parts["adversarial_loss"])

    def test_parts_train_what_they_should(self):
        made, loss = network(loud=True), FVAEGANLoss(3.0)
        x, y = torch.randn(12, N_FEATURES), torch.arange(12) % N_CLASSES
        value, _ = loss.critic(made, x, y)
        value.backward()
        assert all(p.grad is None for p in made.generator.parameters())
        torch.manual_seed(1)
        value, parts = loss.generator(made, x, y)
        torch.manual_seed(1)
        encoded = made.autoencode(x, y)
        score = made.critic(made.fake_of(encoded), encoded.s).mean()
        torch.testing.assert_close(parts["adversarial_loss"], -3 * score)
        torch.testing.assert_close(value, sum(parts.values()))
        value.backward()
        assert all(p.grad.abs().sum() > 0 for p in made.generator.parameters())

    def test_one_row(self):
        made = network()
        x, y = torch.randn(1, N_FEATURES), torch.zeros(1, dtype=torch.long)
        loss = FVAEGANLoss(1.0)
        for part in (loss.critic, loss.generator):
            value, _ = part(made, x, y)
            assert torch.isfinite(value)
