"""Accuracy of the estimators on generalized zero-shot data sets, chosen honestly.

Usage::

    python benchmarks/accuracy.py --data FOLDER [--sets NAME ...] [--seeds 5]
                                  [--estimators NAME ...] [--n-jobs 2]
                                  [--protocol paper] [--csv FILE]

FOLDER holds ``.npz`` files in the layout of ``zsl_estimators.datasets.load_gzsl_npz``,
or one folder per data set in that of ``load_xlsa17``; the handwritten digits need none.

Every estimator runs with its defaults, but for those whose name says what is
different. NearestDescriptionClassifier and TipAdapterClassifier are for sets whose
features and descriptions share a space, and run where ``--estimators`` names them. A
model is fitted on the training rows of the seen classes, where it also chooses its
epochs and its seen penalty, and meets the test rows once. The figures per
set are means of per-class accuracies over all choices of unseen classes and seeds.
Times are CPU seconds of the process. "Oracle H" is the one with the seen penalty that
is best on the test rows: a bound to compare with, never a result.

With ``--protocol paper`` estimators have the published settings of a set, where there
are any, train for the published number of epochs, and none has a seen penalty: what
papers report, less the epoch that was best on the test rows.

Rows are written to FILE as they come. A run that was killed goes on where it was when
it is started again with the same FILE, accuracy.csv or accuracy_paper.csv by default;
the table is printed, and written as Markdown beside it.
"""

import argparse
import platform
import time
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.ensemble import RandomForestClassifier
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import LocalOutlierFactor

import zsl_estimators
from runner import run_missing
from tasks import find_tasks
from zsl_estimators.metrics import (
    gzsl_report,
    harmonic_mean_score,
    seen_unseen_curve,
)

ESTIMATORS = (
    "RidgeSemanticClassifier",
    "ExemplarClassifier",
    "RevCDClassifier",
    "FGANClassifier",
    "CycleWGANClassifier",
    "GAZSLClassifier",
    "FVAEGANClassifier",
    "TFVAEGANClassifier",
    "CVAEClassifier",
    "CVAEClassifier, prior of classes",
    "ABPClassifier",
    "VAEcFlowClassifier",
    "ZeroDiffClassifier",
    "CADAVAEClassifier",
    "DiffusionClassifier",
    "ESZSLClassifier, gamma 10, lambda 1, centered",
    "ESZSLClassifierCV",
    "SAEClassifier",
    "PQZSLClassifier",
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
    "ZeroShotEnsembleClassifier",
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
    "prior of classes": {"prior": "class"},
}
DIGITS = {"peak MiB": 0, "fit CPU seconds": 1, "predict CPU seconds": 2}
FIGURES = ["T1", "U", "S", "H", "H without penalty", "oracle H", "AUSUC"]
COSTS = ["fit CPU seconds", "predict CPU seconds", "peak MiB"]


def estimator(name, set_name, protocol):
    """An estimator by its name, with the settings that follow after a comma."""
    name, _, settings = name.partition(", ")
    cls = getattr(zsl_estimators, name)
    parameters = SETTINGS[settings] if settings else {}
    if protocol == "paper":
        parameters = {"seen_penalty": 0.0, **published(cls, set_name), **parameters}
    return cls(**parameters)


def published(cls, set_name):
    """Published settings of an estimator for a set, as far as there are any."""
    if hasattr(cls, "paper_params"):
        try:
            return cls.paper_params(set_name.upper())
        except ValueError:
            pass
    return {}


def run(make, load, seed):
    """Fit one estimator on one task and give its figures and costs."""
    data = load()
    clf = make().set_params(attributes=data.attributes, random_state=seed)
    start = time.process_time()
    clf.fit(data.X_train, data.y_train)
    fitted = time.process_time()
    y_pred = clf.predict(data.X_test)
    predicted = time.process_time()
    return {
        **figures(clf, data, y_pred),
        "fit CPU seconds": fitted - start,
        "predict CPU seconds": predicted - fitted,
        "peak MiB": peak_mebibytes(),
    }


def figures(clf, data, y_pred):
    penalty, clf.seen_penalty_ = clf.seen_penalty_, 0.0
    scores = all_columns(clf.decision_function(data.X_test))
    return figures_of_scores(clf, data, scores, penalty, y_pred)


