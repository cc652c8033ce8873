"""The table of decision rules: one network, and what a rerun leaves alone."""

from functools import partial

import pandas as pd
import pytest
from sklearn.utils import Bunch

import rules
from tasks import Task
from tests.common import small
from zsl_estimators import DiffusionClassifier


@pytest.fixture
def one_task(task, monkeypatch):
    monkeypatch.setattr(
        rules, "DiffusionClassifier", partial(small, DiffusionClassifier)
    )
    network = partial(rules.SynthesisByDiffusion, max_epochs=2)
    monkeypatch.setattr(rules, "synthesis", network)
    return Task("made", "0", lambda: Bunch(**task))


@pytest.fixture
def made(one_task, tmp_path):
    path = tmp_path / "rules.csv"
    rules.run_task(one_task, ["error", "inversion", "synthesis"], 0, 20, path)
    return path


def test_rows_of_all_rules(made):
    table = pd.read_csv(made)
    assert table["estimator"].tolist() == ["error", "inversion", "synthesis"]
    assert table["H"].between(0, 1).all()
    assert table["evaluations"].tolist() == [11 * 16, 4 * 50, 1]
    assert "| made | error |" in rules.table(made, ["error"])


def test_only_what_is_missing_is_run(one_task, made):
    before = made.read_text()
    rules.run_task(one_task, ["error", "inversion"], 0, 20, made)
    assert made.read_text() == before
    rules.run_task(one_task, ["error", "cross_attention"], 0, 20, made)
    assert pd.read_csv(made)["estimator"].tolist()[3:] == ["cross_attention"]
