"""The contract that every estimator of the package keeps.

:class:`BaseZeroShotClassifier` owns everything a user can see: validation, the class
table, scaling, calibration on held-out classes, the predict family, adding classes. A
new estimator only says how to fit (:meth:`~BaseZeroShotClassifier._fit`) and how to
score (:meth:`~BaseZeroShotClassifier._score_classes`); six more methods have
defaults.
"""

import warnings
from abc import ABCMeta, abstractmethod
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from numbers import Integral, Real

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.preprocessing import StandardScaler
from sklearn.utils import get_tags
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

from zsl_estimators.calibration import (
    Choice,
    HeldOutFolds,
    PenalisedPredictionMixin,
    held_out_split,
    scores_of_seen_classes,
)
from zsl_estimators.candidates import rows_per_block
from zsl_estimators.class_table import ClassTable
from zsl_estimators.docstrings import fill_docstring
from zsl_estimators.exceptions import ZeroShotWarning
from zsl_estimators.few_shot import ClassRows, FewShotScores, positions_of_unseen
from zsl_estimators.initial import best_inside
from zsl_estimators.inspection import attribute_importance, explain_predictions
from zsl_estimators.labels import as_labels
from zsl_estimators.nested import fit_weighted, with_choices_fixed
from zsl_estimators.onnx_export import CannotExport, write_onnx
from zsl_estimators.parameters import Interval, StrOptions, check_parameters
from zsl_estimators.problem import PRECISIONS, Problem
from zsl_estimators.progress import FitProgress, Reporter
from zsl_estimators.representation import with_summaries
from zsl_estimators.rows import refuse_sparse, scaled_features
from zsl_estimators.sample_weights import weighted_rows
from zsl_estimators.scaling import BalancedScaler, scalings_to_compare, unmixed
from zsl_estimators.seeds import LARGEST_SEED, private_random_state
from zsl_estimators.unlabelled import checked_unlabelled, of_unseen_classes

# What models of folds must not take over from the parameters of their estimator.
FOLD_PARAMETERS = {
    "seen_penalty": 0.0,
    "warm_start": False,
    "callbacks": None,
    "n_jobs": None,
}


