"""A normal distribution per class, its mean predicted from the description."""

from numbers import Real
from typing import NamedTuple

import numpy as np
from sklearn.utils.validation import check_is_fitted
from torch import nn

from zsl_estimators.base import BaseZeroShotClassifier
from zsl_estimators.closed_form import ClosedFormMixin
from zsl_estimators.descriptions import description_matrix, in_order
from zsl_estimators.docstrings import fill_docstring
from zsl_estimators.gaussian import SharedGaussian, UnscaledGaussian
from zsl_estimators.linear import (
    RIDGE_CONSTRAINTS,
    RidgeInputs,
    RidgeMap,
    default_ridge,
    ridge_candidates,
    ridge_maps,
)
from zsl_estimators.onnx_export import DistanceScores, doubles, map_module
from zsl_estimators.parameters import Interval, StrOptions
from zsl_estimators.rows import BlockwiseStandardScaler
from zsl_estimators.scaling import ATTRIBUTE_SCALING, AttributeScaler

# The first of equals is taken: with very few samples the folds may see no difference.
SHRINKAGES = (1.0, 0.3, 0.1, 0.01, 0.001)


class ExemplarCandidate(NamedTuple):
    """What the folds choose from.

    Parameters
    ----------
    ridge : RidgeMap
        From descriptions to means.
    shrinkage : float or None
        Of the covariance; None is the estimate of Ledoit and Wolf.
    """

    ridge: RidgeMap
    shrinkage: float | None


