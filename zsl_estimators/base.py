"""The contract that every estimator of the package keeps.

:class:`BaseZeroShotClassifier` owns everything a user can see: validation, the class
table, scaling, calibration on held-out classes, the predict family, adding classes. A
new estimator only says how to fit (:meth:`~BaseZeroShotClassifier._fit`) and how to
score (:meth:`~BaseZeroShotClassifier._score_classes`); four more methods have defaults.
"""

from abc import ABCMeta, abstractmethod
from contextlib import contextmanager, nullcontext
from numbers import Integral, Real

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.preprocessing import StandardScaler
from sklearn.utils import get_tags
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

from zsl_estimators.arrays import check_magnitude, check_mapped_file, unmasked
from zsl_estimators.calibration import (
    PenalisedPredictionMixin,
    choose_on_held_out_classes,
)
from zsl_estimators.candidates import rows_per_block
from zsl_estimators.changed_classes import add_classes_to, remove_classes_from
from zsl_estimators.class_table import ClassTable
from zsl_estimators.contexts import harmless_underflow, restored_on_error
from zsl_estimators.docstrings import fill_docstring
from zsl_estimators.few_shot import LabelledRows
from zsl_estimators.initial import first_scaling, fit_init
from zsl_estimators.inspection import attribute_importance, explain_predictions
from zsl_estimators.labels import as_labels
from zsl_estimators.nested import fit_weighted
from zsl_estimators.onnx_export import write_onnx
from zsl_estimators.parameters import Interval, StrOptions, check_parameters
from zsl_estimators.problem import PRECISIONS, Problem
from zsl_estimators.progress import Reporter, progress_of_fit
from zsl_estimators.representation import with_summaries
from zsl_estimators.rows import PickedRows, refuse_sparse, scaled_features
from zsl_estimators.sample_weights import weighted_rows
from zsl_estimators.scaling import BalancedScaler
from zsl_estimators.seeds import LARGEST_SEED, private_random_state
from zsl_estimators.sparse_rows import without_duplicates
from zsl_estimators.unlabelled import checked_unlabelled, of_unseen_classes
from zsl_estimators.warm_start import is_warm_start, learned_from


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
    # Whether `X` may be sparse, in `fit` and wherever it is scored.
    _takes_sparse = False
    # Whether scores by labelled rows are estimated, which `add_classes` may get.
    _takes_labelled_rows = True
    # Whether attribute_scaling="auto" is what the initial estimator has chosen.
    _takes_over_scaling = True
    # Whether a user has given the class table, who should hear of what is wrong in it.
    _warns_of_table = True
    # Which fold the model is being fitted for, shown with its progress.
    _fold = "all"
    # Whether models of folds are fitted before this one.
    _has_folds = False
    # In how many stages the folds find what `held_out_results_` shows.
    _n_results_stages = 1
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
        return BalancedScaler(), StandardScaler().set_output(transform="default")

    def _new_inits(self):
        """Make the estimators that ``init="auto"`` chooses from, not fitted.

        Also where an estimator starts from no other, ``attribute_scaling="auto"`` is
        what the chosen one has.
        """
        raise NotImplementedError

    def _add_classes(self, positions):
        """Get ready to score classes that were added to the end of the table."""

    # -- fit ----------------------------------------------------------------------

    def fit(self, X, y, sample_weight=None, **unsupported):
        """Fit the model on samples of the seen classes.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            Features. Sparse ones are taken by estimators that are linear in them, see
            :ref:`sparse_features`.
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
        with restored_on_error(self), progress_of_fit(self) as progress:
            X, y = self._checked_for_fit(X, y)
            X, y, weights = weighted_rows(X, y, sample_weight)
            unlabelled = checked_unlabelled(self, X_unlabelled, self._precisions)
            fold_seed, fit_seed = self._seeds()
            problem, choice = self._choose(
                X, y, fold_seed, progress, weights, unlabelled
            )
            self._fit_chosen(problem, choice, fit_seed)
        return self

    def _seeds(self):
        """Seeds of the folds and of the final model.

        The initial estimator may have the same random state, see
        :func:`~zsl_estimators.initial.seed_inside`, and has chosen its settings on
        folds of its own. It looks too good on those: here other classes are hidden.
        """
        random_state = private_random_state(self.random_state)
        fold_seed, fit_seed = random_state.randint(LARGEST_SEED, size=2)
        if getattr(self, "init", None) is not None:
            fold_seed = random_state.randint(LARGEST_SEED)
        return fold_seed, fit_seed

    def _checked_for_fit(self, X, y):
        """Features and labels to fit on; no labels only where the tags allow it."""
        # Rows of a fold: the fit that it belongs to has checked them.
        if isinstance(X, PickedRows):
            return X, y
        if y is None and not get_tags(self).target_tags.required:
            return self._validated(X), None
        takes_nan = get_tags(self).input_tags.allow_nan
        X, y = self._validated(X, y, takes_nan=takes_nan, ensure_min_samples=2)
        check_classification_targets(as_labels(y, "y"))
        return X, y

    @contextmanager
    def _computing(self):
        """Context of what is computed for a fit.

        Not of the whole fit: while other threads fit the models of folds, of this
        estimator or of its initial one, this thread must not keep what belongs to one
        thread at a time.
        """
        with harmless_underflow(), self._fit_context():
            yield

    def _choose(
        self, X, y, seed, progress, weights=None, X_unlabelled=None, keeps_scores=False
    ):
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
        return problem, self._choose_on_folds(X, problem, seed, progress, keeps_scores)

    def _set_up(self, X, y, random_state, weights=None):
        """Set up the class table, the initial estimator and both scalers."""
        self.n_features_in_ = X.shape[1]
        self._set_table(self._make_table(y))
        positions = self._table.positions_among_seen(y)
        if is_warm_start(self):
            return
        if hasattr(self, "init"):
            self.init_ = fit_init(self, X, y, random_state, weights)
        if hasattr(self, "attribute_scaling"):
            scaling = first_scaling(self, X, y, random_state, weights)
            self.attribute_scaling_ = scaling
        with self._computing():
            features, _ = self._new_scalers(random_state)
            # Some scalings, such as that of rows to length 1, learn nothing.
            self.feature_scaler_ = fit_weighted(
                features, X, positions, weights, optional=True
            )
            self._fit_attribute_scaler(random_state)

    def _make_table(self, y):
        several = self._takes_several_descriptions
        return ClassTable.from_parameters(self.attributes, self.classes, y, several)

    def _set_table(self, table):
        self._table, self._order = table, table.order
        self.classes_ = table.labels[self._order]
        seen = table.seen[self._order]
        self.seen_classes_ = self.classes_[seen]
        self.unseen_classes_ = self.classes_[~seen]
        self.class_attributes_ = table.matrix[self._order]

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

    def _choose_on_folds(self, X, problem, seed, progress, keeps_scores):
        """Choose the candidate and the seen penalty."""
        task = X, problem, seed, progress
        return choose_on_held_out_classes(self, *task, keeps_scores)

    def _fit_chosen(self, problem, choice, seed):
        """End a fit: train the final model."""
        try:
            with self._computing():
                self._fit(problem, choice, np.random.RandomState(seed))
        except BaseException:
            choice.abandon()
            raise
        choice = choice.completed()
        self.held_out_results_ = choice.frame(n_stages=self._n_results_stages)
        self._held_out_area = choice.area
        self._held_out_performance = choice.performance
        fitted = choice.temperature
        self.temperature_ = self._score_temperature if fitted is None else fitted
        with self._computing():
            self._labelled_rows = LabelledRows.none(self, problem)
        # The last: until then this fit goes on with the one before, or it does not.
        self._learned_from = learned_from(self)
        self.seen_penalty_ = choice.penalty

    # -- predict ------------------------------------------------------------------

    def _penalised_scores(self, X):
        X = self._checked(X)
        shares = self._shares_of_penalty
        n_rows = rows_per_block(len(self._order))
        for start in range(0, X.shape[0], n_rows):
            check_mapped_file(X)
            block = X[start : start + n_rows]
            with harmless_underflow(), self._predict_context():
                scores = self._score_classes(self._scaled(block))
                scores = self._labelled_rows.sharpened(self, scores, block)
            yield self._less_penalty(scores[:, self._order], self.seen_penalty_, shares)

    @property
    def _shares_of_penalty(self):
        """In which share each of `classes_` pays the seen penalty."""
        return self._labelled_rows.shares_of_penalty(self._table)[self._order]

    # -- what comes in ------------------------------------------------------------

    def _checked(self, X):
        """Features that were given to a fitted model."""
        check_is_fitted(self)
        # Labelled rows of unseen classes are compared with all features.
        takes_nan = get_tags(self).input_tags.allow_nan and not len(self._labelled_rows)
        return self._validated(X, takes_nan=takes_nan, reset=False)

    def _validated(self, X, *y, takes_nan=False, **options):
        """Features, and labels if there are any, that can be computed with."""
        if get_tags(self).input_tags.sparse:
            options["accept_sparse"] = "csr"
        else:
            refuse_sparse(X)
        finite = "allow-nan" if takes_nan else True
        check_mapped_file(X)
        X = unmasked(X)
        checked = validate_data(
            self, X, *y, dtype=self._precisions, ensure_all_finite=finite, **options
        )
        X, *y = checked if y else (checked,)
        # Only a fit needs to know by how much small numbers vary.
        check_magnitude(X, "X", allow_small=not options.get("reset", True))
        return (without_duplicates(X), *y) if y else without_duplicates(X)

    def _scaled(self, X):
        """Features in the units of the model."""
        return scaled_features(self.feature_scaler_, X)

    def _scaled_attributes(self):
        """Descriptions of all classes in the units of the model."""
        return self.attribute_scaler_.transform(self._table.matrix)

    # -- after the fit ------------------------------------------------------------

    def add_classes(self, attributes=None, classes=None, *, X=None, y=None):
        """Let the fitted model predict new, unseen classes, or predict some better.

        Nothing is trained and no training data is needed. Scores of the other classes
        stay what they were, and so does `seen_penalty_`: a model that was fitted
        without any unseen class has the penalty 0 and will favour its seen classes,
        so describe at least one unseen class in :meth:`fit` where possible.

        A few labelled rows in `X` and `y` improve the scores of unseen classes. These
        stay in `unseen_classes_`; a share of the seen penalty is subtracted from their
        scores, as large as the part of the uncertainty of the description that the rows
        remove. How much rows count
        beside a description is known from :meth:`fit`: it predicts the mean of every
        seen class from the others. Rows of further calls add up. See
        :ref:`few_shot`.

        The added classes belong to the fitted model, not to the parameters: another
        :meth:`fit`, and :func:`sklearn.base.clone`, know of those in `attributes` only.

        %(add_classes)s
        """
        check_is_fitted(self)
        add_classes_to(self, attributes, classes, X, y)
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
        remove_classes_from(self, labels)
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

        The graph scales features, scores all classes and subtracts the seen penalty.
        Its input `features` is of single precision, with any number of rows; outputs
        are `scores`, what `decision_function` returns with one column per class,
        and `position`, the column of the largest one. The metadata of the file holds
        the labels of the columns as a JSON list, ``"classes"``, and the seen ones.

        Features are scaled in double precision whatever `precision` is, so that a large
        offset causes no further loss of digits.

        Parameters
        ----------
        path : str or path-like
            Of the file, which is replaced. It holds everything, up to 2 GB.
        precision : {"double", "single"}, default="double"
            Precision of what is computed from scaled features. "single" takes half
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

    def _follow_table(self, former):
        """Get ready to score the classes of a table that was changed."""
        n_former, n_classes = len(former.labels), len(self._table.labels)
        if n_classes > n_former:
            self._add_classes(np.arange(n_former, n_classes))

    def _add_rows(self, X, positions):
        """Take labelled rows of unseen classes into account."""
        if not self._takes_labelled_rows:
            raise ValueError(
                "X and y cannot be used: another estimator starts from this one. Give "
                "the rows to add_classes of that one."
            )
        if self._labelled_rows.scores is None:
            raise ValueError(
                "X and y cannot be used: the model was fitted without labels, or on "
                "features with missing values, so that it does not know how samples of "
                "a class vary. Give labels and finite features to fit."
            )
        self._labelled_rows = self._labelled_rows.with_rows(X, positions)

    def _take_rows_back(self, former, labels):
        """Give classes that were described anew the rows they had in a former model."""
        places = former._table.find(labels), self._table.find(labels)
        self._labelled_rows = former._labelled_rows.moved(*places)

    # -- scikit-learn -------------------------------------------------------------

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = self._takes_sparse
        return tags

    def __sklearn_is_fitted__(self):
        """Fitted means that the seen penalty, the last thing to be set, is there."""
        return hasattr(self, "seen_penalty_")

    def __repr__(self, N_CHAR_MAX=700):
        return BaseEstimator.__repr__(with_summaries(self), N_CHAR_MAX)

    def _get_params_html(self, *args, **kwargs):
        return BaseEstimator._get_params_html(with_summaries(self), *args, **kwargs)
