"""What estimators with a torch network share."""

import copy
from contextlib import contextmanager
from functools import partial
from numbers import Integral, Real

import torch
from skorch.callbacks import Callback

from zsl_estimators.candidates import CandidateScores
from zsl_estimators.parameters import Interval, StrOptions
from zsl_estimators.training._callbacks import EpochReport, EpochTable
from zsl_estimators.training._epochs import BestEpochStage, EpochStage, TrainedNet
from zsl_estimators.training._fit_net import (
    NetTraining,
    rows_per_batch,
    standard_callbacks,
)
from zsl_estimators.training._net import ZeroShotNet
from zsl_estimators.training._prediction_module import (
    PredictionModule,
    copied_in_precision,
)
from zsl_estimators.training._seeding import repeatable_fit, usual_torch_settings
from zsl_estimators.warm_start import is_warm_start


def check_net(estimator):
    """Refuse callbacks and arguments of the net that skorch cannot use."""
    for callback in estimator.callbacks or ():
        named = isinstance(callback, tuple) and len(callback) == 2
        made = callback[1] if named else callback
        is_class = isinstance(made, type) and issubclass(made, Callback)
        if not is_class and not isinstance(made, Callback):
            raise ValueError(
                "callbacks must hold callbacks of skorch, or pairs of a name and a "
                f"callback, got {callback!r}. For instance "
                "callbacks=[skorch.callbacks.GradientNormClipping(1.0)]."
            )
    for name in ("module", "criterion", "optimizer"):
        made = (estimator.net_params or {}).get(name, callable)
        if not callable(made):
            raise ValueError(
                f"net_params[{name!r}] must be a class or a function that makes one, "
                f'got {made!r}. For instance net_params={{"optimizer": '
                "torch.optim.SGD}."
            )


# Weights of the correction that the folds compare; between them the score hardly
# changes. Without folds, half of a correction is safer than all of it.
CORRECTION_WEIGHTS, USUAL_CORRECTION_WEIGHT = (0.25, 0.5, 0.75, 1.0), 0.5


def check_correction(estimator):
    """Refuse to weigh the correction of nothing."""
    if not hasattr(estimator, "correction_weight"):
        return
    given = estimator.correction_weight
    if estimator.init is None and given not in ("auto", 1):
        raise ValueError(
            f"correction_weight={given} weighs what is learned against the initial "
            'estimator, and init=None has none. Use init="auto", or '
            'correction_weight="auto".'
        )


