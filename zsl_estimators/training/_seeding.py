"""Randomness for torch that leaves the caller's random state alone."""

from contextlib import contextmanager

import torch


@contextmanager
def scoped_seed(seed, device):
    """Seed torch inside a ``with`` block and restore its state afterwards.

    Only the generators of the CPU and of `device` are seeded:
    :func:`torch.manual_seed` would also reseed every other GPU.

    Parameters
    ----------
    seed : int
        Seed for both generators.
    device : torch.device
        Device whose generator is used besides the CPU's.
    """
    generators = [(torch.get_rng_state, torch.set_rng_state)]
    if device.type == "cuda":
        generators.append(
            (
                lambda: torch.cuda.get_rng_state(device),
                lambda state: torch.cuda.set_rng_state(state, device),
            )
        )
    elif device.type == "mps":
        generators.append((torch.mps.get_rng_state, torch.mps.set_rng_state))
    saved = [get_state() for get_state, _ in generators]
    _seed(int(seed), device)
    try:
        yield
    finally:
        for state, (_, set_state) in zip(saved, generators, strict=True):
            set_state(state)


def _seed(seed, device):
    torch.default_generator.manual_seed(seed)
    if device.type == "cuda":
        with torch.cuda.device(device):
            torch.cuda.manual_seed(seed)
    elif device.type == "mps":
        torch.mps.manual_seed(seed)
