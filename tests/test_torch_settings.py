"""What the caller has set in torch neither changes a result nor is changed."""

import contextlib

import numpy as np
import pytest
import torch

from tests.common import SMALL_RULES, public_estimators, small
from zsl_estimators import (
    ALEClassifier,
    DiffusionClassifier,
    FGANClassifier,
    SoftmaxHead,
)
from zsl_estimators.training import TorchTrainingMixin, usual_torch_settings

# What is tested does not depend on the number of folds.
pytestmark = pytest.mark.usefixtures("few_folds")

TORCH = [cls for cls in public_estimators() if issubclass(cls, TorchTrainingMixin)]


@contextlib.contextmanager
def default_dtype(dtype):
    before = torch.get_default_dtype()
    torch.set_default_dtype(dtype)
    try:
        yield
    finally:
        torch.set_default_dtype(before)


SETTINGS = {
    "float64": lambda: default_dtype(torch.float64),
    "bfloat16": lambda: default_dtype(torch.bfloat16),
    "no_grad": torch.no_grad,
    "inference_mode": torch.inference_mode,
    "autocast": lambda: torch.autocast("cpu"),
    "default device": lambda: torch.device("meta"),
}


@contextlib.contextmanager
def all_of_them():
    with contextlib.ExitStack() as stack:
        for name in SETTINGS:
            stack.enter_context(SETTINGS[name]())
        yield


every_setting = pytest.mark.parametrize("setting", list(SETTINGS))


def fitted(estimator, task):
    parameters = {"max_epochs": 1, "early_stopping": False, "seen_penalty": 0.0}
    estimator.set_params(attributes=task.attributes, random_state=0, **parameters)
    return estimator.fit(task.X_train, task.y_train)


def state():
    return (
        torch.get_default_dtype(),
        torch.is_grad_enabled(),
        torch.is_inference_mode_enabled(),
        torch.is_autocast_enabled("cpu"),
        torch.get_default_device(),
    )


@pytest.fixture(scope="module")
def plain(task):
    """Models that were fitted as usual, by name, each fitted once."""
    models = {}

    def of(name, estimator):
        if name not in models:
            models[name] = fitted(estimator, task)
        return models[name]

    return of


def trained(classes=TORCH):
    for cls in classes:
        yield pytest.param(lambda cls=cls: small(cls), id=cls.__name__)


def estimators():
    yield from trained()
    for rule in SMALL_RULES[1:]:
        yield pytest.param(
            lambda rule=rule: small(DiffusionClassifier, rule=rule),
            id=type(rule).__name__,
        )


# A rule has no part in it.
@pytest.mark.parametrize("make", list(trained()))
def test_of_fit(make, task, plain, request):
    fit_inside(all_of_them, make, plain(request.node.callspec.id, make()), task)


# One of every way to train.
@every_setting
@pytest.mark.parametrize("make", list(trained([ALEClassifier, FGANClassifier])))
def test_of_fit_one_by_one(make, setting, task, plain, request):
    expected = plain(request.node.callspec.id.rpartition("-")[0], make())
    fit_inside(SETTINGS[setting], make, expected, task)


def fit_inside(setting, make, expected, task):
    with setting():
        inside = state()
        clf = fitted(make(), task)
        assert state() == inside
    np.testing.assert_array_equal(
        clf.decision_function(task.X_test), expected.decision_function(task.X_test)
    )


@every_setting
@pytest.mark.parametrize("make", list(estimators()))
def test_of_predict(make, setting, task, plain, request):
    clf = plain(request.node.callspec.id.rpartition("-")[0], make())
    methods = ("decision_function", "predict_attributes", "score_samples")
    called = [getattr(clf, name) for name in methods if hasattr(clf, name)]
    expected = [method(task.X_test) for method in called]
    with SETTINGS[setting]():
        inside = state()
        found = [method(task.X_test) for method in called]
        assert state() == inside
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_array_equal(one, other)


@every_setting
def test_of_the_head(setting, task):
    def scores():
        head = SoftmaxHead(max_epochs=2, random_state=0)
        return head.fit(task.X_train, task.y_train).decision_function(task.X_test)

    expected = scores()
    with SETTINGS[setting]():
        np.testing.assert_array_equal(scores(), expected)


@every_setting
def test_of_added_classes_and_samples(setting, task):
    cls = next(cls for cls in TORCH if hasattr(cls, "sample"))

    def added_and_sampled():
        clf = fitted(small(cls), task)
        context = SETTINGS[setting]() if inside else contextlib.nullcontext()
        with context:
            clf.add_classes(np.full((1, 4), 0.5), classes=[99])
            sampled, _ = clf.sample(3)
        return clf.decision_function(task.X_test), sampled

    inside = False
    expected = added_and_sampled()
    inside = True
    for one, other in zip(added_and_sampled(), expected, strict=True):
        np.testing.assert_array_equal(one, other)


def test_settings_come_back_after_an_error():
    def failing():
        with usual_torch_settings():
            assert torch.zeros(1).dtype == torch.float32
            raise ValueError("inside")

    with default_dtype(torch.float64), torch.no_grad():
        before = state()
        with pytest.raises(ValueError, match="inside"):
            failing()
        assert state() == before
