"""Product quantisation: points as short codes, and products with them by look-up."""

import numpy as np
from scipy.linalg import svd

# Numbers that are held at a time while points are compared with codewords.
NUMBERS_PER_PASS = 2**22
# Their sums stay in the cache of a CPU.
CODES_PER_PASS = 1024
# Rounds end when they improve the mean squared error by less than this share of the
# mean squared length of the points.
TOLERANCE = 1e-6


class ProductQuantiser:
    """Replaces the parts of points by the nearest of a few codewords.

    Axes are divided into blocks, each with a codebook of its own, so that the codewords
    of a few blocks stand for very many points (Jegou, Douze, Schmid, TPAMI 2011). An
    orthogonal map may turn the points first such that less is lost (Ge et al.,
    Optimized product quantization, CVPR 2013): it and the codebooks are found by turns,
    each in closed form, and no turn makes the error larger.

    Parameters
    ----------
    n_blocks : int or None, default=None
        Number of blocks, at most that of the axes. None is one block per axis.
    n_codewords : int, default=16
        Size of every codebook, at most the number of points.
    rotate : bool, default=False
        Whether points are turned.
    max_iter : int, default=25
        Most rounds.

    Attributes
    ----------
    rotation_ : ndarray of shape (n_axes, n_axes)
        Orthogonal; points are turned by ``points @ rotation_``.
    blocks_ : ndarray of shape (n_blocks, block_size)
        Positions of the axes of every block; `n_axes` stands for none, where a block
        has fewer axes than others.
    codebooks_ : ndarray of shape (n_blocks, n_codewords, block_size)
        Codewords.
    errors_ : list of float
        Mean squared distance of the points from their codewords after every round.
    """

    def __init__(self, n_blocks=None, n_codewords=16, rotate=False, max_iter=25):
        self.n_blocks = n_blocks
        self.n_codewords = n_codewords
        self.rotate = rotate
        self.max_iter = max_iter

    def fit(self, points):
        """Find codebooks, and the rotation.

        Parameters
        ----------
        points : ndarray of shape (n_points, n_axes)
            What is to be quantised well. Without a rotation axes should be
            uncorrelated.

        Returns
        -------
        self : ProductQuantiser
            Fitted.
        """
        n_axes = points.shape[1]
        self.rotation_, self.errors_ = np.eye(n_axes), []
        n_blocks = n_axes if self.n_blocks is None else min(self.n_blocks, n_axes)
        self.blocks_ = balanced_blocks(points.var(axis=0), n_blocks)
        n_codewords = min(self.n_codewords, len(points))
        self.codebooks_ = farthest_first(self._parts(points), n_codewords)
        least = TOLERANCE * (points**2).sum(axis=1).mean()
        for _ in range(self.max_iter):
            self.errors_.append(self._improve(points))
            if len(self.errors_) > 1 and -np.diff(self.errors_[-2:]) <= least:
                break
        return self

    def encode(self, points):
        """Find the nearest codeword of every part.

        Parameters
        ----------
        points : ndarray of shape (n_points, n_axes)
            Not turned.

        Returns
        -------
        codes : ndarray of shape (n_points, n_blocks)
            Positions in the codebooks, in as few bytes as they need.
        """
        codes = nearest_codewords(self._parts(points @ self.rotation_), self.codebooks_)
        return codes.astype(np.min_scalar_type(self.codebooks_.shape[1] - 1))

    def decode(self, codes):
        """Points that codes stand for, turned back."""
        return self._turned_points(codes) @ self.rotation_.T

    def products(self, queries, codes):
        """Inner products of points with coded ones, by look-up.

        The products of a query with all codewords make a small table, out of which
        one number per block is added up for every code. The queries themselves are
        not quantised.

        Parameters
        ----------
        queries : ndarray of shape (n_queries, n_axes)
            Not turned.
        codes : ndarray of shape (n_codes, n_blocks)
            What :meth:`encode` returns.

        Returns
        -------
        products : ndarray of shape (n_queries, n_codes)
            Equal to ``queries @ decode(codes).T``.
        """
        parts = self._parts(queries @ self.rotation_).transpose(1, 2, 0)
        tables = self.codebooks_ @ parts
        products = np.zeros((len(codes), len(queries)))
        for start in range(0, len(codes), CODES_PER_PASS):
            rows = slice(start, start + CODES_PER_PASS)
            # A table has a row per codeword, so that whole rows are looked up.
            for table, of_block in zip(tables, codes[rows].T, strict=True):
                products[rows] += table.take(of_block, axis=0)
        return products.T

    def squared_lengths(self, codes):
        """Squared lengths of coded points, by look-up."""
        lengths = (self.codebooks_**2).sum(axis=2)
        return lengths[np.arange(len(lengths)), codes].sum(axis=1)

    def _improve(self, points):
        """One round; returns the mean squared error after it."""
        turned = points @ self.rotation_
        parts = self._parts(turned)
        codes = nearest_codewords(parts, self.codebooks_)
        self.codebooks_ = codeword_means(parts, codes, self.codebooks_)
        quantised = self._turned_points(codes)
        if self.rotate:
            self.rotation_ = nearest_rotation(points, quantised)
            turned = points @ self.rotation_
        return float(((turned - quantised) ** 2).sum(axis=1).mean())

    def _parts(self, turned):
        """Points divided into blocks, of shape (n_points, n_blocks, block_size)."""
        nothing = np.zeros((len(turned), 1))
        return np.concatenate([turned, nothing], axis=1)[:, self.blocks_]

    def _turned_points(self, codes):
        """Points that codes stand for, still turned."""
        parts = self.codebooks_[np.arange(len(self.codebooks_)), codes]
        turned = np.zeros((len(codes), len(self.rotation_) + 1))
        turned[:, self.blocks_] = parts
        return turned[:, :-1]


