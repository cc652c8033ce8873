"""One bar for a whole fit, one table for all its epochs."""

import copy
import pickle
import re

import pytest

from tests.common import small
from zsl_estimators import FGANClassifier, RevCDClassifier, RidgeSemanticClassifier
from zsl_estimators.progress import FitProgress, Reporter


def bar_of(progress):
    return progress.bar.n, progress.bar.total


def test_bar_counts_the_steps_of_all_models():
    progress = FitProgress("fit", 10, "epoch", shown=True)
    assert bar_of(progress) == (0, 10)
    progress.begin(n_folds=2)
    first, final = progress.reporter(0), progress.reporter(-1)
    first(4)
    first(6, loss="0.5")
    assert bar_of(progress) == (6, 30)
    progress.end(0)
    progress.end(1)
    final(3)
    assert bar_of(progress) == (23, 30)
    progress.end(-1)
    assert bar_of(progress) == (30, 30)
    progress.bar.close()


def test_reporters_report_to_nobody_in_another_process():
    progress = FitProgress("fit", 10, "epoch", shown=True)
    for copied in (
        pickle.loads(pickle.dumps(progress.reporter(-1))),
        copy.deepcopy(progress.reporter(-1)),
        Reporter(),
    ):
        copied(5)
    assert progress.bar.n == 0
    progress.bar.close()


@pytest.mark.usefixtures("few_folds")
@pytest.mark.parametrize("n_jobs", [None, 2])
@pytest.mark.parametrize("cls", [FGANClassifier, RidgeSemanticClassifier])
def test_one_bar_for_a_fit(cls, n_jobs, task, capfd):
    clf = small(cls, attributes=task.attributes, random_state=0, verbose=1)
    clf.set_params(n_jobs=n_jobs).fit(task.X_train, task.y_train)
    out, shown = capfd.readouterr()
    assert out == ""
    # Those of the folds, one of all seen classes, and the final one.
    n_models = clf.held_out_results_["fold"].nunique() + 2
    n_steps = n_models * getattr(clf, "max_epochs", 1)
    assert f"{n_steps}/{n_steps}" in shown
    assert shown.count("\n") == 1
    assert set(re.findall(r"(\w+): +\d+%", shown)) == {cls.__name__}


@pytest.mark.parametrize("early_stopping", [True, False])
def test_one_table_for_a_fit(early_stopping, task, capfd):
    clf = small(RevCDClassifier, attributes=task.attributes, random_state=0, verbose=2)
    clf.set_params(early_stopping=early_stopping, seen_penalty=0.0, max_epochs=2)
    clf.set_params(correction_weight=1.0)
    for _ in range(2):
        clf.fit(task.X_train, task.y_train)
        out, err = capfd.readouterr()
        header, line, *rows = out.splitlines()
        assert header.split()[:2] == ["fold", "epoch"]
        assert set(line) == {"-", " "}
        folds = [row.split()[0] for row in rows]
        n_folds = clf.held_out_results_["fold"].nunique() if early_stopping else 0
        of_folds = [f"{number}/{n_folds}" for number in range(1, n_folds + 1)]
        assert folds == [
            *[fold for fold in of_folds for _ in range(2)],
            *["all"] * clf.n_iter_,
        ]
        assert "\x1b" not in out
        assert err == ""
