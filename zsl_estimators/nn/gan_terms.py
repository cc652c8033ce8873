"""Terms that are added to the loss of a generator of features.

A term is a module with ``term(network, fake, y)``: the network, features that it has
generated for the seen classes `y`, and what it returns is a weighted scalar loss.

References
----------
Xian, Lorenz, Schiele, Akata: Feature generating networks for zero-shot learning,
CVPR 2018.
Felix, Kumar, Reid, Carneiro: Multi-modal cycle-consistent generalized zero-shot
learning, ECCV 2018.
"""

import torch
from torch import nn
from torch.nn import functional


class ClassificationTerm(nn.Module):
    """Cross-entropy of generated features under a classifier of the seen classes.

    Parameters
    ----------
    weight : float
        Multiplies the loss.
    classifier : Module or None
        Returns logits of the seen classes for features; it is frozen. None for a
        network that is not trained.
    """

    def __init__(self, weight, classifier):
        super().__init__()
        self.weight = weight
        if classifier is not None:
            classifier.requires_grad_(False)
        self.classifier = classifier

    def forward(self, network, fake, y):
        """Mean over the rows."""
        return self.weight * functional.cross_entropy(self.classifier(fake), y)


class CycleTerm(nn.Module):
    """Whether a regressor reads the description off what was generated from it.

    With descriptions of unseen classes features are generated for these too, of one
    class per row, all equally likely; the sum of both means is the loss.

    Parameters
    ----------
    weight : float
        Multiplies the loss.
    regressor : Module
        Returns descriptions for features; it is frozen.
    squared_length : float, default=1.0
        Divides squared distances. The mean squared length of a description makes the
        loss independent of their unit.
    unseen_attributes : Tensor of shape (n_unseen, n_attributes) or None, default=None
        Scaled descriptions of the unseen classes.
    unseen_centers : Tensor of shape (n_unseen, n_features) or None, default=None
        Their base means.
    """

    def __init__(
        self,
        weight,
        regressor,
        squared_length=1.0,
        unseen_attributes=None,
        unseen_centers=None,
    ):
        super().__init__()
        self.weight = weight
        self.regressor = regressor.requires_grad_(False)
        self.squared_length = squared_length
        self.register_buffer("unseen_attributes", unseen_attributes)
        self.register_buffer("unseen_centers", unseen_centers)

    def forward(self, network, fake, y):
        """Mean over the rows of the seen classes, and of the unseen where known."""
        error = self.error(fake, network.class_attributes[y])
        if self.unseen_attributes is not None:
            error = error + self.unseen_error(network, len(y))
        return self.weight * error

    def error(self, features, attributes):
        """Mean squared distance of descriptions, in units of `squared_length`."""
        missing = self.regressor(features) - attributes
        return missing.square().sum(dim=1).mean() / self.squared_length

    def unseen_error(self, network, n_rows):
        """The same for rows of random unseen classes."""
        device = self.unseen_attributes.device
        y = torch.randint(len(self.unseen_attributes), (n_rows,), device=device)
        attributes = self.unseen_attributes[y]
        fake = network.synthesise_from(attributes, self.unseen_centers[y])
        return self.error(fake, attributes)
