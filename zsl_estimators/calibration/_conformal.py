"""Sets of classes instead of one, and the answer that it is none of them."""

from dataclasses import replace
from numbers import Real

import numpy as np
import pandas as pd
from scipy.special import log_softmax
from sklearn.base import clone
from sklearn.utils.validation import check_is_fitted

from zsl_estimators.calibration._around import (
    AroundZeroShotClassifier,
    held_out_scores,
    predictions_on_folds,
    scores_of_known_classes,
    unseen_classes,
    weighted_rows_and_folds,
)
from zsl_estimators.calibration._report import is_in_fold
from zsl_estimators.docstrings import fill_docstring
from zsl_estimators.exceptions import warn_user
from zsl_estimators.labels import as_labels, is_in
from zsl_estimators.nested import fit_weighted
from zsl_estimators.parameters import HasMethods, Interval
from zsl_estimators.sample_weights import part_of
from zsl_estimators.seeds import LARGEST_SEED, private_random_state

KINDS = "seen", "unseen"


@fill_docstring
class ConformalZeroShotClassifier(AroundZeroShotClassifier):
    """Predict sets of classes that contain the true one with a given probability.

    A set contains every class whose probability reaches a threshold. The threshold for
    seen classes is a quantile over held-out samples, as in split conformal prediction
    [1]_: for a share of `confidence_level` of new samples of seen classes the set
    contains the true one, where all classes have the same weight. For unseen classes
    there is no such guarantee, and the threshold of seen classes would cover far fewer
    of their samples. Their threshold is a quantile over samples of hidden seen classes,
    which is correct as far as unseen classes are like the hidden ones. With few hidden
    classes it is a rough estimate; `coverage_` has the coverage on hidden classes.

    A sample may also belong to no class: :meth:`is_rejected` returns those whose best
    score is lower than that of almost all held-out samples. Densities and distances,
    such as those of :class:`ExemplarClassifier`, are low far from all classes; cosines
    often are not.

    Parameters
    ----------
    estimator : estimator
        Classifier with ``decision_function`` that sets ``classes_`` and
        ``seen_classes_``, or a pipeline or search around one. Set its `random_state`
        separately.
    confidence_level : float, default=0.9
        Share of samples whose set should contain the true class, between 0 and 1.
    rejection_rate : float, default=0.05
        Share of samples of seen and unseen classes that may be rejected wrongly.
    cv : int, cross-validation generator, iterable or None, default=None
        Folds that hide classes, see :class:`CalibratedStackingCV`. None uses those of
        ``seen_penalty="auto"``.
    n_jobs : int or None, default=None
        Number of folds that are fitted in parallel, in processes.
    random_state : int, RandomState instance or None, default=None
        Controls which classes and samples are held out.
    verbose : int, default=0
        1 shows the progress over the folds.

    Attributes
    ----------
    estimator_ : estimator
        Fitted on all rows.
    thresholds_ : Series
        Smallest probability of a class in a set, for "seen" and "unseen" classes. It is
        0 for unseen ones if there were none in `fit`: those that are added later are in
        every set. One that is too small for a float shows as 0 too, but is used as it
        is.
    rejection_threshold_ : float
        Best scores below it are rejected.
    coverage_ : DataFrame
        For "seen" and "unseen" classes the share of held-out samples whose set contains
        the true class, and the mean size of these sets. For unseen ones, the threshold
        of a hidden class is that of all other hidden classes.
    n_hidden_classes_ : int
        Number of classes that were hidden on any fold.
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
    CalibratedStackingCV : Fits the seen penalty on such folds.
    held_out_report : What the folds let one expect of accuracies.

    Notes
    -----
    The estimator is fitted anew on every fold, with all that it chooses itself, and
    once on a part of the samples of all seen classes.

    References
    ----------
    .. [1] Sadinle, Lei, Wasserman: Least ambiguous set-valued classifiers with bounded
       error levels, Journal of the American Statistical Association 114, 2019.

    Examples
    --------
    >>> from zsl_estimators import ConformalZeroShotClassifier
    >>> from zsl_estimators import RidgeSemanticClassifier
    >>> from zsl_estimators.datasets import make_gzsl
    >>> data = make_gzsl(random_state=0)
    >>> clf = RidgeSemanticClassifier(attributes=data.attributes, random_state=0)
    >>> sets = ConformalZeroShotClassifier(clf, random_state=0)
    >>> sets = sets.fit(data.X_train, data.y_train)
    >>> held = sets.predict_set(data.X_test)
    >>> held.shape == (len(data.X_test), len(sets.classes_))
    True
    >>> [sets.classes_[row].tolist() for row in held[:1]][0].count(data.y_test[0])
    1
    """

    _parameter_constraints = {
        "estimator": [HasMethods(["fit", "decision_function"])],
        "confidence_level": [Interval(Real, 0, 1, closed="neither")],
        "rejection_rate": [Interval(Real, 0, 1, closed="left")],
        "cv": ["cv_object"],
        "random_state": ["random_state"],
        "verbose": ["verbose"],
    }

    def __init__(
        self,
        estimator,
        *,
        confidence_level=0.9,
        rejection_rate=0.05,
        cv=None,
        n_jobs=None,
        random_state=None,
        verbose=0,
    ):
        self.estimator = estimator
        self.confidence_level = confidence_level
        self.rejection_rate = rejection_rate
        self.cv = cv
        self.n_jobs = n_jobs
        self.random_state = random_state
        self.verbose = verbose

    def fit(self, X, y, sample_weight=None):
        """Fit the estimator on all rows and the thresholds on held-out ones.

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
            If a parameter or the weights cannot be used, a fold hides no class, or no
            threshold can be fitted: no class has two samples, or there are unseen
            classes and fewer than four seen ones.
        TypeError
            If the estimator has no `seen_classes_`, or takes no weights.

        Warns
        -----
        ZeroShotWarning
            If there are too few held-out samples for the level, so that every set
            contains all seen classes, or all unseen ones.
        """
        X, y = self._checked_for_fit(X, y)
        seed = private_random_state(self.random_state).randint(LARGEST_SEED)
        # Folds that cannot be used are refused before anything is fitted.
        X, y, weights, folds = weighted_rows_and_folds(
            X, y, sample_weight, self.cv, seed
        )
        fitted = fit_weighted(clone(self.estimator), X, y, weights)
        known = scores_of_known_classes(self.estimator, X, y, seed, weights)
        if known is None:
            raise ValueError(
                "No class of y has two samples, so that none can be held out to fit "
                "the thresholds. Give more samples."
            )
        hidden = self._hidden(fitted, X, y, folds, seed, weights)
        if not hidden and len(unseen_classes(fitted)):
            raise ValueError(
                "y holds too few classes to hide some of them, which is needed for the "
                "threshold of unseen ones. Give samples of at least four classes, or "
                "folds in cv."
            )
        self.estimator_ = fitted
        self._set_thresholds(known, hidden)
        return self

    def predict_set(self, X):
        """Predict a set of classes for every sample.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Features.

        Returns
        -------
        sets : ndarray of shape (n_samples, n_classes)
            True for the classes in the set of a sample, columns in the order of
            `classes_`. A set may be empty.
        """
        check_is_fitted(self)
        is_seen = is_in(self.classes_, self.seen_classes_)
        needed = np.where(is_seen, *self._log_thresholds)
        temperature = self.temperature_
        blocks = [
            log_softmax(scores / temperature, axis=1) >= needed
            for scores in self._penalised_scores(X)
        ]
        return np.concatenate(blocks)

    def is_rejected(self, X):
        """Predict which samples belong to no class.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Features.

        Returns
        -------
        rejected : ndarray of shape (n_samples,)
            True where all scores are below `rejection_threshold_`.
        """
        check_is_fitted(self)
        best = [scores.max(axis=1) for scores in self._penalised_scores(X)]
        return np.concatenate(best) < self.rejection_threshold_

    def __sklearn_is_fitted__(self):
        return hasattr(self, "thresholds_")

    def _hidden(self, fitted, X, y, folds, seed, weights):
        """Samples of hidden classes, with the classes that their fold may answer with.

        Returns
        -------
        folds : list of (HeldOutScores, ndarray)
            Scores of hidden samples, and the labels of these.
        """
        random_state = np.random.RandomState(seed)
        predictions = predictions_on_folds(
            self.estimator,
            fitted,
            X,
            y,
            folds,
            seed,
            self.n_jobs,
            self.verbose,
            weights,
        )
        unseen, hidden = unseen_classes(fitted), []
        for candidates, y_true, of_fold in predictions:
            kept = is_in_fold(candidates, y_true, unseen, random_state)
            y_true = as_labels(y_true, "y")
            rows = ~is_in(y_true, candidates.seen_classes)
            y_true = y_true[rows]
            kept_only = candidates._replace(
                classes=candidates.classes[kept],
                scores=candidates.scores[np.ix_(rows, kept)],
            )
            scores = held_out_scores(kept_only, y_true, part_of(of_fold, rows))
            hidden.append((scores, y_true))
        return hidden

    def _set_thresholds(self, known, hidden):
        temperature, level = self.temperature_, self.confidence_level
        seen = Conformity.of([(known, known.y)], temperature)
        unseen = Conformity.of(hidden, temperature)
        self.n_hidden_classes_ = len(np.unique(unseen.classes))
        log_thresholds = [seen.threshold(level), unseen.threshold(level)]
        for kind, part, lowest in zip(
            KINDS, (seen, unseen), log_thresholds, strict=True
        ):
            if lowest == -np.inf and len(part.own):
                warn_of_full_sets(kind, len(part.own), part.largest_level(), level)
        # Probabilities of unseen classes may be smaller than a float can be.
        self._log_thresholds = np.array(log_thresholds)
        self.thresholds_ = pd.Series(np.exp(log_thresholds), KINDS, name="threshold")
        self.coverage_ = pd.DataFrame(
            {
                "coverage": [seen.coverage(log_thresholds[0]), unseen.left_out(level)],
                "mean_size": [
                    part.mean_size(*log_thresholds) for part in (seen, unseen)
                ],
            },
            index=KINDS,
        )
        best, weights = zip(seen.best_scores, unseen.best_scores, strict=True)
        self.rejection_threshold_ = weighted_quantile(
            np.concatenate(best), np.concatenate(weights), self.rejection_rate
        )


