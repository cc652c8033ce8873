"""One progress bar for everything that a fit does."""

from contextlib import contextmanager

from tqdm.auto import tqdm


class FitProgress:
    """A bar over the models of a fit: those of the folds, then the final one.

    Parameters
    ----------
    name : str
        Stands to the left of the bar.
    steps_per_model : int
        What a model takes at most, such as epochs.
    unit : str
        What a step is.
    shown : bool
        Whether there is a bar.
    """

    def __init__(self, name, steps_per_model, unit, shown):
        self.steps_per_model = steps_per_model
        self.done = [0]
        self.bar = tqdm(
            total=steps_per_model, desc=name, unit=unit, disable=not shown, leave=True
        )

    def begin(self, n_folds):
        """Say how many models there are besides the final one."""
        self.done = [0] * (n_folds + 1)
        self.bar.total = self.steps_per_model * len(self.done)
        self.bar.refresh()

    def reporter(self, model):
        """What the model of a fold, or with -1 the final one, reports its steps to."""
        return Reporter(self, model)

    def report(self, model, n_steps, **figures):
        """Note how many steps of a model are done; a second net of it adds none."""
        self.done[model] = max(self.done[model], min(n_steps, self.steps_per_model))
        self.bar.set_postfix(figures, refresh=False)
        self.bar.update(sum(self.done) - self.bar.n)

    def end(self, model):
        """Note that a model takes no more steps."""
        self.report(model, self.steps_per_model)


class Reporter:
    """Reports the steps of one model; in another process to nobody.

    Parameters
    ----------
    progress : FitProgress or None, default=None
        None reports to nobody.
    model : int, default=-1
        The model.
    """

    def __init__(self, progress=None, model=-1):
        self.progress = progress
        self.model = model

    def __call__(self, n_steps, **figures):
        if self.progress is not None:
            self.progress.report(self.model, n_steps, **figures)

    def __reduce__(self):
        return Reporter, ()


@contextmanager
def progress_of_fit(estimator):
    """Yield the progress of a fit, to which the final model reports.

    Parameters
    ----------
    estimator : BaseZeroShotClassifier
        To be fitted.

    Yields
    ------
    progress : FitProgress
        For the models of the folds.
    """
    name, shown = type(estimator).__name__, estimator.verbose == 1
    progress = FitProgress(name, estimator._n_steps, estimator._step, shown)
    estimator._report = progress.reporter(-1)
    try:
        yield progress
        for model in range(len(progress.done)):
            progress.end(model)
    finally:
        progress.bar.close()
        estimator._report = Reporter()
