"""DiffusionClassifier: one conditional diffusion model and many decision rules."""

import copy
from functools import partial
from numbers import Integral, Real

import numpy as np
import torch
from sklearn.base import clone
from sklearn.utils import check_scalar
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_array, check_is_fitted
from tqdm.auto import tqdm

from zsl_estimators.base import BaseZeroShotClassifier
from zsl_estimators.decisions import epochs_then_decisions
from zsl_estimators.docstrings import fill_docstring
from zsl_estimators.exemplar import ExemplarClassifier, class_tensors
from zsl_estimators.labels import as_labels
from zsl_estimators.likelihood._latents import (
    decoded,
    encoded,
    generated_rows,
    walked_rows,
)
from zsl_estimators.likelihood.rules import (
    RULES,
    CrossAttentionRule,
    ErrorRule,
    LikelihoodRule,
    NoiseDenoiseRule,
)
from zsl_estimators.likelihood.rules._given import as_rule, given_rules, rule_name
from zsl_estimators.likelihood.rules._trained import TrainedRules
from zsl_estimators.nn.blocks import n_rows_per_block
from zsl_estimators.nn.cross_attention import CrossAttentionDenoiser
from zsl_estimators.nn.denoiser import ConditionalDenoiser, DenoisingLoss
from zsl_estimators.nn.diffusion import SCHEDULES
from zsl_estimators.parameters import HasMethods, Interval, StrOptions
from zsl_estimators.scaling import ATTRIBUTE_SCALING, AttributeScaler, FeatureScaler
from zsl_estimators.seeds import LARGEST_SEED, private_random_state
from zsl_estimators.training import (
    ArrayData,
    CosineSchedule,
    TorchTrainingMixin,
    float32,
    to_numpy,
)
from zsl_estimators.warm_start import is_warm_start

