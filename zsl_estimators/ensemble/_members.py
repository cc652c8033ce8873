"""The estimators of an ensemble: their scores on the common folds, then their fit."""

from dataclasses import replace

import numpy as np
import pandas as pd
from sklearn.base import clone

from zsl_estimators.base import BaseZeroShotClassifier
from zsl_estimators.calibration import HeldOutScores, without_penalty
from zsl_estimators.candidates import find_zero_shot_classifier, score_matrix
from zsl_estimators.class_table import ClassTable
from zsl_estimators.nested import fit_weighted
from zsl_estimators.parameters import check_parameters
from zsl_estimators.rows import ScaledRows
from zsl_estimators.sample_weights import part_of
from zsl_estimators.threads import one_blas_thread


def new_member(name, estimator, task):
    """Wrap an estimator for an ensemble, which leaves it untouched.

    Parameters
    ----------
    name : str
        Its name.
    estimator : estimator
        Not fitted, its seeds set.
    task : Task
        What all of them are fitted to.

    Returns
    -------
    member : OwnMember or OtherMember
        One of this package shares its own folds with the ensemble.
    """
    kind = OwnMember if isinstance(estimator, BaseZeroShotClassifier) else OtherMember
    return kind(name, estimator, task)


class Task:
    """What the estimators of an ensemble are fitted to.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features)
        Features.
    y : ndarray of shape (n_samples,)
        Positions of the classes among the seen ones.
    table : ClassTable
        All classes.
    seed : int
        Of the folds, and of all that is random in them.
    folds : CommonFolds or None
        None where no class can be hidden.
    weights : ndarray of shape (n_samples,) or None, default=None
        Weights of the samples; None is 1.
    """

    def __init__(self, X, y, table, seed, folds, weights=None):
        self.X, self.y = X, y
        self.table = table
        self.seed = seed
        self.folds = folds
        self.weights = weights

    @property
    def labels(self):
        """Labels of the samples."""
        return self.table.labels[self.table.seen][self.y]


class Member:
    """Base of what an ensemble holds for every estimator.

    Parameters
    ----------
    name : str
        Its name.
    estimator : estimator
        Not fitted.
    task : Task
        What it is fitted to.

    Attributes
    ----------
    held_out : sequence of HeldOutScores
        Of the common folds, then of the model of all seen classes.
    fit_time : float
        Seconds that :meth:`compare` took.
    fitted : estimator or None
        Fitted on all samples.
    """

    def __init__(self, name, estimator, task):
        self.name = name
        self.estimator = estimator
        self.task = task
        self.held_out = []
        self.fit_time = 0.0
        self.fitted = None

    def choose(self, progress):
        """Find `held_out`, and what the estimator chooses on folds of its own."""
        raise NotImplementedError

    def fit(self, seed, progress=None):
        """Fit the estimator on all samples; return it."""
        raise NotImplementedError

    def compare(self, progress):
        """Find `held_out`; without folds there is only the final fit, which is done."""
        self.choose(progress)
        if self.task.folds is None:
            self.fitted = self.fit(self.task.seed, progress)

    @property
    def usual_time(self):
        """Seconds that the final fit will take, roughly."""
        return self.fit_time / len(self.held_out) if self.held_out else 0.0


class OwnMember(Member):
    """An estimator of this package: its folds are those of the ensemble."""

    def __init__(self, name, estimator, task):
        super().__init__(name, estimator, task)
        given = estimator.get_params(deep=False)
        if given["attributes"] is not None:
            self._check_table(given["attributes"], given["classes"])
        estimator.set_params(
            attributes=task.table.matrix,
            classes=task.table.labels,
            seen_penalty=0.0 if task.folds is None else "auto",
        )
        estimator._warns_of_table = False
        check_parameters(estimator)

    def _check_table(self, attributes, classes):
        """Refuse an estimator that describes the classes otherwise."""
        own = self.task.table
        table = ClassTable.from_parameters(attributes, classes, self.task.labels)
        same = np.array_equal(own.labels, table.labels) and np.array_equal(
            own.matrix, table.matrix
        )
        if not same:
            raise ValueError(
                f"The estimator {self.name!r} has other attributes than the ensemble. "
                "Leave its attributes out: it gets those of the ensemble."
            )

    def choose(self, progress):
        problem, choice = self.estimator._choose(
            self.task.X,
            self.task.labels,
            self.task.seed,
            progress,
            self.task.weights,
            keeps_scores=True,
        )
        # The scaled rows of all estimators together would be much larger than X.
        self._chosen = replace(problem, rows=None), choice
        self.held_out = choice.scores

    def fit(self, seed, progress=None):
        if progress is not None:
            self.estimator._report = progress.reporter(-1)
        problem, choice = self._chosen
        rows = ScaledRows(self.task.X, self.estimator.feature_scaler_)
        self.estimator._fit_chosen(replace(problem, rows=rows), choice, seed)
        del self._chosen
        vars(self.estimator).pop("_report", None)
        # The ensemble has one of its own.
        self.estimator.seen_penalty_ = 0.0
        return self.estimator


class OtherMember(Member):
    """A pipeline, a search, or an estimator of somebody else."""

    def __init__(self, name, estimator, task):
        super().__init__(name, without_penalty(estimator), task)

    def choose(self, progress):
        if self.task.folds is None:
            return
        folds, weights = self.task.folds, self.task.weights
        for number, (train, held_out, columns) in enumerate(folds.with_known()):
            fitted = fit_weighted(
                clone(self.estimator),
                self.task.X[train],
                self.task.labels[train],
                part_of(weights, train),
            )
            scores = columns_of(fitted, self.task.X[held_out], columns, self.name)
            seen = np.isin(columns, self.task.labels[train])
            y = pd.Index(columns).get_indexer(pd.Index(self.task.labels[held_out]))
            of_fold = part_of(weights, held_out)
            self.held_out.append(HeldOutScores(y, scores, seen, of_fold))
            progress.report(-1, number)

    def fit(self, seed, progress=None):
        task = self.task
        return fit_weighted(self.estimator, task.X, task.labels, task.weights)


def fitted_or_error(member, seed):
    """Fit a member on all samples, wherever this is called.

    Parameters
    ----------
    member : Member
        Compared.
    seed : int
        Seeds the fit.

    Returns
    -------
    fitted : estimator or None
        None if it failed.
    error : Exception or None
        What it failed with.
    """
    try:
        with one_blas_thread():
            return member.fit(seed), None
    except Exception as error:
        return None, error


def columns_of(fitted, X, labels, name):
    """Scores of some classes, in the order of their labels."""
    find_zero_shot_classifier(fitted)
    positions = pd.Index(np.asarray(fitted.classes_)).get_indexer(pd.Index(labels))
    if (positions < 0).any():
        missing = np.asarray(labels)[positions < 0][:8].tolist()
        raise ValueError(
            f"The estimator {name!r} has no scores for the classes {missing}. Give "
            "every estimator the class table of the ensemble."
        )
    return score_matrix(fitted, X)[:, positions].astype(np.float64)
