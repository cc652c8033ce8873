"""What speaks for a prediction, attribute by attribute."""

import numpy as np

from zsl_estimators.inspection import explain_predictions
from zsl_estimators.plotting._figure import new_axes


class ExplanationDisplay:
    """Contributions of attributes to the margin of a prediction over a rival.

    Use :meth:`from_estimator` or :meth:`from_contributions` to make one.

    Parameters
    ----------
    contributions : Series of shape (n_attributes + 2,)
        As a row of :func:`~zsl_estimators.inspection.explain_predictions`.
    predicted, rival : label
        The predicted class and the one that it is compared with.

    Attributes
    ----------
    ax_ : matplotlib Axes
        Axes with the bars.
    figure_ : matplotlib Figure
        Its figure.
    bars_ : matplotlib BarContainer
        The bars, from the bottom up.

    Examples
    --------
    >>> from zsl_estimators import RidgeSemanticClassifier
    >>> from zsl_estimators.datasets import load_digits_gzsl
    >>> from zsl_estimators.plotting import ExplanationDisplay
    >>> data = load_digits_gzsl(unseen=(3, 8))
    >>> clf = RidgeSemanticClassifier(data.attributes, random_state=0)
    >>> clf = clf.fit(data.X_train, data.y_train)
    >>> display = ExplanationDisplay.from_estimator(clf, data.X_test[:1], rival=8)
    >>> len(display.bars_) <= 10
    True
    """

    def __init__(self, contributions, *, predicted, rival):
        self.contributions = contributions
        self.predicted = predicted
        self.rival = rival

    @classmethod
    def from_estimator(cls, estimator, X, *, rival=None, ax=None, **kwargs):
        """Explain a prediction and draw.

        Parameters
        ----------
        estimator : estimator
            A fitted classifier, or a pipeline or search around one.
        X : array-like of shape (n_samples, n_features)
            One sample, or several with the same prediction and rival, whose mean is
            drawn.
        rival : label, default=None
            Class that the prediction is compared with; None is the second best.
        ax : matplotlib Axes or None, default=None
            Axes to plot on; None creates a figure.
        **kwargs : dict
            See :meth:`plot`.

        Returns
        -------
        display : ExplanationDisplay
            With the bars drawn.

        Raises
        ------
        ValueError
            If samples differ in their prediction or rival.
        """
        contributions = explain_predictions(estimator, X, rival)
        return cls.from_contributions(contributions, ax=ax, **kwargs)

    @classmethod
    def from_contributions(cls, contributions, *, ax=None, **kwargs):
        """Draw given contributions.

        Parameters
        ----------
        contributions : DataFrame of shape (n_samples, n_attributes + 2)
            What :func:`~zsl_estimators.inspection.explain_predictions` returned, or
            rows of it with the same prediction and rival.
        ax : matplotlib Axes or None, default=None
            Axes to plot on; None creates a figure.
        **kwargs : dict
            See :meth:`plot`.

        Returns
        -------
        display : ExplanationDisplay
            With the bars drawn.

        Raises
        ------
        ValueError
            If samples differ in their prediction or rival.
        """
        pairs = contributions.index.droplevel("sample").unique()
        if len(pairs) != 1:
            raise ValueError(
                f"The samples have {len(pairs)} pairs of prediction and rival. Give "
                "one sample, such as X[:1], or samples that share both."
            )
        predicted, rival = pairs[0]
        mean = contributions.mean()
        return cls(mean, predicted=predicted, rival=rival).plot(ax, **kwargs)

    def plot(self, ax=None, *, max_bars=10):
        """Draw the largest contributions, the largest one on top.

        Parameters
        ----------
        ax : matplotlib Axes or None, default=None
            Axes to plot on; None creates a figure.
        max_bars : int, default=10
            Largest number of bars; the other contributions are summed up in the last
            one.

        Returns
        -------
        display : ExplanationDisplay
            Itself.
        """
        if max_bars < 1:
            raise ValueError(f"max_bars must be 1 or more, got {max_bars}")
        bars = self._largest(max_bars)[::-1]
        self.ax_ = new_axes(ax, figsize=(6, 4), layout="constrained")
        self.figure_ = self.ax_.figure
        names = [str(name) for name in bars.index]
        # What speaks against the prediction is pale, also in print.
        colors = np.where(bars > 0, "tab:blue", "lightsteelblue")
        places = np.arange(len(bars))
        self.bars_ = self.ax_.barh(places, bars, color=colors, edgecolor="tab:blue")
        self.ax_.set_yticks(places, names)
        self.ax_.axvline(0, color="black", linewidth=0.8)
        self.ax_.set(
            xlabel="contribution to the margin",
            title=f"{self.predicted} rather than {self.rival}: "
            f"margin {self.contributions.sum():.3g}",
        )
        return self

    def _largest(self, max_bars):
        """The largest contributions in falling order of their size, then the rest."""
        nonzero = self.contributions[self.contributions != 0]
        ordered = nonzero.sort_values(key=np.abs, ascending=False, kind="stable")
        if len(ordered) <= max_bars:
            return ordered
        shown, rest = ordered[: max_bars - 1].copy(), ordered[max_bars - 1 :]
        shown[f"{len(rest)} others"] = rest.sum()
        return shown
