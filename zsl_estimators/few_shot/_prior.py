"""What a description tells of the mean of a class before any row of it is known."""

import numpy as np
from numpy.linalg import eigh

# Ridge penalties relative to the mean square of the descriptions.
ALPHAS = 10.0 ** np.arange(-4, 4)
# Rows that a description may be worth, where errors look vanishing or endless.
FEWEST_ROWS, MOST_ROWS = 1e-6, 1e3
# What a description is worth where too few classes are seen to estimate it.
DEFAULT_ROWS = 1.0
FEWEST_CLASSES = 3
# So many classes would have to say otherwise for an axis to differ from the others.
CLASSES_BEHIND_COMMON = 5
# Variances that differ by no more, relative to the smaller one, are equal but for
# rounding.
EQUAL_VARIANCES = 1e-6


class MeanPrior:
    """Normal prior of class means: predictions from descriptions, and their error.

    The variance of the error is estimated along every axis from predictions of seen
    classes that are left out one at a time (empirical Bayes). Divided into the variance
    within a class it says how many rows a description is worth.

    Parameters
    ----------
    axes : PrincipalAxes or FeatureAxes
        Means and variances of the seen classes.
    descriptions : ndarray of shape (n_seen, n_attributes)
        Their descriptions, scaled.
    counts : ndarray of shape (n_seen,)
        How many rows each seen class has.

    Attributes
    ----------
    rows_ : ndarray of shape (n_axes,)
        How many rows a description is worth along every axis.
    alpha_ : float
        The ridge penalty in use, relative to the mean square of the descriptions.
    """

    def __init__(self, axes, descriptions, counts):
        self._axes = axes
        self._center, self._mean = descriptions.mean(axis=0), axes.means.mean(axis=0)
        centered = descriptions - self._center
        size = (centered**2).sum(axis=1).mean() or 1.0
        ridge = LeaveOneOutRidge(centered @ centered.T / size, axes.means - self._mean)
        errors = [ridge.errors(alpha) for alpha in ALPHAS]
        losses = [(one**2 / axes.variances).sum() for one in errors]
        best = int(np.argmin(losses))
        self.alpha_ = float(ALPHAS[best])
        self._coef = centered.T @ ridge.dual(self.alpha_) / size
        self.rows_ = rows_worth(errors[best], axes.noise, counts)

    def predicted(self, descriptions):
        """Predict means along the axes from scaled descriptions."""
        return (descriptions - self._center) @ self._coef + self._mean

    def posterior(self, predicted, rows):
        """Means of classes, given the rows that are known of them.

        Parameters
        ----------
        predicted : ndarray of shape (n_classes, n_axes)
            Means before any row is known, along the axes.
        rows : ClassRows
            Rows of these classes.

        Returns
        -------
        means : ndarray of shape (n_classes, n_axes)
            Posterior means along the axes.
        variances : ndarray of shape (n_classes, n_axes)
            Their posterior variances.
        """
        counts = rows.counts[:, None]
        total = self.rows_ + counts
        sums = counts * self._axes.of(rows.means)
        return (self.rows_ * predicted + sums) / total, self._axes.noise / total

    def shares_known(self, counts):
        """Share of the prior variance of a mean that rows take away, from 0 to 1.

        Parameters
        ----------
        counts : ndarray of shape (n_classes,)
            How many rows there are.

        Returns
        -------
        shares : ndarray of shape (n_classes,)
            Axes count by what an error along them costs in the scores.
        """
        weights = self._axes.noise / self.rows_ / self._axes.variances
        counts = counts[:, None]
        return counts / (counts + self.rows_) @ weights / weights.sum()


class LeaveOneOutRidge:
    """Ridge regression with an intercept whose rows are left out one at a time.

    Parameters
    ----------
    gram : ndarray of shape (n_rows, n_rows)
        Products of the centred inputs.
    targets : ndarray of shape (n_rows, n_targets)
        Centred targets.
    """

    def __init__(self, gram, targets):
        self._values, self._vectors = eigh(gram)
        self._values = np.maximum(self._values, 0.0)
        self._targets = targets
        self._rotated = self._vectors.T @ targets

    def dual(self, alpha):
        """Coefficients of the rows, shape (n_rows, n_targets)."""
        return self._vectors @ (self._rotated / (self._values + alpha)[:, None])

    def errors(self, alpha):
        """Error of the prediction of each row by the others, in closed form."""
        shares = self._values / (self._values + alpha)
        fitted = self._vectors @ (shares[:, None] * self._rotated)
        leverage = self._vectors**2 @ shares + 1 / len(shares)
        return (self._targets - fitted) / np.maximum(1 - leverage, 1e-9)[:, None]


def rows_worth(errors, noise, counts):
    """How many rows predictions are worth along every axis.

    A mean of `n` rows has the error ``noise / n`` itself, which is taken off. Errors of
    a few classes tell little of one axis, so that all axes are pulled towards their
    median. Axes of equal variance share one number: any rotation of them would do, and
    rounding decides which one they are.

    Parameters
    ----------
    errors : ndarray of shape (n_classes, n_axes)
        Predicted means less observed ones.
    noise : ndarray of shape (n_axes,)
        Variances within a class.
    counts : ndarray of shape (n_classes,)
        How many rows each observed mean is of.

    Returns
    -------
    rows : ndarray of shape (n_axes,)
        Variances within a class relative to those of the predictions.
    """
    n_classes = len(errors)
    if n_classes < FEWEST_CLASSES:
        return np.full(len(noise), DEFAULT_ROWS)
    relative = (errors**2).mean(axis=0) / noise - (1 / counts).mean()
    relative = mean_of_equal_axes(relative, noise)
    common = np.median(relative)
    weight = n_classes / (n_classes + CLASSES_BEHIND_COMMON)
    relative = weight * relative + (1 - weight) * common
    return 1 / np.clip(relative, 1 / MOST_ROWS, 1 / FEWEST_ROWS)


def mean_of_equal_axes(values, variances):
    """Average values over axes whose variances are equal but for rounding.

    Parameters
    ----------
    values : ndarray of shape (n_axes,)
        One per axis.
    variances : ndarray of shape (n_axes,)
        Variances along the axes.

    Returns
    -------
    means : ndarray of shape (n_axes,)
        The same for all axes of a group.
    """
    order = np.argsort(variances)
    rising = variances[order]
    begins = np.r_[True, rising[1:] > rising[:-1] * (1 + EQUAL_VARIANCES)]
    group = np.empty(len(values), dtype=int)
    group[order] = np.cumsum(begins) - 1
    return (np.bincount(group, values) / np.bincount(group))[group]
