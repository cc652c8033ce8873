"""The graph that an estimator exports decides as the estimator does."""

import builtins
import json

import numpy as np
import onnxruntime
import pytest
import torch
from sklearn.ensemble import IsolationForest
from sklearn.linear_model import LogisticRegression

from tests.common import public_estimators, quick, small
from zsl_estimators import (
    ALEClassifier,
    CADAVAEClassifier,
    ClassNormClassifier,
    CMTClassifier,
    ConSEClassifier,
    DAPClassifier,
    DiffusionClassifier,
    ExemplarClassifier,
    FGANClassifier,
    GaussianSemanticClassifier,
    IAPClassifier,
    NearestDescriptionClassifier,
    RevCDClassifier,
    RidgeSemanticClassifier,
    SAEClassifier,
    TFVAEGANClassifier,
    TipAdapterClassifier,
    VAEcFlowClassifier,
    ZeroDiffClassifier,
    ZeroShotEnsembleClassifier,
)
from zsl_estimators.datasets import make_gzsl
from zsl_estimators.onnx_export._write import check_scores, decision_module
from zsl_estimators.training import usual_torch_settings
from zsl_estimators.utils.estimator_checks._task import NAMES, fitted, small_task

CANNOT = {
    ConSEClassifier,
    DAPClassifier,
    DiffusionClassifier,
    IAPClassifier,
    ZeroShotEnsembleClassifier,
}


@pytest.fixture(scope="module")
def data():
    return small_task(labels=NAMES)


@pytest.fixture(scope="module")
def rows(data):
    """1,000 samples, as graphs take them."""
    rng = np.random.RandomState(0)
    X = data.X_test[rng.randint(len(data.X_test), size=1000)]
    return (X + 0.5 * rng.normal(size=X.shape)).astype(np.float32)


def all_scores(clf, X):
    return np.concatenate(list(clf._penalised_scores(X)))


def assert_agrees(clf, X, scores, position, atol):
    """Scores are equal, and labels but for ties."""
    expected = all_scores(clf, X)
    np.testing.assert_allclose(scores, expected, atol=atol, rtol=0)
    chosen = expected[np.arange(len(X)), position]
    np.testing.assert_allclose(chosen, expected.max(axis=1), atol=2 * atol, rtol=0)
    assert (clf.classes_[position] == clf.predict(X)).mean() > 0.999


def assert_module_agrees(clf, X):
    before = all_scores(clf, X)
    with usual_torch_settings(), torch.inference_mode():
        check_scores(clf)
        decision = decision_module(clf, torch.float64)
        scores, position = decision(torch.tensor(X))
        decision_module(clf, torch.float32)
    assert_agrees(clf, X, scores.numpy(), position.numpy(), atol=1e-8)
    # What has been exported is a copy.
    np.testing.assert_array_equal(all_scores(clf, X), before)


@pytest.mark.parametrize("cls", [c for c in public_estimators() if c not in CANNOT])
def test_every_decision_as_a_module(cls, data, rows):
    assert_module_agrees(fitted(quick(cls), data), rows)


@pytest.mark.parametrize(
    ("cls", "settings"),
    [
        (CADAVAEClassifier, {"decision": "gaussian"}),
        (CADAVAEClassifier, {"decision": "gaussian", "init": None}),
        (ClassNormClassifier, {"feature_scaling": "none"}),
        (FGANClassifier, {"decision": "gaussian", "feature_scaling": "minmax"}),
        (GaussianSemanticClassifier, {"similarity": "distance"}),
        (RevCDClassifier, {"init": None, "max_epochs": 2}),
        (RevCDClassifier, {"correction_weight": 0.5, "guidance_scale": 2.0}),
        (RevCDClassifier, {"sampler": "ddpm", "sampling_steps": 3}),
        (SAEClassifier, {"space": "features"}),
        (TFVAEGANClassifier, {"decision": "gaussian"}),
        (TipAdapterClassifier, {"alpha": 5.0, "centering": False}),
        (ZeroDiffClassifier, {"decision": "gaussian", "view": "V+S"}),
    ],
)
def test_other_settings_as_a_module(cls, settings, data, rows):
    assert_module_agrees(fitted(quick(cls), data, **settings), rows)


def run(path, X):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(path, options)
    return session, *session.run(None, {"features": X})


