"""FGANClassifier: features from a conditional Wasserstein GAN."""

from numbers import Integral, Real

from zsl_estimators.docstrings import fill_docstring
from zsl_estimators.generative._adversarial import (
    check_output_fits_init,
    network_parameters,
    seen_classifier,
)
from zsl_estimators.generative._base import (
    FeatureGeneratingClassifier,
    paper_head,
)
from zsl_estimators.nn.gan import OUTPUT_ACTIVATIONS, FGANLoss, FGANNetwork
from zsl_estimators.parameters import (
    Interval,
    StrOptions,
    has_widths,
    published_settings,
)
from zsl_estimators.training import AdversarialNet, adversarial_arguments

# Learning rate, classification weight, noise, epochs and synthetic features per class
# of the official scripts for the generalized task.
PAPER = {
    "code": {
        "AWA1": (1e-5, 0.01, 85, 30, 1800),
        "AWA2": (1e-5, 0.01, 85, 30, 1800),
        "CUB": (1e-4, 0.01, 312, 56, 300),
        "SUN": (2e-4, 0.01, 102, 40, 400),
        "FLO": (1e-4, 0.1, 1024, 80, 1200),
        "APY": (1e-5, 0.01, 64, 50, 1800),
    },
    "paper": {},
}
PAPER_COLUMNS = ("lr", "cls_weight", "noise_dim", "epochs", "n_synthetic")


