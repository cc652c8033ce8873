import math

import pytest
import torch
from torch.nn import functional

from zsl_estimators.nn import GaussianDiffusion
from zsl_estimators.nn.gan import gradient_penalty
from zsl_estimators.nn.zerodiff import DiffusionGAN
from zsl_estimators.nn.zerodiff_loss import (
    ZeroDiffLoss,
    mutual_learning,
)

N_FEATURES, N_ATTRIBUTES, N_REPRESENTATION, N_CLASSES = 6, 5, 4, 3


@pytest.fixture(autouse=True)
def double():
    torch.manual_seed(0)
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)


def network(loud=True, **parameters):
    made = DiffusionGAN(
        torch.randn(N_CLASSES, N_ATTRIBUTES),
        torch.randn(N_CLASSES, N_FEATURES),
        **{
            "n_representation": N_REPRESENTATION,
            "noise_dim": 3,
            "generator_hidden": (8,),
            "critic_hidden": (9,),
            "encoder_hidden": (7,),
            "output_activation": "linear",
            "residual": True,
            **parameters,
        },
    )
    if loud:
        for parameter in made.parameters():
            torch.nn.init.normal_(parameter, std=0.3)
    return made


def batch(n=40):
    y = torch.arange(n) % N_CLASSES
    return torch.randn(n, N_FEATURES), y, torch.randn(n, N_REPRESENTATION)


class TestSchedule:
    """Figures of the published process with four steps, to four digits."""

    SIGNAL = (1, 0.7223, 0.2805, 0.0586, 0.0066)

    def test_betas_and_signal(self):
        diffusion = GaussianDiffusion(4, "vp")
        steps = diffusion.alpha_bar / torch.cat(
            [torch.ones(1), diffusion.alpha_bar[:3]]
        )
        published = torch.tensor([0.4783, 0.8492, 0.9564, 0.9874])
        torch.testing.assert_close(1 - steps, published, atol=5e-5, rtol=0)
        signal, _ = diffusion.signal_and_noise(torch.arange(-1, 4))
        expected = torch.tensor(self.SIGNAL)[:, None]
        torch.testing.assert_close(signal, expected, atol=5e-5, rtol=0)

    def test_posterior(self):
        diffusion, t = GaussianDiffusion(4, "vp"), torch.arange(4)
        one, zero = torch.ones(4, 1), torch.zeros(4, 1)
        of_clean, variance = diffusion.posterior(one, zero, t, t - 1)
        of_noised, _ = diffusion.posterior(zero, one, t, t - 1)
        for actual, expected in (
            (of_clean, [1, 0.6658, 0.2692, 0.0578]),
            (of_noised, [0, 0.2016, 0.1930, 0.1119]),
            (variance, [0, 0.4408, 0.8842, 0.9841]),
        ):
            expected = torch.tensor(expected)[:, None]
            torch.testing.assert_close(actual, expected, atol=6e-5, rtol=0)

    def test_pairs_have_the_moments_of_the_process(self):
        diffusion, n = GaussianDiffusion(4, "vp"), 200_000
        x = torch.full((n, 1), 2.0)
        for t in range(4):
            before, noised = diffusion.noised_pair(x, torch.full((n,), t))
            for vectors, time in ((before, t - 1), (noised, t)):
                signal, noise = diffusion.signal_and_noise(time)
                assert vectors.mean() == pytest.approx(2 * signal.item(), abs=0.02)
                assert vectors.std() == pytest.approx(noise.item(), abs=0.02)
            # From the true vector and the noised one the process is reproduced.
            drawn = diffusion.draw_before(x, noised, torch.full((n,), t))
            assert drawn.std() == pytest.approx(before.std().item(), abs=0.02)
            together = torch.cov(torch.cat([drawn, noised], dim=1).T)
            expected = torch.cov(torch.cat([before, noised], dim=1).T)
            torch.testing.assert_close(together, expected, atol=0.02, rtol=0)


