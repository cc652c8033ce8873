"""The module that a fitted net predicts with."""

import copy

import torch


class PredictionModule:
    """Copy of a module in another precision, kept while the weights stay as they are.

    To copy a small network takes longer than to predict a sample with it. The copy is
    not pickled.
    """

    def __init__(self):
        self._last = None, None, None

    def of(self, module, single, n_epochs=0, device=None):
        """The copy, made anew if the module or its weights are no longer the same.

        Parameters
        ----------
        module : torch.nn.Module
            Trained; it may be trained further in place.
        single : bool
            Whether single precision is wanted.
        n_epochs : int, default=0
            How long it has been trained: fused optimisers do not count their changes.
        device : torch.device or None, default=None
            Where the copy is wanted; None is where the module is.

        Returns
        -------
        copied : torch.nn.Module
            In evaluation mode; nobody may change it.
        """
        wanted = single, n_epochs, device, versions(module)
        # The module is held, for memory of one that is gone may be used again. One
        # assignment: threads may predict with one model at a time.
        of, known, copied = self._last
        if of is not module or known != wanted:
            copied = copied_in_precision(module, single).to(device)
            self._last = module, wanted, copied
        return copied

    def __reduce__(self):
        return PredictionModule, ()


def versions(module):
    """Where the weights of a module are, and how often they were changed there."""
    tensors = [*module.parameters(), *module.buffers()]
    return [(tensor.data_ptr(), tensor._version) for tensor in tensors]


def copied_in_precision(module, single):
    """Copy a module in evaluation mode, in single or in double precision.

    Its weights need no gradients, which some predictions take with respect to inputs.
    """
    copied = copy.deepcopy(module).eval().requires_grad_(requires_grad=False)
    return copied.to(torch.float32 if single else torch.float64)
