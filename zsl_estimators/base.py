"""The contract that every estimator of the package keeps.

:class:`BaseZeroShotClassifier` owns everything a user can see: validation, the class
table, calibration on held-out classes, the predict family, adding classes. A new
estimator only says how to fit (:meth:`~BaseZeroShotClassifier._fit`) and how to score
(:meth:`~BaseZeroShotClassifier._decision`).
"""

from abc import ABCMeta, abstractmethod
from contextlib import nullcontext
from numbers import Real
from typing import NamedTuple

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

from zsl_estimators.calibration import (
    HeldOutRecord,
    PenalisedPredictionMixin,
    held_out_split,
)
from zsl_estimators.class_table import ClassTable
from zsl_estimators.docstrings import fill_docstring
from zsl_estimators.parameters import Interval, StrOptions, check_parameters
from zsl_estimators.seeds import LARGEST_SEED, private_random_state


@fill_docstring
class BaseZeroShotClassifier(
    PenalisedPredictionMixin, ClassifierMixin, BaseEstimator, metaclass=ABCMeta
):
    """Base class of all estimators: fit on some classes, predict any class.

    Subclasses implement `_fit` and `_decision`. Those that have something to choose
    on held-out classes, such as the number of epochs, also implement `_fit_path`.

    Parameters
    ----------
    %(attributes)s
    %(seen_penalty)s
    %(random_state)s

    Attributes
    ----------
    %(fitted)s
    """

    _parameter_constraints = {
        "seen_penalty": [
            StrOptions({"auto"}),
            Interval(Real, None, None, closed="neither"),
        ],
        "random_state": ["random_state"],
        "verbose": [Interval(Real, 0, None, closed="left"), "boolean"],
    }

    @abstractmethod
    def __init__(
        self,
        attributes=None,
        *,
        classes=None,
        seen_penalty="auto",
        random_state=None,
        verbose=0,
    ):
        self.attributes = attributes
        self.classes = classes
        self.seen_penalty = seen_penalty
        self.random_state = random_state
        self.verbose = verbose

    # -- for subclasses ---------------------------------------------------------

    @abstractmethod
    def _fit(self, X, y_index, candidate, random_state):
        """Fit on all training rows.

        Parameters
        ----------
        X : ndarray of shape (n_samples, n_features)
            Finite float32.
        y_index : ndarray of shape (n_samples,)
            Rows of ``class_attributes_``.
        candidate : object
            What the folds chose among the candidates of :meth:`_fit_path`; None
            when there were no folds.
        random_state : RandomState
            The only source of randomness.
        """

    @abstractmethod
    def _decision(self, X):
        """Score every class, before the seen penalty.

        Parameters
        ----------
        X : ndarray of shape (n_samples, n_features)
            Finite float32.

        Returns
        -------
        scores : ndarray of shape (n_samples, n_classes)
            Finite float64, larger is better, columns in the order of `classes_`.
        """

    def _fit_path(self, X, y_index, report, random_state):
        """Fit one candidate model after the other and report each.

        ``report(candidate)`` is called while :meth:`_decision` answers for that
        candidate. Arguments are those of :meth:`_fit`. Without anything to choose
        there is one candidate, None.
        """
        self._fit(X, y_index, None, random_state)
        report(None)

    def _prepare(self, X, y_index, random_state):
        """Settle what the folds and the final fit have in common."""

    def _goes_on(self):
        """Whether this fit trains a model further, which knows its own units only."""
        return False

    def _fold_parameters(self):
        """Constructor parameters that differ in the models of the folds."""
        return {"seen_penalty": 0.0}

    def _for_all_rows(self, candidate, share_of_rows):
        """What the folds chose, for the final fit; they had a share of its rows."""
        return candidate

    # Whether what `_fit_path` reports is scored by a cheap stand-in for the decision.
    _follows_with_stand_in = False

    def _settle(self, X, y_index, candidate, report, random_state):
        """Return to a candidate, make its decision the final one and report it.

        Called on the models of the folds when they were followed with a stand-in.
        There may be several ways to decide, which are reported one after the other;
        :meth:`_fit` gets the chosen candidate and the chosen way as a pair.
        """
        raise NotImplementedError

    def _extend_decision(self):
        """Get ready to score classes that were added to the table."""

    def _note_decisions(self, record):
        """Keep what else the folds tell of the ways to decide, a HeldOutRecord."""

    def _chooses_on_held_out_classes(self):
        """Whether :meth:`_fit_path` has several candidates to choose from."""
        return False

    def _repeatable(self):
        """Context of a fit, in which it does not depend on the number of cores."""
        return nullcontext()

    # -- for users --------------------------------------------------------------

    def fit(self, X, y):
        """Fit the model on samples of the seen classes.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Features.
        y : array-like of shape (n_samples,)
            Labels; every one needs a row in `attributes`.

        Returns
        -------
        self : object
            The fitted estimator.

        Raises
        ------
        ValueError
            If a parameter, the class table or the data cannot be used; the message
            names the argument and the remedy.
        """
        check_parameters(self)
        X, y = validate_data(self, X, y, dtype=np.float32, ensure_min_samples=2)
        check_classification_targets(y)
        with self._repeatable():
            return self._fit_all(X, y)

    def add_classes(self, attributes, classes=None):
        """Let the fitted model predict new, unseen classes.

        Nothing is trained and no training data is needed. Scores of the old classes
        stay what they were, and so does `seen_penalty_`: a model that was fitted
        without any unseen class has the penalty 0 and will favour its seen classes,
        so describe at least one unseen class in :meth:`fit` where possible.

        Parameters
        ----------
        attributes : DataFrame or array-like of shape (n_new, n_attributes)
            Descriptions of the new classes, with the attributes of the old ones; the
            columns of a DataFrame are matched by name.
        classes : array-like of shape (n_new,), default=None
            Their labels when `attributes` is an array. None continues integer
            labels.

        Returns
        -------
        self : object
            The fitted estimator.

        Raises
        ------
        ValueError
            If a class exists already or the attributes do not match.
        """
        check_is_fitted(self)
        self._set_table(self._class_table.extended(attributes, classes))
        self._extend_decision()
        return self

    def __sklearn_is_fitted__(self):
        """Fitted means that the seen penalty, the last thing to be set, is there."""
        return hasattr(self, "seen_penalty_")

    # -- inside -----------------------------------------------------------------

    def _fit_all(self, X, y):
        random_state = private_random_state(self.random_state)
        fold_seed, fit_seed = random_state.randint(LARGEST_SEED, size=2)
        y_index = self._begin(X, y, fold_seed)
        candidate, penalty = self._learn_on_held_out_classes(X, y_index, fold_seed)
        self._fit(X, y_index, candidate, np.random.RandomState(fit_seed))
        self.seen_penalty_ = penalty
        return self

    def _begin(self, X, y, seed):
        """Set up the class table; return the row of every sample."""
        self._set_table(self._make_table(y))
        y_index = self._class_table.rows(y)
        self._prepare(X, y_index, np.random.RandomState(seed))
        return y_index

    def _make_table(self, y):
        return ClassTable.from_parameters(self.attributes, self.classes, y)

    def _set_table(self, table):
        self._class_table = table
        self.classes_ = table.labels
        self.seen_classes_ = table.labels[table.seen]
        self.unseen_classes_ = table.labels[~table.seen]
        self.class_attributes_ = table.matrix

    def _calibrated_scores(self, X):
        check_is_fitted(self)
        X = validate_data(self, X, dtype=np.float32, reset=False)
        return self._less_penalty(
            self._decision(X), self.seen_penalty_, self._class_table.seen
        )

    def _learn_on_held_out_classes(self, X, y_index, seed):
        """Choose the candidate and the seen penalty on folds of hidden classes."""
        self.held_out_results_ = None
        fixed_penalty = 0.0 if self.seen_penalty == "auto" else float(self.seen_penalty)
        split = held_out_split(len(self.seen_classes_), len(self.unseen_classes_), seed)
        wanted = self.seen_penalty == "auto" or self._chooses_on_held_out_classes()
        # Without a second sample of any class a fold cannot test seen classes.
        if split is None or not wanted or np.bincount(y_index).max() < 2:
            return None, fixed_penalty
        record, folds = self._follow_folds(X, y_index, split, seed)
        self.held_out_results_ = record.to_frame()
        chosen = record.best_candidate
        penalty = record.best_penalty(chosen)
        share_of_rows = np.mean([len(fold.X) for fold in folds]) / len(X)
        candidate = self._for_all_rows(chosen, share_of_rows)
        if self._follows_with_stand_in:
            record = self._settle_folds(folds, chosen, seed)
            self.held_out_decisions_ = record.to_frame()
            self._note_decisions(record)
            penalty = record.best_penalty(record.best_candidate)
            candidate = candidate, record.best_candidate
        return candidate, penalty if self.seen_penalty == "auto" else fixed_penalty

    def _follow_folds(self, X, y_index, split, seed):
        record, folds = HeldOutRecord(), []
        seen_rows = np.flatnonzero(self._class_table.seen)
        y = np.searchsorted(seen_rows, y_index)
        for number, (train, test) in enumerate(split.split(X, y), start=1):
            model = clone(self).set_params(
                attributes=self.class_attributes_[seen_rows],
                classes=None,
                random_state=None,
                **self._fold_parameters(),
            )
            model._stage = f"held-out classes {number}/{split.get_n_splits()}"
            folds.append(Fold(model, X[train], y[train], X[test], y[test]))
            model._follow(folds[-1], record, seed)
        return record, folds

    def _settle_folds(self, folds, candidate, seed):
        record = HeldOutRecord()
        for fold in folds:
            random_state = np.random.RandomState(seed)
            fold.model._settle(
                fold.X,
                fold.y,
                candidate,
                lambda settled, fold=fold: fold.report(settled, record),
                random_state,
            )
        return record

    def _follow(self, fold, record, seed):
        """Fit this model on one fold and note how every candidate does."""
        self.n_features_in_ = fold.X.shape[1]
        y_index = self._begin(fold.X, fold.y, seed)
        self._fit_path(
            fold.X,
            y_index,
            lambda candidate: fold.report(candidate, record),
            np.random.RandomState(seed),
        )

    # What the model is being fitted for, shown with its progress.
    _stage = "all seen classes"


class Fold(NamedTuple):
    """A model for one fold with its training rows and what is held out.

    Classes are numbered as in the model's own table, which has only seen classes.
    """

    model: BaseZeroShotClassifier
    X: np.ndarray
    y: np.ndarray
    X_held_out: np.ndarray
    y_held_out: np.ndarray

    def report(self, candidate, record):
        """Note how the model scores what is held out."""
        scores = self.model._decision(self.X_held_out)
        record.add(candidate, self.y_held_out, scores, self.model._class_table.seen)
