"""ZeroShotEnsembleClassifier: several estimators, weighed on the same folds."""

from dataclasses import dataclass, replace
from numbers import Real

import numpy as np
import pandas as pd
from sklearn.base import is_classifier
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils import Bunch
from sklearn.utils._repr_html.estimator import _VisualBlock
from sklearn.utils.metaestimators import _BaseComposition

from zsl_estimators.base import BaseZeroShotClassifier
from zsl_estimators.calibration import (
    HeldOutPerformance,
    best_seen_penalty,
    held_out_split,
)
from zsl_estimators.candidates import score_matrix
from zsl_estimators.compatibility import DeViSEClassifier
from zsl_estimators.docstrings import fill_docstring
from zsl_estimators.ensemble._comparison import Comparison, warn_of_failure
from zsl_estimators.ensemble._folds import CommonFolds
from zsl_estimators.ensemble._members import Task, new_member, with_added_classes
from zsl_estimators.ensemble._seen_classifier import (
    SeenClassifier,
    bounded_log_probabilities,
)
from zsl_estimators.ensemble._weights import (
    best_temperature,
    greedy_weights,
    mean_area,
    spread,
    weighted_sum,
)
from zsl_estimators.exemplar import ExemplarClassifier
from zsl_estimators.generative import FGANClassifier, VAEcFlowClassifier
from zsl_estimators.nested import seeded_clone
from zsl_estimators.parameters import HasMethods, Interval, StrOptions
from zsl_estimators.seeds import LARGEST_SEED
from zsl_estimators.semantic import (
    ESZSLClassifierCV,
    GaussianSemanticClassifier,
    RevCDClassifier,
    RidgeSemanticClassifier,
)

# Row of the results that tells of all estimators together.
OF_THE_SUM = "ensemble"
# Training rows from which the spread of scores is taken where there are no folds.
ROWS_FOR_SPREAD = 1000


def usual_estimators():
    """What ``estimators="auto"`` stands for: the fast ones first."""
    return [
        ("exemplar", ExemplarClassifier()),
        ("gaussian", GaussianSemanticClassifier()),
        ("ridge", RidgeSemanticClassifier()),
        ("devise", DeViSEClassifier()),
        ("eszsl", ESZSLClassifierCV()),
        ("vaecflow", VAEcFlowClassifier()),
        ("fgan", FGANClassifier()),
        ("revcd", RevCDClassifier()),
    ]


@dataclass(frozen=True)
class EnsembleChoice:
    """What the common folds have chosen.

    Parameters
    ----------
    members : list of Member
        Those that are fitted.
    weights : ndarray of shape (n_members,)
        Of their scores, divided by their spreads.
    spreads : ndarray of shape (n_members,)
        See :func:`spread`; NaN where there are no folds.
    seen_classifier : SeenClassifier or None
        With its weight.
    results : DataFrame or None
        One row per estimator.
    penalty : float
        Taken from the scores of seen classes.
    temperature : float, default=1.0
        Of the probabilities.
    area : float, default=0.0
        AUSUC of the ensemble, averaged over folds.
    performance : HeldOutPerformance or None, default=None
        For reports.
    """

    members: list
    weights: np.ndarray
    spreads: np.ndarray
    seen_classifier: SeenClassifier | None
    results: pd.DataFrame | None
    penalty: float
    temperature: float = 1.0
    area: float = 0.0
    performance: HeldOutPerformance | None = None

    def frame(self, n_stages=1):
        """Table of what the folds showed; None without folds."""
        return self.results


