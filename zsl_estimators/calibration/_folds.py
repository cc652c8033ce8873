"""The only loop over folds: models that compete where seen classes are hidden."""

from contextlib import ExitStack, closing
from dataclasses import dataclass

import numpy as np
from sklearn.base import clone

from zsl_estimators.calibration._held_out import HeldOutRecord

# A model of a fold that yields this is sent the best of the candidates that all folds
# have yielded since they began, or since they last yielded it.
CHOOSE = object()


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
    """

    penalty: float = 0.0
    records: tuple = ()
    share_of_rows: float = 1.0

    def best(self, stage, default):
        """The best candidate of a stage, or what to take where nothing was chosen."""
        if len(self.records) <= stage:
            return default
        best = self.records[stage].best_candidate
        # The only candidate of a model without a choice.
        return default if best is None else best

    def candidate(self, default=None):
        """The best candidate of the first stage, see :meth:`best`."""
        return self.best(0, default)

    def frame(self, stage=0):
        """Table of what the folds showed in a stage; None without folds."""
        return self.records[stage].to_frame() if len(self.records) > stage else None


class HeldOutFolds:
    """Models of an estimator for folds in which some seen classes are hidden.

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
    """

    def __init__(self, estimator, X, y, split, seed):
        self.n_rows = len(X)
        table = estimator._table
        parameters = {
            "attributes": table.matrix[table.seen],
            "classes": None,
            "random_state": None,
            **estimator._fold_parameters(),
        }
        self.folds = []
        for number, rows in enumerate(split.split(X, y), start=1):
            model = clone(estimator).set_params(**parameters)
            model._stage = f"held-out classes {number}/{split.get_n_splits()}"
            self.folds.append(Fold(model, X, y, *rows, seed))

    def compare(self):
        """Let all candidates compete on all folds.

        Returns
        -------
        choice : Choice
            The best candidates and the penalty of the last of them.
        """
        records, best, asking = [], None, self.folds
        with ExitStack() as stack:
            for fold in self.folds:
                stack.enter_context(closing(fold))
            while asking:
                record = HeldOutRecord()
                asking = [fold for fold in asking if fold.advance(record, best)]
                best = record.best_candidate
                records.append(record)
        return Choice(
            penalty=record.best_penalty(best),
            records=tuple(records),
            share_of_rows=np.mean([fold.n_rows for fold in self.folds]) / self.n_rows,
        )


class Fold:
    """The model of one fold, and what is held out.

    Classes are numbered as in the model's own table, which has only seen classes.

    Parameters
    ----------
    model : BaseZeroShotClassifier
        Not fitted.
    X : ndarray of shape (n_samples, n_features)
        All training features.
    y : ndarray of shape (n_samples,)
        Positions of their classes.
    train, held_out : ndarray
        Rows that the model is fitted on, and those that it is scored on.
    seed : int
        Seeds the model.
    """

    def __init__(self, model, X, y, train, held_out, seed):
        self.model = model
        self.n_rows = len(train)
        self.y_held_out = y[held_out]
        self.X, self.y, self.train, self.held_out = X, y, train, held_out
        self.seed = seed
        self.candidates = None

    def advance(self, record, best):
        """Score candidates until the model asks which one is best, or has no more.

        Parameters
        ----------
        record : HeldOutRecord
            Gets how each candidate does.
        best : object
            Answer to what the model asked last; None at first.

        Returns
        -------
        asks : bool
            Whether the model asks and goes on.
        """
        if self.candidates is None:
            self._start()
        try:
            candidate = self.candidates.send(best)
            while candidate is not CHOOSE:
                scores = self.model._score_classes(self.Z_held_out)
                record.add(candidate, self.y_held_out, scores, self.seen)
                candidate = next(self.candidates)
        except StopIteration:
            return False
        return True

    def close(self):
        """Stop a model that an error has left half trained."""
        if self.candidates is not None:
            self.candidates.close()

    def _start(self):
        """Set the model up when it is its turn, and scale what is held out, once."""
        model, random_state = self.model, np.random.RandomState(self.seed)
        problem = model._new_problem(
            self.X[self.train], self.y[self.train], np.random.RandomState(self.seed)
        )
        self.Z_held_out, self.seen = model._scaled(self.X[self.held_out]), problem.seen
        self.candidates = model._fit_candidates(problem, random_state)
        if self.candidates is None:
            self.candidates = only_candidate(model, problem, random_state)


def only_candidate(model, problem, random_state):
    """Fit a model that has no choice as it would be in the end."""
    model._fit(problem, Choice(), random_state)
    yield None
