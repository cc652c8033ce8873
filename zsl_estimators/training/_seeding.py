"""What makes torch repeatable, and leaves the caller's settings alone."""

from contextlib import contextmanager
from functools import cache

import torch
from threadpoolctl import ThreadpoolController


@contextmanager
def scoped_seed(seed, device):
    """Seed torch inside a ``with`` block and restore its state afterwards.

    Only the generators of the CPU and of `device` are seeded:
    :func:`torch.manual_seed` would also reseed every other GPU. Inside, torch
    computes with one thread, see :func:`torch_threads`.

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
        with torch_threads(1):
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


@contextmanager
def torch_threads(n_threads):
    """Limit torch's threads on the CPU inside a ``with`` block.

    Sums come out differently in the last digits when they are split between threads,
    and training multiplies the difference: with the default number, which joblib's
    workers and machines differ in, a fit under ``n_jobs=2`` would not be the same.

    Parameters
    ----------
    n_threads : int
        Number of threads.
    """
    before = torch.get_num_threads()
    torch.set_num_threads(n_threads)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def one_blas_thread():
    """Limit the threads of numpy's and scipy's products inside a ``with`` block.

    What they compute before a training, such as scaled features, must not depend on
    their number either.
    """
    return _threadpools().limit(limits=1, user_api="blas")


@cache
def _threadpools():
    # Looking for the libraries takes longer than limiting them.
    return ThreadpoolController()
