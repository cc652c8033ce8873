"""Nets are made and trained in one place, whatever is done between their epochs."""

import pickle
from functools import partial
from threading import Thread

import numpy as np
import pytest
import torch
from torch import nn

from zsl_estimators.nn import SquaredLoss, TanhRegression
from zsl_estimators.training import (
    ArrayData,
    CosineSchedule,
    NetTraining,
    ZeroShotNet,
    fit_net,
)
from zsl_estimators.training._callbacks import LossPartRecorder
from zsl_estimators.training._seeding import TorchState

RNG = np.random.RandomState(0)
X, Y = RNG.normal(size=(2, 40, 3)).astype(np.float32)


def settings(seed=0, module=TanhRegression):
    new_net = partial(
        ZeroShotNet,
        module,
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


def training(seed=0):
    arguments = settings(seed)
    data = arguments.pop("data")
    return NetTraining(**arguments).attach(data)


def weights(net):
    return torch.cat([part.flatten() for part in net.module_.parameters()])


def test_what_happens_between_epochs_changes_nothing():
    expected = weights(fit_net(**settings()))
    for net in training().epochs():
        assert isinstance(net, ZeroShotNet)
        torch.rand(17)
        torch.manual_seed(3)
    torch.testing.assert_close(weights(net), expected, rtol=0, atol=0)


def test_two_nets_can_be_trained_in_turn():
    """As models of several folds that advance together."""
    expected = [weights(fit_net(**settings(seed))) for seed in (0, 1)]
    pairs = list(zip(training(0).epochs(), training(1).epochs(), strict=True))
    for net, alone in zip(pairs[-1], expected, strict=True):
        torch.testing.assert_close(weights(net), alone, rtol=0, atol=0)


@pytest.mark.parametrize("optimizer", [torch.optim.SGD, torch.optim.AdamW])
def test_a_training_goes_on_in_another_process(optimizer):
    """Weights, optimiser, schedule, order of batches and draws are pickled with it."""

    def watched():
        arguments = settings(module=Noisy)
        data = arguments.pop("data")
        arguments["new_net"] = partial(
            arguments["new_net"],
            optimizer=optimizer,
            callbacks=[CosineSchedule(4), LossPartRecorder()],
        )
        return NetTraining(**arguments), data

    alone, data = watched()
    *_, expected = alone.attach(data).epochs()
    moving, data = watched()
    for _ in range(4):
        moving = pickle.loads(pickle.dumps(moving)).attach(data)
        assert moving.advance()
    assert moving.is_over
    torch.testing.assert_close(weights(moving.net), weights(expected), rtol=0, atol=0)
    losses = moving.net.history[:, ("train_loss", "squared_loss")]
    assert losses == expected.history[:, ("train_loss", "squared_loss")]


class Noisy(TanhRegression):
    """Draws in every step."""

    def forward(self, x):
        return super().forward(x + torch.randn_like(x))


def test_state_of_torch_is_the_callers_between_epochs_and_after_giving_up():
    before = torch.get_rng_state()
    for net in training().epochs():
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
