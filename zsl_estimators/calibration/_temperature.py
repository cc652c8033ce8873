"""What scores are divided by to become logits of probabilities."""

import numpy as np
from scipy.optimize import minimize_scalar

from zsl_estimators.sample_weights import part_of

# Logarithms of the temperature, relative to the spread of scores over classes, that are
# looked through.
RANGE = (-5, 5)


def best_temperature(folds, penalty, known=None):
    """What to divide scores by, so that their softmax fits held-out samples best.

    Parameters
    ----------
    folds : list of HeldOutScores
        Of one model per fold.
    penalty : float
        Taken from the scores of seen classes.
    known : HeldOutScores or None, default=None
        Of held-out samples of seen classes among all classes. They take the place of
        the seen samples of the folds, whose models know fewer classes.

    Returns
    -------
    temperature : float
        With the smallest log loss, to which seen and unseen samples contribute alike.
    """
    spreads = [
        np.average(fold.scores.std(axis=1), weights=fold.weights) for fold in folds
    ]
    usual = np.mean(spreads) or 1.0
    of_seen = folds if known is None else [known]

    def loss(logarithm):
        temperature = usual * np.exp(logarithm)
        seen = mean_log_loss(of_seen, penalty, temperature, of_seen=True)
        return seen + mean_log_loss(folds, penalty, temperature, of_seen=False)

    best = minimize_scalar(loss, bounds=RANGE, method="bounded").x
    return float(usual * np.exp(best))


def mean_log_loss(folds, penalty, temperature, of_seen):
    """Mean log loss on the seen or on the unseen samples, 0 where there are none."""
    means = []
    for fold in folds:
        wanted = fold.seen[fold.y] == of_seen
        if wanted.any():
            losses = log_losses(fold, penalty, temperature)[wanted]
            means.append(np.average(losses, weights=part_of(fold.weights, wanted)))
    return np.mean(means or [0.0])


def log_losses(fold, penalty, temperature):
    """Log loss on every sample of a fold."""
    # scipy.special.log_softmax takes longer to begin than few rows take.
    with np.errstate(under="ignore"):
        logits = (fold.scores - penalty * fold.seen) / temperature
        logits -= logits.max(axis=1, keepdims=True)
        totals = np.log(np.exp(logits).sum(axis=1))
    return totals - logits[np.arange(len(fold.y)), fold.y]
