"""Memory of a fit on features that are mapped from a file, alone and with Dask.

Usage::

    python benchmarks/memory_map.py [--rows 1000000] [--features 512]

Fits RidgeSemanticClassifier on features in half precision. What is printed is by how
much the processes grow, the one that fits and the two workers of a local Dask cluster;
pages of the mapped file do not count. Linux only.
"""

import argparse
import os
import tempfile
import time
from pathlib import Path

import joblib
import numpy as np
from distributed import Client, LocalCluster

from process_memory import watched
from zsl_estimators import RidgeSemanticClassifier

N_CLASSES, N_SEEN, N_ATTRIBUTES = 60, 50, 20
ROWS_AT_A_TIME = 20_000


def mapped_task(folder, n_rows, n_features):
    """Write features to a file; return their map, labels and a class table."""
    random = np.random.RandomState(0)
    attributes = random.normal(size=(N_CLASSES, N_ATTRIBUTES))
    means = attributes @ random.normal(size=(N_ATTRIBUTES, n_features)) / 5
    y = random.randint(N_SEEN, size=n_rows)
    path = Path(folder) / "X.npy"
    X = np.lib.format.open_memmap(path, "w+", np.float16, (n_rows, n_features))
    for start in range(0, n_rows, ROWS_AT_A_TIME):
        of_rows = means[y[start : start + ROWS_AT_A_TIME]]
        X[start : start + ROWS_AT_A_TIME] = of_rows + random.normal(size=of_rows.shape)
    X.flush()
    return np.load(path, mmap_mode="r"), y, attributes


def fit(task, processes, n_jobs=None):
    """Fit, print what it took, and return scores of some rows."""
    X, y, attributes = task
    clf = RidgeSemanticClassifier(attributes, random_state=0, n_jobs=n_jobs)
    start = time.perf_counter()
    with watched(processes) as growth:
        clf.fit(X, y)
    seconds = time.perf_counter() - start
    print(f"{seconds:7.1f} s, growth in MiB: {growth}", flush=True)
    return clf.decision_function(X[:1000])


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--features", type=int, default=512)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        task = mapped_task(folder, options.rows, options.features)
        print(f"map of {task[0].nbytes / 2**20:.0f} MiB")
        print("alone", end=" ")
        alone = fit(task, [os.getpid()])
        with (
            LocalCluster(n_workers=2, threads_per_worker=1) as cluster,
            Client(cluster) as client,
            joblib.parallel_config(backend="dask"),
        ):
            print("this process and two workers", end=" ")
            workers = client.run(os.getpid).values()
            shared = fit(task, [os.getpid(), *workers], n_jobs=-1)
        print("bitwise the same scores:", np.array_equal(alone, shared))


if __name__ == "__main__":
    main()
