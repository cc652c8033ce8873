"""What an estimator that is being fitted chooses on held-out classes."""

from dataclasses import replace

import numpy as np
import pandas as pd

from zsl_estimators.calibration._beside import Beside
from zsl_estimators.calibration._choice import Choice
from zsl_estimators.calibration._fold import final_scores
from zsl_estimators.calibration._folds import HeldOutFolds, fold_of_seen_classes
from zsl_estimators.calibration._held_out import FEWEST_SEEN_CLASSES, held_out_split
from zsl_estimators.calibration._reference import Reference
from zsl_estimators.exceptions import warn_user


def choose_on_held_out_classes(
    estimator, X, problem, seed, progress, keeps_scores=False
):
    """Choose the candidate and the seen penalty on folds of hidden classes.

    Parameters
    ----------
    estimator : BaseZeroShotClassifier
        Being fitted: its class table and its initial estimator are there. It is told
        in `_has_folds` whether models of folds were fitted.
    X : ndarray of shape (n_samples, n_features)
        Training features in the users' units.
    problem : Problem
        The same, scaled.
    seed : int
        Of the folds, and of all that is random in them.
    progress : FitProgress
        Shows how far the models are.
    keeps_scores : bool, default=False
        Whether the choice holds the scores on the folds.

    Returns
    -------
    choice : Choice
        Without records where there is nothing to choose, or no class to hide. The
        scores of seen classes may still be computed, see :meth:`Choice.completed`.
    """
    automatic = estimator.seen_penalty == "auto"
    fixed = Choice(penalty=0.0 if automatic else float(estimator.seen_penalty))
    split = held_out_split(problem.n_seen, len(estimator.unseen_classes_), seed)
    # Asking for the generator fits nothing yet.
    wanted = automatic or estimator._fit_candidates(problem, None) is not None
    # Without a second sample of any class a fold cannot test seen classes.
    possible = split is not None and np.bincount(problem.y).max() >= 2
    if automatic and not possible:
        warn_of_few_samples(estimator, problem)
    estimator._has_folds = wanted and possible
    if not estimator._has_folds:
        return fixed
    settings = {"weights": problem.weights, "unlabelled": problem.unlabelled}
    folds = HeldOutFolds(
        estimator,
        X,
        problem.y,
        split,
        seed,
        estimator.n_jobs,
        keeps_scores,
        **settings,
    )
    choice = folds.compare(progress)
    if not automatic:
        return replace(choice, penalty=fixed.penalty)
    report = progress.reporter(-2)
    fold = fold_of_seen_classes(estimator, X, problem.y, seed, report, **settings)
    task = fold, Reference(X), problem.y, choice
    known = Beside(estimator.n_jobs, final_scores, *task)
    if known.is_over:
        progress.end(-2)
    if not keeps_scores:
        return replace(choice, beside=known)
    known = known.result()
    scores = *folds.best_scores(choice), known
    progress.end(-2)
    return replace(choice.with_known(known), scores=scores)


def warn_of_few_samples(estimator, problem):
    """Warn that nothing keeps a model from answering with seen classes only.

    Parameters
    ----------
    estimator : BaseZeroShotClassifier
        Being fitted.
    problem : Problem
        In which no class can be hidden, or no sample of a seen class held out.

    Warns
    -----
    ZeroShotWarning
        If there are unseen classes, for certain, and seen ones.
    """
    # An array without labels may have more rows than there are classes.
    table = estimator.attributes
    named = estimator.classes is not None or isinstance(table, pd.DataFrame)
    tells = named and len(estimator.unseen_classes_) and problem.n_seen
    if tells and estimator._warns_of_table:
        if problem.n_seen < FEWEST_SEEN_CLASSES:
            found = f"y holds {problem.n_seen} class{'es' * (problem.n_seen > 1)}"
            needed, remedy = "four to hide some of them", "samples of more classes"
        else:
            found = "No class of y has two samples"
            needed, remedy = "one to hold out", "more samples"
        warn_user(
            f"{found}, and seen_penalty='auto' needs {needed}. The penalty is 0, with "
            "which unseen classes are hardly ever predicted. Give seen_penalty a "
            f"number, or {remedy}.",
        )
