"""Scores of classes of which a few labelled rows are known."""

import numpy as np
from scipy.sparse import issparse
from scipy.special import logsumexp

from zsl_estimators.calibration import HeldOutScores, best_temperature
from zsl_estimators.few_shot._axes import FeatureAxes, PrincipalAxes
from zsl_estimators.few_shot._prior import MeanPrior
from zsl_estimators.gaussian import UnscaledGaussian
from zsl_estimators.model_selection._class_holdout import at_most
from zsl_estimators.sample_weights import part_of

# A covariance of more features would take longer, and more memory, than most models.
MOST_FEATURES = 512
# Rows that means and variances are estimated from.
MOST_ROWS = 20_000
# Rows that the temperature is fitted to.
ROWS_FOR_TEMPERATURE = 1000


class FewShotScores:
    """A normal distribution per class, for classes of which a few rows are known.

    Parameters
    ----------
    axes : PrincipalAxes or FeatureAxes
        Means of the seen classes and the variances within a class.
    prior : MeanPrior
        What descriptions tell of means.
    temperature : float
        What the log densities are divided by, so that their softmax over the seen
        classes is calibrated.
    """

    def __init__(self, axes, prior, temperature):
        self.axes = axes
        self.prior = prior
        self.temperature = temperature

    @classmethod
    def fit(cls, X, y, descriptions, gaussian=None, weights=None):
        """Estimate all of it from training rows.

        Parameters
        ----------
        X : ndarray or CSR matrix of shape (n_samples, n_features)
            Features in the users' units.
        y : ndarray of shape (n_samples,)
            Position of each sample's class among the seen ones.
        descriptions : ndarray of shape (n_seen, n_attributes)
            Scaled descriptions of the seen classes.
        gaussian : UnscaledGaussian or None, default=None
            The distribution of a model that has one.
        weights : ndarray of shape (n_samples,) or None, default=None
            Weights of the samples, as numbers of repetitions; None is 1.

        Returns
        -------
        scores : FewShotScores
            Fitted.
        """
        n_seen, rows = len(descriptions), np.arange(len(y))
        if gaussian is None and len(y) > MOST_ROWS:
            rows = at_most(MOST_ROWS, rows, y, seed=0)
            weights = part_of(weights, rows)
            X, y, rows = X[rows], y[rows], np.arange(len(rows))
        if issparse(X) and X.shape[1] <= MOST_FEATURES:
            # No larger than the sizes above allow, as there is no `gaussian`.
            X = X.toarray()
        if gaussian is None:
            axes = axes_of(X, y, n_seen, weights)
        else:
            axes = PrincipalAxes(gaussian)
        counts = np.bincount(y, weights, minlength=n_seen)
        prior = MeanPrior(axes, descriptions, counts)
        some = at_most(ROWS_FOR_TEMPERATURE, rows, y, seed=0)
        Z = axes.of(X[some].astype(np.float64))
        return cls(axes, prior, density_temperature(axes, Z, y[some], counts))

    def of_means(self, X, means, rows):
        """Score classes by the posterior of the means that a model scores by.

        Parameters
        ----------
        X : ndarray of shape (n_samples, n_features)
            Samples in the users' units.
        means : ndarray of shape (n_classes, n_features)
            Means in the users' units that the model has without rows.
        rows : ClassRows
            Rows of these classes.

        Returns
        -------
        scores : ndarray of shape (n_samples, n_classes)
            Log densities up to the constant of all classes.
        """
        posterior, _ = self.prior.posterior(self.axes.of(means), rows)
        return log_densities(self.axes.of(X), posterior, self.axes.variances)

    def blended(self, X, own, of_seen, temperature, descriptions, rows):
        """Blend scores of a model with those of the normal distributions.

        A class takes part in two sets of log odds against the seen classes together:
        those of the model, and those of the normal distributions, whose mean is the
        posterior of the class. They are weighed by how much the rows tell beside the
        description.

        Parameters
        ----------
        X : ndarray of shape (n_samples, n_features)
            Samples in the users' units.
        own : ndarray of shape (n_samples, n_classes)
            What the model scores the classes that have rows.
        of_seen : ndarray of shape (n_samples, n_seen)
            What it scores the seen classes.
        temperature : float
            What its scores are divided by for probabilities.
        descriptions : ndarray of shape (n_classes, n_attributes)
            Scaled descriptions of the classes that have rows.
        rows : ClassRows
            Rows of these classes.

        Returns
        -------
        scores : ndarray of shape (n_samples, n_classes)
            In the unit of the model's scores.
        """
        shares = self.prior.shares_known(rows.counts)
        odds = self._log_odds(self.axes.of(X), descriptions, rows)
        reference = temperature * logsumexp(of_seen / temperature, axis=1)
        return (1 - shares) * own + shares * (reference[:, None] + temperature * odds)

    def _log_odds(self, Z, descriptions, rows):
        """Log odds of the classes that have rows against all seen ones together."""
        predicted = self.prior.predicted(descriptions)
        means, errors = self.prior.posterior(predicted, rows)
        variances = self.axes.variances
        densities = log_densities(Z, means, variances + errors)
        densities -= np.log1p(errors / variances).sum(axis=1) / 2
        of_seen = log_densities(Z, self.axes.means, variances) / self.temperature
        return densities / self.temperature - logsumexp(of_seen, axis=1)[:, None]


def axes_of(X, y, n_classes, weights=None):
    """Axes of features in the users' units: principal ones, unless there are many."""
    if X.shape[1] > MOST_FEATURES:
        return FeatureAxes(X, y, n_classes, weights)
    return PrincipalAxes(UnscaledGaussian.fit(X, y, n_classes, weights))


def log_densities(Z, means, variances):
    """Log densities of independent coordinates, up to a constant.

    Parameters
    ----------
    Z : ndarray or CenteredRows of shape (n_samples, n_axes)
        Samples.
    means : ndarray of shape (n_classes, n_axes)
        Means.
    variances : ndarray of shape (n_axes,) or (n_classes, n_axes)
        Of all classes, or of each.

    Returns
    -------
    log_densities : ndarray of shape (n_samples, n_classes)
        Minus half the squared distances.
    """
    precisions = np.broadcast_to(1 / variances, means.shape)
    distances = Z**2 @ precisions.T + (means**2 * precisions).sum(axis=1)
    distances -= 2 * (Z @ (means * precisions).T)
    return -np.maximum(distances, 0) / 2


def density_temperature(axes, rows, y, counts):
    """What to divide log densities by, so that they are calibrated on the seen classes.

    The mean of every row's class is the one without this row.

    Parameters
    ----------
    axes : PrincipalAxes or FeatureAxes
        Means of the seen classes and the variances within a class.
    rows : ndarray of shape (n_samples, n_axes)
        Training rows.
    y : ndarray of shape (n_samples,)
        Their classes.
    counts : ndarray of shape (n_seen,)
        How many rows each mean is of.

    Returns
    -------
    temperature : float
        1 where nothing can be learned.
    """
    usable = counts[y] > 1
    if not usable.any() or len(counts) < 2:
        return 1.0
    rows, y = rows[usable], y[usable]
    scores = log_densities(rows, axes.means, axes.variances)
    # Leaving a row out of the mean of `n` moves it away by the factor n / (n - 1).
    factor = (counts[y] / (counts[y] - 1)) ** 2
    scores[np.arange(len(y)), y] *= factor
    every = np.ones(len(counts), dtype=bool)
    return best_temperature([HeldOutScores(y, scores, every)], penalty=0.0)
