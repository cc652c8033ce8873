"""ZeroDiffClassifier: features from a diffusion process with generators as steps."""

from functools import partial
from numbers import Integral, Real

import numpy as np
import torch

from zsl_estimators.decisions import PartsView
from zsl_estimators.docstrings import fill_docstring
from zsl_estimators.exemplar import class_tensors
from zsl_estimators.generative._base import (
    FeatureGeneratingClassifier,
    check_init_is_whitened,
    paper_head,
    view_of,
)
from zsl_estimators.generative._contrast import SupervisedContrastTransformer
from zsl_estimators.generative._representation import RepresentationScaler
from zsl_estimators.nn.gan import OUTPUT_ACTIVATIONS
from zsl_estimators.nn.zerodiff import DiffusionGAN, ZeroDiffNetwork
from zsl_estimators.nn.zerodiff_loss import ZeroDiffLoss
from zsl_estimators.parameters import (
    HasMethods,
    Interval,
    StrOptions,
    has_widths,
    published_settings,
)
from zsl_estimators.seeds import LARGEST_SEED
from zsl_estimators.training import (
    AdversarialNet,
    ArrayData,
    adversarial_arguments,
    fit_net,
    float32,
    rows_per_batch,
    standard_callbacks,
)
from zsl_estimators.warm_start import is_warm_start

# Entries of net_params for the net of the first stage begin with this.
FIRST_STAGE = "representation__"
# Synthetic features per class of the official scripts, for all training rows.
PAPER = {"code": {"AWA2": (5400,)}, "paper": {}}
PAPER_COLUMNS = ("n_synthetic",)


class ZeroDiffNet(AdversarialNet):
    """Keeps both generators and the decoder for prediction."""

    @property
    def inference_module(self):
        """What synthesises."""
        return self.module_.synthesiser


def check_output_is_linear(estimator):
    """Refuse an activation that the initial features do not survive."""
    if estimator.init is not None and estimator.output_activation != "linear":
        raise ValueError(
            f'output_activation="{estimator.output_activation}" would clip features of '
            'the initial estimator. Use output_activation="linear", or init=None.'
        )


def check_view(estimator):
    """Refuse a view of a representation where there is none."""
    if estimator.contrastive is None and "C" in estimator.view:
        raise ValueError(
            f'view="{estimator.view}" needs a representation. Use '
            'contrastive="supcon", or view="V+S".'
        )