def balanced_blocks(variances, n_blocks):
    """Divide axes into blocks such that the products of their variances are similar.

    For normal distributions that loses least (Ge et al., CVPR 2013, section 3.2).

    Parameters
    ----------
    variances : ndarray of shape (n_axes,)
        Variance along every axis.
    n_blocks : int
        Number of blocks, at most `n_axes`.

    Returns
    -------
    blocks : ndarray of shape (n_blocks, block_size)
        Positions of axes, and `n_axes` in the places of small blocks that stay empty.
    """
    n_axes = len(variances)
    blocks = np.full((n_blocks, -(-n_axes // n_blocks)), n_axes)
    smallest = variances[variances > 0].min(initial=1.0)
    sizes, logs = np.zeros(n_blocks, dtype=int), np.zeros(n_blocks)
    for axis in np.argsort(-variances, kind="stable"):
        # Logarithms are not negative, so that an empty block has the smallest product.
        free = np.flatnonzero(sizes < blocks.shape[1])
        block = min(free, key=lambda one: (logs[one], sizes[one]))
        blocks[block, sizes[block]] = axis
        sizes[block] += 1
        logs[block] += np.log(max(variances[axis], smallest) / smallest)
    return blocks


def farthest_first(parts, n_codewords):
    """Points of every block that are far from each other, to start codebooks from.

    The first is the one farthest from zero, the next the one farthest from those
    before. Unlike a random choice this depends neither on chance nor on the order of
    the points.

    Parameters
    ----------
    parts : ndarray of shape (n_points, n_blocks, block_size)
        Points divided into blocks.
    n_codewords : int
        Number of codewords, at most `n_points`.

    Returns
    -------
    codebooks : ndarray of shape (n_blocks, n_codewords, block_size)
        Codewords.
    """
    distances, blocks = (parts**2).sum(axis=2), np.arange(parts.shape[1])
    codewords = []
    for number in range(n_codewords):
        codewords.append(parts[distances.argmax(axis=0), blocks])
        nearer = ((parts - codewords[-1]) ** 2).sum(axis=2)
        distances = np.minimum(distances, nearer) if number else nearer
    return np.stack(codewords, axis=1)


def nearest_codewords(parts, codebooks):
    """Positions of the nearest codewords.

    Parameters
    ----------
    parts : ndarray of shape (n_points, n_blocks, block_size)
        Points divided into blocks.
    codebooks : ndarray of shape (n_blocks, n_codewords, block_size)
        Codewords.

    Returns
    -------
    codes : ndarray of shape (n_points, n_blocks)
        Positions in the codebooks.
    """
    n_rows = max(NUMBERS_PER_PASS // codebooks.size, 1)
    codes = np.zeros(parts.shape[:2], dtype=int)
    for start in range(0, len(parts), n_rows):
        rows = slice(start, start + n_rows)
        differences = parts[rows, :, None] - codebooks
        codes[rows] = (differences**2).sum(axis=3).argmin(axis=2)
    return codes


def codeword_means(parts, codes, codebooks):
    """Mean of the points of every codeword; one without points stays as it is."""
    sums, counts = np.zeros_like(codebooks), np.zeros(codebooks.shape[:2])
    where = np.arange(len(codebooks)), codes
    np.add.at(sums, where, parts)
    np.add.at(counts, where, 1)
    counts = counts[:, :, None]
    return np.where(counts > 0, sums / np.maximum(counts, 1), codebooks)


def nearest_rotation(points, targets):
    """The orthogonal map that takes points nearest to targets (Procrustes)."""
    left, _, right = svd(points.T @ targets)
    return left @ right
