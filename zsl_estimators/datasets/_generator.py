"""A synthetic task whose best possible answer is known."""

from dataclasses import dataclass
from numbers import Integral
from os import PathLike
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, DTypeLike
from scipy.spatial.distance import cdist
from scipy.special import logsumexp
from sklearn.utils import Bunch, check_random_state, check_scalar, gen_batches

from zsl_estimators.datasets._mapped_file import new_mapped_file

# Samples that are drawn at a time; the numbers do not depend on it.
ROWS_PER_BLOCK = 4096


@dataclass(frozen=True)
class ClassConditionalGaussian:
    """The true density of every class: normal, with one covariance for all.

    Parameters
    ----------
    means : ndarray of shape (n_classes, n_features)
        Class means.
    scale : float
        Standard deviation of every feature within a class.
    """

    means: np.ndarray
    scale: float

    def log_density(self, X: ArrayLike) -> np.ndarray:
        """Log-density of every sample under every class.

        Parameters
        ----------
        X : ndarray of shape (n_samples, n_features)
            Samples.

        Returns
        -------
        log_density : ndarray of shape (n_samples, n_classes)
            In nats.
        """
        n_features = self.means.shape[1]
        squares = cdist(X, self.means, "sqeuclidean")
        constant = n_features * np.log(2 * np.pi * self.scale**2) / 2
        return -squares / (2 * self.scale**2) - constant

    def posterior(self, X: ArrayLike) -> np.ndarray:
        """Probability of every class given the sample, all classes equally likely.

        Parameters
        ----------
        X : ndarray of shape (n_samples, n_features)
            Samples.

        Returns
        -------
        posterior : ndarray of shape (n_samples, n_classes)
            Rows sum to 1. Its argmax is the best possible prediction, so its
            scores bound those of every classifier.
        """
        log_density = self.log_density(X)
        return np.exp(log_density - logsumexp(log_density, axis=1, keepdims=True))

    def sample(self, y, random_state, out=None):
        """Draw samples of given classes.

        Parameters
        ----------
        y : ndarray of shape (n_samples,)
            Numbers of classes.
        random_state : RandomState
            Draws them.
        out : ndarray of shape (n_samples, n_features) or None, default=None
            Where to write them, in its precision; None is a new array, float64.

        Returns
        -------
        X : ndarray of shape (n_samples, n_features)
            One row for every number in `y`.
        """
        n_features = self.means.shape[1]
        X = np.empty((len(y), n_features)) if out is None else out
        for rows in gen_batches(len(y), ROWS_PER_BLOCK):
            noise = random_state.normal(size=(len(y[rows]), n_features))
            X[rows] = self.means[y[rows]] + self.scale * noise
        return X