class TestGenerator:
    def test_untrained_it_draws_from_the_posterior_of_the_base(self):
        """Vectors of a class with covariance 1 get moments that are exactly theirs."""
        made, n = network(loud=False), 100_000
        y = torch.zeros(n, dtype=torch.long)
        x = made.class_centers[y] + torch.randn(n, N_FEATURES)
        drawn = made.draw(x, y, torch.randn(n, N_REPRESENTATION))
        clean, _ = drawn.fake
        pairs = torch.cat([clean[:, :1], drawn.noised[:, :1]], dim=1)
        real = torch.cat([x[:, :1], drawn.noised[:, :1]], dim=1)
        for t in range(4):
            at = drawn.t == t
            torch.testing.assert_close(
                torch.cov(pairs[at].T), torch.cov(real[at].T), atol=0.05, rtol=0
            )
            torch.testing.assert_close(
                clean[at].mean(dim=0), made.class_centers[0], atol=0.05, rtol=0
            )

    @pytest.mark.parametrize("progressive", [False, True])
    def test_untrained_it_synthesises_the_base(self, progressive):
        made, n = network(loud=False), 50_000
        generator = made.generator
        noise = torch.randn(n, sum(generator.noise_dims(progressive)))
        s, center = (table[:1].expand(n, -1) for table in self.tables(made))
        r = torch.randn(n, N_REPRESENTATION)
        x = generator.synthesise(noise, s, r, center, progressive)
        torch.testing.assert_close(x.mean(dim=0), center[0], atol=0.03, rtol=0)
        torch.testing.assert_close(
            torch.cov(x.T), torch.eye(N_FEATURES), atol=0.05, rtol=0
        )

    @staticmethod
    def tables(made):
        return made.class_attributes, made.class_centers

    def test_without_base_means_and_representation(self):
        made = network(
            residual=False,
            n_representation=0,
            output_activation="sigmoid",
            encoder_hidden=None,
        )
        x, y, _ = batch()
        clean, _ = made.draw(x, y, None).fake
        assert ((clean > 0) & (clean < 1)).all()
        assert set(made.critic.critics) == {"clean", "step"}

    def test_quirk_of_the_official_code(self):
        """At the first noise level the generator sees the clean vector itself."""
        x, y, r = batch(200)
        drawn = network(sees="less_noised").draw(x, y, r)
        first = drawn.t == 0
        torch.testing.assert_close(drawn.seen[first], x[first])
        assert (drawn.level == drawn.t - 1).all()


