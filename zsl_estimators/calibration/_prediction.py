"""The predict family of classifiers that take a penalty from seen classes."""

from numbers import Real

import numpy as np
from scipy.special import softmax


class PenalisedPredictionMixin:
    """Predict by scores from which the seen penalty is taken.

    Subclasses implement ``_penalised_scores(X)``, which checks `X` and yields float64
    scores of shape (n_rows, n_classes), some rows at a time, and have ``classes_``.
    """

    # Links of the HTML representation to the documentation, see sklearn.base.
    _doc_link_module = "zsl_estimators"
    _doc_link_template = (
        "https://zsl-estimators.readthedocs.io/en/latest/api/generated/"
        "zsl_estimators.{estimator_name}.html"
    )

    # Divides the scores before the softmax of predict_proba.
    _score_temperature = 1.0

    def _penalised_scores(self, X):
        raise NotImplementedError

    @staticmethod
    def _less_penalty(scores, penalty, seen):
        """Take the penalty from the columns of seen classes."""
        if not isinstance(penalty, Real) or not np.isfinite(penalty):
            raise ValueError(
                f"The seen penalty is {penalty!r}; assign a finite number. A large "
                "one, such as 1e6, lets unseen classes win always, and -1e6 never."
            )
        return scores - penalty * seen

    def predict(self, X):
        """Predict a class, seen or unseen, for every sample.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Features.

        Returns
        -------
        y : ndarray of shape (n_samples,)
            Labels out of `classes_`.
        """
        columns = [scores.argmax(axis=1) for scores in self._penalised_scores(X)]
        return self.classes_[np.concatenate(columns)]

    def predict_proba(self, X):
        """Turn the scores into probabilities with a softmax.

        They rank classes as :meth:`decision_function` does. They are not fitted to
        observed frequencies.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Features.

        Returns
        -------
        probabilities : ndarray of shape (n_samples, n_classes)
            Rows sum to 1, columns in the order of `classes_`.
        """
        scores = np.concatenate(list(self._penalised_scores(X)))
        with np.errstate(under="ignore"):
            return softmax(scores / self._score_temperature, axis=1)

    def decision_function(self, X):
        """Score every class; the seen penalty is taken off already.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Features.

        Returns
        -------
        scores : ndarray of shape (n_samples, n_classes) or (n_samples,)
            Columns in the order of `classes_`. With two classes, the score of the
            second minus that of the first.
        """
        scores = np.concatenate(list(self._penalised_scores(X)))
        return scores[:, 1] - scores[:, 0] if scores.shape[1] == 2 else scores
