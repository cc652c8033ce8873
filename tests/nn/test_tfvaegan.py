import pytest
import torch
from torch.nn import functional

from zsl_estimators.nn.decoder import weighted_l1
from zsl_estimators.nn.fvaegan import FVAEGANLoss, FVAEGANNetwork
from zsl_estimators.nn.tfvaegan import TFVAEGANLoss, TFVAEGANNetwork

N_FEATURES, N_ATTRIBUTES, N_CLASSES, N_LATENTS = 5, 3, 4, 2
TABLES = (N_CLASSES, N_ATTRIBUTES), (N_CLASSES, N_FEATURES)
WIDTHS = {"generator_hidden": (7,), "encoder_hidden": (6,), "critic_hidden": (8,)}


@pytest.fixture(autouse=True)
def double():
    torch.manual_seed(0)
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)


def network(cls=TFVAEGANNetwork, loud=True, **parameters):
    more = {"decoder_hidden": (9,), "feedback_hidden": (10,)}
    made = cls(
        *(torch.randn(shape) for shape in TABLES),
        **{
            "shares": torch.tensor([0.3, 0.8]),
            "noise_dim": N_LATENTS,
            **WIDTHS,
            **(more if cls is TFVAEGANNetwork else {}),
            **parameters,
        },
    )
    if loud:
        for parameter in made.parameters():
            torch.nn.init.normal_(parameter, std=0.5)
    return made


def batch(n=12):
    return torch.randn(n, N_FEATURES), torch.arange(n) % N_CLASSES


def classes(made, n=12):
    y = torch.arange(n) % N_CLASSES
    return made.class_attributes[y], made.class_centers[y]


class TestFeedback:
    def test_two_passes_by_hand(self):
        """The equation of the second pass, layer by layer, with one share of noise."""
        made = network(synthesis_feedback_weight=0.7)
        s, centers = classes(made)
        noise = torch.randn(12, made.synthesiser.noise_dim)
        z, around = noise.split([N_LATENTS, N_FEATURES], dim=1)
        enter, _, leave = made.generator.net
        hidden_of = functional.leaky_relu(enter(torch.cat([z, s], dim=1)), 0.2)
        deviations = made.generator.variances.sqrt()
        base = centers + torch.cat(
            [torch.zeros(12, 3), torch.tensor([0.3, 0.8]).sqrt() * z], dim=1
        )
        first_pass = leave(hidden_of) + base
        change = made.generator.feedback(made.critic.decoder.hidden(first_pass))
        expected = leave(hidden_of + 0.7 * change) + base + deviations * around
        torch.testing.assert_close(made(noise, s, centers), expected)

    def test_second_pass_has_the_gradient_of_finite_differences(self):
        made = network()
        s, centers = classes(made, 3)
        from_class, _ = made.generator.encode_classes(s, centers)

        def second_pass(latents, from_class, hidden):
            first = made.generator.first_layer(latents, from_class)
            return made.synthesiser.decode_with(first, latents, centers, hidden, 0.7)

        inputs = torch.randn(3, N_LATENTS), from_class.detach(), torch.randn(3, 9)
        for values in inputs:
            values.requires_grad_()
        assert torch.autograd.gradcheck(second_pass, inputs)
        for layer in made.generator.feedback.net[::2]:
            self.check_weights(
                layer.weight, lambda: second_pass(*inputs).square().sum()
            )

    @staticmethod
    def check_weights(weights, value):
        """Derivative in a random direction."""
        (gradient,) = torch.autograd.grad(value(), weights)
        step = 1e-6 * torch.randn_like(weights)
        values = []
        for sign in (1, -1):
            weights.data += sign * step
            values.append(value().item())
            weights.data -= sign * step
        slope = (gradient * step).sum().item()
        assert (values[0] - values[1]) / 2 == pytest.approx(slope, rel=1e-4)

    def test_nothing_flows_back_through_the_first_pass(self):
        """Gradients are those of a second pass whose feedback is a constant."""
        made = network()
        s, centers = classes(made)
        z = torch.randn(12, N_LATENTS)
        encoded = made.generator.encode_classes(s, centers)
        with torch.no_grad():
            hidden = made.critic.decoder.hidden(made.generator.decode(z, *encoded))
        first = made.generator.first_layer(z, encoded[0])
        constant = made.synthesiser.decode_with(first, z, centers, hidden, 1.0)
        whole = made.synthesiser.decode(z, *encoded, 1.0)
        decoder = list(made.critic.decoder.parameters())
        parameters = list(made.generator.parameters()) + decoder
        gradients = [
            torch.autograd.grad(
                passed.square().sum(),
                parameters,
                materialize_grads=True,
                retain_graph=True,
            )
            for passed in (whole, constant)
        ]
        torch.testing.assert_close(*gradients)
        assert not any(gradient.any() for gradient in gradients[0][-len(decoder) :])

    def test_at_the_start_it_changes_nothing(self):
        made = network(loud=False)
        # What the feedback changes would not be seen behind a layer of zeros.
        torch.nn.init.normal_(made.generator.net[-1].weight)
        s, centers = classes(made)
        noise = torch.randn(12, made.synthesiser.noise_dim)
        once = made.generator(noise, s, centers)
        torch.testing.assert_close(made(noise, s, centers), once, atol=0, rtol=0)

    def test_without_a_base_it_is_random_at_the_start(self):
        made = network(loud=False, shares=None)
        s, centers = classes(made)
        noise = torch.randn(12, made.synthesiser.noise_dim)
        assert (made(noise, s, centers) != made.generator(noise, s, centers)).any()


