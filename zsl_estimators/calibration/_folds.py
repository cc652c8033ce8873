"""The only loop over folds: models that compete where seen classes are hidden."""

from contextlib import closing
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from sklearn.base import clone
from sklearn.utils.parallel import Parallel, delayed

from zsl_estimators.calibration._held_out import (
    SHARE_HELD_OUT,
    HeldOutRecord,
    best_seen_penalty,
    unseen_beside_hidden,
)
from zsl_estimators.calibration._report import HeldOutPerformance
from zsl_estimators.metrics import SeenUnseenCurve
from zsl_estimators.model_selection._class_holdout import at_most, share_of_each_class
from zsl_estimators.threads import one_blas_thread

# Candidates of which a fold keeps the scores, where they are wanted.
MOST_KEPT = 4
# A fold scores its models on at most so many rows; more would hardly change the choice.
MOST_ROWS_TO_SCORE = 20_000


@dataclass(frozen=True)
class HeldOutScores:
    """Scores of the held-out samples of a fold.

    Parameters
    ----------
    y : ndarray of shape (n_samples,)
        Column of every sample's class.
    scores : ndarray of shape (n_samples, n_classes)
        Without a seen penalty.
    seen : ndarray of shape (n_classes,)
        True for the columns of classes that the model was fitted on.
    """

    y: np.ndarray
    scores: np.ndarray
    seen: np.ndarray

    @property
    def curve(self):
        """What every seen penalty would give."""
        return SeenUnseenCurve.from_scores(self.y, self.scores, self.seen)


