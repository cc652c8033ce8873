"""The results table survives anything, and never looks at a test row too early."""

import os
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.io import savemat
from sklearn.utils import Bunch

import accuracy
import runner
from runner import append_row, in_fresh_process, read_rows
from tasks import Task, find_tasks
from tests.common import DIFFERENT, quick
from zsl_estimators.datasets import save_gzsl_npz

SCRIPT = Path(accuracy.__file__)
NAMES = ["RidgeSemanticClassifier", "SynCClassifier"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory, task):
    """A folder with one data set and two choices of unseen classes."""
    folder = tmp_path_factory.mktemp("data")
    X = np.concatenate([task.X_train, task.X_test])
    y = np.concatenate([task.y_train, task.y_test])
    names = [f"class {c:02d}" for c in range(11)]
    save_gzsl_npz(
        folder / "tiny.npz",
        X,
        np.array(names)[y],
        task.attributes.set_axis(names),
        is_test=np.arange(len(y)) >= len(task.y_train),
        unseen_sets=[[names[c] for c in task.unseen_classes]] * 2,
    )
    return folder


def command(folder, csv, names=NAMES):
    return [
        *(sys.executable, SCRIPT, "--data", folder, "--sets", "tiny"),
        *("--estimators", *names, "--seeds", "1", "--n-jobs", "2", "--csv", csv),
    ]


def n_lines(path):
    return path.read_text().count("\n") if path.exists() else 0


def figures(csv):
    table = pd.read_csv(csv).drop(columns=accuracy.COSTS)
    return table.sort_values(list(table.columns[:4])).reset_index(drop=True)


def in_this_process(function, *arguments):
    """What `in_fresh_process` does, without the imports of a fresh process."""
    try:
        return function(*arguments)
    except Exception as error:
        raise RuntimeError(repr(error)) from error


def interrupted(function, *arguments):
    raise KeyboardInterrupt


@pytest.fixture
def run_here(monkeypatch):
    """Run the script in this process, rows included."""
    monkeypatch.setattr(runner, "in_fresh_process", in_this_process)

    def run_here(command):
        monkeypatch.setattr(sys, "argv", [str(word) for word in command[1:]])
        accuracy.main()

    return run_here


def test_killed_twice_it_ends_with_the_same_table(
    folder, tmp_path, run_here, monkeypatch, capsys
):
    undisturbed, disturbed = tmp_path / "undisturbed.csv", tmp_path / "disturbed.csv"
    run_here(command(folder, undisturbed))
    with subprocess.Popen(command(folder, disturbed), stderr=subprocess.DEVNULL) as run:
        while run.poll() is None and n_lines(disturbed) <= 1:
            time.sleep(0.02)
        run.send_signal(signal.SIGKILL)
    n_rows = len(read_rows(disturbed))
    assert 1 <= n_rows < 4
    # The second time before any other row is there.
    with monkeypatch.context() as patch:
        patch.setattr(runner, "in_fresh_process", interrupted)
        with pytest.raises(KeyboardInterrupt):
            run_here(command(folder, disturbed))
    assert len(read_rows(disturbed)) == n_rows
    capsys.readouterr()
    run_here(command(folder, disturbed))
    assert f"{n_rows} of 4 rows already" in capsys.readouterr().out
    pd.testing.assert_frame_equal(figures(undisturbed), figures(disturbed))
    tables = [csv.with_suffix(".md").read_text() for csv in (undisturbed, disturbed)]
    until_seconds = [
        [line.split(" | ")[:9] for line in table.splitlines()] for table in tables
    ]
    assert until_seconds[0] == until_seconds[1]
    assert [line[1] for line in until_seconds[0][2:]] == NAMES


def test_first_choices_of_all_sets_come_first():
    tasks = [Task("a", "0", None), Task("a", "1", None), Task("b", "0", None)]
    plan = accuracy.make_plan(tasks, ["X", "Y"], 1, lambda name, set_name: None)
    assert [tuple(names.values())[:3] for names, _ in plan] == [
        (set_name, unseen, name)
        for set_name, unseen in [("a", "0"), ("b", "0"), ("a", "1")]
        for name in "XY"
    ]


def test_an_unfinished_line_is_run_again(tmp_path):
    path = tmp_path / "rows.csv"
    path.write_text("set,unseen,estimator,seed,H\na,0,b,0,0.5\na,0,b,1,0.")
    assert list(read_rows(path)) == [("a", "0", "b", "0")]
    assert path.read_text().endswith("0.5\n")


@pytest.mark.parametrize("text", ["", "set,unse"])
def test_an_unfinished_header_is_written_again(tmp_path, text):
    path = tmp_path / "rows.csv"
    path.write_text(text)
    assert read_rows(path) == {}
    append_row(path, {"set": "a", "unseen": "0", "estimator": "b", "seed": 0, "H": 1.0})
    assert list(read_rows(path)) == [("a", "0", "b", "0")]


