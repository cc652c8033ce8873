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
from zsl_estimators import (
    ALEClassifier,
    DiffusionClassifier,
    FGANClassifier,
    SoftmaxHead,
    VAEcFlowClassifier,
)
from zsl_estimators.generative._contrast import SupervisedContrastTransformer
from zsl_estimators.training import (
    AdversarialNet,
    TorchTrainingMixin,
    ZeroShotNet,
)

# What is tested does not depend on the number of folds.
pytestmark = pytest.mark.usefixtures("few_folds")

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


class NoWaiting(TorchDispatchMode):
    """Refuses what lets the host wait for the device, but for copies to the host,
    which are none where both are the same; those the device "meta" finds."""

    WAITING = (
        "aten._local_scalar_dense",
        "aten.equal",
        "aten.is_nonzero",
        "aten.masked_select",
        "aten.nonzero",
        "aten._unique",
        "aten.unique",
    )

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        masks = (
            isinstance(leaf, torch.Tensor) and leaf.dtype == torch.bool
            for leaf in tree_leaves(args[1:2])
        )
        by_mask = str(function).startswith("aten.index.") and any(masks)
        if by_mask or str(function).startswith(self.WAITING):
            raise RuntimeError(f"the host waits for {function}")
        return function(*args, **(kwargs or {}))


def fitted(estimator, task):
    parameters = {"max_epochs": 1, "early_stopping": False, "seen_penalty": 0.0}
    estimator.set_params(attributes=task.attributes, random_state=0, **parameters)
    return estimator.fit(task.X_train, task.y_train)


def test_the_mode_refuses():
    one = torch.ones(1)
    with SinglePrecision(), pytest.raises(TypeError, match="double precision"):
        one.double()


@pytest.mark.parametrize(
    "wait",
    [
        lambda x: x.sum().item(),
        lambda x: x[x > 0],
        lambda x: x.unique(),
        lambda x: bool((x > 0).all()),
        lambda x: torch.nonzero(x),
    ],
)
def test_the_mode_refuses_to_wait(wait):
    x = torch.arange(3.0)
    with NoWaiting(), pytest.raises(RuntimeError, match="the host waits"):
        wait(x)


@pytest.fixture
def trained_without_waiting(monkeypatch):
    """Number of batches; what an epoch records comes after them."""
    steps, run = [], ZeroShotNet.run_single_epoch

    def watched(self, iterator, training, prefix, step_fn, **kwargs):
        def batches():
            of_epoch = iter(iterator)
            for _ in range(len(iterator)):
                with NoWaiting():
                    batch = next(of_epoch)
                yield batch

        def step(batch, **fit_params):
            steps.append(1)
            with NoWaiting():
                return step_fn(batch, **fit_params)

        return run(self, batches(), training, prefix, step, **kwargs)

    monkeypatch.setattr(ZeroShotNet, "run_single_epoch", watched)
    return steps


@make_all(MODELS, LOSSES)
def test_training_does_not_wait(make, task, trained_without_waiting):
    fitted(make(), task)
    assert trained_without_waiting


@pytest.mark.parametrize("cls", [FGANClassifier, VAEcFlowClassifier])
def test_streams_do_not_wait(cls, task, trained_without_waiting):
    head = SoftmaxHead(max_epochs=2)
    fitted(small(cls, decision="head", synthesis="stream", head=head), task)
    assert trained_without_waiting


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
    seen = []

    def noted(get):
        def get_and_note(self):
            module = get(self)
            seen.extend(module.parameters())
            return module

        return get_and_note

    monkeypatch.setattr(type(clf), "_predicts_in_single", True)
    for name in ("_module_for_prediction", "_module_to_predict_with"):
        monkeypatch.setattr(type(clf), name, noted(getattr(type(clf), name)))
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
