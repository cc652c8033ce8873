"""DiffusionClassifier: one conditional diffusion model, many ways to decide."""

import copy
from numbers import Integral, Real

import numpy as np
import torch
from sklearn.base import clone
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted, validate_data
from tqdm.auto import tqdm

from zsl_estimators.base import BaseZeroShotClassifier
from zsl_estimators.docstrings import fill_docstring
from zsl_estimators.exemplar import ExemplarShadowMixin
from zsl_estimators.likelihood.rules import (
    RULES,
    CrossAttentionRule,
    DecisionRule,
    ErrorRule,
    LikelihoodRule,
)
from zsl_estimators.likelihood.rules._base import like
from zsl_estimators.nn.cross_attention import CrossAttentionDenoiser
from zsl_estimators.nn.denoiser import ConditionalDenoiser, DenoisingLoss
from zsl_estimators.nn.diffusion import SCHEDULES
from zsl_estimators.nn.probability_flow import angle_grid, flow_slope, integrate
from zsl_estimators.parameters import HasMethods, Interval, StrOptions
from zsl_estimators.scaling import SCALINGS
from zsl_estimators.seeds import LARGEST_SEED
from zsl_estimators.training import (
    StandInMixin,
    TorchTrainingMixin,
    cosine_schedule,
    float32,
    to_numpy,
)

# What the folds follow each kind of network with.
STAND_INS = {"denoiser": ErrorRule(n_draws=4), "attention": CrossAttentionRule()}
ROWS_PER_STEP_OF_PROGRESS = 1024
SAMPLING_STEPS = 20


def has_density(classifier):
    """Whether the rule in use knows a density."""
    rule = getattr(classifier, "rule_", classifier.rule)
    if isinstance(rule, LikelihoodRule) or rule == "likelihood":
        return True
    raise AttributeError(
        f"score_samples needs a rule with a density, and rule={rule!r} has none. Use "
        'rule="likelihood".'
    )