@fill_docstring
class FGANClassifier(FeatureGeneratingClassifier):
    """Zero-shot classifier by a feature-generating GAN (f-CLSWGAN).

    A generator maps noise and a class description to features. It is trained against a
    critic that distinguishes real from generated features of the seen classes, and with
    the loss of a classifier of the seen classes on generated features. Then an ordinary
    classifier, the head, is trained on real features of the seen classes and generated
    ones of the unseen.

    By default the generator starts from a normal distribution per class and learns a
    correction; the number of epochs is chosen on held-out seen classes. See
    :meth:`paper_params` for the network of the paper.

    Parameters
    ----------
    %(attributes)s
    %(init_exemplar)s
    %(feature_scaling)s
    %(attribute_scaling)s
    %(mean_correction_weight)s
    noise_dim : int, default=32
        Length of the generator's noise vector.
    generator_hidden : sequence of int, default=(256,)
        Widths of the generator's hidden layers.
    critic_hidden : sequence of int, default=(256,)
        Widths of the critic's hidden layers. With one layer the gradient penalty has
        a closed form, which nearly halves the time of a step.
    output_activation : {"linear", "relu", "sigmoid", "tanh"}, default="linear"
        Applied to generated features, in scaled units. "sigmoid" and "tanh" need
        ``init=None``.
    n_critic : int, default=5
        Steps of the critic per step of the generator. Each takes its own batch.
    critic_lr : float or None, default=3e-3
        Learning rate of the critic's Adam; None is `lr`. If the critic learns too
        slowly, the gradients of the generator are inaccurate.
    gp_weight : float, default=10.0
        Weight of the gradient penalty (lambda in the paper).
    cls_weight : float, default=0.1
        Weight of the classification loss (beta in the paper).
    %(head_or_gaussian)s
    %(synthesis)s
    %(critic_epochs)s
    %(early_stopping)s
    %(patience_8)s
    %(torch_training)s
    %(seen_penalty)s
    %(n_jobs)s
    %(device)s
    %(random_state)s

    Attributes
    ----------
    %(decided)s
    history_ : skorch.History
        One entry per epoch: ``train_loss``, ``wasserstein_estimate`` (how well the
        critic distinguishes real from generated features), ``penalty_loss``,
        ``adversarial_loss`` and ``classification_loss``, and the duration ``dur`` in
        seconds.
    %(generator_fitted)s
    %(fitted)s

    See Also
    --------
    FVAEGANClassifier : Has an encoder in place of the classifier of seen classes.
    VAEcFlowClassifier : Generates with an invertible flow.
    ExemplarClassifier : The initial estimator alone.

    Notes
    -----
    For :meth:`add_classes` the model keeps its generator, the initial estimator and the
    head, but no training data.

    References
    ----------
    .. [1] Xian, Lorenz, Schiele, Akata: Feature generating networks for zero-shot
       learning, CVPR 2018.

    Examples
    --------
    >>> from zsl_estimators import FGANClassifier
    >>> from zsl_estimators.datasets import make_gzsl
    >>> data = make_gzsl(random_state=0)
    >>> clf = FGANClassifier(attributes=data.attributes, max_epochs=2, random_state=0)
    >>> clf.fit(data.X_train, data.y_train).unseen_classes_
    array([ 0,  4,  5, 13])
    >>> X, y = clf.sample(10, classes=clf.unseen_classes_)
    >>> X.shape
    (40, 16)
    """

    _net_class = AdversarialNet
    _parameter_constraints = {
        **FeatureGeneratingClassifier._parameter_constraints,
        "noise_dim": [Interval(Integral, 1, None, closed="left")],
        "generator_hidden": ["array-like"],
        "critic_hidden": ["array-like"],
        "output_activation": [StrOptions(set(OUTPUT_ACTIVATIONS))],
        "n_critic": [Interval(Integral, 1, None, closed="left")],
        "critic_lr": [Interval(Real, 0, None, closed="neither"), None],
        "gp_weight": [Interval(Real, 0, None, closed="left")],
        "cls_weight": [Interval(Real, 0, None, closed="left")],
    }
    _parameter_checks = (
        has_widths("generator_hidden", "critic_hidden"),
        check_output_fits_init,
    )

    def __init__(
        self,
        attributes=None,
        *,
        classes=None,
        init="auto",
        feature_scaling="standard",
        attribute_scaling="auto",
        correction_weight=1.0,
        noise_dim=32,
        generator_hidden=(256,),
        critic_hidden=(256,),
        output_activation="linear",
        n_critic=5,
        critic_lr=3e-3,
        gp_weight=10.0,
        cls_weight=0.1,
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
            early_stopping=early_stopping,
            patience=patience,
            batch_size=batch_size,
            lr=lr,
            callbacks=callbacks,
            net_params=net_params,
            warm_start=warm_start,
            seen_penalty=seen_penalty,
            n_jobs=n_jobs,
            device=device,
            random_state=random_state,
            verbose=verbose,
        )
        self.noise_dim = noise_dim
        self.generator_hidden = generator_hidden
        self.critic_hidden = critic_hidden
        self.output_activation = output_activation
        self.n_critic = n_critic
        self.critic_lr = critic_lr
        self.gp_weight = gp_weight
        self.cls_weight = cls_weight

    @classmethod
    def paper_params(cls, dataset, source="code"):
        """Settings of the official code for a benchmark.

        Parameters
        ----------
        dataset : {"AWA1", "AWA2", "CUB", "SUN", "FLO", "APY"}
            Name of the benchmark. The release has no settings of AWA2; as in other code
            those of AWA1 are used. Those of APY are from LisGAN, which extends the
            code.
        source : {"code"}, default="code"
            Origin of the settings. The paper prints none for single benchmarks.

        Returns
        -------
        params : dict
            Constructor parameters, without `attributes`. The initial estimator, the
            calibration and the choice of epochs are off. An epoch of the official code
            takes `n_critic` batches per step, hence five epochs here.

        Raises
        ------
        ValueError
            If there are no published settings for the data set.

        Examples
        --------
        >>> from zsl_estimators import FGANClassifier
        >>> FGANClassifier.paper_params("CUB")["n_synthetic"]
        300
        """
        published = published_settings(PAPER, PAPER_COLUMNS, dataset, source)
        return {
            "init": None,
            "feature_scaling": "minmax",
            "attribute_scaling": "none",
            "noise_dim": published["noise_dim"],
            "generator_hidden": (4096,),
            "critic_hidden": (4096,),
            "output_activation": "relu",
            "n_critic": 5,
            "critic_lr": None,
            "gp_weight": 10.0,
            "cls_weight": published["cls_weight"],
            "decision": "head",
            "n_synthetic": published["n_synthetic"],
            "head": paper_head(batch_size=published["n_synthetic"], max_epochs=25),
            "max_epochs": 5 * published["epochs"],
            "early_stopping": False,
            "batch_size": 64,
            "lr": published["lr"],
            "seen_penalty": 0.0,
        }

    # -- fit ----------------------------------------------------------------------

    def _net_arguments(self, problem):
        loss = {
            "gp_weight": self.gp_weight,
            "cls_weight": self.cls_weight,
            "classifier": seen_classifier(self, problem),
        }
        network = network_parameters(
            self,
            noise_dim=self.noise_dim,
            generator_hidden=tuple(self.generator_hidden),
            critic_hidden=tuple(self.critic_hidden),
            output_activation=self.output_activation,
        )
        return adversarial_arguments(
            FGANNetwork, network, FGANLoss, loss, self.n_critic, self.critic_lr
        )
