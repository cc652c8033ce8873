"""CADAVAEClassifier: a head on the latents of two aligned autoencoders."""

from functools import partial
from numbers import Integral, Real

import torch
from skorch.callbacks import Callback

from zsl_estimators.decisions import (
    LatentHead,
    LatentNearestMean,
    LatentView,
    SoftmaxHead,
)
from zsl_estimators.docstrings import fill_docstring
from zsl_estimators.generative._base import (
    FeatureGeneratingClassifier,
    check_init_is_whitened,
    paper_head,
)
from zsl_estimators.nn.cadavae import CADAVAELoss, CADAVAENetwork
from zsl_estimators.parameters import Interval, published_settings
from zsl_estimators.training import float32

# Epochs of the head for the generalized task, from the official code; the paper says
# nothing of them.
PAPER = {
    "code": {"AWA1": (33,), "AWA2": (29,), "CUB": (23,), "SUN": (21,)},
    "paper": {"AWA1": (33,), "AWA2": (29,), "CUB": (23,), "SUN": (21,)},
}
PAPER_COLUMNS = ("head_epochs",)
# Final weights, and shares of the training in which they grow, that is of 100 epochs.
# The paper prints the growth per epoch: 0.0026 up to epoch 90, 0.044 from 21 to 75 and
# 0.54 from 6 to 22.
PAPER_WEIGHTS = {
    "code": {"kl": 0.25, "cross": 2.37, "alignment": 8.13},
    "paper": {"kl": 90 * 0.0026, "cross": 54 * 0.044, "alignment": 16 * 0.54},
}
PAPER_WARM_UPS = {
    "code": {"kl": (0.0, 0.93), "cross": (0.21, 0.75), "alignment": (0.06, 0.22)},
    "paper": {"kl": (0.0, 0.90), "cross": (0.21, 0.75), "alignment": (0.06, 0.22)},
}
PAPER_HIDDEN = {
    "feature_encoder": (1560,),
    "feature_decoder": (1660,),
    "attribute_encoder": (1450,),
    "attribute_decoder": (665,),
}


class EpochOfLoss(Callback):
    """Tell the loss how many epochs are done, which its weights depend on."""

    def on_epoch_begin(self, net, **kwargs):
        # The history has an entry for the epoch that begins.
        net.criterion_.epoch = len(net.history) - 1