class Conformity:
    """How well the true classes of held-out samples are rated.

    Parameters
    ----------
    folds : list of HeldOutScores
        Log probabilities of all classes of the fold.
    classes : ndarray of shape (n_samples,)
        What tells classes apart across folds.
    scores : list of ndarray
        The scores that they are made of.
    """

    def __init__(self, folds, classes, scores):
        self.folds, self.classes, self.scores = folds, classes, scores
        own = [fold.scores[np.arange(len(fold.y)), fold.y] for fold in folds]
        self.own = np.concatenate(own) if own else np.empty(0)
        # Every class counts the same, however many samples it has.
        given = [
            np.ones(len(fold.y)) if fold.weights is None else fold.weights
            for fold in folds
        ]
        self.given = np.concatenate(given) if given else np.empty(0)
        sums = pd.Series(self.given).groupby(classes).transform("sum").to_numpy()
        self.weights = self.given / sums

    @classmethod
    def of(cls, folds, temperature):
        """Of pairs of HeldOutScores and what tells the classes of their samples."""
        with np.errstate(under="ignore"):
            logarithms = [
                replace(fold, scores=log_softmax(fold.scores / temperature, axis=1))
                for fold, _ in folds
            ]
        classes = np.concatenate([c for _, c in folds]) if folds else np.empty(0)
        return cls(logarithms, classes, [fold.scores for fold, _ in folds])

    @property
    def best_scores(self):
        """Best score of every sample, and the weights of the samples."""
        best = [scores.max(axis=1) for scores in self.scores]
        total = self.weights.sum() or 1.0
        return np.concatenate(best) if best else np.empty(0), self.weights / total

    def threshold(self, level, kept=slice(None)):
        """Log probability that a share of the samples reach; some of them only."""
        own, weights = self.own[kept], self.weights[kept]
        if not len(own):
            # Of classes that are added later nothing is known.
            return -np.inf
        # One more sample counts as one that never reaches it: the next one.
        below = 1 - level / self.largest_level(kept)
        return weighted_quantile(own, weights, below) if below >= 0 else -np.inf

    def largest_level(self, kept=slice(None)):
        """Share that n samples are of n + 1; weighted ones are worth fewer."""
        given = self.given[kept]
        return 1 / (1 + (given**2).sum() / given.sum() ** 2)

    def coverage(self, threshold):
        """Share of the samples that reach a threshold."""
        return np.average(self.own >= threshold, weights=self.weights)

    def left_out(self, level):
        """Coverage of every class by the threshold of the others, averaged."""
        classes = np.unique(self.classes)
        if len(classes) < 2:
            return np.nan
        covered = []
        for one in classes:
            is_one = self.classes == one
            reached = self.own[is_one] >= self.threshold(level, ~is_one)
            covered.append(np.average(reached, weights=self.given[is_one]))
        return np.mean(covered)

    def mean_size(self, seen_threshold, unseen_threshold):
        """Mean size of the sets of the samples."""
        if not self.folds:
            return np.nan
        sizes = [
            (fold.scores >= np.where(fold.seen, seen_threshold, unseen_threshold)).sum(
                axis=1
            )
            for fold in self.folds
        ]
        return np.average(np.concatenate(sizes), weights=self.weights)


