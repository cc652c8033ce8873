import numpy as np
import pytest
import torch

from zsl_estimators.nn import (
    FeatureEncoder,
    HadamardAdditionUNet,
    RevCDLoss,
    RevCDNetwork,
    SinusoidalTimeEmbedding,
)
from zsl_estimators.nn.revcd import Denoised
from zsl_estimators.nn.unet import HadamardAdditionBlock

CLASSES = torch.tensor([[1.0, 0.0, -1.0], [0.5, 2.0, 0.0], [-1.0, -1.0, 1.0]])


@pytest.fixture(autouse=True)
def seed():
    torch.manual_seed(0)


def network(**parameters):
    parameters = {"hidden": (8, 4), "condition_dim": 6, "time_dim": 8, **parameters}
    return RevCDNetwork(5, CLASSES, **parameters)


class TestTimeEmbedding:
    def test_interleaves_cosines_and_sines(self):
        t = torch.tensor([0, 3])
        embedded = SinusoidalTimeEmbedding(4)(t)
        frequencies = np.array([1.0, 1 / 100])
        angles = np.array([0, 3])[:, None] * frequencies
        np.testing.assert_allclose(embedded[:, 0::2], np.cos(angles), rtol=1e-5)
        np.testing.assert_allclose(embedded[:, 1::2], np.sin(angles), rtol=1e-5)


class TestFeatureEncoder:
    @pytest.mark.parametrize(
        ("n_features", "n_tokens"), [(5, 1), (63, 1), (64, 8), (100, 8), (512, 16)]
    )
    def test_shapes_and_tokens(self, n_features, n_tokens):
        encoder = FeatureEncoder(n_features, 7)
        assert encoder.n_tokens == n_tokens
        assert encoder(torch.randn(3, n_features)).shape == (3, 7)

    def test_every_feature_matters(self):
        encoder = FeatureEncoder(67, 2)
        x = torch.randn(1, 67, requires_grad=True)
        encoder(x).sum().backward()
        assert (x.grad != 0).all()

    def test_order_of_chunks_matters(self):
        encoder = FeatureEncoder(64, 3)
        x = torch.randn(1, 64)
        assert not torch.allclose(encoder(x), encoder(x.roll(8, dims=1)), atol=1e-6)


class TestUNet:
    def test_block_follows_its_formula(self):
        block = HadamardAdditionBlock(3, 4, 2, 5, dropout=0.0).eval()
        for layer in (block.factor, block.shift):
            torch.nn.init.normal_(layer.weight)
        h, multiplied, added = torch.randn(6, 3), torch.randn(6, 2), torch.randn(6, 5)
        factor = multiplied @ block.factor.weight.T
        shift = added @ block.shift.weight.T
        expected = block.layer(h) * (1 + factor) + shift
        np.testing.assert_allclose(
            block(h, multiplied, added).detach(), expected.detach(), rtol=1e-5
        )

    @pytest.mark.parametrize("hidden", [(8,), (8, 4), (9, 6, 3)])
    def test_shapes(self, hidden):
        unet = HadamardAdditionUNet(3, 4, 5, hidden, dropout=0.0)
        s = unet(torch.randn(2, 3), torch.randn(2, 4), torch.randn(2, 5))
        assert s.shape == (2, 3)
        assert len(unet.decoder) == len(hidden) - 1

    def test_time_and_condition_enter(self):
        """After a step of training the output depends on both."""
        unet = HadamardAdditionUNet(3, 4, 5, (8, 4), dropout=0.0)
        for parameter in unet.parameters():
            torch.nn.init.normal_(parameter)
        unet.eval()
        s, time, condition = torch.randn(2, 3), torch.randn(2, 4), torch.randn(2, 5)
        out = unet(s, time, condition)
        assert not torch.allclose(out, unet(s, time + 1, condition))
        assert not torch.allclose(out, unet(s, time, condition + 1))


