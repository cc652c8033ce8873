"""What a device without double precision, or another device than the host, would find.

No such device is needed: torch shows every operation to a dispatch mode, and tensors
on the device "meta" refuse to be combined with those that were made on the host.
"""

import copy

import numpy as np
import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves, tree_map

from tests.common import SMALL_RULES, public_estimators, small
from zsl_estimators import ALEClassifier, DiffusionClassifier, SoftmaxHead
from zsl_estimators.generative._contrast import SupervisedContrastTransformer
from zsl_estimators.training import (
    AdversarialNet,
    TorchTrainingMixin,
    ZeroShotNet,
)

MODELS = {
    cls.__name__: lambda cls=cls: small(cls)
    for cls in public_estimators()
    if issubclass(cls, TorchTrainingMixin)
}
RULES = {
    type(rule).__name__: lambda rule=rule: small(DiffusionClassifier, rule=rule)
    for rule in SMALL_RULES[1:]
}
LOSSES = {
    f"ALEClassifier {loss}": lambda loss=loss: small(ALEClassifier, loss=loss)
    for loss in ("warp", "softmax")
}


def make_all(*groups):
    makers = {name: make for group in groups for name, make in group.items()}
    return pytest.mark.parametrize("make", makers.values(), ids=makers.keys())


class SinglePrecision(TorchDispatchMode):
    """Refuses what Apple's MPS refuses."""

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        result = function(*args, **(kwargs or {}))
        for tensor in tree_leaves((args, kwargs, result)):
            if isinstance(tensor, torch.Tensor) and tensor.dtype == torch.float64:
                raise TypeError(f"{function} in double precision")
        return result


def fitted(estimator, task):
    parameters = {"max_epochs": 1, "early_stopping": False, "seen_penalty": 0.0}
    estimator.set_params(attributes=task.attributes, random_state=0, **parameters)
    return estimator.fit(task.X_train, task.y_train)


def test_the_mode_refuses():
    one = torch.ones(1)
    with SinglePrecision(), pytest.raises(TypeError, match="double precision"):
        one.double()


@pytest.fixture
def trained_in_single_precision(monkeypatch):
    """Number of batches that were trained under the mode."""
    steps, step = [], ZeroShotNet.run_single_epoch

    def watched(self, *args, **kwargs):
        steps.append(1)
        with SinglePrecision():
            return step(self, *args, **kwargs)

    monkeypatch.setattr(ZeroShotNet, "run_single_epoch", watched)
    return steps


@make_all(MODELS, LOSSES)
def test_training_is_in_single_precision(make, task, trained_in_single_precision):
    fitted(make(), task)
    assert trained_in_single_precision


@pytest.mark.parametrize(
    "estimator",
    [
        SoftmaxHead(max_epochs=2, random_state=0),
        SupervisedContrastTransformer(hidden=(8, 4), max_epochs=2, random_state=0),
    ],
    ids=["head", "representation"],
)
def test_parts_train_in_single_precision(estimator, task, trained_in_single_precision):
    estimator.fit(task.X_train, task.y_train)
    assert trained_in_single_precision


@make_all(MODELS, RULES)
def test_prediction_in_single_precision(make, task, monkeypatch):
    clf = fitted(make(), task)
    expected = clf.decision_function(task.X_test)
    in_double = type(clf)._module_for_prediction
    seen = []

    def in_single(self, single=False):
        module = in_double(self, single=True)
        seen.extend(module.parameters())
        return module

    monkeypatch.setattr(type(clf), "_module_for_prediction", in_single)
    found = clf.decision_function(task.X_test)
    assert all(parameter.dtype == torch.float32 for parameter in seen)
    spread = np.abs(expected).max()
    np.testing.assert_allclose(found / spread, expected / spread, atol=2e-3)


def on_meta(thing):
    """Modules and tensors of any structure on a device that is not the host."""
    if isinstance(thing, torch.nn.Module):
        # An evaluated module does not look at the values of its first batch.
        return copy.deepcopy(thing).to("meta").eval()
    return tree_map(lambda leaf: leaf.to("meta"), thing)


@make_all(MODELS, LOSSES)
def test_nothing_is_made_on_another_device(make, task, monkeypatch):
    checked, step, minimise = set(), ZeroShotNet.train_step, AdversarialNet._minimise

    def check(name, losses):
        assert {loss.device.type for loss in tree_leaves(losses)} == {"meta"}
        checked.add(name)

    def watched_step(self, batch, **kwargs):
        module, (inputs, target) = on_meta(self.module_), on_meta(batch)
        output = getattr(module, "training_output", module)(**inputs)
        check("loss", on_meta(self.criterion_)(output, target))
        return step(self, batch, **kwargs)

    def watched_minimise(self, part, optimizer, inputs):
        loss_of = getattr(on_meta(self.criterion_), part)
        check(part, loss_of(on_meta(self.module_), **on_meta(inputs)))
        return minimise(self, part, optimizer, inputs)

    monkeypatch.setattr(ZeroShotNet, "train_step", watched_step)
    monkeypatch.setattr(AdversarialNet, "_minimise", watched_minimise)
    fitted(make(), task)
    assert checked >= {"loss"} or checked == {"critic", "generator"}
