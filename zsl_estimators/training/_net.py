"""The skorch net that all torch estimators hold."""

from dis import opmap

import skorch
import torch
from skorch.callbacks import Callback

from zsl_estimators.training._batches import DeviceBatches, DeviceData
from zsl_estimators.training._seeding import torch_threads

RAISE = opmap["RAISE_VARARGS"]


def raised_by_a_callback(interrupt):
    """Whether a callback, such as EarlyStopping, ends a training with an interrupt.

    Ctrl-C may arrive inside a callback, too, but not at a ``raise`` statement.
    """
    traceback = interrupt.__traceback__
    while traceback.tb_next is not None:
        traceback = traceback.tb_next
    frame = traceback.tb_frame
    at_a_raise = frame.f_code.co_code[traceback.tb_lasti] == RAISE
    return at_a_raise and isinstance(frame.f_locals.get("self"), Callback)


class ZeroShotNet(skorch.NeuralNet):
    """A skorch net whose criterion returns the parts of the loss by name.

    Data lies on the device from the start (:class:`DeviceData`) and batches are
    indexed there, so `X` is a dict of tensors and nothing is split off for
    validation: that is done on held-out classes by the estimator.

    The module's ``training_output``, or where there is none its ``forward``, takes the
    entries of `X` by name. The criterion gets what it returns and the targets, and
    answers with a dict of scalar losses, which are summed, and averaged over each epoch
    into the history.

    Parameters
    ----------
    *args, **kwargs
        See :class:`skorch.NeuralNet`.
    n_threads : int, default=1
        Threads of torch on the CPU. More are faster for wide layers, but the result
        then depends on their number.
    """

    # While it is trained, ``held_out_scores(X, y)`` of its estimator, for callbacks.
    held_out_scores = None

    def __init__(
        self,
        *args,
        train_split=None,
        dataset=DeviceData,
        iterator_train=DeviceBatches,
        n_threads=1,
        **kwargs,
    ):
        super().__init__(
            *args,
            train_split=train_split,
            dataset=dataset,
            iterator_train=iterator_train,
            **kwargs,
        )
        self.n_threads = n_threads

    @property
    def _default_callbacks(self):
        """Leave out the table of epochs, unless it is asked for.

        Its own check of `verbose` fails where another library replaces ``print``, as
        Ray does.
        """
        kept = super()._default_callbacks
        return [
            (n, callback) for n, callback in kept if self.verbose or n != "print_log"
        ]

    def partial_fit(self, X, y=None, **fit_params):
        """Train for `max_epochs` epochs; unlike skorch let Ctrl-C through."""
        if not self.initialized_:
            self.initialize()
        for _ in self.epochs(self.get_dataset(X, y), self.max_epochs):
            pass
        return self

    def epochs(self, data, n_epochs):
        """Train, and yield before the first epoch and after each one.

        Parameters
        ----------
        data : Dataset
            On the device.
        n_epochs : int
            Number of epochs.

        Yields
        ------
        n_done : int
            Number of epochs done.
        """
        self.notify("on_train_begin", X=data, y=None)
        yield 0
        # One iterator for all epochs: a new one would shuffle as the first one did.
        batches = self.get_iterator(data, training=True)
        of_epoch = {"dataset_train": data, "dataset_valid": None}
        for n_done in range(1, n_epochs + 1):
            try:
                with torch_threads(self.n_threads):
                    self.notify("on_epoch_begin", **of_epoch)
                    self.run_single_epoch(batches, True, "train", self.train_step)
                    self.notify("on_epoch_end", **of_epoch)
            except KeyboardInterrupt as interrupt:
                if not raised_by_a_callback(interrupt):
                    raise
                break
            yield n_done
        self.notify("on_train_end", X=data, y=None)

    @property
    def inference_module(self):
        """The part of the module to predict with."""
        return self.module_

    def infer(self, x, **fit_params):
        """Compute what the criterion gets of a batch.

        Networks whose ``forward`` predicts something else have ``training_output``.
        """
        output = getattr(self.module_, "training_output", self.module_)
        return output(**x)

    def get_loss(self, y_pred, y_true, X=None, training=False):
        """Sum the parts of the loss and keep them for the history."""
        parts = self.criterion_(y_pred, y_true)
        self.record_parts(parts)
        return torch.stack(list(parts.values())).sum()

    def on_epoch_begin(self, net, **kwargs):
        """Forget the losses of the last epoch."""
        super().on_epoch_begin(net, **kwargs)
        self.loss_sums = {}

    def record_parts(self, parts):
        """Add the parts of a batch's loss to those of the epoch.

        A list of small tensors, one per batch, would keep the memory of large ones
        between them from being given back.
        """
        for name, part in parts.items():
            total, n_batches = self.loss_sums.get(name, (0, 0))
            self.loss_sums[name] = total + part.detach(), n_batches + 1
