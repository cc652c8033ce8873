"""How far reconstructions are from a sample, by the noise that was added."""

import numpy as np
from sklearn.utils import check_consistent_length

from zsl_estimators.candidates import inside
from zsl_estimators.labels import as_labels, check_same_kind
from zsl_estimators.plotting._figure import legend_beside, new_axes


class ReconstructionDisplay:
    """Distance between samples and their reconstructions against the noise level.

    A diffusion classifier that adds noise to a sample and denoises it with every class
    is correct if the reconstruction with the true class is the nearest. Use
    :meth:`from_estimator` to make one.

    Parameters
    ----------
    levels : ndarray of shape (n_levels,)
        Shares of the diffusion time to which samples were noised.
    distances : ndarray of shape (n_levels, n_samples, n_classes)
        Distances to the reconstructions with every class; two classes at least.
    classes : ndarray of shape (n_classes,)
        Their labels.
    y_true : array-like of shape (n_samples,)
        Labels of the samples.

    Attributes
    ----------
    true_ : ndarray of shape (n_levels,)
        Mean distance with the true class.
    nearest_, mean_, farthest_ : ndarray of shape (n_levels,)
        Mean over samples of the distance with the nearest other class, of the mean over
        other classes, and of that with the farthest.
    ax_ : matplotlib Axes
        Axes with the lines.
    figure_ : matplotlib Figure
        Its figure.

    Examples
    --------
    >>> from zsl_estimators import DiffusionClassifier
    >>> from zsl_estimators.datasets import make_gzsl
    >>> from zsl_estimators.plotting import ReconstructionDisplay
    >>> data = make_gzsl(random_state=0)
    >>> clf = DiffusionClassifier(data.attributes, max_epochs=2, random_state=0)
    >>> clf = clf.fit(data.X_train, data.y_train)
    >>> display = ReconstructionDisplay.from_estimator(
    ...     clf, data.X_test[:5], data.y_test[:5], levels=(0.1, 0.5, 0.9)
    ... )
    >>> bool((display.true_ < display.mean_).all())
    True
    """

    def __init__(self, levels, distances, *, classes, y_true):
        self.levels = levels
        self.distances = distances
        self.classes = classes
        self.y_true = y_true

    @classmethod
    def from_estimator(cls, estimator, X, y, *, levels=None, rule=None, ax=None):
        """Reconstruct samples with every class, and draw the distances.

        Parameters
        ----------
        estimator : estimator
            A fitted :class:`~zsl_estimators.DiffusionClassifier`, or a pipeline around
            one.
        X : array-like of shape (n_samples, n_features)
            Samples; one is enough.
        y : array-like of shape (n_samples,)
            Their labels.
        levels : sequence of float or None, default=None
            Shares of the diffusion time. None is 0.1, 0.2 and so on up to 1.
        rule : NoiseDenoiseRule or None, default=None
            Rule whose distance, steps and draws of noise are used.
        ax : matplotlib Axes or None, default=None
            Axes to plot on; None creates a figure.

        Returns
        -------
        display : ReconstructionDisplay
            With the lines drawn.

        Raises
        ------
        ValueError
            If the estimator does not denoise, or a label is unknown to it.
        """
        classifier, X = inside(
            estimator, X, "reconstruction_distances", "DiffusionClassifier has them."
        )
        check_consistent_length(X, y)
        levels = np.arange(1, 11) / 10 if levels is None else np.asarray(levels)
        return cls(
            levels,
            classifier.reconstruction_distances(X, levels.tolist(), rule),
            classes=classifier.classes_,
            y_true=y,
        ).plot(ax)

    def plot(self, ax=None):
        """Draw the true class as a line and the others as a band with their mean.

        Parameters
        ----------
        ax : matplotlib Axes or None, default=None
            Axes to plot on; None creates a figure.

        Returns
        -------
        display : ReconstructionDisplay
            Itself.
        """
        self._summarise()
        self.ax_ = new_axes(ax, figsize=(7, 4), layout="constrained")
        self.figure_ = self.ax_.figure
        self.ax_.fill_between(
            self.levels,
            self.nearest_,
            self.farthest_,
            color="0.85",
            label="other classes, nearest to farthest",
        )
        self.ax_.plot(self.levels, self.mean_, "--", color="0.4", label="their mean")
        self.ax_.plot(self.levels, self.true_, "o-", color="C0", label="true class")
        self.ax_.set(
            xlabel="noise level, share of the diffusion time",
            ylabel="distance to the reconstruction",
        )
        legend_beside(self.ax_)
        return self

    def _summarise(self):
        own = self._is_true()
        self.true_ = self.distances[:, own].mean(axis=1)
        others = self.distances[:, ~own]
        others = others.reshape(*self.distances.shape[:2], -1)
        self.nearest_ = others.min(axis=2).mean(axis=1)
        self.mean_ = others.mean(axis=(1, 2))
        self.farthest_ = others.max(axis=2).mean(axis=1)

    def _is_true(self):
        """Which class is the true one of which sample, shape (n_samples, n_classes)."""
        classes, y = as_labels(self.classes, "classes"), as_labels(self.y_true, "y")
        check_same_kind(classes=classes, y=y)
        own = y[:, None] == classes
        if not own.any(axis=1).all():
            unknown = np.unique(y[~own.any(axis=1)]).tolist()
            raise ValueError(
                f"y has labels that the estimator does not know: {unknown}."
            )
        return own
