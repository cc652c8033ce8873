"""Latent vectors under one class and features under another one."""

import numpy as np
import pytest
import torch

from tests.common import small
from tests.likelihood.common import ExactDenoiser, random_covariance
from zsl_estimators import DiffusionClassifier
from zsl_estimators.likelihood import NoiseDenoiseRule, slerp
from zsl_estimators.likelihood._latents import decoded, encoded


@pytest.fixture(scope="module")
def untrained(task):
    """A normal distribution per class, for which the flow is known."""
    settings = {"lr": 1e-12, "max_epochs": 1, "early_stopping": False}
    clf = small(
        DiffusionClassifier, attributes=task.attributes, random_state=0, **settings
    )
    return clf.fit(task.X_train, task.y_train)


@pytest.fixture(scope="module")
def fitted(task):
    clf = small(
        DiffusionClassifier, attributes=task.attributes, random_state=0, max_epochs=20
    )
    clf.set_params(early_stopping=False, lr=1e-2, seen_penalty=0.0)
    return clf.fit(task.X_train, task.y_train)


# -- along the flow -----------------------------------------------------------------


def test_latents_of_normal_classes_are_standard_normal():
    """With the exact denoiser the flow is the optimal map, a whitening."""
    covariance = random_covariance(6)
    model = ExactDenoiser.random(3, 6, 2, covariance)
    x, y = model.sample(200)
    latents = encoded(model, x)[torch.arange(len(y)), y]
    found = torch.cov(latents.T)
    torch.testing.assert_close(found, torch.eye(6).double(), atol=0.25, rtol=0)
    values, vectors = torch.linalg.eigh(covariance)
    whitening = vectors @ torch.diag(values.rsqrt()) @ vectors.T
    expected = (x - model.centers[y]) @ whitening
    torch.testing.assert_close(latents, expected, atol=0.1, rtol=0)


def test_decoding_undoes_encoding():
    model = ExactDenoiser.random(3, 6, 2, random_covariance(6))
    x, _ = model.sample(20)
    for column in range(3):
        one = model.subset([column])
        again = decoded(one, encoded(one, x)[:, 0])[:, 0]
        torch.testing.assert_close(again, x, atol=0.05, rtol=0)


def test_untrained_model_moves_samples_from_center_to_center(untrained, task):
    """Features keep their place relative to the centre of the class."""
    X, seen = task.X_test, untrained.seen_classes_
    latents = untrained.encode(X, seen[0])
    found = untrained.decode(latents, seen[1])
    means = untrained.init_.class_means_[np.isin(untrained.classes_, seen[:2])]
    # At the last time the flow still has a little of the centre.
    share = 1 - untrained.net_.module_.diffusion.alpha_bar[-1].sqrt().item()
    expected = X + share * (means[1] - means[0])
    np.testing.assert_allclose(found, expected, atol=1e-4)


def test_own_label_gives_the_features_back(fitted, task):
    y = task.y_train[:20]
    again = fitted.decode(fitted.encode(task.X_train[:20], y), y)
    error = np.abs(again - task.X_train[:20]).max()
    assert error < 0.1 * np.abs(task.X_train[:20]).max()


def test_rows_of_several_classes_are_encoded_on_their_own(fitted, task):
    X, y = task.X_test[:12], task.y_test[:12]
    together = fitted.encode(X, y)
    one_by_one = [fitted.encode(X[i : i + 1], y[i]) for i in range(12)]
    np.testing.assert_allclose(together, np.concatenate(one_by_one), atol=1e-6)


def test_what_cannot_be_encoded(fitted, task):
    X = task.X_test[:3]
    with pytest.raises(ValueError, match="no row"):
        fitted.encode(X, 999)
    with pytest.raises(ValueError, match="2 labels for 3 rows"):
        fitted.encode(X, task.y_test[:2])
    with pytest.raises(ValueError, match="as many as there are features"):
        fitted.decode(np.zeros((3, 1)), task.y_test[0])
    attention = small(
        DiffusionClassifier, attributes=task.attributes, rule="cross_attention"
    ).fit(task.X_train, task.y_train)
    with pytest.raises(ValueError, match="another network"):
        attention.encode(X, task.y_test[0])


# -- interpolation ------------------------------------------------------------------


def test_ends_and_lengths_of_the_path():
    rng = np.random.default_rng(0)
    start, end = rng.normal(size=(2, 5, 7))
    start, end = (v / np.linalg.norm(v, axis=1, keepdims=True) for v in (start, end))
    path = slerp(3 * start, 3 * end, np.linspace(0, 1, 9))
    np.testing.assert_allclose(path[[0, -1]], [3 * start, 3 * end], atol=1e-12)
    np.testing.assert_allclose(np.linalg.norm(path, axis=2), 3.0)


def test_angle_grows_evenly_in_the_plane_of_the_ends():
    """Against turning by an angle, in the plane with given axes."""
    weights = np.array([0.0, 0.2, 0.5, 1.0])
    for angle in (0.4, 2.5):
        start, end = np.array([1.0, 0]), np.array([np.cos(angle), np.sin(angle)])
        expected = np.stack([np.cos(weights * angle), np.sin(weights * angle)], axis=1)
        np.testing.assert_allclose(slerp(start, end, weights), expected, atol=1e-12)


def test_same_and_opposite_directions():
    start = np.array([[1.0, 2.0], [1.0, 0.0]])
    end = np.array([[2.0, 4.0], [-1.0, 0.0]])
    expected = np.array([[1.5, 3.0], [0.0, 0.0]])
    np.testing.assert_allclose(slerp(start, end, [0.5])[0], expected, atol=1e-8)


# -- reconstructions ----------------------------------------------------------------


def test_distances_of_levels_are_those_of_the_rule(fitted, task):
    X, levels = task.X_test[:10], (0.2, 0.7)
    distances = fitted.reconstruction_distances(X, levels)
    assert distances.shape == (2, 10, len(fitted.classes_))
    for level, found in zip(levels, distances, strict=True):
        clf = fitted.with_rule(NoiseDenoiseRule(level=level), seen_penalty=0.0)
        np.testing.assert_allclose(found, -clf.decision_function(X))


def test_distances_grow_with_the_level(untrained, task):
    """Of normal classes in closed form, without noise but for the draws."""
    rule = NoiseDenoiseRule(n_steps=1, n_draws=1)
    X = task.X_test[:5]
    near, far = untrained.reconstruction_distances(X, (0.2, 1.0), rule)
    assert (near < far).mean() > 0.9
    Z = untrained.feature_scaler_.transform(X)
    means = untrained.feature_scaler_.transform(untrained.init_.class_means_)
    noise = untrained.with_rule(rule, 0.0).rule_.noise_[0]
    alpha_bar = untrained.net_.module_.diffusion.alpha_bar[-1].item()
    a, b = alpha_bar**0.5, (1 - alpha_bar) ** 0.5
    back = means + a * ((a * Z + b * noise)[:, None] - a * means)
    expected = ((Z[:, None] - back) ** 2).sum(axis=2) / 2
    np.testing.assert_allclose(far, expected, rtol=1e-3)


def test_impossible_level(fitted, task):
    with pytest.raises(ValueError, match="level"):
        fitted.reconstruction_distances(task.X_test[:2], (0.0, 0.5))
