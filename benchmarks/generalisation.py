"""Do the defaults hold on data that they were not chosen on?

Usage::

    python benchmarks/generalisation.py --data FOLDER [--sets NAME ...] [--seeds 3]
                                        [--estimators NAME ...] [--n-jobs 2]
                                        [--csv FILE]

FOLDER and FILE are those of ``accuracy.py``; besides the digits with their long
descriptions there are those with seven segments. Every estimator runs with its defaults
on every choice of unseen classes. Nothing is chosen on test rows; they only tell

- the gap between H and the best H that any seen penalty would have had;
- how far H is behind the best of the simple estimators on the same set;
- T1 of a network, and T1 of the initial estimator it starts from;
- how often the interval of ``held_out_report`` holds the H of the test.

One table with a row per set and estimator is printed and written as Markdown beside
FILE, and a plot of H per set, with the best H of any penalty, as PNG.
"""

import warnings
from functools import partial
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

from accuracy import all_columns, command_line, estimator, report, run, to_markdown
from zsl_estimators import held_out_report
from zsl_estimators.exceptions import ZeroShotWarning
from zsl_estimators.metrics import zero_shot_accuracy_score

# What a network has to be better than.
SIMPLE = (
    "RidgeSemanticClassifier",
    "GaussianSemanticClassifier",
    "ExemplarClassifier",
    "DeViSEClassifier",
    "ESZSLClassifierCV",
)
ESTIMATORS = (
    *SIMPLE,
    "RevCDClassifier",
    "FGANClassifier",
    "VAEcFlowClassifier",
    "ZeroShotEnsembleClassifier",
    "ClassNormClassifier",
)
MARKS = "osD^v<>ph*X"


def run_with_start(make, load, seed):
    """Figures of ``accuracy.py``, and what the folds and the start say of them."""
    fitted = []

    def keeping():
        fitted.append(make())
        return fitted[-1]

    figures = run(keeping, load, seed)
    (clf,) = fitted
    # It was taken off for the figures without it.
    clf.seen_penalty_ = figures["seen penalty"]
    return {
        **figures,
        **expected(clf),
        "start T1": start_accuracy(clf, load()),
        "scaling": getattr(clf, "attribute_scaling_", ""),
        "epochs": getattr(clf, "n_iter_", np.nan),
        "correction weight": getattr(clf, "correction_weight_", np.nan),
    }


def expected(clf):
    """The interval of H that was known before the test."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ZeroShotWarning)
        try:
            of_h = held_out_report(clf).loc["H"]
        except ValueError:
            return {"H low": np.nan, "H high": np.nan}
    return {"H low": of_h.low, "H high": of_h.high}


def start_accuracy(clf, data):
    """T1 of the initial estimator; NaN without one."""
    init = getattr(clf, "init_", None)
    if init is None:
        return np.nan
    scores = all_columns(init.decision_function(data.X_test))
    return zero_shot_accuracy_score(
        data.y_test, scores, classes=init.classes_, seen_classes=init.seen_classes_
    )


def judged(results):
    """One row per set and estimator: means over choices and seeds."""
    results = results.assign(
        gap=results["oracle H"] - results["H"],
        covered=results["H"].between(results["H low"], results["H high"]).astype(float),
    )
    results.loc[results["H low"].isna(), "covered"] = np.nan
    columns = ["T1", "start T1", "S", "U", "H", "oracle H", "gap", "covered"]
    table = results.groupby(["set", "estimator"], sort=False)[columns].mean()
    by_choice = results.groupby(["set", "estimator", "unseen"], sort=False)
    worst = by_choice["gap"].mean().groupby(["set", "estimator"], sort=False).max()
    spread = by_choice["H"].std().groupby(["set", "estimator"], sort=False).max()
    simple = table["H"].unstack("set").reindex(SIMPLE).max()
    behind = table["H"] - simple.reindex(table.index.get_level_values("set")).to_numpy()
    return table.assign(
        **{"worst gap": worst, "largest sd of H": spread, "H - best simple": behind}
    )


def as_text(value):
    """Three digits of a number; nothing where there is none."""
    if isinstance(value, str):
        return value
    return "" if np.isnan(value) else f"{value:.3f}"


def draw(table, path):
    """H per set and estimator, with a line up to the best H of any penalty."""
    sets = table.index.unique("set")
    estimators = table.index.unique("estimator")
    figure, ax = plt.subplots(figsize=(2 + 1.6 * len(sets), 4), layout="constrained")
    for number, name in enumerate(estimators):
        rows = table.xs(name, level="estimator").reindex(sets)
        x = np.arange(len(sets)) + (number - len(estimators) / 2) * 0.08
        label = name.removesuffix("Classifier")
        (drawn,) = ax.plot(x, rows["H"], MARKS[number % len(MARKS)], label=label)
        ax.vlines(x, rows["H"], rows["oracle H"], color=drawn.get_color(), linewidth=1)
    ax.set_xticks(range(len(sets)), sets, rotation=20, ha="right")
    ax.set(ylabel="H; line: with the best penalty", ylim=(0, 1))
    ax.grid(axis="y", alpha=0.3)
    figure.legend(loc="outside right upper", fontsize="small")
    figure.savefig(path, dpi=100)


def main():
    parser = command_line(__doc__, ESTIMATORS, Path("generalisation.csv"))
    parser.set_defaults(seeds=3)
    make = partial(estimator, protocol="honest")
    results = report(parser, make, run=run_with_start)
    table, path = judged(results), parser.parse_args().csv
    text = to_markdown(table.reset_index().map(as_text))
    path.with_suffix(".md").write_text(text + "\n")
    print(text)
    draw(table, path.with_suffix(".png"))


if __name__ == "__main__":
    main()