@dataclass(frozen=True)
class Choice:
    """What the folds have chosen, for the final fit.

    Parameters
    ----------
    penalty : float, default=0.0
        Amount to take from the scores of seen classes.
    records : list of HeldOutRecord, default=()
        One per stage: for instance which epoch, then which decision. Without folds
        there is none.
    share_of_rows : float, default=1.0
        Mean number of rows that the models of the folds were fitted on, as a share of
        those of the final fit.
    performance : HeldOutPerformance or None, default=None
        How the best model did, where the seen accuracy is known.
    seen_scores : SeenClassScores or None, default=None
        What the penalty still waits for.
    """

    penalty: float = 0.0
    records: tuple = ()
    share_of_rows: float = 1.0
    performance: HeldOutPerformance | None = None
    seen_scores: "SeenClassScores | None" = None

    def best(self, stage, default):
        """The best candidate of a stage, or what to take where nothing was chosen."""
        if len(self.records) <= stage:
            return default
        best = self.records[stage].best_candidate
        # The only candidate of a model without a choice.
        return default if best is None else best

    def completed(self):
        """The choice with its last penalty, for which it may have to wait."""
        if self.seen_scores is None:
            return self
        return self.with_known(self.seen_scores.result().curve)

    def close(self):
        """Wait for nothing any more."""
        if self.seen_scores is not None:
            self.seen_scores.close()

    def with_known(self, known):
        """The choice with a penalty for which the seen accuracy is known.

        Parameters
        ----------
        known : SeenUnseenCurve
            See :func:`best_seen_penalty`.

        Returns
        -------
        choice : Choice
            It waits for nothing more.
        """
        curves = self.records[-1].best_curves
        penalty, _ = best_seen_penalty(curves, known=known)
        performance = HeldOutPerformance(curves, known, self.records[0].of_start)
        return replace(self, penalty=penalty, performance=performance, seen_scores=None)

    @property
    def area(self):
        """AUSUC of the best candidate, averaged over folds; 0 without folds."""
        return self.records[-1].best_area if self.records else 0.0

    def candidate(self, default=None):
        """The best candidate of the first stage, see :meth:`best`."""
        return self.best(0, default)

    def frame(self, stage=0, n_stages=1):
        """Table of what the folds showed in some stages; None without folds."""
        records = self.records[stage : stage + n_stages]
        if not records:
            return None
        frames = [record.to_frame() for record in records]
        return pd.concat(frames, ignore_index=True)


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
    """

    def __init__(self, estimator, X, y, split, seed, n_jobs=None, keeps_scores=False):
        self.X, self.y = X, y
        self.n_jobs = n_jobs
        table = estimator._table
        seen_rows, unseen_rows = table.matrix[table.seen], table.matrix[~table.seen]
        self.folds = []
        rows = rows_of_folds(X, y, split, seen_rows, unseen_rows, seed)
        for number, (train, held_out, beside) in enumerate(rows, start=1):
            model = model_inside(estimator, np.vstack([seen_rows, unseen_rows[beside]]))
            model._fold = f"{number}/{split.get_n_splits()}"
            self.folds.append(Fold(model, train, held_out, seed, keeps_scores))

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
            share_of_rows=n_rows / len(self.X),
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
                delayed(best_scores)(fold, self.X, self.y, choice)
                for fold in self.folds
            )

    def _compete(self, stage, record, best, parallel):
        """Let the candidates of one stage compete; return the best one."""
        running = range(len(self.folds))
        while running:
            answers = parallel(
                delayed(advanced)(self.folds[number], self.X, self.y, stage, best)
                for number in running
            )
            for number, (fold, curves) in zip(running, answers, strict=True):
                self.folds[number] = fold
                # One that was in another process has lost it.
                fold.model._report = self.progress.reporter(number)
                self.progress.report(number, fold.n_steps)
                for candidate, curve in curves:
                    record.add(candidate, curve)
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
        **estimator._fold_parameters(),
    )


class SeenClassScores:
    """Scores of held-out samples by a model that is fitted on all seen classes.

    These are the scores that the final model will give to samples of the seen classes,
    beside the real unseen ones. The unseen side of their curve is zero. With several
    jobs the model is fitted in another process, beside the final one.

    Parameters
    ----------
    estimator : BaseZeroShotClassifier
        Being fitted: its class table and its initial estimator are there.
    X : ndarray of shape (n_samples, n_features)
        Training features in the users' units.
    y : ndarray of shape (n_samples,)
        Position of each sample's class among the seen classes.
    choice : Choice
        What the folds have chosen.
    seed : int
        Of the model, and of which samples are held out.
    progress : FitProgress
        Shows how far the model is, which is the last but one.
    n_jobs : int or None, default=None
        With more than one it begins at once, else when it is asked for.
    """

    def __init__(self, estimator, X, y, choice, seed, progress, n_jobs=None):
        table = estimator._table
        seen_first = np.argsort(~table.seen, kind="stable")
        model = model_inside(estimator, table.matrix[seen_first])
        model._fold, model._report = "seen", progress.reporter(-2)
        fold = Fold(model, *rows_of_seen_classes(y, seed), seed)
        self.progress = progress
        self._outcome = Parallel(n_jobs=n_jobs, return_as="generator")(
            [delayed(final_scores)(fold, X, y, choice)]
        )

    def result(self):
        """Wait for them.

        Returns
        -------
        scores : HeldOutScores
            Of the held-out samples, columns with the seen classes first.
        """
        (scores,) = self._outcome
        self.progress.end(-2)
        return scores

    def close(self):
        """Give them up, if they are not there yet."""
        self._outcome.close()


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


class Fold:
    """The model of one fold, and what is held out.

    Classes are numbered as in the model's own table, which begins with the seen ones.
    Scaled rows are kept from one call to the next, but not pickled.

    Parameters
    ----------
    model : BaseZeroShotClassifier
        Not fitted.
    train, held_out : ndarray
        Rows that the model is fitted on, and those that it is scored on.
    seed : int
        Seeds the model.
    keeps_scores : bool, default=False
        Whether to keep scores for :meth:`best_scores`.
    """

    def __init__(self, model, train, held_out, seed, keeps_scores=False):
        self.model = model
        self.train, self.held_out = train, held_out
        self.seed = seed
        self.keeps_scores = keeps_scores
        self._kept = {}
        self.stages = None
        self._problem = self._held_out_rows = None

    @property
    def n_stages(self):
        """How often the model has something to choose."""
        return len(self.stages)

    @property
    def n_steps(self):
        """How many steps, such as epochs, the model has taken."""
        return sum(getattr(stage, "n_done", 0) for stage in self.stages)

    def is_over(self, stage, best):
        """Whether a stage need not go on."""
        return self.stages[stage].is_over(best)

    def advance(self, X, y, stage, best):
        """Score candidates until the stage wants to know which one is best.

        Parameters
        ----------
        X : ndarray of shape (n_samples, n_features)
            All training features.
        y : ndarray of shape (n_samples,)
            Positions of their classes.
        stage : int
            The stage.
        best : object
            The best candidate so far.

        Returns
        -------
        curves : list of (candidate, SeenUnseenCurve)
            How each did.
        """
        problem, curves = self._scaled_problem(X, y), []
        candidates = self.stages[stage].candidates(self.model, problem, best)
        with self.model._computing(), closing(candidates):
            for candidate in candidates:
                scores = self.model._score_classes(self._held_out_rows)
                scores = HeldOutScores(y[self.held_out], scores, problem.seen)
                curves.append((candidate, scores.curve))
                self._keep(candidate, scores)
        return curves

    def best_scores(self, X, y, choice):
        """Scores of the model that was chosen; it is fitted again if need be."""
        kept = self._kept.get(choice.records[-1].best_candidate)
        return self.final_scores(X, y, choice) if kept is None else kept

    def _keep(self, candidate, scores):
        """Keep scores of the last candidates, as far as there are but a few."""
        if self.keeps_scores:
            small = replace(scores, scores=scores.scores.astype(np.float32))
            self._kept.pop(candidate, None)
            self._kept[candidate] = small
            if len(self._kept) > MOST_KEPT:
                del self._kept[next(iter(self._kept))]

    def final_scores(self, X, y, choice):
        """Fit the model as it is fitted in the end, and score the held-out rows.

        Parameters
        ----------
        X : ndarray of shape (n_samples, n_features)
            All training features.
        y : ndarray of shape (n_samples,)
            Positions of their classes.
        choice : Choice
            What the folds have chosen.

        Returns
        -------
        scores : HeldOutScores
            Of the classes in the model's table.
        """
        self.stages = []
        problem = self._scaled_problem(X, y)
        with self.model._computing():
            self.model._fit(problem, choice, np.random.RandomState(self.seed))
            scores = self.model._score_classes(self._held_out_rows)
        return HeldOutScores(y[self.held_out], scores, problem.seen)

    def __getstate__(self):
        return {**vars(self), "_problem": None, "_held_out_rows": None}

    def _scaled_problem(self, X, y):
        """Scale the rows of the fold, having set the model up when it is its turn."""
        if self._problem is None:
            model, rows, classes = self.model, X[self.train], y[self.train]
            random_state = np.random.RandomState(self.seed)
            if not hasattr(model, "feature_scaler_"):
                model._set_up(rows, classes, random_state)
            self._problem = model._scaled_problem(rows, classes, random_state)
            with model._computing():
                self._held_out_rows = model._scaled(X[self.held_out])
            if self.stages is None:
                self.stages = stages_of(model, self._problem, self.seed)
        return self._problem


def rows_to_score(held_out, y, seed):
    """Held-out rows, or a sample of equally many of every class if there are very many.

    The accuracy of a class of which `n` rows are left has a standard deviation of at
    most ``0.5 / sqrt(n)``, and their mean over classes one that is much smaller.

    Parameters
    ----------
    held_out : ndarray
        Positions of the rows.
    y : ndarray of shape (n_samples,)
        Classes of all rows.
    seed : int
        Of the sample.

    Returns
    -------
    rows : ndarray
        Positions, rising.
    """
    return at_most(MOST_ROWS_TO_SCORE, held_out, y, seed)


def stages_of(model, problem, seed):
    """What the model of a fold chooses, stage after stage."""
    random_state = np.random.RandomState(seed)
    given = model._fit_candidates(problem, random_state)
    if given is None:
        return [OnlyStage(only_candidate(model, problem, random_state))]
    return given if isinstance(given, list) else [OnlyStage(given)]


def only_candidate(model, problem, random_state):
    """Fit a model that has no choice as it would be in the end."""
    model._fit(problem, Choice(), random_state)
    yield None


class OnlyStage:
    """All candidates of a generator, in one go."""

    def __init__(self, generator):
        self.generator = generator

    def candidates(self, model, problem, best):
        """Yield them."""
        with closing(self.generator):
            yield from self.generator
        self.generator = None

    def is_over(self, best):
        """There is nothing more."""
        return True


def advanced(fold, X, y, stage, best):
    """Advance a fold, wherever this is called; return it with its curves."""
    with one_blas_thread():
        return fold, fold.advance(X, y, stage, best)


def final_scores(fold, X, y, choice):
    """Scores of a model that is fitted as in the end, wherever this is called."""
    with one_blas_thread():
        return fold.final_scores(X, y, choice)


def best_scores(fold, X, y, choice):
    """Scores of the chosen model on a fold, wherever this is called."""
    with one_blas_thread():
        return fold.best_scores(X, y, choice)
