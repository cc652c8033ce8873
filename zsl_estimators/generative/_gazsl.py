"""GAZSLClassifier: generated features whose class means are those of real ones."""

from numbers import Integral, Real

import torch
from sklearn.neighbors import KNeighborsClassifier

from zsl_estimators.docstrings import fill_docstring
from zsl_estimators.gaussian import class_means
from zsl_estimators.generative._adversarial import (
    CRITIC_TRAINING,
    GP_WEIGHT,
    SMALL_NETWORK,
    check_output_fits_init,
    network_parameters,
)
from zsl_estimators.generative._base import FeatureGeneratingClassifier
from zsl_estimators.nn.gazsl import GAZSLLoss, GAZSLNetwork
from zsl_estimators.parameters import Interval, published_settings
from zsl_estimators.training import AdversarialNet, adversarial_arguments, float32

# Noise and training rows of the seen classes in the Proposed Split.
PAPER = {
    "code": {
        "AWA1": (10, 19832),
        "AWA2": (10, 23527),
        "CUB": (100, 7057),
        "SUN": (10, 10320),
        "APY": (10, 5932),
        "FLO": (100, 5631),
    },
    "paper": {},
}
PAPER_COLUMNS = ("noise_dim", "n_rows")
# Of the official code: steps of the generator, each after five of the critic.
PAPER_STEPS, PAPER_CRITIC_STEPS, PAPER_BATCH = 3000, 5, 1024
# Of the layer between descriptions and generator; that of the official code.
LASSO_WEIGHT = 1e-4