@fill_docstring
class DiffusionClassifier(ExemplarShadowMixin, StandInMixin, BaseZeroShotClassifier):
    """Zero-shot classifier by a class-conditional diffusion model of features.

    One network learns to remove noise from features, given the description of their
    class, seen or not. Which class a sample belongs to can then be read off in many
    ways, the decision rules: under which class its noise is guessed best (the diffusion
    classifier), its likelihood, or the description that explains it. A rule is an
    object of its own, and several can be compared on one trained network.

    The network starts from a normal distribution per class, for which the best guess
    is known exactly, and learns what is missing.

    Parameters
    ----------
    %(attributes)s
    rule : str, rule, or list of them, default="error"
        How to decide: "error", "likelihood", "latent_knn", "noise_denoise",
        "noise_denoise_vote", "cross_attention", "inversion" or "weights"; or an
        instance such as :class:`~zsl_estimators.likelihood.ErrorRule`, whose
        parameters can be searched as ``rule__<name>``. Of a list the folds of held-out
        classes choose the best, and :meth:`with_rule` switches between all of them.
        "cross_attention" has a network of its own and stands alone.
    %(shadow)s
    %(attribute_scaling)s
    hidden : int, default=256
        Width of the network.
    n_blocks : int, default=4
        Its residual blocks.
    n_chunks : int, default=8
        Parts of a vector that attend to classes on their own; for "cross_attention".
    n_heads : int, default=2
        Attention heads of each; for "cross_attention".
    attribute_noise : float, default=0.1
        Standard deviation of noise on scaled descriptions while training.
    n_diffusion_steps : int, default=1000
        Noise levels.
    noise_schedule : {"linear", "cosine"}, default="linear"
        How the noise grows.
    max_epochs : int, default=40
        Largest number of passes over the data. The folds compare 0, 1, 2, 3, 5, 8 and
        so on; the final fit, which has more rows, makes as many updates as they did.
    lr : float, default=1e-3
        Learning rate of AdamW at the start; it falls to 0 as a cosine.
    weight_decay : float, default=1e-2
        Weight decay of AdamW.
    %(torch_training)s
    %(seen_penalty)s
    %(device)s
    %(random_state)s

    Attributes
    ----------
    rule_ : rule
        The rule in use, fitted.
    rules_ : dict of str to rule
        All rules that were compared, fitted.
    held_out_decisions_ : DataFrame or None
        How the rules did on the folds.
    net_ : skorch.NeuralNet
        The trained net; its optimiser is dropped unless ``warm_start=True``.
    history_ : skorch.History
        One entry per epoch: ``train_loss``, ``denoising_loss``, and the duration
        ``dur`` in seconds.
    n_iter_ : int
        Number of epochs trained; 0 when no training did better on held-out classes.
    shadow_ : ExemplarClassifier
        The linear start.
    feature_scaler_ : object
        Scaling of the features.
    attribute_scaler_ : object
        Scaling of the attributes.
    %(fitted)s

    See Also
    --------
    ExemplarClassifier : The linear start alone.
    RevCDClassifier : Diffuses descriptions instead of features.

    Notes
    -----
    The user guide tells which of the rules work on feature vectors, and which do not.

    References
    ----------
    .. [1] Startsev, Singh: Zero-shot image classification with diffusion models, 2023.
    .. [2] Li, Prabhudesai, Duggal, Brown, Pathak: Your diffusion model is secretly a
       zero-shot classifier, ICCV 2023.

    Examples
    --------
    >>> from zsl_estimators import DiffusionClassifier
    >>> from zsl_estimators.datasets import make_gzsl
    >>> data = make_gzsl(random_state=0)
    >>> clf = DiffusionClassifier(
    ...     data.attributes,
    ...     rule=["error", "noise_denoise"],
    ...     max_epochs=5,
    ...     random_state=0,
    ... )
    >>> clf.fit(data.X_train, data.y_train).unseen_classes_
    array([ 0,  4,  5, 13])
    >>> bool(clf.score(data.X_test, data.y_test) > 0.5)
    True
    >>> bool(clf.with_rule("noise_denoise").score(data.X_test, data.y_test) > 0.5)
    True
    """

    _parameter_constraints = {
        **BaseZeroShotClassifier._parameter_constraints,
        **TorchTrainingMixin._torch_constraints,
        **ExemplarShadowMixin._shadow_constraints,
        "linear_shadow": ["boolean"],
        "attribute_scaling": [StrOptions(set(SCALINGS))],
        "rule": [
            StrOptions(set(RULES)),
            HasMethods(["fit", "score_classes"]),
            list,
            tuple,
        ],
        "hidden": [Interval(Integral, 1, None, closed="left")],
        "n_blocks": [Interval(Integral, 0, None, closed="left")],
        "n_chunks": [Interval(Integral, 1, None, closed="left")],
        "n_heads": [Interval(Integral, 1, None, closed="left")],
        "attribute_noise": [Interval(Real, 0, None, closed="left")],
        "n_diffusion_steps": [Interval(Integral, 2, None, closed="left")],
        "noise_schedule": [StrOptions(set(SCHEDULES))],
        "weight_decay": [Interval(Real, 0, None, closed="left")],
    }
    _stand_in = "stand-in"
    _growth_of_followed_epochs = 1.5

    def __init__(
        self,
        attributes=None,
        *,
        classes=None,
        rule="error",
        linear_shadow=True,
        alpha="auto",
        shrink_to="auto",
        shrinkage="auto",
        attribute_scaling="whitened",
        hidden=256,
        n_blocks=4,
        n_chunks=8,
        n_heads=2,
        attribute_noise=0.1,
        n_diffusion_steps=1000,
        noise_schedule="linear",
        max_epochs=40,
        lr=1e-3,
        weight_decay=1e-2,
        early_stopping=True,
        batch_size="auto",
        callbacks=None,
        net_params=None,
        warm_start=False,
        seen_penalty="auto",
        device="auto",
        random_state=None,
        verbose=0,
    ):
        super().__init__(
            attributes,
            classes=classes,
            seen_penalty=seen_penalty,
            random_state=random_state,
            verbose=verbose,
        )
        self.rule = rule
        self.linear_shadow = linear_shadow
        self.alpha = alpha
        self.shrink_to = shrink_to
        self.shrinkage = shrinkage
        self.attribute_scaling = attribute_scaling
        self.hidden = hidden
        self.n_blocks = n_blocks
        self.n_chunks = n_chunks
        self.n_heads = n_heads
        self.attribute_noise = attribute_noise
        self.n_diffusion_steps = n_diffusion_steps
        self.noise_schedule = noise_schedule
        self.max_epochs = max_epochs
        self.lr = lr
        self.weight_decay = weight_decay
        self.early_stopping = early_stopping
        self.batch_size = batch_size
        self.callbacks = callbacks
        self.net_params = net_params
        self.warm_start = warm_start
        self.device = device

    # -- for users --------------------------------------------------------------

    def with_rule(self, rule, seen_penalty=None):
        """Decide by another rule, without training again.

        Parameters
        ----------
        rule : str or rule
            One of the list that was given as `rule`, as it was given there; or any
            other one for the same network, together with its penalty.
        seen_penalty : float or None, default=None
            Penalty on the scores of seen classes. None takes what was fitted on the
            folds, or the number given to the constructor.

        Returns
        -------
        other : DiffusionClassifier
            A fitted classifier that shares the network with this one.

        Raises
        ------
        ValueError
            If nothing is known of the penalty, or the rule needs another network.
        """
        check_is_fitted(self)
        name, new = rule_name(rule), as_rule(rule)
        if seen_penalty is None:
            seen_penalty = self._known_penalty(name)
        other = copy.copy(self)
        other.rule, other.rules_ = rule, dict(self.rules_)
        if self.warm_start:
            # Training one further must not train the other.
            other.net_ = copy.deepcopy(self.net_)
        if name not in self.rules_:
            other.rules_[name] = self._fitted_rule(new)
        other.rule_, other.seen_penalty_ = other.rules_[name], seen_penalty
        return other

    @available_if(has_density)
    def score_samples(self, X):
        """Logarithm of the density of samples, with all classes equally frequent.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Features.

        Returns
        -------
        log_density : ndarray of shape (n_samples,)
            In the units of the training data.
        """
        check_is_fitted(self)
        X = validate_data(self, X, dtype=np.float32, reset=False)
        per_class = self._decision(X)
        total = np.logaddexp.reduce(per_class, axis=1) - np.log(per_class.shape[1])
        return total + self.feature_scaler_.log_det

    # -- fit --------------------------------------------------------------------

    def _prepare(self, X, y_index, random_state):
        self._settle_network()
        self.held_out_decisions_ = self._penalties = None
        super()._prepare(X, y_index, random_state)

    def _settle_network(self):
        """Note the kind of network that the rules need."""
        wanted = next(iter(self._new_rules().values())).network
        if self._goes_on() and self._network != wanted:
            raise ValueError(
                "warm_start=True goes on with the last fit, whose network is not that "
                f"of rule={self.rule!r}. Use warm_start=False, or another rule."
            )
        self._network = wanted

    def _new_rules(self):
        """The rules to compare by name, not fitted."""
        given = self.rule if isinstance(self.rule, list | tuple) else [self.rule]
        rules = {rule_name(rule): as_rule(rule) for rule in given}
        if not rules:
            raise ValueError('rule must name at least one rule, such as rule="error".')
        if len({rule.network for rule in rules.values()}) > 1:
            raise ValueError(
                '"cross_attention" needs a network of its own and cannot be compared '
                f"with others on one fitted model, got rule={self.rule}. Fit it alone."
            )
        return rules

    def _check_network(self, wanted, what):
        if self._network != wanted:
            raise ValueError(
                f"{what} needs another network than the fitted one, that of "
                f"rule={self.rule!r}. Fit a classifier with it."
            )

    def _ways_to_decide(self):
        return list(self._new_rules())

    def _chooses_on_held_out_classes(self):
        return len(self._ways_to_decide()) > 1 or super()._chooses_on_held_out_classes()

    def _fit(self, X, y_index, candidate, random_state):
        self._rule_seed = random_state.randint(LARGEST_SEED)
        super()._fit(X, y_index, candidate, random_state)
        self.rules_ = {
            name: self.rule_ if name == self._chosen else self._fitted_rule(rule)
            for name, rule in self._new_rules().items()
        }

    def _for_all_rows(self, n_epochs, share_of_rows):
        # As many updates as on the folds: a little too long can be much too long.
        return n_epochs if n_epochs is None else round(n_epochs * share_of_rows)

    def _fit_decision(self, X, y_index, way, random_state):
        self._decision_labels = self._fit_labels = self.classes_
        rules = self._new_rules() | {self._stand_in: STAND_INS[self._network]}
        self._chosen = way or next(iter(rules))
        self.rule_ = self._fitted_rule(rules[self._chosen])

    def _fitted_rule(self, rule):
        self._check_network(rule.network, repr(rule))
        seed = getattr(self, "_rule_seed", 0)
        with torch.no_grad():
            # Classes that were added since must not change the scores of others.
            model = self._model(self._fit_labels)
            return clone(rule).fit(model, np.random.RandomState(seed))

    def _note_decisions(self, record):
        self._penalties = {way: record.best_penalty(way) for way in record.curves}

    def _known_penalty(self, name):
        if self.seen_penalty != "auto":
            return float(self.seen_penalty)
        if self._penalties is None:
            return 0.0
        if name not in self._penalties:
            raise ValueError(
                f"the seen penalty of the rule {name} is not known. Name the rule when "
                f"fitting, rule={[*self._penalties, name]}, or give seen_penalty here."
            )
        return self._penalties[name]

    def _net_arguments(self, X, y_index):
        attributes, centers = self._class_tensors()
        seen = torch.as_tensor(self._class_table.seen)
        network = {
            "class_attributes": attributes[seen],
            "class_centers": centers[seen],
            "hidden": self.hidden,
            "attribute_noise": self.attribute_noise,
            "n_steps": self.n_diffusion_steps,
            "schedule": self.noise_schedule,
        }
        if self._network == "attention":
            module = CrossAttentionDenoiser
            network |= {"n_chunks": self.n_chunks, "n_heads": self.n_heads}
        else:
            module = ConditionalDenoiser
            network |= {"n_blocks": self.n_blocks}
        return {
            "module": module,
            **{f"module__{name}": value for name, value in network.items()},
            "criterion": DenoisingLoss,
            "optimizer": torch.optim.AdamW,
            "optimizer__weight_decay": self.weight_decay,
            "callbacks": [cosine_schedule(self.max_epochs)],
        }

    def _class_tensors(self):
        """Scaled descriptions, and centers: observed where seen, else linear."""
        attributes, centers = super()._class_tensors()
        if not self.linear_shadow:
            return attributes, torch.zeros_like(centers)
        means = self.feature_scaler_.transform(self._observed_means())
        centers[torch.as_tensor(self._class_table.seen)] = torch.tensor(float32(means))
        return attributes, centers

    # -- classes and samples ----------------------------------------------------

    def _extend_decision(self):
        new = self.classes_[~np.isin(self.classes_, self._decision_labels)]
        self._decision_labels = np.concatenate([self._decision_labels, new])

    def _generate(self, labels, n_per_class, random_state):
        self._check_network("denoiser", "sample")
        shape = n_per_class, len(labels), self.n_features_in_
        noise = random_state.normal(size=shape)
        with torch.no_grad():
            model = self._model(labels)
            n_rows = max(ROWS_PER_STEP_OF_PROGRESS // len(labels), 1)
            parts = [
                to_numpy(generated(model, like(part, model.centers)))
                for part in np.split(noise, range(n_rows, n_per_class, n_rows))
            ]
        return np.concatenate(parts).swapaxes(0, 1).reshape(-1, shape[2])

    # -- prediction -------------------------------------------------------------

    def _model(self, labels=None):
        """The network and the classes that it is asked about, in double precision."""
        labels = self._decision_labels if labels is None else labels
        rows = self._class_table.rows(labels)
        module = self._module_for_prediction().requires_grad_(requires_grad=False)
        of_net = module.class_centers
        attributes, centers = (part[rows].to(of_net) for part in self._class_tensors())
        seen = torch.as_tensor(self._class_table.seen[rows], device=of_net.device)
        return module.with_classes(attributes, centers, seen)

    def _decision(self, X):
        columns = self._class_table.rows(self._decision_labels)
        scores = np.empty((len(X), len(columns)))
        with torch.no_grad():
            model = self._model()
            x = torch.as_tensor(self.feature_scaler_.transform(X)).to(model.centers)
            parts = x.split(ROWS_PER_STEP_OF_PROGRESS)
            silent = self.verbose != 1 or len(parts) == 1 or self._is_followed
            scored = [
                to_numpy(self.rule_.score_classes(model, part))
                for part in tqdm(parts, desc="scores", disable=silent, leave=False)
            ]
        scores[:, columns] = np.concatenate(scored)
        return scores


def generated(model, noise):
    """Features from noise of shape (n, n_classes, n_features), along the flow."""
    times, angles = angle_grid(model.diffusion, SAMPLING_STEPS)
    w = integrate(flow_slope(model), noise, times[::-1], angles[::-1])
    return w + model.centers


def rule_name(rule):
    """Name of a rule: what it was given as, or its settings."""
    return rule if isinstance(rule, str) else str(rule)


def as_rule(rule):
    """Turn a name into a rule with its defaults."""
    if isinstance(rule, str):
        if rule not in RULES:
            raise ValueError(
                f"there is no rule {rule!r}. Choose among {', '.join(RULES)}, or give "
                "an instance."
            )
        return RULES[rule]()
    if not isinstance(rule, DecisionRule):
        raise TypeError(f"a rule is a name or a DecisionRule, got {rule!r}.")
    return rule