@fill_docstring
class CADAVAEClassifier(FeatureGeneratingClassifier):
    """Zero-shot classifier by aligned variational autoencoders (CADA-VAE).

    One autoencoder of features and one of descriptions share a latent space of few
    dimensions. Each also decodes the latents of the other one, and a loss reduces the
    distance of the distributions into which a sample and its description are encoded.
    An ordinary classifier, the head, is trained on latents: those of real features for
    the seen classes, those of descriptions for the unseen. Its input has few dimensions
    for any number of features.

    By default both autoencoders start from probabilistic principal components of a
    normal distribution per class with means linear in the description, and learn a
    correction; the number of epochs is chosen on held-out seen classes. See
    :meth:`paper_params` for the networks of the paper.

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
    latent_dim : int, default=64
        Dimensions of the latent space.
    kl_weight : float, default=0.25
        Weight of the divergence of latents from the standard normal distribution; the
        reconstructions have the weight 1. Defaults of the weights are those of the
        official code.
    cross_weight : float, default=2.37
        Weight of the reconstruction by each decoder from the latents of the other
        encoder.
    alignment_weight : float, default=8.13
        Weight of the distance of both encoders' distributions.
    decision : {"auto", "head", "gaussian"}, default="auto"
        Classify with the head, or take the nearest mean, as :class:`ExemplarClassifier`
        does, of features that were moved as far as the encoders have moved their
        latents; of latents with ``init=None``. "auto" chooses the best one on held-out
        classes, and the head if one is given or there are no folds.
    n_synthetic : "auto" or int, default="auto"
        Latents per unseen class that the head is trained on. "auto" is the median
        number of samples of a seen class, from 20 to 500.
    n_real : int or None, default=None
        Latents per seen class that the head is trained on, drawn from real samples,
        with replacement if there are too few. None is one of each sample.
    synthesis : {"once", "stream"}, default="once"
        Draw latents of unseen classes at once, or batch by batch while the head is
        trained, so that memory does not grow with their number; needs the built-in
        head.
    head : classifier or None, default=None
        Classifier that is trained on latents. None is a linear :class:`SoftmaxHead`,
        whose weight decay is chosen on held-out classes from 0.001, 0.01, 0.03 and,
        with ``decision="head"``, 0.1. The parameters of another classifier can be
        searched as ``head__<name>``.
    max_epochs : int, default=20
        Largest number of passes over the data.
    lr : float, default=1e-4
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
        The fitted head, if it is the decision; its inputs are latents, in units of
        their standard deviation within a class.
    history_ : skorch.History
        One entry per epoch: ``train_loss`` and its parts ``reconstruction_loss``,
        ``divergence_loss``, ``cross_loss`` and ``alignment_loss``, and the duration
        ``dur`` in seconds.
    %(generator_fitted)s
    %(fitted)s

    See Also
    --------
    VAEcFlowClassifier : Encodes descriptions into the latent space of a flow.
    ExemplarClassifier : The initial estimator alone.

    Notes
    -----
    Widths of hidden layers, 256 by default, and how the weights of the losses grow are
    reached through `net_params`, for instance
    ``{"module__feature_encoder_hidden": (512,), "criterion__kl_warm_up": (0.0, 0.9)}``:
    from nothing at the beginning to all of it after nine tenths of `max_epochs`.
    ``module__legacy_noise=True`` draws latents as the official code does: it takes the
    encoders' second output for the logarithm of the standard deviation where it draws,
    but for that of the variance elsewhere, and one random number for all dimensions.

    References
    ----------
    .. [1] Schonfeld, Ebrahimi, Sinha, Darrell, Akata: Generalized zero- and few-shot
       learning via aligned variational autoencoders, CVPR 2019.

    Examples
    --------
    >>> from zsl_estimators import CADAVAEClassifier
    >>> from zsl_estimators.datasets import make_gzsl
    >>> data = make_gzsl(20, random_state=0)
    >>> clf = CADAVAEClassifier(data.attributes, max_epochs=2, random_state=0)
    >>> clf.fit(data.X_train, data.y_train).unseen_classes_
    array([ 0,  4,  5, 13])
    >>> X, y = clf.sample(10, classes=clf.unseen_classes_)
    >>> X.shape
    (40, 16)
    """

    _parameter_constraints = {
        **FeatureGeneratingClassifier._parameter_constraints,
        "latent_dim": [Interval(Integral, 1, None, closed="left")],
        "kl_weight": [Interval(Real, 0, None, closed="left")],
        "cross_weight": [Interval(Real, 0, None, closed="left")],
        "alignment_weight": [Interval(Real, 0, None, closed="left")],
    }
    _parameter_checks = (check_init_is_whitened,)

    def __init__(
        self,
        attributes=None,
        *,
        classes=None,
        init="auto",
        feature_scaling="whitened",
        attribute_scaling="auto",
        correction_weight=1.0,
        latent_dim=64,
        kl_weight=0.25,
        cross_weight=2.37,
        alignment_weight=8.13,
        decision="auto",
        n_synthetic="auto",
        n_real=None,
        synthesis="once",
        head=None,
        max_epochs=20,
        lr=1e-4,
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
        self.latent_dim = latent_dim
        self.kl_weight = kl_weight
        self.cross_weight = cross_weight
        self.alignment_weight = alignment_weight

    @classmethod
    def paper_params(cls, dataset, source="code"):
        """Settings of the official code or of the paper for a benchmark.

        Parameters
        ----------
        dataset : {"AWA1", "AWA2", "CUB", "SUN"}
            Name of the benchmark, in upper or lower case.
        source : {"code", "paper"}, default="code"
            Origin of the settings. The paper prints the increments of the weights of
            the losses per epoch, with other final values, and latents with independent
            noise in every dimension. It does not print the epochs of the head; those of
            the code are used.

        Returns
        -------
        params : dict
            Constructor parameters, without `attributes`. The initial estimator, the
            calibration and the choice of epochs are off.

        Raises
        ------
        ValueError
            If there are no published settings for the data set.

        Examples
        --------
        >>> from zsl_estimators import CADAVAEClassifier
        >>> CADAVAEClassifier.paper_params("CUB")["n_synthetic"]
        400
        """
        published = published_settings(PAPER, PAPER_COLUMNS, dataset, source)
        return {
            "init": None,
            "feature_scaling": "minmax",
            "attribute_scaling": "none",
            "latent_dim": 64,
            **{
                f"{name}_weight": weight
                for name, weight in PAPER_WEIGHTS[source].items()
            },
            "decision": "head",
            "n_synthetic": 400,
            "n_real": 200,
            "head": paper_head(32, published["head_epochs"]),
            "max_epochs": 100,
            "early_stopping": False,
            "batch_size": 50,
            "lr": 1.5e-4,
            "net_params": {
                **{f"module__{name}_hidden": w for name, w in PAPER_HIDDEN.items()},
                "module__legacy_noise": source == "code",
                **{
                    f"criterion__{name}_warm_up": shares
                    for name, shares in PAPER_WARM_UPS[source].items()
                },
            },
            "seen_penalty": 0.0,
        }

    # -- fit ----------------------------------------------------------------------

    def _net_arguments(self, problem):
        attributes, centers = self._seen_tensors()
        network = {
            "class_attributes": attributes,
            "class_centers": centers,
            "class_means": self._known_means(),
            "n_latent": self.latent_dim,
        }
        loss = {
            "kl_weight": self.kl_weight,
            "cross_weight": self.cross_weight,
            "alignment_weight": self.alignment_weight,
            "n_epochs": self.max_epochs,
        }
        return {
            "module": CADAVAENetwork,
            **{f"module__{name}": value for name, value in network.items()},
            "criterion": CADAVAELoss,
            **{f"criterion__{name}": value for name, value in loss.items()},
            "optimizer": partial(torch.optim.Adam, amsgrad=True, fused=True),
            "callbacks": [EpochOfLoss()],
        }

    def _known_means(self):
        """Scaled means of all classes, observed ones of those that are seen."""
        if self.init_ is None:
            return None
        means = self.init_.predict_means(self._table.matrix)
        means[self._table.seen] = self.init_.within_class.means
        return torch.tensor(float32(self.feature_scaler_.transform(means)))

    # -- decisions ----------------------------------------------------------------

    def _decisions_called(self, name):
        return self._new_heads() if name == "head" else [LatentNearestMean()]

    def _new_head(self, weight_decay, view=None, start=None):
        # A linear head needs large weights, which the usual learning rate is slow for.
        linear = SoftmaxHead(hidden=(), lr=3e-2, device=self.device)
        return LatentHead(
            linear if self.head is None else self.head,
            weight_decay=weight_decay,
            n_synthetic=self.n_synthetic,
            n_real=self.n_real,
            synthesis=self.synthesis,
            device=self.device,
            view=LatentView(),
            start=start,
        )

    def _proxy_decision(self, problem):
        return LatentNearestMean()
