"""One thread of the linear algebra libraries, for results that do not depend on it."""

from functools import cache

from threadpoolctl import ThreadpoolController


def one_blas_thread():
    """Limit BLAS to one thread inside a ``with`` block.

    Sums come out differently in the last digits when they are split between threads,
    and joblib's workers have fewer threads than the main process.
    """
    return _threadpools().limit(limits=1, user_api="blas")


@cache
def _threadpools():
    # Looking for the libraries takes longer than limiting them.
    return ThreadpoolController()
