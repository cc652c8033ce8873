"""A task as models see it: scaled numbers instead of labels and tables."""

from dataclasses import dataclass

import numpy as np

from zsl_estimators.rows import ScaledRows
from zsl_estimators.unlabelled import UnlabelledRows

# Features stay as they are: a cast before they are centred would lose the digits of
# those with a large offset, such as seconds since 1970.
PRECISIONS = [np.float64, np.float32, np.float16]


@dataclass(frozen=True)
class Problem:
    """Scaled features and class descriptions of one fit.

    Parameters
    ----------
    rows : ScaledRows
        Scaled features.
    y : ndarray of shape (n_samples,)
        Position of each sample's class among the seen classes.
    S : ndarray of shape (n_classes, n_attributes)
        Scaled descriptions of all classes.
    seen : ndarray of shape (n_classes,)
        True for the classes that occur in `y`.
    random_state : RandomState
        For what is drawn before a model is trained, the same for all its candidates.
    weights : ndarray of shape (n_samples,) or None, default=None
        Weights of the samples, positive; None is 1.
    unlabelled : UnlabelledRows or None, default=None
        Rows of unknown classes.
    """

    rows: ScaledRows
    y: np.ndarray
    S: np.ndarray
    seen: np.ndarray
    random_state: np.random.RandomState
    weights: np.ndarray | None = None
    unlabelled: UnlabelledRows | None = None

    @classmethod
    def scaled(
        cls,
        X,
        y,
        table,
        feature_scaler,
        attribute_scaler,
        random_state,
        weights=None,
        unlabelled=None,
    ):
        """Scale a task: the one place where training rows are.

        Parameters
        ----------
        X : ndarray of shape (n_samples, n_features)
            Features.
        y : ndarray of shape (n_samples,)
            Position of each sample's class among the seen classes.
        table : ClassTable
            All classes.
        feature_scaler, attribute_scaler : transformer
            Fitted.
        random_state : RandomState
            See the parameter of the class.
        weights : ndarray of shape (n_samples,) or None, default=None
            See the parameter of the class.
        unlabelled : UnlabelledRows or None, default=None
            See the parameter of the class.

        Returns
        -------
        problem : Problem
            In scaled units.
        """
        return cls(
            ScaledRows(X, feature_scaler),
            y,
            attribute_scaler.transform(table.matrix),
            table.seen,
            random_state,
            weights,
            unlabelled,
        )

    @property
    def X(self):
        """All scaled features at once, float64 of shape (n_samples, n_scaled)."""
        return self.rows.whole

    @property
    def unlabelled_rows(self):
        """Scaled features of the unlabelled rows."""
        return ScaledRows(self.unlabelled.X, self.rows.scaler)

    @property
    def n_samples(self):
        """Number of samples, or the sum of their weights."""
        return len(self.rows) if self.weights is None else self.weights.sum()

    @property
    def n_seen(self):
        """Number of seen classes."""
        return int(self.seen.sum())

    @property
    def S_seen(self):
        """Scaled descriptions of the seen classes, in the order of `y`'s positions."""
        return self.S[self.seen]

    @property
    def targets(self):
        """Scaled description of each sample's class."""
        return self.S_seen[self.y]
