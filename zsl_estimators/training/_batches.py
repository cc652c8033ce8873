"""Data that lives on the device and is indexed there, or is read where it lies."""

import math

import torch
from torch.utils.data import Dataset

from zsl_estimators.rows import SingleRows
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
    """

    def __init__(self, inputs, targets):
        self.inputs = inputs
        self.targets = targets

    def __len__(self):
        return len(self.targets)

    def to(self, device):
        """Copy to the device; the arrays may be read-only and stay untouched.

        Rows that would not fit there are made batch by batch.
        """
        inputs = {name: on_device(array, device) for name, array in self.inputs.items()}
        return DeviceData(inputs, on_device(self.targets, device))


class DeviceData(Dataset):
    """Tensors on one device, batched by index.

    Parameters
    ----------
    X : dict of str to Tensor or PagedRows
        Inputs of the module by name; all of the same length.
    y : Tensor of shape (n_samples,)
        Targets of the criterion.
    """

    def __init__(self, X, y):
        self.X = X
        self.y = y

    def __len__(self):
        return len(self.y)

    def __getitem__(self, index):
        inputs = {name: tensor[index] for name, tensor in self.X.items()}
        return inputs, self.y[index]


class DeviceBatches:
    """Shuffled batches, drawn with a generator of their own.

    All batches have nearly the same size, so that none is too small for batch
    normalisation.

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
        order = torch.randperm(len(self.dataset), generator=self.generator)
        order = order.to(self.dataset.y.device)
        n_batches = math.ceil(len(order) / self.batch_size)
        for index in torch.tensor_split(order, n_batches):
            yield self.dataset[index]


class SampledBatches:
    """Batches of samples drawn with replacement.

    For data sets that are made as they are read: nothing as long as the data set,
    not even its order, is kept.

    Parameters
    ----------
    dataset : Dataset
        Indexed with arrays of row numbers.
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
        for _ in range(len(self)):
            index = torch.randint(
                len(self.dataset), (self.batch_size,), generator=self.generator
            )
            yield self.dataset[index.numpy()]


class PagedRows:
    """Rows that are too many for the device: those of a batch are made for it.

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
    if not _fits(array, device):
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
