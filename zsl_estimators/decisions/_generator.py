"""A trained generator of features, as decisions see it."""

from contextlib import contextmanager

import numpy as np
import torch

from zsl_estimators.seeds import LARGEST_SEED
from zsl_estimators.training import scoped_seed, to_numpy

# Pairs of opposite noise vectors behind every mean of synthetic features.
PAIRS_PER_MEAN = 32
# Numbers of synthetic features that are held at a time for means; they take 64 MiB.
NUMBERS_FOR_MEANS = 2**24
# Hidden layers of a pass stay in the cache of a CPU; a GPU has enough to do.
ROWS_PER_PASS = 512


class TrainedGenerator:
    """Generates scaled features of described classes.

    Parameters
    ----------
    module : nn.Module
        Has a ``noise_dim`` and a method ``synthesise(noise, attributes, centers)``,
        which turns rows of standard normal noise, scaled descriptions and scaled base
        means into rows in the layout of scaled features. Where it has methods
        ``encode_classes(attributes, centers)``, which returns a tuple of tensors with
        one row per class, and ``generate(noise, *encoded)``, classes are encoded once
        instead of once per row.
    attributes : Tensor of shape (n_classes, n_attributes)
        Scaled descriptions.
    centers : Tensor of shape (n_classes, n_scaled)
        Scaled base means.
    feature_scaler : transformer
        Has ``inverse_transform``.
    seen : ndarray of shape (n_classes,)
        True for classes with training samples.
    temperature : float, default=1.0
        Multiplies the variance of the noise.
    correction_weight : float, default=1.0
        How far the mean of what is generated for a class is from its base mean, as a
        share of how far the module puts it.
    """

    def __init__(
        self,
        module,
        attributes,
        centers,
        feature_scaler,
        seen,
        temperature=1.0,
        correction_weight=1.0,
    ):
        self.module = module
        self.device = next(module.parameters()).device
        self.attributes = attributes.to(self.device)
        self.centers = centers.to(self.device)
        self.feature_scaler = feature_scaler
        self.seen = seen
        self.temperature = temperature
        self.correction_weight = correction_weight

    @contextmanager
    def synthesiser(self, random_state):
        """Yield a function from positions of classes to rows of scaled features.

        They are made with torch's generators, which are seeded as long as the context
        lasts.
        """
        with scoped_seed(random_state.randint(LARGEST_SEED), self.device):
            shifts = self._shifts()
            yield lambda positions: self._synthesise(positions, shifts)

    def features(self, positions, random_state):
        """One row of features per position, in the users' units, float64."""
        with self.synthesiser(random_state) as synthesise:
            scaled = to_numpy(synthesise(positions))
        return self.feature_scaler.inverse_transform(scaled)

    def means(self, positions, random_state):
        """Means of synthetic features of classes, in the users' units."""
        with scoped_seed(random_state.randint(LARGEST_SEED), self.device):
            means = self._generated_means(positions)
        base = to_numpy(self.centers)[positions]
        return self.feature_scaler.inverse_transform(
            base + self.correction_weight * (means - base)
        )

    def _shifts(self):
        """By how much to move what is generated for every class; None for not at all.

        For all classes, so that they do not depend on which ones are asked for.
        """
        if self.correction_weight == 1:
            return None
        means = self._generated_means(np.arange(len(self.centers)))
        means = torch.as_tensor(means).to(self.centers)
        return (1 - self.correction_weight) * (self.centers - means)

    def _generated_means(self, positions):
        """Scaled means of what the module generates for classes, float64."""
        n_rows = 2 * PAIRS_PER_MEAN
        n_classes = max(NUMBERS_FOR_MEANS // (n_rows * self.centers.shape[1]), 1)
        means = []
        for start in range(0, len(positions), n_classes):
            some = positions[start : start + n_classes]
            rows = self._synthesise(np.repeat(some, n_rows), antithetic=True)
            means.append(to_numpy(rows).reshape(len(some), n_rows, -1).mean(axis=1))
        return np.concatenate(means) if means else to_numpy(self.centers)[:0]

    @torch.no_grad()
    def _synthesise(self, positions, shifts=None, antithetic=False):
        """Generate scaled rows; with `antithetic`, every second one has the opposite
        noise of the row before it, which makes means more exact."""
        positions = torch.as_tensor(positions, device=self.device)
        noise = torch.randn(len(positions), self.module.noise_dim, device=self.device)
        noise *= np.sqrt(self.temperature)
        if antithetic:
            noise[1::2] = -noise[::2]
        generate, tables = self._generate_from(len(positions))
        parts = [
            generate(rows, *(table[of_rows] for table in tables))
            for rows, of_rows in zip(
                noise.split(ROWS_PER_PASS), positions.split(ROWS_PER_PASS), strict=True
            )
        ]
        rows = parts[0] if len(parts) == 1 else torch.cat(parts)
        return rows if shifts is None else rows + shifts[positions]

    def _generate_from(self, n_rows):
        """Function of noise and rows of tables, and the tables, one row per class."""
        described = self.attributes, self.centers
        # For a few rows of many classes it would be more to encode all classes.
        if n_rows < len(self.attributes) or not hasattr(self.module, "encode_classes"):
            return self.module.synthesise, described
        return self.module.generate, self.module.encode_classes(*described)
