import copy

import numpy as np
import pytest
import torch
from scipy.special import softmax
from sklearn.base import clone
from sklearn.datasets import make_blobs
from sklearn.linear_model import LogisticRegression

from tests.decisions.common import streamed
from zsl_estimators import SoftmaxHead
from zsl_estimators.decisions import _softmax_head
from zsl_estimators.training import _device


@pytest.fixture(scope="module")
def blobs():
    X, y = make_blobs(600, n_features=4, centers=5, cluster_std=2.0, random_state=0)
    return ((X - X.mean(axis=0)) / X.std(axis=0)).astype(np.float32), y


def test_linear_head_is_logistic_regression(blobs):
    X, y = blobs
    head = SoftmaxHead(hidden=(), max_epochs=300, lr=0.05, random_state=0).fit(X, y)
    # The weight of ||W||^2 / 2 per sample is sklearn's 1 / (n C). The intercept is
    # penalised too: it is the weight of a constant feature.
    exact = LogisticRegression(
        C=1 / (len(X) * head.weight_decay), fit_intercept=False, max_iter=2000
    )
    with_constant = np.column_stack([X, np.ones(len(X))])
    expected = exact.fit(with_constant, y).predict_proba(with_constant)
    np.testing.assert_allclose(head.predict_proba(X), expected, atol=0.01)


def test_settings_of_the_optimiser_reach_it(blobs):
    """Against plain steps of torch's Adam on the whole batch."""
    X, y = blobs
    settings = {"lr": 0.01, "betas": (0.5, 0.9), "weight_decay": 0.0}
    head = SoftmaxHead(
        hidden=(),
        max_epochs=20,
        lr_schedule="constant",
        batch_size=len(X),
        random_state=0,
        **settings,
    ).fit(X, y)
    start = SoftmaxHead(
        hidden=(), max_epochs=1, lr=1e-30, batch_size=len(X), random_state=0
    ).fit(X, y)
    module = start.module_.train()
    optimiser = torch.optim.Adam(module.parameters(), **settings)
    inputs = torch.tensor(X - X.mean(axis=0, dtype=np.float64), dtype=torch.float32)
    for _ in range(20):
        optimiser.zero_grad()
        torch.nn.functional.cross_entropy(module(inputs), torch.tensor(y)).backward()
        optimiser.step()
    with torch.no_grad():
        expected = module.double()(inputs.double()).numpy()
    # The gauge of the logits is rounding: their common part has no gradient.
    expected = softmax(expected, axis=1)
    np.testing.assert_allclose(head.predict_proba(X), expected, atol=5e-4)
    for other in ({"betas": (0.9, 0.999)}, {"lr_schedule": "cosine"}):
        otherwise = clone(head).set_params(**other).fit(X, y)
        assert np.abs(otherwise.predict_proba(X) - expected).max() > 5e-3


@pytest.mark.parametrize("betas", [(0.9,), (0.9, 1.0), (0.5, "a"), (0.1, 0.2, 0.3)])
def test_betas_must_be_two_shares(blobs, betas):
    with pytest.raises(ValueError, match="betas must be two numbers"):
        SoftmaxHead(betas=betas).fit(*blobs)


def test_extend_leaves_old_scores_and_learns_new_classes(blobs):
    X, y = blobs
    head = SoftmaxHead(random_state=0).fit(X, y)
    before = head.logits(X)
    centers = np.vstack([[X[y == k].mean(axis=0) for k in range(5)], [[4.0] * 4]])
    y_more = np.repeat(np.arange(6), 100)
    X_more = centers[y_more] + 0.1 * np.random.RandomState(0).normal(size=(600, 4))
    head.extend(X_more, y_more, np.ones(600), np.array([5]))
    np.testing.assert_allclose(head.logits(X)[:, :5], before, atol=1e-12)
    assert head.predict(np.full((1, 4), 4.0)) == 5
    assert (head.predict(X) == y).mean() > 0.8


