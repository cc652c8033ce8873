"""IAPClassifier: attributes by way of the probabilities of the seen classes."""

import numpy as np
from scipy.special import logit

from zsl_estimators.docstrings import fill_docstring
from zsl_estimators.nested import SMALLEST_PROBABILITY, classifier_of_seen
from zsl_estimators.semantic._attribute_wise import AttributeWiseClassifier


@fill_docstring
class IAPClassifier(AttributeWiseClassifier):
    """Zero-shot classifier by indirect attribute prediction (IAP).

    An ordinary classifier predicts the probabilities of the seen classes. The
    probability of an attribute is the sum over the classes that have it, and the class
    whose attributes are most likely is predicted. A class has an attribute if its value
    is above the mean over the seen classes.

    Parameters
    ----------
    %(attributes)s
    estimator : classifier or None, default=None
        Has ``predict_proba``. None is :class:`sklearn.linear_model.LogisticRegression`.
        Its inputs are scaled features, with NaN if it takes NaN.
    %(attribute_prior)s
    %(seen_penalty)s
    %(n_jobs)s
    %(random_state)s

    Attributes
    ----------
    estimator_ : classifier
        Fitted on positions in `seen_classes_`.
    %(binary_fitted)s
    %(fitted)s

    See Also
    --------
    DAPClassifier : One classifier per attribute.
    ConSEClassifier : Also uses a classifier of the seen classes.

    References
    ----------
    .. [1] Lampert, Nickisch, Harmeling: Attribute-based classification for zero-shot
       visual object categorization, TPAMI 2014.

    Examples
    --------
    >>> from zsl_estimators import IAPClassifier
    >>> from zsl_estimators.datasets import make_gzsl
    >>> data = make_gzsl(random_state=0)
    >>> clf = IAPClassifier(attributes=data.attributes, random_state=0)
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
        self.estimator_ = classifier_of_seen(self.estimator, problem, random_state)

    def _predict_scaled(self, Z):
        has = self._scaled_attributes()[self._table.seen]
        having = self.estimator_.predict_proba(Z) @ has
        having = np.clip(having, SMALLEST_PROBABILITY, 1 - SMALLEST_PROBABILITY)
        return np.where(self.attribute_scaler_.varies_, logit(having), 0.0)
