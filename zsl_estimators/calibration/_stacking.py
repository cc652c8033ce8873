"""Calibrated stacking around any zero-shot classifier."""

import copy

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, ClassifierMixin, MetaEstimatorMixin, clone
from sklearn.utils import _safe_indexing, assert_all_finite, get_tags
from sklearn.utils.metaestimators import available_if
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import (
    check_is_fitted,
    column_or_1d,
    indexable,
)

from zsl_estimators.calibration._held_out import (
    CRITERIA,
    SHARE_HELD_OUT,
    best_seen_penalty,
    held_out_split,
)
from zsl_estimators.calibration._prediction import PenalisedPredictionMixin
from zsl_estimators.calibration._report import HeldOutPerformance, curve_of_fold
from zsl_estimators.candidates import (
    Candidates,
    CandidateScores,
    check_both_kinds,
)
from zsl_estimators.candidates import find_zero_shot_classifier as find
from zsl_estimators.labels import as_labels, is_in
from zsl_estimators.metrics import SeenUnseenCurve
from zsl_estimators.model_selection import cross_val_predict_gzsl
from zsl_estimators.model_selection._class_holdout import share_of_each_class
from zsl_estimators.model_selection._cross_val_predict import class_folds
from zsl_estimators.parameters import HasMethods, StrOptions, check_parameters
from zsl_estimators.seeds import LARGEST_SEED, private_random_state


def _can_add_classes(stacking):
    classifier = getattr(stacking, "estimator_", None)
    return classifier is not None and hasattr(find(classifier), "add_classes")