@fill_docstring
class ExemplarClassifier(ClosedFormMixin, BaseZeroShotClassifier):
    """Zero-shot classifier with a normal distribution per class (EXEM).

    Class means are predicted from the class descriptions by ridge regression over the
    seen classes, and every class is normal around its mean with one covariance for all.
    A new class needs only its description. This is the method of EXEM [1]_ with a
    linear map; it is fast, and a good baseline.

    Parameters
    ----------
    %(attributes)s
    %(ridge)s
    shrinkage : "auto" or float, default="auto"
        Share, from 0 to 1, in which the covariance is replaced by a multiple of the
        identity. "auto" chooses among 0.001, 0.01, 0.1, 0.3 and 1 together with
        `alpha`, and is the estimate of Ledoit and Wolf if `alpha` is not chosen.
    seen_means : {"observed", "predicted"}, default="observed"
        Means of the seen classes: those of the training samples, or predicted from
        the descriptions like those of the unseen classes.
    %(attribute_scaling)s
    %(seen_penalty)s
    %(n_jobs)s
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
    %(scaling_fitted)s
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
        **RIDGE_CONSTRAINTS,
        "shrinkage": [StrOptions({"auto"}), Interval(Real, 0, 1, closed="both")],
        "seen_means": [StrOptions({"observed", "predicted"})],
        "attribute_scaling": ATTRIBUTE_SCALING,
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
        attribute_scaling="auto",
        seen_penalty="auto",
        n_jobs=None,
        random_state=None,
        verbose=0,
    ):
        super().__init__(
            attributes,
            classes=classes,
            seen_penalty=seen_penalty,
            n_jobs=n_jobs,
            random_state=random_state,
            verbose=verbose,
        )
        self.alpha = alpha
        self.shrink_to = shrink_to
        self.shrinkage = shrinkage
        self.seen_means = seen_means
        self.attribute_scaling = attribute_scaling

    # -- for users ----------------------------------------------------------------

    @property
    def class_means_(self):
        means = self._class_means()[self._order]
        return self.feature_scaler_.inverse_transform(means)

    @property
    def covariance_(self):
        return self.gaussian_.covariance

    @property
    def shrinkage_(self):
        return self.gaussian_.shrinkage

    def predict_means(self, class_attributes):
        """Predict the means of classes.

        Parameters
        ----------
        class_attributes : DataFrame or array-like of shape (n_classes, n_attributes)
            Descriptions, of classes of the table or others. Columns of a DataFrame are
            matched by name.

        Returns
        -------
        means : ndarray of shape (n_classes, n_features)
            In the units of `X`.

        Raises
        ------
        ValueError
            If there are other columns than in the class table, or values are missing.
        """
        check_is_fitted(self)
        mistake = "class_attributes has other columns than the class table"
        named = in_order(class_attributes, self._table.names, mistake)
        rows = description_matrix(named)
        n_attributes = self._table.matrix.shape[1]
        if rows.shape[1] != n_attributes or np.isnan(rows).any():
            raise ValueError(
                f"class_attributes needs the {n_attributes} columns of the class "
                f"table, without missing values; it has {rows.shape[1]} columns and "
                f"{np.isnan(rows).sum()} missing values."
            )
        means = self._predicted_means(rows)
        return self.feature_scaler_.inverse_transform(means)

    @property
    def within_class(self):
        """Observed means and the covariance within a class, in the users' units."""
        return UnscaledGaussian(self.feature_scaler_, self.gaussian_)

    # -- fit ----------------------------------------------------------------------

    def _new_scalers(self, random_state):
        return BlockwiseStandardScaler(), AttributeScaler(self.attribute_scaling_)

    def _settings_to_compare(self):
        return [
            ExemplarCandidate(ridge, shrinkage)
            for ridge in ridge_candidates(self)
            for shrinkage in self._shrinkages()
        ]

    def _default_settings(self):
        return ExemplarCandidate(
            default_ridge(ridge_candidates(self)),
            None if self.shrinkage == "auto" else self.shrinkage,
        )

    def _precomputed(self, problem):
        return SharedGaussian(problem.rows, problem.y, problem.n_seen, problem.weights)

    def _solutions(self, problem, precomputed, settings):
        self.gaussian_ = precomputed
        means = self.gaussian_.means
        centered = means - means.mean(axis=0)
        # Penalties are for descriptions of mean square 1.
        size = np.sqrt((problem.S_seen**2).mean()) or 1.0
        inputs = RidgeInputs.of_rows(problem.S_seen / size)
        identity = self.attribute_scaler_.to_standard_ * size
        # The order of a dict is that of insertion; settings of one ridge are in a row.
        ridges = list(dict.fromkeys(candidate.ridge for candidate in settings))
        for ridge, coef in ridge_maps(inputs, centered, identity, ridges):
            self.shrink_to_, self.alpha_ = ridge
            self.coef_ = coef / size
            for candidate in settings:
                if candidate.ridge == ridge:
                    self.gaussian_.shrinkage = candidate.shrinkage
                    yield candidate

    def _shrinkages(self):
        return SHRINKAGES if self.shrinkage == "auto" else (self.shrinkage,)

    # -- prediction ---------------------------------------------------------------

    def _gaussian_of_scores(self):
        return self.within_class

    def _means_of_scores(self, positions):
        return self.feature_scaler_.inverse_transform(self._class_means()[positions])

    def _score_classes(self, Z):
        gaussian, seen = self.gaussian_, self._table.seen
        if self.seen_means == "predicted":
            return -gaussian.squared_distances(Z, self._class_means()) / 2
        # Candidates of equal shrinkage have those of the seen classes in common.
        distances = np.empty((len(Z), len(seen)))
        distances[:, seen] = gaussian.squared_distances_to_means(Z)
        unseen = self._predicted_means(self._table.matrix[~seen])
        distances[:, ~seen] = gaussian.squared_distances(Z, unseen)
        distances *= -0.5
        return distances

    def _scoring_module(self):
        whitening = self.gaussian_.whitening
        classes = doubles(self._class_means() @ whitening)
        return nn.Sequential(map_module(whitening), DistanceScores(classes))

    def _class_means(self):
        """Scaled means of all classes."""
        means = self._predicted_means(self._table.matrix)
        if self.seen_means == "observed":
            means[self._table.seen] = self.gaussian_.means
        return means

    def _predicted_means(self, class_attributes):
        attributes = self.attribute_scaler_.transform(class_attributes)
        return attributes @ self.coef_ + self.gaussian_.means.mean(axis=0)
