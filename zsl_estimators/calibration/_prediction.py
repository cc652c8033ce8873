"""The predict family of classifiers that take a penalty from seen classes."""

from numbers import Integral, Real

import numpy as np
import pandas as pd
from scipy.special import log_softmax, softmax
from sklearn.utils.metadata_routing import UNUSED
from sklearn.utils.validation import check_is_fitted

from zsl_estimators.labels import as_labels, check_same_kind
from zsl_estimators.persistence import Storable


class PenalisedPredictionMixin(Storable):
    """Predict by scores from which the seen penalty is subtracted.

    Subclasses implement ``_penalised_scores(X)``, which checks `X` and yields float64
    scores of shape (n_rows, n_classes), some rows at a time, and have ``classes_``.
    """

    # Links of the HTML representation to the documentation, see sklearn.base.
    _doc_link_module = "zsl_estimators"
    _doc_link_template = (
        "https://zsl-estimators.readthedocs.io/en/latest/api/generated/"
        "zsl_estimators.{estimator_name}.html"
    )

    # An argument of a call, not metadata that a pipeline would have to route.
    __metadata_request__predict = {"classes": UNUSED}
    __metadata_request__predict_proba = {"classes": UNUSED}
    __metadata_request__predict_log_proba = {"classes": UNUSED}
    # Divides the scores before the softmax of predict_proba, where no folds have told.
    _score_temperature = 1.0

    def _penalised_scores(self, X):
        raise NotImplementedError

    @staticmethod
    def _less_penalty(scores, penalty, seen):
        """Subtract the penalty from the columns of seen classes."""
        if not isinstance(penalty, Real) or not np.isfinite(penalty):
            raise ValueError(
                f"The seen penalty is {penalty!r}; assign a finite number. With a "
                "large one, such as 1e6, only unseen classes are predicted, and with "
                "-1e6 only seen ones."
            )
        return scores - penalty * seen

    def predict(self, X, classes=None):
        """Predict a class, seen or unseen, for every sample.

        Scores are computed for some rows at a time, so that memory does not grow with
        their number.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            Features; sparse ones where `fit` takes them.
        classes : array-like of shape (n_candidates,), default=None
            Labels to choose from: the unseen classes for conventional zero-shot
            learning, or those of a branch of a hierarchy. None is all classes.

        Returns
        -------
        y : ndarray of shape (n_samples,)
            Labels out of `classes_`.

        Raises
        ------
        ValueError
            If one of `classes` is unknown or repeated.
        """
        columns = self._columns_of(classes)
        best = [s[:, columns].argmax(axis=1) for s in self._penalised_scores(X)]
        return self.classes_[columns][np.concatenate(best)]

    def predict_top_k(self, X, k=5, classes=None):
        """Predict the most likely classes of every sample, the best one first.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            Features; sparse ones where `fit` takes them.
        k : int, default=5
            Number of classes per sample.
        classes : array-like of shape (n_candidates,), default=None
            Labels to choose from; None is all classes.

        Returns
        -------
        labels : ndarray of shape (n_samples, k)
            Labels out of `classes_`; the first column is what :meth:`predict` returns.
        scores : ndarray of shape (n_samples, k)
            Their scores, decreasing, with the seen penalty subtracted.

        Raises
        ------
        ValueError
            If there are fewer than `k` classes, or one of `classes` is unknown.
        """
        columns = self._columns_of(classes)
        n_classes = len(self.classes_[columns])
        if not isinstance(k, Integral) or not 1 <= k <= n_classes:
            raise ValueError(
                f"k must be an integer from 1 to {n_classes}, the number of classes to "
                f"choose from, got {k!r}"
            )
        labels, scores = [], []
        for block in self._penalised_scores(X):
            best, scores_of_best = largest(block[:, columns], k)
            labels.append(self.classes_[columns][best])
            scores.append(scores_of_best)
        return np.concatenate(labels), np.concatenate(scores)

    def predict_proba(self, X, classes=None):
        """Estimate class probabilities by the softmax of the scores.

        They rank classes as :meth:`decision_function` does. Scores are divided by
        `temperature_`, which is fitted on held-out samples of seen and of hidden
        classes, if there are folds.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            Features; sparse ones where `fit` takes them.
        classes : array-like of shape (n_candidates,), default=None
            Labels that are possible; None is all classes.

        Returns
        -------
        probabilities : ndarray of shape (n_samples, n_classes)
            Rows sum to 1. Columns in the order of `classes`, or of `classes_`.

        Raises
        ------
        ValueError
            If one of `classes` is unknown or repeated.
        """
        return self._probabilities(softmax, X, classes)

    def predict_log_proba(self, X, classes=None):
        """Return logarithms of :meth:`predict_proba`, exact where these round to 0.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            Features; sparse ones where `fit` takes them.
        classes : array-like of shape (n_candidates,), default=None
            Labels that are possible; None is all classes.

        Returns
        -------
        log_probabilities : ndarray of shape (n_samples, n_classes)
            Columns in the order of `classes`, or of `classes_`.

        Raises
        ------
        ValueError
            If one of `classes` is unknown or repeated.
        """
        return self._probabilities(log_softmax, X, classes)

    def decision_function(self, X):
        """Compute the scores of all classes, with the seen penalty subtracted.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            Features; sparse ones where `fit` takes them.

        Returns
        -------
        scores : ndarray of shape (n_samples, n_classes) or (n_samples,)
            Columns in the order of `classes_`. With two classes, the score of the
            second minus that of the first.
        """
        scores = np.concatenate(list(self._penalised_scores(X)))
        return scores[:, 1] - scores[:, 0] if scores.shape[1] == 2 else scores

    def score(self, X, y, sample_weight=None):
        """Share of right predictions among all samples, as scikit-learn defines it.

        The figure of generalized zero-shot learning is another one, the harmonic mean
        of the accuracies on seen and on unseen classes: with few samples of unseen
        classes this score is best for a model that never predicts them, and a search
        that goes by it prefers ``seen_penalty=0``. Give searches
        ``scoring=harmonic_mean_scorer``, and see
        :func:`~zsl_estimators.metrics.gzsl_report`.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Test samples.
        y : array-like of shape (n_samples,)
            True labels.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the samples.

        Returns
        -------
        score : float
            Accuracy.
        """
        return super().score(X, y, sample_weight)

    def _probabilities(self, function, X, classes):
        """What a function makes of the scores at the temperature, in blocks."""
        columns = self._columns_of(classes)
        with np.errstate(under="ignore"):
            blocks = [
                function(scores[:, columns] / self.temperature_, axis=1)
                for scores in self._penalised_scores(X)
            ]
        return np.concatenate(blocks)

    def _columns_of(self, classes):
        """Columns of the labels to choose from, in their order."""
        check_is_fitted(self)
        if classes is None:
            return slice(None)
        labels = as_labels(classes, "classes")
        known = as_labels(self.classes_, "classes_")
        check_same_kind(classes_=known, classes=labels)
        if not len(labels):
            raise ValueError(
                "classes is empty. Give the labels to choose from, or None for all."
            )
        columns = pd.Index(known).get_indexer(pd.Index(labels))
        if (columns < 0).any():
            raise ValueError(
                f"classes holds {labels[columns < 0][:8].tolist()}, which the model "
                "does not know. Describe new classes with add_classes."
            )
        if len(np.unique(columns)) < len(columns):
            raise ValueError("classes holds a label twice. Give every label once.")
        return columns


def largest(scores, k):
    """The largest scores of every row, falling.

    Parameters
    ----------
    scores : ndarray of shape (n_rows, n_classes)
        Of equal ones the first counts as larger, as for ``argmax``.
    k : int
        How many.

    Returns
    -------
    columns : ndarray of shape (n_rows, k)
        Where they are.
    values : ndarray of shape (n_rows, k)
        The scores.
    """
    kth = np.partition(scores, -k, axis=1)[:, -k, None]
    larger, equal = scores > kth, scores == kth
    n_equal = k - larger.sum(axis=1, keepdims=True)
    larger |= equal & (equal.cumsum(axis=1, dtype=np.int32) <= n_equal)
    columns = np.nonzero(larger)[1].reshape(-1, k)
    values = np.take_along_axis(scores, columns, axis=1)
    order = np.argsort(-values, axis=1, kind="stable")
    return (
        np.take_along_axis(columns, order, axis=1),
        np.take_along_axis(values, order, axis=1),
    )
