"""SelfTrainingZeroShotClassifier: unlabelled rows tell where the unseen classes lie."""

from numbers import Integral, Real

import numpy as np
from sklearn.base import clone
from sklearn.utils import _safe_indexing, indexable
from sklearn.utils.validation import column_or_1d

from zsl_estimators.calibration._around import AroundZeroShotClassifier
from zsl_estimators.candidates import find_zero_shot_classifier as find
from zsl_estimators.candidates import with_changed_classes
from zsl_estimators.labels import is_in
from zsl_estimators.parameters import HasMethods, Interval, check_parameters

UNLABELLED = -1


class SelfTrainingZeroShotClassifier(AroundZeroShotClassifier):
    """Self-training of a zero-shot classifier with unlabelled rows.

    The estimator is fitted to the labelled rows. Unlabelled rows that it predicts as
    unseen classes are passed to ``add_classes`` with these labels, as :ref:`labelled
    rows <few_shot>`, and it predicts again, until the labels do not change or
    `max_iter` is reached. It is trained only once. Unseen classes stay unseen. With
    scikit-learn's ``SelfTrainingClassifier`` a class becomes a seen one as soon as a
    single row is assigned to it, and there is no seen penalty any more.

    Parameters
    ----------
    estimator : estimator
        Zero-shot classifier with ``predict_proba`` whose ``add_classes`` takes labelled
        rows, or a pipeline or search around one.
    threshold : float, default=0.0
        Probability of its most likely class that an unlabelled row must have to be
        used. With 0 all rows are used: on hidden seen classes of digits and of
        artificial tasks this was as good as 0.5, and better than 0.75 and 0.9. With a
        high threshold only rows near the predicted means are used, which contain little
        information.
    max_iter : int, default=10
        Largest number of iterations.

    Attributes
    ----------
    estimator_ : estimator
        Fitted, with the labelled rows and those that it has labelled.
    transduction_ : ndarray of shape (n_samples,)
        Labels of all rows: given ones, those of the last iteration, and -1 of
        unlabelled rows that were predicted as seen classes, or were below `threshold`.
    n_iter_ : int
        Number of iterations.
    classes_ : ndarray of shape (n_classes,)
        All class labels, seen and unseen, sorted.
    seen_classes_ : ndarray of shape (n_seen,)
        Labels that occurred in `y`.
    unseen_classes_ : ndarray of shape (n_unseen,)
        The other labels.
    temperature_ : float
        Divisor of the scores in probabilities, that of the estimator inside.
    n_features_in_ : int
        Number of features, if the estimator has this attribute.
    feature_names_in_ : ndarray of shape (n_features,)
        Names of the features, if the estimator has this attribute.

    See Also
    --------
    sklearn.semi_supervised.SelfTrainingClassifier : Its model where no class is unseen.

    Notes
    -----
    This is the classification EM algorithm [1]_ where the estimator scores by normal
    distributions. It is a transductive setting: give unlabelled rows that are as mixed
    as those to be predicted, and judge the result on rows of which neither label nor
    features were used. What the model takes for an unseen class by mistake pulls that
    class further away, so that the result may also be worse.

    References
    ----------
    .. [1] Celeux, Govaert: A classification EM algorithm for clustering and two
       stochastic versions, Computational Statistics & Data Analysis 14 (3), 1992.

    Examples
    --------
    >>> import numpy as np
    >>> from zsl_estimators import ExemplarClassifier, SelfTrainingZeroShotClassifier
    >>> from zsl_estimators.datasets import make_gzsl
    >>> data = make_gzsl(random_state=0)
    >>> X = np.concatenate([data.X_train, data.X_test[::2]])
    >>> y = np.concatenate([data.y_train, np.full(len(data.X_test[::2]), -1)])
    >>> clf = ExemplarClassifier(data.attributes, random_state=0)
    >>> clf = SelfTrainingZeroShotClassifier(clf).fit(X, y)
    >>> clf.unseen_classes_
    array([ 0,  4,  5, 13])
    >>> bool(clf.score(data.X_test[1::2], data.y_test[1::2]) > 0.9)
    True
    """

    _parameter_constraints = {
        "estimator": [HasMethods(["fit", "predict_proba"])],
        "threshold": [Interval(Real, 0, 1, closed="left")],
        "max_iter": [Interval(Integral, 1, None, closed="left")],
    }

    def __init__(self, estimator, *, threshold=0.0, max_iter=10):
        self.estimator = estimator
        self.threshold = threshold
        self.max_iter = max_iter

    def fit(self, X, y):
        """Fit the estimator to labelled rows, then predict the others and add them.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Features.
        y : array-like of shape (n_samples,)
            Labels of seen classes, and -1 for unlabelled rows. Beside text this needs
            an array of ``dtype=object``, as in scikit-learn.

        Returns
        -------
        self : object
            The fitted estimator.

        Raises
        ------
        ValueError
            If no row is labelled, or -1 is the label of a class.
        TypeError
            If the estimator takes no labelled rows after its fit.
        """
        check_parameters(self)
        X, y = indexable(X, y)
        y = column_or_1d(y, warn=True)
        labelled = ~is_unlabelled(y)
        if len(y) and not labelled.any():
            raise ValueError("y holds no label. Label at least rows of two classes.")
        known = np.flatnonzero(labelled)
        fitted = clone(self.estimator).fit(_safe_indexing(X, known), y[known])
        check_takes_rows(fitted)
        others = np.flatnonzero(~labelled)
        labels = np.result_type(y, fitted.classes_)
        self.transduction_, self.n_iter_ = np.array(y, dtype=labels), 0
        if len(others):
            fitted = self._self_trained(fitted, _safe_indexing(X, others), others)
        self.estimator_ = fitted
        return self

    def __sklearn_is_fitted__(self):
        return hasattr(self, "estimator_")

    def _self_trained(self, fitted, X, others):
        """The model with what it has labelled itself, when its labels stay the same."""
        current, former = fitted, None
        while self.n_iter_ < self.max_iter:
            columns = self._columns_taken(current, X)
            if former is not None and np.array_equal(columns, former):
                break
            current, former = with_rows(fitted, X, columns), columns
            self.n_iter_ += 1
        taken = former >= 0
        self.transduction_[others[taken]] = current.classes_[former[taken]]
        return current

    def _columns_taken(self, current, X):
        """Column of the unseen class that each row is taken for; -1 for none."""
        probabilities = current.predict_proba(X)
        columns = probabilities.argmax(axis=1)
        seen = is_in(current.classes_, find(current).seen_classes_)
        certain = probabilities.max(axis=1) >= self.threshold
        return np.where(certain & ~seen[columns], columns, -1)


