import numpy as np
import pytest
from scipy.sparse import csr_array
from sklearn.preprocessing import MinMaxScaler, StandardScaler
from sklearn.utils import check_array

from tests.common import small
from zsl_estimators import (
    ALEClassifier,
    CMTClassifier,
    DiffusionClassifier,
    ESZSLClassifierCV,
    ExemplarClassifier,
    FGANClassifier,
    GaussianSemanticClassifier,
    PQZSLClassifier,
    RevCDClassifier,
    RidgeCompatibilityClassifier,
    RidgeSemanticClassifier,
    SAEClassifier,
    VAEcFlowClassifier,
    ZeroDiffClassifier,
    rows,
)
from zsl_estimators.gaussian import SharedGaussian
from zsl_estimators.rows import (
    BlockwiseStandardScaler,
    PickedRows,
    ScaledRows,
    class_moments,
    picked,
    scaled_features,
)
from zsl_estimators.scaling import BalancedScaler, FeatureScaler
from zsl_estimators.semantic import _eszsl


@pytest.fixture(params=[np.float64, np.float32, np.float16])
def X(request):
    random = np.random.RandomState(0)
    mixed = random.normal(size=(50, 6)) @ random.normal(size=(6, 6)) + 20
    return mixed.astype(request.param)


@pytest.fixture
def y():
    return np.random.RandomState(1).permutation(np.arange(50) % 7)


@pytest.fixture
def in_small_blocks(monkeypatch):
    monkeypatch.setattr(rows, "NUMBERS_PER_BLOCK", 6 * 8)


def doubles(X):
    return X.astype(np.float64)


@pytest.mark.usefixtures("in_small_blocks")
@pytest.mark.parametrize("made", [False, True])
def test_blocks_are_the_rows_in_double_precision(X, made):
    scaler = StandardScaler().fit(doubles(X))
    expected = scaler.transform(doubles(X))
    scaled = ScaledRows(X, scaler)
    if made:
        assert scaled.whole is scaled.whole
    slices, blocks = zip(*scaled.blocks(), strict=True)
    assert [block.dtype for block in blocks] == [np.float64] * 7
    assert len({(one.start, one.stop) for one in slices}) == 7
    np.testing.assert_array_equal(np.concatenate(blocks), expected)
    np.testing.assert_array_equal(scaled.whole, expected)
    np.testing.assert_array_equal(scaled[3:9], expected[3:9])
    few = scaled.only(np.array([4, 1, 30]))
    np.testing.assert_array_equal(few.whole, expected[[4, 1, 30]])
    single = scaled.float32()
    assert single.dtype == np.float32
    assert single.flags.c_contiguous
    np.testing.assert_array_equal(single, expected.astype(np.float32))
    squares = scaled.float32(lambda block: block[:, 1:3] ** 2)
    np.testing.assert_array_equal(squares, (expected[:, 1:3] ** 2).astype(np.float32))


def test_picked_rows_are_an_array_to_whoever_wants_one(X):
    some = picked(picked(X, np.array([4, 1, 30, 7])), np.array([3, 0, 1]))
    assert some.positions.tolist() == [7, 4, 1]
    assert (some.shape, some.ndim, len(some), some.dtype) == ((3, 6), 2, 3, X.dtype)
    for array in (np.asarray(some), some[:], check_array(some, dtype=X.dtype)):
        np.testing.assert_array_equal(array, X[[7, 4, 1]])
    np.testing.assert_array_equal(some.astype(np.float64), doubles(X)[[7, 4, 1]])
    np.testing.assert_array_equal(some[1], X[4])
    assert np.shares_memory(picked(X, slice(3, 9)), X)
    assert picked(csr_array(doubles(X)), np.array([2, 3])).shape == (2, 6)


