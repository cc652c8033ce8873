import math

import numpy as np
import pytest

from tests.common import small
from zsl_estimators import GAZSLClassifier
from zsl_estimators.datasets import make_gzsl
from zsl_estimators.generative._gazsl import PAPER
from zsl_estimators.metrics import harmonic_mean_score

TRAINED = {"early_stopping": False, "seen_penalty": 0.0, "decision": "gaussian"}


def fitted(task, **parameters):
    parameters = {"attributes": task.attributes, "random_state": 0, **parameters}
    return small(GAZSLClassifier, **parameters).fit(task.X_train, task.y_train)


def distance_of_means(clf, task):
    """Of generated from real features of the seen classes."""
    X, y = clf.sample(300, classes=task.seen_classes)
    return np.mean(
        [
            np.linalg.norm(
                X[y == c].mean(axis=0) - task.X_train[task.y_train == c].mean(axis=0)
            )
            for c in task.seen_classes
        ]
    )


def test_pivot_pulls_means_to_those_of_real_features(task):
    settings = {**TRAINED, "max_epochs": 12, "lr": 1e-2}
    with_pivot, without = (
        distance_of_means(fitted(task, pivot_weight=weight, **settings), task)
        for weight in (5.0, 0.0)
    )
    assert with_pivot < 0.7 * without


def test_start_is_the_initial_estimator(task):
    """What is not trained answers like it, but for a constant."""
    clf = fitted(task, **TRAINED, lr=1e-30)
    gap = clf.decision_function(task.X_test) - clf.init_.decision_function(task.X_test)
    np.testing.assert_allclose(gap, gap.mean(), atol=1e-3)


def test_no_training_is_a_candidate(task):
    assert 0 in set(fitted(task).held_out_results_["candidate"])


def test_losses_of_weight_zero_are_left_out(task):
    settings = {**TRAINED, "max_epochs": 1}
    names = set(fitted(task, **settings).history_[-1])
    assert {"pivot_loss", "decay_loss", "lasso_loss"} <= names
    settings |= {"pivot_weight": 0.0, "weight_decay": 0.0, "condition_dim": None}
    names = set(fitted(task, **settings).history_[-1])
    assert not {"pivot_loss", "decay_loss", "lasso_loss"} & names
    assert {"critic_classification_loss", "classification_loss"} <= names


def test_comes_close_to_the_best_possible_answer():
    """With a trained generator, whatever the folds would say."""
    data = make_gzsl(60, n_seen=12, n_unseen=4, n_attributes=6, random_state=0)
    clf = fitted(data, early_stopping=False, decision="gaussian")
    assert clf.n_iter_ == 3
    best = data.density.posterior(data.X_test).argmax(axis=1)
    limit, reached = (
        harmonic_mean_score(data.y_test, y, seen_classes=data.seen_classes)
        for y in (best, clf.predict(data.X_test))
    )
    assert reached > limit - 0.05


@pytest.mark.parametrize("dataset", ["AWA1", "AWA2", "CUB", "SUN", "APY", "FLO"])
def test_paper_params_make_the_network_of_the_code(dataset, task):
    settings = GAZSLClassifier.paper_params(dataset)
    _, n_rows = PAPER["code"][dataset]
    n_batches = settings["max_epochs"] * math.ceil(n_rows / settings["batch_size"])
    assert n_batches == pytest.approx(15_000, rel=1e-3)
    widths = {"module__generator_hidden": (16,), "module__critic_hidden": (16,)}
    settings["net_params"] |= widths
    clf = fitted(task, **settings | {"max_epochs": 2})
    generator = clf.net_.module_.generator
    assert generator.coloring is None
    assert generator.noise_dim == settings["net_params"]["module__noise_dim"]
    assert clf.head_.n_neighbors == 20
    assert clf.score(task.X_train, task.y_train) > 0.5


def test_sets_without_published_settings():
    with pytest.raises(ValueError, match=r"'GTSRB'.*AWA1, AWA2"):
        GAZSLClassifier.paper_params("GTSRB")


def test_tanh_needs_no_initial_estimator(task):
    with pytest.raises(ValueError, match="init=None"):
        fitted(task, net_params={"module__output_activation": "tanh"})
