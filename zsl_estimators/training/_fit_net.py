"""From seeds to a trained net: the one place where nets are fitted."""

import copy

import numpy as np

from zsl_estimators.seeds import LARGEST_SEED
from zsl_estimators.training._callbacks import DivergenceGuard, LossPartRecorder
from zsl_estimators.training._device import resolve_device
from zsl_estimators.training._seeding import TorchState

# What batch_size="auto" aims at, so that small data sets get enough steps, and how many
# rows it takes at least and at most.
BATCHES_PER_EPOCH, FEWEST_ROWS, MOST_ROWS = 32, 32, 256


class NetTraining:
    """A net that is trained an epoch at a time, also further in another process.

    Torch's random state is that of the net only while the net is made or trained, so
    that whoever uses the net in between neither changes it nor is changed by it.
    Between epochs it can be pickled; the data must be attached again then.

    Parameters
    ----------
    new_net : callable or None
        Returns a skorch net, given ``device`` and ``iterator_train__seed``. None when
        there is a `net`.
    device : str
        See :func:`resolve_device`.
    random_state : RandomState
        Seeds the weights and the order of the batches.
    n_epochs : int
        Number of epochs.
    net : skorch.NeuralNet or None, default=None
        A net to train further instead.

    Attributes
    ----------
    net : skorch.NeuralNet
        As it is.
    n_done : int
        Number of epochs done.
    is_over : bool
        Whether there are no more epochs, or a callback has ended the training.
    """

    def __init__(self, new_net, *, device, random_state, n_epochs, net=None):
        self.device = resolve_device(device)
        init_seed, order_seed = random_state.randint(LARGEST_SEED, size=2).tolist()
        self._torch_state = TorchState(init_seed, self.device)
        self.n_epochs, self.n_done, self.is_over = n_epochs, 0, n_epochs == 0
        self._data = self._batches = self._order = None
        with self._torch_state.in_place():
            if net is None:
                net = new_net(device=str(self.device), iterator_train__seed=order_seed)
                net.initialize()
            net.max_epochs = n_epochs
        self.net = net

    def attach(self, data, held_out_scores=None):
        """Put the data on the device, where the training begins or goes on.

        Parameters
        ----------
        data : ArrayData or StreamedFeatures
            Has ``to(device)``, which returns a data set.
        held_out_scores : callable or None, default=None
            For the callbacks of the net, see :class:`ZeroShotNet`.

        Returns
        -------
        self : NetTraining
            Ready to train.
        """
        with self._torch_state.in_place():
            self.net.held_out_scores = held_out_scores
            self._data = data.to(self.device)
            if self.n_done == 0:
                self.net.notify("on_train_begin", X=self._data, y=None)
            # One iterator for all epochs: a new one would shuffle as the first one did.
            self._batches = self.net.get_iterator(self._data, training=True)
            if self._order is not None:
                self._batches.generator.set_state(self._order)
        return self

    def epochs(self):
        """Train to the end; yield the net before the first epoch and after each."""
        yield self.net
        while not self.is_over:
            if self.advance():
                yield self.net
        self.finish()

    def advance(self):
        """Train for one epoch.

        Returns
        -------
        advanced : bool
            False where a callback has ended the training instead.
        """
        with self._torch_state.in_place():
            goes_on = self.net.train_epoch(self._batches, self._data)
        self.n_done += goes_on
        self.is_over = not goes_on or self.n_done == self.n_epochs
        return goes_on

    def finish(self):
        """Let callbacks know that this was the last epoch."""
        with self._torch_state.in_place():
            self.net.notify("on_train_end", X=self._data, y=None)
        self.net.held_out_scores = None

    def __getstate__(self):
        state = {**vars(self), "_data": None, "_batches": None}
        generator = getattr(self._batches, "generator", None)
        if generator is not None:
            state["_order"] = generator.get_state()
        if self.net.held_out_scores is not None:
            state["net"] = copy.copy(self.net)
            state["net"].held_out_scores = None
        return state


def fit_net(new_net, data, **settings):
    """Make a net and train it to the end, see :class:`NetTraining`.

    Returns
    -------
    net : skorch.NeuralNet
        Trained.
    """
    *_, net = NetTraining(new_net, **settings).attach(data).epochs()
    return net


def standard_callbacks():
    """Guard and history, which every net has."""
    return [DivergenceGuard(), LossPartRecorder()]


def rows_per_batch(batch_size, n_samples, batches_per_epoch=BATCHES_PER_EPOCH):
    """Resolve ``batch_size="auto"``."""
    if batch_size == "auto":
        return min(max(n_samples // batches_per_epoch, FEWEST_ROWS), MOST_ROWS)
    return batch_size


def float32(array):
    """C-contiguous single precision, as training wants it."""
    return np.ascontiguousarray(array, dtype=np.float32)


def to_numpy(tensor):
    """Float64 array of a tensor on any device."""
    return tensor.cpu().numpy().astype(np.float64)
