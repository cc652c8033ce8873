"""How accuracies move with the seen penalty."""

import numpy as np
import pandas as pd

from zsl_estimators.plotting._figure import (
    LINE_STYLES,
    inside,
    legend_beside,
    new_axes,
)

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

    def __init__(self, cv_results, *, best_penalty=None):
        self.cv_results = cv_results
        self.best_penalty = best_penalty

    @classmethod
    def from_estimator(cls, estimator, *, ax=None):
        """Draw what a fitted calibration saw.

        Parameters
        ----------
        estimator : estimator
            A fitted :class:`~zsl_estimators.CalibratedStackingCV`, or a pipeline or
            search around one.
        ax : matplotlib Axes or None, default=None
            Where to draw; None makes a figure.

        Returns
        -------
        display : SeenPenaltyDisplay
            With the curves drawn.

        Raises
        ------
        ValueError
            If there was nothing to fit the penalty on.
        """
        stacking, _ = inside(
            estimator, None, "best_penalty_", "It takes a fitted CalibratedStackingCV."
        )
        if stacking.cv_results_ is None:
            raise ValueError(
                "CalibratedStackingCV has no curves: there were no unseen classes, or "
                "too few seen ones, to fit a penalty for."
            )
        return cls(stacking.cv_results_, best_penalty=stacking.best_penalty_).plot(ax)

    def plot(self, ax=None):
        """Draw every fold thinly and the means over folds.

        Parameters
        ----------
        ax : matplotlib Axes or None, default=None
            Where to draw; None makes a figure.

        Returns
        -------
        display : SeenPenaltyDisplay
            Itself.
        """
        self.ax_ = new_axes(ax, figsize=(7, 4), layout="constrained")
        self.figure_ = self.ax_.figure
        folds = [fold for _, fold in pd.DataFrame(self.cv_results).groupby("fold")]
        penalties = self._range(folds)
        for number, (name, label) in enumerate(FIGURES.items()):
            style = {"color": f"C{number}", "linestyle": LINE_STYLES[number]}
            lines = [_at(penalties, fold, name) for fold in folds]
            self.ax_.plot(penalties, np.transpose(lines), linewidth=0.5, **style)
            self.ax_.plot(
                penalties, np.mean(lines, axis=0), linewidth=2, label=label, **style
            )
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
        legend_beside(self.ax_, f"mean of {len(folds)} folds")
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
