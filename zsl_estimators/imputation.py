"""Missing values of the class table are estimated from the rows of other classes.

How is a choice made on held-out classes: what is missing in one class is hidden in
others, where it is known. No label and no feature has a part in it.
"""

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin, clone
from sklearn.impute import KNNImputer, SimpleImputer
from sklearn.preprocessing import StandardScaler
from sklearn.utils import gen_batches

from zsl_estimators.descriptions import listing

# Rows in which known values are hidden, and in how many folds.
MOST_HIDDEN_ROWS, N_FOLDS = 1000, 5
# Penalties of the regression, for columns of variance 1.
ALPHAS = 0.1, 1.0, 10.0, 100.0, 1000.0
# How often the regression is fitted to what it has filled in itself, unless no value
# changes by more than the tolerance, in standard deviations.
MOST_ROUNDS, TOLERANCE = 10, 1e-4


class RidgeImputer(TransformerMixin, BaseEstimator):
    """Fill missing values in by ridge regression on all columns that are known.

    The regression of some columns on the others follows from the means and the
    covariance of all, so that one model serves any combination of missing columns.
    Both are estimated from the table as it is filled in, again and again: on a
    column that alone has missing values, this becomes the ridge regression on the rows
    in which it is known. Values stay in the range of their column.

    :class:`sklearn.impute.IterativeImputer` does the like with one regression per
    column and round, which takes minutes for the columns of a word embedding.

    Parameters
    ----------
    alpha : float, default=1.0
        Penalty, as that of :class:`sklearn.linear_model.Ridge`.
    """

    def __init__(self, alpha=1.0):
        self.alpha = alpha

    def fit(self, X, y=None):
        """Learn how columns depend on each other.

        Parameters
        ----------
        X : ndarray of shape (n_rows, n_columns)
            Rows, of columns with variance 1; NaN is missing.
        y : None
            Ignored.

        Returns
        -------
        self : RidgeImputer
            Fitted.
        """
        self.range_ = np.nanmin(X, axis=0), np.nanmax(X, axis=0)
        filled = np.where(np.isnan(X), np.nanmean(X, axis=0), X)
        for _ in range(MOST_ROUNDS):
            self._fit_moments(filled)
            before, filled = filled, self.transform(X)
            if np.abs(filled - before).max() < TOLERANCE:
                break
        return self

    def transform(self, X):
        """Fill missing values in.

        Parameters
        ----------
        X : ndarray of shape (n_rows, n_columns)
            Rows; NaN is missing.

        Returns
        -------
        filled : ndarray of shape (n_rows, n_columns)
            A copy without NaN.
        """
        missing, filled = np.isnan(X), X.copy()
        for row in np.flatnonzero(missing.any(axis=1)):
            filled[row, missing[row]] = self._predicted(X[row], missing[row])
        return np.where(missing, np.clip(filled, *self.range_), X)

    def _fit_moments(self, filled):
        self.mean_ = filled.mean(axis=0)
        self.precision_ = inverse_gram(filled - self.mean_, self.alpha)

    def _predicted(self, row, missing):
        """Mean of a normal distribution under the condition of what is known."""
        within = self.precision_[np.ix_(missing, missing)]
        between = self.precision_[np.ix_(missing, ~missing)]
        known = (row - self.mean_)[~missing]
        return self.mean_[missing] - np.linalg.solve(within, between @ known)


class TableImputer(BaseEstimator):
    """Fill in what is missing in descriptions, in the best of several ways.

    The ways are the mean of the column, the mean of the most similar classes and ridge
    regression. They are compared by the squared error in the variance of the column.
    Another way than the mean must be better by more than the standard error of the
    difference, over the classes.

    Attributes
    ----------
    imputer_ : transformer
        The chosen one, fitted to columns of mean 0 and variance 1.
    scaler_ : StandardScaler
        Of the columns.
    errors_ : ndarray of shape (n_ways,) or None
        Mean error of every way, the mean of the column first; None where no value
        could be hidden.
    """

    def fit(self, matrix, patterns):
        """Choose a way and fit it.

        Parameters
        ----------
        matrix : ndarray of shape (n_classes, n_attributes)
            Descriptions; NaN is missing. Every row and column has some value.
        patterns : ndarray of shape (n_patterns, n_attributes)
            True for what is missing together in a class.

        Returns
        -------
        self : TableImputer
            Fitted.
        """
        self.scaler_ = StandardScaler().set_output(transform="default").fit(matrix)
        standardised = self.scaler_.transform(matrix)
        ways = _ways()
        errors = held_out_errors(ways, standardised, patterns)
        self.errors_ = errors.mean(axis=1) if errors.size else None
        self.imputer_ = clone(ways[_best(errors)]).fit(standardised)
        return self

    def transform(self, matrix):
        """Fill missing values in; the others stay to the last digit.

        Parameters
        ----------
        matrix : ndarray of shape (n_rows, n_attributes)
            Descriptions; NaN is missing.

        Returns
        -------
        filled : ndarray of shape (n_rows, n_attributes)
            Finite.
        """
        filled = self.imputer_.transform(self.scaler_.transform(matrix))
        filled = self.scaler_.inverse_transform(filled)
        return np.where(np.isnan(matrix), filled, matrix)

    @property
    def way(self):
        """What has been chosen, in words."""
        if isinstance(self.imputer_, SimpleImputer):
            return "the means of their columns"
        if isinstance(self.imputer_, KNNImputer):
            return f"the means of the {self.imputer_.n_neighbors} most similar classes"
        return f"ridge regression on the other columns (alpha={self.imputer_.alpha})"