PROXY = "proxy"
# Noise levels of a picture of reconstructions.
USUAL_LEVELS = tuple(round(0.1 * step, 1) for step in range(1, 11))
# What the folds follow each kind of network with.
PROXY_RULES = {"denoiser": ErrorRule(n_draws=4), "attention": CrossAttentionRule()}


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
class DiffusionClassifier(TorchTrainingMixin, BaseZeroShotClassifier):
    """Zero-shot classifier by a class-conditional diffusion model of features.

    One network learns to remove noise from features, given the description of their
    class, seen or unseen. A decision rule computes from it which class a sample belongs
    to: by the error of the predicted noise (the diffusion classifier), by the
    likelihood, or by the description that explains the sample. A rule is a separate
    object, and several can be compared on one trained network.

    The network starts from a normal distribution per class, for which the best estimate
    is known exactly, and learns a correction.

    Parameters
    ----------
    %(attributes)s
    rule : str, rule, or list of them, default="error"
        Decision rule: "error", "likelihood", "latent_knn", "noise_denoise",
        "noise_denoise_vote", "cross_attention", "inversion" or "weights"; or an
        instance such as :class:`~zsl_estimators.likelihood.ErrorRule`, whose parameters
        can be searched as ``rule__<name>``. The best rule of a list is chosen on folds
        of held-out classes, and :meth:`with_rule` changes it after the fit.
        "cross_attention" needs a separate network and cannot be in a list.
    %(init_exemplar)s
    %(attribute_scaling)s
    hidden : int, default=256
        Width of the network.
    n_blocks : int, default=4
        Number of residual blocks.
    n_chunks : int, default=8
        Parts of a vector with separate attention to the classes; for "cross_attention".
    n_heads : int, default=2
        Attention heads per part; for "cross_attention".
    attribute_noise : float, default=0.1
        Standard deviation of noise on scaled descriptions while training.
    n_diffusion_steps : int, default=1000
        Number of noise levels.
    noise_schedule : {"linear", "cosine"}, default="linear"
        Schedule of the noise levels.
    max_epochs : int, default=40
        Largest number of passes over the data. On the folds 0, 1, 2, 3, 5, 8 and so on
        are compared; the final fit, which has more rows, makes the same number of
        updates.
    lr : float, default=1e-3
        Initial learning rate of AdamW; it decreases to 0 as a cosine.
    weight_decay : float, default=1e-2
        Weight decay of AdamW.
    %(early_stopping)s
    %(patience_10)s
    %(torch_training)s
    %(seen_penalty)s
    %(n_jobs)s
    %(device)s
    %(random_state)s

    Attributes
    ----------
    rule_ : rule
        The rule in use, fitted.
    rules_ : dict of str to rule
        All rules that were compared, fitted.
    held_out_decisions_ : DataFrame or None
        Scores of the rules on the folds.
    net_ : skorch.NeuralNet
        The trained net; its optimiser is dropped unless ``warm_start=True``.
    history_ : skorch.History
        One entry per epoch: ``train_loss``, ``denoising_loss``, and the duration
        ``dur`` in seconds.
    n_iter_ : int
        Number of epochs trained; 0 if no number was better on held-out classes.
    init_ : ExemplarClassifier or None
        The fitted initial estimator.
    feature_scaler_ : object
        Scaling of the features.
    attribute_scaling_ : str
        The scaling of the descriptions in use.
    attribute_scaler_ : object
        Scaling of the attributes.
    %(fitted)s

    See Also
    --------
    ExemplarClassifier : The initial estimator alone.
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
    >>> data = make_gzsl(20, random_state=0)
    >>> clf = DiffusionClassifier(
    ...     data.attributes,
    ...     rule=["error", "noise_denoise"],
    ...     max_epochs=1,
    ...     random_state=0,
    ... )
    >>> clf.fit(data.X_train, data.y_train).unseen_classes_
    array([ 0,  4,  5, 13])
    >>> bool(clf.score(data.X_test, data.y_test) > 0.5)
    True
    >>> bool(clf.with_rule("noise_denoise").score(data.X_test, data.y_test) > 0.5)
    True
    """

    _no_onnx = (
        "its rules run the network many times for every class",
        "Store it with skops.io.dump, or take a classifier with a head.",
    )
    _parameter_constraints = {
        **BaseZeroShotClassifier._parameter_constraints,
        **TorchTrainingMixin._torch_constraints,
        "init": [StrOptions({"auto"}), ExemplarClassifier, None],
        "attribute_scaling": ATTRIBUTE_SCALING,
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
    _growth_of_followed_epochs = 1.5

    def __init__(
        self,
        attributes=None,
        *,
        classes=None,
        rule="error",
        init="auto",
        attribute_scaling="auto",
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
        patience=10,
        batch_size="auto",
        callbacks=None,
        net_params=None,
        warm_start=False,
        seen_penalty="auto",
        n_jobs=None,
        device="auto",
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
        self.rule = rule
        self.init = init
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
        self.patience = patience
        self.batch_size = batch_size
        self.callbacks = callbacks
        self.net_params = net_params
        self.warm_start = warm_start
        self.device = device

    # -- for users ----------------------------------------------------------------

    def with_rule(self, rule, seen_penalty=None):
        """Return a classifier with another rule, without training again.

        Parameters
        ----------
        rule : str or rule
            One of the list that was passed as `rule`, as it was passed there; or any
            other one for the same network, together with its penalty.
        seen_penalty : float or None, default=None
            Penalty on the scores of seen classes. None uses the number passed to the
            constructor, or the penalty of that rule on the folds; for the rule that was
            chosen in :meth:`fit` it is the fitted one.

        Returns
        -------
        other : DiffusionClassifier
            A fitted classifier that shares the network with this one.

        Raises
        ------
        ValueError
            If the penalty of the rule was not fitted, or the rule needs another
            network.
        """
        check_is_fitted(self)
        name, new = rule_name(rule), as_rule(rule)
        if seen_penalty is None and self.seen_penalty != "auto":
            seen_penalty = float(self.seen_penalty)
        elif seen_penalty is None:
            seen_penalty = self._trained_rules.penalty(name)
        other = copy.copy(self)
        other.rule, other.rules_ = rule, dict(self.rules_)
        if self.warm_start:
            # Training one further must not train the other.
            other.net_ = copy.deepcopy(self.net_)
        if name not in self.rules_:
            with self._predict_context():
                other.rules_[name] = self._fitted_rule(new)
        other.rule_, other.seen_penalty_ = other.rules_[name], seen_penalty
        return other

    def sample(self, n_per_class=1, classes=None):
        """Generate features.

        %(sample)s
        """
        check_is_fitted(self)
        self._trained_rules.check_network("denoiser", "sample")
        check_scalar(n_per_class, "n_per_class", Integral, min_val=1)
        labels = self._table.known(self.classes_ if classes is None else classes)
        random_state = private_random_state(self.random_state)
        positions = self._table.rows(labels)
        with self._predict_context():
            scaled = self._generated(positions, n_per_class, random_state)
        X = self.feature_scaler_.inverse_transform(scaled)
        return X, np.repeat(labels, n_per_class)

    def encode(self, X, y):
        """Map features to latent vectors, given their classes.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Features.
        y : array-like of shape (n_samples,), or a label
            Classes to encode the samples with, their own or others.

        Returns
        -------
        latents : ndarray of shape (n_samples, n_features)
            End points of the probability flow (deterministic DDIM). They are
            approximately standard normal if the class is the true one.

        See Also
        --------
        zsl_estimators.likelihood.slerp : Interpolates between latent vectors.
        """
        return self._along_the_flow(
            encoded, self._scaled(self._checked(X)), y, "encode"
        )

    def decode(self, latents, y):
        """Map latent vectors to features, given their classes.

        Parameters
        ----------
        latents : array-like of shape (n_samples, n_features)
            Latent vectors, such as those of :meth:`encode` or noise.
        y : array-like of shape (n_samples,), or a label
            Classes to decode with.

        Returns
        -------
        X : ndarray of shape (n_samples, n_features)
            In the units of the training data.

        Examples
        --------
        >>> import numpy as np
        >>> from zsl_estimators import DiffusionClassifier
        >>> from zsl_estimators.datasets import make_gzsl
        >>> from zsl_estimators.likelihood import slerp
        >>> data = make_gzsl(20, random_state=0)
        >>> clf = DiffusionClassifier(data.attributes, max_epochs=2, random_state=0)
        >>> clf = clf.fit(data.X_train, data.y_train)
        >>> one, other = clf.encode(data.X_test[:2], data.y_test[:2])
        >>> between = slerp(one, other, np.linspace(0, 1, 5))
        >>> clf.decode(between, clf.unseen_classes_[0]).shape
        (5, 16)
        """
        check_is_fitted(self)
        latents = check_array(latents, dtype=np.float64, input_name="latents")
        if latents.shape[1] != self.n_features_in_:
            raise ValueError(
                f"latents has {latents.shape[1]} columns, but a latent vector has as "
                f"many as there are features, {self.n_features_in_}. See encode."
            )
        return self.feature_scaler_.inverse_transform(
            self._along_the_flow(decoded, latents, y, "decode")
        )

    def reconstruction_distances(self, X, levels=USUAL_LEVELS, rule=None):
        """Compute the distances between samples and their reconstructions.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Features.
        levels : sequence of float
            Shares of the diffusion time to which samples are noised, above 0 and up to
            1. By default 0.1, 0.2 and so on.
        rule : NoiseDenoiseRule or None, default=None
            Rule whose distance, steps and draws of noise are used; its level is not
            used. None is a rule with default parameters.

        Returns
        -------
        distances : ndarray of shape (n_levels, n_samples, n_classes)
            Columns in the order of `classes_`.

        See Also
        --------
        zsl_estimators.plotting.ReconstructionDisplay : Draws them.
        """
        Z = self._scaled(self._checked(X))
        rule = NoiseDenoiseRule() if rule is None else rule
        distances = []
        for level in levels:
            of_level = self.with_rule(clone(rule).set_params(level=level), 0.0)
            with self._predict_context():
                distances.append(-of_level._score_classes(Z)[:, self._order])
        return np.stack(distances)

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
        Z = self._scaled(self._checked(X))
        with self._predict_context():
            per_class = self._score_classes(Z)[:, self._order]
        total = np.logaddexp.reduce(per_class, axis=1) - np.log(per_class.shape[1])
        return total + self.feature_scaler_.log_det

    # -- fit ----------------------------------------------------------------------

    def _new_inits(self):
        return [ExemplarClassifier(attribute_scaling=self.attribute_scaling)]

    def _new_scalers(self, random_state):
        gaussian = None if self.init_ is None else self.init_.gaussian_
        return (
            FeatureScaler("whitened", gaussian),
            AttributeScaler(self.attribute_scaling_),
        )

    def _fit(self, problem, choice, random_state):
        rule_seed = random_state.randint(LARGEST_SEED)
        self._train(problem, self._chosen_net(choice), random_state)
        self._trained_rules.seed = rule_seed
        self._trained_rules.keep_penalties(choice)
        self.held_out_decisions_ = choice.frame(1)
        rules = self._new_rules()
        chosen = choice.best(1, default=next(iter(rules)))
        self.rules_ = {name: self._fitted_rule(rule) for name, rule in rules.items()}
        self.rule_ = self.rules_[chosen]

    def _fit_candidates(self, problem, random_state):
        if not self._chooses_net and len(self._new_rules()) == 1:
            return None
        return epochs_then_decisions(self, random_state)

    def _chosen_net(self, choice):
        """As many updates as on the folds: a little too long can be much too long."""
        state = super()._chosen_net(choice)
        if not self.early_stopping:
            return state
        return state._replace(n_epochs=round(state.n_epochs * choice.share_of_rows))

    def _fit_chosen(self, problem, choice, seed):
        super()._fit_chosen(problem, choice, seed)
        self._trained_rules.correct_penalty(choice.best(1, None), self.seen_penalty_)

    # -- rules --------------------------------------------------------------------

    def _network(self):
        """The kind of network that the rules need."""
        return next(iter(self._new_rules().values())).network

    def _new_rules(self):
        """The rules to compare by name, not fitted."""
        return given_rules(self.rule)

    def _new_decisions(self):
        return list(self._new_rules())

    def _proxy_decision(self, problem):
        return PROXY

    def _decide_by(self, name, problem, random_state):
        rules = self._new_rules() | {PROXY: PROXY_RULES[self._trained_rules.network]}
        self.rule_ = self._fitted_rule(rules[name])

    def _update_decision(self, problem):
        self._decide_by(PROXY, problem, None)

    def _fitted_rule(self, rule):
        with torch.no_grad():
            return self._trained_rules.fit(rule, self._model)

    # -- network ------------------------------------------------------------------

    def _new_training(self, problem, n_epochs, random_state):
        network = self._network()
        if is_warm_start(self) and self._trained_rules.network != network:
            raise ValueError(
                "warm_start=True continues the last fit, whose network is not that "
                f"of rule={self.rule!r}. Use warm_start=False, or another rule."
            )
        self._trained_rules = TrainedRules(network, n_classes=len(problem.S))
        return super()._new_training(problem, n_epochs, random_state)

    def _net_arguments(self, problem):
        attributes, centers = self._class_tensors()
        seen = torch.as_tensor(self._table.seen)
        network = {
            "class_attributes": attributes[seen],
            "class_centers": centers[seen],
            "hidden": self.hidden,
            "attribute_noise": self.attribute_noise,
            "n_steps": self.n_diffusion_steps,
            "schedule": self.noise_schedule,
        }
        if self._trained_rules.network == "attention":
            module = CrossAttentionDenoiser
            network |= {"n_chunks": self.n_chunks, "n_heads": self.n_heads}
        else:
            module = ConditionalDenoiser
            network |= {"n_blocks": self.n_blocks}
        return {
            "module": module,
            **{f"module__{name}": value for name, value in network.items()},
            "criterion": DenoisingLoss,
            "optimizer": partial(torch.optim.AdamW, fused=True),
            "optimizer__weight_decay": self.weight_decay,
            "callbacks": [CosineSchedule(self.max_epochs)],
        }

    def _training_data(self, problem):
        return ArrayData({"x": problem.rows.single(), "y": problem.y}, problem.y)

    def _class_tensors(self):
        """Scaled descriptions, and centres: observed where seen, else predicted."""
        attributes, centers = class_tensors(
            self._scaled_attributes(),
            self.init_,
            self._table.matrix,
            self.feature_scaler_,
            self.n_features_in_,
        )
        if self.init_ is not None:
            means = self.feature_scaler_.transform(self.init_.within_class.means)
            centers[torch.as_tensor(self._table.seen)] = torch.tensor(float32(means))
        return attributes, centers

    # -- samples ------------------------------------------------------------------

    def _generated(self, positions, n_per_class, random_state):
        """Scaled features of classes, one class after the other, float64."""
        shape = n_per_class, len(positions), self.n_features_in_
        noise = random_state.normal(size=shape)
        with torch.no_grad():
            return generated_rows(self._model(positions), noise)

    def _along_the_flow(self, walk, rows, y, method):
        """Encode or decode every row under its class."""
        self._trained_rules.check_network("denoiser", method)
        labels = as_labels(np.atleast_1d(y), "y")
        if len(labels) not in (1, len(rows)):
            raise ValueError(
                f"y has {len(labels)} labels for {len(rows)} rows. Give one label per "
                "row, or a single one."
            )
        positions = np.broadcast_to(self._table.rows(labels), len(rows))
        with self._predict_context(), torch.no_grad():
            return walked_rows(walk, self._model, rows, positions)

    # -- prediction ---------------------------------------------------------------

    def _model(self, positions=None):
        """The network and the classes that it is conditioned on."""
        if positions is None:
            positions = np.arange(len(self._table.labels))
        module = self._module_to_predict_with()
        of_net = module.class_centers
        attributes, centers = (
            part[positions].to(of_net) for part in self._class_tensors()
        )
        seen = torch.as_tensor(self._table.seen[positions], device=of_net.device)
        return module.with_classes(attributes, centers, seen)

    def _score_classes(self, Z):
        with torch.no_grad():
            model = self._model()
            x = torch.as_tensor(Z).to(model.centers)
            parts = x.split(n_rows_per_block(copies=8))
            silent = self.verbose != 1 or len(parts) == 1 or self._is_followed
            scored = [
                to_numpy(self.rule_.score_classes(model, part))
                for part in tqdm(parts, desc="scores", disable=silent, leave=False)
            ]
        return np.concatenate(scored)
