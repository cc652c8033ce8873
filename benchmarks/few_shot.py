"""What a few labelled rows of unseen classes do, and what unlabelled rows do.

Usage::

    python benchmarks/few_shot.py --data FOLDER [--sets NAME ...] [--draws 10]
                                  [--rows 0 1 2 5 20] [--estimators NAME ...]

FOLDER is that of ``accuracy.py``. Of every data set the first choice of unseen classes
is taken. In each draw half of the test rows of each class, a random choice, are test
rows of all figures. Of the other half some rows of the unseen classes are labelled; or
all of it, seen and unseen classes, is given without labels ("self").
"""

import argparse
import pickle
import warnings

import numpy as np
import pandas as pd

import zsl_estimators
from coverage import first_choices
from zsl_estimators import SelfTrainingZeroShotClassifier
from zsl_estimators.exceptions import ZeroShotWarning
from zsl_estimators.metrics import gzsl_report
from zsl_estimators.self_training import UNLABELLED

ESTIMATORS = ["ExemplarClassifier", "RidgeSemanticClassifier", "ESZSLClassifier"]


def halves(y, seed):
    """Positions of two halves of every class, in random order."""
    order = np.random.RandomState(seed).permutation(len(y))
    rank = pd.Series(order).groupby(y[order]).cumcount().to_numpy()
    first = rank < pd.Series(y).groupby(y).transform("size").to_numpy()[order] / 2
    return order[first], order[~first]


def figures(clf, data, tested):
    """S, U, H and T1 on test rows."""
    X, y = data.X_test[tested], data.y_test[tested]
    report = gzsl_report(
        y,
        clf.predict(X),
        seen_classes=clf.seen_classes_,
        y_score=clf.decision_function(X),
        classes=clf.classes_,
    )
    return report[["S", "U", "H", "T1"]].iloc[0]


def with_rows(fitted, data, pool, n_rows):
    """A fitted model that is given so many rows of every unseen class."""
    clf = pickle.loads(fitted)
    y = data.y_test[pool]
    given = [pool[y == label][:n_rows] for label in clf.unseen_classes_]
    given = np.concatenate(given).astype(int)
    return clf.add_classes(X=data.X_test[given], y=data.y_test[given])


def self_trained(clf, data, pool):
    """A model that is given rows without labels."""
    X = np.concatenate([data.X_train, data.X_test[pool]])
    marks = np.full(len(pool), UNLABELLED, dtype=object)
    y = np.concatenate([np.asarray(data.y_train).astype(object), marks])
    return SelfTrainingZeroShotClassifier(clf).fit(X, y)


def results(name, data, all_n_rows, n_draws):
    """Mean figures by number of rows."""
    clf = getattr(zsl_estimators, name)(data.attributes, random_state=0)
    fitted, rows = pickle.dumps(clf.fit(data.X_train, data.y_train)), []
    for seed in range(n_draws):
        pool, tested = halves(np.asarray(data.y_test), seed)
        for n_rows in all_n_rows:
            model = with_rows(fitted, data, pool, n_rows) if n_rows else clf
            rows.append({"rows": n_rows, **figures(model, data, tested)})
        model = self_trained(clf, data, pool)
        rows.append({"rows": "self", **figures(model, data, tested)})
    return pd.DataFrame(rows).groupby("rows", sort=False).mean()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", help="folder of data sets")
    parser.add_argument("--sets", nargs="+", help="names of data sets; default all")
    parser.add_argument("--draws", type=int, default=10)
    parser.add_argument("--rows", type=int, nargs="+", default=[0, 1, 2, 5, 20])
    parser.add_argument("--estimators", nargs="+", default=ESTIMATORS)
    arguments = parser.parse_args()
    warnings.simplefilter("ignore", ZeroShotWarning)
    for task in first_choices(arguments.data, arguments.sets):
        data = task.load()
        for name in arguments.estimators:
            shown = results(name, data, arguments.rows, arguments.draws)
            print(f"{task.set} {name}", shown.T.round(3).to_string(), sep="\n")
            print(flush=True)


if __name__ == "__main__":
    main()
