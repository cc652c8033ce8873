"""Randomness for torch that leaves the caller's random state alone."""

from contextlib import contextmanager

import torch


@contextmanager
def scoped_seed(seed, device):
    """Seed torch inside a ``with`` block and restore its state afterwards.

    Parameters
    ----------
    seed : int
        Seed for the CPU generator and that of `device`.
    device : torch.device
        Device whose generator is saved and restored besides the CPU's.
    """
    accelerated = device.type != "cpu"
    with torch.random.fork_rng(
        devices=[device] if accelerated else [], device_type=_generator_type(device)
    ):
        torch.manual_seed(int(seed))
        yield


def _generator_type(device):
    return "cuda" if device.type == "cpu" else device.type
