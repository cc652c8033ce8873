"""Parts of an ONNX graph against plain loops."""

import numpy as np
import pytest
import torch

from zsl_estimators.onnx_export import (
    Added,
    Affine,
    Beside,
    BilinearScores,
    Columns,
    CosineScores,
    DistanceScores,
    KernelScores,
    PenalisedDecision,
    ProjectionScores,
    Rounded,
    UnitRows,
    doubles,
)
from zsl_estimators.semantic._feature_cache import FeatureCache

rng = np.random.RandomState(0)
X, S = rng.normal(size=(5, 3)), rng.normal(size=(4, 3))


def scores_of(module, score):
    """Every pair of a row and a class, one after the other."""
    expected = [[score(x, s) for s in S] for x in X]
    np.testing.assert_allclose(module(doubles(X)).numpy(), expected, rtol=1e-12)


def test_scores():
    scores_of(DistanceScores(doubles(S)), lambda x, s: -((x - s) ** 2).sum() / 2)
    scores_of(
        CosineScores(doubles(S), 7.0),
        lambda x, s: 7 * x @ s / np.linalg.norm(x) / np.linalg.norm(s),
    )
    scores_of(ProjectionScores(doubles(S)), lambda x, s: (x @ s - s @ s / 2) / 3)
    weight = rng.normal(size=(2, 3, 3))
    bilinear = BilinearScores(doubles(weight), doubles(S))
    scores_of(bilinear, lambda x, s: max(x @ w @ s for w in weight))


def test_distances_are_not_negative():
    same = doubles(1e6 + S)
    assert (DistanceScores(same)(same) <= 0).all()


def test_kernel():
    rows = X / np.linalg.norm(X, axis=1, keepdims=True)
    y = np.array([2, 0, 1, 0, 2])
    cache = FeatureCache(rows, y)
    shares = cache.shares(np.array([3, 0, 1]), 4)
    scores = KernelScores(doubles(cache.keys), 2.0, doubles(shares))(doubles(rows))
    for i, row in enumerate(rows):
        for k, column in enumerate([3, 0, 1]):
            values = [np.exp(-2 * (1 - row @ key)) for key in rows[y == k]]
            assert scores[i, column] == pytest.approx(np.mean(values), rel=1e-12)
    assert (scores[:, 2] == 0).all()


def test_rows_of_length_one():
    scaled = UnitRows(shortest=1e-3)(doubles([[3.0, 4.0], [0.0, 0.0], [1e-4, 0.0]]))
    np.testing.assert_allclose(scaled, [[0.6, 0.8], [0, 0], [0, 0]])
    assert not UnitRows()(torch.zeros(1, 2)).isnan().any()


def test_parts():
    x = doubles(X)
    diagonal = Affine(doubles([1.0, 2.0, 3.0]), doubles([2.0, 0.5, 1.0]))
    np.testing.assert_allclose(diagonal(x), (X - [1, 2, 3]) * [2, 0.5, 1])
    shifted = Affine(doubles([1.0, 2.0, 3.0]), doubles(S.T), doubles(S[:, 0]))
    np.testing.assert_allclose(shifted(x), (X - [1, 2, 3]) @ S.T + S[:, 0])
    added = Added(diagonal, Columns(0, 3), weights=(2.0, -1.0))
    np.testing.assert_allclose(added(x), 2 * diagonal(x).numpy() - X)
    beside = Beside(Columns(1, None), Columns(0, 1))
    np.testing.assert_array_equal(beside(x), X[:, [1, 2, 0]])
    assert Rounded()(x).dtype == torch.float64
    np.testing.assert_array_equal(Rounded()(x), X.astype(np.float32))


def test_penalised_decision():
    """Columns change places, the penalty goes off, and offsets keep their digits."""
    scaler = Affine(doubles([1e7, 0.0]), doubles([1.0, 1.0]))
    order, penalties = torch.tensor([1, 0]), doubles([0.0, 5.0])
    decision = PenalisedDecision(scaler, torch.nn.Identity(), order, penalties)
    x = torch.tensor([[1e7 + 3, 1.0], [1e7 + 9, 2.0]], dtype=torch.float32)
    scores, position = decision(x)
    np.testing.assert_array_equal(scores, [[1.0, -2.0], [2.0, 4.0]])
    assert position.tolist() == [0, 1]
