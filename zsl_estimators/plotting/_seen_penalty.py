"""How accuracies move with the seen penalty."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Self

import numpy as np
import pandas as pd

from zsl_estimators.candidates import chosen_penalty, inside
from zsl_estimators.plotting._figure import LINE_STYLES, legend_beside, new_axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from sklearn.base import BaseEstimator

FIGURES = {
    "S": "seen classes, S",
    "U": "unseen classes, U",
    "H": "harmonic mean, H",
}


class SeenPenaltyDisplay:
    """Accuracies on held-out classes against the seen penalty.

    Parameters
    ----------
    cv_results : dict or DataFrame
        ``cv_results_`` of a :class:`~zsl_estimators.CalibratedStackingCV`.
    best_penalty : float or None, default=None
        The penalty that was chosen.
    known : dict or DataFrame or None, default=None
        Seen accuracy ``S`` by ``penalty`` of a model of all seen classes, with the real
        unseen ones, which is used for the penalty instead of that of the folds.

    Attributes
    ----------
    ax_ : matplotlib Axes
        Axes with the curves.
    figure_ : matplotlib Figure
        Its figure.

    See Also
    --------
    zsl_estimators.plotting.SeenUnseenDisplay : S against U.

    Examples
    --------
    >>> from zsl_estimators import CalibratedStackingCV, RidgeSemanticClassifier
    >>> from zsl_estimators.datasets import make_gzsl
    >>> from zsl_estimators.plotting import SeenPenaltyDisplay
    >>> data = make_gzsl(random_state=0)
    >>> clf = RidgeSemanticClassifier(data.attributes, random_state=0)
    >>> stacking = CalibratedStackingCV(clf, random_state=0)
    >>> stacking = stacking.fit(data.X_train, data.y_train)
    >>> SeenPenaltyDisplay.from_estimator(stacking).ax_.get_xlabel()
    'seen penalty'
    """

    def __init__(
        self,
        cv_results: Mapping | pd.DataFrame,
        *,
        best_penalty: float | None = None,
        known: Mapping | pd.DataFrame | None = None,
    ) -> None:
        self.cv_results = cv_results
        self.best_penalty = best_penalty
        self.known = known

    @classmethod
    def from_estimator(
        cls, estimator: BaseEstimator, *, ax: Axes | None = None
    ) -> Self:
        """Draw the curves by which a penalty was chosen.

        Parameters
        ----------
        estimator : estimator
            Fitted with ``seen_penalty="auto"``, or a fitted
            :class:`~zsl_estimators.CalibratedStackingCV`, or a pipeline or search
            around one.
        ax : matplotlib Axes or None, default=None
            Axes to plot on; None creates a figure.

        Returns
        -------
        display : SeenPenaltyDisplay
            With the curves drawn.

        Raises
        ------
        ValueError
            If the penalty was not fitted.
        """
        calibrated, _ = inside(
            estimator,
            None,
            "_held_out_performance",
            "It takes a fitted zero-shot classifier, or a CalibratedStackingCV.",
        )
        performance = calibrated._held_out_performance
        if performance is None:
            raise ValueError(
                f"{type(calibrated).__name__} has no curves: the penalty was given, "
                "there were no unseen classes, or too few seen ones to fit one."
            )
        return cls(
            performance.columns(),
            best_penalty=chosen_penalty(calibrated),
            known=performance.known_columns(),
        ).plot(ax)

    def plot(self, ax: Axes | None = None) -> Self:
        """Draw the curves of every fold, and those by which the penalty was chosen.

        These are the mean U over folds, S of a model of all seen classes if it is
        known, else the mean over folds, and their H.

        Parameters
        ----------
        ax : matplotlib Axes or None, default=None
            Axes to plot on; None creates a figure.

        Returns
        -------
        display : SeenPenaltyDisplay
            Itself.
        """
        self.ax_ = new_axes(ax, figsize=(7, 4), layout="constrained")
        self.figure_ = self.ax_.figure
        folds = [fold for _, fold in pd.DataFrame(self.cv_results).groupby("fold")]
        penalties = self._range(folds)
        lines = {
            name: np.array([_at(penalties, fold, name) for fold in folds])
            for name in FIGURES
        }
        means = {name: of_folds.mean(axis=0) for name, of_folds in lines.items()}
        if self.known is not None:
            means["S"] = _at(penalties, pd.DataFrame(self.known), "S")
        total = means["S"] + means["U"]
        means["H"] = 2 * means["S"] * means["U"] / np.where(total == 0, 1, total)
        for number, (name, label) in enumerate(FIGURES.items()):
            style = {"color": f"C{number}", "linestyle": LINE_STYLES[number]}
            self.ax_.plot(penalties, lines[name].T, linewidth=0.5, **style)
            self.ax_.plot(penalties, means[name], linewidth=2, label=label, **style)
        if self.best_penalty is not None:
            self.ax_.axvline(
                self.best_penalty,
                color="black",
                linewidth=1,
                label=f"chosen: {self.best_penalty:.3g}",
            )
        self.ax_.set(
            xlabel="seen penalty", ylabel="accuracy, held-out classes", ylim=(0, 1)
        )
        legend_beside(self.ax_, f"{len(folds)} fold{'s' * (len(folds) > 1)}, mean")
        return self

    def _range(self, folds):
        """Penalties from where hardly any unseen class is answered to the reverse."""
        finite = np.concatenate([fold.penalty.iloc[1:-1] for fold in folds])
        chosen = [] if self.best_penalty is None else [self.best_penalty]
        ends = [*(np.quantile(finite, [0.01, 0.99]) if len(finite) else ()), *chosen]
        low, high = (min(ends), max(ends)) if ends else (0.0, 0.0)
        return np.linspace(low, high, 400) if low < high else low + np.linspace(-1, 1)


def _at(penalties, fold, name):
    """Values of a curve for given penalties: those of the steps they are on."""
    middles = fold.penalty.to_numpy()[1:-1]
    edges = (middles[:-1] + middles[1:]) / 2
    if len(middles):
        reach = edges[0] - middles[0] if len(edges) else 1.0
        edges = np.concatenate([[middles[0] - reach], edges, [middles[-1] + reach]])
    else:
        edges = np.zeros(1)
    return fold[name].to_numpy()[np.searchsorted(edges, penalties)]
