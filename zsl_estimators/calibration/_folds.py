"""The only loop over folds: models that compete where seen classes are hidden."""

from dataclasses import replace

import numpy as np
from sklearn.base import clone
from sklearn.utils.parallel import Parallel, delayed

from zsl_estimators.calibration._choice import Choice
from zsl_estimators.calibration._fold import (
    Fold,
    advanced,
    best_scores,
    rows_to_score,
)
from zsl_estimators.calibration._held_out import (
    SHARE_HELD_OUT,
    HeldOutRecord,
    best_seen_penalty,
    unseen_beside_hidden,
)
from zsl_estimators.calibration._reference import Reference
from zsl_estimators.calibration._unlabelled import rows_without_labels
from zsl_estimators.model_selection._class_holdout import share_of_each_class
from zsl_estimators.nested import with_choices_fixed

# What models of folds must not take over from the parameters of their estimator.
FOLD_PARAMETERS = {
    "seen_penalty": 0.0,
    "warm_start": False,
    "callbacks": None,
    "n_jobs": None,
}


class HeldOutFolds:
    """Models of an estimator for folds in which some seen classes are hidden.

    The models go through the stages of the estimator's `_fit_candidates` together. A
    stage is an object with

    - ``candidates(model, problem, best)``, a generator: it fits one candidate after the
      other, and yields something hashable that names it while the model scores with
      it. At its end the folds are compared, and it is called again with the best
      candidate so far; at first, with that of the stage before;
    - ``is_over(best)``: whether it need not be called again.

    Between the calls it can be pickled, and goes on in another process.

    Parameters
    ----------
    estimator : BaseZeroShotClassifier
        Being fitted: its class table and its initial estimator are there.
    X : ndarray of shape (n_samples, n_features)
        Training features in the users' units.
    y : ndarray of shape (n_samples,)
        Position of each sample's class among the seen classes.
    split : ClassHoldoutSplit
        Makes the folds.
    seed : int
        Every fold starts from this one.
    n_jobs : int or None, default=None
        Folds that are fitted at a time; the results do not depend on it.
    keeps_scores : bool, default=False
        Whether :meth:`best_scores` will be asked for.
    weights : ndarray of shape (n_samples,) or None, default=None
        Weights of the samples; None is 1.
    unlabelled : UnlabelledRows or None, default=None
        Rows of unknown classes. The models of the folds get rows of their hidden
        classes instead, which they are not scored on.
    """

    def __init__(
        self,
        estimator,
        X,
        y,
        split,
        seed,
        n_jobs=None,
        keeps_scores=False,
        weights=None,
        unlabelled=None,
    ):
        self.X, self.y = X, y
        self.n_jobs = n_jobs
        table = estimator._table
        seen_rows, unseen_rows = table.matrix[table.seen], table.matrix[~table.seen]
        self.folds = []
        rows = rows_of_folds(X, y, split, seen_rows, unseen_rows, seed)
        for number, (train, held_out, beside) in enumerate(rows, start=1):
            model = model_inside(estimator, np.vstack([seen_rows, unseen_rows[beside]]))
            model._fold = f"{number}/{split.get_n_splits()}"
            hidden, scored = rows_without_labels(unlabelled, train, held_out, y, seed)
            self.folds.append(
                Fold(model, train, scored, seed, keeps_scores, weights, hidden)
            )

    def compare(self, progress):
        """Let all candidates compete on all folds.

        Parameters
        ----------
        progress : FitProgress
            Shows how far the models are.

        Returns
        -------
        choice : Choice
            The best candidates and the penalty of the last of them.
        """
        records, best = [], None
        # Then one of all seen classes, and the final one.
        progress.begin(len(self.folds) + 1)
        self.progress = progress
        for number, fold in enumerate(self.folds):
            fold.model._report = progress.reporter(number)
        with Parallel(n_jobs=self.n_jobs) as parallel:
            while not records or len(records) < self.folds[0].n_stages:
                record = HeldOutRecord()
                best = self._compete(len(records), record, best, parallel)
                records.append(record)
        for number in range(len(self.folds)):
            progress.end(number)
        n_rows = np.mean([len(fold.train) for fold in self.folds])
        return Choice(
            penalty=best_seen_penalty(records[-1].best_curves)[0],
            records=tuple(records),
            share_of_rows=n_rows / len(self.y),
        )

    def best_scores(self, choice):
        """Scores of the chosen model on every fold.

        Parameters
        ----------
        choice : Choice
            What :meth:`compare` has returned.

        Returns
        -------
        scores : list of HeldOutScores
            One per fold.
        """
        with Parallel(n_jobs=self.n_jobs) as parallel:
            return parallel(
                delayed(best_scores)(fold, Reference(self.X), self.y, choice)
                for fold in self.folds
            )

    def _compete(self, stage, record, best, parallel):
        """Let the candidates of one stage compete; return the best one."""
        running = range(len(self.folds))
        while running:
            X = Reference(self.X)
            answers = parallel(
                delayed(advanced)(self.folds[number], X, self.y, stage, best)
                for number in running
            )
            for number, (fold, of_fold) in zip(running, answers, strict=True):
                self.folds[number] = fold
                # One that was in another process has lost it.
                fold.model._report = self.progress.reporter(number)
                self.progress.report(number, fold.n_steps)
                for candidate, curve, few in of_fold:
                    record.add(candidate, curve, few)
            best = record.best_candidate
            record.forget_worse()
            running = [n for n in running if not self.folds[n].is_over(stage, best)]
        return best


