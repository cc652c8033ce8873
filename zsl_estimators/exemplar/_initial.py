"""What networks take over from a normal distribution per class."""

import numpy as np
import torch

from zsl_estimators.training import float32


def class_tensors(descriptions, init, matrix, feature_scaler, n_features):
    """Scaled descriptions and base means of classes.

    Parameters
    ----------
    descriptions : ndarray of shape (n_classes, n_attributes)
        Scaled descriptions.
    init : ExemplarClassifier or None
        The initial estimator; without one base means are zero.
    matrix : ndarray of shape (n_classes, n_attributes)
        Descriptions in the users' units.
    feature_scaler : transformer
        Scales features.
    n_features : int
        Number of features.

    Returns
    -------
    attributes : Tensor of shape (n_classes, n_attributes)
        Float32.
    centers : Tensor of shape (n_classes, n_features)
        Float32.
    """
    if init is None:
        centers = np.zeros((len(matrix), n_features))
    else:
        centers = feature_scaler.transform(init.predict_means(matrix))
    return torch.tensor(float32(descriptions)), torch.tensor(float32(centers))
