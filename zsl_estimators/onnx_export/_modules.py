"""Small modules that whole decisions are made of: scaling, comparison, penalty.

Fitted numbers are buffers, so that a decision can leave Python as one graph. Other than
networks they are never trained.
"""

import torch
from torch import nn


class Affine(nn.Module):
    """``(x - offset) @ linear``, or times `linear` where that is a vector.

    Parameters
    ----------
    offset : Tensor of shape (n_in,)
        Is subtracted.
    linear : Tensor of shape (n_in, n_out) or (n_in,)
        A matrix, or the diagonal of one.
    shift : Tensor of shape (n_out,) or None, default=None
        Is added in the end.
    """

    def __init__(self, offset, linear, shift=None):
        super().__init__()
        self.register_buffer("offset", offset)
        self.register_buffer("linear", linear)
        self.register_buffer("shift", shift)

    def forward(self, x):
        """Transform rows of shape (n, n_in)."""
        centred = x - self.offset
        y = centred @ self.linear if self.linear.ndim == 2 else centred * self.linear
        return y if self.shift is None else y + self.shift


class UnitRows(nn.Module):
    """Scales rows to length 1; those that are no longer than `shortest` to zero.

    Parameters
    ----------
    shortest : float, default=0.0
        What is taken for rounding.
    """

    def __init__(self, shortest=0.0):
        super().__init__()
        self.shortest = shortest

    def forward(self, x):
        """Scale rows."""
        lengths = x.square().sum(dim=1, keepdim=True).sqrt()
        is_long = lengths > self.shortest
        return torch.where(is_long, x / torch.where(is_long, lengths, 1.0), 0.0)


class Rounded(nn.Module):
    """Rounds numbers to single precision, as what is given to heads."""

    def forward(self, x):
        """Round; the type stays."""
        return x.float().to(x.dtype)


class CosineScores(nn.Module):
    """Cosines of rows and classes, times a factor.

    Parameters
    ----------
    classes : Tensor of shape (n_classes, n_columns)
        In the same space as the rows.
    scale : float, default=1.0
        The factor.
    """

    def __init__(self, classes, scale=1.0):
        super().__init__()
        self.unit_rows = UnitRows()
        self.register_buffer(
            "columns", (self.unit_rows(classes) * scale).T.contiguous()
        )

    def forward(self, x):
        """Score rows, shape (n, n_classes)."""
        return self.unit_rows(x) @ self.columns


class DistanceScores(nn.Module):
    """Squared distances of rows and classes, times a factor.

    Parameters
    ----------
    classes : Tensor of shape (n_classes, n_columns)
        In the same space as the rows.
    factor : float, default=-0.5
        With it scores are log densities of a standard normal distribution.
    """

    def __init__(self, classes, factor=-0.5):
        super().__init__()
        self.factor = factor
        self.register_buffer("columns", classes.T.contiguous())
        self.register_buffer("squares", classes.square().sum(dim=1))

    def forward(self, x):
        """Score rows, shape (n, n_classes)."""
        squares = x.square().sum(dim=1, keepdim=True) + self.squares
        return self.factor * (squares - 2 * x @ self.columns).clamp(min=0)


class ProjectionScores(nn.Module):
    """Half the squared distance with the sign turned, but for the length of a row.

    It is divided by the number of columns.

    Parameters
    ----------
    classes : Tensor of shape (n_classes, n_columns)
        In the same space as the rows.
    """

    def __init__(self, classes):
        super().__init__()
        n_columns = classes.shape[1]
        self.register_buffer("columns", (classes / n_columns).T.contiguous())
        squares = classes.square().sum(dim=1) / (2 * n_columns)
        self.register_buffer("squares", squares)

    def forward(self, x):
        """Score rows, shape (n, n_classes)."""
        return x @ self.columns - self.squares


