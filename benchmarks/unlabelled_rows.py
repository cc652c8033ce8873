"""What unlabelled rows do for the generators that are trained with them.

Usage::

    python benchmarks/unlabelled_rows.py [--unseen 0 1] [--estimators NAME ...]

The digits of scikit-learn; a random half of the test rows is tested. Of the other half
the rows of the unseen classes are given without labels ("unseen"), or all of them
("mixed"), or none.
"""

import argparse

import numpy as np

import zsl_estimators
from zsl_estimators.datasets import load_digits_gzsl
from zsl_estimators.metrics import ausuc_scorer, harmonic_mean_scorer

ESTIMATORS = ["FVAEGANClassifier", "TFVAEGANClassifier"]


def unlabelled_parts(data, pool):
    """What is given without labels, by name."""
    of_unseen = np.isin(data.y_test, data.unseen_classes)
    return {
        "none": None,
        "unseen": data.X_test[pool & of_unseen],
        "mixed": data.X_test[pool],
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--unseen", type=int, nargs="+", default=[0, 1])
    parser.add_argument("--estimators", nargs="+", default=ESTIMATORS)
    arguments = parser.parse_args()
    data = load_digits_gzsl(unseen=tuple(arguments.unseen))
    pool = np.random.RandomState(0).rand(len(data.y_test)) < 0.5
    X, y = data.X_test[~pool], data.y_test[~pool]
    for name in arguments.estimators:
        clf = getattr(zsl_estimators, name)(data.attributes, random_state=0)
        for given, rows in unlabelled_parts(data, pool).items():
            clf.fit(data.X_train, data.y_train, X_unlabelled=rows)
            shown = harmonic_mean_scorer(clf, X, y), ausuc_scorer(clf, X, y)
            print(name, given, *(f"{figure:.3f}" for figure in shown), flush=True)


if __name__ == "__main__":
    main()
