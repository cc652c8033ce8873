"""Scores of pairs of samples and class descriptions, and losses that rank them.

References
----------
Akata, Perronnin, Harchaoui, Schmid: Label-embedding for image classification, TPAMI
2016 (ALE).
Frome et al.: DeViSE: A deep visual-semantic embedding model, NIPS 2013.
Akata, Reed, Walter, Lee, Schiele: Evaluation of output embeddings for fine-grained
image classification, CVPR 2015 (SJE).
Xian et al.: Latent embeddings for zero-shot classification, CVPR 2016 (LatEm).
Skorokhodov, Elhoseiny: Class normalization for (continual)? generalized zero-shot
learning, ICLR 2021 (CN-ZSL).
"""

import math

import torch
from torch import nn
from torch.nn import functional


class CompatibilityNetwork(nn.Module):
    """Base of modules that score samples against class descriptions.

    Subclasses implement ``scores(x, attributes)``, shape (n_rows, n_classes).

    Parameters
    ----------
    class_attributes : Tensor of shape (n_classes, n_attributes)
        Scaled descriptions of the seen classes.
    """

    def __init__(self, class_attributes):
        super().__init__()
        self.register_buffer("class_attributes", class_attributes)

    def forward(self, x, attributes=None, **settings):
        """Score samples against descriptions, by default those of the seen classes.

        Parameters
        ----------
        x : Tensor of shape (n_rows, n_features)
            Scaled features.
        attributes : Tensor of shape (n_classes, n_attributes) or None, default=None
            Scaled descriptions.
        **settings : dict
            More arguments of ``scores``.

        Returns
        -------
        scores : Tensor of shape (n_rows, n_classes)
            Larger is better.
        """
        if attributes is None:
            attributes = self.class_attributes
        return self.scores(x, attributes, **settings)


class BilinearNetwork(CompatibilityNetwork):
    """Score ``max_k x W_k s``, with one matrix or several.

    Parameters
    ----------
    class_attributes : Tensor of shape (n_classes, n_attributes)
        Scaled descriptions of the seen classes.
    start : Tensor of shape (n_features, n_attributes)
        Where the matrices start.
    n_maps : int, default=1
        Number of matrices. Several start with a little noise, for equal matrices
        would stay equal.
    """

    def __init__(self, class_attributes, start, n_maps=1):
        super().__init__(class_attributes)
        weight = start.repeat(n_maps, 1, 1)
        self.register_buffer("start", start)
        if n_maps > 1:
            weight = weight + 1e-3 * torch.randn_like(weight)
        self.weight = nn.Parameter(weight)

    def scores(self, x, attributes, correction_weight=1.0):
        """Scores of any classes, shape (n_rows, n_classes).

        A `correction_weight` below 1 adds only a part of what was learned to `start`.
        """
        return (x @ self.maps(correction_weight) @ attributes.T).amax(dim=0)

    def maps(self, correction_weight=1.0):
        """All matrices, with a part of what was learned."""
        if correction_weight == 1:
            return self.weight
        return torch.lerp(self.start, self.weight, correction_weight)

    def gradient(self, x, attributes, correction_weight=1.0):
        """Gradient of the scores of one class per row by its description.

        Parameters
        ----------
        x : Tensor of shape (n_rows, n_features)
            Scaled features.
        attributes : Tensor of shape (n_rows, n_attributes)
            Scaled description of one class per row.
        correction_weight : float, default=1.0
            See :meth:`scores`.

        Returns
        -------
        gradient : Tensor of shape (n_rows, n_attributes)
            Its products with the descriptions sum to the scores.
        """
        mapped = x @ self.maps(correction_weight)
        best = (mapped * attributes).sum(dim=2).argmax(dim=0)
        return mapped[best, torch.arange(len(x), device=x.device)]


