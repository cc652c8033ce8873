"""A normal distribution per class, its mean predicted from the description."""

import numpy as np
from scipy.linalg import cholesky, solve_triangular
from sklearn.covariance import LedoitWolf
from sklearn.metrics.pairwise import euclidean_distances
from sklearn.preprocessing import StandardScaler

from zsl_estimators.base import BaseZeroShotClassifier
from zsl_estimators.docstrings import fill_docstring
from zsl_estimators.linear import RidgeChoiceMixin
from zsl_estimators.parameters import StrOptions

# Keeps the covariance invertible when nothing varies within the classes; features are
# scaled to variance 1.
SMALLEST_VARIANCE = 1e-6


@fill_docstring
class ExemplarClassifier(RidgeChoiceMixin, BaseZeroShotClassifier):
    """Zero-shot classifier that predicts where the samples of a class lie.

    Class means are predicted from the class descriptions by ridge regression over the
    seen classes, and every class is normal around its mean with one covariance for
    all. A new class needs only its description. This is the idea of EXEM [1]_ with a
    linear map; it is fast, and a hard baseline.

    Parameters
    ----------
    %(attributes)s
    %(ridge)s
    seen_means : {"observed", "predicted"}, default="observed"
        Means of the seen classes: those of the training samples, or predicted from
        the descriptions like those of the unseen classes.
    %(seen_penalty)s
    %(random_state)s

    Attributes
    ----------
    alpha_ : float
        The penalty in use.
    shrink_to_ : str
        "zero" or "identity".
    coef_ : ndarray of shape (n_attributes, n_features)
        Map from scaled attributes to scaled class means.
    covariance_ : ndarray of shape (n_features, n_features)
        Covariance within a class of scaled features, shrunk after Ledoit and Wolf.
    feature_scaler_ : StandardScaler
        Scaling of the features.
    attribute_scaler_ : StandardScaler
        Scaling of the attributes, over the seen classes.
    %(fitted)s

    See Also
    --------
    RidgeSemanticClassifier : The opposite direction, from features to attributes.

    References
    ----------
    .. [1] Changpinyo, Chao, Sha: Predicting visual exemplars of unseen classes for
       zero-shot learning, ICCV 2017.

    Examples
    --------
    >>> from zsl_estimators import ExemplarClassifier
    >>> from zsl_estimators.datasets import make_gzsl
    >>> data = make_gzsl(random_state=0)
    >>> clf = ExemplarClassifier(attributes=data.attributes, random_state=0)
    >>> bool(clf.fit(data.X_train, data.y_train).score(data.X_test, data.y_test) > 0.5)
    True
    """

    _parameter_constraints = {
        **BaseZeroShotClassifier._parameter_constraints,
        **RidgeChoiceMixin._ridge_constraints,
        "seen_means": [StrOptions({"observed", "predicted"})],
    }

    def __init__(
        self,
        attributes=None,
        *,
        classes=None,
        alpha="auto",
        shrink_to="auto",
        seen_means="observed",
        seen_penalty="auto",
        random_state=None,
        verbose=0,
    ):
        super().__init__(
            attributes,
            classes=classes,
            seen_penalty=seen_penalty,
            random_state=random_state,
            verbose=verbose,
        )
        self.alpha = alpha
        self.shrink_to = shrink_to
        self.seen_means = seen_means

    def _prepare(self, X, y_index, random_state):
        seen = self._class_table.seen
        self.attribute_scaler_ = StandardScaler().fit(self.class_attributes_[seen])
        self.feature_scaler_ = StandardScaler().fit(X.astype(np.float64))
        X = self.feature_scaler_.transform(X.astype(np.float64))
        self._observed_means = class_means(X, y_index, len(seen))[seen]
        within = X - self._observed_means[np.cumsum(seen)[y_index] - 1]
        covariance = LedoitWolf(assume_centered=True).fit(within).covariance_
        self.covariance_ = covariance + SMALLEST_VARIANCE * np.eye(X.shape[1])

    def _ridge_problem(self, X, y_index):
        seen = self._class_table.seen
        attributes = self.attribute_scaler_.transform(self.class_attributes_[seen])
        return attributes, self._observed_means - self._observed_means.mean(axis=0)

    def _identity_map(self):
        return np.eye(self.n_features_in_)

    def _decision(self, X):
        X = self.feature_scaler_.transform(X.astype(np.float64))
        # With L L^T = covariance, L^-1 x has unit covariance within a class.
        factor = cholesky(self.covariance_, lower=True)
        X = solve_triangular(factor, X.T, lower=True).T
        means = solve_triangular(factor, self._class_means().T, lower=True).T
        return -euclidean_distances(X, means, squared=True) / 2

    def _class_means(self):
        """Scaled means of all classes."""
        attributes = self.attribute_scaler_.transform(self.class_attributes_)
        means = attributes @ self.coef_ + self._observed_means.mean(axis=0)
        if self.seen_means == "observed":
            means[self._class_table.seen] = self._observed_means
        return means


def class_means(X, y_index, n_classes):
    """Mean of the samples of every class; zero where a class has none."""
    sums = np.zeros((n_classes, X.shape[1]))
    np.add.at(sums, y_index, X)
    counts = np.bincount(y_index, minlength=n_classes)
    return sums / np.maximum(counts, 1)[:, None]
