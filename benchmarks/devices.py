"""What a GPU changes: seconds of a fit there and on the CPU, and what both predict.

Usage::

    python benchmarks/devices.py [--data FOLDER] [--sets NAME ...]
                                 [--estimators NAME ...] [--csv devices.csv]

Every estimator is fitted with its defaults on the first choice of unseen classes of a
set, on the CPU and on the GPU, in a process of its own. Times are wall seconds, which
on a GPU are what counts; the machine should do nothing else. "Same answer" is the
share of test rows that both models answer alike: random numbers of a GPU are others
than those of a CPU, so two trainings differ as two seeds do. "Moved" is the largest
difference between the scores of the GPU's model and of its copy in a process that
sees no GPU.
"""

import os
import pickle
import time
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import numpy as np

from accuracy import command_line, estimator, figures, make_plan
from runner import run_missing
from tasks import find_tasks

NETWORKS = (
    "RevCDClassifier",
    "VAEcFlowClassifier",
    "FGANClassifier",
    "ZeroDiffClassifier",
    "DiffusionClassifier",
    "CADAVAEClassifier",
    "TFVAEGANClassifier",
    "ABPClassifier",
    "CVAEClassifier",
    "ALEClassifier",
    "ClassNormClassifier",
    "CMTClassifier",
)


def run(make, load, seed):
    """Fit on both devices; give seconds, figures and how far they agree."""
    data, found, answers = load(), {}, {}
    for device in ("cuda", "cpu"):
        clf = make().set_params(
            attributes=data.attributes, random_state=seed, device=device
        )
        start = time.perf_counter()
        clf.fit(data.X_train, data.y_train)
        found[f"{device} fit seconds"] = time.perf_counter() - start
        start = time.perf_counter()
        answers[device] = clf.predict(data.X_test)
        found[f"{device} predict seconds"] = time.perf_counter() - start
        if device == "cuda":
            found["moved"] = moved(clf, data.X_test)
        of_device = figures(clf, data, answers[device])
        found |= {f"{device} {name}": of_device[name] for name in ("H", "AUSUC")}
    found["same answer"] = np.mean(answers["cuda"] == answers["cpu"])
    return found


def moved(clf, X):
    """How far scores differ where there is no GPU."""
    with ProcessPoolExecutor(1, get_context("spawn"), initializer=hide_gpus) as pool:
        there = pool.submit(scores_of_copy, pickle.dumps(clf), X).result()
    return np.abs(clf.decision_function(X) - there).max()


def hide_gpus():
    os.environ["CUDA_VISIBLE_DEVICES"] = ""


def scores_of_copy(content, X):
    return pickle.loads(content).decision_function(X)


def main():
    parser = command_line(__doc__, NETWORKS, Path("devices.csv"))
    arguments = parser.parse_args()
    tasks = find_tasks(arguments.data, arguments.sets)
    first = {task.set: task for task in reversed(tasks)}
    make = partial(estimator, protocol="honest")
    plan = make_plan(list(first.values()), arguments.estimators, 1, make)
    results = run_missing(plan, run, arguments.csv)
    print(results.drop(columns=["unseen", "seed"]).round(3).to_string(index=False))


if __name__ == "__main__":
    main()