class CalibratedStackingCV(
    PenalisedPredictionMixin, ClassifierMixin, MetaEstimatorMixin, BaseEstimator
):
    """Fit the seen penalty of any zero-shot classifier on folds of hidden classes.

    A model prefers the classes it was trained on. Calibrated stacking [1]_ takes a
    penalty from the scores of all of them. How large it must be is learned on folds
    in which seen classes are hidden and play the unseen ones; no sample of a really
    unseen class is needed. The estimators of this package do the same by themselves
    with ``seen_penalty="auto"``. This class is for other estimators, for pipelines
    whose steps should be fitted anew on each fold, for folds of your own, and for
    looking at the whole curves.

    Parameters
    ----------
    estimator : estimator
        Classifier with ``decision_function`` that sets ``classes_`` and
        ``seen_classes_``, or a pipeline or search around one; score such a search by
        the AUSUC. Parameters called ``seen_penalty`` inside it are set to 0, for the
        penalty is found here. Give it a seed of its own.
    cv : int, cross-validation generator, iterable, "prefit" or None, default=None
        Folds that hide classes. None takes those of ``seen_penalty="auto"``: they hide
        the share of classes that is unseen in the real task, one to five times. An int
        is the number of folds of
        :class:`~zsl_estimators.model_selection.ClassHoldoutSplit`. "prefit" does not
        train: `estimator` is fitted already, on other rows than the `X` of
        :meth:`fit`, where some of its unseen classes must occur. It is copied, and the
        penalty comes on top of any that it has.
    criterion : {"harmonic_mean", "ausuc"}, default="harmonic_mean"
        What the penalty makes large: the harmonic mean of seen accuracy S and unseen
        accuracy U, or the area S x U of the rectangle under the seen-unseen curve. The
        area of the curve itself is the same for all penalties. U is the mean over
        folds; S is that of a further model, of all seen classes, on samples that it
        was not fitted on.
    n_jobs : int or None, default=None
        Folds that are fitted at a time, in processes.
    random_state : int, RandomState instance or None, default=None
        Decides which classes and samples are held out, when `cv` is None or an int.
    verbose : int, default=0
        1 shows the progress over the folds.

    Attributes
    ----------
    estimator_ : estimator
        Fitted on all rows.
    best_penalty_ : float
        Amount taken from the scores of seen classes. It may be assigned. 0 when no
        class is unseen, or fewer than four are seen and `cv` is None: there is nothing
        to fit it on.
    best_score_ : float or None
        The criterion at this penalty.
    cv_results_ : dict of ndarrays or None
        The curve of every fold, one row per step: ``fold``, ``penalty`` (the first is
        minus and the last plus infinity), ``S``, ``U``, ``H``, and ``AUSUC``, which is
        the same in all rows of a fold. Give it to :class:`pandas.DataFrame`. None when
        there was nothing to fit.
    classes_ : ndarray of shape (n_classes,)
        All class labels, seen and unseen, sorted.
    seen_classes_ : ndarray of shape (n_seen,)
        Labels that the estimator was trained on.
    unseen_classes_ : ndarray of shape (n_unseen,)
        The other labels.
    n_features_in_ : int
        Number of features, when the estimator knows it.
    feature_names_in_ : ndarray of shape (n_features,)
        Names of the features, when the estimator knows them.

    See Also
    --------
    sklearn.model_selection.TunedThresholdClassifierCV : Its model for two classes.
    zsl_estimators.plotting.SeenUnseenDisplay : Draws the trade-off.

    References
    ----------
    .. [1] Chao, Changpinyo, Gong, Sha: An empirical study and analysis of generalized
       zero-shot learning for object recognition in the wild, ECCV 2016.

    Examples
    --------
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> from zsl_estimators import CalibratedStackingCV, RidgeSemanticClassifier
    >>> from zsl_estimators.datasets import make_gzsl
    >>> data = make_gzsl(random_state=0)
    >>> clf = make_pipeline(
    ...     StandardScaler(), RidgeSemanticClassifier(attributes=data.attributes)
    ... )
    >>> stacking = CalibratedStackingCV(clf, random_state=0)
    >>> stacking = stacking.fit(data.X_train, data.y_train)
    >>> stacking.best_penalty_ > 0
    True
    >>> len(set(stacking.cv_results_["fold"]))
    4
    """

    _parameter_constraints = {
        "estimator": [HasMethods(["fit", "decision_function"])],
        "cv": ["cv_object", StrOptions({"prefit"})],
        "criterion": [StrOptions(set(CRITERIA))],
        "random_state": ["random_state"],
        "verbose": ["verbose"],
    }

    def __init__(
        self,
        estimator,
        *,
        cv=None,
        criterion="harmonic_mean",
        n_jobs=None,
        random_state=None,
        verbose=0,
    ):
        self.estimator = estimator
        self.cv = cv
        self.criterion = criterion
        self.n_jobs = n_jobs
        self.random_state = random_state
        self.verbose = verbose

    def fit(self, X, y):
        """Fit the estimator on all rows and the penalty on folds.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Features.
        y : array-like of shape (n_samples,)
            Labels.

        Returns
        -------
        self : object
            The fitted estimator.

        Raises
        ------
        ValueError
            If a parameter cannot be used, or a fold hides no class.
        TypeError
            If the estimator does not know its seen classes.
        """
        check_parameters(self)
        X, y = indexable(X, y)
        assert_all_finite(y, input_name="y")
        check_classification_targets(y)
        known = None
        if isinstance(self.cv, str):
            fitted, curves = self._prefit(X, column_or_1d(y))
        else:
            plain = without_penalty(self.estimator)
            seed = private_random_state(self.random_state).randint(LARGEST_SEED)
            # Folds that cannot be used are refused before anything is fitted.
            folds = None if self.cv is None else class_folds(X, y, self.cv, seed)
            fitted = clone(plain).fit(X, y)
            curves = self._curves(fitted, plain, X, y, folds, seed)
            if curves:
                known = known_curve(plain, X, y, seed)
        self.estimator_ = fitted
        self._choose(HeldOutPerformance(curves, known) if curves else None)
        return self

    @available_if(_can_add_classes)
    def add_classes(self, attributes, classes=None):
        """Let the fitted model predict new, unseen classes.

        Parameters
        ----------
        attributes : DataFrame or array-like of shape (n_new, n_attributes)
            Descriptions of the new classes, with the attributes of the old ones.
        classes : array-like of shape (n_new,), default=None
            Their labels when `attributes` is an array. None continues integer
            labels.

        Returns
        -------
        self : object
            The fitted estimator; the penalty stays what it was.

        Raises
        ------
        ValueError
            If a class exists already or the attributes do not match.
        """
        find(self.estimator_).add_classes(attributes, classes)
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

    def __sklearn_is_fitted__(self):
        return hasattr(self, "best_penalty_")

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags = get_tags(self.estimator).input_tags
        return tags

    @property
    def temperature_(self):
        """What scores are divided by for probabilities: that of the estimator."""
        return getattr(find(self.estimator_), "temperature_", 1.0)

    def _penalised_scores(self, X):
        check_is_fitted(self)
        everything = Candidates.of(self.estimator_, (), "all")
        for candidates in everything.scored_in_blocks(self.estimator_, X):
            seen = is_in(candidates.classes, candidates.seen_classes)
            yield self._less_penalty(candidates.scores, self.best_penalty_, seen)

    def _curves(self, fitted, plain, X, y, folds, seed):
        """One curve per fold; none when there is nothing to fit."""
        seen = as_labels(find(fitted).seen_classes_, "seen_classes_")
        classes = as_labels(fitted.classes_, "classes_")
        unseen = classes[~is_in(classes, seen)]
        cv = held_out_split(len(seen), len(unseen), seed) if folds is None else folds
        if len(unseen) == 0 or cv is None:
            return []
        predictions = cross_val_predict_gzsl(
            plain,
            X,
            y,
            cv=cv,
            candidates="all",
            n_jobs=self.n_jobs,
            verbose=self.verbose,
        )
        random_state = np.random.RandomState(seed)
        return [
            curve_of_fold(
                CandidateScores(fold.classes, fold.seen_classes, fold.y_score),
                fold.y_true,
                unseen,
                random_state,
            )
            for fold in predictions
        ]

    def _prefit(self, X, y):
        """The estimator as it is, and its curve on rows it was not trained on."""
        check_is_fitted(self.estimator)
        fitted = copy.deepcopy(self.estimator)
        classes, seen_classes, scores = CandidateScores.of(fitted, X, y, "fold")
        check_both_kinds(y, seen_classes, "the penalty")
        curve = SeenUnseenCurve.from_labels(
            y, scores, classes=classes, seen_classes=seen_classes
        )
        return fitted, [curve]

    def _choose(self, performance):
        self._held_out_performance = performance
        self.cv_results_, self.best_penalty_, self.best_score_ = None, 0.0, None
        if performance is not None:
            self.cv_results_ = performance.columns()
            self.best_penalty_, self.best_score_ = best_seen_penalty(
                performance.curves, self.criterion, performance.known
            )


