"""What the accuracy owes to every attribute."""

import pandas as pd

from zsl_estimators.candidates import check_both_kinds, score_matrix
from zsl_estimators.inspection._described import (
    attribute_names,
    described_classifier,
    penalty_around,
    shares_of_penalty,
    with_descriptions,
)
from zsl_estimators.labels import is_in
from zsl_estimators.metrics import gzsl_report


def attribute_importance(estimator, X, y):
    """Compute the decrease of the accuracy without each attribute.

    For every attribute, its value for all unseen classes is replaced by the mean over
    the seen classes, so that it carries no information, and the samples are predicted
    again. Nothing is trained, except the part of a softmax head for unseen classes. The
    seen classes and the seen penalty do not change.

    Like the permutation importance of scikit-learn it evaluates this model. Correlated
    attributes replace each other, so that each of them may have a small importance.

    Parameters
    ----------
    estimator : estimator
        A fitted classifier with unseen classes, or a pipeline or search around one.
    X : array-like of shape (n_samples, n_features)
        Samples of seen and of unseen classes, that the model was not fitted to.
    y : array-like of shape (n_samples,)
        Their labels.

    Returns
    -------
    importance : DataFrame of shape (n_attributes, 3)
        Decrease of S, U and H of :func:`~zsl_estimators.metrics.gzsl_report`; negative
        for an increase. The attribute with the largest decrease of H comes first.

    Raises
    ------
    ValueError
        If `y` lacks seen or unseen classes.

    See Also
    --------
    sklearn.inspection.permutation_importance : The same for features.
    explain_predictions : What attributes add to single predictions.

    Examples
    --------
    >>> from zsl_estimators import ExemplarClassifier
    >>> from zsl_estimators.datasets import make_gzsl
    >>> from zsl_estimators.inspection import attribute_importance
    >>> data = make_gzsl(n_attributes=4, random_state=0)
    >>> clf = ExemplarClassifier(data.attributes, random_state=0)
    >>> clf = clf.fit(data.X_train, data.y_train)
    >>> attribute_importance(clf, data.X_test, data.y_test).columns.tolist()
    ['S', 'U', 'H']
    """
    who = "The importance of attributes needs a fitted classifier of zsl_estimators."
    classifier, X = described_classifier(estimator, X, who)
    around = penalty_around(estimator, classifier)
    seen, unseen = classifier.seen_classes_, classifier.unseen_classes_
    check_both_kinds(y, seen, "the importance of attributes")

    def figures(descriptions):
        changed = with_descriptions(classifier, unseen, descriptions)
        scores = score_matrix(changed, X) - around * shares_of_penalty(changed)
        predictions = changed.classes_[scores.argmax(axis=1)]
        return gzsl_report(y, predictions, seen_classes=seen).iloc[0]

    table, is_seen = classifier.class_attributes_, is_in(classifier.classes_, seen)
    described, usual = table[~is_seen], table[is_seen].mean(axis=0)
    whole, losses = figures(described), []
    for attribute, value in enumerate(usual):
        without = described.copy()
        without[:, attribute] = value
        losses.append(whole - figures(without))
    importance = pd.DataFrame(losses)[["S", "U", "H"]]
    importance.index = attribute_names(classifier).rename("attribute")
    return importance.sort_values("H", ascending=False, kind="stable")
