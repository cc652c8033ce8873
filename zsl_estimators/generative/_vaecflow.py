"""VAEcFlowClassifier: features from a flow with a prior made of descriptions."""

import math
from functools import partial
from numbers import Integral, Real

import torch
from skorch.callbacks import GradientNormClipping

from zsl_estimators.decisions import Likelihood
from zsl_estimators.docstrings import fill_docstring
from zsl_estimators.generative._base import (
    FeatureGeneratingClassifier,
    check_init_is_whitened,
    paper_head,
)
from zsl_estimators.nn.flow import COUPLINGS
from zsl_estimators.nn.vaecflow import VAEcFlowLoss, VAEcFlowNetwork
from zsl_estimators.parameters import (
    Interval,
    StrOptions,
    has_widths,
    published_settings,
)

# Scripts of the official code, which leaves out no real feature, and Table 4 of the
# paper. Training rows are those of the field's splits.
PAPER = {
    "code": {
        "AWA1": (15_000, 64, 19_832, 6000, None),
        "AWA2": (15_000, 64, 23_527, 6000, None),
        "CUB": (35_000, 64, 7_057, 600, None),
        "SUN": (38_000, 64, 10_320, 192, None),
    },
    "paper": {
        "AWA1": (5_000, 64, 19_832, 6000, 500),
        "AWA2": (5_000, 64, 23_527, 6000, 500),
        "CUB": (25_000, 64, 7_057, 600, 50),
        "SUN": (28_000, 64, 10_320, 192, 16),
        "ImageNet": (150_000, 256, 1_281_167, 600, 50),
    },
}
PAPER_COLUMNS = ("iterations", "batch_size", "n_training", "n_synthetic", "n_real")
# What else differs between the two.
PAPER_NETWORKS = {
    "code": {
        "encoder_hidden": (1450, 2048),
        "decoder_hidden": (665,),
        # The code sums these terms over its batches of 64, the likelihood not.
        "vae_weight": 64.0,
        "cls_weight": 0.01,
        "net_params": {
            "module__noise_per_dimension": False,
            "module__legacy_scale": True,
            "criterion__legacy_scale": True,
        },
        "temperature": 1.0,
    },
    "paper": {
        "encoder_hidden": (1024, 2048),
        "decoder_hidden": (512,),
        # Eq. 10 adds all terms, in nats; the likelihood is in bits here.
        "vae_weight": 1 / math.log(2),
        "cls_weight": 1 / math.log(2),
        "net_params": None,
        "temperature": 1.1,
    },
}
PAPER_HEAD_EPOCHS = {"code": 25, "paper": 20}


