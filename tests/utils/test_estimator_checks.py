"""The checks notice estimators that break the rule they stand for."""

import importlib
import os
import pkgutil

import numpy as np
import pytest
import torch
from sklearn import get_config

from zsl_estimators import RidgeSemanticClassifier
from zsl_estimators.utils import estimator_checks
from zsl_estimators.utils.estimator_checks import _suite as checks
from zsl_estimators.utils.estimator_checks._networks import without_gpus


class UsesBatchStatistics(RidgeSemanticClassifier):
    def _score_classes(self, Z):
        return super()._score_classes(Z - Z.mean(axis=0))


class MovesGlobalState(RidgeSemanticClassifier):
    def _score_classes(self, Z):
        torch.rand(1)
        return super()._score_classes(Z)


class FollowsGlobalSettings(RidgeSemanticClassifier):
    def _score_classes(self, Z):
        scores = super()._score_classes(Z)
        return scores + (get_config()["transform_output"] == "pandas")


class IsRandom(RidgeSemanticClassifier):
    def _fit(self, problem, choice, random_state):
        super()._fit(problem, choice, random_state)
        self.coef_ = self.coef_ + np.random.RandomState().normal()


class RanksByPosition(RidgeSemanticClassifier):
    """Aligns rows by position, whatever their labels are."""

    def _make_table(self, y):
        table = super()._make_table(y)
        rows = np.asarray(self.attributes, dtype=float)
        return type(table)(table.labels, rows, table.seen)


class PutsOutSinglePrecision(RidgeSemanticClassifier):
    def _penalised_scores(self, X):
        for scores in super()._penalised_scores(X):
            yield scores.astype(np.float32)


class ForgetsThePenalty(RidgeSemanticClassifier):
    def _penalised_scores(self, X):
        for scores in super()._penalised_scores(X):
            yield scores + self.seen_penalty_


class WritesAFile(RidgeSemanticClassifier):
    def _fit(self, problem, choice, random_state):
        super()._fit(problem, choice, random_state)
        with open("model.txt", "w") as file:
            file.write("fitted")


class RescalesWithNewClasses(RidgeSemanticClassifier):
    """Old scores change when a class is added."""

    def _score_classes(self, Z):
        return super()._score_classes(Z) / len(self.classes_)


class AcceptsAnything(RidgeSemanticClassifier):
    def _make_table(self, y):
        if hasattr(self.attributes, "isna") and self.attributes.isna().any(axis=None):
            self.attributes = self.attributes.fillna(0.0)
        return super()._make_table(y)


@pytest.mark.parametrize(
    ("broken", "check"),
    [
        (UsesBatchStatistics, checks.check_rows_are_independent),
        (MovesGlobalState, checks.check_global_random_state),
        (FollowsGlobalSettings, checks.check_global_output_setting),
        (IsRandom, checks.check_same_seed_same_model),
        (RanksByPosition, checks.check_row_order_does_not_matter),
        (PutsOutSinglePrecision, checks.check_scores),
        (ForgetsThePenalty, checks.check_auto_penalty),
        (WritesAFile, checks.check_no_files_are_written),
        (RescalesWithNewClasses, checks.check_add_classes),
        (AcceptsAnything, checks.check_refused_class_tables),
    ],
)
@pytest.mark.filterwarnings("ignore::zsl_estimators.exceptions.ZeroShotWarning")
def test_a_broken_rule_is_noticed(broken, check):
    with pytest.raises(AssertionError):
        check(broken.__name__, broken())


def test_torch_checks_run_where_there_is_a_device():
    assert not any(
        check.func in checks.TORCH_CHECKS
        for _, check in checks.zero_shot_checks(RidgeSemanticClassifier())
    )


def test_gpus_are_hidden_from_a_new_process_only(monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0")
    assert without_gpus(os.getenv, "CUDA_VISIBLE_DEVICES") == ""
    assert os.environ["CUDA_VISIBLE_DEVICES"] == "0"


def test_every_check_is_in_a_list():
    listed = {*checks.ALL_CHECKS, *checks.TORCH_CHECKS}
    written = set()
    for module in pkgutil.iter_modules(estimator_checks.__path__):
        path = f"{estimator_checks.__name__}.{module.name}"
        written |= {
            thing
            for name, thing in vars(importlib.import_module(path)).items()
            if name.startswith("check_") and thing.__module__ == path
        }
    assert written - listed == {estimator_checks.check_zero_shot_estimator}
