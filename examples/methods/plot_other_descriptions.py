"""
New classes with missing attributes
===================================

A model was trained with descriptions by one team. The new classes come from another
team, which fills in only some of the columns. This example compares ways to recognise
them. (After the cross-data study of the RevCD paper, which trains with the attributes
of one data set and predicts with those of another, in the dimensions they share.)
"""

# %%
# Two teams describe digits
# -------------------------
#
# The first one describes printed glyphs pixel by pixel, with 64 numbers, and the
# strokes with 15 more. The second one, which adds the digits 3, 5 and 8, describes
# strokes only.

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.linear_model import RidgeCV

from zsl_estimators import RevCDClassifier, RidgeSemanticClassifier
from zsl_estimators.datasets import load_digits_gzsl
from zsl_estimators.metrics import per_class_accuracy_score

data = load_digits_gzsl(unseen=(3, 5, 8))
first_team = data.attributes.drop([3, 5, 8])
pixels = first_team.columns[first_team.columns.str.startswith("pixel")]
strokes = first_team.columns.drop(pixels)
second_team = data.attributes.loc[[3, 5, 8], strokes]
print(f"first team: {first_team.shape}, second team: {second_team.shape}")

# %%
# Three ways to combine them
# --------------------------
#
# *Common columns*: train with the columns of both teams. *Filled in*: train with all
# columns and predict the missing ones of the new classes by a regression over the
# classes of the first team. *As if known*: the first team describes the new digits as
# well, which is an upper bound.

ridge = RidgeCV(np.logspace(-2, 3, 11)).fit(first_team[strokes], first_team[pixels])
predicted = pd.DataFrame(ridge.predict(second_team), second_team.index, pixels)
filled_in = predicted.join(second_team)[first_team.columns]
tables = {
    "common columns": (first_team[strokes], second_team),
    "filled in": (first_team, filled_in),
    "as if known": (first_team, data.attributes.loc[[3, 5, 8]]),
}

# %%
# The model is trained without the new digits in its table; ``add_classes`` adds them.
# The metric is the accuracy among the three of them, T1.

unseen = np.isin(data.y_test, [3, 5, 8])
methods = {
    "Ridge": RidgeSemanticClassifier(seen_penalty=0.0, random_state=0),
    "RevCD": RevCDClassifier(
        seen_penalty=0.0, early_stopping=False, max_epochs=20, random_state=0
    ),
}
rows = []
for way, (trained_with, added) in tables.items():
    for name, clf in methods.items():
        clf.set_params(attributes=trained_with).fit(data.X_train, data.y_train)
        clf.add_classes(added)
        scores = clf.decision_function(data.X_test[unseen])
        columns = np.isin(clf.classes_, added.index)
        predicted = clf.classes_[columns][scores[:, columns].argmax(axis=1)]
        t1 = per_class_accuracy_score(data.y_test[unseen], predicted)
        rows.append({"way": way, "method": name, "T1": t1})
t1 = pd.DataFrame(rows).pivot(index="way", columns="method", values="T1")
t1 = t1.loc[list(tables), list(methods)]
print(t1.round(2))

# %%
# Strokes alone hardly distinguish the three digits. Filling in the pixels helps both
# methods a little, but most information of the first team is lost. It is better than
# any method if the first team describes the new digits too.

ax = t1.plot.barh(figsize=(7, 3.4), legend=True)
ax.axvline(1 / 3, color="gray", linestyle=":")
ax.set(xlim=(0, 1), xlabel="T1 (dotted: chance)", ylabel="")
ax.invert_yaxis()
ax.figure.tight_layout()
plt.show()