class TestRevCDNetwork:
    @pytest.mark.parametrize("prediction_type", ["x0", "eps", "v"])
    def test_untrained_network_repeats_the_linear_estimate(self, prediction_type):
        net = network(prediction_type=prediction_type).double().eval()
        linear, s_t = torch.randn(2, 4, 3, dtype=torch.float64)
        condition = net.encode(torch.randn(4, 5, dtype=torch.float64))
        for t in (0, 500, 999):
            clean = net.denoise(s_t, t, condition, linear)
            np.testing.assert_allclose(clean.detach(), linear, atol=1e-8)

    def test_training_batch_is_consistent(self):
        net = network(condition_dropout=0.0)
        y = torch.tensor([0, 2, 1, 1])
        out = net.training_output(torch.randn(4, 5), torch.zeros(4, 3), y)
        np.testing.assert_array_equal(out.s0, CLASSES[y])
        np.testing.assert_array_equal(out.target, out.s0)
        np.testing.assert_array_equal(out.clean.detach(), out.prediction.detach())
        assert out.snr.shape == (4, 1)

    def test_dropped_rows_see_neither_features_nor_linear_estimate(self):
        net = network(condition_dropout=0.5)
        condition, linear = torch.ones(2000, 6), torch.ones(2000, 3)
        dropped_condition, dropped_linear = net._drop_condition(condition, linear)
        gone = (dropped_linear == 0).all(dim=1)
        assert 0.4 < gone.float().mean() < 0.6
        np.testing.assert_array_equal((dropped_condition == 0).all(dim=1), gone)
        net.eval()
        assert net._drop_condition(condition, linear)[1] is linear

    def test_guidance_extrapolates(self):
        net = network().eval()
        torch.nn.init.normal_(net.unet.output.weight)
        s_t, linear = torch.randn(2, 4, 3)
        condition = net.encode(torch.randn(4, 5))
        zero, one, two = (net.denoise(s_t, 9, condition, linear, w) for w in (0, 1, 2))
        np.testing.assert_allclose(
            (two - one).detach(), (one - zero).detach(), atol=1e-5
        )
        assert not torch.allclose(zero, one)


class TestRevCDLoss:
    def denoised(self):
        s0, eps, clean = torch.randn(3, 4, 3)
        return Denoised(
            s0, eps, clean, clean, s0, torch.tensor([[1e-3], [1], [4], [9]])
        )

    def test_parts_by_hand(self):
        out, y = self.denoised(), torch.tensor([0, 1, 2, 0])
        loss = RevCDLoss(CLASSES, 0.3, 0.5, 0.2, "capped")
        parts = loss(out, y)
        error = (out.clean - out.s0).square()
        assert parts["reconstruction_loss"] == pytest.approx(0.7 * error.mean().item())
        cosines = torch.cosine_similarity(out.clean[:, None], CLASSES[None], dim=2)
        cross_entropy = -torch.log_softmax(cosines / 0.5, dim=1)[range(4), y].mean()
        assert parts["classification_loss"].item() == pytest.approx(
            0.3 * cross_entropy.item()
        )
        weights = torch.tensor([[1e-3], [1], [4], [5]])
        assert parts["noise_loss"].item() == pytest.approx(
            0.2 * (weights * error).mean().item(), rel=1e-5
        )

    def test_classification_by_the_distance(self):
        out, y = self.denoised(), torch.tensor([0, 1, 2, 0])
        parts = RevCDLoss(CLASSES, 0.3, 0.5, similarity="distance")(out, y)
        logits = -torch.cdist(out.clean, CLASSES).square() / 2 / 3 / 0.5
        expected = 0.3 * torch.nn.functional.cross_entropy(logits, y)
        assert parts["classification_loss"].item() == pytest.approx(expected.item())

    def test_literal_noise_loss_is_equation_10(self):
        out = self.denoised()
        loss = RevCDLoss(CLASSES, 0.0, 1.0, 1.0, "literal")
        expected = (out.eps - (out.clean - out.s0)).square().mean()
        assert loss(out, torch.tensor([0, 1, 2, 0]))["noise_loss"] == expected

    @pytest.mark.parametrize(("kind", "weight"), [(None, 0.1), ("capped", 0.0)])
    def test_noise_loss_can_be_off(self, kind, weight):
        loss = RevCDLoss(CLASSES, 0.5, 0.1, weight, kind)
        parts = loss(self.denoised(), torch.tensor([0, 1, 2, 0]))
        assert set(parts) == {"reconstruction_loss", "classification_loss"}
