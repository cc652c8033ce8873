"""TFVAEGANClassifier: f-VAEGAN with a decoder of descriptions and its feedback."""

from zsl_estimators.docstrings import fill_docstring
from zsl_estimators.generative._base import view_of
from zsl_estimators.generative._fvaegan import FVAEGANClassifier, FVAEGANNet
from zsl_estimators.nn.tfvaegan import TFVAEGANLoss, TFVAEGANNetwork
from zsl_estimators.parameters import StrOptions, published_settings

# Of the official scripts: weights of the feedback in training and in synthesis, weight
# of the decoder and whether it is frozen, learning rate of the feedback.
PAPER = {
    "code": {
        "AWA2": (0.01, 0.01, 0.1, True, 1e-4),
        "CUB": (1.0, 1.0, 0.01, False, 1e-5),
        "SUN": (0.1, 0.01, 0.01, False, 1e-4),
        "FLO": (0.5, 0.5, 0.01, False, 1e-5),
    },
    "paper": {},
}
PAPER_COLUMNS = (
    "feedback_weight",
    "synthesis_feedback_weight",
    "decoder_weight",
    "freeze_decoder",
    "feedback_lr",
)
VIEWS = ("V", "V+S")


class TFVAEGANNet(FVAEGANNet):
    """Keeps the generator with its feedback, and the decoder, for prediction."""

    @property
    def inference_module(self):
        """What synthesises."""
        return self.module_.synthesiser


@fill_docstring
class TFVAEGANClassifier(FVAEGANClassifier):
    """Zero-shot classifier by f-VAEGAN with feedback from decoded descriptions.

    A decoder, which predicts the description of features, is added to the networks of
    :class:`FVAEGANClassifier`. It has three uses: generated features should be decoded
    to the description that they were generated from; its hidden layer is fed back to
    the generator, which generates them again; and its output and its hidden layer can
    be inputs of the head beside the features (TF-VAEGAN [1]_).

    By default the generator starts from a normal distribution per class, without
    feedback, and learns a correction; the number of epochs is chosen on held-out seen
    classes. See :meth:`paper_params` for the networks of the paper.

    Parameters
    ----------
    %(attributes)s
    %(init_exemplar)s
    %(whitened_features)s
    %(attribute_scaling)s
    %(mean_correction_weight)s
    %(latents)s
    hidden : sequence of int, default=(256,)
        Widths of the hidden layers of all networks. With one layer the gradient penalty
        has a closed form.
    %(adversarial_weight)s
    view : {"auto", "V", "V+S"}, default="auto"
        Input of the head: features (V), or features with the predicted description with
        the decoder's hidden layer (S), standardised. "auto" chooses the best one on
        held-out classes.
    %(head_or_gaussian)s
    %(synthesis)s
    max_epochs : int, default=20
        Largest number of passes over the data by the critic.
    lr : float, default=3e-4
        Learning rate of the Adam of generator, encoder and feedback.
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
    history_ : skorch.History
        One entry per epoch: ``train_loss``, ``wasserstein_estimate``, ``penalty_loss``,
        ``decoder_loss``, ``reconstruction_loss``, ``divergence_loss``,
        ``adversarial_loss`` and ``semantic_loss``, and the duration ``dur`` in seconds.
        Unlabelled samples add the same entries as in :class:`FVAEGANClassifier`.
    %(generator_fitted)s
    %(fitted)s

    See Also
    --------
    FVAEGANClassifier : Without decoder and feedback.
    ZeroDiffClassifier : Has a decoder too, and a diffusion process.

    Notes
    -----
    Beyond those of :class:`FVAEGANClassifier` `net_params` reaches these details:
    ``module__feedback_weight``, 0.1, and ``module__synthesis_feedback_weight``, None,
    the same; ``module__decoder_hidden`` and ``module__feedback_hidden``, widths of
    their own; ``criterion__decoder_weight``, 0.01; ``criterion__feedback_every``, 2,
    every how many steps of the generator there is feedback;
    ``criterion__freeze_decoder``, True, whether the decoder learns from real features
    only. Learning rates of single networks are given as
    ``{"optimizer__param_groups": [("decoder.*", {"lr": 1e-4})]}``; ``"feedback.*"`` and
    ``"encoder.*"`` are the others.

    References
    ----------
    .. [1] Narayan, Gupta, Khan, Snoek, Shao: Latent embedding feedback and
       discriminative features for zero-shot classification, ECCV 2020.

    Examples
    --------
    >>> from zsl_estimators import TFVAEGANClassifier
    >>> from zsl_estimators.datasets import make_gzsl
    >>> data = make_gzsl(20, random_state=0)
    >>> clf = TFVAEGANClassifier(
    ...     attributes=data.attributes, max_epochs=2, view="V", random_state=0
    ... )
    >>> clf.fit(data.X_train, data.y_train).unseen_classes_
    array([ 0,  4,  5, 13])
    >>> X, y = clf.sample(10, classes=clf.unseen_classes_)
    >>> X.shape
    (40, 16)
    """

    _net_class = TFVAEGANNet
    _network_class, _loss_class = TFVAEGANNetwork, TFVAEGANLoss
    _parameter_constraints = {
        **FVAEGANClassifier._parameter_constraints,
        "view": [StrOptions({"auto", *VIEWS})],
    }

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
        view="auto",
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
            noise_dim=noise_dim,
            hidden=hidden,
            adversarial_weight=adversarial_weight,
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
        self.view = view

    @classmethod
    def paper_params(cls, dataset, source="code"):
        """Settings of the official code for a benchmark.

        Parameters
        ----------
        dataset : {"AWA2", "CUB", "SUN", "FLO"}
            Name of the benchmark.
        source : {"code"}, default="code"
            Origin of the settings. No settings of the paper for single benchmarks are
            known.

        Returns
        -------
        params : dict
            Constructor parameters, without `attributes`. The initial estimator, the
            calibration and the choice of epochs are off. An epoch of the code is a pass
            without feedback and one with it, each of five batches per step, hence ten
            epochs here.

        Raises
        ------
        ValueError
            If there are no published settings for the data set.

        Examples
        --------
        >>> from zsl_estimators import TFVAEGANClassifier
        >>> TFVAEGANClassifier.paper_params("CUB")["view"]
        'V+S'
        """
        params = super().paper_params(dataset, source)
        published = published_settings(PAPER, PAPER_COLUMNS, dataset, source)
        module, criterion = PAPER_COLUMNS[:2], PAPER_COLUMNS[2:4]
        params["net_params"] |= {
            **{f"module__{name}": published[name] for name in module},
            **{f"criterion__{name}": published[name] for name in criterion},
            "optimizer__param_groups": [
                ("decoder.*", {"lr": 1e-4}),
                ("feedback.*", {"lr": published["feedback_lr"]}),
            ],
        }
        return params | {"view": "V+S", "max_epochs": 2 * params["max_epochs"]}

    @property
    def view_(self):
        return view_of(self.decision_)

    # -- fit ----------------------------------------------------------------------

    def _network_parameters(self):
        widths = tuple(self.hidden)
        more = {"decoder_hidden": widths, "feedback_hidden": widths}
        return {**super()._network_parameters(), **more}

    def _new_heads(self):
        return self._heads_of_views(VIEWS if self.view == "auto" else [self.view])
