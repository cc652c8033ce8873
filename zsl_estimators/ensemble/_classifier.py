"""ZeroShotEnsembleClassifier: several estimators, weighed on the same folds."""

from numbers import Real

import numpy as np
import pandas as pd
from sklearn.base import clone, is_classifier
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils import Bunch, get_tags
from sklearn.utils._repr_html.estimator import _VisualBlock
from sklearn.utils.metaestimators import _BaseComposition
from sklearn.utils.parallel import Parallel, delayed

from zsl_estimators.base import BaseZeroShotClassifier
from zsl_estimators.calibration import held_out_split, warn_of_few_samples
from zsl_estimators.candidates import (
    find_zero_shot_classifier,
    score_matrix,
    with_changed_classes,
)
from zsl_estimators.compatibility import DeViSEClassifier
from zsl_estimators.docstrings import fill_docstring
from zsl_estimators.ensemble._choice import OF_THE_SUM, Weighing
from zsl_estimators.ensemble._comparison import Comparison, warn_of_failure
from zsl_estimators.ensemble._folds import CommonFolds
from zsl_estimators.ensemble._members import (
    Task,
    fitted_or_error,
    new_member,
)
from zsl_estimators.ensemble._seen_classifier import (
    SeenClassifier,
    bounded_log_probabilities,
)
from zsl_estimators.ensemble._weights import weights_by_name
from zsl_estimators.exemplar import ExemplarClassifier
from zsl_estimators.generative import FGANClassifier, VAEcFlowClassifier
from zsl_estimators.nested import seeded_clone
from zsl_estimators.parameters import HasMethods, Interval, StrOptions
from zsl_estimators.problem import PRECISIONS
from zsl_estimators.sample_weights import part_of
from zsl_estimators.seeds import LARGEST_SEED
from zsl_estimators.semantic import (
    ESZSLClassifierCV,
    GaussianSemanticClassifier,
    RevCDClassifier,
    RidgeSemanticClassifier,
)

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


