"""One estimator of an ensemble after the other, as far as the time allows."""

import time
import warnings

import numpy as np

from zsl_estimators.exceptions import ZeroShotWarning
from zsl_estimators.progress import FitProgress


class OutOfTimeError(Exception):
    """The time limit has passed while an estimator is being fitted."""


class TimedProgress(FitProgress):
    """Progress of one estimator, without a bar, that ends it at a deadline.

    Parameters
    ----------
    deadline : float
        In seconds of ``time.perf_counter``.
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

    Parameters
    ----------
    members : list of Member
        In the order in which they are begun.
    time_limit : float or None
        Seconds from now; None is no limit.
    report : callable
        ``report(n_done, fitting=name)`` shows how far it is.
    """

    def __init__(self, members, time_limit, report):
        self.members = members
        self.report = report
        self.done = []
        self.end = np.inf
        if time_limit is not None:
            self.end = time.perf_counter() + time_limit

    @property
    def deadline(self):
        """When the next estimator is given up: those that are done need time too."""
        return self.end - sum(member.usual_time for member in self.done)

    @property
    def is_late(self):
        """Whether nothing more is to be begun."""
        return time.perf_counter() > self.deadline

    def run(self):
        """Compare the members; return those that are done in time."""
        error = None
        for number, member in enumerate(self.members):
            if self.done and self.is_late:
                break
            self.report(number, fitting=member.name)
            # The first one is fitted in any case.
            deadline = self.deadline if self.done else np.inf
            began = time.perf_counter()
            try:
                member.compare(TimedProgress(deadline))
            except OutOfTimeError:
                break
            except KeyboardInterrupt:
                if not self.done:
                    raise
                self._warn_of_interrupt()
                break
            except Exception as problem:
                error = problem
                warn_of_failure(f"The estimator {member.name!r}", problem)
                continue
            member.fit_time = time.perf_counter() - began
            self.done.append(member)
        if not self.done:
            raise error
        return self.done

    def _warn_of_interrupt(self):
        """Warn that only some estimators are used."""
        names = ", ".join(member.name for member in self.done)
        warnings.warn(
            f"Interrupted: the ensemble consists of {names}. Interrupt once more to "
            "give up the fit.",
            ZeroShotWarning,
            stacklevel=6,
        )


def warn_of_failure(what, problem, stacklevel=6):
    """Warn that a part of the ensemble is left out."""
    warnings.warn(
        f"{what} failed and is left out: {type(problem).__name__}: {problem}",
        ZeroShotWarning,
        stacklevel=stacklevel,
    )
