"""ZeroDiffClassifier: features from a diffusion process with generators as steps."""

from functools import partial
from numbers import Integral, Real

import numpy as np
import torch

from zsl_estimators.docstrings import fill_docstring
from zsl_estimators.generative._base import (
    FeatureGeneratingClassifier,
    paper_head,
    published_settings,
)
from zsl_estimators.generative._contrast import SupervisedContrastTransformer
from zsl_estimators.generative._representation import RepresentationSpace
from zsl_estimators.generative._views import VIEWS, ViewsMixin
from zsl_estimators.nn.gan import OUTPUT_ACTIVATIONS
from zsl_estimators.nn.zerodiff import DiffusionGAN, ZeroDiffNetwork
from zsl_estimators.nn.zerodiff_loss import RECONSTRUCTIONS, ZeroDiffLoss
from zsl_estimators.parameters import HasMethods, Interval, StrOptions, check_widths
from zsl_estimators.seeds import LARGEST_SEED
from zsl_estimators.training import (
    AdversarialNet,
    on_device,
    resolve_device,
    rows_per_batch,
    scoped_seed,
    standard_callbacks,
)

INPUTS_OF_STAGE_1 = {"xt1": "noised", "xt": "less_noised"}
# Synthetic features per class of the official scripts, for all training rows.
PAPER = {"AWA2": (5400,)}
PAPER_COLUMNS = ("n_synthetic",)


class ZeroDiffNet(AdversarialNet):
    """Keeps both generators and the decoder for prediction."""

    @property
    def inference_module(self):
        """What synthesises."""
        return self.module_.synthesiser


