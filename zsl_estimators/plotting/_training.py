"""What happened while a net was trained."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Self

import numpy as np
import pandas as pd

from zsl_estimators.candidates import inside
from zsl_estimators.plotting._figure import LINE_STYLES, legend_beside, new_axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from sklearn.base import BaseEstimator


class TrainingCurvesDisplay:
    """Losses over the epochs, and scores on held-out classes.

    Use :meth:`from_estimator` or :meth:`from_history` to make one.

    Parameters
    ----------
    losses : dict of str to sequence of float
        Values per epoch by name.
    held_out : DataFrame or None, default=None
        AUSUC on held-out classes: one row per number of epochs, one column per fold.
    n_iter : int or None, default=None
        Number of epochs that was chosen.

    Attributes
    ----------
    axes_ : ndarray of matplotlib Axes
        The axes of the losses, and those of the held-out classes if there are any.
    figure_ : matplotlib Figure
        The figure.

    Examples
    --------
    >>> from zsl_estimators import ALEClassifier
    >>> from zsl_estimators.datasets import make_gzsl
    >>> from zsl_estimators.plotting import TrainingCurvesDisplay
    >>> data = make_gzsl(random_state=0)
    >>> clf = ALEClassifier(data.attributes, random_state=0)
    >>> clf = clf.fit(data.X_train, data.y_train)
    >>> display = TrainingCurvesDisplay.from_estimator(clf)
    >>> display.axes_[1].get_ylabel()
    'AUSUC, held-out classes'
    """

    def __init__(
        self,
        losses: pd.DataFrame,
        *,
        held_out: pd.DataFrame | None = None,
        n_iter: int | None = None,
    ) -> None:
        self.losses = losses
        self.held_out = held_out
        self.n_iter = n_iter

    @classmethod
    def from_estimator(
        cls, estimator: BaseEstimator, *, axes: Sequence[Axes] | None = None
    ) -> Self:
        """Draw the history of a fitted torch estimator.

        Parameters
        ----------
        estimator : estimator
            A fitted estimator with a ``history_``, or a pipeline or search around one.
        axes : sequence of matplotlib Axes or None, default=None
            Axes to plot on, one for the losses and one for the held-out classes; None
            creates a figure.

        Returns
        -------
        display : TrainingCurvesDisplay
            With the curves drawn.

        Raises
        ------
        ValueError
            If the estimator is not trained by epochs.
        """
        classifier, _ = inside(
            estimator, None, "history_", "Only torch estimators are trained by epochs."
        )
        weight = getattr(classifier, "correction_weight_", 1.0)
        held_out = held_out_by_epoch(classifier.held_out_results_, weight)
        if held_out is None:
            return cls.from_history(classifier.history_, axes=axes)
        losses = losses_by_name(classifier.history_)
        display = cls(losses, held_out=held_out, n_iter=classifier.n_iter_)
        return display.plot(axes)

    @classmethod
    def from_history(
        cls, history: Sequence[Mapping], *, axes: Sequence[Axes] | None = None
    ) -> Self:
        """Draw a history of skorch, with the figures of ``HeldOutScoring``.

        Parameters
        ----------
        history : skorch.History
            One entry per epoch.
        axes : sequence of matplotlib Axes or None, default=None
            Axes to plot on; None creates a figure.

        Returns
        -------
        display : TrainingCurvesDisplay
            With the curves drawn.
        """
        display = cls(losses_by_name(history), held_out=held_out_in(history))
        return display.plot(axes)

    def plot(self, axes: Sequence[Axes] | None = None) -> Self:
        """Draw the losses, and the held-out classes beside them.

        Parameters
        ----------
        axes : sequence of matplotlib Axes or None, default=None
            Axes to plot on; None creates a figure.

        Returns
        -------
        display : TrainingCurvesDisplay
            Itself.
        """
        n_axes = 1 + (self.held_out is not None)
        axes = new_axes(
            axes,
            ncols=n_axes,
            figsize=(6 * n_axes, 3.5),
            layout="constrained",
            squeeze=False,
        )
        self.axes_ = np.ravel(axes)
        if len(self.axes_) < n_axes:
            raise ValueError(
                f"axes holds {len(self.axes_)} Axes, {n_axes} are needed: one for the "
                "losses and one for the held-out classes."
            )
        self.figure_ = self.axes_[0].figure
        self._draw_losses(self.axes_[0])
        if self.held_out is not None:
            self._draw_held_out(self.axes_[1])
        return self

    def _draw_losses(self, ax):
        for number, (name, values) in enumerate(self.losses.items()):
            ax.plot(
                np.arange(1, len(values) + 1),
                values,
                LINE_STYLES[number % len(LINE_STYLES)],
                marker="." if len(values) < 30 else None,
                label=name.replace("_", " "),
            )
        ax.set(xlabel="epoch", ylabel="training loss")
        ax.locator_params("x", integer=True)
        if not any(len(values) for values in self.losses.values()):
            ax.set_title("trained for 0 epochs", fontsize="medium")
        else:
            legend_beside(ax)

    def _draw_held_out(self, ax):
        epochs = self.held_out.index
        ax.plot(epochs, self.held_out, color="0.6", linewidth=0.8)
        mean = self.held_out.mean(axis=1)
        ax.plot(epochs, mean, color="black", linewidth=2, label="mean")
        if self.n_iter is not None:
            ax.axvline(
                self.n_iter,
                color="C3",
                linestyle="--",
                label=f"chosen: {self.n_iter}",
            )
        ax.set(xlabel="epochs trained", ylabel="AUSUC, held-out classes")
        ax.locator_params("x", integer=True)
        n_folds = self.held_out.shape[1]
        legend_beside(ax, f"{n_folds} fold" + "s" * (n_folds > 1))


def losses_by_name(history):
    """The losses of a history; the sum comes first, where there are several parts."""
    if not len(history):
        return {}
    names = [name for name in history[-1] if name.endswith("loss")]
    names.sort(key=lambda name: name != "train_loss")
    names = names[1:] if len(names) == 2 else names
    return {name: [epoch[name] for epoch in history] for name in names}


def held_out_in(history):
    """Figures of :class:`~zsl_estimators.HeldOutScoring`, one column per callback."""
    names = [name for name in history[-1] if name.endswith("_AUSUC")] if history else []
    epochs = np.arange(1, len(history) + 1)
    figures = {name: [epoch[name] for epoch in history] for name in names}
    return pd.DataFrame(figures, epochs) if names else None


def held_out_by_epoch(results, weight):
    """Held-out AUSUC, with a weight of the correction, as a table of epochs and folds.

    None when no number of epochs was chosen.
    """
    if results is None or results.candidate.nunique() < 2:
        return None
    # Without training there is nothing to weigh.
    chosen = results.correction_weight.eq(weight) | results.candidate.eq(0)
    results = results[chosen]
    return results.pivot_table(index="candidate", columns="fold", values="AUSUC")
