"""One fold: its model, what is held out, and how candidates score there."""

from contextlib import closing
from dataclasses import replace

import numpy as np

from zsl_estimators.calibration._choice import Choice
from zsl_estimators.calibration._scores import HeldOutScores
from zsl_estimators.model_selection._class_holdout import at_most
from zsl_estimators.rows import picked
from zsl_estimators.sample_weights import part_of
from zsl_estimators.threads import one_blas_thread

# Candidates of which a fold keeps the scores, where they are wanted.
MOST_KEPT = 4
# A fold scores its models on at most so many rows; more would hardly change the choice.
MOST_ROWS_TO_SCORE = 20_000


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
    weights : ndarray of shape (n_samples,) or None, default=None
        Weights of all samples; None is 1.
    unlabelled : HiddenRows or None, default=None
        Rows that the model gets without labels; has ``of(X)``, for all features.
    """

    def __init__(
        self,
        model,
        train,
        held_out,
        seed,
        keeps_scores=False,
        weights=None,
        unlabelled=None,
    ):
        self.model = model
        self.train, self.held_out = train, held_out
        self.seed = seed
        self.keeps_scores = keeps_scores
        self.train_weights = part_of(weights, train)
        self.held_out_weights = part_of(weights, held_out)
        self.unlabelled = unlabelled
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
        answers : list of (candidate, SeenUnseenCurve, HeldOutScores)
            How each did, and the scores of some samples.
        """
        problem, answers = self._scaled_problem(X, y), []
        candidates = self.stages[stage].candidates(self.model, problem, best)
        with self.model._computing(), closing(candidates):
            for candidate in candidates:
                scores = self.model._score_classes(self._held_out_rows)
                scores = self._held_out_scores(y, scores)
                answers.append((candidate, scores.curve, scores.few(self.seed)))
                self._keep(candidate, scores)
        return answers

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
        return self._held_out_scores(y, scores)

    def _held_out_scores(self, y, scores):
        """Scores of the held-out rows, with all that belongs to them."""
        seen = self._problem.seen
        return HeldOutScores(y[self.held_out], scores, seen, self.held_out_weights)

    def __getstate__(self):
        return {**vars(self), "_problem": None, "_held_out_rows": None}

    def _scaled_problem(self, X, y):
        """Scale the rows of the fold, having set the model up when it is its turn."""
        if self._problem is None:
            model, rows, classes = self.model, picked(X, self.train), y[self.train]
            random_state = np.random.RandomState(self.seed)
            if not hasattr(model, "feature_scaler_"):
                model._set_up(rows, classes, random_state, self.train_weights)
            unlabelled = None if self.unlabelled is None else self.unlabelled.of(X)
            self._problem = model._scaled_problem(
                rows, classes, random_state, self.train_weights, unlabelled
            )
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
    """Advance a fold, wherever this is called; return it with its answers.

    `X` is a reference to the features.
    """
    with one_blas_thread():
        return fold, fold.advance(X.array, y, stage, best)


def best_scores(fold, X, y, choice):
    """Scores of the chosen model on a fold, wherever this is called.

    `X` is a reference to the features.
    """
    with one_blas_thread():
        return fold.best_scores(X.array, y, choice)


def final_scores(fold, X, y, choice):
    """Scores of a final model of a fold, wherever this is called.

    `X` is a reference to the features.
    """
    with one_blas_thread():
        return fold.final_scores(X.array, y, choice)