@fill_docstring
class ZeroDiffClassifier(ViewsMixin, FeatureGeneratingClassifier):
    """Zero-shot classifier by a diffusion process of few steps (ZeroDiff).

    Features are noised in four large steps, and a generator learns to guess the clean
    ones from any of them. Noised samples are new samples, so that the critics have
    something to learn from even when there are few. Three critics rate the guess: with
    the description, with the noised features, and with a representation of the sample
    that was learned by supervised contrast; they also learn from each other. A first
    stage trains a generator of representations in the same way, so that features of
    unseen classes can be generated from noise and a description alone. Then an ordinary
    classifier, the head, is trained on real and generated features.

    By default both generators start from a normal distribution per class, for which the
    reverse steps are known exactly, and learn what is missing. See :meth:`paper_params`
    for the networks of the paper.

    Parameters
    ----------
    %(attributes)s
    %(shadow)s
    feature_scaling : {"whitened", "standard", "minmax"}, default="whitened"
        Scaling of the features inside: such that the covariance within a class is the
        identity, which the linear start needs; to mean 0 and variance 1; or to the
        range from 0 to 1.
    %(attribute_scaling)s
    contrastive : "supcon", transformer or None, default="supcon"
        Representation of samples. "supcon" trains a network by supervised contrast on
        the training rows; any transformer of scikit-learn with ``fit(X, y)`` and
        ``transform`` is used in its place, such as one that looks up a representation
        from elsewhere. None does without, and without the first stage.
    view : {"auto", "V", "V+S", "V+C", "V+C+S"}, default="auto"
        What the head sees: features (V), beside them the guessed description with the
        decoder's hidden layer (S), or the representation (C), generated for unseen
        classes. "auto" takes what is best on held-out classes.
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
        Noise levels. With one level features are noised beyond recognition at once, so
        that there are no noised samples to learn from: no diffusion augmentation.
    interleaved_time : bool, default=True
        Whether cosines and sines of the time embedding alternate. False is the
        official code's order.
    drg_input : {"xt1", "xt"}, default="xt1"
        What the generator of representations gets while it is trained: the noised
        vector that its guess is rated with, or the one before it, as the official code
        does.
    progressive : bool, default=False
        Synthesise features through all noise levels instead of in one step.
    n_critic : int, default=5
        Steps of the critics per step of the generator. Each takes its own batch.
    critic_lr : float or None, default=3e-3
        Learning rate of the critics' Adam; None is `lr`.
    adversarial_weight : float, default=1.0
        Weight of the critics (gamma_ADV of the official code).
    gp_weight : float, default=10.0
        Weight of the gradient penalties, at first.
    adaptive_penalty : bool, default=True
        Whether that weight follows the size of the penalties.
    mutual_weight : float, default=0.5
        Weight of the mutual learning of the critics; 0 switches it off.
    mutual_power : float, default=1.5
        Power of the signal that says how much critics agree at a noise level.
    vae_weight : float, default=0.1
        Weight of reconstruction and of the divergence of the encoder's noise.
    reconstruction : {"squared", "bce"}, default="squared"
        Error of a reconstruction: half the square, or binary cross-entropy for
        features between 0 and 1.
    decoder_weight : float, default=0.1
        Weight of the decoder of descriptions.
    representation_epochs : int, default=20
        Passes over the data for the generator of representations.
    decision : {"auto", "head", "gaussian"}, default="auto"
        Classify with the head, or take the nearest mean of real and generated
        features, as :class:`ExemplarClassifier` does. "auto" takes what is best on
        held-out classes, the head when one is given or there is nothing to choose on.
    %(synthesis)s
    max_epochs : int, default=20
        Largest number of passes over the data; the critics see every sample once in
        each.
    lr : float, default=3e-4
        Learning rate of the generators' Adam.
    %(torch_training)s
    %(seen_penalty)s
    %(device)s
    %(random_state)s

    Attributes
    ----------
    decision_ : str
        "head" or "gaussian".
    view_ : str
        What the head sees.
    head_ : estimator
        The fitted head, when `decision_` is "head"; it sees a view of scaled features.
    representation_ : object or None
        The fitted representation, with its scaling and linear start.
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
    ExemplarClassifier : The linear start alone.

    Notes
    -----
    The official code also needs representations of images by a network that is not
    released in full; ``contrastive="supcon"`` takes its place on plain features.

    References
    ----------
    .. [1] Ye, Gowda, Huang, Xu, Chen: ZeroDiff: Solidified visual-semantic correlation
       in zero-shot learning, ICLR 2025.

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
    _parameter_constraints = {
        **FeatureGeneratingClassifier._parameter_constraints,
        "contrastive": [StrOptions({"supcon"}), HasMethods(["fit", "transform"]), None],
        "view": [StrOptions({"auto", *VIEWS})],
        "noise_dim": [Interval(Integral, 1, None, closed="left")],
        "generator_hidden": ["array-like"],
        "encoder_hidden": ["array-like"],
        "critic_hidden": ["array-like"],
        "output_activation": [StrOptions(set(OUTPUT_ACTIVATIONS))],
        "n_diffusion_steps": [Interval(Integral, 1, None, closed="left")],
        "interleaved_time": ["boolean"],
        "drg_input": [StrOptions(set(INPUTS_OF_STAGE_1))],
        "progressive": ["boolean"],
        "n_critic": [Interval(Integral, 1, None, closed="left")],
        "critic_lr": [Interval(Real, 0, None, closed="neither"), None],
        "adversarial_weight": [Interval(Real, 0, None, closed="neither")],
        "gp_weight": [Interval(Real, 0, None, closed="left")],
        "adaptive_penalty": ["boolean"],
        "mutual_weight": [Interval(Real, 0, None, closed="left")],
        "mutual_power": [Interval(Real, 0, None, closed="left")],
        "vae_weight": [Interval(Real, 0, None, closed="left")],
        "reconstruction": [StrOptions(set(RECONSTRUCTIONS))],
        "decoder_weight": [Interval(Real, 0, None, closed="left")],
        "representation_epochs": [Interval(Integral, 1, None, closed="left")],
    }

    def __init__(
        self,
        attributes=None,
        *,
        classes=None,
        linear_shadow=True,
        alpha="auto",
        shrink_to="auto",
        shrinkage="auto",
        feature_scaling="whitened",
        attribute_scaling="whitened",
        contrastive="supcon",
        view="auto",
        noise_dim=32,
        generator_hidden=(256,),
        encoder_hidden=(256,),
        critic_hidden=(256,),
        output_activation="linear",
        n_diffusion_steps=4,
        interleaved_time=True,
        drg_input="xt1",
        progressive=False,
        n_critic=5,
        critic_lr=3e-3,
        adversarial_weight=1.0,
        gp_weight=10.0,
        adaptive_penalty=True,
        mutual_weight=0.5,
        mutual_power=1.5,
        vae_weight=0.1,
        reconstruction="squared",
        decoder_weight=0.1,
        representation_epochs=20,
        decision="auto",
        n_synthetic="auto",
        synthesis="once",
        head=None,
        max_epochs=20,
        lr=3e-4,
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
            linear_shadow=linear_shadow,
            alpha=alpha,
            shrink_to=shrink_to,
            shrinkage=shrinkage,
            feature_scaling=feature_scaling,
            attribute_scaling=attribute_scaling,
            decision=decision,
            n_synthetic=n_synthetic,
            synthesis=synthesis,
            head=head,
            max_epochs=max_epochs,
            lr=lr,
            early_stopping=early_stopping,
            batch_size=batch_size,
            callbacks=callbacks,
            net_params=net_params,
            warm_start=warm_start,
            seen_penalty=seen_penalty,
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
        self.interleaved_time = interleaved_time
        self.drg_input = drg_input
        self.progressive = progressive
        self.n_critic = n_critic
        self.critic_lr = critic_lr
        self.adversarial_weight = adversarial_weight
        self.gp_weight = gp_weight
        self.adaptive_penalty = adaptive_penalty
        self.mutual_weight = mutual_weight
        self.mutual_power = mutual_power
        self.vae_weight = vae_weight
        self.reconstruction = reconstruction
        self.decoder_weight = decoder_weight
        self.representation_epochs = representation_epochs

    @classmethod
    def paper_params(cls, dataset):
        """Settings of the official code for a benchmark.

        Parameters
        ----------
        dataset : {"AWA2"}
            Name of the benchmark; settings for others are not released.

        Returns
        -------
        params : dict
            Constructor parameters, without `attributes`. The linear start, the
            calibration and the choice of epochs and views are off. An epoch of the
            official code takes `n_critic` batches per step, hence five of ours.

        Examples
        --------
        >>> from zsl_estimators import ZeroDiffClassifier
        >>> ZeroDiffClassifier.paper_params("AWA2")["mutual_weight"]
        5.0
        """
        published = published_settings(PAPER, PAPER_COLUMNS, dataset)
        return {
            "linear_shadow": False,
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
            "interleaved_time": False,
            "drg_input": "xt",
            "progressive": False,
            "n_critic": 5,
            "critic_lr": None,
            "adversarial_weight": 10.0,
            "gp_weight": 10.0,
            "adaptive_penalty": True,
            "mutual_weight": 5.0,
            "mutual_power": 1.5,
            "vae_weight": 1.0,
            "reconstruction": "bce",
            "decoder_weight": 1.0,
            "representation_epochs": 5 * 300,
            "decision": "head",
            "n_synthetic": published["n_synthetic"],
            "head": paper_head(batch_size=published["n_synthetic"], max_epochs=25),
            "max_epochs": 5 * 300,
            "early_stopping": False,
            "batch_size": 64,
            "lr": 5e-4,
            "seen_penalty": 0.0,
        }

    # -- fit --------------------------------------------------------------------

    def _check_combinations(self):
        super()._check_combinations()
        check_widths(self, "generator_hidden", "encoder_hidden", "critic_hidden")
        self._check_shadow_is_whitened()
        if self.linear_shadow and self.output_activation != "linear":
            raise ValueError(
                f'output_activation="{self.output_activation}" would cut the linear '
                'start. Use output_activation="linear", or linear_shadow=False.'
            )
        if self.contrastive is None and "C" in self.view:
            raise ValueError(
                f'view="{self.view}" needs a representation. Use '
                'contrastive="supcon", or view="V+S".'
            )

    def _train(self, X, y_index, n_epochs, random_state, callbacks=()):
        stage_1_state = np.random.RandomState(random_state.randint(LARGEST_SEED))
        if not self._goes_on():
            self._train_representation(X, y_index, stage_1_state)
        super()._train(X, y_index, n_epochs, random_state, callbacks)

    def _train_representation(self, X, y_index, random_state):
        """Stage 1: learn a representation and to generate it."""
        self.representation_ = self.representation_net_ = None
        if self.contrastive is None:
            return
        transformer = self.contrastive
        if transformer == "supcon":
            transformer = SupervisedContrastTransformer(device=self.device)
        self.representation_ = RepresentationSpace(
            transformer, self.feature_scaling
        ).fit(X, y_index, self.class_attributes_, self.shadow_, random_state)
        device = resolve_device(self.device)
        seed, order_seed = random_state.randint(LARGEST_SEED, size=2).tolist()
        y = np.searchsorted(np.flatnonzero(self._class_table.seen), y_index)
        rows = {"x": self.representation_.transform(X), "y": y}
        with scoped_seed(seed, device):
            self.representation_net_ = AdversarialNet(
                **self._stage_1_arguments(),
                lr=self.lr,
                max_epochs=self.representation_epochs,
                batch_size=rows_per_batch(self.batch_size, len(X)),
                iterator_train__seed=order_seed,
                device=str(device),
                verbose=0,
                callbacks=standard_callbacks(
                    self.verbose, f"{self._stage}, representations"
                ),
            ).fit(
                {name: on_device(part, device) for name, part in rows.items()},
                on_device(y, device),
            )
        self.representation_net_.trim_for_prediction()

    def _stage_1_arguments(self):
        centers = self.representation_.centers(self.class_attributes_)
        network = {
            **self._network_arguments(torch.tensor(centers)),
            "n_representation": 0,
            "encoder_hidden": None,
            "sees": INPUTS_OF_STAGE_1[self.drg_input],
        }
        loss = {"gp_weight": self.gp_weight, "adaptive_penalty": False}
        return self._gan_arguments(DiffusionGAN, network, loss)

    def _net_arguments(self, X, y_index):
        _, centers = self._class_tensors()
        space, net = self.representation_, self.representation_net_
        network = {
            **self._network_arguments(centers[:, : self.n_features_in_]),
            "n_representation": 0 if space is None else space.n_features,
            "encoder_hidden": tuple(self.encoder_hidden),
            "representations": None if net is None else net.module_.generator,
            "progressive": self.progressive,
        }
        loss = {
            "adversarial_weight": self.adversarial_weight,
            "gp_weight": self.gp_weight,
            "adaptive_penalty": self.adaptive_penalty,
            "mutual_weight": self.mutual_weight,
            "mutual_power": self.mutual_power,
            "vae_weight": self.vae_weight,
            "reconstruction": self.reconstruction,
            "decoder_weight": self.decoder_weight,
        }
        return self._gan_arguments(ZeroDiffNetwork, network, loss)

    def _network_arguments(self, centers):
        """What both stages have in common; `centers` are those of all classes."""
        attributes, _ = self._class_tensors()
        seen = torch.as_tensor(self._class_table.seen)
        return {
            "class_attributes": attributes[seen],
            "class_centers": centers[seen],
            "noise_dim": self.noise_dim,
            "generator_hidden": tuple(self.generator_hidden),
            "critic_hidden": tuple(self.critic_hidden),
            "output_activation": self.output_activation,
            "starts_at_shadow": self.linear_shadow,
            "n_steps": self.n_diffusion_steps,
            "interleaved": self.interleaved_time,
        }

    def _gan_arguments(self, module, network, loss):
        return {
            "module": module,
            **{f"module__{name}": value for name, value in network.items()},
            "criterion": ZeroDiffLoss,
            **{f"criterion__{name}": value for name, value in loss.items()},
            # Betas of the official code.
            "optimizer": partial(torch.optim.Adam, betas=(0.5, 0.999), fused=True),
            "n_critic": self.n_critic,
            "critic_lr": self.critic_lr,
        }

    def _training_tensors(self, X, y_index):
        inputs, y = super()._training_tensors(X, y_index)
        if self.representation_ is not None:
            inputs["r"] = self.representation_.transform(X)
        return inputs, y

    def _class_tensors(self):
        attributes, centers = super()._class_tensors()
        if getattr(self, "representation_", None) is None:
            return attributes, centers
        more = torch.tensor(self.representation_.centers(self.class_attributes_))
        return attributes, torch.cat([centers, more], dim=1)
