"""The diffusion classifier: which class explains the noise best."""

from itertools import pairwise
from numbers import Integral

import numpy as np
import torch

from zsl_estimators.likelihood.rules._base import DecisionRule, like
from zsl_estimators.nn.blocks import n_rows_per_block
from zsl_estimators.parameters import Interval


class ErrorRule(DecisionRule):
    """Add noise to a sample, and choose the class that predicts the noise best.

    All classes and samples share the noise and its times, so that differences between
    classes vary little [1]_. Times are stratified, and noise comes in opposite pairs,
    which makes the rule exact for normal distributions.

    Parameters
    ----------
    n_draws : int or sequence of int, default=16
        Draws of noise. With an increasing sequence only the best classes are kept after
        each number but the last.
    keep : sequence of int, default=()
        Number of seen, and of unseen, classes that are kept after each stage; not
        increasing.

    Attributes
    ----------
    times_ : ndarray of shape (n_draws,)
        Diffusion times.
    noise_ : ndarray of shape (n_draws, n_features)
        Noise.

    References
    ----------
    .. [1] Li, Prabhudesai, Duggal, Brown, Pathak: Your diffusion model is secretly a
       zero-shot classifier, ICCV 2023.

    Examples
    --------
    Four draws for all classes, then twelve more for the five best of the seen and of
    the unseen ones.

    >>> from zsl_estimators.likelihood import ErrorRule
    >>> ErrorRule(n_draws=(4, 16), keep=(5,)).n_evaluations(n_classes=150)
    720
    """

    _parameter_constraints = {
        "n_draws": [Interval(Integral, 1, None, closed="left"), "array-like"],
        "keep": ["array-like"],
    }

    def __init__(self, n_draws=16, keep=()):
        self.n_draws = n_draws
        self.keep = keep

    @property
    def _stages(self):
        return tuple(np.atleast_1d(self.n_draws).tolist())

    def _draw(self, model, random_state):
        self._check_stages()
        n_draws = self._stages[-1]
        n_pairs = -(-n_draws // 2)
        shares = (nested_order(n_pairs) + 0.5) / n_pairs
        times = (shares * model.diffusion.n_steps).astype(int)
        noise = random_state.normal(size=(n_pairs, model.n_features))
        self.times_ = np.repeat(times, 2)[:n_draws]
        self.noise_ = np.stack([noise, -noise], axis=1).reshape(-1, model.n_features)
        self.noise_ = self.noise_[:n_draws]

    def _check_stages(self):
        stages, keep = self._stages, tuple(self.keep)
        whole = all(isinstance(n, Integral) and n > 0 for n in (*stages, *keep))
        rising = all(one < other for one, other in pairwise(stages))
        falling = all(one >= other for one, other in pairwise(keep))
        if not (whole and rising and falling and len(keep) == len(stages) - 1):
            raise ValueError(
                "n_draws must rise, keep must not, and hold one number less, all whole "
                f"and positive, got n_draws={self.n_draws} and keep={self.keep}. For "
                "instance n_draws=(4, 16) and keep=(5,), or n_draws=16 and keep=()."
            )

    def n_evaluations(self, n_classes):
        # Passes through the last layer; the others are shared by all classes.
        total, scored, done = 0, n_classes, 0
        for n_draws, kept in zip(self._stages, [*self.keep, None], strict=True):
            total, done = total + (n_draws - done) * scored, n_draws
            scored = scored if kept is None else min(2 * kept, scored)
        return total

    def score_classes(self, model, x):
        # Score by the error; with the initial estimator it is the log-density.
        first, *others = self._stages
        scores = model.per_class(
            x, lambda part, rows: self._scores(part, rows, 0, first), first
        )
        done, stay = first, torch.ones_like(scores, dtype=torch.bool)
        for n_draws, kept in zip(others, self.keep, strict=True):
            stay = self._survivors(model, scores, stay, kept)
            scores = self._refined(model, x, scores, stay, done, n_draws)
            done = n_draws
        return scores

    def _scores(self, model, x, start, stop):
        """Weighted mean of the errors of some draws, in the unit of a log-density."""
        return -self._errors(model, x, start, stop) / self._weight(model, start, stop)

    def _errors(self, model, x, start, stop, columns=None):
        """Weighted sum of the errors of some draws."""
        t = torch.as_tensor(self.times_[start:stop], device=x.device)
        noise = like(self.noise_[start:stop], x)
        a, b = model.diffusion.signal_and_noise(t)
        x = x[:, None]
        x_t, velocity = a * x + b * noise, a * noise - b * x
        errors = model.squared_errors(x_t, t, velocity, columns)
        # The error of the noise is that of the velocity times a^2.
        return (errors * a**2).sum(dim=1)

    def _weight(self, model, start, stop):
        """Twice the sum of the factors of a squared distance in these draws."""
        t = torch.as_tensor(self.times_[start:stop])
        a, b = model.diffusion.signal_and_noise(t)
        return 2 * (a * b).square().sum().item()

    def _survivors(self, model, scores, alive, kept):
        """The best seen and the best unseen classes, by what is known of old ones."""
        scores = scores.masked_fill(~alive, -torch.inf)
        stay = torch.zeros_like(alive)
        for kind in (model.seen, ~model.seen):
            old = kind[: self.n_classes_]
            if old.any():
                candidates = self._old(scores)[:, old]
                best = candidates.topk(min(kept, candidates.shape[1]), dim=1).values
                stay |= kind & (scores >= best[:, -1:])
            else:
                stay |= kind
        return stay & alive

    def _refined(self, model, x, scores, stay, done, n_draws):
        """Score the survivors again; others keep their distance to the best."""
        columns = stay.int().topk(int(stay.sum(dim=1).max()), dim=1).indices
        # The network prepares all classes for some draws at a time.
        step = n_rows_per_block(8 * model.n_classes)
        bounds = [*range(done, n_draws, step), n_draws]
        errors = sum(
            self._errors_of_columns(model, x, columns, start, stop)
            for start, stop in pairwise(bounds)
        )
        before = self._weight(model, 0, done)
        after = self._weight(model, done, n_draws)
        more = scores.scatter(1, columns, -errors / after)
        refined = (before * scores + after * more) / (before + after)
        best = self._old(scores).argmax(dim=1, keepdim=True)
        behind = scores - scores.gather(1, best)
        return torch.where(stay, refined, refined.gather(1, best) + behind)

    def _errors_of_columns(self, model, x, columns, start, stop):
        """Errors of some draws for other classes in each row."""
        n_rows = n_rows_per_block(columns.shape[1] * (stop - start))
        parts = zip(x.split(n_rows), columns.split(n_rows), strict=True)
        return torch.cat(
            [self._errors(model, rows, start, stop, wanted) for rows, wanted in parts]
        )


def nested_order(n):
    """Permutation of ``0 .. n - 1`` whose beginnings are spread evenly.

    Bits are read backwards (the sequence of van der Corput).
    """
    n_bits = max(n - 1, 1).bit_length()
    backwards = [int(f"{i:0{n_bits}b}"[::-1], 2) for i in range(2**n_bits)]
    return np.array([i for i in backwards if i < n])
