"""RevCDClassifier: describe a sample by reversed conditional diffusion."""

from functools import partial
from numbers import Integral, Real

import numpy as np
import torch
from sklearn.base import clone
from sklearn.frozen import FrozenEstimator
from skorch.callbacks import GradientNormClipping

from zsl_estimators.docstrings import fill_docstring
from zsl_estimators.gaussian import LastResult
from zsl_estimators.nn.blocks import row_blocks
from zsl_estimators.nn.diffusion import PREDICTION_TYPES, SCHEDULES
from zsl_estimators.nn.revcd import (
    GuidedPrediction,
    NoEstimate,
    RevCDLoss,
    RevCDNetwork,
)
from zsl_estimators.onnx_export import doubles
from zsl_estimators.parameters import (
    Interval,
    StrOptions,
    has_widths,
    published_settings,
)
from zsl_estimators.semantic._base import SemanticClassifier
from zsl_estimators.semantic._gaussian import GaussianSemanticClassifier
from zsl_estimators.semantic._ridge import RidgeSemanticClassifier
from zsl_estimators.training import (
    ArrayData,
    CosineSchedule,
    TorchTrainingMixin,
    WeightAveraging,
    float32,
    to_numpy,
)

# Of single benchmarks nothing is published.
PAPER = {"paper": {"AWA2": (), "CUB": (), "SUN": (), "APY": ()}, "code": {}}


def check_guidance(estimator):
    """Refuse guidance by a network that always sees its condition."""
    if estimator.guidance_scale != 1 and not estimator.condition_dropout:
        raise ValueError(
            f"guidance_scale={estimator.guidance_scale} needs a network that was "
            "trained without condition at times. Set condition_dropout=0.1, or "
            "guidance_scale=1."
        )


