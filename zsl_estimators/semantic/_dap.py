"""DAPClassifier: one classifier per attribute."""

import numpy as np
from joblib import Parallel, delayed
from sklearn.linear_model import LogisticRegression

from zsl_estimators.docstrings import fill_docstring
from zsl_estimators.logistic import fit_logistic_regressions
from zsl_estimators.nested import fit_weighted, log_probabilities, seeded_clone
from zsl_estimators.semantic._attribute_wise import AttributeWiseClassifier
from zsl_estimators.threads import one_blas_thread

# With so few, a step of Newton's method costs less than many along the gradient.
FEW_FEATURES = 128


@fill_docstring
class DAPClassifier(AttributeWiseClassifier):
    """Zero-shot classifier by direct attribute prediction (DAP).

    One binary classifier per attribute predicts the probability that a sample has it,
    and the class whose attributes are most likely is predicted. A class has an
    attribute if its value is above the mean over the seen classes. With `n_jobs`
    attributes are learned in parallel too.

    Parameters
    ----------
    %(attributes)s
    estimator : classifier or None, default=None
        Fitted once per attribute; has ``predict_proba``. None is
        :class:`sklearn.linear_model.LogisticRegression`; with more than 128 features
        the problems of all attributes are solved together, which is faster. Its inputs
        are scaled features, with NaN if it takes NaN.
    %(attribute_prior)s
    %(seen_penalty)s
    %(n_jobs)s
    %(random_state)s

    Attributes
    ----------
    estimators_ : list of classifiers
        One per attribute that varies over the seen classes; attributes with the same
        values for all seen classes share one.
    %(binary_fitted)s
    %(fitted)s

    See Also
    --------
    IAPClassifier : Finds the attributes by way of the seen classes.

    References
    ----------
    .. [1] Lampert, Nickisch, Harmeling: Attribute-based classification for zero-shot
       visual object categorization, TPAMI 2014.

    Examples
    --------
    >>> from sklearn.ensemble import RandomForestClassifier
    >>> from zsl_estimators import DAPClassifier
    >>> from zsl_estimators.datasets import make_gzsl
    >>> data = make_gzsl(random_state=0)
    >>> forest = RandomForestClassifier(20, min_samples_leaf=5)
    >>> clf = DAPClassifier(data.attributes, estimator=forest, random_state=0)
    >>> clf.fit(data.X_train, data.y_train).unseen_classes_
    array([ 0,  4,  5, 13])
    """

    def __init__(
        self,
        attributes=None,
        *,
        classes=None,
        estimator=None,
        attribute_prior="seen",
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
        self.estimator = estimator
        self.attribute_prior = attribute_prior

    def _fit(self, problem, choice, random_state):
        varies = self.attribute_scaler_.varies_
        # Attributes that the same seen classes have make the same problem.
        patterns, of_attribute = np.unique(
            problem.S_seen[:, varies] > 0, axis=1, return_inverse=True
        )
        # The problems are too small for several threads of BLAS.
        with one_blas_thread():
            fitted = self._fit_estimators(problem, patterns, random_state)
        self.estimators_ = [fitted[pattern] for pattern in of_attribute.ravel()]

    def _fit_estimators(self, problem, patterns, random_state):
        """One classifier per column of a table that says which seen class has what."""
        estimator = self.estimator
        if estimator is None:
            if problem.X.shape[1] > FEW_FEATURES:
                return fit_logistic_regressions(
                    problem.X, patterns[problem.y], problem.weights, self.n_jobs
                )
            estimator = LogisticRegression(solver="newton-cholesky", max_iter=1000)
        return Parallel(n_jobs=self.n_jobs)(
            delayed(fit_weighted)(
                seeded_clone(estimator, random_state),
                problem.X,
                has[problem.y],
                problem.weights,
            )
            for has in patterns.T
        )

    def _predict_scaled(self, Z):
        log_odds = np.zeros((len(Z), self._table.matrix.shape[1]))
        varying = np.flatnonzero(self.attribute_scaler_.varies_)
        known = {}
        for attribute, estimator in zip(varying, self.estimators_, strict=True):
            if id(estimator) not in known:
                without, having = log_probabilities(estimator, Z).T
                known[id(estimator)] = having - without
            log_odds[:, attribute] = known[id(estimator)]
        return log_odds