class TestLosses:
    def test_mutual_learning_by_hand(self):
        gaps = {name: torch.randn(7) for name in ("clean", "step", "representation")}
        f = torch.rand(7)
        w0, wt, wc = gaps.values()
        expected = (
            2 * (f * (w0 - wt) ** 2).mean()
            + 2 * (f * (wc - wt) ** 2).mean()
            + 2 * ((w0 - wc) ** 2).mean()
        )
        torch.testing.assert_close(mutual_learning(gaps, f), expected)

    def test_mutual_learning_reaches_critics_only(self):
        made, (x, y, r) = network(), batch()
        plain = ZeroDiffLoss(adversarial_weight=0.0)
        mutual = ZeroDiffLoss(adversarial_weight=0.0, mutual_weight=5.0)
        loss, parts = mutual.critic(made, x, y, r)
        loss.backward()
        assert parts["mutual_loss"] > 0
        assert all(p.grad is None for p in made.generator.parameters())
        assert all(
            p.grad.abs().sum() > 0
            for critic in made.critic.critics.values()
            for p in (critic.from_features.weight, critic.rest[-1].weight)
        )
        assert plain.critic(made, x, y, r)[0] == 0

    def test_each_critic_learns_from_the_other(self):
        """A gap moves towards the other one, which stands still."""
        gaps = {"clean": torch.ones(2), "step": torch.zeros(2)}
        gaps = {name: gap.requires_grad_() for name, gap in gaps.items()}
        mutual_learning(gaps, torch.tensor([1.0, 0.0])).backward()
        torch.testing.assert_close(gaps["clean"].grad, torch.tensor([1.0, 0.0]))
        torch.testing.assert_close(gaps["step"].grad, torch.tensor([-1.0, 0.0]))

    def test_agreement_is_the_published_power_of_the_signal(self):
        signal, _ = GaussianDiffusion(4, "vp").signal_and_noise(torch.arange(-1, 3))
        expected = torch.tensor([1, 0.614, 0.149, 0.014])[:, None]
        torch.testing.assert_close(signal**1.5, expected, atol=6e-4, rtol=0)

    def test_penalties_are_those_of_double_backward(self):
        made, (x, y, r) = network(), batch()
        drawn = made.draw(x, y, r)
        conditions = made.critic.conditions(drawn.s, r, drawn.noised, drawn.t)
        # With real and fake alike the place between them does not matter.
        alike = drawn.fake[0].detach(), drawn.fake[1].detach()
        gaps, penalties = made.critic.gaps_and_penalties(alike, alike, conditions)
        for name, critic in made.critic.critics.items():
            rows = alike[name == "step"]
            expected = gradient_penalty(critic, rows, conditions[name])
            torch.testing.assert_close(penalties[name], expected)
            torch.testing.assert_close(gaps[name], torch.zeros(len(x)))

    @pytest.mark.parametrize("reconstruction", ["squared", "bce"])
    def test_parts_of_the_generator(self, reconstruction):
        activation = "sigmoid" if reconstruction == "bce" else "linear"
        made = network(residual=False, output_activation=activation)
        _, y, r = batch()
        x = torch.rand(len(y), N_FEATURES)
        loss = ZeroDiffLoss(
            vae_weight=1.0, decoder_weight=1.0, reconstruction=reconstruction
        )
        total, parts = loss.generator(made, x, y, r)
        assert set(parts) == {
            "adversarial_loss",
            "reconstruction_loss",
            "divergence_loss",
            "semantic_loss",
        }
        torch.testing.assert_close(total, sum(parts.values()))
        total.backward()
        assert all(p.grad is not None for p in made.generator.parameters())

    def test_training_brings_generated_rows_to_the_real_ones(self):
        """Without base means: the mean of a class is learned from scratch."""
        torch.set_default_dtype(torch.float32)
        made = network(
            loud=False, residual=False, n_representation=0, critic_hidden=(32,)
        )
        loss = ZeroDiffLoss(vae_weight=1.0, decoder_weight=1.0, mutual_weight=1.0)
        optimizers = {
            part: torch.optim.Adam(getattr(made, part).parameters(), lr=5e-3)
            for part in ("critic", "generator")
        }
        y = torch.arange(90) % N_CLASSES
        x = 3 * made.class_centers[y] + 0.3 * torch.randn(90, N_FEATURES)

        def distance():
            noise = torch.randn(90, sum(made.generator.noise_dims(False)))
            s = made.class_attributes[y]
            with torch.no_grad():
                fake = made.generator.synthesise(noise, s, None, None)
            return functional.mse_loss(fake, x).item()

        before = distance()
        for _ in range(150):
            for part, optimizer in optimizers.items():
                optimizer.zero_grad()
                getattr(loss, part)(made, x, y)[0].backward()
                optimizer.step()
        assert distance() < 0.3 * before
        assert math.isfinite(loss.penalty_weight.weight)


def test_time_embedding_of_the_official_code():
    """All cosines, then all sines, and a zero when the length is odd."""
    from zsl_estimators.nn import SinusoidalTimeEmbedding

    t = torch.tensor([0.0, 2.0])
    plain = SinusoidalTimeEmbedding(5, interleaved=False)(t)
    assert plain.shape == (2, 5)
    torch.testing.assert_close(plain[0], torch.tensor([1.0, 1.0, 0.0, 0.0, 0.0]))
    torch.testing.assert_close(plain[1, 0], torch.cos(torch.tensor(2.0)))
    torch.testing.assert_close(plain[1, 2], torch.sin(torch.tensor(2.0)))
    alternating = SinusoidalTimeEmbedding(4)(t)
    torch.testing.assert_close(alternating[:, [0, 2, 1, 3]], plain[:, :4])
