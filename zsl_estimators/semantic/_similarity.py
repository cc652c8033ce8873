"""How attributes of a sample are compared with those of a class."""

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


SIMILARITIES = {"cosine": cosine_similarity, "distance": distance_similarity}
# The same as torch modules, made of scaled descriptions.
SIMILARITY_MODULES = {"cosine": CosineScores, "distance": ProjectionScores}