@fill_docstring
class BaseZeroShotClassifier(
    PenalisedPredictionMixin, ClassifierMixin, BaseEstimator, metaclass=ABCMeta
):
    """Base class of all estimators: fit on some classes, predict any class.

    Subclasses implement `_fit` and `_score_classes`. Those that have something to
    choose on held-out classes, such as the number of epochs, also implement
    `_fit_candidates`.

    Parameters
    ----------
    %(attributes)s
    %(seen_penalty)s
    %(n_jobs)s
    %(random_state)s

    Attributes
    ----------
    %(fitted)s
    """

    _parameter_constraints = {
        "seen_penalty": [
            StrOptions({"auto"}),
            Interval(Real, None, None, closed="neither"),
        ],
        "n_jobs": [Integral, None],
        "random_state": ["random_state"],
        "verbose": [Interval(Real, 0, None, closed="left"), "boolean"],
    }
    # Of features that are taken as they are; others become the first of them.
    _precisions = PRECISIONS
    # Contexts of a whole fit, and of everything that a fitted model computes.
    _fit_context = _predict_context = nullcontext
    # Whether a class may have several descriptions, which are averaged.
    _takes_several_descriptions = False
    # Whether `fit` takes rows of unknown classes, as `X_unlabelled`.
    _takes_unlabelled_rows = False
    # Whether a user has given the class table, who should hear of what is wrong in it.
    _warns_of_table = True
    # Whether anybody may give labelled rows of unseen classes to the fitted model.
    _takes_rows = True
    # Whether attribute_scaling="auto" is what the initial estimator has chosen.
    _takes_over_scaling = True
    # Why it cannot be exported to ONNX, and what to do instead.
    _no_onnx = (
        "it does not say how it scores classes outside of Python",
        "Store it with skops.io.dump, or implement _scoring_module().",
    )
    # Which fold the model is being fitted for, shown with its progress.
    _fold = "all"
    # Whether models of folds are fitted before this one.
    _has_folds = False
    # In how many stages the folds find what `held_out_results_` shows.
    _n_results_stages = 1
    # Whether an ensemble wants to see how the models of the folds score.
    _keeps_held_out_scores = False
    # What a model reports its steps to, how many there are, and what they are.
    _report, _n_steps, _step = Reporter(), 1, "model"

    @abstractmethod
    def __init__(
        self,
        attributes=None,
        *,
        classes=None,
        seen_penalty="auto",
        n_jobs=None,
        random_state=None,
        verbose=0,
    ):
        self.attributes = attributes
        self.classes = classes
        self.seen_penalty = seen_penalty
        self.n_jobs = n_jobs
        self.random_state = random_state
        self.verbose = verbose

    # -- for subclasses -----------------------------------------------------------

    @abstractmethod
    def _fit(self, problem, choice, random_state):
        """Fit the final model.

        Parameters
        ----------
        problem : Problem
            Scaled features and descriptions.
        choice : Choice
            What the folds chose among the candidates of :meth:`_fit_candidates`.
        random_state : RandomState
            The only source of randomness.
        """

    @abstractmethod
    def _score_classes(self, Z):
        """Score every class, before the seen penalty.

        Parameters
        ----------
        Z : ndarray of shape (n_samples, n_scaled)
            Scaled features, float64.

        Returns
        -------
        scores : ndarray of shape (n_samples, n_classes)
            Finite float64, larger is better, columns in the order of
            :meth:`_scaled_attributes`.
        """

    def _fit_candidates(self, problem, random_state):
        """Make a generator of the candidates that the folds choose from.

        It fits one candidate model after the other, and yields something hashable that
        names it while :meth:`_score_classes` answers for it.

        Parameters
        ----------
        problem : Problem
            That of a fold.
        random_state : RandomState
            The only source of randomness.

        Returns
        -------
        candidates : generator, list of stage or None
            None where there is nothing to choose. Several choices one after the other,
            or one that may end early, are a list of stages, see
            :class:`~zsl_estimators.calibration.HeldOutFolds`. Nothing may be fitted
            before the first candidate is asked for.
        """
        return None

    def _new_scalers(self, random_state):
        """Make what scales features and descriptions, both not fitted.

        Parameters
        ----------
        random_state : RandomState
            For scalings that depend on chance.

        Returns
        -------
        feature_scaler : transformer
            Has ``fit(X, y)``, where `y` are positions among the seen classes, or
            ``fit(X, y, sample_weight)`` where it learns anything, and ``transform(X)``.
        attribute_scaler : transformer
            Has ``fit(S)``, for descriptions of seen classes, and ``transform(S)``.
        """
        return BalancedScaler(), StandardScaler()

    def _new_inits(self):
        """Make the estimators that ``init="auto"`` chooses from, not fitted.

        Also where an estimator starts from no other, ``attribute_scaling="auto"`` is
        what the chosen one has.
        """
        raise NotImplementedError

    def _scoring_module(self):
        """Make a torch module that scores classes as :meth:`_score_classes` does.

        It is what :meth:`to_onnx` exports.
        """
        raise CannotExport(*self._no_onnx)

    def _add_classes(self, positions):
        """Get ready to score classes that were added to the end of the table."""

    def _attribute_weights(self, Z, positions):
        """Weights with which scaled attributes are summed to a score.

        Parameters
        ----------
        Z : ndarray of shape (n_samples, n_scaled)
            Scaled features, float64.
        positions : ndarray of shape (n_samples,)
            Class of every sample, as a position in the table.

        Returns
        -------
        weights : ndarray of shape (n_samples, n_scaled_attributes) or None
            Their products with the scaled descriptions of the classes sum to the
            scores, up to a number that is the same for all classes of a sample. None
            where scores are no such sums.
        """
        return None

    def _gaussian_of_scores(self):
        """The UnscaledGaussian that a model holds anyway; None where it has none."""
        return getattr(getattr(self, "init_", None), "within_class", None)

    def _means_of_scores(self, positions):
        """Means of classes by the distance to which a model scores them.

        In the users' units, and relative to `_gaussian_of_scores`. None where scores
        are no such distances.
        """
        return None

    # -- for users ----------------------------------------------------------------

    def fit(self, X, y, sample_weight=None, **unsupported):
        """Fit the model on samples of the seen classes.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Features.
        y : array-like of shape (n_samples,)
            Labels; every one needs a row in `attributes`.
        %(sample_weight)s
        %(end_of_fit)s
        """
        check_parameters(self)
        takes = self._takes_unlabelled_rows
        X_unlabelled = unsupported.pop("X_unlabelled", None) if takes else None
        if unsupported:
            raise TypeError(
                f"fit got {', '.join(unsupported)}, which {type(self).__name__} "
                "does not support. Leave it out."
            )
        with restored_on_error(self), self._progress_of_fit() as progress:
            X, y = self._checked_for_fit(X, y)
            X, y, weights = weighted_rows(X, y, sample_weight)
            unlabelled = checked_unlabelled(self, X_unlabelled, self._precisions)
            random_state = private_random_state(self.random_state)
            fold_seed, fit_seed = random_state.randint(LARGEST_SEED, size=2)
            problem, choice = self._choose(
                X, y, fold_seed, progress, weights, unlabelled
            )
            self._fit_chosen(problem, choice, fit_seed)
        return self

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

    def add_classes(self, attributes=None, classes=None, *, X=None, y=None):
        """Let the fitted model predict new, unseen classes, or predict some better.

        Nothing is trained and no training data is needed. Scores of the other classes
        stay what they were, and so does `seen_penalty_`: a model that was fitted
        without any unseen class has the penalty 0 and will favour its seen classes,
        so describe at least one unseen class in :meth:`fit` where possible.

        A few labelled rows in `X` and `y` sharpen the scores of unseen classes. These
        stay in `unseen_classes_`, and pay the seen penalty by the share in which the
        rows have made up for what their description leaves open. How much rows count
        beside a description is known from :meth:`fit`: it predicts the mean of every
        seen class from the others. Rows of further calls add up. See
        :ref:`few_shot`.

        The added classes belong to the fitted model, not to the parameters: another
        :meth:`fit`, and :func:`sklearn.base.clone`, know of those in `attributes` only.

        %(add_classes)s
        """
        check_is_fitted(self)
        table = self._extended_table(attributes, classes, X)
        n_old, back = len(self._table.labels), self._coming_back(table)
        rows = None if X is None and y is None else self._checked_rows(X, y, table)
        with restored_on_error(self), self._predict_context():
            self._set_table(table)
            self._restore_classes(back)
            if len(table.labels) > n_old:
                self._add_classes(np.arange(n_old, len(table.labels)))
            if rows is not None:
                self._add_rows(*rows)
        return self

    def remove_classes(self, labels):
        """Let the fitted model predict some classes no more.

        The scores of the others stay what they were. A class that is added again with
        the same description is what it was, less the rows that were given to
        :meth:`add_classes`. What the model holds of a removed class stays in memory
        until the next :meth:`fit`.

        Parameters
        ----------
        labels : array-like of shape (n_labels,)
            Labels out of `classes_`, unseen or seen.

        Returns
        -------
        self : object
            The fitted estimator.

        Raises
        ------
        ValueError
            If a label is not known, or no class would be left.
        """
        check_is_fitted(self)
        table = self._table.without(labels)
        positions = np.setdiff1d(self._table.present, table.present)
        with restored_on_error(self), self._predict_context():
            self._hide_classes(positions)
            self._set_table(table)
            self._labelled_rows = self._labelled_rows.without(positions)
        return self

    def explain(self, X, rival=None):
        """Say what every attribute adds to the margin of the prediction over a rival.

        It is :func:`~zsl_estimators.inspection.explain_predictions` of this model.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Features.
        rival : label or array-like of shape (n_samples,), default=None
            Class, or class of every sample, that the prediction is compared with. None
            is the second best class of every sample.

        Returns
        -------
        contributions : DataFrame of shape (n_samples, n_attributes + 2)
            The rows sum to the margins.

        Raises
        ------
        ValueError
            If there is only one class, or `rival` is not known or has another length.
        """
        return explain_predictions(self, X, rival)

    def attribute_importance(self, X, y):
        """Say how much accuracy is lost without each attribute of unseen classes.

        It is :func:`~zsl_estimators.inspection.attribute_importance` of this model.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Samples of seen and of unseen classes.
        y : array-like of shape (n_samples,)
            Their labels.

        Returns
        -------
        importance : DataFrame of shape (n_attributes, 3)
            What S, U and H lose; the attribute with the largest loss of H comes first.

        Raises
        ------
        ValueError
            If `y` lacks seen or unseen classes.
        """
        return attribute_importance(self, X, y)

    def to_onnx(self, path, *, precision="double"):
        """Write the whole decision to an ONNX file.

        The graph scales features, scores all classes and takes the seen penalty off.
        Its input `features` is of single precision, with any number of rows; outputs
        are `scores`, what `decision_function` returns with one column per class,
        and `position`, the column of the largest one. The metadata of the file holds
        the labels of the columns as a JSON list, ``"classes"``, and the seen ones.

        Features are scaled in double precision whatever `precision` is, so that their
        offset takes no digits but those that the input does not have.

        Parameters
        ----------
        path : str or path-like
            Of the file, which is replaced. It holds everything, up to 2 GB.
        precision : {"double", "single"}, default="double"
            What is computed in after the features have been scaled. "single" takes half
            the memory and runs on more devices; scores then differ in the sixth digit.

        Raises
        ------
        NotImplementedError
            If the decision cannot be exported; the message says why, and what to do.
        ImportError
            If onnx or onnxscript is not installed.
        """
        check_is_fitted(self)
        with self._predict_context():
            write_onnx(self, path, precision)

    def __sklearn_is_fitted__(self):
        """Fitted means that the seen penalty, the last thing to be set, is there."""
        return hasattr(self, "seen_penalty_")

    def __repr__(self, N_CHAR_MAX=700):
        return BaseEstimator.__repr__(with_summaries(self), N_CHAR_MAX)

    def _get_params_html(self, *args, **kwargs):
        return BaseEstimator._get_params_html(with_summaries(self), *args, **kwargs)

    # -- inside -------------------------------------------------------------------

    def _extended_table(self, attributes, classes, X):
        """The class table with what add_classes was given."""
        if attributes is not None:
            several = self._takes_several_descriptions
            table = self._table.extended(attributes, classes, several)
            if self._warns_of_table:
                table.warn_of_imputed()
            return table
        if classes is not None or X is None:
            raise ValueError(
                "add_classes got no attributes. Describe the new classes in "
                "attributes, or give labelled rows of unseen classes in X and y."
            )
        return self._table

    def _coming_back(self, table):
        """Positions of removed classes that are present in another table."""
        return np.setdiff1d(
            table.present[table.present < len(self._table.labels)], self._table.present
        )

    def _checked_rows(self, X, y, table):
        """Rows of unseen classes and the positions of these."""
        if X is None or y is None:
            raise ValueError(
                "add_classes takes labelled rows: give both X and y, or none of them."
            )
        X = self._validated(X, reset=False)
        return X, positions_of_unseen(y, len(X), table)

    def _add_rows(self, X, positions):
        """Take labelled rows of unseen classes into account."""
        if self._few_shot is None:
            raise ValueError(
                "X and y cannot be used: the model was fitted without labels, on "
                "features with missing values, or inside another one, so that it does "
                "not know how samples of a class vary. Give labels and finite features "
                "to fit."
            )
        self._labelled_rows = self._labelled_rows.with_rows(X, positions)

    def _hide_classes(self, positions):
        """Forget classes as far as somebody else would ask for their scores."""

    def _restore_classes(self, positions):
        """Know classes again that were hidden."""

    def _checked_for_fit(self, X, y):
        """Features and labels to fit on; no labels only where the tags allow it."""
        if y is None and not get_tags(self).target_tags.required:
            return self._validated(X), None
        takes_nan = get_tags(self).input_tags.allow_nan
        X, y = self._validated(X, y, takes_nan=takes_nan, ensure_min_samples=2)
        check_classification_targets(as_labels(y, "y"))
        return X, y

    @contextmanager
    def _progress_of_fit(self):
        """Yield the progress of a fit, to which the final model reports."""
        shown = self.verbose == 1
        progress = FitProgress(type(self).__name__, self._n_steps, self._step, shown)
        self._report = progress.reporter(-1)
        try:
            yield progress
            progress.end(-1)
        finally:
            progress.bar.close()
            self._report = Reporter()

    @contextmanager
    def _computing(self):
        """Context of what is computed for a fit.

        Not of the whole fit: while other threads fit the models of folds, of this
        estimator or of its initial one, this thread must not keep what belongs to one
        thread at a time.
        """
        with harmless_underflow(), self._fit_context():
            yield

    def _choose(self, X, y, seed, progress, weights=None, X_unlabelled=None):
        """Begin a fit: all that comes before the final model.

        Returns
        -------
        problem : Problem
            For the final model.
        choice : Choice
            What the folds have chosen.
        """
        set_up = np.random.RandomState(seed)
        self._set_up(X, y, set_up, weights)
        unlabelled = of_unseen_classes(X_unlabelled, self._table)
        problem = self._scaled_problem(X, y, set_up, weights, unlabelled)
        if self._warns_of_table:
            scaled = self._scaled_attributes()
            self._table.warn_of_useless(self.attributes, scaled)
        choice = self._choose_on_held_out_classes(X, problem, seed, progress)
        return problem, choice

    def _fit_chosen(self, problem, choice, seed):
        """End a fit: train the final model."""
        with self._computing():
            self._fit(problem, choice, np.random.RandomState(seed))
        self.held_out_results_ = choice.frame(n_stages=self._n_results_stages)
        self._held_out_area = choice.area
        self._held_out_performance = choice.performance
        fitted = choice.temperature
        self.temperature_ = self._score_temperature if fitted is None else fitted
        self._labelled_rows = ClassRows.none(self.n_features_in_)
        with self._computing():
            self._few_shot = self._new_few_shot(problem)
        # The last: until then this fit goes on with the one before, or it does not.
        warm = getattr(self, "warm_start", False)
        self._learned_from = self._what_is_learned() if warm else None
        self.seen_penalty_ = choice.penalty

    def _new_few_shot(self, problem):
        """What labelled rows of unseen classes will be scored by."""
        X, gaussian = problem.rows.X, self._gaussian_of_scores()
        takes_nan = get_tags(self).input_tags.allow_nan
        unknown = not problem.n_seen or (takes_nan and np.isnan(X).any())
        if unknown or not self._takes_rows:
            return None
        descriptions = self._scaled_attributes()[self._table.seen]
        weights = problem.weights
        return FewShotScores.fit(X, problem.y, descriptions, gaussian, weights)

    def _set_up(self, X, y, random_state, weights=None):
        """Set up the class table, the initial estimator and both scalers."""
        self.n_features_in_ = X.shape[1]
        self._set_table(self._make_table(y))
        positions = self._table.positions_among_seen(y)
        if not self._is_warm_start():
            self._fit_init(X, y, random_state, weights)
            self._resolve_attribute_scaling(X, y, random_state, weights)
            with self._computing():
                features, _ = self._new_scalers(random_state)
                # Some scalings, such as that of rows to length 1, learn nothing.
                self.feature_scaler_ = fit_weighted(
                    features, X, positions, weights, optional=True
                )
                self._fit_attribute_scaler(random_state)

    def _resolve_attribute_scaling(self, X, y, random_state, weights):
        """Find out which scaling of the descriptions to begin with."""
        if not hasattr(self, "attribute_scaling"):
            return
        self.attribute_scaling_ = scalings_to_compare(self.attribute_scaling)[0]
        if self.attribute_scaling == "auto" and self._takes_over_scaling:
            chosen_by = getattr(self, "init_", None)
            if chosen_by is None:
                chosen_by = best_inside(
                    self._new_inits(), self._table, X, y, random_state, weights
                )
            scaling = getattr(chosen_by, "attribute_scaling_", self.attribute_scaling_)
            self.attribute_scaling_ = scaling

    def _fit_attribute_scaler(self, random_state):
        """Fit the scaler of the descriptions to the seen classes."""
        _, scaler = self._new_scalers(random_state)
        # One that is frozen takes no less.
        self.attribute_scaler_ = scaler.fit(self._table.matrix[self._table.seen], None)

    def _scaled_problem(self, X, y, random_state, weights=None, unlabelled=None):
        """Scale the task that the model has been set up for."""
        with self._computing():
            return Problem.scaled(
                X,
                self._table.positions_among_seen(y),
                self._table,
                self.feature_scaler_,
                self.attribute_scaler_,
                random_state,
                weights,
                unlabelled,
            )

    def _make_table(self, y):
        several = self._takes_several_descriptions
        return ClassTable.from_parameters(self.attributes, self.classes, y, several)

    def _set_table(self, table):
        self._table, self._order = table, table.order
        self.classes_ = table.labels[self._order]
        seen = table.seen[self._order]
        self.seen_classes_, self.unseen_classes_ = (
            self.classes_[seen],
            self.classes_[~seen],
        )
        self.class_attributes_ = table.matrix[self._order]

    def _is_warm_start(self):
        """Whether to train the model of the last fit further, in its own units."""
        if not getattr(self, "warm_start", False) or not self.__sklearn_is_fitted__():
            return False
        if self._learned_from is None:
            return False
        for what, before, after in zip(
            ("classes in y", "descriptions of the seen classes", "number of features"),
            self._learned_from,
            self._what_is_learned(),
            strict=True,
        ):
            if not np.array_equal(before, after):
                raise ValueError(
                    f"warm_start=True goes on with the last fit, but the {what} "
                    f"changed from {np.ravel(before)[:8]} to {np.ravel(after)[:8]}. "
                    "Use warm_start=False, or give what it was."
                )
        return True

    def _what_is_learned(self):
        """What must be the same for a model to be trained further."""
        seen_rows = self._table.matrix[self._table.seen]
        return self.seen_classes_, seen_rows, self.n_features_in_

    def _fit_init(self, X, y, random_state, weights):
        """Fit the estimator that this one starts from, if it starts from one."""
        if not hasattr(self, "init"):
            return
        self.init_ = None
        if self.init is None:
            return
        automatic = isinstance(self.init, str)
        inits = self._new_inits() if automatic else [clone(self.init)]
        self.init_ = best_inside(inits, self._table, X, y, random_state, weights)

    def _fold_parameters(self):
        """Constructor parameters that differ in the models of the folds."""
        parameters = FOLD_PARAMETERS.keys() & self.get_params(deep=False).keys()
        differing = {name: FOLD_PARAMETERS[name] for name in parameters}
        if getattr(self, "init_", None) is not None:
            seed = getattr(self.init, "random_state", None)
            init = with_choices_fixed(self.init_).set_params(random_state=seed)
            differing["init"] = init
        if hasattr(self, "attribute_scaling"):
            differing["attribute_scaling"] = self.attribute_scaling_
        return differing

    def _choose_on_held_out_classes(self, X, problem, seed, progress):
        """Choose the candidate and the seen penalty on folds of hidden classes."""
        automatic = self.seen_penalty == "auto"
        fixed = Choice(penalty=0.0 if automatic else float(self.seen_penalty))
        split = held_out_split(problem.n_seen, len(self.unseen_classes_), seed)
        # Asking for the generator fits nothing yet.
        wanted = automatic or self._fit_candidates(problem, None) is not None
        if split is None and automatic and problem.n_seen:
            self._warn_of_few_classes(problem.n_seen)
        # Without a second sample of any class a fold cannot test seen classes.
        possible = split is not None and np.bincount(problem.y).max() >= 2
        self._has_folds = wanted and possible
        if not self._has_folds:
            return fixed
        keeps, weights = self._keeps_held_out_scores, problem.weights
        unlabelled = problem.unlabelled
        folds = HeldOutFolds(
            self, X, problem.y, split, seed, self.n_jobs, keeps, weights, unlabelled
        )
        choice = folds.compare(progress)
        if not automatic:
            return replace(choice, penalty=fixed.penalty)
        report = progress.reporter(-2)
        known = scores_of_seen_classes(
            self, X, problem.y, choice, seed, report, weights, unlabelled
        )
        if keeps:
            self._held_out_scores = [*folds.best_scores(choice), known]
        progress.end(-2)
        return choice.with_known(known)

    def _warn_of_few_classes(self, n_seen):
        """Warn that nothing keeps a model from answering with seen classes only."""
        # An array without labels may have more rows than there are classes.
        named = self.classes is not None or isinstance(self.attributes, pd.DataFrame)
        if named and len(self.unseen_classes_) and self._warns_of_table:
            warnings.warn(
                f"y holds {n_seen} class{'es' * (n_seen > 1)}, and "
                "seen_penalty='auto' needs four to hide some of them. The penalty is "
                "0, with which unseen classes are hardly ever predicted. Give "
                "seen_penalty a number, or samples of more classes.",
                ZeroShotWarning,
                stacklevel=4,
            )

    def _attribute_terms(self, X, columns):
        """Terms of the scores of one class per sample, one term per attribute.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Features.
        columns : ndarray of shape (n_samples,)
            Class of every sample, as a position in `classes_`.

        Returns
        -------
        terms : ndarray of shape (n_samples, n_attributes) or None
            They sum to the scores without the penalty, up to a number that is the same
            for all classes of a sample. None where scores are no such sums.
        """
        positions = self._order[columns]
        with harmless_underflow(), self._predict_context():
            weights = self._attribute_weights(self._scaled(self._checked(X)), positions)
        if weights is None:
            return None
        parts, mixing = unmixed(self.attribute_scaler_, self._table.matrix)
        return parts[positions] * (weights @ mixing.T)

    def _scaled(self, X):
        """Features in the units of the model."""
        return scaled_features(self.feature_scaler_, X)

    def _scaled_attributes(self):
        """Descriptions of all classes in the units of the model."""
        return self.attribute_scaler_.transform(self._table.matrix)

    def _checked(self, X):
        """Features that were given to a fitted model."""
        check_is_fitted(self)
        # Labelled rows of unseen classes are compared with all features.
        takes_nan = get_tags(self).input_tags.allow_nan and not len(self._labelled_rows)
        return self._validated(X, takes_nan=takes_nan, reset=False)

    def _validated(self, X, *y, takes_nan=False, **options):
        """Features, and labels if there are any, that can be computed with."""
        refuse_sparse(X)
        finite = "allow-nan" if takes_nan else True
        return validate_data(
            self, X, *y, dtype=self._precisions, ensure_all_finite=finite, **options
        )

    def _penalised_scores(self, X):
        X = self._checked(X)
        shares = self._shares_of_penalty
        n_rows = rows_per_block(len(self._order))
        for start in range(0, len(X), n_rows):
            block = X[start : start + n_rows]
            with harmless_underflow(), self._predict_context():
                scores = self._score_classes(self._scaled(block))
                if len(self._labelled_rows):
                    scores = self._sharpened(scores, block)
            yield self._less_penalty(scores[:, self._order], self.seen_penalty_, shares)

    @property
    def _shares_of_penalty(self):
        """In which share each of `classes_` pays the seen penalty."""
        shares = self._table.seen.astype(np.float64)
        shares[self._labelled_rows.positions] = self._shares_known()
        return shares[self._order]

    def _shares_known(self):
        """How much rows tell of each class that has some, beside its description."""
        if not len(self._labelled_rows):
            return 0.0
        return self._few_shot.prior.shares_known(self._labelled_rows.counts)

    def _sharpened(self, scores, X):
        """Scores of which those of classes with labelled rows take these in."""
        rows, X = self._labelled_rows, X.astype(np.float64)
        means, sharpened = self._means_of_scores(rows.positions), scores.copy()
        if means is None:
            own = scores[:, rows.positions], scores[:, self._table.seen]
            descriptions = self._scaled_attributes()[rows.positions]
            columns = self._few_shot.blended(
                X, *own, self.temperature_, descriptions, rows
            )
        else:
            columns = self._few_shot.of_means(X, means, rows)
        sharpened[:, rows.positions] = columns
        return sharpened


@contextmanager
def restored_on_error(estimator):
    """Give an estimator back what it was before, if the block fails or is interrupted.

    Nothing that a fitted estimator holds may be changed in place inside the block.
    """
    former = vars(estimator).copy()
    try:
        yield
    except BaseException:
        vars(estimator).clear()
        vars(estimator).update(former)
        raise


def harmless_underflow():
    """Let tiny numbers become 0, also where numpy was set to raise."""
    return np.errstate(under="ignore")
