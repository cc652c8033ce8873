"""Scores of the classes that a fitted model may answer with."""

import copy
from collections.abc import Sized
from typing import NamedTuple

import numpy as np
from sklearn import get_config
from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import Pipeline
from sklearn.utils import _safe_indexing, gen_batches
from sklearn.utils.validation import _num_samples, check_is_fitted, indexable

from zsl_estimators.labels import as_labels, check_same_kind, is_in, refuse_mask

# Scores that are held at a time, in MiB, unless scikit-learn is configured for less.
WORKING_MEMORY = 64
# What estimators call the one that they hold, the fitted one first.
HELD = ("best_estimator_", "estimator_", "estimator")


class Candidates(NamedTuple):
    """Classes that may be predicted.

    Parameters
    ----------
    classes : ndarray of shape (n_candidates,)
        Their labels, in the order of the model's ``classes_``.
    seen_classes : ndarray of shape (n_seen,)
        Those that the model was trained on.
    kept : ndarray of shape (n_classes,)
        True for candidates among the model's ``classes_``.
    """

    classes: np.ndarray
    seen_classes: np.ndarray
    kept: np.ndarray

    @classmethod
    def of(cls, estimator, y, candidates):
        """Find them; for the arguments see :meth:`CandidateScores.of`."""
        check_candidates(candidates)
        check_is_fitted(estimator)
        seen_classes = find_zero_shot_classifier(estimator).seen_classes_
        seen_classes = as_labels(seen_classes, "seen_classes_")
        classes = as_labels(estimator.classes_, "classes_")
        kept = is_candidate(classes, seen_classes, y, candidates)
        return cls(classes[kept], seen_classes, kept)

    def scored(self, estimator, X):
        """Score them with the estimator.

        Parameters
        ----------
        estimator : estimator
            The one that they were found for.
        X : array-like of shape (n_samples, n_features)
            Samples.

        Returns
        -------
        scores : CandidateScores
            One column per candidate.
        """
        scores = score_matrix(estimator, X)
        if not self.kept.all():
            scores = scores[:, self.kept]
        return CandidateScores(self.classes, self.seen_classes, scores)

    def scored_in_blocks(self, estimator, X):
        """Score them for as many rows at a time as the working memory holds.

        Parameters
        ----------
        estimator, X
            See :meth:`scored`.

        Yields
        ------
        scores : CandidateScores
            Of some rows; all have the same columns.
        """
        (X,) = indexable(X)
        n_samples = _num_samples(X)
        n_rows = rows_per_block(len(self.kept))
        # The estimator refuses what has no rows.
        for rows in gen_batches(max(n_samples, 1), n_rows):
            block = X if n_samples <= n_rows else _safe_indexing(X, rows)
            yield self.scored(estimator, block)


class CandidateScores(NamedTuple):
    """A matrix of scores and what its columns are.

    Parameters
    ----------
    classes : ndarray of shape (n_candidates,)
        Labels of the columns.
    seen_classes : ndarray of shape (n_seen,)
        Those that the model was trained on.
    scores : ndarray of shape (n_samples, n_candidates)
        Larger is better.
    """

    classes: np.ndarray
    seen_classes: np.ndarray
    scores: np.ndarray

    @classmethod
    def of(cls, estimator, X, y, candidates):
        """Score the classes of a fold.

        Parameters
        ----------
        estimator : estimator
            A fitted zero-shot classifier, or a pipeline or search around one.
        X : array-like of shape (n_samples, n_features)
            Held-out samples.
        y : array-like of shape (n_samples,)
            Their labels.
        candidates : {"fold", "all"} or array-like
            "fold": the classes the model was trained on and those in `y`. "all":
            every class of the model. Or the labels of classes that the model knows.

        Returns
        -------
        candidates : CandidateScores
            In the order of the model's ``classes_``.

        Raises
        ------
        TypeError
            If no zero-shot classifier is inside `estimator`.
        ValueError
            If `candidates` is something else, or holds an unknown label.
        """
        return Candidates.of(estimator, y, candidates).scored(estimator, X)

    def in_fold(self, y):
        """Only columns of classes that were trained on or occur in `y`."""
        kept = is_candidate(self.classes, self.seen_classes, y, "fold")
        return self._replace(classes=self.classes[kept], scores=self.scores[:, kept])

    @property
    def predictions(self):
        """The label with the largest score, shape (n_samples,)."""
        return self.classes[self.scores.argmax(axis=1)]


