"""What staged elimination of classes saves, and what it costs in accuracy.

Usage::

    python benchmarks/elimination.py --data FOLDER [--sets clinc150_minilm]
                                     [--rows 1000]

One DiffusionClassifier is fitted per set, on its first choice of unseen classes. Then
the error rule decides on the same test rows with all draws for all classes, and with
classes eliminated after 4 and 16 draws; all with the seen penalty of the fit.
"""

import argparse

import pandas as pd

from accuracy import to_markdown
from rules import fewer_test_rows, fit, measure
from tasks import find_tasks
from zsl_estimators import DiffusionClassifier
from zsl_estimators.likelihood import ErrorRule

RULES = (
    ErrorRule(n_draws=48),
    ErrorRule(n_draws=(4, 16, 48), keep=(15, 5)),
    ErrorRule(n_draws=(4, 16, 48), keep=(8, 3)),
    ErrorRule(n_draws=4),
)
HEAD = ["set", "draws", "keep", "T1", "U", "S", "H", "evaluations", "ms per sample"]


def rows_of(task, n_rows):
    data = fewer_test_rows(task.load(), n_rows)
    clf = fit(DiffusionClassifier(), data, seed=0)
    for rule in RULES:
        switched = clf.with_rule(rule, seen_penalty=clf.seen_penalty_)
        row = measure(switched, data)
        figures = [f"{row[name]:.3f}" for name in ("T1", "U", "S", "H")]
        costs = [str(row["evaluations"]), f"{row['ms per sample']:.1f}"]
        yield [task.set, str(rule.n_draws), str(rule.keep), *figures, *costs]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", help="folder of .npz files or xlsa17 folders")
    parser.add_argument("--sets", nargs="*", default=["clinc150_minilm"])
    parser.add_argument("--rows", type=int, default=1000, help="test rows")
    arguments = parser.parse_args()
    first = {}
    for task in find_tasks(arguments.data, arguments.sets):
        first.setdefault(task.set, task)
    rows = [row for task in first.values() for row in rows_of(task, arguments.rows)]
    print(to_markdown(pd.DataFrame(rows, columns=HEAD)))


if __name__ == "__main__":
    main()
