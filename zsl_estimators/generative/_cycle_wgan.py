"""CycleWGANClassifier: generated features from which descriptions can be read."""

from numbers import Real

import numpy as np
import torch

from zsl_estimators.docstrings import fill_docstring
from zsl_estimators.generative._adversarial import (
    CRITIC_TRAINING,
    GP_WEIGHT,
    SMALL_NETWORK,
    check_output_fits_init,
    network_parameters,
    seen_classifier,
)
from zsl_estimators.generative._base import FeatureGeneratingClassifier, paper_head
from zsl_estimators.linear import ridge_from_rows
from zsl_estimators.nn.gan import AdversarialLoss, FGANNetwork
from zsl_estimators.nn.gan_terms import ClassificationTerm, CycleTerm
from zsl_estimators.nn.regression import solved_linear
from zsl_estimators.parameters import Interval, StrOptions, published_settings
from zsl_estimators.training import AdversarialNet, adversarial_arguments, float32

# Length of a description, epochs, learning rates of generator and critic, synthetic
# features per unseen class, epochs and batch size of the head.
PAPER = {
    "code": {
        "AWA1": (85, 285, 1e-4, 1e-3, 1200, 37, 9128),
        "CUB": (1024, 926, 1e-4, 1e-3, 200, 80, 4096),
        "SUN": (102, 985, 6.15e-4, 8.68e-3, 141, 85, 2048),
        "FLO": (1024, 926, 1e-4, 1e-3, 300, 18, 2048),
    },
    "paper": {},
}
PAPER_COLUMNS = (
    "n_attributes",
    "epochs",
    "lr",
    "critic_lr",
    "n_synthetic",
    "head_epochs",
    "head_batch",
)


