"""Decisions in the latent space of aligned autoencoders."""

import numpy as np
import pytest
import torch
from scipy.spatial.distance import cdist

from tests.common import small
from zsl_estimators import CADAVAEClassifier, ExemplarClassifier
from zsl_estimators.decisions import LatentHead, LatentNearestMean
from zsl_estimators.decisions._latent import (
    drawn_latents,
    latent_generator,
    moved_classes,
    moved_rows,
)
from zsl_estimators.exceptions import ZeroShotWarning
from zsl_estimators.seeds import private_random_state

# As good as no training.
STANDS_STILL = 1e-12


@pytest.fixture(scope="module")
def init():
    return ExemplarClassifier(alpha=0.1, shrinkage=0.1, attribute_scaling="standard")


def fitted(task, init, **parameters):
    settings = {
        "attributes": task.attributes,
        "init": init,
        "attribute_scaling": "standard",
        "early_stopping": False,
        "seen_penalty": 0.0,
        "decision": "gaussian",
        "lr": 0.03,
        "device": "cpu",
        "random_state": 0,
        **parameters,
    }
    return small(CADAVAEClassifier, **settings).fit(task.X_train, task.y_train)


def scaled_problem(clf, task):
    return clf._scaled_problem(task.X_train, task.y_train, private_random_state(0))


@pytest.mark.parametrize("latent_dim", [1, 3, 8])
def test_before_training_the_nearest_mean_is_the_initial_estimator(
    task, init, latent_dim
):
    """However few latents there are."""
    clf = fitted(task, init, latent_dim=latent_dim, lr=STANDS_STILL)
    np.testing.assert_allclose(
        clf.decision_function(task.X_test),
        clf.init_.decision_function(task.X_test),
        rtol=1e-3,
        atol=1e-3,
    )


def test_training_moves_features_as_far_as_their_latents(task, init):
    clf = fitted(task, init)
    generator, Z = clf._generator_to_score_with(), clf._scaled(task.X_test)
    network = generator.module
    with torch.inference_mode():
        found = network.base.encode(torch.tensor(moved_rows(generator, Z)))
        expected = network(torch.tensor(Z))
    used = (network.base.loadings > 1e-3).numpy()
    assert 3 <= used.sum() < 8
    np.testing.assert_allclose(found[:, used], expected[:, used], atol=1e-6)
    assert abs(moved_rows(generator, Z) - Z).max() > 0.1


def test_nearest_mean_of_moved_features(task, init):
    """Observed means of the seen classes, those of descriptions of the others."""
    clf = fitted(task, init)
    problem, generator = scaled_problem(clf, task), clf._generator_to_score_with()
    rows = moved_rows(generator, problem.X)
    means = moved_classes(generator)
    for k, position in enumerate(np.flatnonzero(problem.seen)):
        means[position] = rows[problem.y == k].mean(axis=0)
    moved = moved_rows(generator, clf._scaled(task.X_test))
    expected = -(cdist(moved, means[clf._order]) ** 2) / 2
    np.testing.assert_allclose(
        clf.decision_function(task.X_test), expected, rtol=1e-4, atol=1e-3
    )


def test_half_of_a_correction_moves_half_as_far(task, init):
    whole, half = (fitted(task, init, correction_weight=w) for w in (1.0, 0.5))
    Z = whole._scaled(task.X_test)
    base = whole._class_tensors()[1].double().numpy()
    for start, moved in (
        (Z, lambda clf: moved_rows(clf._generator_to_score_with(), Z)),
        (base, lambda clf: moved_classes(clf._generator_to_score_with())),
    ):
        np.testing.assert_allclose(
            moved(half) - start, (moved(whole) - start) / 2, atol=1e-6
        )