def is_candidate(classes, seen_classes, y, candidates):
    """Which classes may be predicted in a fold.

    Parameters
    ----------
    classes : ndarray of shape (n_classes,)
        All labels that a model knows.
    seen_classes : ndarray of shape (n_seen,)
        Those that it was trained on.
    y : array-like of shape (n_samples,)
        Labels of the fold.
    candidates : {"fold", "all"} or array-like
        See :meth:`CandidateScores.of`.

    Returns
    -------
    kept : ndarray of shape (n_classes,)
        Booleans.

    Raises
    ------
    ValueError
        If `candidates` holds an unknown label.
    """
    if isinstance(candidates, str) and candidates == "all":
        return np.ones(len(classes), dtype=bool)
    if isinstance(candidates, str):
        y = as_labels(y, "y")
        check_same_kind(classes_=classes, y=y)
        return is_in(classes, seen_classes) | is_in(classes, y)
    labels = as_labels(candidates, "candidates")
    check_same_kind(classes_=classes, candidates=labels)
    refuse_mask(labels, classes, "candidates")
    unknown = labels[~is_in(labels, classes)]
    if len(unknown):
        raise ValueError(
            f"candidates holds {unknown[:8].tolist()}, which the model does not "
            "know. Describe all classes in attributes."
        )
    return is_in(classes, labels)


