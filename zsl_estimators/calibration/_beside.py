"""Something that is computed in another process while this one goes on."""

from contextlib import suppress
from threading import Thread
from traceback import format_exc

from joblib import effective_n_jobs
from joblib.parallel import LokyBackend, get_active_backend
from sklearn.utils.parallel import Parallel, delayed


class Beside:
    """The result of a function that is called beside whatever comes next.

    With one job, or another backend than loky, it is called here and at once.

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
            self._outcomes = iter([(function(*arguments), None)])
        else:
            self._outcomes = parallel([delayed(outcome)(function, *arguments)])

    def result(self):
        """Wait for the result, which can be asked for once."""
        # Read to the end: a generator of joblib that is not exhausted shuts down the
        # workers of whatever else runs when it is collected as garbage.
        [(result, error)] = self._outcomes
        if error is not None:
            raise error
        return result

    def abandon(self):
        """Go on without the result."""
        # Closed, joblib would kill its workers, and fail in a thread of its own where a
        # result arrives meanwhile.
        Thread(target=self._wait_for_any_end, daemon=True).start()

    def _wait_for_any_end(self):
        with suppress(Exception):
            self.result()


def outcome(function, *arguments):
    """The result of a function, and its error or None.

    An error that reached joblib would end its workers, which others may be using.
    """
    try:
        return function(*arguments), None
    except Exception as error:
        error.add_note(format_exc())
        return None, error


def parallel_with_later_results(n_jobs):
    """A Parallel that returns before its results are there; None if that cannot be."""
    # All calls in a context share its backend, and the end of one call ends the threads
    # of the others. Processes of loky have a backend of their own here.
    backend, _ = get_active_backend()
    if effective_n_jobs(n_jobs) == 1 or not isinstance(backend, LokyBackend):
        return None
    return Parallel(n_jobs=n_jobs, backend="loky", return_as="generator")