def rows_of_folds(X, y, split, seen_rows, unseen_rows, seed):
    """Rows of the folds, and the real unseen classes that they may answer with.

    Which classes these are depends on the descriptions, not on the names of classes.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features)
        Features.
    y : ndarray of shape (n_samples,)
        Position of each sample's class among the seen classes.
    split : ClassHoldoutSplit
        Makes the folds.
    seen_rows, unseen_rows : ndarray of shape (n_classes, n_attributes)
        Descriptions of the seen classes, and of the real unseen ones.
    seed : int
        Of what else is chosen.

    Yields
    ------
    train, held_out : ndarray
        Positions of the rows to fit on and of those to score.
    beside : ndarray
        Positions among the real unseen classes.
    """
    random_state = np.random.RandomState(seed)
    rank, unseen = np.argsort(order_of_rows(seen_rows)), order_of_rows(unseen_rows)
    for train, held_out in split.split(X, rank[y]):
        n_hidden = len(rank) - len(np.unique(y[train]))
        beside = unseen_beside_hidden(len(unseen), n_hidden, random_state)
        yield train, rows_to_score(held_out, y, seed), unseen[beside]


def order_of_rows(rows):
    """Positions that sort rows by the first column, then by the next, and so on."""
    return np.lexsort(rows.T[::-1])


def model_inside(estimator, attributes):
    """A model of the same kind for some of the classes, numbered as in their table."""
    return clone(estimator).set_params(
        attributes=attributes,
        classes=None,
        random_state=None,
        **fold_parameters(estimator),
    )


def fold_parameters(estimator):
    """Constructor parameters that differ in the models of the folds.

    Parameters
    ----------
    estimator : BaseZeroShotClassifier
        Being fitted: its initial estimator is there.

    Returns
    -------
    parameters : dict
        By name. What has been chosen already is not chosen again on every fold.
    """
    parameters = FOLD_PARAMETERS.keys() & estimator.get_params(deep=False).keys()
    differing = {name: FOLD_PARAMETERS[name] for name in parameters}
    if getattr(estimator, "init_", None) is not None:
        seed = getattr(estimator.init, "random_state", None)
        init = with_choices_fixed(estimator.init_).set_params(random_state=seed)
        differing["init"] = init
    # Others compare scalings on these very folds.
    if hasattr(estimator, "attribute_scaling") and estimator._takes_over_scaling:
        differing["attribute_scaling"] = estimator.attribute_scaling_
    return differing


def fold_of_seen_classes(estimator, X, y, seed, report, weights=None, unlabelled=None):
    """The fold that hides no class, and holds out some samples of each.

    Its scores are those that the final model will give to samples of the seen classes,
    beside the real unseen ones. The unseen side of their curve is zero.

    Parameters
    ----------
    estimator : BaseZeroShotClassifier
        Being fitted: its class table and its initial estimator are there.
    X : ndarray of shape (n_samples, n_features)
        Training features in the users' units.
    y : ndarray of shape (n_samples,)
        Position of each sample's class among the seen classes.
    seed : int
        Of the model, and of which samples are held out.
    report : callable
        What the model reports its steps to.
    weights : ndarray of shape (n_samples,) or None, default=None
        Weights of the samples; None is 1.
    unlabelled : UnlabelledRows or None, default=None
        Rows of unknown classes, none of which is scored.

    Returns
    -------
    fold : Fold
        For its `final_scores`, whose columns have the seen classes first.
    """
    table = estimator._table
    seen_first = np.argsort(~table.seen, kind="stable")
    model = model_inside(estimator, table.matrix[seen_first])
    model._fold, model._report = "seen", report
    if unlabelled is not None:
        classes = np.flatnonzero(np.isin(seen_first, unlabelled.classes))
        unlabelled = replace(unlabelled, classes=classes)
    rows = rows_of_seen_classes(y, seed)
    return Fold(model, *rows, seed, weights=weights, unlabelled=unlabelled)


def rows_of_seen_classes(y, seed):
    """Rows to fit a model of all seen classes on, and rows of them to score.

    Parameters
    ----------
    y : ndarray of shape (n_samples,)
        Classes of all rows.
    seed : int
        Of which samples are held out.

    Returns
    -------
    train, held_out : ndarray
        Positions, rising.
    """
    held_out = share_of_each_class(y, SHARE_HELD_OUT, np.random.RandomState(seed))
    return np.flatnonzero(~held_out), rows_to_score(np.flatnonzero(held_out), y, seed)
