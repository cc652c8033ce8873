"""What is lost with few training rows.

Usage::

    python benchmarks/scarcity.py --data FOLDER [--sets NAME ...] [--seeds 3]
                                  [--estimators NAME ...] [--n-jobs 2] [--csv FILE]

Arguments and figures are those of ``accuracy.py``, estimators may also be variants of
``ablation.py``. Every set is run with 100, 30 and
10 % of its training rows, the same rows for all estimators, and at least two of each
class. The lost H is printed, and drawn into a PNG file beside the CSV file.
"""

from functools import partial
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

from ablation import VARIANTS, variant
from accuracy import command_line, estimator, report
from tasks import Task

STYLES = ("o-", "s--", "^:", "d-.")
SHARES = (1.0, 0.3, 0.1)
ESTIMATORS = (
    "ExemplarClassifier",
    "FGANClassifier",
    "ZeroDiffClassifier",
    "VAEcFlowClassifier",
)


def fewer_rows(load, share):
    """Load a task and keep a share of the training rows of every class."""
    data = load()
    random_state = np.random.RandomState(0)
    kept = []
    for label in np.unique(data.y_train):
        rows = random_state.permutation(np.flatnonzero(data.y_train == label))
        kept.append(rows[: max(2, round(share * len(rows)))])
    kept = np.sort(np.concatenate(kept))
    data.X_train, data.y_train = data.X_train[kept], data.y_train[kept]
    return data


def with_shares(tasks):
    return [
        Task(
            f"{task.set}, {share:.0%}",
            task.unseen,
            partial(fewer_rows, task.load, share),
        )
        for task in tasks
        for share in SHARES
    ]


def lost(results):
    """Mean H for every share of the rows, one row per set and estimator."""
    names = results["set"].str.rsplit(", ", n=1, expand=True)
    shares = names[1].str.rstrip(" %").astype(float) / 100
    table = results.assign(set=names[0], share=shares)
    return table.pivot_table("H", ["set", "estimator"], "share")


def draw(table, path):
    sets = table.index.unique("set")
    figure, axes = plt.subplots(
        1, len(sets), figsize=(4 * len(sets), 3.5), layout="constrained", squeeze=False
    )
    for ax, name in zip(axes[0], sets, strict=True):
        for number, (label, row) in enumerate(table.loc[name].iterrows()):
            ax.plot(100 * row.index, row, STYLES[number % len(STYLES)], label=label)
        ax.set(title=name, xscale="log", xlabel="training rows in %", ylabel="H")
        ax.set_xticks([10, 30, 100], ["10", "30", "100"])
        ax.minorticks_off()
    axes[0, -1].legend(fontsize="small")
    figure.savefig(path, dpi=100)


def default_or_variant(name, set_name):
    make = variant if name in VARIANTS else partial(estimator, protocol="honest")
    return make(name, set_name)


def main():
    parser = command_line(__doc__, ESTIMATORS, Path("scarcity.csv"))
    results = report(parser, default_or_variant, with_shares)
    table = lost(results)
    print(table.round(3).to_string())
    draw(table, parser.parse_args().csv.with_suffix(".png"))


if __name__ == "__main__":
    main()
