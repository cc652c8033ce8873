"""The candidates of a fold: epochs first, then decisions at the best of them."""

import copy
from contextlib import closing

import numpy as np

from zsl_estimators.calibration import CHOOSE
from zsl_estimators.seeds import LARGEST_SEED


def epochs_then_decisions(model, problem, random_state):
    """Follow a net with a decision that is cheap, then compare the decisions.

    Most decisions are too slow to be fitted after every epoch.

    Parameters
    ----------
    model : estimator
        Has `_followed` or `_train`; `_proxy_decision`, the cheap one; `_new_decisions`,
        those to compare by name; and `_decide_by`, which fits one and decides by it.
    problem : Problem
        That of the fold.
    random_state : RandomState
        The only source of randomness.

    Yields
    ------
    candidate : int or str
        Numbers of epochs, `CHOOSE`, then decisions.
    """
    of_decisions = copy.deepcopy(random_state)
    proxy, seed = model._proxy_decision(problem), random_state.randint(LARGEST_SEED)
    snapshots = {}
    if model.early_stopping:
        epochs = model._followed(problem, random_state)
    else:
        epochs = trained_to_the_end(model, problem, random_state)
    with closing(epochs):
        for n_epochs in epochs:
            snapshots[n_epochs] = weights_of(model.net_)
            model._decide_by(proxy, problem, np.random.RandomState(seed))
            yield n_epochs
    n_epochs = yield CHOOSE
    model.net_.inference_module.load_state_dict(snapshots.pop(n_epochs))
    del snapshots
    for decision in model._new_decisions():
        model._decide_by(decision, problem, of_decisions)
        yield decision


def trained_to_the_end(model, problem, random_state):
    """Yield the last number of epochs only."""
    model._train(problem, model.max_epochs, random_state)
    yield model.max_epochs


def weights_of(net):
    """Copy of the weights that a net predicts with."""
    state = net.inference_module.state_dict()
    return {name: tensor.clone() for name, tensor in state.items()}
