"""Numbers of epochs as candidates: which are scored, and when training ends."""

import pickle
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from tests.common import small
from zsl_estimators import ClassNormClassifier, FGANClassifier, RevCDClassifier
from zsl_estimators.training import EpochStage
from zsl_estimators.training._epochs import BestEpochStage, TrainedNet


class CountingTraining:
    """A training whose net is a number; another one stops it early."""

    def __init__(self, n_epochs, stops_at=None):
        self.n_done, self.n_epochs, self.stops_at = 0, n_epochs, stops_at
        self.n_attached = 0
        weight = torch.zeros(1)
        module = SimpleNamespace(state_dict=lambda: {"weight": weight})
        self.net = SimpleNamespace(inference_module=module)

    @property
    def is_over(self):
        return self.n_done in (self.n_epochs, self.stops_at)

    def attach(self, data):
        self.n_attached += 1

    def advance(self):
        self.n_done += 1
        self.net.inference_module.state_dict()["weight"].fill_(self.n_done)
        return True


class Model:
    def __init__(self, stops_at=None):
        self.stops_at = stops_at

    def _new_training(self, problem, n_epochs, random_state):
        self.training = CountingTraining(n_epochs, self.stops_at)
        return self.training

    def _weighted_data(self, problem):
        return None

    def _net_has_changed(self):
        pass

    def _apply_setting(self, setting):
        self.setting = setting

    def _weigh_correction(self, weight):
        self.correction_weight_ = weight


def stage(**settings):
    defaults = {"max_epochs": 20, "only_last": False, "growth": 1.2, "patience": 5}
    settings = {"weights": (1.0,), **defaults, **settings}
    return EpochStage(np.random.RandomState(0), **settings)


def followed(one, best_of, model=None):
    """All epochs that are scored, where `best_of` says which one is the best so far."""
    model, problem, best, scored, calls = model or Model(), object(), None, [], []
    while True:
        states = [*one.candidates(model, problem, best)]
        calls.append([state.n_epochs for state in states])
        scored += calls[-1]
        best = TrainedNet(best_of(scored))
        if one.is_over(best):
            return scored, calls


def test_training_ends_with_patience():
    scored, calls = followed(stage(), lambda scored: min(2, max(scored)))
    assert scored == [0, 1, 2, 3, 4, 5, 6, 8]
    # It asks when patience could have ended, and not before.
    assert calls == [[0, 1, 2, 3, 4, 5], [6, 8]]


def test_training_that_helps_goes_on_to_the_end():
    scored, _ = followed(stage(), max)
    assert scored == [0, 1, 2, 3, 4, 5, 6, 8, 10, 12, 15, 18, 20]
    assert followed(stage(growth=1.0), max)[0] == list(range(21))


def test_no_training_that_helps():
    model = Model()
    scored, _ = followed(stage(), min, model)
    assert scored == [0, 1, 2, 3, 4, 5]
    assert model.training.n_attached == 1


def test_an_untrained_net_need_not_be_scored():
    scored, calls = followed(stage(first=1), lambda scored: min(2, max(scored)))
    assert scored == [1, 2, 3, 4, 5, 6, 8]
    assert calls == [[1, 2, 3, 4, 5], [6, 8]]


@pytest.mark.parametrize(
    ("cls", "parameters", "first"),
    [
        (RevCDClassifier, {}, 0),
        (RevCDClassifier, {"init": None}, 1),
        (FGANClassifier, {"init": None}, 1),
        (ClassNormClassifier, {}, 1),
    ],
)
def test_zero_epochs_are_a_candidate_with_an_initial_estimator(
    few_folds, task, cls, parameters, first
):
    clf = small(cls, attributes=task.attributes, random_state=0, **parameters)
    clf.set_params(max_epochs=2).fit(task.X_train, task.y_train)
    assert clf.held_out_results_["candidate"].min() == first
    assert clf.n_iter_ >= first


def test_without_patience():
    assert followed(stage(patience=None), min)[0][-1] == 20


def test_only_the_last():
    assert followed(stage(only_last=True), min)[0] == [20]


def test_every_weight_of_the_correction_is_scored():
    """But for no training, where there is no correction."""
    model, seen = Model(), []
    for state in stage(max_epochs=2, weights=(0.5, 1.0)).candidates(model, 0, None):
        assert model.correction_weight_ == state.correction_weight
        seen.append(state[:2])
    assert seen == [(0, 1.0), (1, 0.5), (1, 1.0), (2, 0.5), (2, 1.0)]


def test_a_callback_may_end_the_training():
    scored, _ = followed(stage(patience=None), max, Model(stops_at=4))
    assert scored == [0, 1, 2, 3, 4]


def test_snapshots_of_the_best_are_kept():
    one, model, problem = stage(), Model(), object()
    list(one.candidates(model, problem, None))
    assert sorted(one.snapshots) == [0, 1, 2, 3, 4, 5]
    list(one.candidates(model, problem, TrainedNet(3)))
    assert sorted(one.snapshots) == [3, 6, 8]
    assert one.snapshots[3]["weight"].item() == 3


def test_best_states_of_several_nets_are_compared():
    """Each net from its start; then all go back to what was best of them."""
    model, problem = Model(), object()
    first, second = (stage(setting=("width", name)) for name in ("narrow", "wide"))
    list(first.candidates(model, problem, None))
    best = TrainedNet(3, 1.0, first.setting)
    scored = [state.n_epochs for state in second.candidates(model, problem, best)]
    assert scored == [0, 1, 2, 3, 4, 5]
    assert model.setting == ("width", "wide")
    went_back = []
    for one in (first, second):
        one.training.net.inference_module.load_state_dict = went_back.append
    last = TrainedNet(5, 1.0, second.setting)
    compared = []
    for state in BestEpochStage(first, second).candidates(model, problem, last):
        assert model.setting == state.setting
        compared.append(state)
    assert compared == [last, best]
    assert [snapshot["weight"].item() for snapshot in went_back] == [5, 3]


def test_data_is_attached_once_and_after_a_move(task):
    clf = small(RevCDClassifier, attributes=task.attributes, random_state=0)
    clf.set_params(max_epochs=4, early_stopping=False, seen_penalty=0.0)
    clf.fit(task.X_train, task.y_train)
    problem = clf._scaled_problem(task.X_train, task.y_train, np.random.RandomState(0))

    def weights(moves):
        one = stage(max_epochs=4, growth=1.0, patience=1)
        for best in (None, 1, 2, 3):
            list(one.candidates(clf, problem, best and TrainedNet(best)))
            if moves:
                one = pickle.loads(pickle.dumps(one))
        assert sorted(one.snapshots) == [3, 4]
        return one.snapshots[4]

    torch.testing.assert_close(
        dict(weights(moves=False)), dict(weights(moves=True)), rtol=0, atol=0
    )


@pytest.mark.parametrize("patience", [0, 2.5, "long"])
def test_patience_is_checked(task, patience):
    clf = small(RevCDClassifier, attributes=task.attributes, patience=patience)
    with pytest.raises(ValueError, match="patience"):
        clf.fit(task.X_train, task.y_train)
