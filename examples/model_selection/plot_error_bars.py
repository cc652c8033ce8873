"""
Comparing methods with confidence intervals
===========================================

With two unseen digits the best method differs between pairs of digits. Here three
methods are compared on many choices of hidden classes, by their difference on the
*same* choice.
"""

# %%
# Twelve choices of two hidden digits. ``cross_validate`` uses the same folds for all.

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.model_selection import cross_validate

from zsl_estimators import (
    ESZSLClassifierCV,
    ExemplarClassifier,
    RidgeSemanticClassifier,
)
from zsl_estimators.datasets import load_digits_gzsl
from zsl_estimators.metrics import gzsl_scorer
from zsl_estimators.model_selection import ClassHoldoutSplit

data = load_digits_gzsl(unseen=())
methods = {
    "Ridge": RidgeSemanticClassifier(data.attributes, random_state=0),
    "ESZSL": ESZSLClassifierCV(data.attributes, random_state=0),
    "Exemplar": ExemplarClassifier(data.attributes, random_state=0),
}
folds = ClassHoldoutSplit(n_splits=12, n_unseen=2, random_state=0)
scores = pd.DataFrame(
    {
        name: cross_validate(
            clf,
            data.X_train,
            data.y_train,
            cv=folds,
            scoring=gzsl_scorer,
            error_score="raise",
        )["test_H"]
        for name, clf in methods.items()
    }
)
print(scores.agg(["mean", "std"]).round(3))

# %%
# The choice of classes matters more than the method: folds that are hard for one tend
# to be hard for the others. Differences within a fold vary less than the scores.


def interval(differences, n_draws=2000):
    """Bootstrap interval of a mean, 95 %."""
    random = np.random.RandomState(0)
    draws = random.choice(differences, size=(n_draws, len(differences)))
    return np.quantile(draws.mean(axis=1), [0.025, 0.975])


figure, (left, right) = plt.subplots(
    1, 2, figsize=(11, 4.2), layout="constrained", width_ratios=[3, 2]
)
order = scores.mean(axis=1).sort_values().index
for name in methods:
    left.plot(scores.loc[order, name].to_numpy(), "o", label=name, alpha=0.7)
left.set_xticks(range(0, 12, 3))
left.set(xlabel="choice of hidden digits, from hard to easy", ylabel="H", ylim=(0, 1))
left.legend()
for place, name in enumerate(["ESZSL", "Exemplar"]):
    differences = (scores[name] - scores["Ridge"]).to_numpy()
    low, high = interval(differences)
    mean = differences.mean()
    print(f"{name} - Ridge: {mean:+.3f}, from {low:+.3f} to {high:+.3f}")
    print(
        f"  on single choices from {min(differences):+.3f} to {max(differences):+.3f}"
    )
    right.errorbar(
        mean, place, xerr=[[mean - low], [high - mean]], fmt="o", color="k", capsize=4
    )
right.axvline(0, color="gray", linewidth=0.8)
right.set_yticks([0, 1], labels=["ESZSL - Ridge", "Exemplar - Ridge"])
right.set(xlabel="difference of H, 95 % interval of the mean", ylim=(-0.6, 1.6))
plt.show()

# %%
# Both intervals contain zero: these choices do not tell which method is better, though
# a single one of them would have named a winner. Folds share training data, so that the
# intervals are a little too narrow.
