"""Something that is computed in another process while this one goes on."""

from contextlib import suppress
from threading import Thread

from joblib import effective_n_jobs
from sklearn.utils.parallel import Parallel, delayed


class Beside:
    """The result of a function that is called beside whatever comes next.

    With one job, or a backend that cannot, it is called here and at once.

    Parameters
    ----------
    n_jobs : int or None
        Of joblib.
    function : callable
        Can be pickled, as can its arguments.
    *arguments : object
        Of the function.

    Attributes
    ----------
    is_over : bool
        Whether it was called at once.
    """

    def __init__(self, n_jobs, function, *arguments):
        parallel = parallel_with_later_results(n_jobs)
        self.is_over = parallel is None
        if self.is_over:
            self._results = iter([function(*arguments)])
        else:
            self._results = parallel([delayed(function)(*arguments)])

    def result(self):
        """Wait for the result, which can be asked for once."""
        return next(self._results)

    def abandon(self):
        """Go on without the result."""
        # Closed, joblib would kill its workers, and fail in a thread of its own where a
        # result arrives meanwhile.
        Thread(target=self._wait_for_any_end, daemon=True).start()

    def _wait_for_any_end(self):
        with suppress(Exception):
            next(self._results)


def parallel_with_later_results(n_jobs):
    """A Parallel that returns before its results are there; None if that cannot be."""
    if effective_n_jobs(n_jobs) == 1:
        return None
    try:
        return Parallel(n_jobs=n_jobs, return_as="generator")
    except ValueError:
        # The multiprocessing backend cannot.
        return None