def figures_of_scores(clf, data, scores, penalty, y_pred=None):
    """Figures of scores without the penalty; it is taken off where `y_pred` is None."""
    if y_pred is None:
        is_seen = np.isin(clf.classes_, clf.seen_classes_)
        y_pred = clf.classes_[(scores - penalty * is_seen).argmax(axis=1)]
    columns = {"classes": clf.classes_, "seen_classes": clf.seen_classes_}
    report = gzsl_report(data.y_test, y_pred, y_score=scores, **columns).iloc[0]
    seen, unseen, _ = seen_unseen_curve(data.y_test, scores, **columns)
    plain = clf.classes_[scores.argmax(axis=1)]
    return {
        **report.to_dict(),
        "H without penalty": harmonic_mean_score(
            data.y_test, plain, seen_classes=clf.seen_classes_
        ),
        "oracle H": np.max(2 * seen * unseen / np.maximum(seen + unseen, 1e-12)),
        "seen penalty": penalty,
    }


def all_columns(scores):
    """Two classes have one column."""
    return scores if scores.ndim == 2 else np.column_stack([0 * scores, scores])


def peak_mebibytes():
    """Largest memory this process ever had; NaN on Windows."""
    try:
        import resource
    except ImportError:
        return float("nan")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (2**20 if platform.system() == "Darwin" else 2**10)


def make_plan(tasks, names, n_seeds, make):
    """Rows to run, in an order in which a run cut short has all sets and estimators.

    Seed after seed, and the first choice of unseen classes of every set comes first.
    """
    of_set = pd.Series([task.set for task in tasks])
    choice = of_set.groupby(of_set).cumcount()
    tasks = [tasks[place] for place in np.argsort(choice, kind="stable")]
    return [
        (
            {"set": task.set, "unseen": task.unseen, "estimator": name, "seed": seed},
            (partial(make, name, task.set), task.load, seed),
        )
        for seed in range(n_seeds)
        for task in tasks
        for name in names
    ]


def in_order(results, estimators):
    """Rows by set and estimator, in an order that no interruption changes."""
    place = {name: number for number, name in enumerate(estimators)}
    keys = ["set", "estimator", "unseen", "seed"]
    return results.sort_values(
        keys, key=lambda column: column.map(place) if column.name == keys[1] else column
    )


def summarise(results):
    """Mean and standard deviation per set and estimator, as text."""
    columns = FIGURES + COSTS
    groups = results.groupby(["set", "estimator"], sort=False)[columns]
    means, spreads = groups.mean(), groups.std()
    table = means.copy().astype(object)
    for column in columns:
        digits = DIGITS.get(column, 3)
        table[column] = [
            f"{mean:.{digits}f} ± {spread:.{digits}f}"
            if spread == spread
            else f"{mean:.{digits}f}"
            for mean, spread in zip(means[column], spreads[column], strict=True)
        ]
    return table.reset_index()


def to_markdown(table):
    """Format a table of strings for Markdown."""
    lines = [list(table.columns), ["---"] * table.shape[1], *table.to_numpy().tolist()]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def positive(text):
    """A whole number above 0."""
    if int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text} is not above 0")
    return int(text)


def command_line(description, estimators, csv):
    """Parser of what all tables have in common."""
    parser = argparse.ArgumentParser(description=description.split("\n")[0])
    parser.add_argument("--data", help="folder of .npz files or xlsa17 folders")
    parser.add_argument("--sets", nargs="*", help="names of files, or digits")
    parser.add_argument("--estimators", nargs="*", default=list(estimators))
    parser.add_argument("--seeds", type=positive, default=5)
    parser.add_argument("--n-jobs", type=positive, default=1, help="at a time")
    parser.add_argument("--csv", type=Path, default=csv, help="file of the results")
    return parser


def main():
    parser = command_line(__doc__, ESTIMATORS, None)
    parser.add_argument("--protocol", choices=["honest", "paper"], default="honest")
    protocol = parser.parse_args().protocol
    files = {"honest": "accuracy.csv", "paper": "accuracy_paper.csv"}
    parser.set_defaults(csv=Path(files[protocol]))
    report(parser, partial(estimator, protocol=protocol))


def report(parser, make, variants=list, run=run):
    """Run what is missing, print the table and write it; return the rows.

    `variants` may turn the tasks into others, and `run` may give more figures.
    """
    arguments = parser.parse_args()
    tasks = find_tasks(arguments.data, arguments.sets)
    for name in set(arguments.sets or ()) - {task.set for task in tasks}:
        parser.error(f"no data set {name} found in {arguments.data}")
    plan = make_plan(variants(tasks), arguments.estimators, arguments.seeds, make)
    results = run_missing(plan, run, arguments.csv, arguments.n_jobs)
    if results.empty:
        parser.exit(1, "There is not a single result.\n")
    results = in_order(results, parser.get_default("estimators"))
    table = to_markdown(summarise(results))
    arguments.csv.with_suffix(".md").write_text(table + "\n")
    print(table)
    return results


if __name__ == "__main__":
    main()