@fill_docstring
class RevCDClassifier(TorchTrainingMixin, SemanticClassifier):
    """Zero-shot classifier by reversed conditional diffusion (RevCD).

    A denoising network learns the attributes of a class given the features of a sample,
    from noised attribute vectors. To classify, noise is denoised to an attribute vector
    given the features of the sample, and the class with the most similar description is
    predicted, by the cosine or as in the initial estimator. New classes need a
    description only.

    The network learns a correction of a linear map, that of
    :class:`RidgeSemanticClassifier` or of :class:`GaussianSemanticClassifier`. The
    number of epochs, which may be 0, the weight of the correction, and the penalty on
    seen classes, without which unseen classes are rarely predicted, are chosen on folds
    of held-out seen classes.

    Parameters
    ----------
    %(attributes)s
    init : "auto", SemanticClassifier or None, default="auto"
        Initial estimator, whose predictions the network corrects. "auto" is
        :class:`RidgeSemanticClassifier` or :class:`GaussianSemanticClassifier`,
        whichever is better on held-out seen classes; None is the network of the paper.
        If an estimator is given, its scaling is used, and its parameters can be
        searched as ``init__<name>``. If it has no `random_state`, it takes the one of
        this estimator.
    %(attribute_scaling)s
    %(correction_weight)s
    hidden : sequence of int, default=(256, 128)
        Widths of the encoder blocks of the U-Net; the decoder mirrors them.
    condition_dim : int, default=128
        Size of the condition vector made from the features.
    n_tokens : int or None, default=None
        Number of chunks of the features that the Transformer attends to. None is 16
        from 512 features on, 8 below, and a perceptron instead of the Transformer below
        64.
    dropout : float, default=0.1
        Dropout in the U-Net.
    condition_dropout : float, default=0.1
        Share of training rows without condition, for classifier-free guidance.
    n_diffusion_steps : int, default=1000
        Number of noise levels.
    noise_schedule : {"linear", "cosine"}, default="linear"
        Schedule of the noise levels.
    prediction_type : {"x0", "eps", "v"}, default="x0"
        Output of the network: the clean attributes, the noise, or the velocity.
    cls_weight : float, default=0.9
        Weight, from 0 to 1, of the classification loss against the reconstruction
        loss (lambda in the paper).
    temperature : float, default=0.3
        Divisor of the similarities in the classification loss.
    sampler : {"one_shot", "ddim", "ddpm"}, default="one_shot"
        One step from pure noise, or `sampling_steps` steps of DDIM (deterministic)
        or DDPM (ancestral).
    sampling_steps : int, default=10
        Number of steps of "ddim" and "ddpm".
    n_draws : int, default=4
        Number of noise draws to average over. They are drawn once in :meth:`fit` and
        shared by all samples.
    guidance_scale : float, default=1.0
        Scale of classifier-free guidance: 1 is no guidance; larger values increase the
        effect of the condition.
    max_epochs : int, default=40
        Largest number of epochs.
    %(early_stopping)s
    %(patience_10)s
    batch_size : "auto" or int, default="auto"
        Samples per training step. "auto" aims at 32 batches per epoch and takes 32 to
        256 samples.
    lr : float, default=3e-3
        Initial learning rate of AdamW; it decreases to 0 as a cosine over `max_epochs`.
    weight_decay : float, default=1e-4
        Weight decay of AdamW.
    ema_decay : float or None, default=None
        Predict with an exponential moving average of the weights that forgets a share
        of ``1 - ema_decay`` per batch.
    callbacks : list of skorch callbacks or None, default=None
        Callbacks of the training of the final model.
    net_params : dict or None, default=None
        Further arguments of the :class:`skorch.NeuralNet`, for instance
        ``{"optimizer__betas": (0.5, 0.999)}``, or ``{"n_threads": 8}``: by default
        training on the CPU uses one thread, so that the result is the same on any
        number of cores. The noise loss of the paper is among them, see the notes.
    warm_start : bool, default=False
        Continue from the weights of the last call of :meth:`fit`.
    %(seen_penalty)s
    %(n_jobs)s
    device : str, default="auto"
        Device of torch: "auto" (CUDA, then MPS, then CPU), "cpu", "cuda", "cuda:1",
        "mps".
    %(random_state)s

    Attributes
    ----------
    net_ : skorch.NeuralNet
        The trained net; its optimiser is dropped unless ``warm_start=True``.
    history_ : skorch.History
        One entry per epoch: ``train_loss``, its parts ``reconstruction_loss`` and
        ``classification_loss``, and the duration ``dur`` in seconds.
    n_iter_ : int
        Number of epochs trained; 0 if no number was better on held-out classes.
    correction_weight_ : float
        Weight of the learned correction of the initial estimator.
    init_ : SemanticClassifier or None
        The fitted initial estimator.
    similarity_ : str
        "cosine", or that of a :class:`GaussianSemanticClassifier` as `init_`.
    noise_ : ndarray of shape (n_draws, n_steps + 1, n_attributes)
        Start noise of every draw, then the step noise of "ddpm".
    feature_scaler_ : StandardScaler
        Scaling of the features.
    attribute_scaling_ : str
        The scaling of the descriptions in use.
    attribute_scaler_ : object
        Scaling of the attributes.
    %(fitted)s

    See Also
    --------
    RidgeSemanticClassifier : The initial estimator alone.
    ExemplarClassifier : Predicts features from attributes instead.

    Notes
    -----
    The paper leaves widths, optimiser and schedule open and contradicts itself in the
    sampler; the page on RevCD under *Papers and package* lists how this is resolved.
    The sampler as printed, which puts the clean estimate where the noise belongs,
    diverges and is not offered.

    The noise loss of the paper is off, for it does not help. It is reached through
    ``net_params={"criterion__noise_loss": "capped", "criterion__noise_weight": 0.1}``:
    the reconstruction error times the signal-to-noise ratio, capped at 5; "literal" is
    Eq. 10 as printed.

    A conditional VAE or GAN of descriptions takes the place of the diffusion when
    `net_params` has ``ConditionalAttributeVAE`` or ``ConditionalAttributeGAN`` of
    ``zsl_estimators.nn`` as ``module`` and its loss as ``criterion``.

    References
    ----------
    .. [1] Heyden, Ullah, Siddiqui, Al Machot: RevCD - Reversed conditional diffusion
       for generalized zero-shot learning, arXiv 2409.00511.

    Examples
    --------
    >>> from zsl_estimators import RevCDClassifier
    >>> from zsl_estimators.datasets import make_gzsl
    >>> data = make_gzsl(20, random_state=0)
    >>> clf = RevCDClassifier(attributes=data.attributes, random_state=0)
    >>> clf.fit(data.X_train, data.y_train).unseen_classes_
    array([ 0,  4,  5, 13])
    >>> bool(set(clf.predict(data.X_test)) & set(clf.unseen_classes_))
    True
    """

    _parameter_constraints = {
        **SemanticClassifier._parameter_constraints,
        **TorchTrainingMixin._torch_constraints,
        **TorchTrainingMixin._correction_constraints,
        "init": [StrOptions({"auto"}), SemanticClassifier, None],
        "hidden": ["array-like"],
        "condition_dim": [Interval(Integral, 1, None, closed="left")],
        "n_tokens": [Interval(Integral, 1, None, closed="left"), None],
        "dropout": [Interval(Real, 0, 1, closed="left")],
        "condition_dropout": [Interval(Real, 0, 1, closed="left")],
        "n_diffusion_steps": [Interval(Integral, 2, None, closed="left")],
        "noise_schedule": [StrOptions(set(SCHEDULES))],
        "prediction_type": [StrOptions(set(PREDICTION_TYPES))],
        "cls_weight": [Interval(Real, 0, 1, closed="both")],
        "temperature": [Interval(Real, 0, None, closed="neither")],
        "weight_decay": [Interval(Real, 0, None, closed="left")],
        "ema_decay": [Interval(Real, 0, 1, closed="left"), None],
        "sampler": [StrOptions({"one_shot", "ddim", "ddpm"})],
        "sampling_steps": [Interval(Integral, 1, None, closed="left")],
        "n_draws": [Interval(Integral, 1, None, closed="left")],
        "guidance_scale": [Interval(Real, 0, None, closed="left")],
    }
    _parameter_checks = (has_widths("hidden"), check_guidance)

    def __init__(
        self,
        attributes=None,
        *,
        classes=None,
        init="auto",
        attribute_scaling="auto",
        correction_weight="auto",
        hidden=(256, 128),
        condition_dim=128,
        n_tokens=None,
        dropout=0.1,
        condition_dropout=0.1,
        n_diffusion_steps=1000,
        noise_schedule="linear",
        prediction_type="x0",
        cls_weight=0.9,
        temperature=0.3,
        sampler="one_shot",
        sampling_steps=10,
        n_draws=4,
        guidance_scale=1.0,
        max_epochs=40,
        early_stopping=True,
        patience=10,
        batch_size="auto",
        lr=3e-3,
        weight_decay=1e-4,
        ema_decay=None,
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
        self.init = init
        self.attribute_scaling = attribute_scaling
        self.correction_weight = correction_weight
        self.hidden = hidden
        self.condition_dim = condition_dim
        self.n_tokens = n_tokens
        self.dropout = dropout
        self.condition_dropout = condition_dropout
        self.n_diffusion_steps = n_diffusion_steps
        self.noise_schedule = noise_schedule
        self.prediction_type = prediction_type
        self.cls_weight = cls_weight
        self.temperature = temperature
        self.sampler = sampler
        self.sampling_steps = sampling_steps
        self.n_draws = n_draws
        self.guidance_scale = guidance_scale
        self.max_epochs = max_epochs
        self.early_stopping = early_stopping
        self.patience = patience
        self.batch_size = batch_size
        self.lr = lr
        self.weight_decay = weight_decay
        self.ema_decay = ema_decay
        self.callbacks = callbacks
        self.net_params = net_params
        self.warm_start = warm_start
        self.device = device

    @classmethod
    def paper_params(cls, dataset, source="paper"):
        """Settings of the paper, as far as they are printed.

        Parameters
        ----------
        dataset : {"AWA2", "CUB", "SUN", "APY"}
            Name of the benchmark, in upper or lower case. All have the same settings.
        source : {"paper"}, default="paper"
            Origin of the settings; no code was published.

        Returns
        -------
        params : dict
            Constructor parameters, without `attributes`. From the paper are three
            hidden layers with dropout, 1000 steps of ancestral sampling, the three
            losses, no initial estimator and no calibration. Widths, shares and weights,
            the scaling of the class table, the schedule, optimiser and epochs are not
            printed there: those here are choices of this package, as is the cap of the
            noise loss, and have not been measured on the benchmark.

        Raises
        ------
        ValueError
            If the paper does not use the data set.

        Examples
        --------
        >>> from zsl_estimators import RevCDClassifier
        >>> RevCDClassifier.paper_params("AWA2")["sampler"]
        'ddpm'
        """
        published_settings(PAPER, (), dataset, source)
        return {
            "init": None,
            "attribute_scaling": "none",
            "correction_weight": 1.0,
            "hidden": (512, 256, 128),
            "condition_dim": 256,
            "dropout": 0.1,
            "condition_dropout": 0.0,
            "n_diffusion_steps": 1000,
            "noise_schedule": "linear",
            "prediction_type": "x0",
            "cls_weight": 0.1,
            "temperature": 0.1,
            "sampler": "ddpm",
            "sampling_steps": 1000,
            "n_draws": 1,
            "guidance_scale": 1.0,
            "max_epochs": 100,
            "early_stopping": False,
            "batch_size": 256,
            "lr": 1e-3,
            "net_params": {
                "criterion__noise_loss": "capped",
                "criterion__noise_weight": 0.1,
            },
            "seen_penalty": 0.0,
        }

    # -- fit ----------------------------------------------------------------------

    def _new_inits(self):
        return [
            RidgeSemanticClassifier(attribute_scaling=self.attribute_scaling),
            GaussianSemanticClassifier(attribute_scaling=self.attribute_scaling),
        ]

    def _new_scalers(self, random_state):
        if self.init_ is None:
            return super()._new_scalers(random_state)
        # The latter may hold a metric that was learned with the initial estimator.
        return (
            clone(self.init_.feature_scaler_),
            FrozenEstimator(self.init_.attribute_scaler_),
        )

    @property
    def similarity_(self):
        return getattr(self.init_, "similarity_", "cosine")

    def _new_training(self, problem, n_epochs, random_state):
        self._draw_noise(problem)
        return super()._new_training(problem, n_epochs, random_state)

    def _draw_noise(self, problem):
        """Start and step noise of every draw, the same for all samples and classes."""
        self._n_passes = 1 if self.sampler == "one_shot" else self.sampling_steps
        n_steps = self._n_passes if self.sampler == "ddpm" else 0
        shape = self.n_draws, 1 + n_steps, problem.S.shape[1]
        self.noise_ = problem.random_state.normal(size=shape)

    def _net_arguments(self, problem):
        seen = torch.tensor(float32(problem.S_seen))
        network = {
            "n_features": problem.rows.n_scaled,
            "class_attributes": seen,
            "residual": self.init_ is not None,
            "hidden": tuple(self.hidden),
            "condition_dim": self.condition_dim,
            "n_tokens": self.n_tokens,
            "dropout": self.dropout,
            "condition_dropout": self.condition_dropout,
            "n_steps": self.n_diffusion_steps,
            "schedule": self.noise_schedule,
            "prediction_type": self.prediction_type,
        }
        loss = {
            "class_attributes": seen,
            "similarity": self.similarity_,
            "cls_weight": self.cls_weight,
            "temperature": self.temperature,
        }
        return {
            "module": RevCDNetwork,
            **{f"module__{name}": value for name, value in network.items()},
            "criterion": RevCDLoss,
            **{f"criterion__{name}": value for name, value in loss.items()},
            "optimizer": partial(torch.optim.AdamW, fused=True),
            "optimizer__weight_decay": self.weight_decay,
            "callbacks": self._schedule_callbacks(),
        }

    def _schedule_callbacks(self):
        callbacks = [CosineSchedule(self.max_epochs), GradientNormClipping(1.0)]
        if self.ema_decay is not None:
            callbacks.append(WeightAveraging(self.ema_decay))
        return callbacks

    def _training_data(self, problem):
        inputs = {
            "x": problem.rows.single(),
            "linear": problem.rows.single(self._linear_estimate),
            "y": problem.y,
        }
        return ArrayData(inputs, problem.y)

    # -- prediction ---------------------------------------------------------------

    def denoising_trajectory(self, X, *, draw=0):
        """Return the states from noise to the description of every sample.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Features.
        draw : int, default=0
            Which of the `n_draws` noise draws to follow.

        Returns
        -------
        attributes : ndarray of shape (n_points, n_samples, n_attributes)
            The noised attributes, from pure noise to the clean estimate with the whole
            correction, for any `correction_weight`, in the units of the table passed as
            `attributes`. There are ``sampling_steps + 1`` points, two with
            ``sampler="one_shot"``.
        times : ndarray of shape (n_points,)
            Diffusion times, from ``n_diffusion_steps - 1`` down to -1, which is
            clean.
        """
        Z = self._scaled(self._checked(X))
        if not 0 <= draw < self.n_draws:
            raise ValueError(
                f"draw must be from 0 to {self.n_draws - 1}, for n_draws is "
                f"{self.n_draws}, got {draw}"
            )

        def trajectory(module, x, linear, noise, *settings):
            steps = module.trajectory(module.encode(x), linear, noise[draw], *settings)
            return list(steps)

        with self._predict_context():
            blocks = self._run(Z, trajectory)
        times = np.array([t for t, _ in blocks[0]])
        points = [
            np.concatenate([to_numpy(block[step][1]) for block in blocks])
            for step in range(len(times))
        ]
        return self.attribute_scaler_.inverse_transform(np.stack(points)), times

    def _net_has_changed(self):
        # Models of folds score the same rows with several weights of the correction.
        self._last_prediction = LastResult()

    def _predict_scaled(self, Z):
        corrected = self._last_prediction.of(Z, self._predict_corrected)
        if self.correction_weight_ == 1:
            return corrected
        start = self._linear_estimate(Z)
        return start + self.correction_weight_ * (corrected - start)

    def _predict_corrected(self, Z):
        """Predict scaled attributes with all of the correction."""
        blocks = self._run(Z, lambda module, *inputs: module(*inputs))
        return np.concatenate([to_numpy(block) for block in blocks])

    def _run(self, Z, function):
        """Give the network and its inputs to a function, a block of rows at a time."""
        with self._inference() as module:
            of_net = module.null_condition
            # One draw ranks numbers of epochs as well as several.
            noise = self.noise_[:1] if self._is_followed else self.noise_
            noise = torch.as_tensor(noise).to(of_net)
            return [
                function(
                    module,
                    torch.as_tensor(Z[rows]).to(of_net),
                    torch.as_tensor(self._linear_estimate(Z[rows])).to(of_net),
                    noise,
                    self._n_passes,
                    self.guidance_scale,
                )
                for rows in row_blocks(len(Z), copies=len(noise))
            ]

    def _attribute_module(self):
        linear = NoEstimate(self._table.matrix.shape[1])
        if self.init_ is not None:
            linear = self.init_._attribute_module()
        return GuidedPrediction(
            self._module_for_prediction().cpu(),
            linear,
            doubles(self.noise_),
            self._n_passes,
            self.guidance_scale,
            self.correction_weight_,
        )

    def _linear_estimate(self, Z):
        if self.init_ is None:
            return np.zeros((len(Z), self._table.matrix.shape[1]))
        return self.init_._predict_scaled(Z)
