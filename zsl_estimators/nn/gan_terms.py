"""Terms that are added to the loss of a generator of features.

A term is a module with ``term(network, fake, y)``: the network, features that it has
generated for the seen classes `y`, and what it returns is a weighted scalar loss.

References
----------
Xian, Lorenz, Schiele, Akata: Feature generating networks for zero-shot learning,
CVPR 2018.
Felix, Kumar, Reid, Carneiro: Multi-modal cycle-consistent generalized zero-shot
learning, ECCV 2018.
Zhu, Elhoseiny, Liu, Peng, Elgammal: A generative adversarial approach for zero-shot
learning from noisy texts, CVPR 2018.
"""

import torch
from torch import nn
from torch.nn import functional

from zsl_estimators.nn.arguments import KnowsArguments


class ClassificationTerm(KnowsArguments, nn.Module):
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


class PivotTerm(nn.Module):
    """Distance of the mean of generated features of a class from that of real ones.

    The sum over classes is divided by their number; one without rows adds nothing.

    Parameters
    ----------
    weight : float
        Multiplies the loss.
    class_means : Tensor of shape (n_classes, n_features)
        Means of the real features of the seen classes.
    rows : {"pairs", "batch"}, default="pairs"
        Of what generated means are made. "batch": the rows of the batch, as in the
        paper. With few rows per class that is the distance of single rows from the
        mean, so that they lose their spread. "pairs": two rows with opposite noise per
        class, of as many classes as make a batch, which are drawn.
    """

    def __init__(self, weight, class_means, rows="pairs"):
        super().__init__()
        self.weight = weight
        self.rows = rows
        self.register_buffer("class_means", class_means)

    def forward(self, network, fake, y):
        """Mean over the classes."""
        distances = (
            self.pair_distances(network, len(y))
            if self.rows == "pairs"
            else self.batch_distances(fake, y)
        )
        return self.weight * distances

    def batch_distances(self, fake, y):
        """Mean distance over the classes, from the rows of a batch."""
        classes = torch.arange(len(self.class_means), device=y.device)
        member = (y == classes[:, None]).to(fake)
        counts = member.sum(dim=1)
        means = member @ fake / counts.clamp(min=1)[:, None]
        return ((counts > 0) * row_norms(means - self.class_means)).mean()

    def pair_distances(self, network, n_rows):
        """Mean distance over drawn classes, from pairs of rows with opposite noise."""
        n_classes, device = len(self.class_means), self.class_means.device
        y = torch.randperm(n_classes, device=device)[: max(n_rows // 2, 1)]
        noise = torch.randn(len(y), network.generator.noise_dim, device=device)
        attributes, centers = network.class_attributes[y], network.class_centers[y]
        both = network(
            torch.cat([noise, -noise]), attributes.repeat(2, 1), centers.repeat(2, 1)
        )
        means = both.unflatten(0, (2, -1)).mean(dim=0)
        return row_norms(means - self.class_means[y]).mean()


class WeightDecayTerm(nn.Module):
    """Sum of the squared weights of the generator, without intercepts.

    Parameters
    ----------
    weight : float
        Multiplies the loss.
    """

    def __init__(self, weight):
        super().__init__()
        self.weight = weight

    def forward(self, network, fake, y):
        """Sum over all matrices."""
        matrices = (p for p in network.generator.parameters() if p.ndim == 2)
        return self.weight * sum(matrix.square().sum() for matrix in matrices)


class GroupLassoTerm(nn.Module):
    """Sum of the lengths of the columns of the layer that descriptions go through.

    A column belongs to an attribute, and one that only disturbs is switched off as a
    whole.

    Parameters
    ----------
    weight : float
        Multiplies the loss.
    """

    def __init__(self, weight):
        super().__init__()
        self.weight = weight

    def forward(self, network, fake, y):
        """Sum over the attributes."""
        return self.weight * row_norms(network.generator.condition.weight.T).sum()


def row_norms(rows):
    """Lengths of rows, with a gradient where a row is zero."""
    return (rows.square().sum(dim=1) + 1e-12).sqrt()


class CycleTerm(KnowsArguments, nn.Module):
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
