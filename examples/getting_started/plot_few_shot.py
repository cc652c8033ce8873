"""
A few labelled rows of new classes
==================================

When an unseen class gets its first labelled rows, ``add_classes(X=..., y=...)`` updates
the fitted model, without the training data. This example shows how the accuracy depends
on the number of rows.
"""

# %%
# Three digits without training rows
# ----------------------------------
#
# Up to 20 rows of each of them are labelled later. The test rows are the same for
# all numbers of rows, and every number is tried with ten choices of rows.

import pickle

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from zsl_estimators import (
    ESZSLClassifier,
    ExemplarClassifier,
    RidgeSemanticClassifier,
    TipAdapterClassifier,
)
from zsl_estimators.datasets import load_digits_gzsl
from zsl_estimators.metrics import gzsl_report

UNSEEN, SHOTS, MOST = (2, 5, 7), (0, 1, 2, 5, 10, 20), 20
data = load_digits_gzsl(unseen=UNSEEN)
X, y = data.X_test, data.y_test
# The file has the digits in the order of those who wrote them.
order = np.random.RandomState(0).permutation(len(y))
by_class = [order[y[order] == label] for label in UNSEEN]
tested = np.isin(y, UNSEEN, invert=True)
for rows in by_class:
    tested[rows[2 * MOST :]] = True

models = {
    "Exemplar": ExemplarClassifier(data.attributes, random_state=0),
    "Ridge": RidgeSemanticClassifier(data.attributes, random_state=0),
    "ESZSL": ESZSLClassifier(data.attributes, random_state=0),
    "Tip-Adapter": TipAdapterClassifier(
        data.attributes, space="mapped", random_state=0
    ),
}
results = []
for name, model in models.items():
    fitted = pickle.dumps(model.fit(data.X_train, data.y_train))
    for seed in range(10):
        random = np.random.RandomState(seed)
        pool = [random.permutation(rows[: 2 * MOST]) for rows in by_class]
        for n_rows in SHOTS:
            clf = pickle.loads(fitted)
            given = np.concatenate([rows[:n_rows] for rows in pool])
            if n_rows:
                clf.add_classes(X=X[given], y=y[given])
            report = gzsl_report(
                y[tested], clf.predict(X[tested]), seen_classes=clf.seen_classes_
            )
            results.append({"model": name, "rows": n_rows, **report.iloc[0]})
results = pd.DataFrame(results)
mean = results.groupby(["model", "rows"], sort=False)[["S", "U", "H"]].mean()
print(mean.unstack().round(2).T)

# %%
# A single row per class helps much if the description contains little information, as
# here. Seen digits are recognised better as well, because fewer of them are predicted
# as new ones. Most of the gain is reached with five rows.

figure, axes = plt.subplots(1, 3, figsize=(11, 3.8), layout="constrained", sharey=True)
titles = {"U": "new classes (U)", "S": "seen classes (S)", "H": "harmonic mean (H)"}
for ax, (figure_name, title) in zip(axes, titles.items(), strict=True):
    for name, style in zip(models, ("o-", "s--", "^:", "v-."), strict=True):
        part = mean.loc[name, figure_name]
        ax.plot(part.index, part, style, label=name)
    ax.set(title=title, xlabel="labelled rows per new class", xscale="symlog")
    ax.set_xticks(SHOTS, labels=SHOTS)
    ax.minorticks_off()
axes[0].set_ylabel("accuracy")
axes[-1].legend(loc="lower right")
plt.show()
