import numpy as np
import pytest
from scipy.linalg import sqrtm

from zsl_estimators.scaling import (
    SCALINGS,
    AttributeBinarizer,
    AttributeScaler,
    BalancedScaler,
)

MATRIX = np.array([[0.0, 10.0, 3.0], [1.0, 30.0, 3.0], [4.0, 20.0, 3.0]])
VARYING = [0, 1]


@pytest.mark.parametrize("scaling", sorted(set(SCALINGS) - {"unit"}))
def test_round_trip(scaling):
    scaler = AttributeScaler(scaling).fit(MATRIX)
    back = scaler.inverse_transform(scaler.transform(MATRIX))
    np.testing.assert_allclose(back, MATRIX, atol=1e-12)


def test_standard():
    scaled = AttributeScaler("standard").fit(MATRIX).transform(MATRIX)[:, VARYING]
    np.testing.assert_allclose(scaled.mean(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(scaled.std(axis=0), 1)


def test_whitened_follows_its_formula():
    rng = np.random.RandomState(0)
    matrix = rng.normal(size=(30, 4)) @ rng.normal(size=(4, 4))
    rows = (matrix - matrix.mean(axis=0)) / matrix.std(axis=0)
    expected = rows @ np.linalg.inv(sqrtm(np.corrcoef(matrix.T) + 3 * np.eye(4)))
    scaled = AttributeScaler("whitened").fit(matrix).transform(matrix)
    np.testing.assert_allclose(scaled, expected / np.sqrt((expected**2).mean()))


def test_whitening_weakens_repeated_attributes():
    """Nine copies of one attribute weigh less than nine different ones."""
    rng = np.random.RandomState(0)
    once, other = rng.normal(size=(2, 200, 1))
    matrix = np.hstack([np.repeat(once, 9, axis=1), other])
    for scaling, most in (("standard", 9.5), ("whitened", 5)):
        scaled = AttributeScaler(scaling).fit(matrix).transform(matrix)
        power = (scaled**2).mean(axis=0)
        assert power[:9].sum() / power[9] < most


def test_minmax():
    scaled = AttributeScaler("minmax").fit(MATRIX).transform(MATRIX)[:, VARYING]
    assert scaled.min(axis=0).tolist() == [-1, -1]
    assert scaled.max(axis=0).tolist() == [1, 1]


def test_rms_of_unit_rows_multiplies_by_the_root_of_their_number():
    rows = MATRIX / np.linalg.norm(MATRIX, axis=1, keepdims=True)
    scaled = AttributeScaler("rms").fit(rows).transform(rows)
    np.testing.assert_allclose(scaled, rows * np.sqrt(3))


def test_constant_attributes_are_silenced():
    """Nothing can be learned about them, so they must not decide between classes."""
    scaler = AttributeScaler("standard").fit(MATRIX)
    unseen = scaler.transform([[1.0, 10.0, 1000.0]])
    assert unseen[0, 2] == 0
    assert scaler.inverse_transform(np.ones((1, 3)))[0, 2] == 3


def test_unit_rows_are_centred_directions():
    scaler = AttributeScaler("unit").fit(MATRIX)
    scaled = scaler.transform(MATRIX)
    np.testing.assert_allclose(np.linalg.norm(scaled, axis=1), 1)
    centred = MATRIX - MATRIX.mean(axis=0)
    lengths = np.linalg.norm(centred, axis=1, keepdims=True)
    np.testing.assert_allclose(scaled * lengths, centred, atol=1e-12)
    usual = np.sqrt((lengths**2).mean())
    back = scaler.inverse_transform(scaled) - MATRIX.mean(axis=0)
    np.testing.assert_allclose(np.linalg.norm(back, axis=1), usual)


@pytest.mark.parametrize("scaling", sorted(SCALINGS))
def test_rows_of_one_length_after_any_scaling(scaling):
    plain = AttributeScaler(scaling).fit(MATRIX)
    scaler = AttributeScaler(scaling, row_length=2.0).fit(MATRIX)
    rows, scaled = plain.transform(MATRIX), scaler.transform(MATRIX)
    lengths = np.linalg.norm(rows, axis=1)
    np.testing.assert_allclose(scaled * lengths[:, None], 2 * rows, atol=1e-12)
    # Rows of the usual length come back as they were.
    usual = np.sqrt((lengths**2).mean())
    back, expected = (
        one.inverse_transform(part)
        for one, part in ((scaler, scaled), (plain, scaled * usual / 2))
    )
    np.testing.assert_allclose(back, expected, atol=1e-9)


def test_binary_attributes():
    binary = AttributeBinarizer().fit(MATRIX)
    assert binary.transform(MATRIX).tolist() == [[0, 0, 0], [0, 1, 0], [1, 0, 0]]
    assert binary.varies_.tolist() == [True, True, False]
    np.testing.assert_allclose(binary.frequency_, [1 / 3, 1 / 3, 0])
    sure = binary.inverse_transform([[50.0, -50.0, 0.0]])
    np.testing.assert_allclose(sure, [[4.0, 15.0, 3.0]])
    undecided = binary.inverse_transform([[0.0, 0.0, 0.0]])
    np.testing.assert_allclose(undecided, [[2.25, 22.5, 3.0]])


def test_balanced_scaler_weighs_classes_equally():
    X = np.array([[0.0], [0.0], [0.0], [4.0]])
    scaler = BalancedScaler().fit(X, np.array([0, 0, 0, 1]))
    np.testing.assert_allclose(scaler.mean_, 2.0)
    np.testing.assert_allclose(scaler.var_, 4.0)


def test_a_row_of_zeros_has_no_length():
    rows = np.array([[3.0, 4.0], [0.0, 0.0]])
    scaled = AttributeScaler("none", row_length=2.0).fit(rows).transform(rows)
    np.testing.assert_allclose(scaled, [[1.2, 1.6], [0.0, 0.0]])
