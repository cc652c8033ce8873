"""How good the members of an ensemble are, and what they cost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

import numpy as np
import pandas as pd

from zsl_estimators.candidates import inside
from zsl_estimators.plotting._figure import label_points, new_axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from sklearn.base import BaseEstimator

# In points squared: areas of the marks of an estimator without weight, and of one that
# has all of it.
SMALLEST_MARK, LARGEST_MARK = 20.0, 700.0


class EnsembleDisplay:
    """Held-out H of every estimator of an ensemble against the time that it took.

    Parameters
    ----------
    results : DataFrame
        ``held_out_results_`` of a :class:`~zsl_estimators.ZeroShotEnsembleClassifier`.
    fit_times : Series
        Its ``fit_times_``.

    Attributes
    ----------
    ax_ : matplotlib Axes
        Axes with one mark per estimator, whose area is its weight.
    figure_ : matplotlib Figure
        Its figure.

    Examples
    --------
    >>> from zsl_estimators import (
    ...     ExemplarClassifier, RidgeSemanticClassifier, ZeroShotEnsembleClassifier
    ... )
    >>> from zsl_estimators.datasets import make_gzsl
    >>> from zsl_estimators.plotting import EnsembleDisplay
    >>> data = make_gzsl(random_state=0)
    >>> clf = ZeroShotEnsembleClassifier(
    ...     data.attributes,
    ...     estimators=[
    ...         ("exemplar", ExemplarClassifier()),
    ...         ("ridge", RidgeSemanticClassifier()),
    ...     ],
    ...     random_state=0,
    ... )
    >>> clf = clf.fit(data.X_train, data.y_train)
    >>> EnsembleDisplay.from_estimator(clf).ax_.get_xlabel()
    'seconds on the folds'
    """

    def __init__(self, results: pd.DataFrame, fit_times: pd.Series) -> None:
        self.results = results
        self.fit_times = fit_times

    @classmethod
    def from_estimator(
        cls, estimator: BaseEstimator, *, ax: Axes | None = None
    ) -> Self:
        """Draw the members of a fitted ensemble.

        Parameters
        ----------
        estimator : estimator
            Fitted :class:`~zsl_estimators.ZeroShotEnsembleClassifier`, or a pipeline
            or search around one.
        ax : matplotlib Axes or None, default=None
            Axes to plot on; None creates a figure.

        Returns
        -------
        display : EnsembleDisplay
            With the members drawn.

        Raises
        ------
        ValueError
            If there is no ensemble, or its members were not compared on folds.
        """
        ensemble, _ = inside(
            estimator,
            None,
            "fit_times_",
            "It takes a fitted ZeroShotEnsembleClassifier.",
        )
        if ensemble.held_out_results_ is None:
            raise ValueError(
                "The members of this ensemble were not compared: there were no unseen "
                "classes, or too few seen ones to hide some."
            )
        return cls(ensemble.held_out_results_, ensemble.fit_times_).plot(ax)

    def plot(self, ax: Axes | None = None) -> Self:
        """Draw one mark per estimator, and a line for the ensemble.

        Parameters
        ----------
        ax : matplotlib Axes or None, default=None
            Axes to plot on; None creates a figure.

        Returns
        -------
        display : EnsembleDisplay
            Itself.
        """
        self.ax_ = new_axes(ax, figsize=(7, 4.5), layout="constrained")
        self.figure_ = self.ax_.figure
        from matplotlib.ticker import LogLocator, NullLocator

        members = pd.DataFrame(self.results).loc[self.fit_times.index]
        seconds, best_h = self.fit_times.to_numpy(), members["best_H"].to_numpy()
        weights = members["weight"].to_numpy()
        areas = SMALLEST_MARK + (LARGEST_MARK - SMALLEST_MARK) * weights
        colors = np.where(weights > 0, "C0", "lightgray")
        self.ax_.scatter(seconds, best_h, s=areas, c=colors, alpha=0.7)
        together = self.results.loc["ensemble", "best_H"]
        self.ax_.axhline(together, color="C1", label=f"ensemble, {together:.2f}")
        low, high = min(best_h), max(*best_h, together)
        margin = 0.15 * (high - low) + 0.01
        self.ax_.set(
            xlabel="seconds on the folds",
            ylabel="largest H, held-out classes",
            xscale="log",
            xlim=(seconds.min() / 2, seconds.max() * 2),
            ylim=(low - margin, high + margin),
        )
        # Seconds as people write them, also where they span less than a decade.
        self.ax_.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        self.ax_.xaxis.set_major_formatter("{x:g}")
        self.ax_.xaxis.set_minor_locator(NullLocator())
        self.ax_.legend(fontsize="small", loc="lower right")
        places = np.column_stack([seconds, best_h])
        label_points(self.ax_, places, members.index, fontsize="small")
        return self
