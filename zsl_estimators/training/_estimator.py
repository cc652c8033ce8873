"""What estimators with a torch network share."""

import copy
from contextlib import contextmanager
from numbers import Integral, Real

import numpy as np
import torch
from sklearn.utils.validation import validate_data

from zsl_estimators.candidates import CandidateScores
from zsl_estimators.parameters import Interval, StrOptions
from zsl_estimators.seeds import LARGEST_SEED
from zsl_estimators.training._callbacks import (
    DivergenceGuard,
    EpochReport,
    LossPartRecorder,
    Progress,
)
from zsl_estimators.training._device import resolve_device
from zsl_estimators.training._net import ZeroShotNet
from zsl_estimators.training._seeding import one_blas_thread, scoped_seed

# What batch_size="auto" aims at, so that small data sets get enough steps.
BATCHES_PER_EPOCH = 32
ROWS_PER_PASS = 8192


class TorchTrainingMixin:
    """Fit a skorch net, for a number of epochs chosen on held-out classes.

    Stands left of a zero-shot base class. Subclasses implement `_net_arguments`, the
    module, the criterion and the optimiser, and `_training_tensors`, its inputs.

    Attributes
    ----------
    net_ : skorch.NeuralNet
        The trained net; its optimiser is dropped unless ``warm_start=True``.
    history_ : skorch.History
        One entry per epoch: the loss, its parts by name, the duration.
    n_iter_ : int
        Number of epochs trained.
    """

    _net_constraints = {
        "device": [str],
        "max_epochs": [Interval(Integral, 1, None, closed="left")],
        "batch_size": [
            StrOptions({"auto"}),
            Interval(Integral, 2, None, closed="left"),
        ],
        "lr": [Interval(Real, 0, None, closed="neither")],
    }
    _torch_constraints = {
        **_net_constraints,
        "early_stopping": ["boolean"],
        "callbacks": [list, None],
        "net_params": [dict, None],
        "warm_start": ["boolean"],
    }

    # The skorch net to build.
    _net_class = ZeroShotNet

    # Whether this is the model of a fold, scored after every epoch.
    _is_followed = False
    # Factor between the numbers of epochs that the folds compare; 1 is all of them.
    _growth_of_followed_epochs = 1.0

    def _net_arguments(self, X, y_index):
        """Keyword arguments of the net: module, criterion, optimizer, their own."""
        raise NotImplementedError

    def _training_tensors(self, X, y_index):
        """Arrays by name for the module's ``forward``, and the targets."""
        raise NotImplementedError

    def _repeatable(self):
        return one_blas_thread()

    def _chooses_on_held_out_classes(self):
        return self.early_stopping

    def _fold_parameters(self):
        return {**super()._fold_parameters(), "warm_start": False, "callbacks": None}

    def _fit(self, X, y_index, candidate, random_state):
        n_epochs = self.max_epochs if candidate is None else candidate
        self._train(X, y_index, n_epochs, random_state)
        self.history_ = epoch_history(self.net_.history)
        self.n_iter_ = len(self.history_)
        if not self.warm_start:
            self.net_.trim_for_prediction()

    def _fit_path(self, X, y_index, report, random_state):
        if not self.early_stopping:
            super()._fit_path(X, y_index, report, random_state)
            return
        self._is_followed = True
        watch = [EpochReport(report, self._growth_of_followed_epochs)]
        self._train(X, y_index, self.max_epochs, random_state, watch)

    def _train(self, X, y_index, n_epochs, random_state, callbacks=()):
        device = resolve_device(self.device)
        init_seed, order_seed = random_state.randint(LARGEST_SEED, size=2).tolist()
        with scoped_seed(init_seed, device):
            if not self._goes_on():
                self.net_ = self._new_net(X, y_index, device, order_seed, callbacks)
                self._trained_on = self._what_is_learned()
            self.net_.max_epochs = n_epochs
            inputs, targets = self._training_tensors(X, y_index)
            self.net_.held_out_scores = self._held_out_scores
            try:
                self.net_.partial_fit(
                    {name: on_device(array, device) for name, array in inputs.items()},
                    on_device(targets, device),
                )
            finally:
                self.net_.held_out_scores = None

    def _held_out_scores(self, X, y):
        """Score classes with the net as it is, for callbacks."""
        X = validate_data(self, X, dtype=np.float32, reset=False)
        self._update_decision()
        scores = self._decision(X)
        return CandidateScores(self.classes_, self.seen_classes_, scores).in_fold(y)

    def _update_decision(self):
        """Bring what :meth:`_decision` needs besides the net up to date."""

    def _goes_on(self):
        """Whether to train the net of the last fit further."""
        if not (self.warm_start and hasattr(self, "net_")):
            return False
        for what, before, now in zip(
            ("classes in y", "descriptions of the seen classes", "number of features"),
            self._trained_on,
            self._what_is_learned(),
            strict=True,
        ):
            if not np.array_equal(before, now):
                raise ValueError(
                    f"warm_start=True goes on with the last fit, but the {what} "
                    f"changed from {np.ravel(before)[:8]} to {np.ravel(now)[:8]}. Use "
                    "warm_start=False, or give what it was."
                )
        return True

    def _what_is_learned(self):
        seen_rows = self.class_attributes_[self._class_table.seen]
        return self.seen_classes_, seen_rows, self.n_features_in_

    @contextmanager
    def _inference(self):
        """Yield a copy of the trained module, see `_module_for_prediction`."""
        with torch.inference_mode():
            yield self._module_for_prediction()

    def _module_for_prediction(self, single=False):
        """Copy the trained module.

        It is in double precision, so that a prediction does not depend, beyond the
        last digits, on which other rows are in the batch. MPS has single precision
        only, and candidates that are merely followed do not need more.
        """
        on_mps = str(self.net_.device).startswith("mps")
        single = single or on_mps or self._is_followed
        module = copy.deepcopy(self.net_.inference_module).eval()
        return module.to(torch.float32 if single else torch.float64)

    def _new_net(self, X, y_index, device, order_seed, callbacks):
        arguments = {
            "lr": self.lr,
            "batch_size": rows_per_batch(self.batch_size, len(X)),
            "device": str(device),
            "verbose": int(self.verbose >= 2),
            "iterator_train__seed": order_seed,
            **self._net_arguments(X, y_index),
            **(self.net_params or {}),
        }
        arguments["callbacks"] = [
            *standard_callbacks(self.verbose, self._stage),
            *arguments.get("callbacks", []),
            *callbacks,
            *(self.callbacks or []),
        ]
        return self._net_class(**arguments).initialize()


def rows_per_batch(batch_size, n_samples):
    """Resolve ``batch_size="auto"``."""
    if batch_size == "auto":
        return min(max(n_samples // BATCHES_PER_EPOCH, 32), 256)
    return batch_size


def standard_callbacks(verbose, description):
    """Guard, history and progress, which every net has."""
    progress = [Progress(description)] if verbose == 1 else []
    return [DivergenceGuard(), LossPartRecorder(), *progress]


def on_device(array, device):
    """Copy an array to the device; inputs may be read-only and stay untouched."""
    return torch.tensor(array, device=device)


def epoch_history(history):
    """Copy a skorch history without the records of single batches."""
    kept = type(history)()
    for epoch in history:
        kept.append({key: value for key, value in epoch.items() if key != "batches"})
    return kept


def float32(array):
    """C-contiguous single precision, as training wants it."""
    return np.ascontiguousarray(array, dtype=np.float32)


def to_numpy(tensor):
    """Float64 array of a tensor on any device."""
    return tensor.cpu().numpy().astype(np.float64)


def row_slices(n_rows):
    """Slices that bound the memory of one pass."""
    starts = range(0, max(n_rows, 1), ROWS_PER_PASS)
    return [slice(start, start + ROWS_PER_PASS) for start in starts]
