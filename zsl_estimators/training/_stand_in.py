"""Follow a net with a cheap stand-in, then settle on how to decide."""

import numpy as np

from zsl_estimators.seeds import LARGEST_SEED
from zsl_estimators.training._estimator import TorchTrainingMixin


class StandInMixin(TorchTrainingMixin):
    """A net whose decision is too slow to be made after every epoch.

    The folds follow the net with a stand-in that takes milliseconds. When they have
    chosen the number of epochs, they return to the weights of that epoch and compare
    the ways to decide, any of which may need some fitting.
    """

    # The way to decide that folds follow a net with.
    _stand_in = None

    def _ways_to_decide(self):
        """List what the folds choose from, the default first."""
        raise NotImplementedError

    def _fit_decision(self, X, y_index, way, random_state):
        """Decide in this way from now on; None is the default."""
        raise NotImplementedError

    @property
    def _follows_with_stand_in(self):
        return True

    def _fit(self, X, y_index, candidate, random_state):
        # Only folds that settled chose a way to decide, too.
        settled = isinstance(candidate, tuple)
        n_epochs, way = candidate if settled else (candidate, None)
        super()._fit(X, y_index, n_epochs, random_state)
        self._fit_decision(X, y_index, way, random_state)

    def _fit_path(self, X, y_index, report, random_state):
        if not self._follows_with_stand_in:
            super()._fit_path(X, y_index, report, random_state)
            return
        self._snapshots = {}
        seed = random_state.randint(LARGEST_SEED)

        def keep_and_report(n_epochs):
            self._snapshots[n_epochs] = self._weights()
            self._fit_decision(X, y_index, self._stand_in, np.random.RandomState(seed))
            report(n_epochs)

        if self.early_stopping:
            super()._fit_path(X, y_index, keep_and_report, random_state)
        else:
            super()._fit(X, y_index, None, random_state)
            keep_and_report(None)

    def _settle(self, X, y_index, candidate, report, random_state):
        self.net_.inference_module.load_state_dict(self._snapshots.pop(candidate))
        del self._snapshots
        self._is_followed = False
        for way in self._ways_to_decide():
            self._fit_decision(X, y_index, way, random_state)
            report(way)

    def _update_decision(self):
        self._fit_decision(None, None, self._stand_in, np.random.RandomState(0))

    def _weights(self):
        state = self.net_.inference_module.state_dict()
        return {name: tensor.clone() for name, tensor in state.items()}
