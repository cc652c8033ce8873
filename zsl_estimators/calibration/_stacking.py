"""Calibrated stacking around any zero-shot classifier."""

import copy

import numpy as np
from sklearn.base import clone
from sklearn.utils.validation import (
    check_is_fitted,
    column_or_1d,
)

from zsl_estimators.calibration._around import (
    AroundZeroShotClassifier,
    predictions_on_folds,
    scores_of_known_classes,
    unseen_classes,
    weighted_rows_and_folds,
    without_zero_weights,
)
from zsl_estimators.calibration._held_out import CRITERIA, best_seen_penalty
from zsl_estimators.calibration._report import HeldOutPerformance, curve_of_fold
from zsl_estimators.candidates import CandidateScores, check_both_kinds
from zsl_estimators.docstrings import fill_docstring
from zsl_estimators.metrics import SeenUnseenCurve
from zsl_estimators.nested import fit_weighted
from zsl_estimators.parameters import HasMethods, StrOptions
from zsl_estimators.seeds import LARGEST_SEED, private_random_state


@fill_docstring
class CalibratedStackingCV(AroundZeroShotClassifier):
    """Fit the seen penalty of any zero-shot classifier on folds of hidden classes.

    A model prefers the classes it was trained on. Calibrated stacking [1]_ subtracts a
    penalty from the scores of all of them. The penalty is fitted on folds in which seen
    classes are hidden and take the place of the unseen ones; no sample of an unseen
    class is needed. The estimators of this package do the same with
    ``seen_penalty="auto"``. This class is for other estimators, for pipelines whose
    steps should be fitted on each fold, for folds of your choice, and to get the whole
    curves.

    Parameters
    ----------
    estimator : estimator
        Classifier with ``decision_function`` that sets ``classes_`` and
        ``seen_classes_``, or a pipeline or search around one; score such a search by
        the AUSUC. Nested parameters ``seen_penalty`` are set to 0, because the penalty
        is fitted here. Set its `random_state` separately.
    cv : int, cross-validation generator, iterable, "prefit" or None, default=None
        Folds that hide classes. None takes those of ``seen_penalty="auto"``: they hide
        the share of classes that is unseen in the real task, one to five times. An int
        is the number of folds of
        :class:`~zsl_estimators.model_selection.ClassHoldoutSplit`. "prefit" does not
        train: `estimator` is fitted already, on other rows than the `X` of :meth:`fit`,
        where some of its unseen classes must occur. It is copied, and the penalty is
        added to its own.
    criterion : {"harmonic_mean", "ausuc"}, default="harmonic_mean"
        What the penalty maximises: the harmonic mean of seen accuracy S and unseen
        accuracy U, or the area S x U of the rectangle under the seen-unseen curve. The
        area of the curve itself is the same for all penalties. U is the mean over
        folds; S is that of a further model, of all seen classes, on samples that it was
        not fitted on.
    n_jobs : int or None, default=None
        Number of folds that are fitted in parallel, in processes.
    random_state : int, RandomState instance or None, default=None
        Controls which samples of the seen classes are held out for their accuracy; and
        when `cv` is None or an int, which classes are hidden.
    verbose : int, default=0
        1 shows the progress over the folds.

    Attributes
    ----------
    estimator_ : estimator
        Fitted on all rows.
    best_penalty_ : float
        Constant that is subtracted from the scores of seen classes. It may be assigned.
        0 if no class is unseen, or fewer than four are seen and `cv` is None, because
        it cannot be fitted then.
    best_score_ : float or None
        The criterion at this penalty.
    cv_results_ : dict of ndarrays or None
        The curve of every fold, one row per step: ``fold``, ``penalty`` (the first is
        minus and the last plus infinity), ``S``, ``U``, ``H``, and ``AUSUC``, which is
        the same in all rows of a fold. Give it to :class:`pandas.DataFrame`. None if
        the penalty was not fitted.
    classes_ : ndarray of shape (n_classes,)
        All class labels, seen and unseen, sorted.
    seen_classes_ : ndarray of shape (n_seen,)
        Labels that the estimator was trained on.
    unseen_classes_ : ndarray of shape (n_unseen,)
        The other labels.
    temperature_ : float
        Divisor of the scores in probabilities, that of the estimator inside.
    n_features_in_ : int
        Number of features, if the estimator has this attribute.
    feature_names_in_ : ndarray of shape (n_features,)
        Names of the features, if the estimator has this attribute.

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

    def fit(self, X, y, sample_weight=None):
        """Fit the estimator on all rows and the penalty on folds.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Features.
        y : array-like of shape (n_samples,)
            Labels.
        %(sample_weight_around)s

        Returns
        -------
        self : object
            The fitted estimator.

        Raises
        ------
        ValueError
            If a parameter or the weights cannot be used, or a fold hides no class.
        TypeError
            If the estimator has no `seen_classes_`, or takes no weights.
        """
        X, y = self._checked_for_fit(X, y)
        known = None
        if isinstance(self.cv, str):
            X, y, weights, _ = without_zero_weights(X, y, sample_weight)
            fitted, curves = self._prefit(X, column_or_1d(y), weights)
        else:
            plain = without_penalty(self.estimator)
            seed = private_random_state(self.random_state).randint(LARGEST_SEED)
            # Folds that cannot be used are refused before anything is fitted.
            X, y, weights, folds = weighted_rows_and_folds(
                X, y, sample_weight, self.cv, seed
            )
            fitted = fit_weighted(clone(plain), X, y, weights)
            curves = self._curves(fitted, plain, X, y, folds, seed, weights)
            if curves:
                known = known_curve(plain, X, y, seed, weights)
        self.estimator_ = fitted
        self._choose(HeldOutPerformance(curves, known) if curves else None)
        return self

    def __sklearn_is_fitted__(self):
        return hasattr(self, "best_penalty_")

    @property
    def _penalty(self):
        return self.best_penalty_

    def _curves(self, fitted, plain, X, y, folds, seed, weights):
        """One curve per fold; none when there is nothing to fit."""
        random_state = np.random.RandomState(seed)
        predictions = predictions_on_folds(
            plain, fitted, X, y, folds, seed, self.n_jobs, self.verbose, weights
        )
        unseen = unseen_classes(fitted)
        return [
            curve_of_fold(candidates, y_true, unseen, random_state, of_fold)
            for candidates, y_true, of_fold in predictions
        ]

    def _prefit(self, X, y, weights):
        """The estimator as it is, and its curve on rows it was not trained on."""
        check_is_fitted(self.estimator)
        fitted = copy.deepcopy(self.estimator)
        classes, seen_classes, scores = CandidateScores.of(fitted, X, y, "fold")
        check_both_kinds(y, seen_classes, "the penalty")
        curve = SeenUnseenCurve.from_labels(
            y, scores, classes=classes, seen_classes=seen_classes, weights=weights
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


def known_curve(plain, X, y, seed, weights=None):
    """Curve of held-out samples of an estimator that is fitted on all seen classes.

    Parameters
    ----------
    plain : estimator
        Without seen penalties; stays untouched.
    X, y, seed, weights
        See :func:`scores_of_known_classes`.

    Returns
    -------
    curve : SeenUnseenCurve or None
        Its unseen side is zero. None where no class has two samples.
    """
    known = scores_of_known_classes(plain, X, y, seed, weights)
    return None if known is None else known.curve


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
