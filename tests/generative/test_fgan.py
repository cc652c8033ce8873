import numpy as np
import pytest
import torch

from tests.common import small
from zsl_estimators import FGANClassifier
from zsl_estimators.datasets import load_digits_gzsl


def test_estimated_distance_falls_on_digits():
    """The Wasserstein estimate is positive and falls."""
    data = load_digits_gzsl(unseen=(3, 8))
    clf = FGANClassifier(
        data.attributes,
        init=None,
        max_epochs=40,
        early_stopping=False,
        seen_penalty=0.0,
        n_synthetic=1,
        random_state=0,
    ).fit(data.X_train, data.y_train)
    estimate = np.array(clf.history_[:, "wasserstein_estimate"])
    assert estimate.min() > 0
    # Other seeds give .82 to .86.
    assert estimate[-10:].mean() < 0.95 * estimate[3:13].mean()


@pytest.mark.parametrize("dataset", ["AWA1", "AWA2", "CUB", "SUN", "FLO", "APY"])
def test_paper_params_are_parameters(dataset):
    clf = FGANClassifier(**FGANClassifier.paper_params(dataset))
    assert clf.n_critic == 5
    assert clf.init is None
    assert clf.get_params()["head__hidden"] == ()


def test_unknown_paper_params():
    with pytest.raises(ValueError, match=r"'MNIST'.*AWA1, AWA2, CUB"):
        FGANClassifier.paper_params("MNIST")
    with pytest.raises(ValueError, match="from source='code'"):
        FGANClassifier.paper_params("CUB", source="paper")


def test_paper_network(task):
    """Small, but with everything that the paper has and the default has not."""
    settings = {
        **FGANClassifier.paper_params("AWA2"),
        "generator_hidden": (16,),
        "critic_hidden": (16,),
        "noise_dim": 4,
        "n_synthetic": 20,
        "max_epochs": 2,
    }
    clf = FGANClassifier(task.attributes, random_state=0, **settings)
    clf.fit(task.X_train, task.y_train)
    X, _ = clf.sample(50)
    assert (task.X_train.min(axis=0) - 1e-5 <= X).all(), "relu after min-max scaling"
    assert clf.net_.module_.generator.coloring is None


def test_sigmoid_needs_no_initial_estimator(task):
    clf = small(FGANClassifier, attributes=task.attributes, output_activation="sigmoid")
    with pytest.raises(ValueError, match="init=None"):
        clf.fit(task.X_train, task.y_train)


def test_deep_critic_trains(task):
    clf = small(
        FGANClassifier,
        attributes=task.attributes,
        critic_hidden=(8, 8),
        early_stopping=False,
        random_state=0,
    ).fit(task.X_train, task.y_train)
    assert all(np.isfinite(clf.history_[:, "penalty_loss"]))


def test_critic_is_dropped_after_training(task):
    clf = small(FGANClassifier, attributes=task.attributes, random_state=0)
    clf.fit(task.X_train, task.y_train)
    assert clf.net_.module_.critic is None
    assert isinstance(clf.net_.inference_module, torch.nn.Module)
