"""The table of decision rules: one network, and what a rerun leaves alone."""

import shutil
from functools import partial
from pathlib import Path

import pandas as pd
import pytest
from sklearn.utils import Bunch

import rules
from tasks import Task
from tests.common import quick
from zsl_estimators import DiffusionClassifier
from zsl_estimators.calibration import _held_out


@pytest.fixture(scope="module")
def one_task(task):
    with pytest.MonkeyPatch.context() as patch:
        quickly = partial(quick, DiffusionClassifier)
        patch.setattr(rules, "DiffusionClassifier", quickly)
        network = partial(rules.SynthesisByDiffusion, max_epochs=1)
        patch.setattr(rules, "synthesis", network)
        patch.setattr(_held_out, "MOST_FOLDS", 2)
        yield Task("made", "0", lambda: Bunch(**task))


@pytest.fixture(scope="module")
def made(one_task, tmp_path_factory):
    path = tmp_path_factory.mktemp("rules") / "rules.csv"
    rules.run_task(one_task, ["error", "inversion", "synthesis"], 0, 20, path)
    return path


def test_rows_of_all_rules(made):
    table = pd.read_csv(made)
    assert table["estimator"].tolist() == ["error", "inversion", "synthesis"]
    assert table["H"].between(0, 1).all()
    assert table["evaluations"].tolist() == [11 * 16, 4 * 50, 1]
    assert "| made | error |" in rules.table(made, ["error"])


def test_only_what_is_missing_is_run(one_task, made, tmp_path):
    made = Path(shutil.copy(made, tmp_path))
    before = made.read_text()
    rules.run_task(one_task, ["error", "inversion"], 0, 20, made)
    assert made.read_text() == before
    rules.run_task(one_task, ["error", "cross_attention"], 0, 20, made)
    assert pd.read_csv(made)["estimator"].tolist()[3:] == ["cross_attention"]
