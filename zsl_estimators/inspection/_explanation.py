"""Why one class and not another: what every attribute adds to the margin."""

import numpy as np
import pandas as pd
from sklearn.utils import _safe_indexing

from zsl_estimators.candidates import score_matrix
from zsl_estimators.inspection._described import (
    DescribedClasses,
    attribute_names,
    described_classifier,
    penalty_around,
    shares_of_penalty,
)
from zsl_estimators.inspection._terms import attribute_terms
from zsl_estimators.labels import as_labels, check_same_kind

# Columns beside those of the attributes.
PENALTY, OTHER = "(seen penalty)", "(other)"
# Relative to the largest margin: terms that are no decomposition miss it by far more.
TOLERANCE = 1e-4
# What the sum of terms may miss by rounding alone.
ROUNDING = 1e-10


def explain_predictions(estimator, X, rival=None):
    """Compute the contribution of every attribute to the margin of a prediction.

    The margin is the score of the predicted class minus that of the rival, as
    `decision_function` returns them. If a score is a sum over attributes, as in most
    classifiers of the semantic and compatibility families, the contributions are the
    differences of its terms. For all other classifiers both classes are scored with
    descriptions in which the value of one attribute is replaced by that of the other
    class; a contribution is the mean decrease of the margin by the replacement in one
    and in the other. This takes one call of ``add_classes`` per class and attribute in
    which the two classes differ.

    Parameters
    ----------
    estimator : estimator
        A fitted classifier, or a pipeline or search around one.
    X : array-like of shape (n_samples, n_features)
        Features.
    rival : label or array-like of shape (n_samples,), default=None
        Class, or class of every sample, that the prediction is compared with. None is
        the second best class of every sample. A sample that is predicted to be its
        rival has contributions of 0.

    Returns
    -------
    contributions : DataFrame of shape (n_samples, n_attributes + 2)
        The rows sum to the margins. Positive numbers increase the score of the
        predicted class. The index has the levels ``sample`` (the index of `X`, or its
        row number), ``predicted`` and ``rival``. The last two columns are "(seen
        penalty)", the contribution of the penalty, and "(other)": what no single
        attribute explains, such as the samples of seen classes and interactions of
        attributes. It is 0 if a score is a sum over attributes.

    Raises
    ------
    ValueError
        If there is only one class, or `rival` is unknown or has another length.

    See Also
    --------
    attribute_importance : What the accuracy owes to every attribute.
    zsl_estimators.plotting.ExplanationDisplay : The contributions as bars.

    Examples
    --------
    >>> from zsl_estimators import RidgeSemanticClassifier
    >>> from zsl_estimators.datasets import make_gzsl
    >>> from zsl_estimators.inspection import explain_predictions
    >>> data = make_gzsl(n_attributes=2, random_state=0)
    >>> clf = RidgeSemanticClassifier(data.attributes, random_state=0)
    >>> clf = clf.fit(data.X_train, data.y_train)
    >>> contributions = explain_predictions(clf, data.X_test[:2])
    >>> list(contributions.columns)
    ['attribute_0', 'attribute_1', '(seen penalty)', '(other)']
    >>> top = clf.predict_top_k(data.X_test[:2], k=2)[1]
    >>> bool(abs(contributions.sum(axis=1) - (top[:, 0] - top[:, 1])).max() < 1e-9)
    True
    """
    who = "Explanations need a fitted classifier of zsl_estimators."
    classifier, X_inner = described_classifier(estimator, X, who)
    around = penalty_around(estimator, classifier)
    shares = shares_of_penalty(classifier)
    scores = score_matrix(classifier, X_inner) - around * shares
    if scores.shape[1] < 2:
        raise ValueError(
            "There is only one class, which cannot be compared with another."
        )
    best = scores.argmax(axis=1)
    against = _columns_of_rivals(classifier, scores, best, rival)
    rows = np.arange(len(scores))
    margins = scores[rows, best] - scores[rows, against]
    penalties = (around + getattr(classifier, "seen_penalty_", 0.0)) * shares
    without = margins - penalties[against] + penalties[best]
    terms = _exact_terms(classifier, X_inner, best, against, without)
    if terms is None:
        terms = _ablation_terms(classifier, X_inner, best, against)
    frame = pd.DataFrame(terms, columns=attribute_names(classifier))
    frame[PENALTY] = margins - without
    other = without - terms.sum(axis=1)
    frame[OTHER] = np.where(np.abs(other) > ROUNDING * np.abs(without).max(), other, 0)
    classes = classifier.classes_
    samples = X.index if isinstance(X, pd.DataFrame) else rows
    frame.index = pd.MultiIndex.from_arrays(
        [samples, classes[best], classes[against]],
        names=["sample", "predicted", "rival"],
    )
    return frame


def _columns_of_rivals(classifier, scores, best, rival):
    """Column of the class that every prediction is compared with."""
    if rival is None:
        others = scores.copy()
        others[np.arange(len(best)), best] = -np.inf
        return others.argmax(axis=1)
    known = as_labels(classifier.classes_, "classes_")
    labels = as_labels(np.atleast_1d(np.asarray(rival)), "rival")
    check_same_kind(classes_=known, rival=labels)
    columns = pd.Index(known).get_indexer(pd.Index(labels))
    if (columns < 0).any():
        unknown = labels[columns < 0][:8].tolist()
        raise ValueError(f"rival holds {unknown}, which the model does not know.")
    if len(columns) not in (1, len(best)):
        raise ValueError(
            f"rival has {len(columns)} labels and X has {len(best)} rows. Give one "
            "label, or one for every row."
        )
    return np.broadcast_to(columns, best.shape)


def _exact_terms(classifier, X, best, against, margins):
    """Differences of the terms of a score that is a sum; None where it is not."""
    terms, others = (attribute_terms(classifier, X, c) for c in (best, against))
    if terms is None:
        return None
    differences = terms - others
    misses = np.abs(differences.sum(axis=1) - margins)
    # A subclass may score otherwise than the class that knows the terms.
    near = misses.max(initial=0.0) <= TOLERANCE * np.abs(margins).max(initial=0.0)
    return differences if near else None


def _ablation_terms(classifier, X, best, against):
    """What margins lose when the two classes exchange the value of one attribute."""
    matrix = classifier.class_attributes_
    terms = np.zeros((len(best), matrix.shape[1]))
    pairs, of_row = np.unique(np.stack([best, against], 1), axis=0, return_inverse=True)
    for number, (one, other) in enumerate(pairs):
        rows = np.flatnonzero(of_row.ravel() == number)
        described = DescribedClasses(classifier, _safe_indexing(X, rows))
        score, of_rival = (described.scores(c, matrix[c]) for c in (one, other))
        for attribute in np.flatnonzero(matrix[one] != matrix[other]):
            with_rivals, with_predicted = matrix[[one, other]]
            values = matrix[[other, one], attribute]
            with_rivals[attribute], with_predicted[attribute] = values
            lost = score - described.scores(one, with_rivals)
            gained = described.scores(other, with_predicted) - of_rival
            terms[rows, attribute] = (lost + gained) / 2
    return terms