class TorchTrainingMixin:
    """Fit a skorch net, for a number of epochs chosen on held-out classes.

    Stands left of a zero-shot base class. Subclasses implement `_net_arguments`, the
    module, the criterion and the optimiser, and `_training_data`, its inputs.

    Attributes
    ----------
    net_ : skorch.NeuralNet
        The trained net; its optimiser is dropped unless ``warm_start=True``.
    history_ : skorch.History
        One entry per epoch: the loss, its parts by name, the duration.
    n_iter_ : int
        Number of epochs trained.
    """

    _net_constraints = {
        "device": [str],
        "max_epochs": [Interval(Integral, 1, None, closed="left")],
        "batch_size": [
            StrOptions({"auto"}),
            Interval(Integral, 2, None, closed="left"),
        ],
        "lr": [Interval(Real, 0, None, closed="neither")],
    }
    _torch_constraints = {
        **_net_constraints,
        "early_stopping": ["boolean"],
        "patience": [Interval(Integral, 1, None, closed="left"), None],
        "callbacks": [list, None],
        "net_params": [dict, None],
        "warm_start": ["boolean"],
    }
    _correction_constraints = {
        "correction_weight": [
            StrOptions({"auto"}),
            Interval(Real, 0, 1, closed="right"),
        ],
    }
    _parameter_checks = (check_net, check_correction)
    _fit_context = staticmethod(repeatable_fit)
    _predict_context = staticmethod(usual_torch_settings)

    _step = "epoch"
    # The skorch net to build.
    _net_class = ZeroShotNet
    # Factor between the numbers of epochs that the folds compare; 1 would be all.
    _growth_of_followed_epochs = 1.2
    # Parameters and their values of which each makes a net of its own.
    _settings = (None,)
    # Keeps the copy that the fitted net predicts with; None while it is trained.
    _kept_module = None
    # Whether this is the model of a fold between two epochs: single precision will do.
    _is_followed = False
    # Whether the net is more than the start of it, as far as it is known yet.
    _is_trained = True

    # -- for subclasses -----------------------------------------------------------

    def _net_arguments(self, problem):
        """Keyword arguments of the net: module, criterion, optimizer, their own."""
        raise NotImplementedError

    def _training_data(self, problem):
        """An ArrayData: arrays by name for the module, and the targets."""
        raise NotImplementedError

    def _weighted_data(self, problem):
        """The training data, with the weights of the samples."""
        data = self._training_data(problem)
        data.weights = problem.weights
        return data

    def _net_has_changed(self):
        """Forget what the net has answered before."""

    def _update_decision(self, problem):
        """Bring what :meth:`_score_classes` needs besides the net up to date."""

    # -- fit ----------------------------------------------------------------------

    @property
    def _n_steps(self):
        return self.max_epochs

    @property
    def _n_results_stages(self):
        return len(self._settings)

    @property
    def _is_first(self):
        """Whether no other net of this fit is trained before."""
        if self._fold == "all":
            return not self._has_folds
        return self._fold.startswith("1/")

    def _fit(self, problem, choice, random_state):
        self._train(problem, self._chosen_net(choice), random_state)

    def _fit_candidates(self, problem, random_state):
        if not self._chooses_net:
            return None
        stages = [self._epoch_stage(random_state, setting=s) for s in self._settings]
        return [*stages, BestEpochStage(*stages)]

    def _epoch_stage(self, random_state, ready=None, setting=None):
        """Make the stage in which folds compare numbers of epochs."""
        return EpochStage(
            random_state,
            max_epochs=self.max_epochs,
            only_last=not self.early_stopping,
            weights=self._correction_weights,
            growth=self._growth_of_followed_epochs,
            patience=self.patience,
            ready=ready,
            setting=setting,
            first=int(getattr(self, "init", None) is None),
        )

    @property
    def _correction_weights(self):
        """Weights of the correction to choose from."""
        given = getattr(self, "correction_weight", 1.0)
        if given != "auto":
            return (float(given),)
        return (1.0,) if self.init is None else CORRECTION_WEIGHTS

    @property
    def _chooses_net(self):
        """Whether the folds choose among states of the net."""
        n_choices = max(len(self._correction_weights), len(self._settings))
        return self.early_stopping or n_choices > 1

    def _chosen_net(self, choice):
        """The state of the net that the folds have chosen, or the usual one."""
        weights = self._correction_weights
        weight = USUAL_CORRECTION_WEIGHT if len(weights) > 1 else weights[0]
        default = TrainedNet(self.max_epochs, weight, self._settings[0])
        # The stage after those of the nets, if there are several, has compared them.
        stage = len(self._settings) if len(self._settings) > 1 else 0
        return choice.best(stage, default)

    def _apply_setting(self, setting):
        """Note the setting of the net that is made next, or is gone back to."""
        if setting is not None:
            name, value = setting
            setattr(self, f"{name}_", value)

    def _weigh_correction(self, weight):
        """Add so much of what is learned to the initial estimator from now on."""
        if hasattr(self, "correction_weight"):
            self.correction_weight_ = weight

    def _train(self, problem, state, random_state):
        """Train to the end and keep what prediction needs."""
        if not is_warm_start(self):
            self._apply_setting(state.setting)
        self._kept_module = None
        training = self._new_training(problem, state.n_epochs, random_state)
        self._net_has_changed()
        self._weigh_correction(state.correction_weight)
        # Callbacks may score the model while it is trained.
        self.net_ = training.net
        scores = partial(self._held_out_scores, problem)
        for _ in training.attach(self._weighted_data(problem), scores).epochs():
            pass
        self.history_ = epoch_history(self.net_.history)
        self.n_iter_ = len(self.history_)
        if not self.warm_start:
            self.net_.trim_for_prediction()
        self._kept_module = PredictionModule()

    def _new_training(self, problem, n_epochs, random_state):
        """Make the net, or a copy of the fitted one, ready to be trained."""
        # What is of use in training only is not made for a net that is not trained.
        self._is_trained = n_epochs > 0 or self.warm_start
        # A fit that fails must leave the net of the former one as it was.
        former = copy.deepcopy(self.net_) if is_warm_start(self) else None
        new_net = None
        if former is not None:
            former.change_steps(**self._steps(len(problem.rows)))
        else:
            new_net = self._new_net(self._net_arguments(problem), len(problem.rows))
        return NetTraining(
            new_net,
            device=self.device,
            random_state=random_state,
            n_epochs=n_epochs,
            net=former,
        )

    def _new_net(self, arguments, n_samples):
        """Make a function that makes the net, see :class:`NetTraining`."""
        arguments = {
            "verbose": 0,
            **arguments,
            **self._extra_arguments(),
            **self._steps(n_samples),
        }
        arguments["callbacks"] = [
            *self._standard_callbacks(),
            *arguments.get("callbacks", []),
            *(self.callbacks or []),
        ]
        return partial(self._net_class, **arguments)

    def _steps(self, n_samples):
        """How the net is trained that is made, or goes on."""
        usual = {
            "lr": self.lr,
            "batch_size": rows_per_batch(self.batch_size, n_samples),
        }
        given = self._extra_arguments()
        return {name: given.get(name, value) for name, value in usual.items()}

    def _standard_callbacks(self):
        callbacks = [*standard_callbacks(), EpochReport(self._report)]
        if self.verbose >= 2:
            callbacks.append(EpochTable(self._fold, header=self._is_first))
        return callbacks

    def _extra_arguments(self):
        """Arguments of the net that the user has given."""
        return self.net_params or {}

    def _held_out_scores(self, problem, X, y):
        """Score classes with the net as it is, for callbacks."""
        X = self._validated(X, reset=False)
        self._update_decision(problem)
        scores = self._score_classes(self._scaled(X))[:, self._order]
        return CandidateScores(self.classes_, self.seen_classes_, scores).in_fold(y)

    # -- prediction ---------------------------------------------------------------

    @contextmanager
    def _inference(self):
        """Yield the module to predict with, which nobody may change.

        It is in double precision, so that a prediction does not depend, beyond the
        last digits, on which other rows are in the batch. MPS has single precision
        only. Candidates that are merely followed do not need more, nor a copy, which
        may take longer than what is done with it.
        """
        with torch.inference_mode():
            yield self._module_to_predict_with()

    def _module_to_predict_with(self):
        """What :meth:`_inference` yields."""
        if self._is_followed or self._kept_module is None:
            return self._module_for_prediction()
        module, n_epochs = self.net_.inference_module, len(self.net_.history)
        return self._kept_module.of(module, self._predicts_in_single, n_epochs)

    def _module_for_prediction(self):
        """Copy the trained module for whoever may change it; see :meth:`_inference`."""
        module = self.net_.inference_module
        if self._is_followed:
            return module.eval()
        return copied_in_precision(module, self._predicts_in_single)

    @property
    def _predicts_in_single(self):
        return str(self.net_.device).startswith("mps")


def epoch_history(history):
    """Copy a skorch history without the records of single batches."""
    kept = type(history)()
    for epoch in history:
        kept.append({key: value for key, value in epoch.items() if key != "batches"})
    return kept
