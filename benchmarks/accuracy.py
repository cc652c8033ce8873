"""Accuracy of the estimators on generalized zero-shot data sets, chosen honestly.

Usage::

    python benchmarks/accuracy.py FOLDER [--sets NAME ...] [--estimators NAME ...]
                                  [--seeds 3] [--csv FILE]

FOLDER holds ``.npz`` files in the layout of ``zsl_estimators.datasets.load_gzsl_npz``;
the handwritten digits need none. Every estimator runs with its defaults, but for those
whose name says what is different. A model is
fitted on the training rows of the seen classes, where it also chooses its epochs and
its seen penalty, and meets the test rows once. Figures are means of per-class
accuracies over all choices of unseen classes and seeds.
"""

import argparse
import time
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.ensemble import RandomForestClassifier
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import LocalOutlierFactor
from tqdm.auto import tqdm

import zsl_estimators
from zsl_estimators.datasets import load_digits_gzsl, load_gzsl_npz
from zsl_estimators.metrics import gzsl_scorer, harmonic_mean_scorer

ESTIMATORS = (
    "RidgeSemanticClassifier",
    "ExemplarClassifier",
    "RevCDClassifier",
    "FGANClassifier",
    "VAEcFlowClassifier",
    "ESZSLClassifier, gamma 10, lambda 1, centered",
    "ESZSLClassifierCV",
    "SAEClassifier",
    "DAPClassifier",
    "DAPClassifier, naive Bayes",
    "DAPClassifier, random forest",
    "IAPClassifier",
    "ConSEClassifier",
    "CMTClassifier",
    "CMTClassifier, novelty detection",
    "ALEClassifier",
    "ALEClassifier, WARP",
    "DeViSEClassifier",
    "SJEClassifier",
    "LatEmClassifier",
    "SynCClassifier",
    "ClassNormClassifier",
)
SETTINGS = {
    "gamma 10, lambda 1, centered": {
        "gamma": 10.0,
        "lmbda": 1.0,
        "feature_scaling": "centered",
    },
    "naive Bayes": {"estimator": GaussianNB()},
    "random forest": {
        "estimator": RandomForestClassifier(min_samples_leaf=5, max_samples=0.3)
    },
    "novelty detection": {"novelty_detector": LocalOutlierFactor(novelty=True)},
    "WARP": {"loss": "warp"},
}
DIGIT_PAIRS = [(digit, (digit + 1) % 10) for digit in range(10)]
FIGURES = ["T1", "U", "S", "H", "H without penalty", "AUSUC", "seconds"]


def find_tasks(folder, wanted):
    """List (set name, loader of one task), one per choice of unseen classes."""
    tasks = [
        ("digits", lambda pair=pair: load_digits_gzsl(pair)) for pair in DIGIT_PAIRS
    ]
    for path in sorted(Path(folder).glob("*.npz")):
        with np.load(path) as file:
            n_sets = len(file["unseen_sets"]) if "unseen_sets" in file else 0
        tasks += [
            (path.stem, lambda path=path, j=j: load_gzsl_npz(path, unseen_set=j))
            for j in range(n_sets)
        ]
    return [task for task in tasks if not wanted or task[0] in wanted]


def estimator(name):
    """An estimator by its name, with the settings that follow after a comma."""
    cls, _, settings = name.partition(", ")
    return getattr(zsl_estimators, cls)(**(SETTINGS[settings] if settings else {}))


def run(clf, data, seed):
    """Fit one estimator on one task and give its figures."""
    start = time.perf_counter()
    clf.set_params(attributes=data.attributes, random_state=seed)
    clf.fit(data.X_train, data.y_train)
    figures = gzsl_scorer(clf, data.X_test, data.y_test)
    figures["seconds"] = time.perf_counter() - start
    clf.seen_penalty_ = 0.0
    uncalibrated = harmonic_mean_scorer(clf, data.X_test, data.y_test)
    return {**figures, "H without penalty": uncalibrated}


def run_all(tasks, estimators, n_seeds, csv, make=estimator):
    """Run everything; rows are written to `csv` as they come."""
    rows = []
    plan = [
        (set_name, load, name, seed)
        for set_name, load in tasks
        for name in estimators
        for seed in range(n_seeds)
    ]
    progress = tqdm(plan, unit="fit")
    for set_name, load, name, seed in progress:
        progress.set_description(f"{set_name} {name}")
        row = {"set": set_name, "estimator": name, "seed": seed}
        rows.append({**row, **run(make(name), load(), seed)})
        if csv:
            pd.DataFrame(rows).to_csv(csv, index=False)
    return pd.DataFrame(rows)


def summarise(results):
    """Mean and standard deviation per set and estimator, as text."""
    groups = results.groupby(["set", "estimator"], sort=False)[FIGURES]
    means, spreads = groups.mean(), groups.std()
    table = means.copy().astype(object)
    for figure in FIGURES:
        digits = 1 if figure == "seconds" else 3
        table[figure] = [
            f"{mean:.{digits}f} ± {spread:.{digits}f}"
            for mean, spread in zip(means[figure], spreads[figure], strict=True)
        ]
    return table.reset_index()


def to_markdown(table):
    """Format a table of strings for Markdown."""
    lines = [list(table.columns), ["---"] * table.shape[1], *table.to_numpy().tolist()]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def parse_arguments(description, estimators):
    """Read the command line; find the tasks."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("folder", help="folder of .npz files")
    parser.add_argument("--sets", nargs="*", help="names of files, or digits")
    parser.add_argument("--estimators", nargs="*", default=estimators)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--csv", help="write every single run to this file")
    arguments = parser.parse_args()
    tasks = find_tasks(arguments.folder, arguments.sets)
    if not tasks:
        parser.error(f"no data set found in {arguments.folder}")
    return tasks, arguments.estimators, arguments.seeds, arguments.csv


def main():
    results = run_all(*parse_arguments(__doc__.split("\n")[0], ESTIMATORS))
    print(to_markdown(summarise(results)))


if __name__ == "__main__":
    main()
