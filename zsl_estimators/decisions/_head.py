"""Decide by an ordinary classifier of real and synthetic features."""

import copy
from contextlib import contextmanager

import numpy as np
import pandas as pd
import torch
from torch import nn

from zsl_estimators.decisions._base import Decision
from zsl_estimators.decisions._softmax_head import SoftmaxHead
from zsl_estimators.decisions._stream import StreamedFeatures
from zsl_estimators.decisions._views import PlainView
from zsl_estimators.nested import can_score, class_scores, fit_weighted, seeded_clone
from zsl_estimators.onnx_export import CannotExport, Rounded
from zsl_estimators.sample_weights import part_of
from zsl_estimators.training import float32

FEWEST_SYNTHETIC, MOST_SYNTHETIC = 20, 500
# Rows of old classes that new ones are told from; more change little.
MOST_OLD_ROWS = 4096


class Head(Decision):
    """Train a classifier on real features of seen and synthetic ones of other classes.

    Parameters
    ----------
    estimator : classifier or None
        Is cloned. None is :class:`SoftmaxHead`.
    weight_decay : float or None, default=None
        For the built-in head; None leaves the estimator as it is.
    n_synthetic : "auto" or int, default="auto"
        Synthetic rows per unseen class. "auto" is the median number of samples of a
        seen class, from 20 to 500.
    n_real : int or None, default=None
        Real rows per seen class, a random choice where there are more; None is all.
    synthesis : {"once", "stream"}, default="once"
        Whether synthetic rows are made at once, or batch by batch.
    device : str, default="auto"
        Where the built-in head computes.
    view : view, default=None
        What the classifier sees of a row; None is the scaled features.
    start : Head or None, default=None
        One of another weight decay and the same view. Where it has been fitted to the
        same rows already, its built-in head is trained further.

    Attributes
    ----------
    estimator_ : classifier
        Fitted on positions of classes.
    n_synthetic_ : int
        The number in use.
    """

    # What the folds choose from for the built-in head. The last one only if there are
    # heads alone: where it is the best, the nearest mean is better still.
    WEIGHT_DECAYS = (1e-3, 1e-2, 3e-2, 1e-1)

    def __init__(
        self,
        estimator,
        weight_decay=None,
        n_synthetic="auto",
        n_real=None,
        synthesis="once",
        device="auto",
        view=None,
        start=None,
    ):
        self.estimator = estimator
        self.weight_decay = weight_decay
        self.n_synthetic = n_synthetic
        self.n_real = n_real
        self.synthesis = synthesis
        self.device = device
        self.view = PlainView() if view is None else view
        self.start = start

    @property
    def name(self):
        """The settings that folds choose among."""
        settings = []
        if self.weight_decay is not None:
            settings.append(f"weight_decay={self.weight_decay}")
        if self.view.name:
            settings.append(f"view={self.view.name}")
        return f"head ({', '.join(settings)})" if settings else "head"

    def fit(self, generator, problem, random_state):
        self.view.fit(generator, problem.rows, problem.weights)
        self.estimator_ = self._new_estimator(random_state)
        self.n_synthetic_ = self._resolved_n_synthetic(problem.y, problem.weights)
        unseen = np.flatnonzero(~problem.seen)
        kept = self._kept_rows(problem.y, random_state)
        y = np.flatnonzero(problem.seen)[problem.y[kept]]
        rows = problem.rows.only(kept).float32(self._view_of)
        real = rows, y, part_of(problem.weights, kept)
        with self._features(generator, real, unseen, random_state) as features:
            self._fit_estimator(features, np.arange(len(problem.seen)))
        # It has served; and a decision that is kept should not keep all before it.
        self.start = None
        return self

    def _fit_estimator(self, features, classes):
        started = getattr(self.start, "estimator_", None)
        more = {} if started is None else {"start": started}
        if self.synthesis == "stream":
            self.estimator_.fit_stream(features, classes, **more)
        elif more:
            weights = features.all_weights()
            self.estimator_.fit_further(
                *features.all_rows(), **more, sample_weight=weights
            )
        else:
            fit_weighted(self.estimator_, *features.all_rows(), features.all_weights())

    def score_classes(self, new_generator, Z):
        rows = float32(self._view_of(Z))
        if isinstance(self.estimator_, SoftmaxHead):
            return self.estimator_.logits(rows)
        scores = class_scores(self.estimator_, rows)
        # It knows the classes that were there when it was fitted last.
        known = self.estimator_.classes_
        of_all = np.full((len(scores), known.max() + 1), scores.min(initial=0.0))
        of_all[:, known] = scores
        return of_all

    def lacking(self, positions):
        if isinstance(self.estimator_, SoftmaxHead):
            return positions[:0]
        return np.setdiff1d(positions, self.estimator_.classes_)

    def scoring_module(self, new_generator):
        if not isinstance(self.estimator_, SoftmaxHead):
            raise CannotExport(
                f"the head is {self.estimator_!r}",
                "Fit with head=SoftmaxHead(), export the head by its own means, or "
                "store the estimator with skops.io.dump.",
            )
        network = self.estimator_._scoring_module()
        return nn.Sequential(self.view.as_module(), Rounded(), network)

    def extend(self, generator, positions, old, random_state):
        """Train on synthetic rows of all classes; the built-in head on few of old ones.

        That one only learns what tells new classes from all others.
        """
        n_rows, n = len(old) * self.n_synthetic_, self.n_synthetic_
        built_in = isinstance(self.estimator_, SoftmaxHead)
        if built_in and n_rows > MOST_OLD_ROWS:
            y_old = random_state.choice(old, size=MOST_OLD_ROWS)
        else:
            y_old = np.repeat(old, n)
        y = np.concatenate([y_old, np.repeat(positions, n)])
        with generator.synthesiser(random_state) as synthesise:
            X = self.view.of(synthesise(torch.as_tensor(y))).cpu().numpy()
            self.estimator_ = copy.copy(self.estimator_)
            if built_in:
                weights = np.where(y < positions[0], n_rows / max(len(y_old), 1), 1.0)
                self.estimator_.extend(X, y, weights, positions)
            else:
                self.estimator_.fit(X, y)

    def refitted(self, generator, random_state):
        """Train another one with the same settings on synthetic rows alone.

        Parameters
        ----------
        generator : TrainedGenerator
            Knows the classes that are to be told apart, and no others.
        random_state : RandomState
            The only source of randomness.

        Returns
        -------
        head : Head
            A new one; the view is shared.
        """
        head = copy.copy(self)
        positions = np.arange(len(generator.seen))
        no_rows = float32(self.view.of(generator.centers[:0]).cpu().numpy())
        real = no_rows, positions[:0], None
        features = head._features(generator, real, positions, random_state)
        with features as rows:
            head.estimator_ = head._new_estimator(random_state)
            head._fit_estimator(rows, positions)
        return head

    def _new_estimator(self, random_state):
        built_in = SoftmaxHead(device=self.device)
        estimator = built_in if self.estimator is None else self.estimator
        estimator = seeded_clone(estimator, random_state)
        if self.weight_decay is not None:
            estimator.set_params(weight_decay=self.weight_decay)
        return estimator

    def _resolved_n_synthetic(self, y, weights=None):
        if self.n_synthetic != "auto":
            return self.n_synthetic
        counts = np.bincount(y, weights=weights)
        usual = int(np.median(counts[counts > 0]))
        return min(max(usual, FEWEST_SYNTHETIC), MOST_SYNTHETIC)

    def _kept_rows(self, y, random_state):
        """Which of the training rows the classifier is trained on."""
        if self.n_real is None:
            return slice(None)
        order = random_state.permutation(len(y))
        counted = pd.Series(y[order]).groupby(y[order]).cumcount().to_numpy()
        return np.sort(order[counted < self.n_real])

    def _view_of(self, Z):
        """What the classifier sees of real rows."""
        # In double precision, so that a row does not depend on those beside it.
        return self.view.of(torch.tensor(Z)).numpy()

    @contextmanager
    def _features(self, generator, real, synthetic, random_state):
        """Yield rows to train on; classes of `real` and `synthetic` are positions."""
        rows, y, weights = real
        with generator.synthesiser(random_state) as synthesise:
            yield StreamedFeatures(
                rows,
                y,
                lambda positions: self.view.of(synthesise(positions)),
                synthetic,
                self.n_synthetic_,
                weights,
            )


def check_head(estimator, synthesis):
    """Refuse heads that cannot score, or cannot train on a stream.

    Parameters
    ----------
    estimator : classifier or None
        The head.
    synthesis : {"once", "stream"}
        How it gets synthetic features.

    Raises
    ------
    ValueError
        The message says what to do.
    """
    if estimator is not None and not can_score(estimator):
        raise ValueError(
            f"head={estimator!r} has neither predict_proba nor decision_function, so "
            "that its classes cannot be compared. Use a classifier that has one."
        )
    built_in = estimator is None or isinstance(estimator, SoftmaxHead)
    if synthesis == "stream" and not built_in:
        raise ValueError(
            'synthesis="stream" needs the built-in head, got '
            f'head={estimator!r}. Use synthesis="once", or head=SoftmaxHead().'
        )
