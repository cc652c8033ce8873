"""Fitted scalers and maps as torch modules, in double precision."""

import numpy as np
import torch
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler
from torch import nn

from zsl_estimators.onnx_export._modules import Affine, UnitRows
from zsl_estimators.rows import BlockwiseStandardScaler
from zsl_estimators.scaling import BalancedScaler, FeatureScaler, Unscaled


class CannotExport(NotImplementedError):
    """There is no ONNX graph of a decision.

    Parameters
    ----------
    why : str
        Without a full stop.
    instead : str
        A sentence that says what to do.
    """

    def __init__(self, why, instead):
        super().__init__(f"{why}. {instead}")


# Why estimators that tell nothing of it cannot be exported, and what to do instead.
NO_MODULE = (
    "it does not say how it scores classes outside of Python",
    "Store it with skops.io.dump, or implement _scoring_module().",
)


def no_module(estimator):
    """The error of an estimator that no torch module scores as.

    Parameters
    ----------
    estimator : estimator
        May have ``_no_onnx``, a pair of why, and what to do instead.

    Returns
    -------
    error : CannotExport
        To be raised.
    """
    return CannotExport(*getattr(estimator, "_no_onnx", NO_MODULE))


def doubles(array):
    """A tensor of double precision."""
    return torch.tensor(np.asarray(array, dtype=np.float64))


def map_module(linear, offset=None, shift=None):
    """A linear map of rows as a module.

    Parameters
    ----------
    linear : ndarray of shape (n_in, n_out) or (n_in,)
        A matrix, or the diagonal of one.
    offset : ndarray of shape (n_in,) or None, default=None
        Is subtracted before.
    shift : ndarray of shape (n_out,) or None, default=None
        Is added after.

    Returns
    -------
    module : Affine
        In double precision.
    """
    offset = np.zeros(len(linear)) if offset is None else offset
    shift = None if shift is None else doubles(shift)
    return Affine(doubles(offset), doubles(linear), shift)


def scaler_module(scaler):
    """A fitted scaler of features as a module.

    Parameters
    ----------
    scaler : transformer
        One of this package, or StandardScaler; others have a method ``as_module``.

    Returns
    -------
    module : nn.Module
        Takes and gives rows in double precision.

    Raises
    ------
    CannotExport
        If it is another one.
    """
    if hasattr(scaler, "as_module"):
        return scaler.as_module()
    for kind, make in SCALERS.items():
        if isinstance(scaler, kind):
            return make(scaler)
    raise CannotExport(
        f"its features are scaled by {type(scaler).__name__}",
        "Store it with skops.io.dump.",
    )


def unscaled_module(scaler):
    """What brings scaled features back to the users' units, as a module.

    Parameters
    ----------
    scaler : FeatureScaler or RepresentationScaler
        Fitted.

    Returns
    -------
    module : nn.Module
        Takes and gives rows in double precision.
    """
    if hasattr(scaler, "inverse_module"):
        return scaler.inverse_module()
    return map_module(scaler.backward_, shift=scaler.offset_)


def _standard(scaler):
    n_features = scaler.n_features_in_
    scale = np.ones(n_features) if scaler.scale_ is None else scaler.scale_
    offset = scaler.mean_ if scaler.with_mean else None
    return map_module(1 / scale, offset)


def _blockwise(scaler):
    offset = scaler.mean_ if scaler.with_mean else None
    return map_module(1 / scaler.divisor_, offset)


def _balanced(scaler):
    standard = _blockwise(scaler)
    return nn.Sequential(standard, UnitRows()) if scaler.unit_rows else standard


def _affine(scaler):
    return map_module(scaler.forward_, scaler.offset_)


def _pipeline(pipeline):
    return nn.Sequential(*(scaler_module(step) for _, step in pipeline.steps))


def _identity(scaler):
    return nn.Identity()


# The first one that suits: subclasses come before their bases.
SCALERS = {
    BalancedScaler: _balanced,
    BlockwiseStandardScaler: _blockwise,
    StandardScaler: _standard,
    FeatureScaler: _affine,
    Pipeline: _pipeline,
    Unscaled: _identity,
}
