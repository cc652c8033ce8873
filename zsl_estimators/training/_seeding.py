"""What makes torch repeatable, and leaves the caller's settings alone."""

from contextlib import ExitStack, contextmanager
from functools import partial
from threading import RLock

import torch

from zsl_estimators.threads import one_blas_thread

# Torch has one random state and one number of threads per process: whoever sets them
# keeps other threads of Python out.
TORCH_LOCK = RLock()


class TorchState:
    """The random state of one computation, in place only while it computes.

    Only the generators of the CPU and of `device` are seeded:
    :func:`torch.manual_seed` would also reseed every other GPU.

    Parameters
    ----------
    seed : int
        Seed for both generators.
    device : torch.device
        Device whose generator is used besides the CPU's.
    """

    def __init__(self, seed, device):
        self.seed = int(seed)
        self.device = device
        self.states = None

    @contextmanager
    def in_place(self):
        """Go on from this state inside a ``with`` block, in one thread of torch."""
        with TORCH_LOCK:
            generators = _generators(self.device)
            callers = [get_state() for get_state, _ in generators]
            try:
                if self.states is None:
                    _seed(self.seed, self.device)
                else:
                    _set_states(generators, self.states)
                with torch_threads(1), usual_torch_settings():
                    yield
                self.states = [get_state() for get_state, _ in generators]
            finally:
                # Without calls of ours, which Ctrl-C could end in between.
                for (_, set_state), state in zip(generators, callers, strict=True):
                    set_state(state)


def scoped_seed(seed, device):
    """Seed torch inside a ``with`` block and restore its state afterwards.

    Parameters
    ----------
    seed : int
        Seed for the generators of the CPU and of `device`.
    device : torch.device
        Device whose generator is used besides the CPU's.

    Returns
    -------
    context : context manager
        See :class:`TorchState`.
    """
    return TorchState(seed, device).in_place()


def _generators(device):
    """Functions that get and set the states of the generators in use."""
    generators = [(torch.get_rng_state, torch.set_rng_state)]
    if device.type == "cuda":
        generators.append(
            (
                partial(torch.cuda.get_rng_state, device),
                partial(torch.cuda.set_rng_state, device=device),
            )
        )
    elif device.type == "mps":
        generators.append((torch.mps.get_rng_state, torch.mps.set_rng_state))
    return generators


def _set_states(generators, states):
    for (_, set_state), state in zip(generators, states, strict=True):
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


@contextmanager
def usual_torch_settings():
    """Compute as if the caller had changed nothing of torch inside a ``with`` block.

    Neither its default type and device, nor whether gradients are computed, nor
    automatic mixed precision changes a result, or is changed.
    """
    with ExitStack() as stack:
        stack.enter_context(torch.inference_mode(mode=False))
        stack.enter_context(torch.enable_grad())
        for kind in ("cpu", "cuda", "mps"):
            if torch.is_autocast_enabled(kind):
                stack.enter_context(torch.autocast(kind, enabled=False))
        if torch.get_default_dtype() != torch.float32:
            stack.enter_context(TORCH_LOCK)
            stack.callback(torch.set_default_dtype, torch.get_default_dtype())
            torch.set_default_dtype(torch.float32)
        if torch.get_default_device().type != "cpu":
            stack.enter_context(torch.device("cpu"))
        yield


@contextmanager
def repeatable_fit():
    """Context of a fit whose result depends neither on threads nor on other fits.

    What numpy and scipy compute before a training, such as scaled features, must not
    depend on the number of their threads either.
    """
    with (
        TORCH_LOCK,
        one_blas_thread(),
        torch_threads(1),
        usual_torch_settings(),
    ):
        yield
