"""Product quantisation against loops, brute force and exact distances."""

from itertools import combinations, product

import numpy as np
import pytest
from scipy.spatial.distance import cdist
from scipy.stats import ortho_group, special_ortho_group

from zsl_estimators.quantisation import (
    ProductQuantiser,
    balanced_blocks,
    farthest_first,
    nearest_codewords,
    nearest_rotation,
)

SETTINGS = list(product([None, 3, 1], [1, 4, 16], [False, True]))
every_setting = pytest.mark.parametrize(("n_blocks", "n_codewords", "rotate"), SETTINGS)


@pytest.fixture(scope="module")
def points():
    """Points whose axes are uncorrelated, and differ in variance."""
    rows = np.random.RandomState(0).normal(size=(60, 7))
    return np.linalg.qr(rows)[0] * np.linspace(9, 2, 7)


@every_setting
def test_error_never_rises(points, n_blocks, n_codewords, rotate):
    quantiser = ProductQuantiser(n_blocks, n_codewords, rotate).fit(points)
    errors = np.array(quantiser.errors_)
    assert (np.diff(errors) <= 1e-12).all()
    restored = quantiser.decode(quantiser.encode(points))
    final = ((points - restored) ** 2).sum(axis=1).mean()
    assert final <= errors[-1] + 1e-12


@every_setting
def test_codes_are_the_nearest_of_all_products(points, n_blocks, n_codewords, rotate):
    """A loop over points, blocks and codewords finds the same."""
    quantiser = ProductQuantiser(n_blocks, n_codewords, rotate, max_iter=3).fit(points)
    codes = quantiser.encode(points)
    turned = points @ quantiser.rotation_
    for point, code in zip(turned, codes, strict=True):
        for block, codebook, chosen in zip(
            quantiser.blocks_, quantiser.codebooks_, code, strict=True
        ):
            axes = block[block < 7]
            part = np.concatenate([point[axes], np.zeros(len(block) - len(axes))])
            assert np.argmin([sum((part - word) ** 2) for word in codebook]) == chosen


@every_setting
def test_products_by_look_up_equal_those_with_decoded_points(
    points, n_blocks, n_codewords, rotate
):
    quantiser = ProductQuantiser(n_blocks, n_codewords, rotate).fit(points)
    queries = np.random.RandomState(1).normal(size=(5, 7))
    codes = quantiser.encode(points)
    restored = quantiser.decode(codes)
    products, squares = quantiser.products(queries, codes), (queries**2).sum(axis=1)
    np.testing.assert_allclose(products, queries @ restored.T, atol=1e-12)
    distances = squares[:, None] - 2 * products + quantiser.squared_lengths(codes)
    expected = cdist(queries, restored, "sqeuclidean")
    np.testing.assert_allclose(distances, expected, atol=1e-12)


def test_one_block_is_k_means(points):
    """Every point has the nearest centre, every centre is the mean of its points."""
    quantiser = ProductQuantiser(1, 5, max_iter=100).fit(points)
    codes, (centers,) = quantiser.encode(points)[:, 0], quantiser.codebooks_
    centers = centers[:, np.argsort(quantiser.blocks_[0])]
    np.testing.assert_array_equal(codes, cdist(points, centers).argmin(axis=1))
    for code in range(5):
        np.testing.assert_allclose(centers[code], points[codes == code].mean(axis=0))


@pytest.mark.parametrize("rotate", [False, True])
@pytest.mark.parametrize("n_blocks", [None, 3, 1])
def test_enough_codewords_lose_nothing(points, n_blocks, rotate):
    quantiser = ProductQuantiser(n_blocks, 60, rotate).fit(points)
    restored = quantiser.decode(quantiser.encode(points))
    np.testing.assert_allclose(restored, points, atol=1e-12)


def test_cartesian_product_of_properties_is_kept():
    """Combinations that were never there are coded without loss."""
    values = np.array([[0.0, 1.0], [-2.0, 3.0], [5.0, 6.0]])
    every = np.array(list(product(*values)))
    known = every[[0, 3, 5, 6]]
    assert [len(np.unique(column)) for column in known.T] == [2, 2, 2]
    quantiser = ProductQuantiser(n_codewords=2).fit(known)
    np.testing.assert_allclose(quantiser.decode(quantiser.encode(every)), every)


def test_rotation_is_orthogonal_and_loses_less(points):
    rotation = special_ortho_group.rvs(7, random_state=3)
    grid = np.sign(np.random.RandomState(0).normal(size=(60, 7))) @ rotation
    plain, turned = (
        ProductQuantiser(n_codewords=2, rotate=rotate, max_iter=100).fit(grid)
        for rotate in (False, True)
    )
    np.testing.assert_allclose(
        turned.rotation_ @ turned.rotation_.T, np.eye(7), atol=1e-12
    )
    assert turned.errors_[-1] < 0.6 * plain.errors_[-1]


def test_procrustes_finds_the_rotation_and_nothing_is_nearer():
    random_state = np.random.RandomState(0)
    points = random_state.normal(size=(20, 4))
    truth = ortho_group.rvs(4, random_state=1)
    np.testing.assert_allclose(nearest_rotation(points, points @ truth), truth)
    targets = points @ truth + random_state.normal(size=(20, 4))
    best = ((points @ nearest_rotation(points, targets) - targets) ** 2).sum()
    for seed in range(50):
        other = ortho_group.rvs(4, random_state=seed)
        assert ((points @ other - targets) ** 2).sum() >= best


def test_blocks_are_balanced_as_well_as_can_be():
    """All divisions of six axes into three pairs are tried."""
    variances = np.array([32.0, 1.0, 8.0, 2.0, 16.0, 4.0])

    def imbalance(blocks):
        return np.ptp([np.log(variances[list(block)]).sum() for block in blocks])

    every = [
        blocks
        for blocks in combinations(combinations(range(6), 2), 3)
        if len(set(sum(blocks, ()))) == 6
    ]
    assert imbalance(balanced_blocks(variances, 3)) == min(map(imbalance, every))


@pytest.mark.parametrize("n_blocks", range(1, 8))
def test_every_axis_is_in_one_block(n_blocks):
    blocks = balanced_blocks(np.array([3.0, 0.0, 2.0, 2.0, 1.0, 5.0, 0.1]), n_blocks)
    assert sorted(blocks[blocks < 7]) == list(range(7))
    assert (blocks < 7).any(axis=1).all()


def test_start_does_not_depend_on_the_order_of_points(points):
    parts = points[:, :, None]
    order = np.random.RandomState(0).permutation(len(points))
    np.testing.assert_array_equal(
        farthest_first(parts, 5), farthest_first(parts[order], 5)
    )


def test_many_points_are_encoded_some_at_a_time(points, monkeypatch):
    parts, codebooks = points[:, :, None], points[:9].T[:, :, None]
    at_once = nearest_codewords(parts, codebooks)
    monkeypatch.setattr("zsl_estimators.quantisation.NUMBERS_PER_PASS", 200)
    np.testing.assert_array_equal(nearest_codewords(parts, codebooks), at_once)


@pytest.mark.parametrize(("n_codewords", "dtype"), [(16, np.uint8), (300, np.uint16)])
def test_codes_take_few_bytes(n_codewords, dtype):
    points = np.random.RandomState(0).normal(size=(300, 2))
    quantiser = ProductQuantiser(1, n_codewords, max_iter=1).fit(points)
    assert quantiser.encode(points).dtype == dtype
