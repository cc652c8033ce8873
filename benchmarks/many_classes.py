"""Memory and time of predictions among as many classes as ImageNet has.

Usage::

    python benchmarks/many_classes.py [--estimators ALEClassifier ...]
        [--rows 20000] [--classes 21345] [--against REVISION]

Every estimator is fitted in a small way, in a process of its own with one thread, and
predicts the rows at once. What is printed is by how much the process grew meanwhile,
the CPU seconds, and the share of the first rows for which the answer is the class with
the largest decision function. The other revision does the same. Linux only.
"""

import argparse
import json
import os
import time

import numpy as np

from fit_cost import compared, json_of_child
from process_memory import watched

N_SEEN, N_FEATURES, N_ATTRIBUTES, ROWS_PER_CLASS = 200, 256, 50, 5
CHECKED_ROWS = 1000


def small_settings():
    """Parameters that make fits short; how long a prediction takes depends on none."""
    from zsl_estimators import SoftmaxHead

    short = {"max_epochs": 1, "early_stopping": False}
    return {
        "RidgeSemanticClassifier": {},
        "ExemplarClassifier": {},
        "ALEClassifier": short,
        "VAEcFlowClassifier": {
            "decision": "head",
            "head": SoftmaxHead(max_epochs=1),
            "n_synthetic": 1,
            "synthesis": "stream",
            **short,
        },
        "DiffusionClassifier": {"rule": "inversion", **short},
    }


def main():
    arguments = parsed()
    if arguments.child:
        print(json.dumps(cost_of_one(arguments)))
        return
    with compared(arguments.against) as checkouts:
        for estimator in arguments.estimators:
            given = [
                *("--estimators", estimator, "--rows", str(arguments.rows)),
                *("--classes", str(arguments.classes)),
            ]
            for revision, checkout in checkouts.items():
                cost = json_of_child(__file__, checkout, given)
                print(f"{estimator:25s} {revision:10s} {cost}", flush=True)


def parsed():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--estimators", nargs="+", default=list(small_settings()))
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--classes", type=int, default=21_345)
    parser.add_argument("--against", metavar="REVISION")
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    return parser.parse_args()


def cost_of_one(arguments):
    """Growth and CPU seconds of a prediction, in the process that this is called in."""
    (name,) = arguments.estimators
    clf, X = fitted(name, arguments.classes), rows_of(arguments.rows)
    clf.predict(X[:10])
    with watched([os.getpid()]) as growth:
        start = time.process_time()
        labels = clf.predict(X)
        seconds = time.process_time() - start
    checked = X[:CHECKED_ROWS]
    best = clf.classes_[clf.decision_function(checked).argmax(axis=1)]
    return {
        "MiB": growth[0],
        "CPU seconds": round(seconds, 1),
        "equal": float((labels[:CHECKED_ROWS] == best).mean()),
    }


def fitted(name, n_classes):
    """An estimator that knows all classes, and saw some rows of a few."""
    import zsl_estimators

    rng = np.random.RandomState(0)
    attributes = rng.normal(size=(n_classes, N_ATTRIBUTES))
    y = np.repeat(np.arange(N_SEEN), ROWS_PER_CLASS)
    means = attributes[:N_SEEN] @ rng.normal(size=(N_ATTRIBUTES, N_FEATURES))
    X = means[y] + rng.normal(size=(len(y), N_FEATURES))
    clf = getattr(zsl_estimators, name)(
        attributes, seen_penalty=0.0, random_state=0, **small_settings()[name]
    )
    return clf.fit(X, y)


def rows_of(n_rows):
    scale = np.sqrt(N_ATTRIBUTES)
    return scale * np.random.RandomState(1).normal(size=(n_rows, N_FEATURES))


if __name__ == "__main__":
    main()
