"""An ordinary classifier of the seen classes beside the zero-shot estimators."""

import warnings
from dataclasses import replace

import numpy as np
from sklearn.base import clone
from sklearn.ensemble import ExtraTreesClassifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import balanced_accuracy_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from zsl_estimators.ensemble._weights import mean_area
from zsl_estimators.model_selection._class_holdout import at_most
from zsl_estimators.nested import fit_weighted, log_probabilities, seeded_clone
from zsl_estimators.sample_weights import part_of

# Weights to choose from, for scores whose spread over the classes is about 1.
WEIGHTS = (0.0, 0.03, 0.1, 0.2, 0.3, 0.5, 1.0)
# Below this a logarithm of a probability says no more than "not this class".
LOWEST_LOG_PROBABILITY = -6.0


# A tree can have a leaf for every row, with a number for every class: a hundred with
# more numbers than that would take half a gigabyte.
MOST_NUMBERS_IN_TREE = 2**18
# Rows times features times classes of a linear classifier, about ten seconds. More
# rows are sampled, and where so few of a class would be left, there is no classifier.
MOST_PRODUCTS = 2**31
FEWEST_ROWS_OF_CLASS = 5


def usual_classifiers(n_rows, n_classes):
    """Classifiers to choose from: a linear one, and trees unless they were large.

    Parameters
    ----------
    n_rows : int
        Number of training rows.
    n_classes : int
        Number of seen classes.

    Returns
    -------
    classifiers : list of estimator
        Not fitted.
    """
    scaler = StandardScaler().set_output(transform="default")
    linear = make_pipeline(scaler, LogisticRegression(C=0.1, max_iter=300))
    trees = make_pipeline(clone(scaler), ExtraTreesClassifier())
    return [linear, trees] if n_rows * n_classes <= MOST_NUMBERS_IN_TREE else [linear]


class SeenClassifier:
    """Log probabilities of the seen classes, added to the scores with a weight.

    Parameters
    ----------
    classifiers : list of estimator
        With ``predict_proba``; the best one on held-out samples is taken.
    task : Task
        What it is fitted to; its classes are positions among the seen ones.
    random_state : RandomState
        Seeds the classifiers.
    most_rows : int, default=None
        With more rows than that they are fitted to a sample with equally many of every
        class. None is all rows.

    Attributes
    ----------
    weight : float
        The one with the best AUSUC on the common folds; 0 leaves it out.
    """

    def __init__(self, classifiers, task, random_state, most_rows=None):
        self.task = task
        self.most_rows = len(task.y) if most_rows is None else most_rows
        self.classifiers = [seeded_clone(one, random_state) for one in classifiers]
        self.weight = 0.0

    @classmethod
    def usual(cls, task, random_state):
        """What ``seen_classifier="auto"`` stands for; None where it would take long."""
        n_rows, n_features = task.X.shape
        n_classes = int(task.table.seen.sum())
        most_rows = MOST_PRODUCTS // (n_features * n_classes)
        if most_rows < FEWEST_ROWS_OF_CLASS * n_classes:
            return None
        classifiers = usual_classifiers(min(n_rows, most_rows), n_classes)
        return cls(classifiers, task, random_state, most_rows)

    def choose(self, ensemble):
        """Choose a classifier and its weight.

        Parameters
        ----------
        ensemble : list of HeldOutScores
            Sums of the scores of the estimators on the common folds, then of the
            samples held out from all seen classes.

        Returns
        -------
        ensemble : list of HeldOutScores
            With the log probabilities.
        """
        *folds, known = self.task.folds.with_known()
        self.best, of_known = self._best(*known[:2])
        added = [
            self._log_probabilities(self._fitted(self.best, train), held_out)
            for train, held_out, _ in folds
        ]
        added.append(of_known)
        areas = [mean_area(self._with(ensemble, added, w)[:-1]) for w in WEIGHTS]
        # The first of equals is the smallest.
        self.weight = WEIGHTS[int(np.argmax(areas))]
        return self._with(ensemble, added, self.weight)

    def fit(self):
        """Fit the classifier to all samples; return it."""
        return self._fitted(self.best, np.arange(len(self.task.y)))

    def _best(self, train, held_out):
        """The best classifier, and its log probabilities of the held-out samples."""
        fitted = [self._fitted(one, train) for one in self.classifiers]
        added = [self._log_probabilities(one, held_out) for one in fitted]
        accuracies = [
            balanced_accuracy_score(
                self.task.y[held_out],
                one.argmax(axis=1),
                sample_weight=part_of(self.task.weights, held_out),
            )
            for one in added
        ]
        best = int(np.argmax(accuracies))
        return self.classifiers[best], added[best]

    def _fitted(self, classifier, rows):
        with warnings.catch_warnings():
            # It need not be exact.
            warnings.simplefilter("ignore", ConvergenceWarning)
            rows = at_most(self.most_rows, rows, self.task.y, self.task.seed)
            return fit_weighted(
                clone(classifier),
                self.task.X[rows],
                self.task.y[rows],
                part_of(self.task.weights, rows),
            )

    def _log_probabilities(self, fitted, rows):
        n_seen = int(self.task.table.seen.sum())
        return bounded_log_probabilities(fitted, self.task.X[rows], n_seen)

    @staticmethod
    def _with(ensemble, added, weight):
        """Scores of the ensemble with so much of the log probabilities."""
        changed = []
        for fold, logarithms in zip(ensemble, added, strict=True):
            scores = fold.scores.copy()
            scores[:, : logarithms.shape[1]] += weight * logarithms
            changed.append(replace(fold, scores=scores))
        return changed


def bounded_log_probabilities(fitted, X, n_seen):
    """Log probabilities of all seen classes; 0 for those that were not trained on.

    Parameters
    ----------
    fitted : estimator
        Its classes are positions among the seen ones.
    X : ndarray of shape (n_samples, n_features)
        Features.
    n_seen : int
        Number of seen classes.

    Returns
    -------
    logarithms : ndarray of shape (n_samples, n_seen)
        From `LOWEST_LOG_PROBABILITY` to 0.
    """
    logarithms = np.zeros((X.shape[0], n_seen))
    of_trained = np.maximum(log_probabilities(fitted, X), LOWEST_LOG_PROBABILITY)
    logarithms[:, fitted.classes_] = of_trained
    return logarithms