def known_curve(plain, X, y, seed):
    """Curve of held-out samples of an estimator that is fitted on all seen classes.

    Parameters
    ----------
    plain : estimator
        Without seen penalties; stays untouched.
    X : array-like of shape (n_samples, n_features)
        Features.
    y : array-like of shape (n_samples,)
        Labels.
    seed : int
        Decides which samples are held out.

    Returns
    -------
    curve : SeenUnseenCurve or None
        Its unseen side is zero. None where no class has two samples.
    """
    codes = np.unique(column_or_1d(y), return_inverse=True)[1]
    held_out = share_of_each_class(codes, SHARE_HELD_OUT, np.random.RandomState(seed))
    if not held_out.any():
        return None
    train, test = np.flatnonzero(~held_out), np.flatnonzero(held_out)
    fitted = clone(plain).fit(_safe_indexing(X, train), _safe_indexing(y, train))
    classes, seen_classes, scores = CandidateScores.of(
        fitted, _safe_indexing(X, test), (), "all"
    )
    y_test = as_labels(column_or_1d(_safe_indexing(y, test)), "y")
    seen = is_in(classes, seen_classes)
    y_index = pd.Index(classes).get_indexer(pd.Index(y_test))
    return SeenUnseenCurve.from_scores(y_index, scores, seen)


def without_penalty(estimator):
    """Clone an estimator and switch off the seen penalties inside it."""
    estimator = clone(estimator)
    names = [
        name
        for name in estimator.get_params()
        if name.rpartition("__")[2] == "seen_penalty"
    ]
    estimator.set_params(**dict.fromkeys(names, 0.0))
    return estimator
