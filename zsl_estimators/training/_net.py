"""The skorch net that all torch estimators hold."""

from dis import opmap

import skorch
import torch
from skorch.callbacks import Callback

from zsl_estimators.nn import use_mixed_precision
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
        See :class:`skorch.NeuralNet`. ``compile=True`` is refused: losses are computed
        by methods of the modules that it would leave as they are.
    n_threads : int, default=1
        Threads of torch on the CPU. More are faster for wide layers, but the result
        then depends on their number.
    mixed_precision : bool, default=False
        Whether linear layers multiply in bfloat16 in training, which GPUs do faster.
        Everything else, and all predictions, stay in single or double precision.
    """

    # While it is trained, ``held_out_scores(X, y)`` of its estimator, for callbacks.
    held_out_scores = None
    _learnable = _is_training = losses = None

    def __init__(
        self,
        *args,
        train_split=None,
        dataset=DeviceData,
        iterator_train=DeviceBatches,
        n_threads=1,
        mixed_precision=False,
        **kwargs,
    ):
        if kwargs.get("compile"):
            raise ValueError(
                'net_params={"compile": True} would have no effect: the losses of this '
                "package are not computed by the forward pass that torch compiles. "
                "Leave it out."
            )
        super().__init__(
            *args,
            train_split=train_split,
            dataset=dataset,
            iterator_train=iterator_train,
            **kwargs,
        )
        self.n_threads = n_threads
        self.mixed_precision = mixed_precision

    @property
    def _default_callbacks(self):
        """Those of skorch that need no loss of every batch on the host.

        Its own check of `verbose` fails where another library replaces ``print``, as
        Ray does.
        """
        wanted = ("epoch_timer", "print_log") if self.verbose else ("epoch_timer",)
        callbacks = super()._default_callbacks
        return [(name, callback) for name, callback in callbacks if name in wanted]

    def change_steps(self, lr, batch_size):
        """Train on with another learning rate, and batches of another size.

        Parameters
        ----------
        lr : float
            Whatever was derived from the one before is scaled.
        batch_size : int
            Rows per batch.
        """
        for optimizer in self._optimizers_of_lr:
            for group in optimizer.param_groups:
                # A schedule begins at the initial one.
                initial = group.pop("initial_lr", group["lr"])
                group["lr"] = initial * (lr / self.lr)
        self.lr, self.batch_size = lr, batch_size

    @property
    def _optimizers_of_lr(self):
        """Optimisers whose learning rate is `lr`."""
        return (self.optimizer_,)

    def partial_fit(self, X, y=None, **fit_params):
        """Train for `max_epochs` epochs; unlike skorch let Ctrl-C through."""
        if not self.initialized_:
            self.initialize()
        data = self.get_dataset(X, y)
        # One iterator for all epochs: a new one would shuffle as the first one did.
        batches = self.get_iterator(data, training=True)
        self.notify("on_train_begin", X=data, y=None)
        for _ in range(self.max_epochs):
            if not self.train_epoch(batches, data):
                break
        self.notify("on_train_end", X=data, y=None)
        return self

    def train_epoch(self, batches, data):
        """Train for one epoch.

        Parameters
        ----------
        batches : iterable
            Yields the batches of an epoch.
        data : Dataset
            What they are of.

        Returns
        -------
        goes_on : bool
            False where a callback, such as EarlyStopping, ended the training.
        """
        of_epoch = {"dataset_train": data, "dataset_valid": None}
        try:
            with torch_threads(self.n_threads):
                self.notify("on_epoch_begin", **of_epoch)
                self.run_single_epoch(batches, True, "train", self.train_step)
                self.notify("on_epoch_end", **of_epoch)
        except KeyboardInterrupt as interrupt:
            if not raised_by_a_callback(interrupt):
                raise
            return False
        finally:
            # Tensors on a device, with which a copy could not be read without it.
            self._learnable, self.losses, self.loss_sums = None, None, {}
        return True

    def run_single_epoch(self, iterator, training, prefix, step_fn, **fit_params):
        """Train on the batches of an epoch; the host never waits for a loss.

        The history gets the mean loss of the epoch, but no losses of batches.
        """
        for batch in iterator:
            self.notify("on_batch_begin", batch=batch, training=training)
            step = step_fn(batch, **fit_params)
            self.losses.add(step["loss"].detach(), len(batch[1]))
            self.notify("on_batch_end", batch=batch, training=training, **step)
        self.history.record(f"{prefix}_loss", self.losses.mean)
        self.history.record(f"{prefix}_batch_count", self.losses.n_batches)

    def initialize_module(self):
        """Make the module, with linear layers of mixed precision if wanted."""
        super().initialize_module()
        if self.mixed_precision:
            use_mixed_precision(self.module_)
        return self

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

    def get_all_learnable_params(self):
        """Named parameters of all modules, which are collected once per epoch."""
        if self._learnable is None:
            self._learnable = list(super().get_all_learnable_params())
        return iter(self._learnable)

    def __getstate__(self):
        # The weights once more, on a device that may not be where they are loaded.
        return {**super().__getstate__(), "_learnable": None}

    def on_epoch_begin(self, net, **kwargs):
        """Forget the losses of the last epoch."""
        super().on_epoch_begin(net, **kwargs)
        self.loss_sums, self.losses = {}, LossRecord()
        self._learnable, self._is_training = None, None

    def record_parts(self, parts):
        """Add the parts of a batch's loss to those of the epoch.

        A list of small tensors, one per batch, would keep the memory of large ones
        between them from being given back.
        """
        for name, part in parts.items():
            total, n_batches = self.loss_sums.get(name, (0, 0))
            self.loss_sums[name] = total + part.detach(), n_batches + 1

    def _set_training(self, training=True):
        """Switch all modules, once per epoch: there may be many."""
        if self._is_training is not training:
            super()._set_training(training)
            self._is_training = training


class LossRecord:
    """Losses of the batches of an epoch, on the device until they are asked for.

    Attributes
    ----------
    n_batches, n_rows : int
        How many there were.
    first : Tensor or None
        Loss of the first batch.
    """

    def __init__(self):
        self.n_batches = self.n_rows = 0
        self.first = self._sum = self._largest = None

    def add(self, loss, n_rows):
        """Add the mean loss of a batch of `n_rows` rows."""
        if self.first is None:
            self.first, self._sum, self._largest = loss, loss * n_rows, loss.abs()
        else:
            self._sum = self._sum + loss * n_rows
            # Is NaN as soon as a loss is.
            self._largest = torch.maximum(self._largest, loss.abs())
        self.n_batches += 1
        self.n_rows += n_rows

    @property
    def mean(self):
        """Mean over rows."""
        return self._sum.item() / self.n_rows

    @property
    def largest(self):
        """Largest size of a loss; NaN if there was one."""
        return self._largest.item()
