"""The copy that a fitted net predicts with is kept, but never out of date."""

import pickle

import numpy as np
import pytest
import torch

from tests.common import small
from zsl_estimators import ALEClassifier
from zsl_estimators.datasets import make_gzsl
from zsl_estimators.training import _prediction_module
from zsl_estimators.training._prediction_module import PredictionModule


@pytest.fixture
def copies(monkeypatch):
    """Whatever is copied."""
    made = []
    original = _prediction_module.copied_in_precision

    def counted(module, single):
        made.append(module)
        return original(module, single)

    monkeypatch.setattr(_prediction_module, "copied_in_precision", counted)
    return made


def test_one_copy_until_the_weights_change(copies):
    kept, module = PredictionModule(), torch.nn.Linear(3, 2)
    first = kept.of(module, single=False)
    assert kept.of(module, single=False) is first
    assert first.weight.dtype == torch.float64
    assert kept.of(module, single=True).weight.dtype == torch.float32
    assert len(copies) == 2


def test_a_copy_for_every_device(copies):
    kept, module = PredictionModule(), torch.nn.Linear(3, 2)
    elsewhere = torch.device("meta")
    for _ in range(2):
        assert kept.of(module, True, device=elsewhere).weight.device == elsewhere
    assert module.weight.device == torch.device("cpu")
    assert kept.of(module, single=True).weight.device == torch.device("cpu")
    assert len(copies) == 2


@pytest.mark.parametrize(
    "change",
    [
        lambda module: torch.nn.init.ones_(module.weight),
        lambda module: module.load_state_dict(torch.nn.Linear(3, 2).state_dict()),
        lambda module: module.to(torch.float64),
        lambda module: setattr(
            module, "weight", torch.nn.Parameter(torch.ones_like(module.weight))
        ),
    ],
)
def test_changed_weights_are_copied(change):
    kept, module = PredictionModule(), torch.nn.Linear(3, 2)
    kept.of(module, single=False)
    change(module)
    copied = kept.of(module, single=False)
    assert torch.equal(copied.weight, module.weight.double())
    assert torch.equal(copied.bias, module.bias.double())


def test_another_module_is_copied():
    kept, modules = PredictionModule(), [torch.nn.Linear(3, 2) for _ in range(2)]
    for module in modules:
        copied = kept.of(module, single=False)
        assert torch.equal(copied.weight, module.weight.double())


def test_predictions_of_an_estimator(copies):
    """Trained further, loaded from a pickle: always those of the weights it has."""
    data = make_gzsl(15, n_seen=6, n_unseen=2, random_state=0)
    clf = small(ALEClassifier, attributes=data.attributes, random_state=0)
    clf.set_params(seen_penalty=0.1).fit(data.X_train, data.y_train)
    copies.clear()
    scores = clf.decision_function(data.X_test)
    size = len(pickle.dumps(clf))
    np.testing.assert_array_equal(clf.decision_function(data.X_test), scores)
    assert len(copies) == 1
    assert len(pickle.dumps(clf)) == size
    again = pickle.loads(pickle.dumps(clf))
    np.testing.assert_array_equal(again.decision_function(data.X_test), scores)
    with torch.no_grad():
        for parameter in clf.net_.inference_module.parameters():
            parameter.mul_(2)
    assert not np.array_equal(clf.decision_function(data.X_test), scores)
    clf.fit(data.X_train, data.y_train)
    np.testing.assert_array_equal(clf.decision_function(data.X_test), scores)


def test_a_net_that_is_trained_further():
    """Fused optimisers change weights without a trace; the epochs are counted."""
    data = make_gzsl(15, n_seen=6, n_unseen=2, random_state=0)
    clf = small(ALEClassifier, attributes=data.attributes, random_state=0)
    clf.set_params(seen_penalty=0.1, warm_start=True, early_stopping=False)
    clf.fit(data.X_train, data.y_train)
    scores = clf.decision_function(data.X_test)
    clf.fit(data.X_train, data.y_train)
    assert not np.array_equal(clf.decision_function(data.X_test), scores)
