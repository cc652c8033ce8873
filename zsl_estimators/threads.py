"""One thread of the linear algebra libraries, for results that do not depend on it."""

from contextlib import contextmanager
from functools import cache
from threading import Lock

from threadpoolctl import ThreadpoolController


@contextmanager
def one_blas_thread():
    """Limit BLAS to one thread inside a ``with`` block.

    Sums come out differently in the last digits when they are split between threads,
    and joblib's workers have fewer threads than the main process. The limit holds for
    the process, until the last of several threads of Python has left its block.
    """
    LIMIT.enter()
    try:
        yield
    finally:
        LIMIT.leave()


class SharedLimit:
    """A limit that the first to enter sets, and the last to leave takes back."""

    def __init__(self):
        self.lock = Lock()
        self.n_inside = 0
        self.limiter = None

    def enter(self):
        """Set the limit, if nobody has."""
        with self.lock:
            if self.n_inside == 0:
                self.limiter = _threadpools().limit(limits=1, user_api="blas")
            self.n_inside += 1

    def leave(self):
        """Give back the number of threads that there was, if nobody needs the limit."""
        with self.lock:
            self.n_inside -= 1
            if self.n_inside == 0:
                self.limiter.restore_original_limits()


LIMIT = SharedLimit()


@cache
def _threadpools():
    # Looking for the libraries takes longer than limiting them.
    return ThreadpoolController()
