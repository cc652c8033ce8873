"""
When there are only a few samples
=================================

ZeroDiff is made for scarce data: it noises every sample in many ways and so learns from
each of them more than once. Does that pay when only a tenth of the samples are left?
It is compared with f-CLSWGAN and with the initial estimator of both.
"""

# %%
# A made-up task that is not linear, with 60, 20 and 6 samples of each of 15 seen
# classes.

import time

import matplotlib.pyplot as plt
import pandas as pd

from zsl_estimators import ExemplarClassifier, FGANClassifier, ZeroDiffClassifier
from zsl_estimators.datasets import make_gzsl
from zsl_estimators.metrics import gzsl_scorer

data = make_gzsl(
    60, n_seen=15, n_unseen=5, n_attributes=10, nonlinearity=0.5, random_state=1
)
methods = {
    "Exemplar": ExemplarClassifier(data.attributes, random_state=0),
    "FGAN": FGANClassifier(data.attributes, max_epochs=5, random_state=0),
    "ZeroDiff": ZeroDiffClassifier(
        data.attributes,
        max_epochs=5,
        representation_epochs=5,
        view="V",
        random_state=0,
    ),
}
in_class = pd.Series(data.y_train).groupby(data.y_train).cumcount().to_numpy()
rows = []
for n_samples in (6, 20, 60):
    few = in_class < n_samples
    for name, clf in methods.items():
        start = time.perf_counter()
        clf.fit(data.X_train[few], data.y_train[few])
        seconds = time.perf_counter() - start
        scores = gzsl_scorer(clf, data.X_test, data.y_test)
        rows.append(
            {
                "samples": n_samples,
                "method": name,
                **scores,
                "epochs": getattr(clf, "n_iter_", 0),
                "seconds": seconds,
            }
        )
results = pd.DataFrame(rows).set_index(["method", "samples"])
print(results[["U", "S", "H", "AUSUC", "epochs", "seconds"]].round(2))

# %%
# With 6 and 20 samples the folds of hidden classes choose no training, or a decision
# that does not need it, and both generators *are* their initial estimator. With 60 FGAN
# still is, regularised differently, and ZeroDiff trains a little. One task and one seed
# make no ranking; on real data with a tenth of the rows neither was ahead of the other
# (``benchmarks/README.md``). What this shows is that nothing breaks with six samples
# per class, because nothing has to be trained.

figure, ax = plt.subplots(figsize=(6.5, 4.2), layout="constrained")
for name, style in zip(methods, ("o-", "s--", "^:"), strict=True):
    part = results.loc[name, "AUSUC"]
    ax.plot(part.index, part, style, label=name)
ax.set(xscale="log", xlabel="samples per seen class", ylabel="AUSUC", ylim=(0.5, 1))
ax.set_xticks([6, 20, 60], labels=[6, 20, 60])
ax.minorticks_off()
ax.legend()
plt.show()