def weighted_quantile(values, weights, share):
    """Largest value below which no more than a share of the weight is.

    Parameters
    ----------
    values, weights : ndarray of shape (n_values,)
        At least one; weights are positive.
    share : float
        From 0 to 1.

    Returns
    -------
    quantile : float
        One of the values.
    """
    order = np.argsort(values)
    below = np.cumsum(weights[order]) - weights[order]
    # The sum of many weights is not exact.
    allowed = np.flatnonzero(below <= share * weights.sum() * (1 + 1e-12))
    return float(values[order][allowed[-1]])


def warn_of_full_sets(kind, n_samples, largest_level, level):
    """Warn of a level that so few held-out samples do not suffice for.

    Parameters
    ----------
    kind : {"seen", "unseen"}
        Of the classes.
    n_samples : int
        Held-out samples of such classes.
    largest_level : float
        The largest one that they suffice for.
    level : float
        The confidence level that was asked for.

    Warns
    -----
    ZeroShotWarning
        Always.
    """
    rounded = np.floor(largest_level * 1000) / 1000
    warn_user(
        f"{n_samples} held-out samples of {kind} classes are too few for "
        f"confidence_level={level:g}: every set contains all {kind} classes. Give more "
        f"samples, or a confidence_level of at most {rounded:g}."
    )
