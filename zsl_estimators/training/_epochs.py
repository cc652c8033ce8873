"""Numbers of epochs as candidates that models of folds compete with."""

import math
from typing import NamedTuple


class TrainedNet(NamedTuple):
    """A state of a net that the folds choose from.

    Parameters
    ----------
    n_epochs : int
        How long it is trained.
    correction_weight : float, default=1.0
        How much of what it has learned is added to what it started from.
    setting : tuple of (str, str) or None, default=None
        Parameter in which the net differs from others that are trained, and its value.
    """

    n_epochs: int
    correction_weight: float = 1.0
    setting: tuple[str, str] | None = None

    @property
    def is_start(self):
        """Whether nothing was learned, so that the initial estimator answers."""
        return self.n_epochs == 0

    def as_row(self):
        """How it stands in the table of what the folds showed."""
        row = {
            "candidate": self.n_epochs,
            "correction_weight": self.correction_weight,
        }
        return row | dict([self.setting] if self.setting else [])


class EpochStage:
    """Train the net of a fold's model as long as that helps on average over the folds.

    A stage of :class:`~zsl_estimators.calibration.HeldOutFolds`: it trains until
    patience could be at its end at the earliest, and then asks which number of epochs
    is best. In between it can be pickled.

    Parameters
    ----------
    random_state : RandomState
        The only source of randomness.
    max_epochs : int
        Largest number of epochs.
    only_last : bool
        Whether to train to the end, and to score nothing else.
    weights : sequence of float
        Weights of the correction to compare at every number of epochs.
    growth : float
        Factor between the numbers of epochs that are scored; 1 is all of them.
    patience : int or None
        The training ends at the first scored epoch that is as many behind the best
        one; None is never.
    ready : callable or None, default=None
        ``ready(model, problem, random_state)`` brings up to date what a model scores
        with besides its net.
    setting : tuple of (str, str) or None, default=None
        Given to the model's `_apply_setting` before it makes the net, where several
        nets are compared one after the other.
    first : int, default=0
        Number of epochs that is scored first: 1 where a net that has not been trained
        answers at random.

    Attributes
    ----------
    best_before : TrainedNet or None
        The best state of the stage before, a net with another setting.
    snapshots : dict
        Weights of the model by number of epochs: of the best one, and of those scored
        since it was asked for.
    """

    def __init__(
        self,
        random_state,
        *,
        max_epochs,
        only_last,
        weights,
        growth,
        patience,
        ready=None,
        setting=None,
        first=0,
    ):
        self.random_state = random_state
        self.max_epochs = max_epochs
        self.weights = weights
        self.growth = growth
        self.patience = max_epochs if only_last or patience is None else patience
        self.last_scored, self.next_scored = 0, max_epochs if only_last else first
        self.ready = ready
        self.setting = setting
        self.best_before = None
        self.training = None
        self.snapshots = {}
        self._data_of = None

    def candidates(self, model, problem, best):
        """Yield states of the net while `model` is trained, see the class."""
        if self.training is None:
            self.best_before, best = best, None
        model._apply_setting(self.setting)
        best_epoch = 0 if best is None else best.n_epochs
        self.snapshots = {n: s for n, s in self.snapshots.items() if n == best_epoch}
        training = self._attached(model, problem)
        until = min(best_epoch + self.patience, self.max_epochs)
        model._is_followed = True
        if training.n_done == self.next_scored:
            yield from self._states(model, problem)
        while not training.is_over and self.last_scored < until:
            if training.advance() and training.n_done >= self.next_scored:
                yield from self._states(model, problem)
        model._is_followed = False

    def is_over(self, best):
        """Whether to go on is no use, `best` being the best state so far."""
        waited = self.last_scored - best.n_epochs
        return self.training.is_over or waited >= self.patience

    def go_back(self, model, best):
        """Bring the net of a model back to its best state."""
        snapshot = self.snapshots[best.n_epochs]
        model._apply_setting(self.setting)
        model.net_ = self.training.net
        model.net_.inference_module.load_state_dict(snapshot)
        model._net_has_changed()
        model._weigh_correction(best.correction_weight)
        model._is_trained = best.n_epochs > 0

    @property
    def n_done(self):
        """Number of epochs done."""
        return 0 if self.training is None else self.training.n_done

    def __getstate__(self):
        return {**vars(self), "_data_of": None}

    def _attached(self, model, problem):
        """The training, with its data on the device."""
        if self.training is None:
            self.training = model._new_training(
                problem, self.max_epochs, self.random_state
            )
        if self._data_of is not problem:
            self.training.attach(model._weighted_data(problem))
            self._data_of = problem
        model.net_ = self.training.net
        return self.training

    def _states(self, model, problem):
        """Yield what is trained so far with every weight of the correction."""
        n_done = self.training.n_done
        grown = max(round_up(n_done * self.growth), n_done + 1)
        self.last_scored, self.next_scored = n_done, min(grown, self.max_epochs)
        self.snapshots[n_done] = weights_of(model.net_)
        model._net_has_changed()
        # Nothing is learned yet that could be added.
        for weight in self.weights if n_done else (1.0,):
            state = TrainedNet(n_done, weight, self.setting)
            model._weigh_correction(weight)
            if self.ready is not None:
                self.ready(model, problem, self.random_state)
            yield state


class BestEpochStage:
    """Go back to the best state of every net, and score it as a fitted model is scored.

    While a net is followed its scores are cheap: in single precision, of few draws. The
    seen penalty is found on those that the final model will give.

    Parameters
    ----------
    *stages : EpochStage
        The stages before, one per net.
    """

    def __init__(self, *stages):
        self.stages = stages

    def candidates(self, model, problem, best):
        """Yield what is to be compared, `best` being the best state of the last net."""
        # The last net first: each knows what was best before it.
        for epochs in reversed(self.stages):
            epochs.go_back(model, best)
            if epochs.ready is not None:
                epochs.ready(model, problem, epochs.random_state)
            yield best
            best = epochs.best_before
        self.stages = ()

    def is_over(self, best):
        """Every net has one candidate only."""
        return True


def round_up(number):
    """The next integer, but for rounding errors."""
    return math.ceil(number - 1e-9)


def weights_of(net):
    """Copy of the weights that a net predicts with."""
    state = net.inference_module.state_dict()
    return {name: tensor.clone() for name, tensor in state.items()}
