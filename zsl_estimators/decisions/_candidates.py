"""The candidates of a fold: epochs first, then decisions at the best of them."""

import copy

import numpy as np

from zsl_estimators.seeds import LARGEST_SEED


def epochs_then_decisions(model, random_state):
    """Follow a net with a decision that is cheap, then compare the decisions.

    Most decisions are too slow to be fitted after every epoch.

    Parameters
    ----------
    model : estimator
        Has `_epoch_stage`; `_proxy_decision`, the cheap one; `_new_decisions`, those to
        compare by name; and `_decide_by`, which fits one and decides by it.
    random_state : RandomState or None
        The only source of randomness. None where only the number of stages matters.

    Returns
    -------
    stages : list of stage
        See :class:`~zsl_estimators.calibration.HeldOutFolds`.
    """
    of_decisions = copy.deepcopy(random_state)
    epochs = model._epoch_stage(random_state, ready=ProxyScoring())
    return [epochs, DecisionStage(epochs, of_decisions)]


class DecisionStage:
    """Fit one decision after the other for the best state of the net.

    Parameters
    ----------
    epochs : EpochStage
        The stage before.
    random_state : RandomState
        The only source of randomness.
    """

    def __init__(self, epochs, random_state):
        self.epochs = epochs
        self.random_state = random_state

    def candidates(self, model, problem, best):
        """Yield decisions, `best` being the best state of the net."""
        self.epochs.go_back(model, best)
        self.epochs = None
        for decision in model._new_decisions():
            model._decide_by(decision, problem, self.random_state)
            yield decision

    def is_over(self, best):
        """All decisions are fitted in one go."""
        return True


class ProxyScoring:
    """Scores a net that is followed with a decision that is cheap."""

    def __init__(self):
        self.proxy = self.seed = None

    def __call__(self, model, problem, random_state):
        """Let a model decide by the proxy, always with the same draws."""
        if self.proxy is None:
            self.proxy = model._proxy_decision(problem)
            self.seed = random_state.randint(LARGEST_SEED)
        model._decide_by(self.proxy, problem, np.random.RandomState(self.seed))
