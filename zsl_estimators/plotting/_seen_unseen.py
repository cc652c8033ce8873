"""The trade-off between seen and unseen classes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, Self

import numpy as np
from numpy.typing import ArrayLike

from zsl_estimators.candidates import CandidateScores
from zsl_estimators.metrics import SeenUnseenCurve
from zsl_estimators.plotting._figure import LINE_STYLES, new_axes, penalty_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from sklearn.base import BaseEstimator


class SeenUnseenDisplay:
    """Accuracy on seen against unseen classes, over all seen penalties.

    Use :meth:`from_estimator` or :meth:`from_predictions` to make one.

    Parameters
    ----------
    curve : SeenUnseenCurve
        Accuracies for every penalty that is added to the one in use.
    penalty : float or None, default=None
        The one in use, if known; then the point without it is marked as well.
    name : str or None, default=None
        Name of the model for the legend.

    Attributes
    ----------
    ausuc : float
        Area under the curve.
    ax_ : matplotlib Axes
        Axes with the curve.
    figure_ : matplotlib Figure
        Its figure.
    line_ : matplotlib Line2D
        The curve.

    See Also
    --------
    zsl_estimators.metrics.seen_unseen_curve : The numbers.

    Examples
    --------
    >>> from zsl_estimators import RidgeSemanticClassifier
    >>> from zsl_estimators.datasets import load_digits_gzsl
    >>> from zsl_estimators.plotting import SeenUnseenDisplay
    >>> data = load_digits_gzsl(unseen=(3, 8))
    >>> clf = RidgeSemanticClassifier(data.attributes, random_state=0)
    >>> clf = clf.fit(data.X_train, data.y_train)
    >>> display = SeenUnseenDisplay.from_estimator(clf, data.X_test, data.y_test)
    >>> round(display.ausuc, 1)
    0.7
    """

    def __init__(
        self,
        curve: SeenUnseenCurve,
        *,
        penalty: float | None = None,
        name: str | None = None,
    ) -> None:
        self.curve = curve
        self.penalty = penalty
        self.name = name
        self.ausuc = curve.area

    @classmethod
    def from_estimator(
        cls,
        estimator: BaseEstimator,
        X: ArrayLike,
        y: ArrayLike,
        *,
        candidates: Literal["fold", "all"] | ArrayLike = "all",
        name: str | None = None,
        ax: Axes | None = None,
        **kwargs: Any,
    ) -> Self:
        """Score test samples with a fitted estimator and draw.

        Parameters
        ----------
        estimator : estimator
            A fitted zero-shot classifier, or a pipeline or search around one.
        X : array-like of shape (n_samples, n_features)
            Test samples.
        y : array-like of shape (n_samples,)
            Their labels; seen and unseen classes must both occur.
        candidates : {"all", "fold"}, default="all"
            Classes that may be predicted: every class, or those the model was trained
            on and those in `y`.
        name : str or None, default=None
            Name for the legend; None is that of the class.
        ax : matplotlib Axes or None, default=None
            Axes to plot on; None creates a figure.
        **kwargs : dict
            See :meth:`plot`.

        Returns
        -------
        display : SeenUnseenDisplay
            With the curve drawn.
        """
        classes, seen_classes, scores = CandidateScores.of(estimator, X, y, candidates)
        return cls.from_predictions(
            y,
            scores,
            classes=classes,
            seen_classes=seen_classes,
            penalty=penalty_of(estimator),
            name=type(estimator).__name__ if name is None else name,
            ax=ax,
            **kwargs,
        )

    @classmethod
    def from_predictions(
        cls,
        y_true: ArrayLike,
        y_score: ArrayLike,
        *,
        classes: ArrayLike,
        seen_classes: ArrayLike,
        penalty: float | None = None,
        name: str | None = None,
        ax: Axes | None = None,
        **kwargs: Any,
    ) -> Self:
        """Draw the curve of given scores.

        Parameters
        ----------
        y_true : array-like of shape (n_samples,)
            True labels.
        y_score : array-like of shape (n_samples, n_classes)
            Scores of the model, one column per class.
        classes : array-like of shape (n_classes,)
            Labels of the columns.
        seen_classes : array-like
            Classes the model was trained on.
        penalty : float or None, default=None
            Seen penalty that has been subtracted from the scores.
        name : str or None, default=None
            Name for the legend.
        ax : matplotlib Axes or None, default=None
            Axes to plot on; None creates a figure.
        **kwargs : dict
            See :meth:`plot`.

        Returns
        -------
        display : SeenUnseenDisplay
            With the curve drawn.
        """
        curve = SeenUnseenCurve.from_labels(
            y_true, y_score, classes=classes, seen_classes=seen_classes
        )
        return cls(curve, penalty=penalty, name=name).plot(ax, **kwargs)

    def plot(
        self,
        ax: Axes | None = None,
        *,
        name: str | None = None,
        show_harmonic_mean: bool = True,
        **line_kwargs: Any,
    ) -> Self:
        """Draw the curve, the points in use, and lines of equal H.

        Parameters
        ----------
        ax : matplotlib Axes or None, default=None
            Axes to plot on; None creates a figure.
        name : str or None, default=None
            Name for the legend, instead of that of the display.
        show_harmonic_mean : bool, default=True
            Whether to draw lines of equal harmonic mean.
        **line_kwargs : dict
            For :meth:`matplotlib.axes.Axes.plot`, such as ``linestyle="--"``.

        Returns
        -------
        display : SeenUnseenDisplay
            Itself.
        """
        self.ax_ = new_axes(ax, figsize=(5, 5), layout="constrained")
        self.figure_ = self.ax_.figure
        # Imported late: without matplotlib new_axes says how to get it.
        from matplotlib.cbook import normalize_kwargs
        from matplotlib.lines import Line2D

        self.name = self.name if name is None else name
        n_before = sum(len(line.get_xdata()) > 1 for line in self.ax_.lines)
        style = {
            "label": f"{self.name or 'model'} (AUSUC {self.ausuc:.3f})",
            "linestyle": LINE_STYLES[n_before % len(LINE_STYLES)],
        }
        (self.line_,) = self.ax_.plot(
            self.curve.unseen_accuracy,
            self.curve.seen_accuracy,
            **{**style, **normalize_kwargs(line_kwargs, Line2D)},
        )
        self._mark_points()
        if n_before == 0 and show_harmonic_mean:
            self._draw_contours()
        self.ax_.set(
            xlabel="accuracy on unseen classes, U",
            ylabel="accuracy on seen classes, S",
            xlim=(-0.02, 1.02),
            ylim=(-0.02, 1.02),
            aspect="equal",
        )
        self.ax_.legend(loc="lower left", fontsize="small")
        return self

    def _mark_points(self):
        """The scores as they are, and without the penalty that is in them."""
        text = "" if self.penalty is None else f"seen penalty {self.penalty:.3g}, "
        self._mark(0.0, "o", self.line_.get_color(), text)
        if self.penalty:
            self._mark(-self.penalty, "s", "white", "no penalty, ")

    def _mark(self, extra_penalty, marker, face, text):
        seen, unseen = self.curve.at(extra_penalty)
        h = self.curve.harmonic_mean_at(extra_penalty)
        self.ax_.plot(
            unseen,
            seen,
            marker,
            markersize=8,
            color=self.line_.get_color(),
            markerfacecolor=face,
            label=f"{text}H {h:.3f}",
            clip_on=False,
            zorder=3,
        )

    def _draw_contours(self):
        levels = np.arange(0.1, 1, 0.1)
        self._contour(levels[:3])
        # matplotlib before 3.11 cannot place labels on some lines of a contour only.
        lines = self._contour(levels[3:])
        # Near the right edge, where few curves go.
        places = [(0.93, 0.93 * h / (2 * 0.93 - h)) for h in lines.levels]
        self.ax_.clabel(lines, fmt="H %.1f", fontsize=7, colors="0.5", manual=places)

    def _contour(self, levels):
        u, s = np.meshgrid(*[np.linspace(0.01, 1, 200)] * 2)
        return self.ax_.contour(
            u,
            s,
            2 * u * s / (u + s),
            levels=levels,
            colors="0.8",
            linewidths=0.8,
            zorder=0,
        )
