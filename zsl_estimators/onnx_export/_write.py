"""Writing an ONNX file."""

import json
import logging
import os
import warnings
from contextlib import contextmanager

import numpy as np
import torch

import zsl_estimators
from zsl_estimators.labels import to_show
from zsl_estimators.onnx_export._modules import PenalisedDecision
from zsl_estimators.onnx_export._scalers import (
    CannotExport,
    doubles,
    no_module,
    scaler_module,
)

PRECISIONS = {"double": torch.float64, "single": torch.float32}
# Enough for every operation that is used, and what old runtimes have too.
OPSET = 18
# Rows on which a graph is compared with its estimator.
N_CHECKED = 4


def write_onnx(estimator, path, precision):
    """Write the decision of a fitted estimator to a file.

    Parameters
    ----------
    estimator : BaseZeroShotClassifier
        Fitted. Its ``_scoring_module()`` makes a torch module that scores classes as
        ``_score_classes`` does, or raises :class:`CannotExport`.
    path : str or path-like
        Of the file.
    precision : {"double", "single"}
        What is computed in after the features have been scaled.
    """
    check_can_export(precision)
    try:
        with torch.no_grad():
            check_scores(estimator)
            decision = decision_module(estimator, PRECISIONS[precision])
            program = exported(decision, estimator.n_features_in_)
    except CannotExport as error:
        name = type(estimator).__name__
        raise NotImplementedError(f"{name} has no ONNX export: {error}") from None
    program.model.metadata_props.update(metadata_of(estimator))
    program.save(os.fspath(path), external_data=False)


def check_can_export(precision):
    """Refuse an unknown precision, and say what has to be installed."""
    if precision not in PRECISIONS:
        raise ValueError(f"precision must be 'double' or 'single', got {precision!r}")
    try:
        import onnxscript  # noqa: F401
    except ImportError as error:
        raise ImportError(
            "to_onnx needs onnx and onnxscript. Install them with "
            "pip install -c constraints.txt '.[onnx]' in the checkout."
        ) from error


def check_scores(estimator):
    """Refuse a module that scores otherwise than the estimator does.

    So it would be where a subclass changes how classes are scored, but not the module.
    """
    X = np.random.RandomState(0).normal(size=(N_CHECKED, estimator.n_features_in_))
    X = X.astype(np.float32)
    scores, _ = decision_module(estimator, torch.float64)(torch.tensor(X))
    seen = estimator._table.seen[estimator._order]
    expected = estimator._score_classes(estimator._scaled(X))[:, estimator._order]
    expected = expected - estimator.seen_penalty_ * seen
    tolerance = 1e-6 * np.abs(expected).max()
    if not np.allclose(scores.numpy(), expected, rtol=1e-6, atol=tolerance):
        raise CannotExport(
            "its _scoring_module() scores otherwise than its _score_classes()",
            "Override both in the same way, or store it with skops.io.dump.",
        )


def decision_module(estimator, dtype):
    """The whole decision of an estimator, from features to the best class."""
    if len(estimator._labelled_rows):
        raise CannotExport(
            "its scores of some classes also depend on rows that add_classes got",
            "Store the estimator with skops.io.dump, or fit it to these rows too.",
        )
    order = estimator._order
    penalties = estimator.seen_penalty_ * estimator._shares_of_penalty
    if not hasattr(estimator, "_scoring_module"):
        raise no_module(estimator)
    # Of the two it knows best what cannot be exported, and why.
    scores = estimator._scoring_module().cpu().to(dtype)
    decision = PenalisedDecision(
        scaler_module(estimator.feature_scaler_),
        scores,
        torch.tensor(np.asarray(order)),
        doubles(penalties).to(dtype),
    )
    return decision.eval()


def exported(decision, n_features):
    """An ONNX program of a decision, for any number of rows."""
    example = torch.zeros(2, n_features, dtype=torch.float32)
    with without_remarks():
        program = torch.onnx.export(
            decision,
            (example,),
            input_names=["features"],
            output_names=["scores", "position"],
            dynamic_shapes=({0: torch.export.Dim("n_samples")},),
            opset_version=OPSET,
            dynamo=True,
            verbose=False,
        )
    if isinstance(program.model.graph.inputs[0].shape[0], int):
        raise CannotExport(
            "its network can be traced for one number of rows only",
            "Use shape[0] instead of len in its forward, or store the estimator with "
            "skops.io.dump.",
        )
    return program


@contextmanager
def without_remarks():
    """Keep torch from writing about its own inside and packages that it misses."""
    logger = logging.getLogger("torch.onnx")
    before = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(before)


def metadata_of(estimator):
    """What the graph does not say, as text by name."""
    metadata = {
        "classes": as_json(estimator.classes_),
        "seen_classes": as_json(estimator.seen_classes_),
        "seen_penalty": repr(float(estimator.seen_penalty_)),
        "estimator": type(estimator).__name__,
        "zsl_estimators_version": zsl_estimators.__version__,
    }
    if hasattr(estimator, "feature_names_in_"):
        metadata["feature_names"] = as_json(estimator.feature_names_in_)
    return metadata


def as_json(labels):
    """Labels as a JSON list; what JSON does not know becomes text."""
    return json.dumps(to_show(labels), ensure_ascii=False, default=str)
