"""Nets are made and trained in one place, whatever is done between their epochs."""

from contextlib import closing
from functools import partial
from threading import Thread

import numpy as np
import pytest
import torch
from torch import nn

from zsl_estimators.nn import SquaredLoss, TanhRegression
from zsl_estimators.training import ArrayData, ZeroShotNet, fit_net, net_epochs
from zsl_estimators.training._seeding import TorchState

RNG = np.random.RandomState(0)
X, Y = RNG.normal(size=(2, 40, 3)).astype(np.float32)


def settings(seed=0):
    new_net = partial(
        ZeroShotNet,
        TanhRegression,
        module__n_features=3,
        module__hidden=5,
        module__n_attributes=3,
        criterion=SquaredLoss,
        lr=0.05,
        batch_size=10,
        verbose=0,
    )
    return {
        "new_net": new_net,
        "data": ArrayData({"x": X}, Y),
        "device": "cpu",
        "random_state": np.random.RandomState(seed),
        "n_epochs": 4,
    }


def weights(net):
    return torch.cat([part.flatten() for part in net.module_.parameters()])


def test_what_happens_between_epochs_changes_nothing():
    expected = weights(fit_net(**settings()))
    for net in net_epochs(**settings()):
        assert isinstance(net, ZeroShotNet)
        torch.rand(17)
        torch.manual_seed(3)
    torch.testing.assert_close(weights(net), expected, rtol=0, atol=0)


def test_two_nets_can_be_trained_in_turn():
    """As models of several folds that advance together."""
    expected = [weights(fit_net(**settings(seed))) for seed in (0, 1)]
    pairs = list(zip(net_epochs(**settings(0)), net_epochs(**settings(1)), strict=True))
    for net, alone in zip(pairs[-1], expected, strict=True):
        torch.testing.assert_close(weights(net), alone, rtol=0, atol=0)


def test_state_of_torch_is_the_callers_between_epochs_and_after_giving_up():
    before = torch.get_rng_state()
    with closing(net_epochs(**settings())) as nets:
        for net in nets:
            assert torch.equal(before, torch.get_rng_state())
            if len(net.history) == 2:
                break
    assert torch.equal(before, torch.get_rng_state())


def test_state_is_the_callers_after_an_error():
    class Fails(nn.Module):
        def forward(self, predicted, y):
            raise RuntimeError("no loss")

    before = torch.get_rng_state()
    failing = settings()
    failing["new_net"] = partial(failing["new_net"], criterion=Fails)
    with pytest.raises(RuntimeError, match="no loss"):
        fit_net(**failing)
    assert torch.equal(before, torch.get_rng_state())


def test_threads_take_turns():
    """Two computations at once draw what each of them draws alone."""

    def draw(into):
        state = TorchState(5, torch.device("cpu"))
        for _ in range(50):
            with state.in_place():
                into.append(torch.rand(3))

    drawn = [], []
    threads = [Thread(target=draw, args=(into,)) for into in drawn]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert torch.equal(torch.cat(drawn[0]), torch.cat(drawn[1]))
    assert len(torch.cat(drawn[0]).unique()) == 150


def test_a_trained_net_goes_on():
    net = fit_net(**settings())
    more = fit_net(**{**settings(), "new_net": None, "net": net})
    assert more is net
    assert len(net.history) == 8