def make_gzsl(
    n_samples_per_class: int = 40,
    *,
    n_test_per_class: int | None = None,
    n_seen: int = 12,
    n_unseen: int = 4,
    n_features: int = 16,
    n_attributes: int = 8,
    class_sep: float = 3.0,
    nonlinearity: float = 0.0,
    dtype: DTypeLike = np.float64,
    memmap: str | PathLike[str] | None = None,
    random_state: int | np.random.RandomState | None = None,
) -> Bunch:
    """Generate a generalized zero-shot task with known class densities.

    Every class has random attributes; its features are normal around a mean that is the
    same function of the attributes for all classes. What is learned from seen classes
    therefore applies to unseen ones.

    Parameters
    ----------
    n_samples_per_class : int, default=40
        Samples per class in each of the training and the test part.
    n_test_per_class : int or None, default=None
        Samples per class in the test part; None is `n_samples_per_class`.
    n_seen : int, default=12
        Number of classes with training samples.
    n_unseen : int, default=4
        Number of classes without.
    n_features : int, default=16
        Number of features.
    n_attributes : int, default=8
        Number of attributes per class, uniform between 0 and 1.
    class_sep : float, default=3.0
        Standard deviation of the class means in units of that within a class.
    nonlinearity : float, default=0.0
        Share of a smooth nonlinear part in the map from attributes to means.
    dtype : dtype, default=numpy.float64
        Data type of the features, such as numpy.float32 or numpy.float16.
    memmap : str, path-like or None, default=None
        Folder in which the features are written to ``X_train.npy`` and ``X_test.npy``,
        some samples at a time, and memory-mapped from, so that a task may be larger
        than memory. None keeps them in memory.
    random_state : int, RandomState instance or None, default=None
        Decides classes and samples; the same ones with and without `memmap`.

    Returns
    -------
    data : :class:`~sklearn.utils.Bunch`
        Dictionary-like, with X_train, y_train, X_test, y_test, seen_classes and
        unseen_classes as in :func:`load_digits_gzsl`, and

        attributes : DataFrame of shape (n_seen + n_unseen, n_attributes)
            One row per class.
        density : ClassConditionalGaussian
            The true density, for the best possible scores.

    Raises
    ------
    TypeError, ValueError
        If a size is no positive integer; there may be no unseen class.
    OSError
        If the disk has not enough space for the files.

    Examples
    --------
    >>> from zsl_estimators.datasets import make_gzsl
    >>> data = make_gzsl(n_seen=6, n_unseen=2, random_state=0)
    >>> data.X_train.shape, data.X_test.shape, data.attributes.shape
    ((240, 16), (320, 16), (8, 8))
    >>> best = data.density.posterior(data.X_test).argmax(axis=1)
    >>> bool((best == data.y_test).mean() > 0.9)
    True
    """
    n_test = n_samples_per_class if n_test_per_class is None else n_test_per_class
    _check_sizes(
        n_samples_per_class=n_samples_per_class,
        n_test_per_class=n_test,
        n_seen=n_seen,
        n_features=n_features,
        n_attributes=n_attributes,
    )
    check_scalar(n_unseen, "n_unseen", Integral, min_val=0)
    random_state = check_random_state(random_state)
    n_classes = n_seen + n_unseen
    matrix = random_state.uniform(size=(n_classes, n_attributes))
    means = class_sep * _smooth_map(matrix, n_features, nonlinearity, random_state)
    density = ClassConditionalGaussian(means, scale=1.0)
    seen = np.sort(random_state.permutation(n_classes)[:n_seen])
    y_train = np.repeat(seen, n_samples_per_class)
    y_test = np.repeat(np.arange(n_classes), n_test)
    names = [f"attribute_{column}" for column in range(n_attributes)]
    X = [
        _sample(density, y, random_state, dtype, memmap, name)
        for name, y in (("X_train", y_train), ("X_test", y_test))
    ]
    return Bunch(
        X_train=X[0],
        y_train=y_train,
        X_test=X[1],
        y_test=y_test,
        attributes=pd.DataFrame(matrix, columns=names),
        seen_classes=seen,
        unseen_classes=np.setdiff1d(np.arange(n_classes), seen),
        density=density,
    )


def _sample(density, y, random_state, dtype, folder, name):
    """Samples in memory, or in a file of a folder, mapped so that nobody changes it."""
    shape = len(y), density.means.shape[1]
    if folder is None:
        return density.sample(y, random_state, np.empty(shape, dtype))
    path = Path(folder) / f"{name}.npy"
    otherwise = "Give another folder as memmap, or make fewer rows or features."
    with new_mapped_file(path, shape, dtype, otherwise) as rows:
        density.sample(y, random_state, rows)
    return np.load(path, mmap_mode="r")


def _check_sizes(**sizes):
    for name, size in sizes.items():
        check_scalar(size, name, Integral, min_val=1)


def _smooth_map(matrix, n_features, nonlinearity, random_state):
    """Class means of about unit variance per feature."""
    centred = (matrix - 0.5) * np.sqrt(12 / matrix.shape[1])
    linear = centred @ random_state.normal(size=(matrix.shape[1], n_features))
    bent = np.sin(
        2 * centred @ random_state.normal(size=(matrix.shape[1], n_features))
    ) * np.sqrt(2)
    return (1 - nonlinearity) * linear + nonlinearity * bent