@fill_docstring
class ZeroDiffClassifier(FeatureGeneratingClassifier):
    """Zero-shot classifier by a diffusion process of few steps (ZeroDiff).

    Noise is added to features in four large steps, and a generator learns to estimate
    the clean ones from any of them. Noised samples augment the training data of the
    critics, for tasks with few samples. Three critics score the estimate: with the
    description, with the noised features, and with a representation of the sample that
    was learned by a supervised contrastive loss; they also learn from each other. A
    first stage trains a generator of representations in the same way, so that features
    of unseen classes can be generated from noise and a description alone. Then an
    ordinary classifier, the head, is trained on real and generated features.

    By default both generators start from a normal distribution per class, for which the
    reverse steps are known exactly, and learn what is missing. See :meth:`paper_params`
    for the networks of the paper.

    Parameters
    ----------
    %(attributes)s
    %(init_exemplar)s
    %(whitened_features)s
    %(attribute_scaling)s
    %(mean_correction_weight)s
    contrastive : "supcon", transformer or None, default="supcon"
        Representation of samples. "supcon" trains a network on the training rows by a
        supervised contrastive loss. It can be replaced by any transformer of
        scikit-learn with ``fit(X, y)`` and ``transform``, such as one that looks up a
        precomputed representation. None uses no representation, and omits the first
        stage.
    view : {"auto", "V", "V+S", "V+C", "V+C+S"}, default="auto"
        Input of the head: features (V), features with the predicted description with
        the decoder's hidden layer (S), or the representation (C), generated for unseen
        classes. "auto" chooses the best one on held-out classes, without S where zero
        epochs are the best.
    noise_dim : int, default=32
        Length of the generators' noise vectors.
    generator_hidden : sequence of int, default=(256,)
        Widths of the generators' hidden layers.
    encoder_hidden : sequence of int, default=(256,)
        Widths of the encoder, which learns the noise of real features.
    critic_hidden : sequence of int, default=(256,)
        Widths of the critics' and the decoder's hidden layers. With one layer the
        gradient penalty has a closed form.
    output_activation : {"linear", "relu", "sigmoid"}, default="linear"
        Applied to generated vectors, in scaled units.
    n_diffusion_steps : int, default=4
        Number of noise levels. With one level only noise is left at once, so that there
        are no noised samples to learn from: no diffusion augmentation.
    progressive : bool, default=False
        Synthesise features through all noise levels instead of in one step.
    n_critic : int, default=5
        Steps of the critics per step of the generator. Each takes its own batch.
    critic_lr : float or None, default=3e-3
        Learning rate of the critics' Adam; None is `lr`.
    adversarial_weight : float, default=1.0
        Weight of the critics (gamma_ADV of the official code).
    gp_weight : float, default=10.0
        Initial weight of the gradient penalties; it is adapted to their size.
    mutual_weight : float, default=0.5
        Weight of the mutual learning of the critics; 0 leaves it out.
    vae_weight : float, default=0.1
        Weight of reconstruction and of the divergence of the encoder's noise.
    decoder_weight : float, default=0.1
        Weight of the decoder of descriptions.
    representation_epochs : int, default=20
        Passes over the data for the generator of representations.
    %(head_or_gaussian)s
    %(synthesis)s
    max_epochs : int, default=20
        Largest number of passes over the data by the critics.
    lr : float, default=3e-4
        Learning rate of the generators' Adam.
    %(early_stopping)s
    %(patience_8)s
    %(torch_training)s
    %(seen_penalty)s
    %(n_jobs)s
    %(device)s
    %(random_state)s

    Attributes
    ----------
    decision_ : decision
        The fitted decision, with its ``name``.
    view_ : str
        Input of the head.
    head_ : estimator
        The fitted head, if it is the decision; its input is a view of scaled features.
    representation_ : transformer or None
        The fitted representation.
    representation_net_ : skorch.NeuralNet or None
        The net of the first stage.
    history_ : skorch.History
        One entry per epoch of the second stage: ``train_loss``,
        ``wasserstein_estimate``, ``penalty_loss``, ``mutual_loss``, ``decoder_loss``,
        ``adversarial_loss``, ``reconstruction_loss``, ``divergence_loss``,
        ``semantic_loss``, and the duration ``dur`` in seconds.
    %(generator_fitted)s
    %(fitted)s

    See Also
    --------
    FGANClassifier : One generator and one critic.
    ExemplarClassifier : The initial estimator alone.

    Notes
    -----
    The official code also needs representations of images by a network that is not
    released in full; ``contrastive="supcon"`` takes its place on plain features.

    What differs between this class and the official code without making a difference is
    reached through `net_params`: ``module__interleaved=False``, the order of cosines
    and sines in the time embedding; ``criterion__reconstruction="bce"``, for features
    between 0 and 1; ``criterion__mutual_power``, 1.5, and
    ``criterion__adaptive_penalty``, True. Keys that begin with ``representation__`` are
    for the net of the first stage: ``representation__module__sees="less_noised"`` gives
    its generator the vector before the noised one, as the code does.

    References
    ----------
    .. [1] Ye, Gowda, Chen, Huang, Xu, Khan, Jin, Huang, Jin: ZeroDiff: Solidified
       visual-semantic correlation in zero-shot learning, ICLR 2025.

    Examples
    --------
    >>> from zsl_estimators import ZeroDiffClassifier
    >>> from zsl_estimators.datasets import make_gzsl
    >>> data = make_gzsl(20, random_state=0)
    >>> clf = ZeroDiffClassifier(
    ...     attributes=data.attributes, max_epochs=2, representation_epochs=2,
    ...     view="V", random_state=0,
    ... )
    >>> clf.fit(data.X_train, data.y_train).unseen_classes_
    array([ 0,  4,  5, 13])
    >>> X, y = clf.sample(10, classes=clf.unseen_classes_)
    >>> X.shape
    (40, 16)
    """

    _net_class = ZeroDiffNet
    # Until the folds have told that features decide alone.
    _sees_representations = True
    _parameter_constraints = {
        **FeatureGeneratingClassifier._parameter_constraints,
        "contrastive": [StrOptions({"supcon"}), HasMethods(["fit", "transform"]), None],
        "view": [StrOptions({"auto", *PartsView.NAMES})],
        "noise_dim": [Interval(Integral, 1, None, closed="left")],
        "generator_hidden": ["array-like"],
        "encoder_hidden": ["array-like"],
        "critic_hidden": ["array-like"],
        "output_activation": [StrOptions(set(OUTPUT_ACTIVATIONS))],
        "n_diffusion_steps": [Interval(Integral, 1, None, closed="left")],
        "progressive": ["boolean"],
        "n_critic": [Interval(Integral, 1, None, closed="left")],
        "critic_lr": [Interval(Real, 0, None, closed="neither"), None],
        "adversarial_weight": [Interval(Real, 0, None, closed="neither")],
        "gp_weight": [Interval(Real, 0, None, closed="left")],
        "mutual_weight": [Interval(Real, 0, None, closed="left")],
        "vae_weight": [Interval(Real, 0, None, closed="left")],
        "decoder_weight": [Interval(Real, 0, None, closed="left")],
        "representation_epochs": [Interval(Integral, 1, None, closed="left")],
    }
    _parameter_checks = (
        has_widths("generator_hidden", "encoder_hidden", "critic_hidden"),
        check_init_is_whitened,
        check_output_is_linear,
        check_view,
    )

    def __init__(
        self,
        attributes=None,
        *,
        classes=None,
        init="auto",
        feature_scaling="whitened",
        attribute_scaling="auto",
        correction_weight=1.0,
        contrastive="supcon",
        view="auto",
        noise_dim=32,
        generator_hidden=(256,),
        encoder_hidden=(256,),
        critic_hidden=(256,),
        output_activation="linear",
        n_diffusion_steps=4,
        progressive=False,
        n_critic=5,
        critic_lr=3e-3,
        adversarial_weight=1.0,
        gp_weight=10.0,
        mutual_weight=0.5,
        vae_weight=0.1,
        decoder_weight=0.1,
        representation_epochs=20,
        decision="auto",
        n_synthetic="auto",
        n_real=None,
        synthesis="once",
        head=None,
        max_epochs=20,
        lr=3e-4,
        early_stopping=True,
        patience=8,
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
            init=init,
            feature_scaling=feature_scaling,
            attribute_scaling=attribute_scaling,
            correction_weight=correction_weight,
            decision=decision,
            n_synthetic=n_synthetic,
            n_real=n_real,
            synthesis=synthesis,
            head=head,
            max_epochs=max_epochs,
            lr=lr,
            early_stopping=early_stopping,
            patience=patience,
            batch_size=batch_size,
            callbacks=callbacks,
            net_params=net_params,
            warm_start=warm_start,
            seen_penalty=seen_penalty,
            n_jobs=n_jobs,
            device=device,
            random_state=random_state,
            verbose=verbose,
        )
        self.contrastive = contrastive
        self.view = view
        self.noise_dim = noise_dim
        self.generator_hidden = generator_hidden
        self.encoder_hidden = encoder_hidden
        self.critic_hidden = critic_hidden
        self.output_activation = output_activation
        self.n_diffusion_steps = n_diffusion_steps
        self.progressive = progressive
        self.n_critic = n_critic
        self.critic_lr = critic_lr
        self.adversarial_weight = adversarial_weight
        self.gp_weight = gp_weight
        self.mutual_weight = mutual_weight
        self.vae_weight = vae_weight
        self.decoder_weight = decoder_weight
        self.representation_epochs = representation_epochs

    @classmethod
    def paper_params(cls, dataset, source="code"):
        """Settings of the official code for a benchmark.

        Parameters
        ----------
        dataset : {"AWA2"}
            Name of the benchmark; settings for others are not released.
        source : {"code"}, default="code"
            Origin of the settings. The paper prints none for single benchmarks.

        Returns
        -------
        params : dict
            Constructor parameters, without `attributes`. The initial estimator, the
            calibration and the choice of epochs and views are off. An epoch of the
            official code takes `n_critic` batches per step, hence five epochs here.

        Raises
        ------
        ValueError
            If there are no published settings for the data set.

        Examples
        --------
        >>> from zsl_estimators import ZeroDiffClassifier
        >>> ZeroDiffClassifier.paper_params("AWA2")["mutual_weight"]
        5.0
        """
        published = published_settings(PAPER, PAPER_COLUMNS, dataset, source)
        return {
            "init": None,
            "feature_scaling": "minmax",
            "attribute_scaling": "none",
            "contrastive": SupervisedContrastTransformer(
                hidden=(1024, 512), max_epochs=50
            ),
            "view": "V+C+S",
            "noise_dim": 85,
            "generator_hidden": (4096,),
            "encoder_hidden": (4096, 170),
            "critic_hidden": (4096,),
            "output_activation": "sigmoid",
            "n_diffusion_steps": 4,
            "progressive": False,
            "n_critic": 5,
            "critic_lr": None,
            "adversarial_weight": 10.0,
            "gp_weight": 10.0,
            "mutual_weight": 5.0,
            "vae_weight": 1.0,
            "decoder_weight": 1.0,
            "representation_epochs": 5 * 300,
            "decision": "head",
            "n_synthetic": published["n_synthetic"],
            "head": paper_head(batch_size=published["n_synthetic"], max_epochs=25),
            "max_epochs": 5 * 300,
            "early_stopping": False,
            "batch_size": 64,
            "lr": 5e-4,
            "net_params": {
                "module__interleaved": False,
                "criterion__reconstruction": "bce",
                "representation__module__interleaved": False,
                "representation__module__sees": "less_noised",
            },
            "seen_penalty": 0.0,
        }

    # -- what was fitted ----------------------------------------------------------

    @property
    def representation_(self):
        return getattr(self.feature_scaler_, "transformer_", None)

    @property
    def view_(self):
        return view_of(self.decision_)

    # -- fit ----------------------------------------------------------------------

    def _new_scalers(self, random_state):
        features, attributes = super()._new_scalers(random_state)
        if self.contrastive is None:
            return features, attributes
        transformer = self.contrastive
        if isinstance(transformer, str):
            transformer = SupervisedContrastTransformer(device=self.device)
        seen_rows = self._table.matrix[self._table.seen]
        beside = RepresentationScaler(
            transformer, self.feature_scaling, seen_rows, self.init_, random_state
        )
        return beside, attributes

    def _fit(self, problem, choice, random_state):
        decision = choice.best(1, default=self._new_decisions()[0])
        self._sees_representations = "C" in view_of(decision)
        super()._fit(problem, choice, random_state)

    def _new_training(self, problem, n_epochs, random_state):
        if not is_warm_start(self):
            seed = random_state.randint(LARGEST_SEED)
            # A network that is never trained adds nothing to the initial estimator,
            # whatever the representation is.
            is_trained = n_epochs > 0 or self.warm_start or self.init is None
            is_useful = is_trained or self._sees_representations
            n_first = self.representation_epochs if is_useful else 0
            self._train_representations(problem, n_first, np.random.RandomState(seed))
        return super()._new_training(problem, n_epochs, random_state)

    # -- first stage --------------------------------------------------------------

    def _train_representations(self, problem, n_epochs, random_state):
        """Stage 1: learn to generate representations."""
        self.representation_net_ = None
        if self.contrastive is None:
            return
        r = problem.rows.single(self._representations_of)
        self.representation_net_ = fit_net(
            partial(
                AdversarialNet,
                lr=self.lr,
                batch_size=rows_per_batch(self.batch_size, len(r)),
                verbose=0,
                callbacks=standard_callbacks(),
                **self._first_stage_arguments(),
            ),
            ArrayData({"x": r, "y": problem.y}, problem.y, problem.weights),
            device=self.device,
            random_state=random_state,
            n_epochs=n_epochs,
        )
        self.representation_net_.trim_for_prediction()

    def _first_stage_arguments(self):
        attributes, centers = self._seen_tensors()
        network = {
            **self._network_arguments(attributes, centers[:, self.n_features_in_ :]),
            "n_representation": 0,
            "encoder_hidden": None,
        }
        loss = {"gp_weight": self.gp_weight, "adaptive_penalty": False}
        more = self._extra_arguments(first_stage=True)
        return self._gan_arguments(DiffusionGAN, network, loss) | more

    def _extra_arguments(self, first_stage=False):
        """Those `net_params` that are for the net of one stage, without the prefix."""
        return {
            name.removeprefix(FIRST_STAGE): value
            for name, value in super()._extra_arguments().items()
            if name.startswith(FIRST_STAGE) == first_stage
        }

    # -- second stage -------------------------------------------------------------

    def _net_arguments(self, problem):
        attributes, centers = self._seen_tensors()
        net = self.representation_net_
        network = {
            **self._network_arguments(attributes, centers[:, : self.n_features_in_]),
            "n_representation": problem.rows.n_scaled - self.n_features_in_,
            "encoder_hidden": tuple(self.encoder_hidden),
            "representations": None if net is None else net.module_.generator,
            "progressive": self.progressive,
        }
        loss = {
            "adversarial_weight": self.adversarial_weight,
            "gp_weight": self.gp_weight,
            "mutual_weight": self.mutual_weight,
            "vae_weight": self.vae_weight,
            "decoder_weight": self.decoder_weight,
        }
        return self._gan_arguments(ZeroDiffNetwork, network, loss)

    def _network_arguments(self, attributes, centers):
        """What both stages have in common."""
        return {
            "class_attributes": attributes,
            "class_centers": centers,
            "noise_dim": self.noise_dim,
            "generator_hidden": tuple(self.generator_hidden),
            "critic_hidden": tuple(self.critic_hidden),
            "output_activation": self.output_activation,
            "residual": self.init_ is not None,
            "n_steps": self.n_diffusion_steps,
        }

    def _gan_arguments(self, module, network, loss):
        return adversarial_arguments(
            module, network, ZeroDiffLoss, loss, self.n_critic, self.critic_lr
        )

    def _training_data(self, problem):
        inputs = {"x": problem.rows.single(self._features_of), "y": problem.y}
        if self.contrastive is not None:
            inputs["r"] = problem.rows.single(self._representations_of)
        return ArrayData(inputs, problem.y)

    def _features_of(self, scaled):
        return scaled[:, : self.n_features_in_]

    def _representations_of(self, scaled):
        return scaled[:, self.n_features_in_ :]

    def _class_tensors(self):
        if self.contrastive is None:
            return super()._class_tensors()
        attributes, centers = class_tensors(
            self._scaled_attributes(),
            self.init_,
            self._table.matrix,
            self.feature_scaler_.features_,
            self.n_features_in_,
        )
        more = self.feature_scaler_.centers(self._table.matrix)
        return attributes, torch.cat([centers, torch.tensor(float32(more))], dim=1)

    # -- decisions ----------------------------------------------------------------

    def _new_heads(self):
        return self._heads_of_views(self._views())

    def _views(self):
        """What the folds choose from, the plainest first."""
        if self.view != "auto":
            return [self.view]
        views = PartsView.NAMES
        if self.contrastive is None:
            views = [view for view in views if "C" not in view]
        if not self._is_trained:
            # The decoder, which predicts the semantics, is at random then.
            views = [view for view in views if "S" not in view]
        return list(views)