@fill_docstring
class GAZSLClassifier(FeatureGeneratingClassifier):
    """Zero-shot classifier by a feature-generating GAN with visual pivots (GAZSL).

    A generator maps noise and a class description to features. Its critic, which is not
    conditioned on the class, distinguishes real from generated features, and has a
    second output that classifies them. The visual pivot is a loss on the distance
    between the means of the generated and of the real features of a class. With
    `condition_dim`, descriptions go through a linear layer first, with a group penalty
    that removes uninformative attributes, such as those of noisy text.

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
    pivot_weight : float, default=5.0
        Weight of the visual pivot (lambda in the paper); 0 leaves it out.
    cls_weight : float, default=1.0
        Weight of the classification of real and generated features in the critic's
        loss; in the generator's it is half.
    condition_dim : int or None, default=None
        Width of a linear layer between description and generator, with a group lasso on
        its columns; 1000 in the paper. None is no layer.
    weight_decay : float, default=1e-3
        Weight of the sum of the generator's squared weights.
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
        ``critic_classification_loss``, ``adversarial_loss``, ``classification_loss``,
        ``pivot_loss``, ``decay_loss`` and, with `condition_dim`, ``lasso_loss``, and
        the duration ``dur`` in seconds.
    %(generator_fitted)s
    %(fitted)s

    See Also
    --------
    FGANClassifier : Its critic is told the class and does not classify.
    ExemplarClassifier : The initial estimator alone.

    Notes
    -----
    The networks have the sizes of :class:`FGANClassifier` with its defaults; others are
    reached through `net_params`, as in :class:`CycleWGANClassifier`. So are
    ``criterion__lasso_weight``, 1e-4, and ``criterion__pivot_rows``: with "batch" the
    pivot takes the means of the rows of a batch, as the paper does.

    References
    ----------
    .. [1] Zhu, Elhoseiny, Liu, Peng, Elgammal: A generative adversarial approach for
       zero-shot learning from noisy texts, CVPR 2018.

    Examples
    --------
    >>> from zsl_estimators import GAZSLClassifier
    >>> from zsl_estimators.datasets import make_gzsl
    >>> data = make_gzsl(20, random_state=0)
    >>> clf = GAZSLClassifier(data.attributes, max_epochs=2, random_state=0)
    >>> clf.fit(data.X_train, data.y_train).unseen_classes_
    array([ 0,  4,  5, 13])
    >>> X, y = clf.sample(10, classes=clf.unseen_classes_)
    >>> X.shape
    (40, 16)
    """

    _net_class = AdversarialNet
    _parameter_constraints = {
        **FeatureGeneratingClassifier._parameter_constraints,
        "pivot_weight": [Interval(Real, 0, None, closed="left")],
        "cls_weight": [Interval(Real, 0, None, closed="left")],
        "condition_dim": [Interval(Integral, 1, None, closed="left"), None],
        "weight_decay": [Interval(Real, 0, None, closed="left")],
    }
    _parameter_checks = (check_output_fits_init,)

    def __init__(
        self,
        attributes=None,
        *,
        classes=None,
        init="auto",
        feature_scaling="standard",
        attribute_scaling="auto",
        correction_weight=1.0,
        pivot_weight=5.0,
        cls_weight=1.0,
        condition_dim=None,
        weight_decay=1e-3,
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
        self.pivot_weight = pivot_weight
        self.cls_weight = cls_weight
        self.condition_dim = condition_dim
        self.weight_decay = weight_decay

    @classmethod
    def paper_params(cls, dataset, source="code"):
        """Settings of the official code for a benchmark with attributes.

        Parameters
        ----------
        dataset : {"AWA1", "AWA2", "CUB", "SUN", "APY", "FLO"}
            Name of the benchmark.
        source : {"code"}, default="code"
            Origin of the settings.

        Returns
        -------
        params : dict
            Constructor parameters, without `attributes`. The initial estimator, the
            calibration and the choice of epochs are off. The head is a vote of the 20
            nearest of 60 features per class; those of seen classes are real, not
            synthetic as in the code.

        Raises
        ------
        ValueError
            If there are no published settings for the data set.

        Examples
        --------
        >>> from zsl_estimators import GAZSLClassifier
        >>> GAZSLClassifier.paper_params("CUB")["pivot_weight"]
        5.0
        """
        published = published_settings(PAPER, PAPER_COLUMNS, dataset, source)
        batches_per_epoch = -(-published["n_rows"] // PAPER_BATCH)
        return {
            "init": None,
            "feature_scaling": "minmax",
            "attribute_scaling": "none",
            "pivot_weight": 5.0,
            "cls_weight": 1.0,
            "condition_dim": None,
            "weight_decay": 1e-3,
            "decision": "head",
            "n_synthetic": 60,
            "n_real": 60,
            "head": KNeighborsClassifier(n_neighbors=20, metric="cosine"),
            "max_epochs": round(PAPER_STEPS * PAPER_CRITIC_STEPS / batches_per_epoch),
            "early_stopping": False,
            "batch_size": PAPER_BATCH,
            "lr": 1e-4,
            "net_params": {
                "module__noise_dim": published["noise_dim"],
                "module__generator_hidden": (4096,),
                "module__critic_hidden": (4096,),
                "module__output_activation": "tanh",
                "criterion__pivot_rows": "batch",
                "optimizer__betas": (0.5, 0.9),
                "n_critic": PAPER_CRITIC_STEPS,
                "critic_lr": None,
            },
            "seen_penalty": 0.0,
        }

    # -- fit ----------------------------------------------------------------------

    def _net_arguments(self, problem):
        means = class_means(problem.rows, problem.y, problem.n_seen, problem.weights)
        lasso_weight = 0.0 if self.condition_dim is None else LASSO_WEIGHT
        network = {**SMALL_NETWORK, "condition_dim": self.condition_dim}
        loss = {
            "gp_weight": GP_WEIGHT,
            "class_means": torch.tensor(float32(means)),
            "cls_weight": self.cls_weight,
            "pivot_weight": self.pivot_weight,
            "weight_decay": self.weight_decay,
            "lasso_weight": lasso_weight,
        }
        return adversarial_arguments(
            GAZSLNetwork,
            network_parameters(self, **network),
            GAZSLLoss,
            loss,
            **CRITIC_TRAINING,
        )