def test_without_an_initial_estimator_latents_are_compared(task):
    """Relative to their covariance within the classes, which is shrunk a little."""
    clf = fitted(task, None, latent_dim=2, lr=3e-3, feature_scaling="standard")
    problem, generator = scaled_problem(clf, task), clf._generator_to_score_with()
    with torch.inference_mode():
        latents, of_test = (
            generator.module(torch.tensor(Z)).numpy()
            for Z in (problem.X, clf._scaled(task.X_test))
        )
    means = np.array([latents[problem.y == k].mean(axis=0) for k in range(8)])
    within = latents - means[problem.y]
    inverse = np.linalg.inv(within.T @ within / (len(latents) - len(means)))
    expected = -(cdist(of_test, means, "mahalanobis", VI=inverse) ** 2) / 2
    scores = clf.decision_function(task.X_test)[:, problem.seen[clf._order]]
    error = np.abs(scores - expected).mean()
    assert error < 0.1 * np.abs(expected).mean()


@pytest.mark.parametrize("n_per_class", [None, 7, 100])
def test_latents_are_drawn_around_those_of_rows(task, init, n_per_class):
    clf = fitted(task, init)
    problem, generator = scaled_problem(clf, task), clf._generator()
    drawn = drawn_latents(generator, problem, n_per_class, np.random.RandomState(0))
    counts = np.bincount(problem.y) if n_per_class is None else [n_per_class] * 8
    np.testing.assert_array_equal(np.bincount(drawn.y), counts)
    with torch.inference_mode():
        mean, log_variance = generator.module.encode_features(
            torch.tensor(problem.X).float()
        )
    for k in range(8):
        rows = problem.y == k
        spread = mean[rows].var(dim=0) + log_variance[rows].exp().mean(dim=0)
        found = drawn.rows.whole[drawn.y == k]
        error = found.mean(axis=0) - mean[rows].mean(dim=0).numpy()
        assert (abs(error) < 5 * np.sqrt(spread.numpy() / len(found))).all()
    if n_per_class == 100:
        # None is drawn twice, though rows are taken more than once.
        assert len(np.unique(drawn.rows.whole, axis=0)) == len(drawn.y)


def test_head_is_trained_on_latents_and_sees_means(task, init):
    clf = fitted(task, init, decision="head", n_real=15)
    assert isinstance(clf.decision_, LatentHead)
    assert clf.head_.n_features_in_ == clf.latent_dim
    network = clf._generator_to_score_with().module
    with torch.inference_mode():
        latents = network(torch.tensor(clf._scaled(task.X_test)))
        latents = latents / (network.base.class_log_variance / 2).exp()
    expected = clf.head_.logits(latents.float().numpy())[:, clf._order]
    np.testing.assert_allclose(clf.decision_function(task.X_test), expected, atol=1e-5)


def test_latents_of_descriptions_are_those_of_the_description_encoder(task, init):
    clf = fitted(task, init)
    generator = clf._generator()
    latents = latent_generator(generator)
    network = generator.module
    with torch.inference_mode():
        base = network.base.encode(generator.centers)
        expected = network.encode_attributes(generator.attributes, base).mean
    found = latents.means(np.arange(11), np.random.RandomState(0))
    np.testing.assert_allclose(found, expected.numpy(), atol=1e-5)


@pytest.mark.parametrize("decision", ["head", "gaussian"])
def test_added_classes_leave_the_scores_of_the_others(task, init, decision):
    hidden = task.unseen_classes[0]
    table = task.attributes.drop(index=hidden)
    clf = fitted(task, init, attributes=table, decision=decision)
    before = clf.decision_function(task.X_test)
    clf.add_classes(task.attributes.loc[[hidden]])
    after = clf.decision_function(task.X_test)
    np.testing.assert_allclose(after[:, clf.classes_ != hidden], before, atol=1e-6)
    assert np.isfinite(after).all()


def test_nearest_mean_of_an_added_class_is_that_of_a_known_one(task, init):
    """A description that is added scores like the same one in the table."""
    clf = fitted(task, init)
    known = task.unseen_classes[0]
    with pytest.warns(ZeroShotWarning, match="by the same numbers"):
        clf.add_classes(task.attributes.loc[[known]].to_numpy(), classes=[99])
    scores = clf.decision_function(task.X_test)
    assert isinstance(clf.decision_, LatentNearestMean)
    np.testing.assert_allclose(
        scores[:, clf.classes_ == 99], scores[:, clf.classes_ == known]
    )