@fill_docstring
class CycleWGANClassifier(FeatureGeneratingClassifier):
    """Zero-shot classifier by a cycle-consistent feature-generating GAN (cycle-WGAN).

    A generator maps noise and a class description to features, as in
    :class:`FGANClassifier`. A linear regressor from features to descriptions, fitted to
    real features of the seen classes beforehand, adds a loss: from generated features
    it should predict the description that they were generated from. This loss needs no
    samples, so that it can include the unseen classes. With the classification loss of
    f-CLSWGAN in addition the method is cycle-CLSWGAN.

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
    cycle_weight : float, default=0.01
        Weight of the cycle loss: the squared distance between the predicted and the
        given description, divided by the mean squared length of descriptions. 0 leaves
        it out.
    cycle_on : {"seen", "all"}, default="seen"
        Classes of the cycle loss: "all" adds the unseen ones, as cycle-UWGAN does.
    cls_weight : float, default=0.01
        Weight of the classification loss; 0 is cycle-WGAN without it.
    regressor_alpha : float, default=0.01
        Ridge penalty of the regressor, for features of variance 1.
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
        ``adversarial_loss``, ``cycle_loss`` and ``classification_loss``, and the
        duration ``dur`` in seconds. Losses of weight 0 are missing.
    %(generator_fitted)s
    %(fitted)s

    See Also
    --------
    FGANClassifier : The same without the regressor.
    ExemplarClassifier : The initial estimator alone.

    Notes
    -----
    The networks are those of :class:`FGANClassifier` with its defaults; others are
    reached through `net_params`, for instance ``{"module__noise_dim": 32,
    "module__generator_hidden": (256,), "module__critic_hidden": (256,),
    "module__output_activation": "linear", "criterion__gp_weight": 10.0, "n_critic": 5,
    "critic_lr": 3e-3}``, which are the defaults.

    References
    ----------
    .. [1] Felix, Kumar, Reid, Carneiro: Multi-modal cycle-consistent generalized
       zero-shot learning, ECCV 2018.

    Examples
    --------
    >>> from zsl_estimators import CycleWGANClassifier
    >>> from zsl_estimators.datasets import make_gzsl
    >>> data = make_gzsl(20, random_state=0)
    >>> clf = CycleWGANClassifier(data.attributes, max_epochs=2, random_state=0)
    >>> clf.fit(data.X_train, data.y_train).unseen_classes_
    array([ 0,  4,  5, 13])
    >>> X, y = clf.sample(10, classes=clf.unseen_classes_)
    >>> X.shape
    (40, 16)
    """

    _net_class = AdversarialNet
    _parameter_constraints = {
        **FeatureGeneratingClassifier._parameter_constraints,
        "cycle_weight": [Interval(Real, 0, None, closed="left")],
        "cycle_on": [StrOptions({"seen", "all"})],
        "cls_weight": [Interval(Real, 0, None, closed="left")],
        "regressor_alpha": [Interval(Real, 0, None, closed="neither")],
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
        cycle_weight=0.01,
        cycle_on="seen",
        cls_weight=0.01,
        regressor_alpha=0.01,
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
        self.cycle_weight = cycle_weight
        self.cycle_on = cycle_on
        self.cls_weight = cls_weight
        self.regressor_alpha = regressor_alpha

    @classmethod
    def paper_params(cls, dataset, source="code"):
        """Settings of the official code for a benchmark, which are those of cycle-WGAN.

        Parameters
        ----------
        dataset : {"AWA1", "CUB", "SUN", "FLO"}
            Name of the benchmark. The descriptions of CUB and FLO are 1024-dimensional
            embeddings of sentences.
        source : {"code"}, default="code"
            Origin of the settings.

        Returns
        -------
        params : dict
            Constructor parameters, without `attributes`. The initial estimator, the
            calibration and the choice of epochs are off. `cycle_weight` is that of the
            code for descriptions of length 1, as the attributes of the Proposed Split
            are; longer ones had a larger weight there. For cycle-CLSWGAN, which the
            code does not train, set `cls_weight` to 0.01.

        Raises
        ------
        ValueError
            If there are no published settings for the data set.

        Examples
        --------
        >>> from zsl_estimators import CycleWGANClassifier
        >>> CycleWGANClassifier.paper_params("CUB")["n_synthetic"]
        200
        """
        published = published_settings(PAPER, PAPER_COLUMNS, dataset, source)
        return {
            "init": None,
            "feature_scaling": "minmax",
            "attribute_scaling": "none",
            # The code takes the mean over attributes, here it is the sum.
            "cycle_weight": 0.01 / published["n_attributes"],
            "cls_weight": 0.0,
            "decision": "head",
            "n_synthetic": published["n_synthetic"],
            "head": paper_head(
                batch_size=published["head_batch"],
                max_epochs=published["head_epochs"],
                lr=1e-4,
                betas=(0.9, 0.999),
                weight_decay=1e-4,
            ),
            "max_epochs": published["epochs"],
            "early_stopping": False,
            "batch_size": 64,
            "lr": published["lr"],
            "net_params": {
                "module__noise_dim": published["n_attributes"],
                "module__generator_hidden": (4096,),
                "module__critic_hidden": (4096,),
                "module__output_activation": "relu",
                "optimizer__betas": (0.9, 0.999),
                "n_critic": 1,
                "critic_lr": published["critic_lr"],
            },
            "seen_penalty": 0.0,
        }

    # -- fit ----------------------------------------------------------------------

    def _net_arguments(self, problem):
        terms = self._terms(problem) if self._is_trained else {}
        return adversarial_arguments(
            FGANNetwork,
            network_parameters(self, **SMALL_NETWORK),
            AdversarialLoss,
            {"gp_weight": GP_WEIGHT, "terms": terms},
            **CRITIC_TRAINING,
        )

    def _terms(self, problem):
        """What is added to the loss of the generator, by name."""
        terms = {}
        if self.cycle_weight:
            terms["cycle"] = self._cycle_term(problem)
        if self.cls_weight:
            classifier = seen_classifier(self, problem)
            terms["classification"] = ClassificationTerm(self.cls_weight, classifier)
        return terms

    def _cycle_term(self, problem):
        solution = ridge_from_rows(
            problem.rows,
            problem.y,
            problem.S_seen,
            self.regressor_alpha,
            problem.weights,
        )
        regressor = solved_linear(*(torch.tensor(float32(part)) for part in solution))
        # Rows of zeros are no distance apart, whatever it is divided by.
        squared_length = float(np.mean(np.sum(problem.S_seen**2, axis=1))) or 1.0
        return CycleTerm(
            self.cycle_weight, regressor, squared_length, *self._unseen_tensors()
        )

    def _unseen_tensors(self):
        """Descriptions and base means of the unseen classes where they take part."""
        unseen = ~self._table.seen
        return (
            self._tensors_of(unseen) if self.cycle_on == "all" and unseen.any() else ()
        )
