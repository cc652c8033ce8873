"""Decisions in the latent space of a generator that encodes features."""

from dataclasses import replace

import numpy as np
import torch
from sklearn.metrics.pairwise import euclidean_distances
from sklearn.preprocessing import FunctionTransformer
from torch import nn

from zsl_estimators.decisions._base import Decision
from zsl_estimators.decisions._generator import TrainedGenerator
from zsl_estimators.decisions._head import Head
from zsl_estimators.decisions._views import PlainView
from zsl_estimators.gaussian import SharedGaussian, class_means
from zsl_estimators.nn.blocks import row_blocks
from zsl_estimators.nn.cadavae import LatentSampler
from zsl_estimators.onnx_export import (
    Affine,
    Applied,
    DistanceScores,
    doubles,
    map_module,
)
from zsl_estimators.rows import ScaledRows
from zsl_estimators.sample_weights import systematic_positions
from zsl_estimators.training import float32, to_numpy


class LatentHead(Head):
    """Train a classifier on latents of real rows of seen classes, else of descriptions.

    They are drawn from the distributions that the generator's module encodes rows and
    descriptions into; what is classified is the mean of a row's latents. With `n_real`
    so many are drawn for every seen class, of some rows more than one where there are
    too few.

    See :class:`Head` for the parameters.
    """

    def fit(self, generator, problem, random_state):
        problem = drawn_latents(generator, problem, self.n_real, random_state)
        return super().fit(latent_generator(generator), problem, random_state)

    def score_classes(self, new_generator, Z):
        return super().score_classes(None, latent_means(new_generator(), Z))

    def scoring_module(self, new_generator):
        generator = new_generator()
        latents = Applied(
            generator.module, "feature_latents", generator.correction_weight
        )
        return nn.Sequential(latents, super().scoring_module(None))

    def extend(self, generator, positions, old, random_state):
        super().extend(latent_generator(generator), positions, old, random_state)

    def refitted(self, generator, random_state):
        return super().refitted(latent_generator(generator), random_state)


class LatentView(PlainView):
    """Latents in units of their deviation within a class, which a head learns faster.

    It is that of the linear start; without an initial estimator they stay as they are.
    """

    def fit(self, generator, rows, weights=None):
        """Take over the deviations."""
        variance = torch.as_tensor(generator.module.network.base.class_log_variance)
        self._factor = (-variance / 2).exp().cpu()
        return self

    def of(self, rows):
        """Latents in other units."""
        return rows * self._factor.to(rows)

    def as_module(self):
        """Make a torch module of :meth:`of`."""
        return Affine(torch.zeros(1), self._factor)


class LatentNearestMean(Decision):
    """Take the class with the nearest mean, of features that move with their latents.

    Features are moved along the axes of the latent space as far as encoding a row, or a
    description, differs from the linear start, which at first is not at all: then the
    initial estimator decides. Their covariance within a class stays the identity.
    Without an initial estimator latents are compared, relative to their covariance.

    Means of seen classes are observed, the others are those of encoded descriptions.

    Attributes
    ----------
    means_ : ndarray of shape (n_classes, n_compared)
        Means of all classes.
    """

    name = "gaussian"

    def fit(self, generator, problem, random_state):
        rows = MovedRows(generator, problem.rows)
        self._whitening = None
        classes = problem.y, problem.n_seen, problem.weights
        means = class_means(rows, *classes)
        if not generator.module.residual:
            gaussian = SharedGaussian(rows, *classes)
            self._whitening = gaussian.whitening
        self.means_ = moved_classes(generator)
        self.means_[problem.seen] = means
        return self

    def score_classes(self, new_generator, Z):
        rows, means = moved_rows(new_generator(), Z), self.means_
        if self._whitening is not None:
            rows, means = rows @ self._whitening, means @ self._whitening
        return -euclidean_distances(rows, means, squared=True) / 2

    def scoring_module(self, new_generator):
        generator, whitening = new_generator(), self._whitening
        moved = Applied(generator.module, "moved", generator.correction_weight)
        if whitening is None:
            return nn.Sequential(moved, DistanceScores(doubles(self.means_)))
        classes = doubles(self.means_ @ whitening)
        return nn.Sequential(moved, map_module(whitening), DistanceScores(classes))

    def extend(self, generator, positions, old, random_state):
        self.means_ = np.concatenate([self.means_, moved_classes(generator)[positions]])