def test_new_logits_solve_the_convex_problem(blobs):
    """A few old rows with weights stand for all of them."""
    X, y = blobs
    few = SoftmaxHead(random_state=0, weight_decay=0.1).fit(X[y < 4], y[y < 4])
    all_rows = copy.deepcopy(few).extend(X, y, np.ones(len(X)), np.array([4]))
    new = torch.cat(
        [all_rows.module_.last.weight[4], all_rows.module_.last.bias[4:]]
    ).detach()
    with torch.no_grad():
        hidden = few.module_.body(torch.tensor(np.float32(X - few._origin)))
        others = few.module_.last(hidden).logsumexp(dim=1)
    with_one = torch.column_stack([hidden, torch.ones(len(X))]).requires_grad_(False)
    scored = with_one @ new - others
    error = torch.sigmoid(scored) - torch.tensor(y == 4).float()
    gradient = with_one.T @ error / len(X) + 0.1 * new
    torch.testing.assert_close(gradient, torch.zeros_like(new), atol=1e-3, rtol=0)
    twice = np.concatenate([np.arange(len(X)), np.flatnonzero(y < 4)])
    again = copy.deepcopy(few).extend(
        X[twice], y[twice], np.ones(len(twice)), np.array([4])
    )
    weighted = few.extend(X, y, np.where(y < 4, 2.0, 1.0), np.array([4]))
    np.testing.assert_allclose(weighted.logits(X), again.logits(X), atol=1e-2)


@pytest.mark.parametrize("offset", [1e8, -1e11])
def test_an_offset_changes_nothing(blobs, offset):
    X, y = blobs
    # Multiples of 2^-8, of which an offset leaves every digit.
    X = np.round(X.astype(np.float64) * 256) / 256
    head = SoftmaxHead(random_state=0, max_epochs=3).fit(X, y)
    expected = head.logits(X)
    shifted = head.fit(X + offset, y)
    np.testing.assert_allclose(shifted.logits(X + offset), expected, atol=2e-3)


def test_stream_fits_real_and_synthetic_classes(blobs):
    X, y = blobs
    seen = y < 4
    centers = np.array([X[y == k].mean(axis=0) for k in range(5)])
    features = streamed(X[seen], y[seen], centers, [4], 120)
    head = SoftmaxHead(device="cpu", random_state=0).fit_stream(features, np.arange(5))
    assert (head.predict(X) == y).mean() > 0.8


def test_without_its_device_it_predicts_on_the_cpu(blobs):
    """As a head that was trained on a GPU and unpickled elsewhere does."""
    X, y = blobs
    head = SoftmaxHead(hidden=(4,), max_epochs=2, random_state=0).fit(X, y)
    expected = head.logits(X)
    for device in ("cuda:99", "mps"):
        head._trained_on = device
        np.testing.assert_allclose(head.logits(X), expected, atol=1e-6)


def test_it_predicts_where_it_was_trained(blobs, monkeypatch):
    """Tensors on "meta" have no values that could come back to the host."""
    X, y = blobs
    head = SoftmaxHead(hidden=(4,), max_epochs=2, random_state=0).fit(X, y)
    monkeypatch.setattr(_device, "_is_available", lambda device: True)
    head._trained_on = "meta"
    with pytest.raises(NotImplementedError, match="meta"):
        head.logits(X)
    assert next(head.module_.parameters()).device.type == "cpu"


@pytest.mark.parametrize(
    ("n_batches", "expected"), [(1, 20), (32, 20), (64, 10), (80, 8), (1000, 8)]
)
def test_automatic_epochs_aim_at_a_number_of_steps(n_batches, expected):
    assert SoftmaxHead()._n_epochs(n_batches, None) == expected
    assert SoftmaxHead(max_epochs=3)._n_epochs(n_batches, None) == 3
    assert SoftmaxHead()._n_epochs(n_batches, SoftmaxHead()) == expected // 4


def test_automatic_epochs_of_many_rows(monkeypatch):
    lengths = []

    class Counting(_softmax_head.CosineSchedule):
        def __init__(self, n_epochs):
            lengths.append(n_epochs)
            super().__init__(n_epochs)

    monkeypatch.setattr(_softmax_head, "CosineSchedule", Counting)
    X = np.random.RandomState(0).normal(size=(640, 2))
    y = np.arange(640) % 2
    for batch_size in ("auto", 10):
        SoftmaxHead(hidden=(), batch_size=batch_size, random_state=0).fit(X, y)
    # 16 batches, and 64.
    assert lengths == [20, 10]
