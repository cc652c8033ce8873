"""Scores of classes whose descriptions are changed after the fit."""

import numpy as np
import pandas as pd

from zsl_estimators.candidates import score_matrix, with_changed_classes


class DescribedClasses:
    """Scores that a fitted classifier would give to a class with another description.

    Parameters
    ----------
    classifier : estimator
        Fitted; stays as it is.
    X : array-like of shape (n_samples, n_features)
        Features.
    """

    def __init__(self, classifier, X):
        self.classifier = classifier
        self.X = X

    def scores(self, column, description):
        """Score a class as an unseen one that has a description.

        Parameters
        ----------
        column : int
            Position in `classes_`.
        description : ndarray of shape (n_attributes,)
            In the units of the table.

        Returns
        -------
        scores : ndarray of shape (n_samples,)
            Without the seen penalty.
        """
        label = self.classifier.classes_[[column]]
        # With exactly its own description a removed class comes back as it was.
        description = np.nextafter(description, np.inf)
        changed = with_descriptions(self.classifier, label, description[None])
        return score_matrix(changed, self.X)[:, changed.classes_ == label[0]].ravel()


def with_descriptions(classifier, labels, descriptions):
    """Copy a fitted classifier and describe some classes anew, as unseen ones.

    Parameters
    ----------
    classifier : estimator
        Fitted; stays as it is.
    labels : ndarray of shape (n_changed,)
        Classes to change.
    descriptions : ndarray of shape (n_changed, n_attributes)
        Their new descriptions.

    Returns
    -------
    changed : estimator
        The copy.
    """

    def change(inner, _):
        inner.remove_classes(labels)
        inner.add_classes(descriptions, labels)

    return with_changed_classes(classifier, change)


def attribute_names(classifier):
    """Names of the columns of the class table; "a0", "a1" and so on without names."""
    names = classifier._table.names
    if names is None:
        names = [
            f"a{number}" for number in range(classifier.class_attributes_.shape[1])
        ]
    return pd.Index(names)
