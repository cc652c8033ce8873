"""
Recognise digits that were never shown
======================================

Can a classifier find the threes and eights in a pile of handwritten digits when it
has never seen a single three or eight? It can, if it is told what every digit looks
like: here by a printed glyph and a few facts about its strokes.

We compare the linear baseline with RevCD, and show what the *seen penalty* does: a
model prefers the classes it was trained on, and hardly ever answers with another one
until that preference is taken off.
"""

# %%
# Samples of eight digits, descriptions of ten
# --------------------------------------------
#
# ``attributes`` is a table with one row per class. The training labels contain neither
# 3 nor 8; the test set contains all ten digits.

import matplotlib.pyplot as plt
import pandas as pd

from zsl_estimators import RevCDClassifier, RidgeSemanticClassifier
from zsl_estimators.datasets import load_digits_gzsl
from zsl_estimators.metrics import gzsl_report, seen_unseen_curve

data = load_digits_gzsl(unseen=(3, 8))
print("trained on", sorted(set(data.y_train.tolist())))
print(data.attributes[["segment_top", "segment_middle", "closed_loops"]])

# %%
# Fit, and look before and after the penalty
# ------------------------------------------
#
# ``fit`` chooses everything on folds in which some *seen* digits are hidden: how long
# to train, and the penalty. No test sample is involved. S and U are the accuracies on
# seen and unseen classes, H is their harmonic mean.

models = {
    "Ridge": RidgeSemanticClassifier(data.attributes, random_state=0),
    "RevCD": RevCDClassifier(data.attributes, random_state=0),
}
reports = []
for name, model in models.items():
    model.fit(data.X_train, data.y_train)
    penalty = model.seen_penalty_
    for label, model.seen_penalty_ in (("without penalty", 0.0), ("fitted", penalty)):
        report = gzsl_report(
            data.y_test,
            model.predict(data.X_test),
            seen_classes=model.seen_classes_,
            name=f"{name}, {label}",
        )
        reports.append(report)
results = pd.concat(reports)
print(results.round(2))

# %%
# The whole trade-off in one picture
# ----------------------------------
#
# Each curve shows the two accuracies for every possible penalty. A cross marks the
# model without penalty, a dot the one with the penalty that was fitted on held-out
# seen digits.

figure, (left, right) = plt.subplots(
    1, 2, figsize=(10, 4.5), width_ratios=[3, 2], layout="constrained"
)
for (name, model), color in zip(models.items(), ("tab:gray", "tab:blue"), strict=True):
    seen, unseen, _ = seen_unseen_curve(
        data.y_test,
        model.decision_function(data.X_test),
        classes=model.classes_,
        seen_classes=model.seen_classes_,
    )
    left.plot(unseen, seen, color=color, label=name)
    for label, marker in (("without penalty", "x"), ("fitted", "o")):
        row = results.loc[f"{name}, {label}"]
        left.plot(row["U"], row["S"], marker, color=color, ms=9, clip_on=False)
left.set(
    xlabel="accuracy on unseen digits (U)",
    ylabel="accuracy on seen digits (S)",
    title="Every possible seen penalty",
    xlim=(0, 1),
    ylim=(0, 1),
)
left.legend(loc="lower left")

harmonic_means = results["H"].to_numpy().reshape(2, 2)
for column, (label, shade) in enumerate(
    {"without penalty": "0.7", "fitted": "0.3"}.items()
):
    places = [model + 0.4 * column - 0.2 for model in range(2)]
    bars = right.bar(places, harmonic_means[:, column], 0.36, color=shade, label=label)
    right.bar_label(bars, fmt="%.2f")
right.set(
    title="Harmonic mean H",
    xticks=[0, 1],
    xticklabels=list(models),
    ylim=(0, 1),
)
right.legend(loc="upper left")
plt.show()

# %%
# New classes need no training: describe them and they can be predicted.

model = models["RevCD"]
letter = data.attributes.loc[[0]].rename({0: 10}) * 0.5
model.add_classes(letter)
print("can now answer", model.classes_.tolist())
