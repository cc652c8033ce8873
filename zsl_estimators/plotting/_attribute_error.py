"""How well attributes are predicted, class by class."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from sklearn.utils import check_consistent_length

from zsl_estimators.candidates import inside
from zsl_estimators.descriptions import column_names, in_order
from zsl_estimators.labels import as_labels, check_same_kind
from zsl_estimators.plotting._figure import (
    MOST_LABELS,
    group_rows,
    new_axes,
    seen_first,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import Colormap
    from sklearn.base import BaseEstimator


class AttributeErrorDisplay:
    """Error of the predicted attributes of every class.

    Use :meth:`from_estimator` or :meth:`from_predictions` to make one.

    Parameters
    ----------
    errors : DataFrame of shape (n_classes, n_attributes)
        Mean absolute errors, in standard deviations of the attribute over the classes;
        seen classes first.
    n_seen : int
        Number of seen classes.

    Attributes
    ----------
    ax_ : matplotlib Axes
        Axes with the errors.
    figure_ : matplotlib Figure
        Its figure.
    im_ : matplotlib AxesImage
        The image.

    Examples
    --------
    >>> from zsl_estimators import RidgeSemanticClassifier
    >>> from zsl_estimators.datasets import make_gzsl
    >>> from zsl_estimators.plotting import AttributeErrorDisplay
    >>> data = make_gzsl(random_state=0)
    >>> clf = RidgeSemanticClassifier(data.attributes, random_state=0)
    >>> clf = clf.fit(data.X_train, data.y_train)
    >>> display = AttributeErrorDisplay.from_estimator(clf, data.X_test, data.y_test)
    >>> display.errors.shape
    (16, 8)
    """

    def __init__(self, errors: pd.DataFrame, *, n_seen: int) -> None:
        self.errors = errors
        self.n_seen = n_seen

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
        """Predict the attributes of test samples and draw.

        Parameters
        ----------
        estimator : estimator
            A fitted classifier with ``predict_attributes``, or a pipeline around one.
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
        display : AttributeErrorDisplay
            With the errors drawn.

        Raises
        ------
        ValueError
            If the estimator does not predict attributes.
        """
        classifier, X = inside(
            estimator, X, "predict_attributes", "RevCDClassifier and its relatives do."
        )
        names = classifier._table.names
        return cls.from_predictions(
            y,
            classifier.predict_attributes(X),
            attributes=pd.DataFrame(
                classifier.class_attributes_, classifier.classes_, names
            ),
            seen_classes=classifier.seen_classes_,
            ax=ax,
            **kwargs,
        )

    @classmethod
    def from_predictions(
        cls,
        y_true: ArrayLike,
        predicted: ArrayLike,
        *,
        attributes: pd.DataFrame | ArrayLike,
        seen_classes: ArrayLike,
        ax: Axes | None = None,
        **kwargs: Any,
    ) -> Self:
        """Draw the errors of given attributes.

        Parameters
        ----------
        y_true : array-like of shape (n_samples,)
            True labels.
        predicted : array-like of shape (n_samples, n_attributes)
            Predicted attributes, in the units of the table. The columns of a DataFrame
            are found by name.
        attributes : DataFrame of shape (n_classes, n_attributes)
            The true ones; its index holds the labels.
        seen_classes : array-like
            Classes the model was trained on.
        ax : matplotlib Axes or None, default=None
            Axes to plot on; None creates a figure.
        **kwargs : dict
            See :meth:`plot`.

        Returns
        -------
        display : AttributeErrorDisplay
            With the errors drawn.

        Raises
        ------
        ValueError
            If a label has no row in `attributes`, or `predicted` has other columns.
        """
        y_true, attributes = as_labels(y_true, "y_true"), pd.DataFrame(attributes)
        index = as_labels(attributes.index, "attributes")
        attributes = attributes.set_axis(index)
        check_same_kind(attributes=index, y_true=y_true)
        check_consistent_length(y_true, predicted)
        missing = np.setdiff1d(y_true, attributes.index)
        if len(missing):
            raise ValueError(
                f"attributes has no row for labels {missing[:8].tolist()} in y_true. "
                "Give a DataFrame whose index holds the labels."
            )
        spread = attributes.std(ddof=0).replace(0.0, 1.0)
        predicted = _in_columns_of(attributes, predicted)
        misses = (predicted - attributes.loc[y_true]).abs() / spread
        errors = misses.groupby(level=0).mean()
        order, n_seen = seen_first(errors.index, seen_classes)
        return cls(errors.loc[order], n_seen=n_seen).plot(ax, **kwargs)

    def plot(self, ax: Axes | None = None, *, cmap: str | Colormap = "Greys") -> Self:
        """Draw the errors; dark is large.

        Parameters
        ----------
        ax : matplotlib Axes or None, default=None
            Axes to plot on; None creates a figure.
        cmap : str or Colormap, default="Greys"
            Colours from no error up.

        Returns
        -------
        display : AttributeErrorDisplay
            Itself.
        """
        self.ax_ = new_axes(ax, figsize=(7, 5), layout="constrained")
        self.figure_ = self.ax_.figure
        self.im_ = self.ax_.imshow(
            self.errors, cmap=cmap, vmin=0, aspect="auto", interpolation="nearest"
        )
        label = "mean absolute error / standard deviation"
        self.figure_.colorbar(self.im_, ax=self.ax_, label=label, pad=0.08)
        group_rows(self.ax_, self.errors.index, self.n_seen)
        names = self.errors.columns
        if len(names) <= MOST_LABELS:
            self.ax_.set_xticks(np.arange(len(names)), names)
            if max(len(str(name)) for name in names) > 2:
                self.ax_.tick_params("x", rotation=90)
        self.ax_.set(xlabel="attribute", ylabel="class")
        return self


def _in_columns_of(attributes, predicted):
    """Predicted attributes with one column per attribute, as an array."""
    predicted = in_order(
        predicted,
        column_names(attributes),
        "predicted has other columns than attributes",
    )
    predicted = np.asarray(predicted, dtype=np.float64)
    n_attributes = attributes.shape[1]
    if predicted.ndim != 2 or predicted.shape[1] != n_attributes:
        raise ValueError(
            f"predicted must have one column per attribute, {n_attributes} of them, "
            f"got shape {predicted.shape}."
        )
    return predicted
