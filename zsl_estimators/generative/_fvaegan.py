"""FVAEGANClassifier: features from a GAN whose generator decodes a VAE as well."""

from numbers import Integral, Real

import numpy as np
import torch

from zsl_estimators.docstrings import fill_docstring
from zsl_estimators.generative._base import (
    FeatureGeneratingClassifier,
    check_init_is_whitened,
    paper_head,
)
from zsl_estimators.nn.fvaegan import FVAEGANLoss, FVAEGANNetwork
from zsl_estimators.parameters import Interval, has_widths, published_settings
from zsl_estimators.training import AdversarialNet, adversarial_arguments, float32

# There is no official code. These are of the scripts of TF-VAEGAN, which contain the
# method: learning rate, weight of the critic, synthetic features per class, epochs,
# length of descriptions and of the noise, whether critics see encoded noise, and
# learning rate of the head.
PAPER = {
    "code": {
        "AWA2": (1e-5, 10.0, 1800, 120, 85, True, 1e-3),
        "CUB": (1e-4, 10.0, 300, 300, 312, True, 1e-3),
        "SUN": (1e-3, 1.0, 400, 400, 102, True, 5e-4),
        "FLO": (1e-4, 10.0, 1200, 500, 1024, False, 1e-3),
    },
    "paper": {},
}
PAPER_COLUMNS = (
    "lr",
    "adversarial_weight",
    "n_synthetic",
    "epochs",
    "noise_dim",
    "encoded_noise",
    "head_lr",
)
# With a share near 1 a feature would be known from its latent almost exactly, and
# outweigh all others in the reconstruction.
LARGEST_SHARE = 0.9


class FVAEGANNet(AdversarialNet):
    """Drops the encoder with the critic."""

    def trim_for_prediction(self):
        """Drop the optimisers, the critic and the encoder."""
        super().trim_for_prediction()
        self.module_.generator.encoder = None