def test_files_of_other_runs_are_not_touched(tmp_path):
    path = tmp_path / "rows.csv"
    path.write_text("set,unseen,estimator,seed,seconds\na,0,b,0,0.5\n")
    with pytest.raises(SystemExit, match="--csv"):
        append_row(path, {"set": "a", "unseen": "0", "seed": 0, "H": 1.0})
    assert n_lines(path) == 2


def test_a_process_that_dies_is_reported():
    with pytest.raises(RuntimeError, match="exit code 3"):
        in_fresh_process(os._exit, 3)


def test_an_error_in_a_process_is_reported():
    with pytest.raises(RuntimeError, match=r"ValueError.*'three'"):
        in_fresh_process(int, "three")


def test_an_error_is_reported(capfd, folder, tmp_path, run_here):
    """The other rows are there all the same."""
    csv = tmp_path / "rows.csv"
    run_here(command(folder, csv, ["RidgeSemanticClassifier", "NoSuchClassifier"]))
    errors = capfd.readouterr().err
    assert "NoSuchClassifier" in errors
    assert "2 of 4 rows failed" in errors
    assert len(read_rows(csv)) == 2


def test_figures_of_a_row(folder):
    (first, _) = find_tasks(folder, ["tiny"])
    row = accuracy.run(
        partial(accuracy.estimator, NAMES[0], "tiny", "honest"), first.load, 0
    )
    assert {*accuracy.FIGURES, *accuracy.COSTS} <= set(row)
    assert row["oracle H"] >= max(row["H"], row["H without penalty"])
    assert row["peak MiB"] > 50


def test_xlsa17_folders_are_found(tmp_path, task):
    position = np.arange(1, len(task.y_test) + len(task.y_train) + 1)
    n_train = len(task.y_train)
    unseen = np.isin(task.y_test, task.unseen_classes)
    (tmp_path / "ZOO").mkdir()
    savemat(
        tmp_path / "ZOO" / "res101.mat",
        {
            "features": np.concatenate([task.X_train, task.X_test]).T,
            "labels": np.concatenate([task.y_train, task.y_test])[:, None] + 1.0,
        },
    )
    savemat(
        tmp_path / "ZOO" / "att_splits.mat",
        {
            "att": task.attributes.to_numpy().T,
            "allclasses_names": np.array([[f"c{c}"] for c in range(11)], dtype=object),
            "trainval_loc": position[:n_train, None],
            "test_seen_loc": position[n_train:][~unseen][:, None],
            "test_unseen_loc": position[n_train:][unseen][:, None],
        },
    )
    (zoo,) = find_tasks(tmp_path, ["ZOO"])
    row = accuracy.run(
        partial(accuracy.estimator, NAMES[0], "ZOO", "paper"), zoo.load, 0
    )
    assert row["seen penalty"] == 0
    assert row["H"] == row["H without penalty"]


def test_paper_protocol_has_published_settings():
    clf = accuracy.estimator("FGANClassifier", "cub", "paper")
    assert clf.n_synthetic == 300
    assert clf.seen_penalty == 0
    assert not clf.early_stopping
    assert accuracy.estimator("FGANClassifier", "cub", "honest").seen_penalty == "auto"


@pytest.mark.usefixtures("few_folds")
@pytest.mark.parametrize("cls", DIFFERENT)
def test_test_rows_leave_no_trace(task, cls):
    """Noise and other labels in their place change no fitted attribute."""
    fitted = []

    def make():
        fitted.append(quick(cls))
        return fitted[-1]

    rng = np.random.RandomState(0)
    noise = Bunch(
        **{
            **task,
            "X_test": rng.normal(size=task.X_test.shape, scale=100),
            "y_test": rng.permutation(task.y_test),
        }
    )
    rows = [accuracy.run(make, lambda data=data: data, 0) for data in (task, noise)]
    assert rows[0]["seen penalty"] == rows[1]["seen penalty"]
    assert rows[0]["H"] != rows[1]["H"] or rows[0]["S"] != rows[1]["S"]
    assert_same_attributes(*fitted)
    np.testing.assert_array_equal(
        *(clf.decision_function(task.X_train) for clf in fitted)
    )


def assert_same_attributes(one, other):
    """Compare what is comparable: numbers, arrays, tables, names."""
    compared = 0
    for name, value in vars(one).items():
        if name.endswith("_") and isinstance(value, int | float | str | np.ndarray):
            np.testing.assert_array_equal(value, getattr(other, name), err_msg=name)
            compared += 1
        elif name.endswith("_") and isinstance(value, pd.DataFrame):
            pd.testing.assert_frame_equal(value, getattr(other, name))
            compared += 1
    assert compared >= 5


def test_summary_of_one_seed_has_no_spread():
    results = pd.DataFrame(
        [{"set": "a", "estimator": "b"} | dict.fromkeys(accuracy.FIGURES, 0.25)]
    ).assign(**dict.fromkeys(accuracy.COSTS, 12.0))
    table = accuracy.to_markdown(accuracy.summarise(results))
    assert table.splitlines()[2].startswith("| a | b | 0.250 | 0.250 |")
    assert "±" not in table
