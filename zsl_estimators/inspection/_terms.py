"""Scores that are sums over attributes."""

from zsl_estimators.contexts import harmless_underflow
from zsl_estimators.scaling import unmixed


def attribute_terms(classifier, X, columns):
    """Terms of the scores of one class per sample, one term per attribute.

    A classifier tells of them by one of two methods, which get scaled features and the
    position of a class in the table for every sample:

    - ``_attribute_weights(Z, positions)``: weights of the scaled attributes, of shape
      (n_samples, n_scaled_attributes). Their products with the scaled descriptions of
      the classes sum to the scores, up to a number that is the same for all classes of
      a sample. None where scores are no such sums;
    - ``_attribute_terms(Z, positions)``: the terms themselves.

    Parameters
    ----------
    classifier : estimator
        Fitted.
    X : array-like of shape (n_samples, n_features)
        Features.
    columns : ndarray of shape (n_samples,)
        Class of every sample, as a position in `classes_`.

    Returns
    -------
    terms : ndarray of shape (n_samples, n_attributes) or None
        They sum to the scores without the penalty, up to a number that is the same for
        all classes of a sample. None where scores are no such sums.
    """
    own_terms = getattr(classifier, "_attribute_terms", None)
    own_weights = getattr(classifier, "_attribute_weights", None)
    if own_terms is None and own_weights is None:
        return None
    positions = classifier._order[columns]
    with harmless_underflow(), classifier._predict_context():
        Z = classifier._scaled(classifier._checked(X))
        if own_terms is not None:
            return own_terms(Z, positions)
        weights = own_weights(Z, positions)
    if weights is None:
        return None
    parts, mixing = unmixed(classifier.attribute_scaler_, classifier._table.matrix)
    return parts[positions] * (weights @ mixing.T)
