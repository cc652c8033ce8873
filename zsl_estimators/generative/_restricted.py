"""Generative classifiers of some of their classes, with a head of their own."""

import copy

from zsl_estimators.decisions import Head
from zsl_estimators.seeds import private_random_state


def restricted(classifier, classes):
    """Copy a fitted generative classifier, and train its head for some classes alone.

    Parameters
    ----------
    classifier : FeatureGeneratingClassifier
        Fitted; is left as it is.
    classes : array-like of shape (n_classes,) or None
        Labels; None are the unseen classes.

    Returns
    -------
    classifier : FeatureGeneratingClassifier
        Knows these classes only.

    Raises
    ------
    ValueError
        If there is no head, or if there are not two classes to tell apart.
    """
    check_decides_by_head(classifier)
    wanted = classifier.unseen_classes_ if classes is None else classes
    table = classifier._table.only(classifier._table.known(wanted))
    check_two_classes(table.labels)
    one = copy.deepcopy(classifier)
    one._set_table(table)
    # What the folds have shown is about all classes, and the head of all classes.
    one.seen_penalty_, one._held_out_performance = 0.0, None
    # Rows that were given to add_classes served the former head.
    one._labelled_rows = one._labelled_rows.of_classes([])
    with one._predict_context():
        random_state = private_random_state(one.random_state)
        one.decision_ = one.decision_.refitted(one._generator(), random_state)
    return one


def check_decides_by_head(classifier):
    """Refuse a classifier that has no head to train."""
    if not isinstance(classifier.decision_, Head):
        raise ValueError(
            f"there is no head: the decision is {classifier.decision_.name!r}, with "
            "which the score of a class does not depend on the other classes. Use "
            "predict(X, classes=...), or fit with "
            'decision="head".'
        )


def check_two_classes(labels):
    """Refuse to train a head for fewer than two classes."""
    if len(labels) < 2:
        raise ValueError(
            f"classes must hold two labels or more, got {labels.tolist()}. Describe "
            "unseen classes in attributes, or name others of classes_."
        )
