"""The estimators of an ensemble on the common folds, as far as the time allows."""

import time
from contextlib import closing

import numpy as np
from joblib import effective_n_jobs
from sklearn.utils.parallel import Parallel, delayed

from zsl_estimators.exceptions import warn_user
from zsl_estimators.progress import FitProgress
from zsl_estimators.threads import one_blas_thread


class OutOfTimeError(Exception):
    """The time limit has passed while an estimator is being fitted."""


class TimedProgress(FitProgress):
    """Progress of one estimator, without a bar, that ends it at a deadline.

    Parameters
    ----------
    deadline : float
        In seconds of ``time.perf_counter``, which all processes of a machine share.
    """

    def __init__(self, deadline):
        super().__init__("", 1, "step", shown=False)
        self.deadline = deadline

    def report(self, model, n_steps, **figures):
        """Look at the clock."""
        if time.perf_counter() > self.deadline:
            raise OutOfTimeError


class Comparison:
    """Let estimators answer on common folds, within a time limit.

    With several jobs the estimators are fitted side by side, in other processes.

    Parameters
    ----------
    members : list of Member
        In the order in which they are begun.
    time_limit : float or None
        Seconds from now; None is no limit.
    n_jobs : int or None
        How many are fitted at a time.
    report : callable
        ``report(n_begun, fitting=name)`` shows how far it is.
    """

    def __init__(self, members, time_limit, n_jobs, report):
        self.members = members
        self.task = members[0].task
        self.n_jobs = n_jobs
        self.report = report
        self.done = {}
        self.end = np.inf
        if time_limit is not None:
            self.end = time.perf_counter() + time_limit

    @property
    def deadline(self):
        """When the next estimator is given up: those that are done need time too."""
        # Another thread may add to them meanwhile.
        done = list(self.done.values())
        return self.end - sum(member.usual_time for member in done)

    @property
    def is_late(self):
        """Whether nothing more is to be begun."""
        return time.perf_counter() > self.deadline

    def run(self):
        """Compare the members; return those that are done in time."""
        error = None
        with closing(self._outcomes()) as outcomes:
            try:
                for number, member, problem in outcomes:
                    if problem is not None:
                        error = problem
                        name = self.members[number].name
                        warn_of_failure(f"The estimator {name!r}", problem)
                    elif member is not None:
                        member.task = self.task
                        self.done[number] = member
            except KeyboardInterrupt:
                if not self.done:
                    raise
                self._warn_of_interrupt()
        if not self.done:
            raise error
        return [self.done[number] for number in sorted(self.done)]

    def _outcomes(self):
        """Yield what has become of the members, see :func:`compared`."""
        parallel = Parallel(
            n_jobs=self.n_jobs,
            return_as="generator_unordered",
            batch_size=1,
            pre_dispatch="n_jobs",
        )
        yield from parallel(self._calls())

    def _calls(self):
        """Yield one call per member when it is its turn, as long as there is time."""
        for n_begun, number in enumerate(self._order()):
            if n_begun and self.is_late:
                return
            member = self.members[number]
            self.report(n_begun, fitting=member.name)
            # The first one is fitted in any case.
            yield delayed(compared)(
                number, member, self.deadline if n_begun else np.inf
            )

    def _order(self):
        """Positions of the members; with several jobs the slow ones come first.

        With a time limit it is the given order in any case, from fast to slow.
        """
        order = range(len(self.members))
        alone = effective_n_jobs(self.n_jobs) == 1 or np.isfinite(self.end)
        return order if alone else order[::-1]

    def _warn_of_interrupt(self):
        """Warn that only some estimators are used."""
        names = ", ".join(member.name for _, member in sorted(self.done.items()))
        warn_user(
            f"Interrupted: the ensemble consists of {names}. Interrupt once more to "
            "end the fit.",
        )


def compared(number, member, deadline):
    """Compare a member, wherever this is called.

    Parameters
    ----------
    number : int
        Its position.
    member : Member
        Not compared yet.
    deadline : float
        When it is given up.

    Returns
    -------
    number : int
        As given.
    member : Member or None
        Without the task, whose features need not travel back. None if it was given up.
    error : Exception or None
        What it failed with.
    """
    began = time.perf_counter()
    try:
        with one_blas_thread():
            member.compare(TimedProgress(deadline))
    except OutOfTimeError:
        return number, None, None
    except Exception as error:
        return number, None, error
    member.fit_time = time.perf_counter() - began
    member.task = None
    return number, member, None


def warn_of_failure(what, problem):
    """Warn that a part of the ensemble is left out."""
    warn_user(
        f"{what} failed and is left out: {type(problem).__name__}: {problem}",
    )
