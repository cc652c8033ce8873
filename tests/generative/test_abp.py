import pickle

import numpy as np
import pytest
import torch

from tests.common import small
from zsl_estimators import ABPClassifier
from zsl_estimators.datasets import make_gzsl
from zsl_estimators.metrics import harmonic_mean_score
from zsl_estimators.problem import Problem


def fitted(task, **parameters):
    parameters = {"attributes": task.attributes, "random_state": 0, **parameters}
    return small(ABPClassifier, **parameters).fit(task.X_train, task.y_train)


@pytest.mark.parametrize("init", ["auto", None])
def test_comes_close_to_the_best_possible_answer(init):
    """Trained from the initial estimator, and from nothing."""
    data = make_gzsl(40, n_seen=12, n_unseen=4, n_attributes=5, random_state=0)
    clf = ABPClassifier(
        data.attributes,
        init=init,
        decision="gaussian",
        latent_dim=4,
        generator_hidden=(64,),
        n_langevin_steps=2,
        lr=3e-3,
        max_epochs=15,
        early_stopping=False,
        seen_penalty=0.0,
        random_state=0,
    ).fit(data.X_train, data.y_train)
    best = data.density.posterior(data.X_test).argmax(axis=1)
    limit, ours = (
        harmonic_mean_score(data.y_test, y, seen_classes=data.seen_classes)
        for y in (best, clf.predict(data.X_test))
    )
    assert ours > limit - 0.05


def fixed(task, **parameters):
    settings = {"early_stopping": False, "seen_penalty": 0.0, "decision": "gaussian"}
    return fitted(task, **{**settings, **parameters})


def test_latents_leave_with_the_training(task):
    for warm_start in (False, True):
        clf = fixed(task, warm_start=warm_start)
        assert clf.net_.module_.latents is None


def test_warm_start_takes_another_number_of_rows(task):
    clf = fixed(task, warm_start=True)
    step = clf.net_.module_.langevin_step.item()
    clf.fit(task.X_train[::2], task.y_train[::2])
    assert len(clf.history_) == 6
    assert clf.net_.module_.langevin_step != step
    assert clf.score(task.X_test, task.y_test) > 0.5


def test_step_is_adapted_or_fixed(task):
    assert fixed(task).net_.module_.langevin_step != 0.5
    given = fixed(task, langevin_step=0.2, device="cpu").net_.module_.langevin_step
    np.testing.assert_allclose(given, 0.2)


def test_too_large_a_step_is_reported(task):
    """The latents of unadjusted dynamics diverge."""
    with pytest.raises(ValueError, match=r"epoch \d+"):
        fixed(task, langevin_step=20.0, max_epochs=50)


def test_loss_becomes_smaller(task):
    losses = fixed(task, max_epochs=20, lr=1e-2).history_[:, "train_loss"]
    assert losses[-1] < losses[0]


def test_initial_estimator_needs_whitened_features(task):
    with pytest.raises(ValueError, match='feature_scaling="whitened"'):
        fitted(task, feature_scaling="minmax")


@pytest.mark.parametrize("dataset", ["AWA1", "awa2", "CUB", "SUN"])
def test_paper_params_are_parameters(dataset):
    clf = ABPClassifier(**ABPClassifier.paper_params(dataset))
    assert clf.langevin_step == 0.1
    assert clf.init is None
    assert clf.get_params()["head__hidden"] == ()


def test_unknown_paper_params():
    with pytest.raises(ValueError, match=r"'FLO'.*AWA1, AWA2, CUB"):
        ABPClassifier.paper_params("FLO")
    with pytest.raises(ValueError, match="from source='paper'"):
        ABPClassifier.paper_params("CUB", source="paper")


def test_paper_network(task):
    settings = {
        **ABPClassifier.paper_params("CUB"),
        "generator_hidden": (16,),
        "n_synthetic": 20,
        "max_epochs": 2,
    }
    clf = fitted(task, **settings)
    X, _ = clf.sample(50)
    assert (task.X_train.min(axis=0) - 1e-5 <= X).all(), "relu after min-max scaling"
    groups = clf.net_.get_params_for_optimizer("optimizer", [])[1]
    assert groups["weight_decay"] == 1e-3


def test_chains_go_on_after_a_move_to_another_process(task):
    """Folds do between two stages; the result is that of one process."""
    clf = fixed(task, device="cpu")
    position = np.searchsorted(task.seen_classes, task.y_train)
    problem = Problem.scaled(
        task.X_train,
        position,
        clf._table,
        clf.feature_scaler_,
        clf.attribute_scaler_,
        np.random.RandomState(0),
    )
    trainings = [clf._new_training(problem, 3, np.random.RandomState(0)) for _ in "ab"]
    for moves, training in zip((False, True), trainings, strict=True):
        training.attach(clf._training_data(problem)).advance()
        if moves:
            training = pickle.loads(pickle.dumps(training))
            training.attach(clf._training_data(problem))
        training.advance()
        trainings[moves] = training
    alone, moved = (training.net.module_ for training in trainings)
    assert torch.equal(alone.latents, moved.latents)
    noise = torch.zeros(8, alone.noise_dim)
    generated = [
        net(noise, net.class_attributes, net.class_centers) for net in (alone, moved)
    ]
    assert torch.equal(*generated)
