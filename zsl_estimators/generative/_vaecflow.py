"""VAEcFlowClassifier: features from a flow with a prior made of descriptions."""

from functools import partial
from numbers import Integral, Real

import numpy as np
import torch
from sklearn.utils.validation import check_is_fitted, validate_data
from skorch.callbacks import GradientNormClipping

from zsl_estimators.docstrings import fill_docstring
from zsl_estimators.generative._base import (
    FeatureGeneratingClassifier,
    paper_head,
    published_settings,
)
from zsl_estimators.nn.flow import COUPLINGS
from zsl_estimators.nn.vaecflow import LATENTS, VAEcFlowLoss, VAEcFlowNetwork
from zsl_estimators.parameters import Interval, StrOptions, check_widths
from zsl_estimators.training import row_slices, to_numpy

# Iterations, training samples and synthetic features per class.
PAPER = {
    "AWA1": (15_000, 19_832, 6000),
    "AWA2": (15_000, 23_527, 6000),
    "CUB": (35_000, 7_057, 600),
    "SUN": (38_000, 10_320, 192),
}
PAPER_COLUMNS = ("iterations", "n_training", "n_synthetic")


@fill_docstring
class VAEcFlowClassifier(FeatureGeneratingClassifier):
    """Zero-shot classifier by a VAE-conditioned generative flow (VAE-cFlow).

    An invertible network, the flow, maps features to latents whose density in a class
    is normal, with mean and variance encoded from the class description. It is
    trained by exact likelihood. Inverted, it generates features of unseen classes,
    and an ordinary classifier, the head, is trained on them and on the real features
    of the seen classes. As the density is exact, classes can also be compared by it
    (``decision="likelihood"``).

    By default the flow starts from a normal distribution per class with means linear
    in the description, and learns what is missing, for as many epochs as helps on
    held-out seen classes. See :meth:`paper_params` for the network of the paper.

    Parameters
    ----------
    %(attributes)s
    %(shadow)s
    feature_scaling : {"whitened", "standard", "minmax"}, default="whitened"
        Scaling of the features inside: such that the covariance within a class is the
        identity, which the linear start needs; to mean 0 and variance 1; or to the
        range from 0 to 1.
    %(attribute_scaling)s
    n_blocks : int, default=4
        Blocks of the flow.
    coupling : {"additive", "affine"}, default="additive"
        Whether a block only shifts half of the dimensions, or scales them too.
    coupling_hidden : sequence of int, default=(128, 128)
        Hidden widths of the networks inside the flow.
    encoder_hidden : sequence of int, default=(256,)
        Hidden widths of the network from descriptions to latents.
    decoder_hidden : sequence of int, default=(256,)
        Hidden widths of the network back to descriptions.
    vae_weight : float, default=1.0
        Weight of the attribute reconstruction and of the term that keeps the latents'
        variance near 1, against the likelihood in bits.
    cls_weight : float, default=0.01
        Weight of the classification loss. The paper says 1, its code 0.01.
    cls_latent : {"flow", "prior"}, default="flow"
        What is classified: latents of samples, as in the code and the paper's
        Algorithm 1, or latents drawn from the prior, as in its Eq. 9.
    noise_per_dimension : bool, default=True
        Whether latents are drawn with noise in every dimension, or with one number
        per sample as in the code.
    legacy_scale : bool, default=False
        Read the encoder's second output as log variance in the regulariser but as log
        standard deviation elsewhere, as the code does.
    temperature : float, default=1.1
        Multiplies the variance of the latents that features are generated from.
    decision : {"auto", "head", "gaussian", "likelihood"}, default="auto"
        Classify with the head; take the nearest mean of real and generated features,
        as :class:`ExemplarClassifier` does; or take the class with the largest
        likelihood in the flow. "auto" takes what is best on held-out classes, the
        head when one is given or there is nothing to choose on.
    %(synthesis)s
    max_epochs : int, default=20
        Largest number of passes over the data.
    lr : float, default=1e-4
        Learning rate of Adam.
    %(torch_training)s
    %(seen_penalty)s
    %(device)s
    %(random_state)s

    Attributes
    ----------
    decision_ : str
        "head", "gaussian" or "likelihood".
    head_ : estimator
        The fitted head, when `decision_` is "head"; it sees scaled features.
    history_ : skorch.History
        One entry per epoch: ``train_loss`` and its parts ``likelihood_loss`` (in bits
        per sample), ``reconstruction_loss``, ``variance_loss`` and
        ``classification_loss``, and the duration ``dur`` in seconds.
    %(generator_fitted)s
    %(fitted)s

    See Also
    --------
    FGANClassifier : Generates with an adversarial network.
    ExemplarClassifier : The linear start alone.

    Notes
    -----
    For :meth:`add_classes` the model keeps its networks, the means and covariance of
    the shadow, and the head, but no training data. With the linear start off the
    shadow is only used to judge epochs on folds.

    The learned prior of the official code, a layer of 4096 x 4096 weights that only
    ever sees zeros, is left out: the encoder's intercept does the same.

    References
    ----------
    .. [1] Gu, Zhao, Xie: Generalized zero-shot learning via VAE-conditioned generative
       flow, arXiv 2009.00303.

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
        "cls_latent": [StrOptions(set(LATENTS))],
        "noise_per_dimension": ["boolean"],
        "legacy_scale": ["boolean"],
        "temperature": [Interval(Real, 0, None, closed="left")],
        "decision": [StrOptions({"auto", "head", "gaussian", "likelihood"})],
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
        n_blocks=4,
        coupling="additive",
        coupling_hidden=(128, 128),
        encoder_hidden=(256,),
        decoder_hidden=(256,),
        vae_weight=1.0,
        cls_weight=0.01,
        cls_latent="flow",
        noise_per_dimension=True,
        legacy_scale=False,
        temperature=1.1,
        decision="auto",
        n_synthetic="auto",
        synthesis="once",
        head=None,
        max_epochs=20,
        lr=1e-4,
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
            early_stopping=early_stopping,
            batch_size=batch_size,
            lr=lr,
            callbacks=callbacks,
            net_params=net_params,
            warm_start=warm_start,
            seen_penalty=seen_penalty,
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
        self.cls_latent = cls_latent
        self.noise_per_dimension = noise_per_dimension
        self.legacy_scale = legacy_scale
        self.temperature = temperature

    # -- for users --------------------------------------------------------------

    @classmethod
    def paper_params(cls, dataset):
        """Settings of the official code for a benchmark.

        Parameters
        ----------
        dataset : {"AWA1", "AWA2", "CUB", "SUN"}
            Name of the benchmark.

        Returns
        -------
        params : dict
            Constructor parameters, without `attributes`. The linear start, the
            calibration and the choice of epochs are off. Epochs are the iterations of
            the official scripts divided by the batches of the benchmark's training
            set.

        Examples
        --------
        >>> from zsl_estimators import VAEcFlowClassifier
        >>> VAEcFlowClassifier.paper_params("SUN")["n_synthetic"]
        192
        """
        published = published_settings(PAPER, PAPER_COLUMNS, dataset)
        return {
            "linear_shadow": False,
            "feature_scaling": "minmax",
            "attribute_scaling": "none",
            "n_blocks": 4,
            "coupling": "additive",
            "coupling_hidden": (512, 512),
            "encoder_hidden": (1450, 2048),
            "decoder_hidden": (665,),
            # The code sums these terms over its batches of 64, the likelihood not.
            "vae_weight": 64.0,
            "cls_weight": 0.01,
            "cls_latent": "flow",
            "noise_per_dimension": False,
            "legacy_scale": True,
            "temperature": 1.0,
            "decision": "head",
            "n_synthetic": published["n_synthetic"],
            "head": paper_head(batch_size=published["n_synthetic"], max_epochs=25),
            "max_epochs": round(published["iterations"] * 64 / published["n_training"]),
            "early_stopping": False,
            "batch_size": 64,
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
        check_is_fitted(self)
        X = validate_data(self, X, dtype=np.float32, reset=False)
        return self._log_likelihood(X)

    # -- fit --------------------------------------------------------------------

    def _check_combinations(self):
        super()._check_combinations()
        check_widths(self, "coupling_hidden", "encoder_hidden", "decoder_hidden")
        self._check_shadow_is_whitened()

    def _net_arguments(self, X, y_index):
        attributes, centers = self._class_tensors()
        seen = torch.as_tensor(self._class_table.seen)
        network = {
            "class_attributes": attributes[seen],
            "class_centers": centers[seen],
            "n_blocks": self.n_blocks,
            "coupling": self.coupling,
            "coupling_hidden": tuple(self.coupling_hidden),
            "encoder_hidden": tuple(self.encoder_hidden),
            "decoder_hidden": tuple(self.decoder_hidden),
            "starts_at_shadow": self.linear_shadow,
            "noise_per_dimension": self.noise_per_dimension,
            "cls_latent": self.cls_latent,
            "legacy_scale": self.legacy_scale,
        }
        loss = {
            "vae_weight": self.vae_weight,
            "cls_weight": self.cls_weight,
            "legacy_scale": self.legacy_scale,
        }
        return {
            "module": VAEcFlowNetwork,
            **{f"module__{name}": value for name, value in network.items()},
            "criterion": VAEcFlowLoss,
            **{f"criterion__{name}": value for name, value in loss.items()},
            "optimizer": partial(torch.optim.Adam, fused=True),
            "callbacks": [GradientNormClipping(100.0)],
        }

    # -- prediction -------------------------------------------------------------

    _decisions = ("head", "gaussian", "likelihood")

    @property
    def _follows_with_stand_in(self):
        return self.decision != "likelihood"

    @property
    def _sampling_temperature(self):
        return self.temperature

    def _decision(self, X):
        if self.decision_ == "likelihood":
            return self._log_likelihood(X)
        return super()._decision(X)

    def _log_likelihood(self, X):
        X = self.feature_scaler_.transform(X)
        with self._inference() as module:
            parts = [
                to_numpy(self._scaled_log_likelihood(module, X[part]))
                for part in row_slices(len(X))
            ]
        return np.concatenate(parts) + self.feature_scaler_.log_det

    def _scaled_log_likelihood(self, module, X):
        parameter = next(module.parameters())
        attributes, centers = (part.to(parameter) for part in self._class_tensors())
        return module.log_likelihood(
            torch.as_tensor(X).to(parameter), attributes, centers
        )
