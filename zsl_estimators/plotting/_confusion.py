"""Which classes are taken for which."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from sklearn.metrics import confusion_matrix
from sklearn.utils import check_consistent_length

from zsl_estimators.candidates import find_zero_shot_classifier
from zsl_estimators.labels import as_labels, check_same_kind
from zsl_estimators.plotting._figure import group_rows, new_axes, seen_first

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import Colormap
    from sklearn.base import BaseEstimator

# More classes than this leave no space for numbers.
MOST_NUMBERS = 15


class GZSLConfusionDisplay:
    """Confusion matrix with seen classes first, then unseen classes.

    Use :meth:`from_estimator` or :meth:`from_predictions` to make one.

    Parameters
    ----------
    confusion_matrix : ndarray of shape (n_classes, n_classes)
        Share of the samples of a class (row) that got a label (column).
    classes : ndarray of shape (n_classes,)
        Labels, seen ones first.
    n_seen : int
        Number of seen classes.

    Attributes
    ----------
    block_rates : DataFrame of shape (2, 2)
        Share of the samples of seen and of unseen classes (rows, mean over classes)
        that got the label of a seen and of an unseen class (columns).
    ax_ : matplotlib Axes
        Axes with the matrix.
    figure_ : matplotlib Figure
        Its figure.
    im_ : matplotlib AxesImage
        The image.

    Examples
    --------
    >>> from zsl_estimators import RidgeSemanticClassifier
    >>> from zsl_estimators.datasets import load_digits_gzsl
    >>> from zsl_estimators.plotting import GZSLConfusionDisplay
    >>> data = load_digits_gzsl(unseen=(3, 8))
    >>> clf = RidgeSemanticClassifier(data.attributes, random_state=0)
    >>> clf = clf.fit(data.X_train, data.y_train)
    >>> display = GZSLConfusionDisplay.from_estimator(clf, data.X_test, data.y_test)
    >>> display.block_rates.shape
    (2, 2)
    """

    def __init__(
        self, confusion_matrix: np.ndarray, *, classes: np.ndarray, n_seen: int
    ) -> None:
        self.confusion_matrix = confusion_matrix
        self.classes = classes
        self.n_seen = n_seen
        self.block_rates = self._block_rates()

    @classmethod
    def from_estimator(
        cls,
        estimator: BaseEstimator,
        X: ArrayLike,
        y: ArrayLike,
        *,
        ax: Axes | None = None,
        **kwargs: Any,
    ) -> Self:
        """Predict test samples with a fitted estimator and draw.

        Parameters
        ----------
        estimator : estimator
            A fitted zero-shot classifier, or a pipeline or search around one.
        X : array-like of shape (n_samples, n_features)
            Test samples.
        y : array-like of shape (n_samples,)
            Their labels.
        ax : matplotlib Axes or None, default=None
            Axes to plot on; None creates a figure.
        **kwargs : dict
            See :meth:`plot`.

        Returns
        -------
        display : GZSLConfusionDisplay
            With the matrix drawn.
        """
        return cls.from_predictions(
            y,
            estimator.predict(X),
            classes=estimator.classes_,
            seen_classes=find_zero_shot_classifier(estimator).seen_classes_,
            ax=ax,
            **kwargs,
        )

    @classmethod
    def from_predictions(
        cls,
        y_true: ArrayLike,
        y_pred: ArrayLike,
        *,
        seen_classes: ArrayLike,
        classes: ArrayLike | None = None,
        ax: Axes | None = None,
        **kwargs: Any,
    ) -> Self:
        """Draw the matrix of given predictions.

        Parameters
        ----------
        y_true : array-like of shape (n_samples,)
            True labels.
        y_pred : array-like of shape (n_samples,)
            Predicted labels.
        seen_classes : array-like
            Classes the model was trained on.
        classes : array-like of shape (n_classes,) or None, default=None
            Classes to show; None shows those in `y_true` and `y_pred`.
        ax : matplotlib Axes or None, default=None
            Axes to plot on; None creates a figure.
        **kwargs : dict
            See :meth:`plot`.

        Returns
        -------
        display : GZSLConfusionDisplay
            With the matrix drawn.

        Raises
        ------
        ValueError
            If there are labels outside of `classes`, labels are missing or of two
            types, or the lengths differ.
        """
        y_true, y_pred = as_labels(y_true, "y_true"), as_labels(y_pred, "y_pred")
        check_consistent_length(y_true, y_pred)
        check_same_kind(y_true=y_true, y_pred=y_pred)
        if classes is None:
            classes = np.union1d(y_true, y_pred)
        classes = as_labels(classes, "classes")
        check_same_kind(classes=classes, y_true=y_true)
        strange = np.setdiff1d(np.union1d(y_true, y_pred), classes)
        if len(strange):
            raise ValueError(
                f"There are labels {strange[:8].tolist()} outside of classes. Give all "
                "classes, or leave out the rows."
            )
        classes, n_seen = seen_first(classes, seen_classes)
        shares = confusion_matrix(y_true, y_pred, labels=classes).astype(float)
        shares /= np.maximum(shares.sum(axis=1, keepdims=True), 1)
        return cls(shares, classes=classes, n_seen=n_seen).plot(ax, **kwargs)

    def plot(
        self,
        ax: Axes | None = None,
        *,
        cmap: str | Colormap = "Greys",
        include_values: bool | None = None,
    ) -> Self:
        """Draw the matrix.

        Parameters
        ----------
        ax : matplotlib Axes or None, default=None
            Axes to plot on; None creates a figure.
        cmap : str or Colormap, default="Greys"
            Colours from 0 to 1.
        include_values : bool or None, default=None
            Whether to write shares into the cells; None does so for up to 15 classes.

        Returns
        -------
        display : GZSLConfusionDisplay
            Itself.
        """
        self.ax_ = new_axes(ax, figsize=(6, 5), layout="constrained")
        self.figure_ = self.ax_.figure
        self.im_ = self.ax_.imshow(
            self.confusion_matrix, cmap=cmap, vmin=0, vmax=1, aspect="equal"
        )
        self.figure_.colorbar(self.im_, ax=self.ax_, label="share of the true class")
        group_rows(self.ax_, self.classes, self.n_seen, columns=True)
        if include_values is None:
            include_values = len(self.classes) <= MOST_NUMBERS
        if include_values:
            self._write_values()
        self.ax_.set(xlabel="predicted class", ylabel="true class")
        self.ax_.set_title(self._headline(), fontsize="medium", loc="left")
        return self

    def _write_values(self):
        size = min(9, 90 / len(self.classes))
        for (row, column), share in np.ndenumerate(self.confusion_matrix):
            if round(share, 2) > 0:
                color = "white" if share > 0.5 else "black"
                text = f"{share:.2f}".removeprefix("0")
                self.ax_.text(
                    column, row, text, ha="center", va="center", color=color, size=size
                )

    def _headline(self):
        rates = {
            "seen taken for unseen": self.block_rates.loc["seen", "unseen"],
            "unseen for seen": self.block_rates.loc["unseen", "seen"],
        }
        return ", ".join(
            f"{name}: {rate:.0%}" for name, rate in rates.items() if rate == rate
        )

    def _block_rates(self):
        present = self.confusion_matrix.sum(axis=1) > 0
        seen = np.arange(len(self.classes)) < self.n_seen
        names = ["seen", "unseen"]
        rates = pd.DataFrame(np.nan, names, names)
        for true, rows in zip(names, (seen & present, ~seen & present), strict=True):
            for predicted, columns in zip(names, (seen, ~seen), strict=True):
                block = self.confusion_matrix[np.ix_(rows, columns)]
                if rows.any():
                    rates.loc[true, predicted] = block.sum() / rows.sum()
        return rates