class ClassNormNetwork(CompatibilityNetwork):
    """Cosine between features and a prototype made from the description.

    Parameters
    ----------
    class_attributes : Tensor of shape (n_classes, n_attributes)
        Scaled descriptions of the seen classes.
    n_features : int
        Number of features.
    hidden : int, default=1024
        Width of both hidden layers.
    scale : float, default=25.0
        Score of a sample that points where the prototype does.
    unscaling : tuple of Tensor of shape (n_features,) or None, default=None
        Offset and factor that bring features back to the units in which their cosine
        is taken, ``x * factor + offset``. None takes it of the features as they come.
    """

    def __init__(
        self, class_attributes, n_features, hidden=1024, scale=25.0, unscaling=None
    ):
        super().__init__(class_attributes)
        self.scale = scale
        offset, factor = (None, None) if unscaling is None else unscaling
        self.register_buffer("offset", offset)
        self.register_buffer("factor", factor)
        last = nn.Linear(hidden, n_features)
        # Variance 1 / (hidden * n_features), as in the official notebook.
        bound = math.sqrt(3 / (hidden * n_features))
        nn.init.uniform_(last.weight, -bound, bound)
        self.prototypes = nn.Sequential(
            nn.Linear(class_attributes.shape[1], hidden),
            nn.ReLU(),
            nn.Linear(hidden, hidden),
            ClassStandardisation(hidden),
            nn.ReLU(),
            ClassStandardisation(hidden),
            last,
        )

    def scores(self, x, attributes):
        """Scores of any classes, shape (n_rows, n_classes)."""
        samples = functional.normalize(self.unscaled(x), dim=1)
        prototypes = functional.normalize(self.prototypes(attributes), dim=1)
        return self.scale * samples @ prototypes.T

    def unscaled(self, x):
        """Rows in the units in which their cosine is taken."""
        if self.offset is None:
            return x
        return torch.addcmul(self.offset, x, self.factor)


class ClassStandardisation(nn.BatchNorm1d):
    """Mean 0 and variance 1 of every unit over the classes.

    Scores of classes that are described later do not depend on each other: outside of
    training the running statistics of the seen classes are used.
    """

    def __init__(self, n_units):
        super().__init__(n_units, affine=False)

    def forward(self, rows):
        """Standardise; training with one class, which has no variance, does nothing."""
        alone = self.training and len(rows) == 1
        return rows if alone else super().forward(rows)


class CompatibilityLoss(nn.Module):
    """One of `LOSSES` as a criterion with a named part.

    Parameters
    ----------
    kind : str
        Key of `LOSSES`.
    margin : float, default=1.0
        Margin between the scores of the right class and of the others.
    """

    def __init__(self, kind, margin=1.0):
        super().__init__()
        self.loss = LOSSES[kind]
        self.margin = margin

    def forward(self, scores, y):
        """Mean over the batch."""
        return {"ranking_loss": self.loss(scores, y, self.margin)}


def softmax_loss(scores, y, margin):
    """Cross-entropy; there is no margin in it."""
    return functional.cross_entropy(scores, y)


def sum_loss(scores, y, margin):
    """Sum over the violations of the margin (DeViSE)."""
    return violations(scores, y, margin).sum(dim=1).mean()


def max_loss(scores, y, margin):
    """Largest violation of the margin (SJE)."""
    return violations(scores, y, margin).amax(dim=1).mean()


def mean_loss(scores, y, margin):
    """Expected violation of a random other class (LatEm)."""
    n_others = max(scores.shape[1] - 1, 1)
    return sum_loss(scores, y, margin) / n_others


def warp_loss(scores, y, margin):
    """Mean violation, weighted by the rank of the right class (ALE)."""
    violation = violations(scores, y, margin)
    n_violations = (violation > 0).sum(dim=1)
    weights = warp_weights(n_violations, scores.shape[1], scores.dtype)
    return (weights * violation.sum(dim=1)).mean()


def warp_weights(n_violations, n_classes, dtype=torch.float32):
    """Weight ``(1 + 1/2 + ... + 1/r) / r`` of a sample with r violations; 0 for none.

    Parameters
    ----------
    n_violations : Tensor of shape (n_rows,)
        Number of classes that violate the margin, exactly rather than estimated by
        drawing classes until one does.
    n_classes : int
        Largest number of violations, plus 1.
    dtype : torch.dtype, default=torch.float32
        Of the weights; some devices have no double precision.

    Returns
    -------
    weights : Tensor of shape (n_rows,)
        Of that type.
    """
    device = n_violations.device
    ranks = torch.arange(1, n_classes + 1, device=device, dtype=dtype)
    weights = (1 / ranks).cumsum(dim=0) / ranks
    return torch.where(n_violations > 0, weights[n_violations - 1], 0.0)


def violations(scores, y, margin):
    """``max(0, margin + score - score of the right class)``; 0 for that class."""
    right = scores.gather(1, y[:, None])
    too_close = functional.relu(margin + scores - right)
    return too_close.scatter(1, y[:, None], 0.0)


LOSSES = {
    "softmax": softmax_loss,
    "warp": warp_loss,
    "sum": sum_loss,
    "max": max_loss,
    "mean": mean_loss,
}
