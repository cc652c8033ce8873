"""CVAEClassifier: features from a conditional variational autoencoder."""

from functools import partial
from numbers import Integral

import torch

from zsl_estimators.docstrings import fill_docstring
from zsl_estimators.generative._base import (
    FeatureGeneratingClassifier,
    check_init_is_whitened,
)
from zsl_estimators.nn.cvae import ClassPriorVAE, CVAELoss, CVAENetwork
from zsl_estimators.parameters import Interval, StrOptions, has_widths

NETWORKS = {"standard": CVAENetwork, "class": ClassPriorVAE}


def check_likelihood_is_cheap(estimator):
    """Refuse likelihoods that would take a pass per sample and class."""
    if estimator.decision == "likelihood" and estimator.prior != "class":
        raise ValueError(
            f'decision="likelihood" needs prior="class", got prior={estimator.prior!r}.'
        )


@fill_docstring
class CVAEClassifier(FeatureGeneratingClassifier):
    """Zero-shot classifier by a conditional variational autoencoder (CVAE-ZSL, VZSL).

    An encoder maps features to a distribution of latents, a decoder maps latents and
    the class description to features. Both are trained on the evidence lower bound of
    the likelihood of the seen classes. Features of unseen classes are decoded from
    latents of the prior, and an ordinary classifier, the head, is trained on them and
    on the real features of the seen classes.

    With ``prior="class"`` every class has a prior of the latents that depends on its
    description, as in VZSL; encoder and decoder are then the same for all classes, and
    the class with the largest lower bound can be predicted (``decision="likelihood"``).

    By default the decoder starts from a normal distribution per class and learns a
    correction; the number of epochs is chosen on held-out seen classes.

    Parameters
    ----------
    %(attributes)s
    %(init_exemplar)s
    feature_scaling : {"whitened", "standard", "minmax"}, default="whitened"
        Scaling of the features in `fit`: such that the covariance within a class is the
        identity, which the initial estimator needs; to mean 0 and variance 1; or to the
        range from 0 to 1.
    %(attribute_scaling)s
    %(mean_correction_weight)s
    prior : {"standard", "class"}, default="standard"
        Distribution of the latents: standard normal, with an encoder and a decoder that
        are conditioned on the description; or normal with mean and variance from the
        description.
    latent_dim : int, default=16
        Length of a latent vector.
    encoder_hidden : sequence of int, default=(256,)
        Widths of the encoder's hidden layers.
    decoder_hidden : sequence of int, default=(256,)
        Widths of the decoder's hidden layers.
    decision : {"auto", "head", "gaussian", "likelihood"}, default="auto"
        Classify with the head; by the nearest mean of real and generated features, as
        :class:`ExemplarClassifier` does; or by the largest lower bound, which needs
        ``prior="class"``. "auto" chooses the best one on held-out classes, and the head
        if one is given or there are no folds.
    %(synthesis)s
    max_epochs : int, default=20
        Largest number of passes over the data.
    lr : float, default=1e-3
        Learning rate of Adam.
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
    head_ : estimator
        The fitted head, if it is the decision; its inputs are scaled features.
    history_ : skorch.History
        One entry per epoch: ``train_loss`` and its parts ``reconstruction_loss`` and
        ``divergence_loss``, in nats per sample, with ``prior="class"`` also
        ``margin_loss``, and the duration ``dur`` in seconds.
    %(generator_fitted)s
    %(fitted)s

    See Also
    --------
    ABPClassifier : Infers the latents without an encoder.
    VAEcFlowClassifier : Generates with an invertible flow, of exact likelihood.
    ExemplarClassifier : The initial estimator alone.

    Notes
    -----
    A squared error as reconstruction loss is the likelihood of normal noise around what
    is decoded. Its variance is learned here, one per feature, as the running mean of
    the squared errors, and generated features have this noise: otherwise they would
    vary less within a class than real ones, the less the weaker the latents are. In
    whitened features an untrained network has noise of variance 1 and nothing else,
    which is the initial estimator, and the exact solution of a linear decoder.

    ``net_params={"module__noise_variance": 0.5, "module__draws_noise": False}`` is the
    sum of squared errors of the papers, with features generated without noise.
    ``"criterion__kl_weight"`` weighs the divergence. With ``prior="class"``,
    ``"criterion__margin_weight"`` adds the margin of VZSL, as a cross-entropy of the
    lower bounds of the seen classes, and ``"module__prior_hidden"`` gives the prior
    hidden layers, as in SGAL.

    For :meth:`add_classes` the model keeps its networks, the initial estimator and the
    head, but no training data.

    References
    ----------
    .. [1] Mishra, Reddy, Mittal, Murthy: A generative model for zero shot learning
       using conditional variational autoencoders, CVPR Workshops 2018.
    .. [2] Wang, Pu, Verma, Fan, Zhang, Chen, Rai, Carin: Zero-shot learning via
       class-conditioned deep generative models, AAAI 2018.
    .. [3] Rybkin, Daniilidis, Levine: Simple and effective VAE training with calibrated
       decoders, ICML 2021.

    Examples
    --------
    >>> from zsl_estimators import CVAEClassifier
    >>> from zsl_estimators.datasets import make_gzsl
    >>> data = make_gzsl(20, random_state=0)
    >>> clf = CVAEClassifier(data.attributes, max_epochs=2, random_state=0)
    >>> clf.fit(data.X_train, data.y_train).unseen_classes_
    array([ 0,  4,  5, 13])
    >>> X, y = clf.sample(10, classes=clf.unseen_classes_)
    >>> X.shape
    (40, 16)
    """

    _parameter_constraints = {
        **FeatureGeneratingClassifier._parameter_constraints,
        "prior": [StrOptions(set(NETWORKS))],
        "latent_dim": [Interval(Integral, 1, None, closed="left")],
        "encoder_hidden": ["array-like"],
        "decoder_hidden": ["array-like"],
        "decision": [StrOptions({"auto", "head", "gaussian", "likelihood"})],
    }
    _parameter_checks = (
        has_widths("encoder_hidden", "decoder_hidden"),
        check_init_is_whitened,
        check_likelihood_is_cheap,
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
        prior="standard",
        latent_dim=16,
        encoder_hidden=(256,),
        decoder_hidden=(256,),
        decision="auto",
        n_synthetic="auto",
        n_real=None,
        synthesis="once",
        head=None,
        max_epochs=20,
        lr=1e-3,
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
        self.prior = prior
        self.latent_dim = latent_dim
        self.encoder_hidden = encoder_hidden
        self.decoder_hidden = decoder_hidden

    # -- fit ----------------------------------------------------------------------

    def _net_arguments(self, problem):
        attributes, centers = self._seen_tensors()
        network = {
            "class_attributes": attributes,
            "class_centers": centers,
            "latent_dim": self.latent_dim,
            "encoder_hidden": tuple(self.encoder_hidden),
            "decoder_hidden": tuple(self.decoder_hidden),
            "residual": self.init_ is not None,
        }
        return {
            "module": NETWORKS[self.prior],
            **{f"module__{name}": value for name, value in network.items()},
            "criterion": CVAELoss,
            "optimizer": partial(torch.optim.Adam, fused=True),
        }

    # -- decisions ----------------------------------------------------------------

    def _decisions_to_compare(self):
        # With a standard prior a bound takes a pass per sample and class.
        bounds = ("likelihood",) if self.prior == "class" else ()
        return *self._decisions, *bounds
