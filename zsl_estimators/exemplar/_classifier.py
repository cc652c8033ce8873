"""A normal distribution per class, its mean predicted from the description."""

from numbers import Real

import numpy as np
from sklearn.preprocessing import StandardScaler

from zsl_estimators.base import BaseZeroShotClassifier
from zsl_estimators.docstrings import fill_docstring
from zsl_estimators.exemplar._gaussian import SharedGaussian
from zsl_estimators.linear import RidgeChoiceMixin
from zsl_estimators.parameters import Interval, StrOptions

# The first of equals is taken: with very few samples the folds may see no difference.
SHRINKAGES = (1.0, 0.3, 0.1, 0.01, 0.001)


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
    shrinkage : "auto" or float, default="auto"
        Share, from 0 to 1, in which the covariance is replaced by a multiple of the
        identity. "auto" chooses among 0.001, 0.01, 0.1, 0.3 and 1 with `alpha`, and
        takes the estimate of Ledoit and Wolf where `alpha` has its default.
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
    shrinkage_ : float
        The shrinkage in use.
    class_means_ : ndarray of shape (n_classes, n_features)
        Means of all classes, in the units of `X`.
    covariance_ : ndarray of shape (n_features, n_features)
        Covariance within a class of scaled features.
    gaussian_ : object
        Means and covariance of the seen classes, in scaled units.
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

    # Estimators that start from this one hand these parameters on.
    _shadow_constraints = {
        **RidgeChoiceMixin._ridge_constraints,
        "shrinkage": [StrOptions({"auto"}), Interval(Real, 0, 1, closed="both")],
    }
    _parameter_constraints = {
        **BaseZeroShotClassifier._parameter_constraints,
        **_shadow_constraints,
        "seen_means": [StrOptions({"observed", "predicted"})],
    }

    def __init__(
        self,
        attributes=None,
        *,
        classes=None,
        alpha="auto",
        shrink_to="auto",
        shrinkage="auto",
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
        self.shrinkage = shrinkage
        self.seen_means = seen_means

    @property
    def class_means_(self):
        return self.feature_scaler_.inverse_transform(self._class_means())

    @property
    def covariance_(self):
        return self.gaussian_.covariance

    @property
    def shrinkage_(self):
        return self.gaussian_.shrinkage

    def predict_means(self, class_attributes):
        """Predict where the samples of classes lie.

        Parameters
        ----------
        class_attributes : array-like of shape (n_classes, n_attributes)
            Descriptions, of classes of the table or others.

        Returns
        -------
        means : ndarray of shape (n_classes, n_features)
            In the units of `X`.
        """
        means = self._predicted_means(np.asarray(class_attributes, dtype=np.float64))
        return self.feature_scaler_.inverse_transform(means)

    def _prepare(self, X, y_index, random_state):
        seen = self._class_table.seen
        self.attribute_scaler_ = StandardScaler().fit(self.class_attributes_[seen])
        self.feature_scaler_ = StandardScaler().fit(X.astype(np.float64))
        X = self.feature_scaler_.transform(X.astype(np.float64))
        self.gaussian_ = SharedGaussian(X, np.cumsum(seen)[y_index] - 1, seen.sum())

    def _ridge_problem(self, X, y_index):
        seen = self._class_table.seen
        attributes = self.attribute_scaler_.transform(self.class_attributes_[seen])
        means = self.gaussian_.means
        return attributes, means - means.mean(axis=0)

    def _identity_map(self):
        return np.eye(self.n_features_in_)

    def _fit(self, X, y_index, candidate, random_state):
        *ridge, shrinkage = candidate or (*self._default_candidate(), None)
        super()._fit(X, y_index, ridge, random_state)
        self._set_shrinkage(shrinkage)

    def _fit_path(self, X, y_index, report, random_state):
        def report_each_shrinkage(ridge):
            for shrinkage in SHRINKAGES if self.shrinkage == "auto" else (None,):
                self._set_shrinkage(shrinkage)
                report((*ridge, shrinkage))

        super()._fit_path(X, y_index, report_each_shrinkage, random_state)

    def _set_shrinkage(self, chosen):
        wanted = chosen if self.shrinkage == "auto" else self.shrinkage
        if wanted is not None:
            self.gaussian_.shrinkage = wanted

    def _chooses_on_held_out_classes(self):
        return self.shrinkage == "auto" or super()._chooses_on_held_out_classes()

    def _decision(self, X):
        X = self.feature_scaler_.transform(X.astype(np.float64))
        return -self.gaussian_.squared_distances(X, self._class_means()) / 2

    def _class_means(self):
        """Scaled means of all classes."""
        means = self._predicted_means(self.class_attributes_)
        if self.seen_means == "observed":
            means[self._class_table.seen] = self.gaussian_.means
        return means

    def _predicted_means(self, class_attributes):
        attributes = self.attribute_scaler_.transform(class_attributes)
        return attributes @ self.coef_ + self.gaussian_.means.mean(axis=0)