def with_rows(fitted, X, columns):
    """Copy of a fitted model that is given rows of some of its classes.

    Parameters
    ----------
    fitted : estimator
        Stays untouched.
    X : array-like of shape (n_rows, n_features)
        Rows.
    columns : ndarray of shape (n_rows,)
        Columns of their classes in ``classes_``; those with -1 are left out.

    Returns
    -------
    changed : estimator
        The copy, or the same where no row is left.
    """
    rows = np.flatnonzero(columns >= 0)
    if not len(rows):
        return fitted
    labels = fitted.classes_[columns[rows]]
    return with_changed_classes(
        fitted,
        lambda inner, features: inner.add_classes(X=features, y=labels),
        _safe_indexing(X, rows),
    )


def is_unlabelled(y):
    """Which rows are marked with -1.

    Parameters
    ----------
    y : ndarray of shape (n_samples,)
        Labels.

    Returns
    -------
    unlabelled : ndarray of shape (n_samples,)
        Booleans.

    Raises
    ------
    ValueError
        If the mark has become text.
    """
    labels = y.tolist()
    if str(UNLABELLED) in labels:
        raise ValueError(
            'y holds the text "-1". To mark rows as unlabelled beside labels that are '
            "text, give an array of dtype=object with the number -1."
        )
    return np.array([label == UNLABELLED for label in labels], dtype=bool)


def check_takes_rows(fitted):
    """Refuse an estimator that takes no labelled rows, or knows a class -1."""
    if UNLABELLED in fitted.classes_.tolist():
        raise ValueError(
            "attributes has a class -1, which marks unlabelled rows in y. Give the "
            "class another label."
        )
    if not hasattr(find(fitted), "add_classes"):
        raise TypeError(
            f"{type(find(fitted)).__name__} has no add_classes, which takes labelled "
            "rows of unseen classes. Use an estimator of zsl_estimators."
        )