class MovedRows:
    """Training rows as :class:`LatentNearestMean` compares them, some at a time."""

    def __init__(self, generator, rows):
        self.generator = generator
        self.rows = rows

    def __len__(self):
        return len(self.rows)

    @property
    def n_scaled(self):
        """Number of columns."""
        return moved_rows(self.generator, self.rows[:1]).shape[1]

    def blocks(self):
        """Yield slices, and the rows of each."""
        for of_block, block in self.rows.blocks():
            yield of_block, moved_rows(self.generator, block)


def moved_rows(generator, Z):
    """Scaled features as far as their latents are from the linear start."""
    network = generator.module

    return in_blocks(
        network, Z, lambda x: network.moved(x, generator.correction_weight)
    )


def moved_classes(generator):
    """Base means of classes as far as their latents are from the linear start."""
    network = generator.module
    of_network = next(network.parameters())
    attributes, centers = (
        part.to(of_network) for part in (generator.attributes, generator.centers)
    )
    with torch.inference_mode():
        base = network.base.encode(centers)
        shift = network.encode_attributes(attributes, base).mean - base
        return to_numpy(network.base.move(centers, generator.correction_weight * shift))


def latent_generator(generator):
    """What draws latents of descriptions, as a TrainedGenerator of its own.

    Parameters
    ----------
    generator : TrainedGenerator
        Its module is a :class:`~zsl_estimators.nn.CADAVAENetwork`.

    Returns
    -------
    generator : TrainedGenerator
        Its rows are latents, its base means those of the linear start.
    """
    with torch.no_grad():
        base = generator.module.base.encode(generator.centers)
    return TrainedGenerator(
        LatentSampler(generator.module),
        generator.attributes,
        base,
        FunctionTransformer().set_output(transform="default"),
        generator.seen,
        correction_weight=generator.correction_weight,
    )


def latent_means(generator, Z):
    """Means of the latents of scaled features, float64 of shape (n_rows, n_latent)."""
    network, weight = generator.module, generator.correction_weight
    return in_blocks(network, Z, lambda x: network.feature_latents(x, weight))


def latent_deviations(generator, Z):
    """Factors of the noise of the latents of scaled features."""
    network = generator.module

    def deviations(x):
        return network.deviation(network.encode_features(x).log_variance)

    return in_blocks(network, Z, deviations)


def drawn_latents(generator, problem, n_per_class, random_state):
    """A task whose rows are latents, drawn around those of the rows of another one.

    Parameters
    ----------
    generator : TrainedGenerator
        Its module encodes features.
    problem : Problem
        Scaled features of the seen classes.
    n_per_class : int or None
        Number of latents per class; None is one per row.
    random_state : RandomState
        The only source of randomness.

    Returns
    -------
    problem : Problem
        With the labels of the drawn rows.
    """
    mean = problem.rows.float32(lambda Z: latent_means(generator, Z))
    deviation = problem.rows.float32(lambda Z: latent_deviations(generator, Z))
    y, weights = problem.y, problem.weights
    taken = taken_rows(y, n_per_class, random_state, weights)
    size = (len(taken), generator.module.latent_noise_dim)
    latents = mean[taken] + deviation[taken] * random_state.standard_normal(size)
    return replace(
        problem,
        rows=ScaledRows(float32(latents)),
        y=y[taken],
        weights=weights if n_per_class is None else None,
    )


def taken_rows(y, n_per_class, random_state, weights=None):
    """Positions of as many rows of every class, again and again where there are few.

    With weights rows are taken as often as they weigh; without a number per class all
    rows are taken once.
    """
    if n_per_class is None:
        return np.arange(len(y))
    order = random_state.permutation(len(y))
    rows = [order[y[order] == k] for k in np.unique(y)]
    if weights is None:
        return np.concatenate([np.resize(of_class, n_per_class) for of_class in rows])
    taken = [
        of_class[
            systematic_positions(weights[of_class], n_per_class, random_state.uniform())
        ]
        for of_class in rows
    ]
    return np.concatenate(taken)


def in_blocks(network, Z, function):
    """What a function makes of rows, some of them at a time."""
    of_network = next(network.parameters())
    with torch.inference_mode():
        blocks = [
            to_numpy(function(torch.as_tensor(Z[rows]).to(of_network)))
            for rows in row_blocks(len(Z))
        ]
    return np.concatenate(blocks)
