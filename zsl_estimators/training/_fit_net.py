"""From seeds to a trained net: the one place where nets are fitted."""

from contextlib import closing

import numpy as np

from zsl_estimators.seeds import LARGEST_SEED
from zsl_estimators.training._callbacks import (
    DivergenceGuard,
    LossPartRecorder,
    Progress,
)
from zsl_estimators.training._device import resolve_device
from zsl_estimators.training._seeding import TorchState

# What batch_size="auto" aims at, so that small data sets get enough steps.
BATCHES_PER_EPOCH = 32


def net_epochs(
    new_net, data, *, device, random_state, n_epochs, net=None, held_out_scores=None
):
    """Make a net and train it, an epoch at a time.

    Torch's random state is that of the net only while the net is made or trained, so
    that whoever uses the net in between neither changes it nor is changed by it.

    Parameters
    ----------
    new_net : callable or None
        Returns a skorch net, given ``device`` and ``iterator_train__seed``. None when
        there is a `net`.
    data : ArrayData or StreamedFeatures
        Has ``to(device)``, which returns a data set.
    device : str
        See :func:`resolve_device`.
    random_state : RandomState
        Seeds the weights and the order of the batches.
    n_epochs : int
        Number of epochs.
    net : skorch.NeuralNet or None, default=None
        A net to train further instead.
    held_out_scores : callable or None, default=None
        For the callbacks of the net, see :class:`ZeroShotNet`.

    Yields
    ------
    net : skorch.NeuralNet
        The same one, before its first epoch and after each.
    """
    device = resolve_device(device)
    init_seed, order_seed = random_state.randint(LARGEST_SEED, size=2).tolist()
    torch_state = TorchState(init_seed, device)
    with torch_state.in_place():
        if net is None:
            net = new_net(device=str(device), iterator_train__seed=order_seed)
            net.initialize()
        net.max_epochs, net.held_out_scores = n_epochs, held_out_scores
        data = data.to(device)
    with closing(net.epochs(data, n_epochs)) as epochs:
        while True:
            with torch_state.in_place():
                n_done = next(epochs, None)
            if n_done is None:
                break
            yield net
    net.held_out_scores = None


def fit_net(new_net, data, **settings):
    """Make a net and train it to the end, see :func:`net_epochs`.

    Returns
    -------
    net : skorch.NeuralNet
        Trained.
    """
    *_, net = net_epochs(new_net, data, **settings)
    return net


def standard_callbacks(verbose, description):
    """Guard, history and progress, which every net has."""
    progress = [Progress(description)] if verbose == 1 else []
    return [DivergenceGuard(), LossPartRecorder(), *progress]


def rows_per_batch(batch_size, n_samples):
    """Resolve ``batch_size="auto"``."""
    if batch_size == "auto":
        return min(max(n_samples // BATCHES_PER_EPOCH, 32), 256)
    return batch_size


def float32(array):
    """C-contiguous single precision, as training wants it."""
    return np.ascontiguousarray(array, dtype=np.float32)


def to_numpy(tensor):
    """Float64 array of a tensor on any device."""
    return tensor.cpu().numpy().astype(np.float64)
