"""Real and generated features, side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.decomposition import PCA
from sklearn.manifold import TSNE
from sklearn.preprocessing import StandardScaler
from sklearn.utils.validation import check_consistent_length

from zsl_estimators.candidates import inside
from zsl_estimators.labels import as_labels, check_same_kind, is_in
from zsl_estimators.plotting._figure import new_axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from sklearn.base import BaseEstimator

METHODS = ("pca", "tsne")
MOST_CLASSES = 10
USUAL_CLASSES = 6


class SyntheticFeaturesDisplay:
    """A map of real and of generated features.

    Use :meth:`from_estimator` or :meth:`from_features` to make one.

    Parameters
    ----------
    real : ndarray of shape (n_real, 2)
        Positions of real samples on the map.
    y_real : ndarray of shape (n_real,)
        Their labels.
    synthetic : ndarray of shape (n_synthetic, 2)
        Positions of generated samples.
    y_synthetic : ndarray of shape (n_synthetic,)
        Their labels.
    method : {"pca", "tsne"}, default="pca"
        Method of the map, for the names of the axes.

    Attributes
    ----------
    ax_ : matplotlib Axes
        Axes with the map.
    figure_ : matplotlib Figure
        Its figure.

    Examples
    --------
    >>> from zsl_estimators import FGANClassifier
    >>> from zsl_estimators.datasets import make_gzsl
    >>> from zsl_estimators.plotting import SyntheticFeaturesDisplay
    >>> data = make_gzsl(20, random_state=0)
    >>> clf = FGANClassifier(data.attributes, max_epochs=2, random_state=0)
    >>> clf = clf.fit(data.X_train, data.y_train)
    >>> display = SyntheticFeaturesDisplay.from_estimator(
    ...     clf, data.X_test, data.y_test, classes=data.unseen_classes
    ... )
    >>> display.synthetic.shape
    (400, 2)
    """

    def __init__(
        self,
        real: np.ndarray,
        y_real: ArrayLike,
        synthetic: np.ndarray,
        y_synthetic: ArrayLike,
        *,
        method: Literal["pca", "tsne"] = "pca",
    ) -> None:
        self.real = real
        self.y_real = y_real
        self.synthetic = synthetic
        self.y_synthetic = y_synthetic
        self.method = method

    @classmethod
    def from_estimator(
        cls,
        estimator: BaseEstimator,
        X: ArrayLike,
        y: ArrayLike,
        *,
        classes: ArrayLike | None = None,
        n_per_class: int = 100,
        method: Literal["pca", "tsne"] = "pca",
        random_state: int | np.random.RandomState | None = 0,
        ax: Axes | None = None,
    ) -> Self:
        """Generate features with a fitted estimator and draw them with real ones.

        Parameters
        ----------
        estimator : estimator
            A fitted feature-generating classifier, or a pipeline around one.
        X : array-like of shape (n_samples, n_features)
            Real samples.
        y : array-like of shape (n_samples,)
            Their labels.
        classes : array-like or None, default=None
            Classes to show, at most ten; None takes six, unseen ones in `y` first.
        n_per_class : int, default=100
            Number of generated samples per class.
        method : {"pca", "tsne"}, default="pca"
            Two principal components of both together, or t-SNE.
        random_state : int, RandomState instance or None, default=0
            For t-SNE.
        ax : matplotlib Axes or None, default=None
            Axes to plot on; None creates a figure.

        Returns
        -------
        display : SyntheticFeaturesDisplay
            With the map drawn.

        Raises
        ------
        ValueError
            If the estimator does not generate features.
        """
        classifier, X = inside(
            estimator, X, "sample", "FGANClassifier and VAEcFlowClassifier have."
        )
        y = as_labels(y, "y")
        check_consistent_length(X, y)
        if classes is None:
            present = np.intersect1d(as_labels(classifier.classes_, "classes_"), y)
            seen_classes = as_labels(classifier.seen_classes_, "seen_classes_")
            seen = is_in(present, seen_classes)
            classes = np.concatenate([present[~seen], present[seen]])[:USUAL_CLASSES]
        X_synthetic, y_synthetic = classifier.sample(n_per_class, classes)
        classes = as_labels(classes, "classes")
        check_same_kind(y=y, classes=classes)
        shown = is_in(y, classes)
        return cls.from_features(
            np.asarray(X)[shown],
            y[shown],
            X_synthetic,
            y_synthetic,
            method=method,
            random_state=random_state,
            ax=ax,
        )

    @classmethod
    def from_features(
        cls,
        X_real: ArrayLike,
        y_real: ArrayLike,
        X_synthetic: ArrayLike,
        y_synthetic: ArrayLike,
        *,
        method: Literal["pca", "tsne"] = "pca",
        random_state: int | np.random.RandomState | None = 0,
        ax: Axes | None = None,
    ) -> Self:
        """Draw given features.

        Parameters
        ----------
        X_real : array-like of shape (n_real, n_features)
            Real samples.
        y_real : array-like of shape (n_real,)
            Their labels.
        X_synthetic : array-like of shape (n_synthetic, n_features)
            Generated samples.
        y_synthetic : array-like of shape (n_synthetic,)
            Their labels.
        method : {"pca", "tsne"}, default="pca"
            Two principal components of both together, or t-SNE.
        random_state : int, RandomState instance or None, default=0
            For t-SNE.
        ax : matplotlib Axes or None, default=None
            Axes to plot on; None creates a figure.

        Returns
        -------
        display : SyntheticFeaturesDisplay
            With the map drawn.

        Raises
        ------
        ValueError
            If the method is unknown, there are more than ten classes, or there is one
            feature only.
        """
        if method not in METHODS:
            raise ValueError(f"method must be one of {METHODS}, got {method!r}")
        n_classes = len(np.union1d(y_real, y_synthetic))
        if n_classes > MOST_CLASSES:
            raise ValueError(
                f"{n_classes} classes are too many for one map; choose at most "
                f"{MOST_CLASSES} with classes=..."
            )
        together = np.concatenate([X_real, X_synthetic])
        if together.shape[1] < 2:
            raise ValueError("A map needs at least two features, found one.")
        scaled = np.asarray(StandardScaler().fit_transform(together))
        mapping = (
            PCA(2, random_state=random_state)
            if method == "pca"
            else TSNE(
                init="pca",
                # As many neighbours as usual, where there are so many.
                perplexity=min(30, (len(together) - 1) / 3),
                random_state=random_state,
            )
        )
        places = np.asarray(mapping.fit_transform(scaled))
        real, synthetic = np.split(places, [np.shape(X_real)[0]])
        return cls(
            real, np.asarray(y_real), synthetic, np.asarray(y_synthetic), method=method
        ).plot(ax)

    def plot(self, ax: Axes | None = None) -> Self:
        """Draw the map: dots are real, crosses generated.

        Parameters
        ----------
        ax : matplotlib Axes or None, default=None
            Axes to plot on; None creates a figure.

        Returns
        -------
        display : SyntheticFeaturesDisplay
            Itself.
        """
        self.ax_ = new_axes(ax, figsize=(6, 5), layout="constrained")
        self.figure_ = self.ax_.figure
        for number, label in enumerate(np.union1d(self.y_real, self.y_synthetic)):
            self._draw_class(label, f"C{number}")
        axis = {"pca": "principal component", "tsne": "t-SNE"}[self.method]
        self.ax_.set(xlabel=f"{axis} 1", ylabel=f"{axis} 2")
        for marker, text in ((".", "real"), ("x", "generated")):
            self.ax_.plot([], [], marker, color="0.3", label=text)
        self.ax_.legend(fontsize="small")
        return self

    def _draw_class(self, label, color):
        real = self.real[self.y_real == label]
        synthetic = self.synthetic[self.y_synthetic == label]
        self.ax_.plot(*real.T, ".", color=color, markersize=4, alpha=0.6)
        self.ax_.plot(*synthetic.T, "x", color=color, markersize=4, alpha=0.4)
        box = {"boxstyle": "round,pad=0.2", "facecolor": "white", "edgecolor": color}
        self.ax_.annotate(
            str(label),
            np.median(real if len(real) else synthetic, axis=0),
            ha="center",
            va="center",
            bbox=box,
            zorder=4,
        )
