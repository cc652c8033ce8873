"""What a decision rule is."""

from abc import ABCMeta, abstractmethod

import torch
from sklearn.base import BaseEstimator

from zsl_estimators.parameters import check_parameters
from zsl_estimators.persistence import Storable


class DecisionRule(Storable, BaseEstimator, metaclass=ABCMeta):
    """Base class of decision rules for a class-conditional diffusion model.

    The parameters of a rule are those of its constructor, and can be searched as
    ``rule__<name>``. To write another one, implement `score_classes` and
    `n_evaluations`, and `_draw` if it needs random numbers, and pass an instance to
    :class:`DiffusionClassifier`.

    `model` is a :class:`zsl_estimators.nn.denoiser.ClassDenoiser`. A score must not
    depend on other samples, nor on classes that are added after the fit: in `model`
    they come last, and `n_classes_` is the number of the others.

    Attributes
    ----------
    n_classes_ : int
        Number of classes when the rule was fitted.

    Examples
    --------
    >>> from zsl_estimators.likelihood import DecisionRule
    >>> class NearestCenterRule(DecisionRule):
    ...     def score_classes(self, model, x):
    ...         return -(x[:, None] - model.centers).square().sum(dim=-1)
    ...
    ...     def n_evaluations(self, n_classes):
    ...         return 0
    >>> NearestCenterRule().n_evaluations(n_classes=10)
    0
    """

    _parameter_constraints = {}
    # Which network the rule needs: "denoiser" or "attention".
    network = "denoiser"

    def fit(self, model, random_state):
        """Draw everything that is random, once.

        Parameters
        ----------
        model : ClassDenoiser
            Trained network and classes.
        random_state : RandomState
            The only source of randomness.

        Returns
        -------
        self : DecisionRule
            Ready to score.
        """
        check_parameters(self)
        self.n_classes_ = model.n_classes
        self._draw(model, random_state)
        return self

    def _draw(self, model, random_state):
        """Set fitted attributes, as arrays or lists."""

    @abstractmethod
    def score_classes(self, model, x):
        """Score every class.

        Parameters
        ----------
        model : ClassDenoiser
            Trained network and classes.
        x : Tensor of shape (n, n_features)
            Scaled features.

        Returns
        -------
        scores : Tensor of shape (n, n_classes)
            Larger is better.
        """

    @abstractmethod
    def n_evaluations(self, n_classes):
        """Number of evaluations of the network per sample.

        Parameters
        ----------
        n_classes : int
            Number of classes.

        Returns
        -------
        n_evaluations : int
            Passes through the network, forward or backward, without what is shared by
            all classes.
        """

    def _old(self, scores):
        """The columns of classes that were there when the rule was fitted."""
        return scores[..., : self.n_classes_]


def like(array, tensor):
    """Bring what a rule has drawn to the type and device of a tensor."""
    # In this order: some devices have no double precision.
    return torch.as_tensor(array).to(tensor.dtype).to(tensor.device)


def standardised(scores, reference):
    """Rows of scores with mean 0 and variance 1 over the reference columns."""
    spread = reference.std(dim=-1, keepdim=True, correction=0)
    return (scores - reference.mean(dim=-1, keepdim=True)) / (spread + 1e-12)
