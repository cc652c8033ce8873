"""ABPClassifier: features from a generator whose latents are inferred."""

from functools import partial
from numbers import Integral, Real

import numpy as np
import torch
from skorch.callbacks import Callback, GradientNormClipping

from zsl_estimators.docstrings import fill_docstring
from zsl_estimators.generative._base import (
    FeatureGeneratingClassifier,
    check_init_is_whitened,
    paper_head,
)
from zsl_estimators.nn.abp import ABPLoss, ABPNetwork
from zsl_estimators.parameters import (
    Interval,
    StrOptions,
    has_widths,
    published_settings,
)

# Synthetic features per class; all else is the same for all data sets.
PAPER = {
    "code": {"AWA1": (1500,), "AWA2": (1500,), "CUB": (300,), "SUN": (300,)},
    "paper": {},
}
PAPER_COLUMNS = ("n_synthetic",)


class LatentChains(Callback):
    """Gives every training row latents of its own for as long as a net is trained."""

    def on_train_begin(self, net, X=None, y=None, **kwargs):
        net.module_.start_chains(len(X))

    def on_train_end(self, net, X=None, y=None, **kwargs):
        net.module_.end_chains()


@fill_docstring
class ABPClassifier(FeatureGeneratingClassifier):
    """Zero-shot classifier by alternating back-propagation (ABP-ZSL).

    A generator turns latents and a class description into features. It is trained by
    maximum likelihood without an encoder or a critic: the latents of every training
    sample are inferred by a few steps of Langevin dynamics, which continue from those
    of the last epoch, and then the generator takes a step. Features of unseen classes
    are generated from standard normal latents, and an ordinary classifier, the head, is
    trained on them and on the real features of the seen classes.

    By default the generator starts from a normal distribution per class and learns a
    correction; the number of epochs is chosen on held-out seen classes. See
    :meth:`paper_params` for the network of the paper.

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
    latent_dim : int, default=10
        Length of a latent vector.
    generator_hidden : sequence of int, default=(256,)
        Widths of the generator's hidden layers.
    n_langevin_steps : int, default=5
        Langevin steps per batch; each takes a forward and a backward pass through the
        generator.
    langevin_step : "auto" or float, default="auto"
        Standard deviation of the noise of a Langevin step. "auto": proposals are
        accepted by the Metropolis rule, which makes the latents exact samples, and the
        step is adapted to an acceptance rate of 57 percent. With a number all steps are
        accepted, as in the paper, which is stable up to twice the smallest standard
        deviation of the latents.
    decision : {"auto", "head", "gaussian"}, default="auto"
        Classify with the head, or by the nearest mean of real and generated features,
        as :class:`ExemplarClassifier` does. "auto" chooses the better one on held-out
        classes, and the head if one is given or there are no folds.
    %(synthesis)s
    max_epochs : int, default=20
        Largest number of passes over the data.
    lr : float, default=1e-3
        Learning rate of the generator's Adam.
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
        ``latent_loss``, in nats per sample, and the duration ``dur`` in seconds.
    %(generator_fitted)s
    %(fitted)s

    See Also
    --------
    CVAEClassifier : Encodes the latents instead.
    FGANClassifier : Generates with an adversarial network.
    ExemplarClassifier : The initial estimator alone.

    Notes
    -----
    Features are normal around what is generated. The variance of this noise is learned,
    one per feature, and generated features have it, see :class:`CVAEClassifier`;
    ``net_params={"module__noise_variance": 0.09, "module__draws_noise": False}`` is as
    in the official code.

    Latents are kept while a net is trained, and neither in the fitted model nor for
    ``warm_start=True``: a further fit draws them anew. An untrained network decodes
    zero, so that their prior, which they are drawn from, is their posterior.

    For :meth:`add_classes` the model keeps its generator, the initial estimator and the
    head, but no training data.

    References
    ----------
    .. [1] Zhu, Xie, Liu, Elgammal: Learning feature-to-feature translator by
       alternating back-propagation for generative zero-shot learning, ICCV 2019.
    .. [2] Han, Lu, Zhu, Wu: Alternating back-propagation for generator network,
       AAAI 2017.
    .. [3] Roberts, Rosenthal: Optimal scaling of discrete approximations to Langevin
       diffusions, Journal of the Royal Statistical Society B 60 (1), 1998.

    Examples
    --------
    >>> from zsl_estimators import ABPClassifier
    >>> from zsl_estimators.datasets import make_gzsl
    >>> data = make_gzsl(random_state=0)
    >>> clf = ABPClassifier(data.attributes, max_epochs=2, random_state=0)
    >>> clf.fit(data.X_train, data.y_train).unseen_classes_
    array([ 0,  4,  5, 13])
    >>> X, y = clf.sample(10, classes=clf.unseen_classes_)
    >>> X.shape
    (40, 16)
    """

    _parameter_constraints = {
        **FeatureGeneratingClassifier._parameter_constraints,
        "latent_dim": [Interval(Integral, 1, None, closed="left")],
        "generator_hidden": ["array-like"],
        "n_langevin_steps": [Interval(Integral, 1, None, closed="left")],
        "langevin_step": [
            StrOptions({"auto"}),
            Interval(Real, 0, None, closed="neither"),
        ],
    }
    _parameter_checks = (has_widths("generator_hidden"), check_init_is_whitened)

    def __init__(
        self,
        attributes=None,
        *,
        classes=None,
        init="auto",
        feature_scaling="whitened",
        attribute_scaling="auto",
        correction_weight=1.0,
        latent_dim=10,
        generator_hidden=(256,),
        n_langevin_steps=5,
        langevin_step="auto",
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
        self.latent_dim = latent_dim
        self.generator_hidden = generator_hidden
        self.n_langevin_steps = n_langevin_steps
        self.langevin_step = langevin_step

    @classmethod
    def paper_params(cls, dataset, source="code"):
        """Settings of the official code for a benchmark.

        Parameters
        ----------
        dataset : {"AWA1", "AWA2", "CUB", "SUN"}
            Name of the benchmark.
        source : {"code"}, default="code"
            Origin of the settings.

        Returns
        -------
        params : dict
            Constructor parameters, without `attributes`. The initial estimator, the
            calibration and the choice of epochs are off. The official code uses every
            batch twice, hence twice as many epochs. It updates latents by Adam, which
            is not Langevin dynamics and not reproduced.

        Raises
        ------
        ValueError
            If there are no published settings for the data set.

        Examples
        --------
        >>> from zsl_estimators import ABPClassifier
        >>> ABPClassifier.paper_params("CUB")["n_synthetic"]
        300
        """
        published = published_settings(PAPER, PAPER_COLUMNS, dataset, source)
        n_synthetic = published["n_synthetic"]
        return {
            "init": None,
            "feature_scaling": "minmax",
            "attribute_scaling": "none",
            "latent_dim": 10,
            "generator_hidden": (4096,),
            "n_langevin_steps": 5,
            "langevin_step": 0.1,
            "decision": "head",
            "n_synthetic": n_synthetic,
            "head": paper_head(batch_size=n_synthetic, max_epochs=25),
            "max_epochs": 2000,
            "early_stopping": False,
            "batch_size": 64,
            "lr": 2e-4,
            "callbacks": [GradientNormClipping(1.0)],
            "net_params": {
                "module__output_activation": "relu",
                "module__noise_variance": 0.09,
                "module__draws_noise": False,
                "optimizer__weight_decay": 1e-3,
            },
            "seen_penalty": 0.0,
        }

    # -- fit ----------------------------------------------------------------------

    def _training_data(self, problem):
        data = super()._training_data(problem)
        data.inputs["row"] = np.arange(len(problem.y))
        return data

    def _net_arguments(self, problem):
        attributes, centers = self._seen_tensors()
        is_auto = self.langevin_step == "auto"
        network = {
            "class_attributes": attributes,
            "class_centers": centers,
            "latent_dim": self.latent_dim,
            "hidden": tuple(self.generator_hidden),
            "residual": self.init_ is not None,
            "n_langevin_steps": self.n_langevin_steps,
            "langevin_step": None if is_auto else self.langevin_step,
        }
        return {
            "module": ABPNetwork,
            **{f"module__{name}": value for name, value in network.items()},
            "criterion": ABPLoss,
            "optimizer": partial(torch.optim.Adam, fused=True),
            "callbacks": [LatentChains()],
        }