@fill_docstring
class VAEcFlowClassifier(FeatureGeneratingClassifier):
    """Zero-shot classifier by a VAE-conditioned generative flow (VAE-cFlow).

    An invertible network, the flow, maps features to latents whose density in a class
    is normal, with mean and variance encoded from the class description. It is
    trained by exact likelihood. Inverted, it generates features of unseen classes,
    and an ordinary classifier, the head, is trained on them and on the real features
    of the seen classes. As the density is exact, classes can also be compared by it
    (``decision="likelihood"``).

    By default the flow starts from a normal distribution per class with means linear in
    the description, and learns a correction; the number of epochs is chosen on held-out
    seen classes. See :meth:`paper_params` for the network of the paper.

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
    n_blocks : int, default=4
        Blocks of the flow.
    coupling : {"additive", "affine"}, default="additive"
        Whether a block only shifts half of the dimensions, or scales them too.
    coupling_hidden : sequence of int, default=(128, 128)
        Hidden widths of the networks inside the flow.
    encoder_hidden : sequence of int, default=(256,)
        Hidden widths of the network from descriptions to latents. With ``()`` mean and
        log variance are linear in the description, as in a conditional Glow.
    decoder_hidden : sequence of int, default=(256,)
        Hidden widths of the network back to descriptions.
    vae_weight : float, default=1.0
        Weight of the attribute reconstruction and of the regularisation of the latents'
        variance towards 1, against the likelihood in bits.
    cls_weight : float, default=0.01
        Weight of the classification loss; 1 in the paper, 0.01 in its code.
    temperature : float, default=1.1
        Factor of the variance of the latents that features are generated from; at most
        1000.
    decision : {"auto", "head", "gaussian", "likelihood"}, default="auto"
        Classify with the head; by the nearest mean of real and generated features, as
        :class:`ExemplarClassifier` does; or by the largest likelihood of the flow.
        "auto" chooses the best one on held-out classes, and the head if one is given or
        there are no folds.
    %(synthesis)s
    max_epochs : int, default=20
        Largest number of passes over the data.
    lr : float, default=1e-4
        Learning rate of Adam.
    %(early_stopping)s
    %(patience_5)s
    %(torch_training)s
    %(seen_penalty)s
    %(n_jobs)s
    %(device)s
    %(random_state)s

    Attributes
    ----------
    %(decided)s
    history_ : skorch.History
        One entry per epoch: ``train_loss`` and its parts ``likelihood_loss`` (in bits
        per sample), ``reconstruction_loss``, ``variance_loss`` and
        ``classification_loss``, and the duration ``dur`` in seconds.
    %(generator_fitted)s
    %(fitted)s

    See Also
    --------
    FGANClassifier : Generates with an adversarial network.
    ExemplarClassifier : The initial estimator alone.

    Notes
    -----
    For :meth:`add_classes` the model keeps its networks, the initial estimator and the
    head, but no training data.

    Differences between the paper and its code are reached through `net_params`:
    ``module__noise_per_dimension=False`` draws latents with one number per sample, as
    the code does; ``module__legacy_scale=True`` with ``criterion__legacy_scale=True``
    reads the encoder's second output as log variance in the regulariser but as log
    standard deviation elsewhere, as the code does; ``module__cls_latent="prior"``
    classifies latents drawn from the prior, as in Eq. 9, instead of latents of samples,
    as in Algorithm 1 and the code.

    The parts that the paper takes away one after the other (Table 3) are reached by
    ``cls_weight=0``, the classification loss; ``net_params={"criterion__zero_mean":
    True}``, which gives the means of the classes back the pull to zero that the paper
    releases them from; and ``encoder_hidden=()`` with ``vae_weight=0``, a prior linear
    in the description without the autoencoder.

    The learned prior of the official code, a layer of 4096 x 4096 weights that only
    ever sees zeros, is left out: the encoder's intercept does the same.

    References
    ----------
    .. [1] Gu, Zhang, Liu, Lu, Cheng: Generalized zero-shot learning via VAE-conditioned
       generative flow, arXiv 2009.00303.

    Examples
    --------
    >>> from zsl_estimators import VAEcFlowClassifier
    >>> from zsl_estimators.datasets import make_gzsl
    >>> data = make_gzsl(random_state=0)
    >>> clf = VAEcFlowClassifier(data.attributes, max_epochs=2, random_state=0)
    >>> clf.fit(data.X_train, data.y_train).unseen_classes_
    array([ 0,  4,  5, 13])
    >>> clf.score_samples(data.X_test).shape
    (640, 16)
    """

    _parameter_constraints = {
        **FeatureGeneratingClassifier._parameter_constraints,
        "n_blocks": [Interval(Integral, 1, None, closed="left")],
        "coupling": [StrOptions(set(COUPLINGS))],
        "coupling_hidden": ["array-like"],
        "encoder_hidden": ["array-like"],
        "decoder_hidden": ["array-like"],
        "vae_weight": [Interval(Real, 0, None, closed="left")],
        "cls_weight": [Interval(Real, 0, None, closed="left")],
        "temperature": [Interval(Real, 0, 1000, closed="both")],
        "decision": [StrOptions({"auto", "head", "gaussian", "likelihood"})],
    }
    _parameter_checks = (
        has_widths("coupling_hidden"),
        has_widths("encoder_hidden", "decoder_hidden", at_least=0),
        check_init_is_whitened,
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
        n_blocks=4,
        coupling="additive",
        coupling_hidden=(128, 128),
        encoder_hidden=(256,),
        decoder_hidden=(256,),
        vae_weight=1.0,
        cls_weight=0.01,
        temperature=1.1,
        decision="auto",
        n_synthetic="auto",
        n_real=None,
        synthesis="once",
        head=None,
        max_epochs=20,
        lr=1e-4,
        early_stopping=True,
        patience=5,
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
        self.n_blocks = n_blocks
        self.coupling = coupling
        self.coupling_hidden = coupling_hidden
        self.encoder_hidden = encoder_hidden
        self.decoder_hidden = decoder_hidden
        self.vae_weight = vae_weight
        self.cls_weight = cls_weight
        self.temperature = temperature

    # -- for users --------------------------------------------------------------

    @classmethod
    def paper_params(cls, dataset, source="code"):
        """Published settings for a benchmark, of the official code or of the paper.

        Parameters
        ----------
        dataset : {"AWA1", "AWA2", "CUB", "SUN", "ImageNet"}
            Name of the benchmark, in upper or lower case. Those of ImageNet are
            printed in the paper only; their synthetic features are streamed.
        source : {"code", "paper"}, default="code"
            Origin of the settings, which differ. The paper has fewer iterations, a
            narrower encoder and decoder, equal weights of all losses, a sampling
            temperature of 1.1, fewer epochs of the head and fewer real features for it.

        Returns
        -------
        params : dict
            Constructor parameters, without `attributes`. The initial estimator, the
            calibration and the choice of epochs are off. Epochs are iterations divided
            by the batches of the benchmark's training set.

        Raises
        ------
        ValueError
            If there are no published settings for the data set.

        Examples
        --------
        >>> from zsl_estimators import VAEcFlowClassifier
        >>> VAEcFlowClassifier.paper_params("SUN")["n_synthetic"]
        192
        >>> VAEcFlowClassifier.paper_params("ImageNet", source="paper")["max_epochs"]
        30
        """
        published = published_settings(PAPER, PAPER_COLUMNS, dataset, source)
        n_synthetic, batch_size = published["n_synthetic"], published["batch_size"]
        n_rows = published["iterations"] * batch_size
        return {
            "init": None,
            "feature_scaling": "minmax",
            "attribute_scaling": "none",
            "n_blocks": 4,
            "coupling": "additive",
            "coupling_hidden": (512, 512),
            **PAPER_NETWORKS[source],
            "decision": "head",
            "n_synthetic": n_synthetic,
            "n_real": published["n_real"],
            "synthesis": "stream" if str(dataset).lower() == "imagenet" else "once",
            "head": paper_head(n_synthetic, PAPER_HEAD_EPOCHS[source]),
            "max_epochs": round(n_rows / published["n_training"]),
            "early_stopping": False,
            "batch_size": batch_size,
            "lr": 1e-4,
            "seen_penalty": 0.0,
        }

    def score_samples(self, X):
        """Compute the exact log density of samples in every class.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Features.

        Returns
        -------
        log_density : ndarray of shape (n_samples, n_classes)
            ``log p(x | class)`` in nats, of features in the units of the training
            data; columns in the order of `classes_`.
        """
        Z = self._scaled(self._checked(X))
        with self._predict_context():
            densities = Likelihood().score_classes(self._generator_to_score_with, Z)
        return densities[:, self._order]

    # -- fit ----------------------------------------------------------------------

    def _net_arguments(self, problem):
        attributes, centers = self._seen_tensors()
        network = {
            "class_attributes": attributes,
            "class_centers": centers,
            "n_blocks": self.n_blocks,
            "coupling": self.coupling,
            "coupling_hidden": tuple(self.coupling_hidden),
            "encoder_hidden": tuple(self.encoder_hidden),
            "decoder_hidden": tuple(self.decoder_hidden),
            "residual": self.init_ is not None,
        }
        loss = {"vae_weight": self.vae_weight, "cls_weight": self.cls_weight}
        return {
            "module": VAEcFlowNetwork,
            **{f"module__{name}": value for name, value in network.items()},
            "criterion": VAEcFlowLoss,
            **{f"criterion__{name}": value for name, value in loss.items()},
            "optimizer": partial(torch.optim.Adam, fused=True),
            "callbacks": [GradientNormClipping(100.0)],
        }

    # -- decisions ----------------------------------------------------------------

    _decisions = ("head", "gaussian", "likelihood")

    @property
    def _noise_variance(self):
        return self.temperature
