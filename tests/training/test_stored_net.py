"""Networks as arrays and constructor arguments."""

import pickle

import numpy as np
import pytest
import skorch
import torch
from torch import nn

from zsl_estimators.nn import KnowsArguments, SoftmaxNetwork
from zsl_estimators.training import StoredModule, StoredNet, ZeroShotNet


class Scaled(KnowsArguments, nn.Module):
    """A linear layer with all that may change after it was made."""

    def __init__(self, width, *, factor):
        super().__init__()
        self.factor, self.n_steps = factor, 0
        self.layer, self.spare = nn.Linear(width, width), nn.Linear(width, 2)
        # Twice the same weight, as in an autoencoder.
        self.again = nn.Linear(width, width)
        self.again.weight = self.layer.weight
        self.register_buffer("kept", None)
        self.register_buffer("seen", torch.zeros(1), persistent=False)

    def forward(self, x):
        return self.again(self.layer(x)) * self.factor


@pytest.fixture
def module():
    module = Scaled(3, factor=2.0).eval()
    module.n_steps, module.spare = 5, None
    module.kept = torch.arange(3)
    module.seen += 1
    module.layer.requires_grad_(False)
    return module


def test_everything_that_changed_is_stored(module):
    loaded = StoredModule(module).restored()
    x = torch.randn(4, 3)
    assert torch.equal(loaded(x), module(x))
    assert loaded.spare is None
    assert loaded.n_steps == 5
    assert not loaded.training
    assert torch.equal(loaded.kept, module.kept)
    assert torch.equal(loaded.seen, module.seen)
    assert loaded.again.weight is loaded.layer.weight
    before = {name: w.requires_grad for name, w in module.named_parameters()}
    after = {name: w.requires_grad for name, w in loaded.named_parameters()}
    assert before == after


def test_nothing_is_shared(module):
    stored = StoredModule(module)
    loaded = stored.restored()
    with torch.no_grad():
        module.layer.weight += 1
        loaded.layer.weight += 2
    assert torch.equal(stored.restored().layer.weight + 1, module.layer.weight)


def test_double_precision(module):
    loaded = StoredModule(module.double()).restored()
    assert {w.dtype for w in loaded.parameters()} == {torch.float64}
    x = torch.randn(4, 3, dtype=torch.float64)
    assert torch.equal(loaded(x), module(x))


def test_a_head_with_more_classes():
    head = SoftmaxNetwork((3, 4, 2))
    x, y = torch.randn(6, 3), torch.tensor([0, 1, 2, 2, 1, 0])
    more = head.extended(x, y, torch.ones(6), 3, 1e-3)
    assert torch.equal(StoredModule(more).restored()(x), more(x))
    assert torch.equal(StoredModule(head).restored()(x), head(x))


def test_a_module_that_does_not_know_its_arguments():
    with pytest.raises(TypeError, match="KnowsArguments"):
        StoredModule(nn.Sequential(nn.Linear(2, 2)))


def test_only_modules_are_made(module):
    """A file may name any class that is trusted in the place of a module."""
    stored = StoredModule(module)
    stored.kind, stored.arguments = dict, ((), {})
    with pytest.raises(TypeError, match=r"torch\.nn\.Module"):
        stored.restored()


def test_a_pickle_holds_weights_once():
    """Beside the module only places of its weights are listed, which stay here."""
    net = ZeroShotNet(Scaled, nn.MSELoss, module__width=3, module__factor=1.0)
    net.initialize()
    assert list(net.get_all_learnable_params())
    assert pickle.loads(pickle.dumps(net))._learnable is None


def test_a_model_of_a_gpu_is_for_the_cpu_here():
    net = ZeroShotNet(Scaled, nn.MSELoss, module__width=3, module__factor=1.0)
    stored = StoredNet(net.initialize())
    stored.state["device"] = "cuda"
    if torch.cuda.is_available():
        assert stored.restored().device == "cuda"
    else:
        with pytest.warns(skorch.exceptions.DeviceWarning):
            loaded = stored.restored()
        assert loaded.device == "cpu"
        np.testing.assert_array_equal(
            loaded.module_.layer.weight.detach(), net.module_.layer.weight.detach()
        )