@pytest.mark.parametrize(
    "cls",
    # One of each kind: torch takes seconds for a graph, and the test above has all.
    [ALEClassifier, ExemplarClassifier, FGANClassifier, RevCDClassifier],
)
def test_onnxruntime(cls, data, rows, tmp_path):
    clf = fitted(quick(cls), data)
    path = tmp_path / "model.onnx"
    clf.to_onnx(path)
    session, scores, position = run(path, rows)
    assert_agrees(clf, rows, scores, position, atol=1e-4)
    assert [file.name for file in tmp_path.iterdir()] == ["model.onnx"]
    metadata = session.get_modelmeta().custom_metadata_map
    assert json.loads(metadata["classes"]) == clf.classes_.tolist()
    assert json.loads(metadata["seen_classes"]) == clf.seen_classes_.tolist()
    one, _ = session.run(None, {"features": rows[:1]})
    np.testing.assert_allclose(one[0], scores[0], rtol=1e-9)


def test_single_precision_and_added_classes(data, rows, tmp_path):
    clf = fitted(small(ExemplarClassifier), data)
    new = data.attributes.iloc[:2].set_axis(["aal", "zebu"]) + 0.5
    clf.add_classes(new).to_onnx(tmp_path / "single.onnx", precision="single")
    session, scores, position = run(tmp_path / "single.onnx", rows)
    assert scores.dtype == np.float32
    assert_agrees(clf, rows, scores, position, atol=1e-4)
    metadata = session.get_modelmeta().custom_metadata_map
    assert json.loads(metadata["classes"])[0] == "aal"


def test_offsets_are_taken_off_in_double_precision(rows, tmp_path):
    """As exactly as the input holds them, whatever is computed in afterwards."""
    data = make_gzsl(12, n_features=6, random_state=7)
    X = (data.X_test + 1e5).astype(np.float32)
    clf = RidgeSemanticClassifier(data.attributes, alpha=0.1, random_state=0)
    clf.set_params(seen_penalty=0.1).fit(data.X_train + 1e5, data.y_train)
    with usual_torch_settings(), torch.inference_mode():
        scores, position = decision_module(clf, torch.float32)(torch.tensor(X))
    assert_agrees(clf, X, scores.numpy(), position.numpy(), atol=1e-5)


@pytest.mark.parametrize("cls", sorted(CANNOT, key=lambda cls: cls.__name__))
def test_what_cannot_be_exported_says_so(cls, data, tmp_path):
    clf = fitted(small(cls), data)
    with pytest.raises(NotImplementedError, match=rf"{cls.__name__} has no .* skops"):
        clf.to_onnx(tmp_path / "model.onnx")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("cls", "settings", "reason"),
    [
        (VAEcFlowClassifier, {"decision": "likelihood"}, 'decision="head"'),
        (FGANClassifier, {"head": LogisticRegression()}, "LogisticRegression"),
        (
            CMTClassifier,
            {"novelty_detector": IsolationForest(n_estimators=5)},
            "novelty_detector=None",
        ),
    ],
)
def test_settings_that_cannot_be_exported(cls, settings, reason, data, tmp_path):
    clf = fitted(small(cls), data, **settings)
    with pytest.raises(NotImplementedError, match=f"{cls.__name__}.*{reason}"):
        clf.to_onnx(tmp_path / "model.onnx")


class CountsRows(torch.nn.Module):
    """Asks for the number of rows in a way that a trace cannot follow."""

    def forward(self, x):
        return x * torch.ones(len(x), 1)


class OneRowAtATime(NearestDescriptionClassifier):
    def _scoring_module(self):
        return torch.nn.Sequential(CountsRows().double(), super()._scoring_module())


def test_a_frozen_number_of_rows_is_noticed(data, tmp_path):
    clf = fitted(OneRowAtATime(space="mapped"), data)
    with pytest.raises(NotImplementedError, match=r"OneRowAtATime.*shape\[0\]"):
        clf.to_onnx(tmp_path / "model.onnx")


class ScoresOtherwise(RidgeSemanticClassifier):
    def _similarity(self, predicted, classes):
        return super()._similarity(predicted, classes) ** 3


def test_a_subclass_that_scores_otherwise(data, tmp_path):
    clf = fitted(ScoresOtherwise(), data)
    with pytest.raises(NotImplementedError, match=r"ScoresOtherwise.*_score_classes"):
        clf.to_onnx(tmp_path / "model.onnx")


def test_bad_precision(data, tmp_path):
    clf = fitted(small(RidgeSemanticClassifier), data)
    with pytest.raises(ValueError, match=r"precision.*'half'"):
        clf.to_onnx(tmp_path / "model.onnx", precision="half")


def test_without_onnxscript(data, tmp_path, monkeypatch):
    clf = fitted(small(RidgeSemanticClassifier), data)
    usual = builtins.__import__

    def missing(name, *args, **kwargs):
        if name == "onnxscript":
            raise ImportError(name)
        return usual(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", missing)
    with pytest.raises(ImportError, match="onnxscript"):
        clf.to_onnx(tmp_path / "model.onnx")