class BilinearScores(nn.Module):
    """Largest ``x W_k s`` of several matrices.

    Parameters
    ----------
    weight : Tensor of shape (n_maps, n_features, n_attributes)
        The matrices.
    classes : Tensor of shape (n_classes, n_attributes)
        Descriptions.
    """

    def __init__(self, weight, classes):
        super().__init__()
        self.register_buffer("weight", weight)
        self.register_buffer("columns", classes.T.contiguous())

    def forward(self, x):
        """Score rows, shape (n, n_classes)."""
        return (x @ self.weight @ self.columns).amax(dim=0)


class Added(nn.Module):
    """Sum of what several modules make of the same rows, each with a weight.

    Parameters
    ----------
    *modules : nn.Module
        Their outputs have one shape.
    weights : sequence of float
        One per module.
    """

    def __init__(self, *modules, weights):
        super().__init__()
        self.parts = nn.ModuleList(modules)
        self.weights = tuple(weights)

    def forward(self, x):
        """Add up."""
        parts = zip(self.parts, self.weights, strict=True)
        return sum(weight * part(x) for part, weight in parts)


class Beside(nn.Module):
    """What several modules make of the same rows, side by side.

    Parameters
    ----------
    *modules : nn.Module
        Each takes the rows.
    """

    def __init__(self, *modules):
        super().__init__()
        self.parts = nn.ModuleList(modules)

    def forward(self, x):
        """Put columns side by side."""
        return torch.cat([part(x) for part in self.parts], dim=1)


class Columns(nn.Module):
    """Some of the columns.

    Parameters
    ----------
    start, stop : int
        From which column to which, that one left out.
    """

    def __init__(self, start, stop):
        super().__init__()
        self.start, self.stop = start, stop

    def forward(self, x):
        """Take them."""
        return x[:, self.start : self.stop]


class KernelScores(nn.Module):
    """Mean of ``exp(-beta (1 - cosine))`` over the samples of every class.

    Parameters
    ----------
    samples : Tensor of shape (n_samples, n_features)
        Of length 1, as rows must be.
    beta : float
        Sharpness.
    shares : Tensor of shape (n_samples, n_classes)
        What a sample counts for a class.
    """

    def __init__(self, samples, beta, shares):
        super().__init__()
        self.beta = beta
        self.register_buffer("columns", samples.T.contiguous())
        self.register_buffer("shares", shares)

    def forward(self, x):
        """Score rows of length 1, shape (n, n_classes)."""
        return (self.beta * (x @ self.columns - 1)).exp() @ self.shares


class Applied(nn.Module):
    """A method of a network as a module of its own.

    Parameters
    ----------
    network : nn.Module
        Has the method.
    method : str
        Its name.
    *arguments : Tensor or object
        What it takes beside the rows.
    """

    def __init__(self, network, method, *arguments):
        super().__init__()
        self.network, self.method, self.arguments = network, method, arguments

    def forward(self, x):
        """Call it."""
        return getattr(self.network, self.method)(x, *self.arguments)


class PenalisedDecision(nn.Module):
    """Scores of raw features with the seen penalty taken off, and the best class.

    Parameters
    ----------
    scaler : nn.Module
        From features to those in the units of the model; it is given doubles.
    scores : nn.Module
        From scaled features to scores.
    order : Tensor of shape (n_classes,)
        Columns of `scores` in the order of labels.
    penalties : Tensor of shape (n_classes,)
        What is taken from each score, in the order of labels.
    """

    def __init__(self, scaler, scores, order, penalties):
        super().__init__()
        self.scaler, self.scores = scaler, scores
        self.register_buffer("order", order)
        self.register_buffer("penalties", penalties)

    def forward(self, x):
        """Score rows.

        Parameters
        ----------
        x : Tensor of shape (n, n_features)
            As the user has them.

        Returns
        -------
        scores : Tensor of shape (n, n_classes)
            Columns in the order of labels.
        position : Tensor of shape (n,)
            Column of the largest score.
        """
        # An offset of the features would take digits in single precision.
        scaled = self.scaler(x.double()).to(self.penalties.dtype)
        scores = self.scores(scaled)[:, self.order] - self.penalties
        return scores, scores.argmax(dim=1)
