import pytest
import torch

from zsl_estimators.nn.fvaegan import FVAEGANLoss, FVAEGANNetwork
from zsl_estimators.nn.tfvaegan import TFVAEGANLoss, TFVAEGANNetwork
from zsl_estimators.nn.unlabelled import UnlabelledLoss

N_FEATURES, N_ATTRIBUTES, N_LATENTS = 5, 3, 2
MORE = {"decoder_hidden": (9,), "feedback_hidden": (10,)}
METHODS = [
    (FVAEGANNetwork, FVAEGANLoss, {}),
    (TFVAEGANNetwork, TFVAEGANLoss, MORE),
]


@pytest.fixture(autouse=True)
def double():
    torch.manual_seed(0)
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)


def network(cls=FVAEGANNetwork, rows=None, loud=True, **parameters):
    made = cls(
        torch.randn(4, N_ATTRIBUTES),
        torch.randn(4, N_FEATURES),
        **{
            "shares": torch.tensor([0.3, 0.8]),
            "noise_dim": N_LATENTS,
            "generator_hidden": (7,),
            "encoder_hidden": (6,),
            "critic_hidden": (8,),
            "unseen_attributes": torch.randn(3, N_ATTRIBUTES),
            "unseen_centers": torch.randn(3, N_FEATURES),
            **parameters,
        },
    )
    if loud:
        for parameter in made.parameters():
            torch.nn.init.normal_(parameter, std=0.3)
    made.critic.unlabelled.give_rows(
        torch.randn(9, N_FEATURES) if rows is None else rows
    )
    return made


def batch(n=12):
    return torch.randn(n, N_FEATURES), torch.arange(n) % 4


@pytest.mark.parametrize("critic_hidden", [(8,), (8, 6)])
def test_critic_by_a_plain_loop(critic_hidden):
    made, loss = network(critic_hidden=critic_hidden), UnlabelledLoss(1.0, 7.0)
    critic = made.critic.unlabelled
    torch.manual_seed(1)
    value, parts = loss.critic(made, 12)
    torch.manual_seed(1)
    y = torch.randint(3, (12,))
    encoded = made.generator.encode_classes(critic.attributes[y], critic.centers[y])
    latents = torch.randn(12, N_LATENTS)
    decoded = made.generator.decode(latents, *encoded)
    fake = made.generator.with_noise(decoded).detach()
    real, mix = critic.rows[torch.randint(9, (12,))], torch.rand(12, 1)
    gap, penalty = 0, 0
    for i in range(12):
        between = mix[i] * real[i] + (1 - mix[i]) * fake[i]
        between = between[None].requires_grad_()
        (gradient,) = torch.autograd.grad(critic(between).sum(), between)
        penalty += 7 * (gradient.norm() - 1) ** 2 / 12
        gap += (critic(real[i : i + 1]) - critic(fake[i : i + 1])).item() / 12
    torch.testing.assert_close(parts["unlabelled_penalty_loss"], penalty)
    assert parts["unlabelled_wasserstein_estimate"].item() == pytest.approx(gap)
    torch.testing.assert_close(value, penalty - gap)