@pytest.mark.usefixtures("in_small_blocks")
def test_scalers_do_not_need_all_rows(X, y):
    plain = StandardScaler().fit(doubles(X))
    scaler = BlockwiseStandardScaler().fit(X)
    for _ in range(2):
        np.testing.assert_allclose(scaler.mean_, plain.mean_, rtol=1e-12)
        np.testing.assert_allclose(scaler.scale_, plain.scale_, rtol=1e-12)
        scaler.fit(X)
    weights = 1 / np.bincount(y)[y]
    plain = StandardScaler().fit(doubles(X), sample_weight=weights)
    balanced = BalancedScaler(unit_rows=True).fit(X, y)
    np.testing.assert_allclose(balanced.scale_, plain.scale_, rtol=1e-12)
    scaled = plain.transform(doubles(X))
    scaled /= np.linalg.norm(scaled, axis=1, keepdims=True)
    np.testing.assert_allclose(balanced.transform(doubles(X)), scaled, atol=1e-12)
    found = FeatureScaler("minmax").fit(X, y).transform(doubles(X))
    expected = MinMaxScaler().fit_transform(doubles(X))
    np.testing.assert_allclose(found, expected, atol=1e-12)


def test_covariances_do_not_need_all_rows(X, y, monkeypatch):
    whole = SharedGaussian(ScaledRows(X), y, 7)
    monkeypatch.setattr(rows, "NUMBERS_PER_BLOCK", 6 * 8)
    blocks = SharedGaussian(ScaledRows(X), y, 7)
    np.testing.assert_allclose(blocks.means, whole.means, atol=1e-12)
    np.testing.assert_allclose(blocks.covariance, whole.covariance, rtol=1e-9)
    assert blocks.shrinkage == pytest.approx(whole.shrinkage, rel=1e-9)


@pytest.mark.usefixtures("in_small_blocks")
@pytest.mark.parametrize("weighted", [False, True])
def test_moments_of_classes(X, y, weighted):
    """Class 7 has no row."""
    weights = np.random.RandomState(2).uniform(size=50) if weighted else None
    sums, gram = class_moments(ScaledRows(X), y, 8, weights)
    X, weights = doubles(X), np.ones(50) if weights is None else weights
    for label in range(8):
        expected = weights[y == label] @ X[y == label]
        np.testing.assert_allclose(sums[label], expected, rtol=1e-12)
    expected = sum(w * np.outer(x, x) for w, x in zip(weights, X, strict=True))
    np.testing.assert_allclose(gram, expected, rtol=1e-12)


def test_features_are_scaled_in_double_precision():
    X = np.array([[1e6 + 1], [1e6 + 2], [1e6 + 3]], dtype=np.float32)
    scaler = StandardScaler().fit(X.astype(np.float64))
    scaled = scaled_features(scaler, X)
    np.testing.assert_allclose(scaled[:, 0], [-np.sqrt(1.5), 0, np.sqrt(1.5)])


@pytest.mark.parametrize(
    "cls",
    [
        ExemplarClassifier,
        RidgeSemanticClassifier,
        GaussianSemanticClassifier,
        ESZSLClassifierCV,
        SAEClassifier,
        PQZSLClassifier,
        RidgeCompatibilityClassifier,
        ALEClassifier,
        CMTClassifier,
        RevCDClassifier,
        FGANClassifier,
        VAEcFlowClassifier,
        ZeroDiffClassifier,
        DiffusionClassifier,
    ],
)
def test_no_fit_has_all_rows_at_once(cls, task, monkeypatch):
    """Neither in double precision, nor the rows of a fold in that of the features."""

    class Refused(ScaledRows):
        @property
        def whole(self):
            raise MemoryError("all rows at once")

    def picked_rows(self, rows, pick=PickedRows.__getitem__):
        picked = pick(self, rows)
        # Any transformer may make the representations of ZeroDiff.
        assert len(picked) <= 64 < len(self) or cls is ZeroDiffClassifier
        return picked

    # From here on every slice that is asked for is small.
    monkeypatch.setattr(ScaledRows, "whole", Refused.whole)
    monkeypatch.setattr(PickedRows, "__getitem__", picked_rows)
    monkeypatch.setattr(rows, "NUMBERS_PER_BLOCK", 6 * 64)
    monkeypatch.setattr(_eszsl, "MOST_ROWS_FOR_SPREAD", 32)
    small(cls, attributes=task.attributes, random_state=0).fit(
        task.X_train, task.y_train
    )
