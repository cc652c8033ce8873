"""Speed of the closed-form classifiers, as ratios.

Usage::

    python benchmarks/closed_form.py [--repeats 3]

Every line compares two ways in the same run, alternating, by the fastest time of each.
Sizes are those of networks' features on photographs: 20,000 samples, 2048 features, 312
attributes, 150 seen classes.
"""

import argparse

import numpy as np
from scipy.linalg import eigh, solve_sylvester

from speed import N_ATTRIBUTES, N_CLASSES, N_FEATURES, fastest
from zsl_estimators import ESZSLClassifierCV
from zsl_estimators.linear import SylvesterPath

N_SAMPLES = 20_000


def samples():
    rng = np.random.RandomState(0)
    X = rng.normal(size=(N_SAMPLES, N_FEATURES)).astype(np.float32)
    return X, np.arange(N_SAMPLES) % N_CLASSES, rng.normal(size=(200, N_ATTRIBUTES))


def measure_eszsl_grid(repeats):
    """All 49 maps of the grid, against what any single one of them needs."""
    X, y, attributes = samples()
    clf = ESZSLClassifierCV(attributes)
    clf.n_features_in_ = N_FEATURES
    clf._begin(X, y, 0)
    scaled = clf._scaled_features(X)

    def grid():
        path = clf._decompose(X, y)
        for candidate in clf._candidates():
            clf._take(path, candidate)

    ours, floor = fastest(repeats, grid, lambda: eigh(scaled.T @ scaled))
    return f"ESZSL grid of 7 x 7 / Gram matrix and eigenvectors: {ours / floor:.2f}"


def measure_sae(repeats, n_weights=7):
    X, y, attributes = samples()
    X, S = X.astype(np.float64), attributes[y]
    A, B, C = S.T @ S, X.T @ X, 2 * S.T @ X

    def path(n):
        solver = SylvesterPath(A, B, C)
        for weight in range(1, n + 1):
            solver.solve(float(weight))

    ours, many, scipys = fastest(
        repeats,
        lambda: path(1),
        lambda: path(n_weights),
        lambda: solve_sylvester(A, B, C),
    )
    return (
        f"SAE, scipy's Sylvester solver / ours: {scipys / ours:.1f}; "
        f"for {n_weights} weights: {n_weights * scipys / many:.1f}"
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--repeats", type=int, default=3)
    repeats = parser.parse_args().repeats
    for measure in (measure_eszsl_grid, measure_sae):
        print(measure(repeats), flush=True)


if __name__ == "__main__":
    main()
