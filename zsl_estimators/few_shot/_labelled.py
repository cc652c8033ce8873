"""What a fitted estimator knows of unseen classes by labelled rows."""

from dataclasses import dataclass, replace

import numpy as np
from sklearn.utils import get_tags

from zsl_estimators.few_shot._rows import ClassRows
from zsl_estimators.few_shot._scores import FewShotScores


@dataclass(frozen=True)
class LabelledRows:
    """Labelled rows that a fitted estimator was given, and how they change its scores.

    Estimators that score classes by normal distributions have two methods:
    ``_gaussian_of_scores()`` returns the UnscaledGaussian, or None, and
    ``_means_of_scores(positions)`` the means of classes in the users' units, or None.
    Rows then move these means. The scores of other estimators are blended with those
    of normal distributions.

    Parameters
    ----------
    rows : ClassRows
        What is kept of the rows.
    scores : FewShotScores or None
        None where they cannot be estimated, or where nobody needs them.
    """

    rows: ClassRows
    scores: FewShotScores | None

    @classmethod
    def none(cls, estimator, problem):
        """No rows yet, of an estimator that has just been fitted.

        Parameters
        ----------
        estimator : BaseZeroShotClassifier
            Fitted.
        problem : Problem
            What it was fitted to.
        """
        X, scores = problem.rows.X, None
        takes_nan = get_tags(estimator).input_tags.allow_nan
        # Without labels, or with missing values, nobody knows how a class varies.
        knows_classes = problem.n_seen and not (takes_nan and np.isnan(X).any())
        if estimator._takes_labelled_rows and knows_classes:
            descriptions = estimator._scaled_attributes()[estimator._table.seen]
            scores = FewShotScores.fit(
                X, problem.y, descriptions, gaussian_of(estimator), problem.weights
            )
        return cls(ClassRows.none(X.shape[1]), scores)

    def __len__(self):
        return len(self.rows)

    def with_rows(self, X, positions):
        """The same with more rows, see :meth:`ClassRows.with_rows`."""
        return replace(self, rows=self.rows.with_rows(X, positions))

    def moved(self, former, present):
        """The same where classes have other positions, see :meth:`ClassRows.moved`."""
        return replace(self, rows=self.rows.moved(former, present))

    def of_classes(self, positions):
        """The same with the rows of these classes alone."""
        others = np.setdiff1d(self.rows.positions, positions)
        return replace(self, rows=self.rows.without(others))

    def shares_of_penalty(self, table):
        """In which share each class of a table pays the seen penalty."""
        shares = table.seen.astype(np.float64)
        if len(self) and self.scores is not None:
            known = self.scores.prior.shares_known(self.rows.counts)
            shares[self.rows.positions] = known
        return shares

    def sharpened(self, estimator, scores, X):
        """Scores of which those of classes with labelled rows take these in.

        Parameters
        ----------
        estimator : BaseZeroShotClassifier
            That has scored.
        scores : ndarray of shape (n_samples, n_classes)
            Its scores without rows; in the order of its table.
        X : ndarray of shape (n_samples, n_features)
            Samples in the users' units.

        Returns
        -------
        scores : ndarray of shape (n_samples, n_classes)
            In the unit of those given.
        """
        rows = self.rows
        if not len(rows) or self.scores is None:
            return scores
        X, sharpened = X.astype(np.float64), scores.copy()
        means = means_of(estimator, rows.positions)
        if means is None:
            own = scores[:, rows.positions], scores[:, estimator._table.seen]
            descriptions = estimator._scaled_attributes()[rows.positions]
            columns = self.scores.blended(
                X, *own, estimator.temperature_, descriptions, rows
            )
        else:
            columns = self.scores.of_means(X, means, rows)
        sharpened[:, rows.positions] = columns
        return sharpened


def gaussian_of(estimator):
    """The UnscaledGaussian that a fitted estimator holds anyway, or None.

    It is that by which classes are scored, or which the estimator starts from.
    """
    own = getattr(estimator, "_gaussian_of_scores", lambda: None)()
    if own is not None:
        return own
    return getattr(getattr(estimator, "init_", None), "within_class", None)


def means_of(estimator, positions):
    """Means of classes, where scores are distances to them; None for other scores."""
    return getattr(estimator, "_means_of_scores", lambda positions: None)(positions)
