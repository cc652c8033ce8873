"""How noise becomes a class description."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.decomposition import PCA
from sklearn.utils.validation import check_consistent_length

from zsl_estimators.candidates import inside
from zsl_estimators.labels import as_labels, is_in
from zsl_estimators.plotting._figure import (
    MOST_LABELS,
    label_points,
    legend_beside,
    new_axes,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from sklearn.base import BaseEstimator


class DenoisingDisplay:
    """Trajectories from noise to descriptions, on a map of the classes.

    Use :meth:`from_estimator` or :meth:`from_trajectory` to make one.

    Parameters
    ----------
    paths : ndarray of shape (n_points, n_samples, 2)
        Positions on the map, from noise to the clean estimate.
    places : ndarray of shape (n_classes, 2)
        Positions of the class descriptions.
    classes : ndarray of shape (n_classes,)
        Their labels.
    seen_classes : array-like
        Classes the model was trained on.
    y_true : array-like of shape (n_samples,) or None, default=None
        Labels of the samples.

    Attributes
    ----------
    ax_ : matplotlib Axes
        Axes with the map.
    figure_ : matplotlib Figure
        Its figure.

    Examples
    --------
    >>> from zsl_estimators import RevCDClassifier
    >>> from zsl_estimators.datasets import make_gzsl
    >>> from zsl_estimators.plotting import DenoisingDisplay
    >>> data = make_gzsl(random_state=0)
    >>> clf = RevCDClassifier(
    ...     data.attributes, sampler="ddim", max_epochs=2, random_state=0
    ... )
    >>> clf = clf.fit(data.X_train, data.y_train)
    >>> display = DenoisingDisplay.from_estimator(clf, data.X_test[:3], data.y_test[:3])
    >>> display.paths.shape
    (11, 3, 2)
    """

    def __init__(
        self,
        paths: np.ndarray,
        places: np.ndarray,
        *,
        classes: ArrayLike,
        seen_classes: ArrayLike,
        y_true: ArrayLike | None = None,
    ) -> None:
        self.paths = paths
        self.places = places
        self.classes = classes
        self.seen_classes = seen_classes
        self.y_true = y_true

    @classmethod
    def from_estimator(
        cls,
        estimator: BaseEstimator,
        X: ArrayLike,
        y: ArrayLike | None = None,
        *,
        draw: int = 0,
        ax: Axes | None = None,
    ) -> Self:
        """Draw the trajectories of samples by a fitted estimator.

        Parameters
        ----------
        estimator : estimator
            A fitted :class:`~zsl_estimators.RevCDClassifier`, or a pipeline around one.
            With ``sampler="one_shot"`` there is a single step.
        X : array-like of shape (n_samples, n_features)
            A few samples.
        y : array-like of shape (n_samples,) or None, default=None
            Their labels, written at the ends of the paths.
        draw : int, default=0
            Which noise draw to follow.
        ax : matplotlib Axes or None, default=None
            Axes to plot on; None creates a figure.

        Returns
        -------
        display : DenoisingDisplay
            With the paths drawn.

        Raises
        ------
        ValueError
            If the estimator does not denoise.
        """
        classifier, X = inside(
            estimator, X, "denoising_trajectory", "RevCDClassifier has one."
        )
        trajectory, _ = classifier.denoising_trajectory(X, draw=draw)
        return cls.from_trajectory(
            trajectory,
            class_attributes=classifier.class_attributes_,
            classes=classifier.classes_,
            seen_classes=classifier.seen_classes_,
            y_true=y,
            ax=ax,
        )

    @classmethod
    def from_trajectory(
        cls,
        trajectory: ArrayLike,
        *,
        class_attributes: ArrayLike,
        classes: ArrayLike,
        seen_classes: ArrayLike,
        y_true: ArrayLike | None = None,
        ax: Axes | None = None,
    ) -> Self:
        """Draw given paths, on the principal components of the classes.

        Parameters
        ----------
        trajectory : array-like of shape (n_points, n_samples, n_attributes)
            States of the attributes, from noise to the clean estimate.
        class_attributes : array-like of shape (n_classes, n_attributes)
            Descriptions of the classes, at least two.
        classes : array-like of shape (n_classes,)
            Their labels.
        seen_classes : array-like
            Classes the model was trained on.
        y_true : array-like of shape (n_samples,) or None, default=None
            Labels of the samples.
        ax : matplotlib Axes or None, default=None
            Axes to plot on; None creates a figure.

        Returns
        -------
        display : DenoisingDisplay
            With the paths drawn.

        Raises
        ------
        ValueError
            If there is one attribute or class only, or `y_true` has another length.
        """
        class_attributes = np.asarray(class_attributes)
        names = ("classes", "attributes")
        for size, what in zip(class_attributes.shape, names, strict=True):
            if size < 2:
                raise ValueError(f"A map needs at least two {what}, found one.")
        if y_true is not None:
            check_consistent_length(np.asarray(trajectory)[0], y_true)
        center = np.mean(class_attributes, axis=0)
        spread = np.std(class_attributes, axis=0)
        spread[spread == 0] = 1.0
        mapping = (
            PCA(2)
            .set_output(transform="default")
            .fit((class_attributes - center) / spread)
        )
        paths = [
            mapping.transform((points - center) / spread)
            for points in np.asarray(trajectory)
        ]
        return cls(
            np.stack(paths),
            mapping.transform((class_attributes - center) / spread),
            classes=np.asarray(classes),
            seen_classes=seen_classes,
            y_true=y_true,
        ).plot(ax)

    def plot(self, ax: Axes | None = None) -> Self:
        """Draw classes as squares, and one path per sample to the star at its end.

        Parameters
        ----------
        ax : matplotlib Axes or None, default=None
            Axes to plot on; None creates a figure.

        Returns
        -------
        display : DenoisingDisplay
            Itself.
        """
        self.ax_ = new_axes(ax, figsize=(7.5, 5.5), layout="constrained")
        self.figure_ = self.ax_.figure
        self._draw_classes()
        for number in range(self.paths.shape[1]):
            self._draw_path(number)
        self.ax_.plot([], [], "k.-", label="from noise")
        self.ax_.plot([], [], "k*", markersize=10, label="to the estimate")
        self.ax_.set(
            xlabel="principal component 1 of the descriptions",
            ylabel="principal component 2",
        )
        self.ax_.margins(0.1)
        legend_beside(self.ax_)
        self._write_labels()
        return self

    def _draw_classes(self):
        seen = is_in(
            as_labels(self.classes, "classes"),
            as_labels(self.seen_classes, "seen_classes"),
        )
        for name, of, face in (("seen", seen, "0.4"), ("unseen", ~seen, "white")):
            self.ax_.plot(
                *self.places[of].T,
                "s",
                color="0.4",
                markerfacecolor=face,
                label=f"{name} class",
            )

    def _draw_path(self, number):
        path, color = self.paths[:, number], f"C{number % 10}"
        self.ax_.plot(*path.T, ".-", color=color, linewidth=1, alpha=0.8)
        self.ax_.plot(*path[-1], "*", color=color, markersize=12, zorder=4)

    def _write_labels(self):
        points, labels = self.places, self.classes
        if len(self.classes) > MOST_LABELS:
            points, labels = points[:0], labels[:0]
        ends = self.paths[-1]
        label_points(self.ax_, points, labels, avoid=ends, color="0.3", size="small")
        if self.y_true is not None:
            label_points(self.ax_, ends, self.y_true, avoid=points, weight="bold")