@fill_docstring
class ZeroShotEnsembleClassifier(BaseZeroShotClassifier, _BaseComposition):
    """Weighted sum of several zero-shot classifiers.

    The best estimator differs from data set to data set. All of them are compared on
    the same folds in which seen classes are hidden. Those that improve the sum of the
    scores get a weight [1]_, and so do all that are nearly as good as the best. An
    ordinary classifier of the seen classes is added, with a weight that is chosen on
    the folds.

    Parameters
    ----------
    %(attributes)s
    estimators : "auto" or list of (str, estimator), default="auto"
        Zero-shot classifiers and their names: estimators of this package, which get
        `attributes` from the ensemble, or pipelines, searches and other estimators,
        which have their own class table and set ``seen_classes_``. Features are passed
        to all of them as an array. ``"drop"`` in the place of an estimator leaves it
        out. "auto" is Exemplar, GaussianSemantic, RidgeSemantic, DeViSE, ESZSL,
        VAE-cFlow, FGAN and RevCD, in this order.
    seen_classifier : "auto", None or classifier, default="auto"
        Classifier of the seen classes with ``predict_proba``. Its log probabilities are
        added to the scores of seen classes, with a weight from 0 to 1 that is chosen on
        the folds. "auto" chooses the better one of a logistic regression and extremely
        randomized trees. With very many rows it is fitted to a sample of them; trees
        are left out if there are very many values, and with very many classes and
        features there is no classifier. For sparse features, which are accepted if all
        estimators accept them, it has to be None or one that accepts them too.
    weights : {"greedy", "uniform"}, array-like of shape (n_estimators,) or dict, \
default="greedy"
        "greedy" selects estimators by the area under the seen-unseen curve of their
        sum, and moves the weights halfway to equal ones of all estimators that have
        nine tenths of the best area. "uniform" gives all the same weight. Or numbers
        from 0, in the order of the estimators, or by name in a dict or Series. Scores
        of different estimators are scaled to comparable units before.
    time_limit : float or None, default=None
        Seconds after which no further estimator is fitted, and the one that is being
        fitted is left out, as is the classifier of the seen classes. The first one is
        always fitted.
    %(seen_penalty)s
    n_jobs : int or None, default=None
        Number of estimators that are fitted in parallel, by the joblib backend in use;
        None is 1 unless in a ``joblib.parallel_config`` context. The result does not
        depend on it. With several, and without a time limit, the last estimators are
        fitted first, because they take the longest.
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
        Divisor of the scores of every fitted estimator.
    seen_classifier_ : classifier or None
        Fitted; its classes are positions among `seen_classes_`. None if it got no
        weight.
    seen_classifier_weight_ : float
        Weight of its log probabilities.
    fit_times_ : Series
        Seconds that every estimator took on the folds, by name.
    feature_scaler_ : FunctionTransformer
        Identity, because every estimator scales the features itself.
    attribute_scaler_ : FunctionTransformer
        Identity.
    %(fitted)s

    See Also
    --------
    CalibratedStackingCV : Fits a seen penalty around any zero-shot classifier.
    sklearn.ensemble.VotingClassifier : For classes that all have samples.

    Notes
    -----
    Here ``held_out_results_`` has a row per estimator and one for their sum, with the
    means over the folds, and the weights.

    An error of one estimator leaves it out, with a warning; if it comes in the fit on
    all samples, the others are weighed again. Ctrl-C while the folds are
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

    _no_onnx = (
        "several estimators decide together",
        "Export those of estimators_ that can be, or store it with skops.io.dump.",
    )
    _parameter_constraints = {
        **BaseZeroShotClassifier._parameter_constraints,
        "estimators": [StrOptions({"auto"}), list],
        "seen_classifier": [
            StrOptions({"auto"}),
            None,
            HasMethods(["fit", "predict_proba"]),
        ],
        "weights": [StrOptions({"greedy", "uniform"}), "array-like", dict],
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
            The name of an estimator replaces it; ``name__parameter`` sets its
            parameter.

        Returns
        -------
        self : object
            The ensemble.
        """
        self._set_params("estimators", **parameters)
        return self

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        # What cannot be an estimator is refused in fit.
        inside = [
            item[-1] for item in self._named_estimators() if isinstance(item, tuple)
        ]
        if self.seen_classifier is not None:
            inside.append(self.seen_classifier)
        tags.input_tags.sparse = all(
            hasattr(one, "__sklearn_tags__") and get_tags(one).input_tags.sparse
            for one in inside
            if not is_dropped(one)
        )
        return tags

    def _sk_visual_block_(self):
        names, estimators = zip(*self._named_estimators(), strict=True)
        return _VisualBlock("parallel", estimators, names=names)

    # -- fit ----------------------------------------------------------------------

    def _named_estimators(self):
        """The list of names and estimators that is meant."""
        if isinstance(self.estimators, str):
            return usual_estimators()
        return self.estimators

    # Estimators of others may compute in the precision that they are given.
    _precisions = PRECISIONS[:2]

    @property
    def _n_steps(self):
        return 2 * len(self._named_estimators())

    def _new_scalers(self, random_state):
        # Every estimator scales by itself.
        unchanged = FunctionTransformer().set_output(transform="default")
        return unchanged, clone(unchanged)

    def _choose_on_folds(self, X, problem, seed, progress, keeps_scores):
        """Compare the estimators on common folds."""
        random_state = np.random.RandomState(seed)
        split = held_out_split(problem.n_seen, len(self.unseen_classes_), seed)
        folds = CommonFolds.of(X, problem.y, self._table, split, seed)
        if folds is None and self.seen_penalty == "auto":
            warn_of_few_samples(self, problem)
        task = Task(X, problem.y, self._table, seed, folds, problem.weights)
        new_members = self._new_members(task, random_state)
        # Those that cannot be used are refused before anything is fitted.
        weights = self._given_weights()
        comparison = Comparison(
            new_members,
            self.time_limit,
            self.n_jobs,
            progress.reporter(-1),
        )
        members = comparison.run()
        is_late = folds is None or comparison.is_late
        self._weighing = Weighing(
            weights,
            self.seen_penalty,
            None if is_late else self._new_seen_classifier(task, random_state),
        )
        return self._weighing.choice(members)

    # -- what is fitted -----------------------------------------------------------

    def _new_members(self, task, random_state):
        """Wrap the estimators, each with a seed."""
        named = self._named_estimators()
        self._check_estimators(named)
        kept = [(name, one) for name, one in named if not is_dropped(one)]
        return [
            new_member(name, seeded_clone(estimator, random_state), task)
            for name, estimator in kept
        ]

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

    def _given_weights(self):
        """How to weigh the members: a word, or a number for each name."""
        if isinstance(self.weights, str):
            return self.weights
        names = [name for name, one in self._named_estimators() if not is_dropped(one)]
        return weights_by_name(names, self.weights)

    def _new_seen_classifier(self, task, random_state):
        """What to add for the seen classes; None for nothing."""
        if self.seen_classifier is None:
            return None
        if isinstance(self.seen_classifier, str):
            return SeenClassifier.usual(task, random_state)
        return SeenClassifier([self.seen_classifier], task, random_state)

    # -- final fit ----------------------------------------------------------------

    def _fit_chosen(self, problem, choice, seed):
        """Fit the estimators; the ensemble is chosen again without those that fail."""
        random_state = np.random.RandomState(seed)
        seeds = {
            member.name: random_state.randint(LARGEST_SEED) for member in choice.members
        }
        while problems := self._fit_members(choice.used_members, seeds):
            for name, error in problems.items():
                warn_of_failure(f"The estimator {name!r}", error)
            members = [one for one in choice.members if one.name not in problems]
            if not members:
                raise error
            choice = self._weighing.choice(members)
        del self._weighing
        super()._fit_chosen(problem, choice, seed)

    def _fit_members(self, members, seeds):
        """Fit those that are not yet; return the errors by name."""
        missing = [member for member in members if member.fitted is None]
        parallel = Parallel(n_jobs=self.n_jobs, batch_size=1, pre_dispatch="n_jobs")
        outcomes = parallel(self._final_fits(missing, seeds))
        for member, (fitted, _) in zip(missing, outcomes, strict=True):
            member.fitted = fitted
        return {
            member.name: error
            for member, (_, error) in zip(missing, outcomes, strict=True)
            if error is not None
        }

    def _final_fits(self, members, seeds):
        """Yield the calls that fit the members, when it is their turn."""
        n_compared = len(self._named_estimators())
        for number, member in enumerate(members):
            self._report(n_compared + number, fitting=member.name)
            yield delayed(fitted_or_error)(member, seeds[member.name])

    def _fit(self, problem, choice, random_state):
        kept = np.flatnonzero(choice.weights)
        members = choice.used_members
        names = pd.Index([member.name for member in members], name="estimator")
        self.estimators_ = [member.fitted for member in members]
        spreads = choice.spreads[kept]
        if np.isnan(spreads).any():
            spreads = [spread_of_rows(one, problem) for one in self.estimators_]
        self.weights_ = pd.Series(choice.weights[kept], names, name="weight")
        self.spreads_ = pd.Series(spreads, names, name="spread")
        times = {member.name: member.fit_time for member in choice.members}
        self.fit_times_ = pd.Series(times, name="seconds").rename_axis("estimator")
        self._fit_seen_classifier(choice.seen_classifier)

    def _fit_seen_classifier(self, chosen):
        self.seen_classifier_, self.seen_classifier_weight_ = None, 0.0
        if chosen is not None and chosen.weight > 0:
            self.seen_classifier_ = chosen.fit()
            self.seen_classifier_weight_ = chosen.weight

    # -- prediction ---------------------------------------------------------------

    def _score_classes(self, Z):
        factors = self.weights_ / self.spreads_
        summed = sum(
            factor * score_matrix(fitted, Z)
            for factor, fitted in zip(factors, self.estimators_, strict=True)
        )
        # Their columns are sorted by label; classes that were removed have none.
        scores = np.zeros((len(summed), len(self._table.labels)))
        scores[:, self._order] = summed
        if self.seen_classifier_ is not None:
            seen = np.flatnonzero(self._table.seen)
            scores[:, seen] += self.seen_classifier_weight_ * bounded_log_probabilities(
                self.seen_classifier_, Z, len(seen)
            )
        return scores

    # -- other classes ------------------------------------------------------------

    # Every estimator takes rows into account by itself.
    _takes_labelled_rows = False

    def _follow_table(self, former):
        table = self._table
        gone = np.setdiff1d(former.present, table.present)
        if len(gone):
            labels = table.labels[gone]
            self._change_all(lambda inner, X: inner.remove_classes(labels))
        new = np.setdiff1d(table.present, former.present)
        if len(new):
            described = table.matrix[new], table.labels[new]
            self._change_all(lambda inner, X: inner.add_classes(*described))

    def _add_rows(self, X, positions):
        labels = self._table.labels[positions]
        self._change_all(lambda inner, X: inner.add_classes(X=X, y=labels), X)
        self._labelled_rows = self._labelled_rows.with_rows(X, positions)

    def _take_rows_back(self, former, labels):
        super()._take_rows_back(former, labels)
        for before, after in zip(former.estimators_, self.estimators_, strict=True):
            inside = find_zero_shot_classifier(after)
            inside._take_rows_back(find_zero_shot_classifier(before), labels)

    def _change_all(self, change, X=None):
        self.estimators_ = [
            with_changed_classes(fitted, change, X) for fitted in self.estimators_
        ]

    @property
    def _shares_of_penalty(self):
        """The mean over the estimators, as far as they count."""
        shares = [self._shares_of(fitted) for fitted in self.estimators_]
        return np.average(shares, axis=0, weights=self.weights_)

    def _shares_of(self, fitted):
        known = getattr(find_zero_shot_classifier(fitted), "_shares_of_penalty", None)
        return self._table.seen[self._order] if known is None else known


def is_dropped(estimator):
    """Whether a place in the list is left empty, as in scikit-learn."""
    return isinstance(estimator, str) and estimator == "drop"


def spread_of_rows(fitted, problem):
    """Spread of a fitted estimator's scores of some training rows."""
    some = slice(ROWS_FOR_SPREAD)
    spreads = score_matrix(fitted, problem.rows[some]).std(axis=1)
    return float(np.average(spreads, weights=part_of(problem.weights, some))) or 1.0