@fill_docstring
class ZeroShotEnsembleClassifier(BaseZeroShotClassifier, _BaseComposition):
    """Weighted sum of several zero-shot classifiers.

    Which estimator is best differs from data set to data set. All of them are compared
    on the same folds in which seen classes are hidden, and those that make the sum of
    the scores better get a weight [1]_. An ordinary classifier of the seen classes is
    added as far as it helps. Nothing needs to be chosen by hand.

    Parameters
    ----------
    %(attributes)s
    estimators : "auto" or list of (str, estimator), default="auto"
        Zero-shot classifiers and their names: estimators of this package, which get
        `attributes` from here, or pipelines, searches and estimators of others, which
        have it already and set ``seen_classes_``. Features reach all of them as an
        array. ``"drop"`` in the place of an estimator leaves it out. "auto" is
        Exemplar, GaussianSemantic, RidgeSemantic, DeViSE, ESZSL, VAE-cFlow, FGAN and
        RevCD, in this order.
    seen_classifier : "auto", None or classifier, default="auto"
        Classifier of the seen classes with ``predict_proba``. Its log probabilities
        are added to the scores of seen classes, with a weight from 0 to 1 that is
        chosen on the folds. "auto" takes the better one of a logistic regression and
        extremely randomized trees. With very many rows it is fitted to a sample of
        them; trees with very many numbers are not grown, and with very many classes
        and features there is no classifier.
    weights : {"greedy", "uniform"} or array-like of shape (n_estimators,), \
default="greedy"
        "greedy" selects estimators by the area under the seen-unseen curve of their
        sum, and moves the weights halfway to equal ones. "uniform" gives all the same.
        Scores of different estimators are in comparable units when they are weighed.
    time_limit : float or None, default=None
        Seconds after which no estimator is begun, and the one that is being fitted is
        given up. The first one is always fitted. Estimators that use other processes
        are given up when these return.
    %(seen_penalty)s
    %(n_jobs)s
    %(random_state)s

    Attributes
    ----------
    estimators_ : list of estimator
        The fitted ones, those with a weight.
    named_estimators_ : Bunch
        The same by name.
    weights_ : Series
        Weight of every fitted estimator by name; they sum to 1.
    spreads_ : Series
        What the scores of every fitted estimator are divided by.
    seen_classifier_ : classifier or None
        Fitted; its classes are positions among `seen_classes_`. None if it got no
        weight.
    seen_classifier_weight_ : float
        Weight of its log probabilities.
    temperature_ : float
        Divides the scores before the softmax of :meth:`predict_proba`.
    fit_times_ : Series
        Seconds that every estimator took on the folds, by name.
    feature_scaler_ : FunctionTransformer
        Changes nothing: every estimator scales by itself.
    attribute_scaler_ : FunctionTransformer
        Changes nothing.
    %(fitted)s

    See Also
    --------
    CalibratedStackingCV : Fits a seen penalty around any zero-shot classifier.
    sklearn.ensemble.VotingClassifier : For classes that all have samples.

    Notes
    -----
    An error of one estimator leaves it out, with a warning. Ctrl-C while the folds are
    compared keeps the estimators that were compared before, with a warning, and a
    second one ends the fit.

    References
    ----------
    .. [1] Caruana, Niculescu-Mizil, Crew, Ksikes: Ensemble selection from libraries of
       models, ICML 2004.

    Examples
    --------
    >>> from zsl_estimators import (
    ...     ExemplarClassifier, RidgeSemanticClassifier, ZeroShotEnsembleClassifier
    ... )
    >>> from zsl_estimators.datasets import make_gzsl
    >>> data = make_gzsl(random_state=0)
    >>> clf = ZeroShotEnsembleClassifier(
    ...     data.attributes,
    ...     estimators=[
    ...         ("exemplar", ExemplarClassifier()),
    ...         ("ridge", RidgeSemanticClassifier()),
    ...     ],
    ...     random_state=0,
    ... )
    >>> clf.fit(data.X_train, data.y_train).weights_.index.tolist()
    ['exemplar', 'ridge']
    """

    _parameter_constraints = {
        **BaseZeroShotClassifier._parameter_constraints,
        "estimators": [StrOptions({"auto"}), list],
        "seen_classifier": [
            StrOptions({"auto"}),
            None,
            HasMethods(["fit", "predict_proba"]),
        ],
        "weights": [StrOptions({"greedy", "uniform"}), "array-like"],
        "time_limit": [Interval(Real, 0, None, closed="neither"), None],
    }
    _step = "estimator"

    def __init__(
        self,
        attributes=None,
        *,
        classes=None,
        estimators="auto",
        seen_classifier="auto",
        weights="greedy",
        time_limit=None,
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
        self.estimators = estimators
        self.seen_classifier = seen_classifier
        self.weights = weights
        self.time_limit = time_limit

    # -- for users ----------------------------------------------------------------

    @property
    def named_estimators_(self):
        return Bunch(**dict(zip(self.weights_.index, self.estimators_, strict=True)))

    def get_params(self, deep=True):
        """Get parameters of the ensemble and of its estimators.

        Parameters
        ----------
        deep : bool, default=True
            Whether to list the latter too, as ``name__parameter``.

        Returns
        -------
        parameters : dict
            By name.
        """
        return self._get_params("estimators", deep=deep)

    def set_params(self, **parameters):
        """Set parameters of the ensemble, or of its estimators.

        Parameters
        ----------
        **parameters : dict
            A name of an estimator replaces it; ``name__parameter`` reaches into it.

        Returns
        -------
        self : object
            The ensemble.
        """
        self._set_params("estimators", **parameters)
        return self

    def _sk_visual_block_(self):
        names, estimators = zip(*self._named_estimators(), strict=True)
        return _VisualBlock("parallel", estimators, names=names)

    # -- fit ----------------------------------------------------------------------

    def _named_estimators(self):
        """The list of names and estimators that is meant."""
        if isinstance(self.estimators, str):
            return usual_estimators()
        return self.estimators

    @property
    def _n_steps(self):
        return 2 * len(self._named_estimators())

    def _new_scalers(self, random_state):
        # Every estimator scales by itself.
        return FunctionTransformer(), FunctionTransformer()

    def _choose_on_held_out_classes(self, X, problem, seed, progress):
        """Compare the estimators on common folds."""
        random_state = np.random.RandomState(seed)
        split = held_out_split(problem.n_seen, len(self.unseen_classes_), seed)
        if split is None and self.seen_penalty == "auto":
            self._warn_of_few_classes(problem.n_seen)
        folds = CommonFolds.of(X, problem.y, self._table, split, seed)
        task = Task(X, problem.y, self._table, seed, folds, self.n_jobs)
        comparison = Comparison(
            self._new_members(task, random_state),
            self.time_limit,
            progress.reporter(-1),
        )
        members = comparison.run()
        if folds is None:
            return self._equal_choice(members)
        spreads = np.array([spread(member.held_out[:-1]) for member in members])
        scaled = [
            scaled_scores(member.held_out, factor)
            for member, factor in zip(members, spreads, strict=True)
        ]
        weights = self._chosen_weights([m.name for m in members], scaled)
        summed = weighted_sum(scaled, weights)
        seen_classifier = self._chosen_seen_classifier(task, random_state)
        if seen_classifier is not None and not comparison.is_late:
            try:
                summed = seen_classifier.choose(summed)
            except Exception as problem:
                warn_of_failure("The seen_classifier", problem, stacklevel=5)
        return self._choice(members, weights, spreads, scaled, summed, seen_classifier)

    def _new_members(self, task, random_state):
        """Wrap the estimators, each with a seed."""
        named = self._named_estimators()
        self._check_estimators(named)
        kept = [(name, one) for name, one in named if not is_dropped(one)]
        self._check_weights(len(kept))
        return [
            new_member(name, seeded_clone(estimator, random_state), task)
            for name, estimator in kept
        ]

    def _check_weights(self, n_estimators):
        """Refuse weights that do not fit the estimators, before any is fitted."""
        if isinstance(self.weights, str):
            return
        given = np.asarray(self.weights, dtype=np.float64)
        if given.shape != (n_estimators,) or (given < 0).any() or not given.any():
            raise ValueError(
                f"weights must be one number from 0 per estimator, {n_estimators} of "
                f"them and not all 0, got {self.weights!r}"
            )

    def _check_estimators(self, named):
        """Refuse a list that is not one of names and estimators."""
        if not named or not all(isinstance(e, tuple) and len(e) == 2 for e in named):
            raise ValueError(
                'estimators must be "auto" or a list of (name, estimator) tuples that '
                f"is not empty, got {named!r}"
            )
        names = [name for name, _ in named]
        self._validate_names(names)
        if OF_THE_SUM in names:
            raise ValueError(
                f"No estimator can have the name {OF_THE_SUM!r}, which stands for all "
                "of them together in held_out_results_."
            )
        kept = [(name, one) for name, one in named if not is_dropped(one)]
        if not kept:
            raise ValueError("All estimators are dropped; at least one must be left.")
        for name, estimator in kept:
            if not hasattr(estimator, "fit") or not is_classifier(estimator):
                raise ValueError(
                    f"estimators has {estimator!r} under the name {name!r}, which is "
                    "no classifier. Give zero-shot classifiers, or pipelines or "
                    "searches that end in one."
                )

    def _chosen_weights(self, names, scaled):
        """One weight per member; they sum to 1."""
        if isinstance(self.weights, str):
            if self.weights == "greedy":
                return greedy_weights([folds[:-1] for folds in scaled])
            return np.full(len(names), 1 / len(names))
        all_names = [
            name for name, one in self._named_estimators() if not is_dropped(one)
        ]
        weight_of = dict(zip(all_names, self.weights, strict=True))
        kept = np.array([weight_of[name] for name in names], dtype=np.float64)
        if not kept.any():
            raise ValueError(
                f"Of the estimators only {', '.join(names)} could be fitted, in time "
                "and without an error, and their weights are 0. Give them a weight, or "
                "the others more time."
            )
        return kept / kept.sum()

    def _chosen_seen_classifier(self, task, random_state):
        """What to add for the seen classes; None for nothing."""
        if self.seen_classifier is None:
            return None
        if isinstance(self.seen_classifier, str):
            return SeenClassifier.usual(task, random_state)
        return SeenClassifier([self.seen_classifier], task, random_state)

    def _equal_choice(self, members):
        """Without folds: all estimators alike."""
        automatic = self.seen_penalty == "auto"
        weights = self.weights if not isinstance(self.weights, str) else "uniform"
        names = [member.name for member in members]
        equal = np.full(len(members), 1 / len(members))
        return EnsembleChoice(
            members=members,
            weights=equal if weights == "uniform" else self._chosen_weights(names, []),
            spreads=np.full(len(members), np.nan),
            seen_classifier=None,
            results=None,
            penalty=0.0 if automatic else float(self.seen_penalty),
        )

    def _choice(self, members, weights, spreads, scaled, summed, seen_classifier):
        """The penalty, the temperature, and a table of how all have done."""
        *folds, known = summed
        if self._keeps_held_out_scores:
            self._held_out_scores = summed
        curves = [fold.curve for fold in folds]
        penalty = self.seen_penalty
        if penalty == "auto":
            penalty, _ = best_seen_penalty(curves, known=known.curve)
        results = pd.DataFrame(
            {
                "AUSUC": [mean_area(held_out[:-1]) for held_out in scaled],
                "best_H": [mean_best_h(held_out[:-1]) for held_out in scaled],
                "weight": weights,
            },
            index=pd.Index([member.name for member in members], name="estimator"),
        )
        results.loc[OF_THE_SUM] = {
            "AUSUC": mean_area(folds),
            "best_H": mean_best_h(folds),
            "weight": 1.0,
        }
        return EnsembleChoice(
            members=members,
            weights=weights,
            spreads=spreads,
            seen_classifier=seen_classifier,
            results=results,
            penalty=float(penalty),
            temperature=best_temperature(folds, float(penalty)),
            area=mean_area(folds),
            performance=HeldOutPerformance(curves, known.curve),
        )

    def _fit(self, problem, choice, random_state):
        fitted, kept = [], np.flatnonzero(choice.weights)
        n_members = len(self._named_estimators())
        for number in kept:
            member = choice.members[number]
            self._report(n_members + len(fitted), fitting=member.name)
            fitted.append(member.fitted_with(random_state.randint(LARGEST_SEED)))
        names = pd.Index([choice.members[n].name for n in kept], name="estimator")
        spreads = choice.spreads[kept]
        if np.isnan(spreads).any():
            spreads = [spread_of_rows(one, problem.X) for one in fitted]
        self.estimators_ = fitted
        self.weights_ = pd.Series(choice.weights[kept], names, name="weight")
        self.spreads_ = pd.Series(spreads, names, name="spread")
        self.temperature_ = choice.temperature
        times = {member.name: member.fit_time for member in choice.members}
        self.fit_times_ = pd.Series(times, name="seconds").rename_axis("estimator")
        self._fit_seen_classifier(choice.seen_classifier)

    def _fit_seen_classifier(self, chosen):
        self.seen_classifier_, self.seen_classifier_weight_ = None, 0.0
        if chosen is not None and chosen.weight > 0:
            self.seen_classifier_ = chosen.fit()
            self.seen_classifier_weight_ = chosen.weight

    # -- prediction ---------------------------------------------------------------

    @property
    def _score_temperature(self):
        return self.temperature_

    def _score_classes(self, Z):
        factors = self.weights_ / self.spreads_
        summed = sum(
            factor * score_matrix(fitted, Z)
            for factor, fitted in zip(factors, self.estimators_, strict=True)
        )
        # Their columns are sorted by label.
        scores = np.empty_like(summed)
        scores[:, self._order] = summed
        if self.seen_classifier_ is not None:
            seen = np.flatnonzero(self._table.seen)
            scores[:, seen] += self.seen_classifier_weight_ * bounded_log_probabilities(
                self.seen_classifier_, Z, len(seen)
            )
        return scores

    def _add_classes(self, positions):
        matrix, labels = self._table.matrix[positions], self._table.labels[positions]
        self.estimators_ = [
            with_added_classes(fitted, matrix, labels) for fitted in self.estimators_
        ]


def is_dropped(estimator):
    """Whether a place in the list is left empty, as in scikit-learn."""
    return isinstance(estimator, str) and estimator == "drop"


def scaled_scores(held_out, factor):
    """Scores of one estimator in units of their spread."""
    return [replace(fold, scores=fold.scores / factor) for fold in held_out]


def mean_best_h(folds):
    """Largest H over all penalties, averaged over folds."""
    return float(np.mean([fold.curve.harmonic_mean.max() for fold in folds]))


def spread_of_rows(fitted, X):
    """Spread of a fitted estimator's scores of training rows."""
    scores = score_matrix(fitted, X[:ROWS_FOR_SPREAD])
    return float(scores.std(axis=1).mean()) or 1.0
