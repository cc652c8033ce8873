"""Scores of classes whose descriptions are changed after the fit."""

import numpy as np
import pandas as pd

from zsl_estimators.candidates import (
    inside,
    score_matrix,
    seen_penalties,
    unwrapped,
    with_changed_classes,
)


def described_classifier(estimator, X, who):
    """Reach the innermost classifier with descriptions, and what it gets of features.

    Parameters
    ----------
    estimator, X, who
        See :func:`~zsl_estimators.candidates.inside`.

    Returns
    -------
    classifier : estimator
        Its classes can be described by numbers; those of a text classifier cannot.
    X : array-like
        Transformed by the pipelines on the way, or embedded.
    """
    inside(estimator, None, "class_attributes_", who)
    # Without features at first: a pipeline that a classifier holds may not be fitted.
    walked = [inner for inner, _ in unwrapped(estimator)]
    wanted = [inner for inner in walked if hasattr(inner, "class_attributes_")][-1]
    return next(pair for pair in unwrapped(estimator, X) if pair[0] is wanted)


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

    They keep the labelled rows that they have.

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

    changed = with_changed_classes(classifier, change)
    changed._take_rows_back(classifier, labels)
    return changed


def attribute_names(classifier):
    """Names of the columns of the class table; "a0", "a1" and so on without names."""
    names = classifier._table.names
    if names is None:
        names = [
            f"a{number}" for number in range(classifier.class_attributes_.shape[1])
        ]
    return pd.Index(names, tupleize_cols=False)


def penalty_around(estimator, classifier):
    """What calibrations around a classifier take from seen classes, beside its own."""
    penalties = seen_penalties(estimator)
    return sum(penalty for inner, penalty in penalties if inner is not classifier)


def shares_of_penalty(classifier):
    """Which share of a seen penalty is taken from the score of every class."""
    seen = np.isin(classifier.classes_, classifier.seen_classes_)
    # A class with a few labelled rows pays a part of it.
    return getattr(classifier, "_shares_of_penalty", seen)
