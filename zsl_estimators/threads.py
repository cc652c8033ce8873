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
    block = object()
    try:
        LIMIT.enter(block)
        yield
    finally:
        try:
            LIMIT.leave(block)
        except KeyboardInterrupt:
            # Ctrl-C must not leave the process with the limit for good.
            LIMIT.leave(block)
            raise


class SharedLimit:
    """A limit that the first to enter sets, and the last to leave takes back.

    Wherever a block is interrupted, to leave it again does no harm.
    """

    def __init__(self):
        self.lock = Lock()
        self.inside = set()
        self.limiter = None

    def enter(self, block):
        """Set the limit, if nobody has."""
        with self.lock:
            if not self.inside:
                self.limiter = _threadpools().limit(limits=1, user_api="blas")
            self.inside.add(block)

    def leave(self, block):
        """Give back the number of threads that there was, if nobody needs the limit."""
        with self.lock:
            self.inside.discard(block)
            if not self.inside and self.limiter is not None:
                self.limiter.restore_original_limits()
                self.limiter = None


LIMIT = SharedLimit()


@cache
def _threadpools():
    # Looking for the libraries takes longer than limiting them.
    return ThreadpoolController()
