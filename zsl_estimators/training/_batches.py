"""Data that lives on the device and is indexed there, or is read where it lies."""

import math

import numpy as np
import torch
from torch.utils.data import Dataset

from zsl_estimators.rows import SingleRows
from zsl_estimators.sample_weights import systematic_positions
from zsl_estimators.training._memory import free_bytes

BYTES_PER_NUMBER = 4
# Of the memory that is free, what rows may take; networks and batches need some too.
SHARE_FOR_ROWS = 0.5


class ArrayData:
    """Arrays, or rows that are not made yet, to be put on a device.

    Parameters
    ----------
    inputs : dict of str to ndarray or SingleRows
        Inputs of the module by name; all of the same length.
    targets : ndarray of shape (n_samples, ...)
        Targets of the criterion.
    weights : ndarray of shape (n_samples,) or None, default=None
        How often samples are wanted in an epoch, in any unit; None is alike.
    """

    def __init__(self, inputs, targets, weights=None):
        self.inputs = inputs
        self.targets = targets
        self.weights = weights

    def __len__(self):
        return len(self.targets)

    def to(self, device):
        """Copy to the device; the arrays may be read-only and stay untouched.

        Rows that would not fit there, and those of a sparse matrix, are made batch by
        batch.
        """
        inputs = {name: on_device(array, device) for name, array in self.inputs.items()}
        return DeviceData(inputs, on_device(self.targets, device), self.weights)


class DeviceData(Dataset):
    """Tensors on one device, batched by index.

    Parameters
    ----------
    X : dict of str to Tensor or PagedRows
        Inputs of the module by name; all of the same length.
    y : Tensor of shape (n_samples,)
        Targets of the criterion.
    weights : ndarray of shape (n_samples,) or None, default=None
        How often samples are wanted in an epoch, in any unit; None is alike.
    """

    def __init__(self, X, y, weights=None):
        self.X = X
        self.y = y
        alike = weights is None or (weights == weights[0]).all()
        self.weights = None if alike else weights

    def __len__(self):
        return len(self.y)

    def __getitem__(self, index):
        inputs = {name: tensor[index] for name, tensor in self.X.items()}
        return inputs, self.y[index]


class DeviceBatches:
    """Shuffled batches, drawn with a generator of their own.

    All batches have nearly the same size, so that none is too small for batch
    normalisation. An epoch has as many samples as there are; with weights each of them
    comes as often as it weighs, see :func:`systematic_positions`.

    Parameters
    ----------
    dataset : DeviceData
        The samples.
    batch_size : int
        Largest number of samples per batch.
    seed : int, default=0
        Seed of the order. Each pass has another order.
    """

    def __init__(self, dataset, batch_size, seed=0):
        self.dataset = dataset
        self.batch_size = batch_size
        self.generator = torch.Generator().manual_seed(seed)

    def __len__(self):
        return math.ceil(len(self.dataset) / self.batch_size)

    def __iter__(self):
        order = self._order().to(self.dataset.y.device)
        n_batches = math.ceil(len(order) / self.batch_size)
        for index in torch.tensor_split(order, n_batches):
            yield self.dataset[index]

    def _order(self):
        """Positions of the samples of an epoch."""
        order = torch.randperm(len(self.dataset), generator=self.generator)
        weights = self.dataset.weights
        if weights is None:
            return order
        offset = torch.rand((), generator=self.generator).item()
        drawn = systematic_positions(weights[order.numpy()], len(order), offset)
        drawn = order[torch.from_numpy(drawn)]
        return drawn[torch.randperm(len(drawn), generator=self.generator)]


class SampledBatches:
    """Batches of samples drawn with replacement, as often as they weigh.

    For data sets that are made as they are read: nothing as long as the data set,
    not even its order, is kept.

    Parameters
    ----------
    dataset : Dataset
        Indexed with arrays of row numbers. Where it has `weights` that are not None,
        they are those of its first rows; the others have the weight 1.
    batch_size : int
        Number of samples per batch.
    seed : int, default=0
        Seed of the draws.
    """

    def __init__(self, dataset, batch_size, seed=0):
        self.dataset = dataset
        self.batch_size = batch_size
        self.generator = torch.Generator().manual_seed(seed)

    def __len__(self):
        return math.ceil(len(self.dataset) / self.batch_size)

    def __iter__(self):
        weights = getattr(self.dataset, "weights", None)
        ends = None if weights is None else np.cumsum(weights)
        for _ in range(len(self)):
            yield self.dataset[self._uniform() if ends is None else self._drawn(ends)]

    def _uniform(self):
        """Positions of samples that weigh alike."""
        shape = (self.batch_size,)
        n_samples = len(self.dataset)
        return torch.randint(n_samples, shape, generator=self.generator).numpy()

    def _drawn(self, ends):
        """Positions on a line on which the first rows end at `ends`."""
        n_first, n_samples = len(ends), len(self.dataset)
        draws = torch.rand(
            self.batch_size, generator=self.generator, dtype=torch.float64
        )
        place = draws.numpy() * (ends[-1] + n_samples - n_first)
        later = n_first + np.floor(np.maximum(place - ends[-1], 0)).astype(np.int64)
        first = np.searchsorted(ends, place, side="right")
        # The length of the line may be missed by rounding.
        return np.where(first < n_first, first, np.minimum(later, n_samples - 1))


class PagedRows:
    """Rows that are too many for the device, or sparse: made for every batch.

    Parameters
    ----------
    rows : SingleRows
        All rows, which may lie in a file that is mapped into memory.
    device : torch.device
        Where batches go.
    """

    def __init__(self, rows, device):
        self.rows = rows
        self.device = device

    def __len__(self):
        return len(self.rows)

    def __getitem__(self, index):
        return torch.from_numpy(self.rows[index.cpu().numpy()]).to(self.device)


def on_device(array, device):
    """Copy an array, or rows that are not made yet, to the device."""
    if not isinstance(array, SingleRows):
        return torch.tensor(array, device=device)
    if array.is_sparse or not _fits(array, device):
        return PagedRows(array, device)
    # Block by block, so that there is no other copy of all rows.
    shape = len(array), array.n_columns
    tensor = torch.empty(shape, dtype=torch.float32, device=device)
    for of_block, block in array.blocks():
        tensor[of_block] = torch.from_numpy(block).to(device)
    return tensor


def _fits(rows, device):
    free = free_bytes(torch.device(device))
    needed = BYTES_PER_NUMBER * len(rows) * rows.n_columns
    return free is None or needed <= SHARE_FOR_ROWS * free
