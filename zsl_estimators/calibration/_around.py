"""What estimators around a zero-shot classifier have in common."""

from numbers import Integral

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, ClassifierMixin, MetaEstimatorMixin, clone
from sklearn.utils import _safe_indexing, assert_all_finite, get_tags
from sklearn.utils.metaestimators import available_if
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, column_or_1d, indexable

from zsl_estimators.calibration._held_out import SHARE_HELD_OUT, held_out_split
from zsl_estimators.calibration._prediction import PenalisedPredictionMixin
from zsl_estimators.calibration._scores import HeldOutScores
from zsl_estimators.candidates import (
    Candidates,
    CandidateScores,
    with_changed_classes,
)
from zsl_estimators.candidates import find_zero_shot_classifier as find
from zsl_estimators.labels import as_labels, is_in
from zsl_estimators.model_selection import cross_val_predict_gzsl
from zsl_estimators.model_selection._class_holdout import share_of_each_class
from zsl_estimators.model_selection._cross_val_predict import class_folds
from zsl_estimators.nested import fit_weighted, weights_for
from zsl_estimators.parameters import check_parameters
from zsl_estimators.sample_weights import checked_weights, part_of, weighted_rows


def _has_method(name):
    def has_it(around):
        classifier = getattr(around, "estimator_", None)
        return classifier is not None and hasattr(find(classifier), name)

    return has_it


class AroundZeroShotClassifier(
    PenalisedPredictionMixin, ClassifierMixin, MetaEstimatorMixin, BaseEstimator
):
    """Base of estimators that predict by the scores of a fitted ``estimator_``.

    It is a zero-shot classifier, or a pipeline or search around one.
    """

    # Taken from the scores of seen classes, beside what the estimator takes itself.
    _penalty = 0.0

    @available_if(_has_method("add_classes"))
    def add_classes(self, attributes=None, classes=None, *, X=None, y=None):
        """Add new, unseen classes, or labelled rows of unseen classes.

        Parameters
        ----------
        attributes : DataFrame or array-like of shape (n_new, n_attributes), \
default=None
            Descriptions of the new classes, with the same attributes as in `fit`. None
            adds no class, only rows.
        classes : array-like of shape (n_new,), default=None
            Their labels when `attributes` is an array. None continues integer
            labels.
        X : array-like of shape (n_rows, n_features), default=None
            A few rows of the new classes, or of others in `unseen_classes_`. Steps of a
            pipeline before the classifier transform them.
        y : array-like of shape (n_rows,), default=None
            Labels of these rows.

        Returns
        -------
        self : object
            The fitted estimator; what it was calibrated to stays what it was.

        Raises
        ------
        ValueError
            If a class exists already or the attributes do not match, if a row belongs
            to a seen or an unknown class, or `X` does not match the features of `fit`.
        """
        labels = {} if classes is None else {"classes": classes}

        def add(classifier, X_inner):
            rows = {} if X is None and y is None else {"X": X_inner, "y": y}
            classifier.add_classes(attributes, **labels, **rows)

        # Copies of this model that share the estimator stay what they are.
        self.estimator_ = with_changed_classes(self.estimator_, add, X)
        return self

    @available_if(_has_method("remove_classes"))
    def remove_classes(self, labels):
        """Remove classes from the predictions.

        Parameters
        ----------
        labels : array-like of shape (n_labels,)
            Labels in `classes_`.

        Returns
        -------
        self : object
            The fitted estimator; what it was calibrated to stays what it was.

        Raises
        ------
        ValueError
            If a label is unknown, or no class would be left.
        """
        self.estimator_ = with_changed_classes(
            self.estimator_, lambda classifier, _: classifier.remove_classes(labels)
        )
        return self

    @property
    def n_features_in_(self):
        """Number of features."""
        return self.estimator_.n_features_in_

    @property
    def feature_names_in_(self):
        """Names of the features."""
        return self.estimator_.feature_names_in_

    @property
    def classes_(self):
        """All class labels."""
        return self.estimator_.classes_

    @property
    def seen_classes_(self):
        """Labels that the estimator was trained on."""
        return find(self.estimator_).seen_classes_

    @property
    def unseen_classes_(self):
        """Labels that the estimator was not trained on."""
        return np.setdiff1d(self.classes_, self.seen_classes_)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags = get_tags(self.estimator).input_tags
        return tags

    @property
    def temperature_(self):
        """What scores are divided by for probabilities: that of the estimator."""
        return getattr(find(self.estimator_), "temperature_", 1.0)

    def _checked_for_fit(self, X, y):
        """Refuse parameters and labels that cannot be used."""
        check_parameters(self)
        X, y = indexable(X, y)
        assert_all_finite(y, input_name="y")
        check_classification_targets(y)
        return X, y

    def _penalised_scores(self, X):
        check_is_fitted(self)
        everything = Candidates.of(self.estimator_, (), "all")
        X = self._features_inside(X)
        for candidates in everything.scored_in_blocks(self.estimator_, X):
            yield self._less_penalty(
                candidates.scores, self._penalty, self._shares_of_penalty
            )

    def _features_inside(self, X):
        """What the estimator inside gets of features."""
        return X

    @property
    def _shares_of_penalty(self):
        """In which share each class pays the penalty; the estimator may know better."""
        shares = getattr(find(self.estimator_), "_shares_of_penalty", None)
        return is_in(self.classes_, self.seen_classes_) if shares is None else shares


