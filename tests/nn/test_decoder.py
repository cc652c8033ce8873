import pytest
import torch
from torch.nn import functional

from zsl_estimators.nn.decoder import AttributeDecoder, weighted_l1


@pytest.fixture(autouse=True)
def seeded():
    torch.manual_seed(0)


def test_weighted_l1_by_hand():
    p, q = torch.randn(2, 5, 4)
    d = (p - q).abs()
    weights = d**2 / d.norm(dim=1, keepdim=True)
    torch.testing.assert_close(weighted_l1(p, q), (weights * d).sum(dim=1).mean())
    same = p.clone().requires_grad_()
    weighted_l1(same, p).backward()
    assert torch.isfinite(same.grad).all()


def test_view_is_the_description_beside_the_last_hidden_layer():
    decoder = AttributeDecoder(5, 3, (4, 6))
    for parameter in decoder.parameters():
        torch.nn.init.normal_(parameter)
    x = torch.randn(7, 5)
    hidden = x
    for layer in decoder.net[:-1:2]:
        hidden = functional.leaky_relu(layer(hidden), 0.2)
    described, shown = decoder.semantic_view(x).split([3, 6], dim=1)
    torch.testing.assert_close(shown, hidden)
    torch.testing.assert_close(described, decoder(x))
    torch.testing.assert_close(described.norm(dim=1), torch.ones(7))


def test_error_does_not_depend_on_the_length_of_a_description():
    decoder, x, s = AttributeDecoder(5, 3, (4,)), torch.randn(7, 5), torch.randn(7, 3)
    torch.testing.assert_close(decoder.error(x, s), decoder.error(x, 9 * s))
    assert decoder.error(x, decoder(x)) < 1e-6
