"""What estimators of a learned score of a sample and a class share."""

from functools import partial

import numpy as np
import torch

from zsl_estimators.nn.blocks import row_blocks
from zsl_estimators.nn.compatibility import CompatibilityLoss
from zsl_estimators.scaling import AttributeScaler, BalancedScaler
from zsl_estimators.training import CosineSchedule, float32, to_numpy


def unit_scalers(attribute_scaling, length=1.0):
    """Scalers of features and descriptions that end in rows of one length.

    Parameters
    ----------
    attribute_scaling : str
        See :class:`AttributeScaler`.
    length : float, default=1.0
        Length of scaled descriptions; that of samples is 1.

    Returns
    -------
    feature_scaler : BalancedScaler
        Not fitted.
    attribute_scaler : AttributeScaler
        Not fitted.
    """
    return (
        BalancedScaler(unit_rows=True),
        AttributeScaler(attribute_scaling, row_length=length),
    )


def ranking_arguments(problem, module, arguments, loss, margin, estimator):
    """Arguments of a net that learns to rank the seen classes.

    Parameters
    ----------
    problem : Problem
        Has the descriptions.
    module : type
        A CompatibilityNetwork.
    arguments : dict
        Its arguments besides the descriptions.
    loss : str
        Key of :data:`zsl_estimators.nn.compatibility.LOSSES`.
    margin : float
        Of the loss.
    estimator : estimator
        Has `weight_decay` and `max_epochs`.

    Returns
    -------
    arguments : dict
        For a skorch net.
    """
    return {
        "module": module,
        "module__class_attributes": torch.tensor(float32(problem.S_seen)),
        **{f"module__{name}": value for name, value in arguments.items()},
        "criterion": CompatibilityLoss,
        "criterion__kind": loss,
        "criterion__margin": margin,
        "optimizer": partial(torch.optim.AdamW, fused=True),
        "optimizer__weight_decay": estimator.weight_decay,
        "callbacks": [CosineSchedule(estimator.max_epochs)],
    }


def network_scores(module, Z, S, **settings):
    """Scores of samples against descriptions, both scaled, float64."""
    parameter = next(module.parameters())
    attributes = torch.as_tensor(S).to(parameter)
    scores = [
        to_numpy(module(torch.as_tensor(Z[rows]).to(parameter), attributes, **settings))
        for rows in row_blocks(len(Z))
    ]
    return np.concatenate(scores)
