"""How often sets of classes hold the true one, on test rows.

Usage::

    python benchmarks/coverage.py --data FOLDER [--sets NAME ...] [--level 0.9]
                                  [--estimators NAME ...]

FOLDER is that of ``accuracy.py``. Of every data set the first choice of unseen classes
is taken. Shares are means over classes: of test rows of seen and of unseen classes
whose set holds the true class; what the folds of hidden classes let one expect of
unseen ones; and of all test rows that are rejected as belonging to no class, of which
5 % are allowed.
"""

import argparse
import warnings

import numpy as np
import pandas as pd

import zsl_estimators
from tasks import find_tasks
from zsl_estimators import ConformalZeroShotClassifier
from zsl_estimators.exceptions import ZeroShotWarning

ESTIMATORS = ["ExemplarClassifier", "RidgeSemanticClassifier"]


def first_choices(folder, wanted):
    """The first task of every data set."""
    return {task.set: task for task in reversed(find_tasks(folder, wanted))}.values()


def figures(name, data, level):
    """Coverage on the test rows, and what was expected."""
    clf = getattr(zsl_estimators, name)(data.attributes, random_state=0)
    sets = ConformalZeroShotClassifier(clf, confidence_level=level, random_state=0)
    held = sets.fit(data.X_train, data.y_train).predict_set(data.X_test)
    y = np.asarray(data.y_test)
    is_right = held[np.arange(len(y)), np.searchsorted(sets.classes_, y)]
    of_class = pd.Series(is_right).groupby(y).mean()
    seen = np.isin(of_class.index, sets.seen_classes_)
    return {
        "seen": of_class[seen].mean(),
        "unseen": of_class[~seen].mean(),
        "expected of unseen": sets.coverage_.loc["unseen", "coverage"],
        "hidden classes": sets.n_hidden_classes_,
        "mean size": held.sum(axis=1).mean(),
        "classes": held.shape[1],
        "rejected": sets.is_rejected(data.X_test).mean(),
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", help="folder of data sets")
    parser.add_argument("--sets", nargs="+", help="names of data sets; default all")
    parser.add_argument("--level", type=float, default=0.9)
    parser.add_argument("--estimators", nargs="+", default=ESTIMATORS)
    arguments = parser.parse_args()
    warnings.simplefilter("ignore", ZeroShotWarning)
    for task in first_choices(arguments.data, arguments.sets):
        data = task.load()
        for name in arguments.estimators:
            row = figures(name, data, arguments.level)
            shown = "  ".join(f"{key} {value:.3g}" for key, value in row.items())
            print(f"{task.set:26s}{name:26s}{shown}", flush=True)


if __name__ == "__main__":
    main()