def unseen_classes(fitted):
    """Labels of the classes that a fitted estimator was not trained on."""
    seen = as_labels(find(fitted).seen_classes_, "seen_classes_")
    classes = as_labels(fitted.classes_, "classes_")
    return classes[~is_in(classes, seen)]


def weighted_rows_and_folds(X, y, sample_weight, cv, seed):
    """Samples without those of weight 0, and folds that hide classes of these.

    Parameters
    ----------
    X, y, sample_weight
        See :func:`without_zero_weights`.
    cv : int, cross-validation generator, iterable or None
        An iterable holds positions among all samples.
    seed : int
        Of the folds.

    Returns
    -------
    X, y, weights
        See :func:`without_zero_weights`.
    folds : list of tuple of ndarray or None
        None where `cv` is None.
    """
    is_iterable = not (cv is None or isinstance(cv, Integral) or hasattr(cv, "split"))
    folds = class_folds(X, y, cv, seed) if is_iterable else None
    X, y, weights, folds = without_zero_weights(X, y, sample_weight, folds)
    if not (cv is None or is_iterable):
        folds = class_folds(X, y, cv, seed)
    return X, y, weights, folds


def without_zero_weights(X, y, sample_weight, folds=None):
    """Samples without those of weight 0, also in given folds.

    Parameters
    ----------
    X, y : array-like
        Features and labels.
    sample_weight : array-like of shape (n_samples,) or None
        Weights as a user gives them.
    folds : list of tuple of ndarray or None, default=None
        Rows to train on and rows to test on.

    Returns
    -------
    X, y : array-like
        Those with a weight.
    weights : ndarray or None
        See :func:`weighted_rows`.
    folds : list of tuple of ndarray or None
        Positions among these.
    """
    given = checked_weights(sample_weight, X)
    if folds is not None and given is not None:
        place = np.cumsum(given > 0) - 1
        folds = [
            tuple(place[rows[given[rows] > 0]] for rows in map(np.asarray, fold))
            for fold in folds
        ]
    return *weighted_rows(X, y, given), folds


def predictions_on_folds(
    estimator, fitted, X, y, folds, seed, n_jobs, verbose, weights=None
):
    """Scores of held-out samples by models that some seen classes were hidden from.

    Parameters
    ----------
    estimator : estimator
        It is cloned for every fold.
    fitted : estimator
        The same, fitted on all rows.
    X, y : array-like
        Features and labels.
    folds : list of tuple of ndarray or None
        Rows to train on and rows to test on. None is what ``seen_penalty="auto"``
        does.
    seed : int
        Decides what is held out where `folds` is None.
    n_jobs, verbose
        See :func:`~zsl_estimators.model_selection.cross_val_predict_gzsl`.
    weights : ndarray of shape (n_samples,) or None, default=None
        Weights of the samples; None is 1.

    Returns
    -------
    predictions : list of (CandidateScores, ndarray, ndarray or None)
        Scores of all classes, the true labels, and the weights. Empty where nothing can
        be learned: no class is unseen, or fewer than four are seen and `folds` is None.
    """
    n_unseen = len(unseen_classes(fitted))
    if folds is None:
        n_seen = len(fitted.classes_) - n_unseen
        folds = held_out_split(n_seen, n_unseen, seed)
    if n_unseen == 0 or folds is None:
        return []
    settings = {"cv": folds, "n_jobs": n_jobs, "verbose": verbose}
    with weights_for(estimator, weights) as params:
        predictions = cross_val_predict_gzsl(
            estimator, X, y, candidates="all", params=params, **settings
        )
    return [
        (
            CandidateScores(fold.classes, fold.seen_classes, fold.y_score),
            fold.y_true,
            part_of(weights, fold.rows),
        )
        for fold in predictions
    ]


def scores_of_known_classes(estimator, X, y, seed, weights=None):
    """Scores of held-out samples by an estimator that is fitted on all seen classes.

    Parameters
    ----------
    estimator : estimator
        Stays untouched.
    X : array-like of shape (n_samples, n_features)
        Features.
    y : array-like of shape (n_samples,)
        Labels.
    seed : int
        Controls which samples are held out.
    weights : ndarray of shape (n_samples,) or None, default=None
        Weights of the samples; None is 1.

    Returns
    -------
    scores : HeldOutScores or None
        Of all classes. None where no class has two samples.
    """
    codes = np.unique(column_or_1d(y), return_inverse=True)[1]
    held_out = share_of_each_class(codes, SHARE_HELD_OUT, np.random.RandomState(seed))
    if not held_out.any():
        return None
    train, test = np.flatnonzero(~held_out), np.flatnonzero(held_out)
    fitted = fit_weighted(
        clone(estimator),
        _safe_indexing(X, train),
        _safe_indexing(y, train),
        part_of(weights, train),
    )
    candidates = CandidateScores.of(fitted, _safe_indexing(X, test), (), "all")
    y = column_or_1d(_safe_indexing(y, test))
    return held_out_scores(candidates, y, part_of(weights, test))


def held_out_scores(candidates, y, weights=None):
    """Scores of all classes of a model, with the column of every sample's class."""
    classes, seen_classes, scores = candidates
    y_index = pd.Index(classes).get_indexer(pd.Index(as_labels(y, "y")))
    return HeldOutScores(y_index, scores, is_in(classes, seen_classes), weights)