@fill_docstring
class FVAEGANClassifier(FeatureGeneratingClassifier):
    """Zero-shot classifier by a feature-generating VAE and GAN in one (f-VAEGAN).

    A generator maps latents and a class description to features. It is trained as the
    decoder of a conditional variational autoencoder, whose encoder infers the latents
    of a real sample, and at the same time against a critic that distinguishes real from
    generated features of the seen classes. Then an ordinary classifier, the head, is
    trained on real features of the seen classes and generated ones of the unseen. This
    is f-VAEGAN-D2 [1]_: its second critic is used if :meth:`fit` gets unlabelled
    samples of the unseen classes.

    By default the generator starts from a normal distribution per class, for which the
    encoder is known exactly, and learns a correction; the number of epochs is chosen on
    held-out seen classes. See :meth:`paper_params` for the network of the paper.

    Parameters
    ----------
    %(attributes)s
    %(init_exemplar)s
    %(whitened_features)s
    %(attribute_scaling)s
    %(mean_correction_weight)s
    %(latents)s
    hidden : sequence of int, default=(256,)
        Widths of the hidden layers of generator, encoder and critic. With one layer
        the gradient penalty has a closed form.
    %(adversarial_weight)s
    %(head_or_gaussian)s
    %(synthesis)s
    max_epochs : int, default=20
        Largest number of passes over the data by the critic.
    lr : float, default=3e-4
        Learning rate of the Adam of generator and encoder.
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
        One entry per epoch: ``train_loss``, ``wasserstein_estimate`` (how well the
        critic distinguishes real from generated features), ``penalty_loss``,
        ``reconstruction_loss``, ``divergence_loss`` and ``adversarial_loss``, and the
        duration ``dur`` in seconds. With unlabelled samples there are
        ``unlabelled_wasserstein_estimate``, ``unlabelled_penalty_loss`` and
        ``unlabelled_loss``.
    %(generator_fitted)s
    %(fitted)s

    See Also
    --------
    FGANClassifier : Has no encoder, but a loss by a classifier of seen classes.
    TFVAEGANClassifier : Has a decoder of descriptions, with feedback, as well.
    VAEcFlowClassifier : Generates with an invertible flow.
    SelfTrainingZeroShotClassifier : Uses unlabelled samples with any estimator.
    ExemplarClassifier : The initial estimator alone.

    Notes
    -----
    Details of the networks are reached through `net_params`:
    ``module__generator_hidden``, ``module__encoder_hidden`` and
    ``module__critic_hidden``, widths of their own; ``module__output_activation``,
    "linear", "relu" or "sigmoid", the latter two with ``init=None``;
    ``module__encoded_noise``, False, whether critics see features from latents of real
    ones; ``criterion__reconstruction``, "squared", or "bce" for features between 0 and
    1; ``criterion__vae_weight``, 1; ``criterion__gp_weight``, 10, and
    ``criterion__adaptive_penalty``, False, of the gradient penalty; ``n_critic``, 5,
    steps of the critic per step of the generator, and ``critic_lr``, 3e-3, where None
    is `lr`. ``criterion__unlabelled_weight``, None, weighs the critic of unlabelled
    samples in the loss of the generator; None is `adversarial_weight`.

    References
    ----------
    .. [1] Xian, Sharma, Schiele, Akata: f-VAEGAN-D2: A feature generating framework for
       any-shot learning, CVPR 2019.

    Examples
    --------
    >>> from zsl_estimators import FVAEGANClassifier
    >>> from zsl_estimators.datasets import make_gzsl
    >>> data = make_gzsl(random_state=0)
    >>> clf = FVAEGANClassifier(
    ...     attributes=data.attributes, max_epochs=2, random_state=0
    ... )
    >>> clf.fit(data.X_train, data.y_train).unseen_classes_
    array([ 0,  4,  5, 13])
    >>> X, y = clf.sample(10, classes=clf.unseen_classes_)
    >>> X.shape
    (40, 16)
    """

    _takes_unlabelled_rows = True
    _net_class = FVAEGANNet
    _network_class, _loss_class = FVAEGANNetwork, FVAEGANLoss
    _parameter_constraints = {
        **FeatureGeneratingClassifier._parameter_constraints,
        "noise_dim": [Interval(Integral, 1, None, closed="left")],
        "hidden": ["array-like"],
        "adversarial_weight": [Interval(Real, 0, None, closed="left")],
    }
    _parameter_checks = (has_widths("hidden"), check_init_is_whitened)

    def __init__(
        self,
        attributes=None,
        *,
        classes=None,
        init="auto",
        feature_scaling="whitened",
        attribute_scaling="auto",
        correction_weight=1.0,
        noise_dim=32,
        hidden=(256,),
        adversarial_weight=10.0,
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
        self.hidden = hidden
        self.adversarial_weight = adversarial_weight

    @classmethod
    def paper_params(cls, dataset, source="code"):
        """Settings of the official code for a benchmark.

        Parameters
        ----------
        dataset : {"AWA2", "CUB", "SUN", "FLO"}
            Name of the benchmark.
        source : {"code"}, default="code"
            Origin of the settings: those of the code of TF-VAEGAN, which contains the
            method. There is no official code of the paper.

        Returns
        -------
        params : dict
            Constructor parameters, without `attributes`. The initial estimator, the
            calibration and the choice of epochs are off. An epoch of the code takes
            five batches per step, hence five epochs here.

        Raises
        ------
        ValueError
            If there are no published settings for the data set.

        Examples
        --------
        >>> from zsl_estimators import FVAEGANClassifier
        >>> FVAEGANClassifier.paper_params("SUN")["adversarial_weight"]
        1.0
        """
        published = published_settings(PAPER, PAPER_COLUMNS, dataset, source)
        noise_dim, n_synthetic = published["noise_dim"], published["n_synthetic"]
        return {
            "init": None,
            "feature_scaling": "minmax",
            "attribute_scaling": "none",
            "noise_dim": noise_dim,
            "hidden": (4096,),
            "adversarial_weight": published["adversarial_weight"],
            "decision": "head",
            "n_synthetic": n_synthetic,
            "head": paper_head(
                batch_size=n_synthetic, max_epochs=25, lr=published["head_lr"]
            ),
            "max_epochs": 5 * published["epochs"],
            "early_stopping": False,
            "batch_size": 64,
            "lr": published["lr"],
            "net_params": {
                "module__encoder_hidden": (4096, 2 * noise_dim),
                "module__output_activation": "sigmoid",
                "module__encoded_noise": published["encoded_noise"],
                "criterion__reconstruction": "bce",
                "criterion__adaptive_penalty": True,
                "critic_lr": None,
            },
            "seen_penalty": 0.0,
        }

    # -- fit ----------------------------------------------------------------------

    def fit(self, X, y, sample_weight=None, *, X_unlabelled=None, **unsupported):
        """Fit the model on samples of the seen classes, and on unlabelled ones.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Features.
        y : array-like of shape (n_samples,)
            Labels; every one needs a row in `attributes`.
        %(sample_weight)s
        X_unlabelled : array-like of shape (n_unlabelled, n_features), default=None
            Features of unlabelled samples of the unseen classes, for the second critic
            of f-VAEGAN-D2. None is the inductive method. These are not test samples:
            scores on them are too high. See :ref:`unlabelled_rows`.
        %(end_of_fit)s
        """
        if X_unlabelled is not None and self.warm_start:
            raise ValueError(
                "X_unlabelled cannot be used with warm_start=True: the critic of "
                "unlabelled rows is not kept. Use warm_start=False."
            )
        unsupported["X_unlabelled"] = X_unlabelled
        return super().fit(X, y, sample_weight, **unsupported)

    def _net_arguments(self, problem):
        return adversarial_arguments(
            self._network_class,
            self._network_parameters() | self._unseen_tables(problem),
            self._loss_class,
            {"adversarial_weight": self.adversarial_weight},
            n_critic=5,
            critic_lr=3e-3,
        )

    def _new_training(self, problem, n_epochs, random_state):
        training = super()._new_training(problem, n_epochs, random_state)
        if problem.unlabelled is not None:
            rows = torch.from_numpy(problem.unlabelled_rows.float32())
            training.net.module_.critic.unlabelled.give_rows(rows)
        return training

    def _unseen_tables(self, problem):
        """Parameters of the network for unlabelled rows."""
        if problem.unlabelled is None:
            return {}
        wanted = np.isin(np.arange(len(problem.S)), problem.unlabelled.classes)
        attributes, centers = self._tensors_of(wanted)
        return {"unseen_attributes": attributes, "unseen_centers": centers}

    def _network_parameters(self):
        attributes, centers = self._seen_tensors()
        widths = tuple(self.hidden)
        return {
            "class_attributes": attributes,
            "class_centers": centers,
            "shares": self._shares(),
            "noise_dim": self.noise_dim,
            "generator_hidden": widths,
            "encoder_hidden": widths,
            "critic_hidden": widths,
        }

    def _shares(self):
        """Shares of the variances of the last features that are those of latents.

        In probabilistic principal component analysis the noise has the mean variance of
        the components that are left out. Whitened features are principal components,
        in ascending order.
        """
        if self.init_ is None:
            return None
        variances = self.init_.gaussian_.variances
        n_latent = min(self.noise_dim, len(variances) - 1)
        left_out, kept = np.split(variances, [len(variances) - n_latent])
        shares = np.clip(1 - left_out.mean() / kept, 0, LARGEST_SHARE)
        return torch.tensor(float32(shares))