@pytest.mark.parametrize(("network_class", "loss_class", "more"), METHODS)
class TestInTheWholeLoss:
    def test_parts_are_added(self, network_class, loss_class, more):
        """To what the loss is without unlabelled rows, for the same random numbers."""
        made = network(network_class, **more)
        loss, x, y = loss_class(3.0, unlabelled_weight=0.5), *batch()
        values = {}
        for given in (True, False):
            critic = made.critic.unlabelled
            made.critic.unlabelled = critic if given else None
            for part in ("critic", "generator"):
                torch.manual_seed(2)
                values[part, given] = getattr(loss, part)(made, x, y)
            made.critic.unlabelled = critic
            loss.n_generator_steps = 0
        for part in ("critic", "generator"):
            (whole, parts), (without, other_parts) = (
                values[part, True],
                values[part, False],
            )
            added = {name: parts[name] for name in parts.keys() - other_parts.keys()}
            assert all("unlabelled" in name for name in added)
            estimate = added.pop("unlabelled_wasserstein_estimate", 0)
            torch.testing.assert_close(whole, without + sum(added.values()) - estimate)

    def test_score_of_generated_rows(self, network_class, loss_class, more):
        made = network(network_class, **more)
        loss = loss_class(3.0, unlabelled_weight=0.5)
        torch.manual_seed(2)
        value = loss.unlabelled.generator(made, 12)
        torch.manual_seed(2)
        expected = -0.5 * made.critic.unlabelled(made.fake_unseen(12)).mean()
        torch.testing.assert_close(value, expected)
        # The default is the weight of the other critic.
        assert loss_class(3.0).unlabelled.weight == 3.0

    def test_what_is_trained(self, network_class, loss_class, more):
        made, loss = network(network_class, **more), loss_class(3.0)
        second = list(made.critic.unlabelled.parameters())
        loss.unlabelled.critic(made, 12)[0].backward()
        trained = {id(p) for p in made.parameters() if p.grad is not None}
        assert trained == {id(p) for p in second}
        made.zero_grad()
        loss.unlabelled.generator(made, 12).backward()
        assert all(p.grad is None for p in made.generator.encoder.parameters())
        assert all(p.grad.any() for p in made.generator.net.parameters())


def test_what_is_drawn():
    made = network()
    critic = made.critic.unlabelled
    attributes, centers = critic.draw_classes(6000)
    for k in range(3):
        drawn = (attributes == critic.attributes[k]).all(dim=1)
        assert drawn.sum().item() == pytest.approx(2000, abs=150)
        assert (centers[drawn] == critic.centers[k]).all()
    drawn = critic.draw_rows(500)
    assert {tuple(row) for row in drawn.tolist()} == {
        tuple(row) for row in critic.rows.tolist()
    }


def test_penalties_are_weighed_apart():
    made, loss = network(), FVAEGANLoss(1.0, adaptive_penalty=True)
    for parameter in made.critic.unlabelled.parameters():
        parameter.data.zero_()
    for parameter in made.critic.from_features.parameters():
        parameter.data.mul_(100)
    loss.critic(made, *batch())
    loss.generator(made, *batch())
    # The score of the second is constant, so that its penalty is just below 1.
    assert loss.penalty_weight.weight == pytest.approx(10 * 1.1)
    assert loss.unlabelled.penalty_weight.weight == pytest.approx(10 / 1.1)


def test_generated_rows_move_to_the_unlabelled_ones():
    """With one class it is an ordinary GAN of that class; its base mean is wrong.

    A GAN circles around what it looks for, so that its way is averaged.
    """
    torch.set_default_dtype(torch.float32)
    shift = torch.tensor([2.0, -1.0, 0.0, 1.0, 0.0])
    made = network(
        rows=shift + torch.randn(1000, N_FEATURES),
        loud=False,
        unseen_attributes=torch.ones(1, N_ATTRIBUTES),
        unseen_centers=torch.zeros(1, N_FEATURES),
        generator_hidden=(16,),
        critic_hidden=(32,),
    )
    loss, optimizers = UnlabelledLoss(1.0, 10.0), {}
    for part, lr in (("critic", 1e-2), ("generator", 5e-3)):
        parameters = getattr(made, part).parameters()
        optimizers[part] = torch.optim.Adam(parameters, lr, betas=(0.0, 0.9))
    means = []
    for step in range(400):
        part = "generator" if step % 4 == 3 else "critic"
        optimizers[part].zero_grad()
        value = getattr(loss, part)(made, 64)
        (value[0] if part == "critic" else value).backward()
        optimizers[part].step()
        if step >= 200 and part == "generator":
            means.append(made.fake_unseen(500).detach().mean(dim=0))
    missing = torch.stack(means).mean(dim=0) - shift
    assert missing.norm() < 0.2 * shift.norm()
