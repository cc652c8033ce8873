import copy

import pytest
import torch
from torch import nn

from tests.common import small
from zsl_estimators import (
    DiffusionClassifier,
    FGANClassifier,
    RevCDClassifier,
    VAEcFlowClassifier,
)
from zsl_estimators.nn import (
    Critic,
    MixedPrecisionLinear,
    full_precision,
    gradient_penalty,
    use_mixed_precision,
)

EIGHT_BITS = 2**-8


@pytest.fixture(autouse=True)
def seeded():
    with torch.random.fork_rng():
        torch.manual_seed(0)
        yield


@pytest.fixture
def layers():
    return nn.Sequential(nn.Linear(20, 30), nn.ReLU(), nn.Linear(30, 4, bias=False))


def rounded(x):
    return x.bfloat16().float()


def test_factors_are_rounded_and_sums_are_not():
    layer = use_mixed_precision(nn.Linear(20, 30))
    x = torch.randn(7, 20)
    expected = rounded(rounded(x) @ rounded(layer.weight).T) + layer.bias
    found = layer(x)
    assert found.dtype == torch.float32
    torch.testing.assert_close(found, expected, rtol=2 * EIGHT_BITS, atol=1e-4)
    assert not torch.equal(found, nn.functional.linear(x, layer.weight, layer.bias))


def test_gradients_are_nearly_the_same(layers):
    mixed = use_mixed_precision(copy.deepcopy(layers))
    x = torch.randn(200, 20)
    for module in (layers, mixed):
        module(x).square().mean().backward()
    for plain, other in zip(layers.parameters(), mixed.parameters(), strict=True):
        assert other.grad.dtype == torch.float32
        assert not torch.equal(other.grad, plain.grad)
        error = (other.grad - plain.grad).norm() / plain.grad.norm()
        assert error < 4 * EIGHT_BITS


def test_predictions_and_what_asks_for_it_are_exact(layers):
    mixed = use_mixed_precision(copy.deepcopy(layers))
    x = torch.randn(7, 20)
    assert not torch.equal(mixed(x), layers(x))
    with full_precision():
        assert torch.equal(mixed(x), layers(x))
    assert not torch.equal(mixed(x), layers(x))
    assert torch.equal(mixed.eval()(x), layers(x))
    double = x.double()
    assert torch.equal(mixed.train().double()(double), layers.double()(double))


def test_other_layers_are_left_alone():
    normalised = nn.utils.parametrizations.weight_norm(nn.Linear(3, 2))
    module = use_mixed_precision(nn.Sequential(normalised, nn.Linear(2, 2)))
    assert not isinstance(module[0], MixedPrecisionLinear)
    assert isinstance(module[1], MixedPrecisionLinear)


def test_gradient_penalty_is_in_single_precision():
    critic = Critic(5, 3, hidden=(16, 8))
    x, attributes = torch.randn(9, 5), torch.randn(9, 3)
    expected = gradient_penalty(critic, x, attributes)
    found = gradient_penalty(use_mixed_precision(critic), x, attributes)
    assert torch.equal(found, expected)
    assert not torch.equal(critic(x, attributes), critic.eval()(x, attributes))


@pytest.mark.parametrize(
    "cls", [DiffusionClassifier, FGANClassifier, RevCDClassifier, VAEcFlowClassifier]
)
def test_fits_are_nearly_the_same(cls, task):
    def fitted(**net_params):
        clf = small(cls, attributes=task.attributes, random_state=0, seen_penalty=0.0)
        clf.set_params(early_stopping=False, net_params=net_params or None)
        return clf.fit(task.X_train, task.y_train)

    plain, mixed = fitted(), fitted(mixed_precision=True)
    losses = [clf.history_[-1]["train_loss"] for clf in (plain, mixed)]
    assert losses[0] != losses[1]
    assert losses[1] == pytest.approx(losses[0], rel=0.05, abs=0.05)
    agreement = plain.predict(task.X_test) == mixed.predict(task.X_test)
    assert agreement.mean() > 0.9
