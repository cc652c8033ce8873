"""How attributes of a sample are compared with those of a class."""

import numpy as np

from zsl_estimators.onnx_export import CosineScores, ProjectionScores
from zsl_estimators.scaling import unit_rows


def cosine_similarity(predicted, classes):
    """Cosine of every pair, 0 where one side is zero.

    Parameters
    ----------
    predicted : ndarray of shape (n_samples, n_attributes)
        Scaled attributes of samples.
    classes : ndarray of shape (n_classes, n_attributes)
        Scaled descriptions.

    Returns
    -------
    similarity : ndarray of shape (n_samples, n_classes)
        From -1 to 1.
    """
    return unit_rows(predicted) @ unit_rows(classes).T


def distance_similarity(predicted, classes):
    """Half the squared distance with the sign turned, but for the length of a sample.

    That length is the same for all classes. It is divided by the number of attributes,
    so that the unit is that of the cosine for descriptions of mean square 1.

    Parameters
    ----------
    predicted : ndarray of shape (n_samples, n_attributes)
        Scaled attributes of samples.
    classes : ndarray of shape (n_classes, n_attributes)
        Scaled descriptions.

    Returns
    -------
    similarity : ndarray of shape (n_samples, n_classes)
        Larger is nearer.
    """
    squares = (classes**2).sum(axis=1) / 2
    return (predicted @ classes.T - squares) / classes.shape[1]


def cosine_weights(predicted, classes):
    """Weights of the attributes of one class per sample, whose sum is the cosine.

    Parameters
    ----------
    predicted : ndarray of shape (n_samples, n_attributes)
        Scaled attributes of samples.
    classes : ndarray of shape (n_samples, n_attributes)
        Scaled description of one class per sample.

    Returns
    -------
    weights : ndarray of shape (n_samples, n_attributes)
        ``(weights * classes).sum(axis=1)`` are the cosines.
    """
    lengths = np.linalg.norm(classes, axis=1, keepdims=True)
    return unit_rows(predicted) / np.where(lengths > 0, lengths, 1.0)


def distance_weights(predicted, classes):
    """Weights of the attributes of one class per sample, for the distance.

    Parameters
    ----------
    predicted : ndarray of shape (n_samples, n_attributes)
        Scaled attributes of samples.
    classes : ndarray of shape (n_samples, n_attributes)
        Scaled description of one class per sample.

    Returns
    -------
    weights : ndarray of shape (n_samples, n_attributes)
        ``(weights * classes).sum(axis=1)`` are what :func:`distance_similarity` gives.
    """
    return (predicted - classes / 2) / classes.shape[1]


WEIGHTS = {"cosine": cosine_weights, "distance": distance_weights}
SIMILARITIES = {"cosine": cosine_similarity, "distance": distance_similarity}
# The same as torch modules, made of scaled descriptions.
SIMILARITY_MODULES = {"cosine": CosineScores, "distance": ProjectionScores}