class TestLosses:
    def test_weights_of_zero_leave_f_vaegan(self):
        """Bit for bit, over steps with and without feedback."""
        histories = []
        for network_class, loss in (
            (FVAEGANNetwork, FVAEGANLoss(3.0)),
            (TFVAEGANNetwork, TFVAEGANLoss(3.0, decoder_weight=0.0)),
        ):
            torch.manual_seed(3)
            more = {"feedback_weight": 0.0} if "TF" in network_class.__name__ else {}
            made = network(network_class, loud=False, **more)
            histories.append(self.trained(made, loss))
        assert histories[0] == histories[1]

    @staticmethod
    def trained(made, loss):
        optimizers = {
            part: torch.optim.Adam(getattr(made, part).parameters(), lr=1e-2)
            for part in ("critic", "generator")
        }
        torch.manual_seed(4)
        history = []
        for _ in range(4):
            x, y = batch()
            for part, optimizer in optimizers.items():
                optimizer.zero_grad()
                value, parts = getattr(loss, part)(made, x, y)
                value.backward()
                optimizer.step()
                names = parts.keys() - {"decoder_loss", "semantic_loss"}
                history += [parts[name].item() for name in sorted(names)]
        return history

    def test_feedback_every_second_step(self):
        made, loss = network(), TFVAEGANLoss(1.0, feedback_every=2)
        x, y = batch()
        fed = []
        for _ in range(4):
            loss.critic(made, x, y)
            of_critic = made.feeds_back
            made.generator.zero_grad()
            loss.generator(made, x, y)[0].backward()
            is_trained = made.generator.feedback.net[0].weight.grad is not None
            assert of_critic == made.feeds_back == is_trained
            fed.append(of_critic)
        assert fed == [False, True, False, True]

    @pytest.mark.parametrize("freeze_decoder", [True, False])
    def test_what_the_decoder_learns_from(self, freeze_decoder):
        made = network()
        loss = TFVAEGANLoss(1.0, freeze_decoder=freeze_decoder)
        x, y = batch()
        torch.manual_seed(5)
        _, parts = loss.critic(made, x, y)
        torch.manual_seed(5)
        rows = [x] if freeze_decoder else [x, made.fake_like(x, y).detach()]
        target = functional.normalize(made.class_attributes[y], dim=1)
        expected = sum(weighted_l1(made.critic.decoder(part), target) for part in rows)
        torch.testing.assert_close(parts["decoder_loss"], expected)

    def test_parts_of_the_generator(self):
        made, loss = network(), TFVAEGANLoss(1.0, decoder_weight=0.5, feedback_every=1)
        x, y = batch()
        torch.manual_seed(5)
        value, parts = loss.generator(made, x, y)
        torch.manual_seed(5)
        encoded = made.autoencode(x, y)
        error = made.critic.decoder.error(made.fake_of(encoded), encoded.s)
        torch.testing.assert_close(parts["semantic_loss"], 0.5 * error)
        torch.testing.assert_close(value, sum(parts.values()))
        value.backward()
        assert all(p.grad.abs().sum() > 0 for p in made.generator.parameters())