def inverse_gram(X, alpha):
    """Inverse of ``X.T @ X + alpha * I``.

    Parameters
    ----------
    X : ndarray of shape (n_rows, n_columns)
        Any.
    alpha : float
        Positive.

    Returns
    -------
    inverse : ndarray of shape (n_columns, n_columns)
        By the Woodbury identity where there are more columns than rows.
    """
    n_rows, n_columns = X.shape
    identity = np.eye(n_columns)
    if n_columns <= n_rows:
        return np.linalg.inv(X.T @ X + alpha * identity)
    inner = np.linalg.solve(X @ X.T + alpha * np.eye(n_rows), X)
    return (identity - X.T @ inner) / alpha


def imputed(matrix, labels, names, imputer=None, known=None):
    """Fill in what is missing in a class table.

    Parameters
    ----------
    matrix : ndarray of shape (n_rows, n_attributes)
        Descriptions; NaN is missing.
    labels : ndarray of shape (n_rows,)
        Labels of the rows.
    names : list of length n_attributes or None
        Names of the columns.
    imputer : TableImputer or None, default=None
        Fitted. None fits a new one where it is needed.
    known : ndarray of shape (n_known, n_attributes) or None, default=None
        Descriptions of other classes, from which a new imputer learns. None is
        `matrix`.

    Returns
    -------
    matrix : ndarray of shape (n_rows, n_attributes)
        Without NaN.
    imputer : TableImputer or None
        The one that was used, or given.
    message : str
        For a warning: what was imputed, where and how. Empty if nothing was missing.

    Raises
    ------
    ValueError
        If a class or a column has no value at all.
    """
    missing = np.isnan(matrix)
    if not missing.any():
        return matrix, imputer, ""
    known = matrix if known is None else known
    _refuse_without_values(missing, np.isnan(known), labels, names)
    incomplete = missing.any(axis=1)
    if imputer is None:
        imputer = TableImputer().fit(known, missing[incomplete])
    message = (
        f"attributes lacks {missing.sum()} of {missing.size} values, of "
        f"{listing(labels[incomplete])} in {_columns(missing.any(axis=0), names)}. "
        f"They were imputed by {imputer.way}, which was chosen on values that were "
        "hidden in other classes. Fill them in if you know them."
    )
    return imputer.transform(matrix), imputer, message


def held_out_errors(ways, matrix, patterns):
    """Squared errors of imputers where known values are hidden.

    Parameters
    ----------
    ways : list of transformer
        Imputers, not fitted.
    matrix : ndarray of shape (n_classes, n_attributes)
        Descriptions of columns with variance 1; NaN is missing.
    patterns : ndarray of shape (n_patterns, n_attributes)
        What is hidden together: every class in turn takes one of these.

    Returns
    -------
    errors : ndarray of shape (n_ways, n_hidden)
        Mean error of every class in which something could be hidden.
    """
    # The class table is not random: who gives the same one finds the same choice.
    rng = np.random.RandomState(0)
    order = rng.permutation(len(matrix))[:MOST_HIDDEN_ROWS]
    size = -(-len(order) // N_FOLDS)
    folds = [order[rows] for rows in gen_batches(len(order), size)]
    chosen = patterns[rng.permutation(np.resize(np.arange(len(patterns)), len(matrix)))]
    parts = [_errors_of(ways, matrix, rows, chosen[rows]) for rows in folds]
    return np.concatenate(parts, axis=1)


def _errors_of(ways, matrix, rows, patterns):
    """The same, of the classes of one fold."""
    hidden = np.zeros(matrix.shape, dtype=bool)
    hidden[rows] = patterns & ~np.isnan(matrix[rows])
    known = ~np.isnan(matrix) & ~hidden
    # What every class and every column must keep to be imputed at all.
    hidden &= known.any(axis=1)[:, None] & (known.sum(axis=0) > 1)
    spoiled, hidden = np.where(hidden, np.nan, matrix), hidden[rows]
    counts = hidden.sum(axis=1)
    if not counts.any():
        return np.empty((len(ways), 0))
    filled = [clone(way).fit(spoiled).transform(spoiled[rows]) for way in ways]
    differences = np.where(hidden, filled - matrix[rows], 0.0)
    errors = np.square(differences).sum(axis=2)
    return errors[:, counts > 0] / counts[counts > 0]


def _ways():
    """Imputers to choose from, the simplest first."""
    simple = SimpleImputer(keep_empty_features=True)
    neighbours = KNNImputer(keep_empty_features=True)
    for way in (simple, neighbours):
        way.set_output(transform="default")
    return [simple, neighbours, *map(RidgeImputer, ALPHAS)]


def _best(errors):
    """Position of the way with the least error, if it is certainly below the first."""
    n_hidden = errors.shape[1]
    if n_hidden < 2:
        return 0
    best = errors.mean(axis=1).argmin()
    gains = errors[0] - errors[best]
    return best if gains.mean() > gains.std(ddof=1) / np.sqrt(n_hidden) else 0


def _refuse_without_values(missing, missing_in_known, labels, names):
    """Refuse classes and columns from which nothing is known."""
    empty = missing.all(axis=1)
    if empty.any():
        raise ValueError(
            f"attributes has no value at all for {listing(labels[empty])}: all are "
            "NaN. Describe these classes, or leave them out."
        )
    empty = missing_in_known.all(axis=0)
    if empty.any():
        raise ValueError(
            f"attributes has no value at all in {_columns(empty, names)}: all are "
            "NaN. Leave these columns out."
        )


def _columns(chosen, names, most=8):
    """Name some columns, for a message."""
    columns = np.flatnonzero(chosen).tolist()
    more = f" and {len(columns) - most} more" if len(columns) > most else ""
    if names is None or all(isinstance(name, int) for name in names):
        return f"columns number {columns[:most]}{more}"
    return f"columns {[names[column] for column in columns[:most]]}{more}"