def rows_per_block(n_classes):
    """Rows whose float64 scores fit into the working memory."""
    memory = min(WORKING_MEMORY, get_config()["working_memory"])
    return max(int(memory * 2**20 // (8 * n_classes)), 1)


def unwrapped(estimator, X=None):
    """Walk from an estimator to the innermost one.

    Parameters
    ----------
    estimator : estimator
        Fitted; pipelines, searches, calibrations and the like are opened.
    X : array-like of shape (n_samples, n_features) or None, default=None
        Features for `estimator`.

    Yields
    ------
    inner : estimator
        The next one, beginning with `estimator`.
    X : array-like or None
        What it gets of `X`.
    """
    while estimator is not None:
        yield estimator, X
        if isinstance(estimator, Pipeline):
            if X is not None and len(estimator) > 1:
                X = estimator[:-1].transform(X)
            estimator = estimator[-1]
        else:
            if X is not None and hasattr(type(estimator), "_features_inside"):
                X = estimator._features_inside(X)
            # A FrozenEstimator has all attributes of the one inside it.
            frozen = isinstance(estimator, FrozenEstimator)
            names = ("estimator",) if frozen else HELD
            held = (getattr(estimator, name, None) for name in names)
            estimator = next((inner for inner in held if inner is not None), None)


def chosen_penalty(calibrated):
    """The penalty that an estimator, or a calibration, subtracts."""
    if hasattr(calibrated, "best_penalty_"):
        return calibrated.best_penalty_
    return calibrated.seen_penalty_


def seen_penalties(estimator):
    """The penalties that are taken from seen classes one after the other.

    Parameters
    ----------
    estimator : estimator
        Fitted; see :func:`unwrapped`.

    Returns
    -------
    penalties : list of (estimator, float)
        Calibrations, and the classifier inside, with what each of them takes.
    """
    # Not by hasattr: a FrozenEstimator has all attributes of the one inside it.
    return [
        (inner, float(chosen_penalty(inner)))
        for inner, _ in unwrapped(estimator)
        if {"best_penalty_", "seen_penalty_"} & vars(inner).keys()
    ]


def find_zero_shot_classifier(estimator):
    """Reach the zero-shot classifier inside pipelines and searches.

    Parameters
    ----------
    estimator : estimator
        Fitted; anything whose innermost part has ``seen_classes_``.

    Returns
    -------
    classifier : estimator
        The part that has ``seen_classes_``.

    Raises
    ------
    TypeError
        If there is none.
    """
    return classifier_and_features(estimator)[0]


def classifier_and_features(estimator, X=None):
    """Reach the zero-shot classifier, and what it gets of features.

    Parameters
    ----------
    estimator : estimator
        See :func:`find_zero_shot_classifier`.
    X : array-like of shape (n_samples, n_features) or None, default=None
        Features for `estimator`.

    Returns
    -------
    classifier : estimator
        The part that has ``seen_classes_``.
    X : array-like or None
        Transformed by the steps of pipelines before it.

    Raises
    ------
    TypeError
        If there is none.
    """
    for inner, features in unwrapped(estimator, X):
        if hasattr(inner, "seen_classes_"):
            return inner, features
    raise TypeError(
        f"{type(estimator).__name__} holds no fitted zero-shot classifier: no "
        "seen_classes_ was found in it. Fit it, or use an estimator of "
        "zsl_estimators, alone or inside a Pipeline or a search."
    )


def with_changed_classes(fitted, change, X=None):
    """Copy of a fitted estimator whose classes are changed.

    Parameters
    ----------
    fitted : estimator
        Stays untouched.
    change : callable
        Gets the zero-shot classifier inside the copy, and what it sees of `X`.
    X : ndarray of shape (n_rows, n_features) or None, default=None
        Features for `fitted`.

    Returns
    -------
    changed : estimator
        The copy.
    """
    # Estimators of the package replace what changes; others may change it in place.
    # The type is asked, for a FrozenEstimator has all that is inside it.
    replaces = hasattr(type(fitted), "_follow_table")
    changed = copy.copy(fitted) if replaces else copy.deepcopy(fitted)
    change(*classifier_and_features(changed, X))
    return changed


def inside(estimator, X, attribute, who):
    """Reach the classifier that has an attribute, and the features that it gets.

    Parameters
    ----------
    estimator : estimator
        Fitted; the classifier, or a pipeline, search or calibration around it.
    X : array-like of shape (n_samples, n_features) or None
        Features for `estimator`.
    attribute : str
        What the classifier must have.
    who : str
        Says in the error message what has it.

    Returns
    -------
    classifier : estimator
        The classifier.
    X : array-like
        Transformed by the pipelines on the way.

    Raises
    ------
    NotFittedError
        If it has not been fitted.
    ValueError
        If nothing inside has the attribute.
    """
    for inner, X_inner in unwrapped(estimator, X):
        if hasattr(inner, attribute):
            return inner, X_inner
    if hasattr(inner, "fit"):
        check_is_fitted(inner)
    raise ValueError(f"{type(inner).__name__} has no {attribute}. {who}")


def score_matrix(estimator, X):
    """Scores with one column per class, also for two classes."""
    return one_column_per_class(np.asarray(estimator.decision_function(X)))


def one_column_per_class(scores):
    """Scores as a matrix, where one number per sample is that of the second of two."""
    if scores.ndim == 1:
        return np.column_stack([np.zeros_like(scores), scores])
    return scores


def check_candidates(candidates):
    """Refuse anything but "fold", "all" and labels."""
    if isinstance(candidates, str) and candidates in ("fold", "all"):
        return
    if isinstance(candidates, str) or not isinstance(candidates, Sized):
        raise ValueError(
            f'candidates must be "fold", "all" or the labels of classes, got '
            f"{candidates!r}"
        )
    if not len(candidates):
        raise ValueError('candidates is empty. Give labels, or "fold" or "all".')


def check_both_kinds(y, seen_classes, what, remedy=""):
    """Refuse held-out labels without seen or without unseen classes.

    Parameters
    ----------
    y : array-like of shape (n_samples,)
        Labels of the held-out samples.
    seen_classes : array-like
        Classes the model was trained on.
    what : str
        What is not defined without them.
    remedy : str, default=""
        One more thing to do about it.

    Raises
    ------
    ValueError
        The message names the splitter to use.
    """
    y, seen_classes = as_labels(y, "y"), as_labels(seen_classes, "seen_classes")
    check_same_kind(y=y, seen_classes=seen_classes)
    seen = is_in(y, seen_classes)
    if seen.all() or not seen.any():
        kind = "unseen" if seen.all() else "seen"
        raise ValueError(
            f"There is no sample of {kind} classes to test on, so {what} is not "
            "defined. Give some; for folds split with "
            "zsl_estimators.model_selection.ClassHoldoutSplit, which hides whole "
            "classes and tests on some samples of the others, of which each needs "
            f"two.{remedy}"
        )
