"""
How many attributes does it take?
=================================

Descriptions are expensive: somebody has to think of the attributes and fill in the
table. What is lost when there are fewer of them? Three methods are trained on the same
samples with descriptions reduced to fewer and fewer principal components. (After Figure
4 of the RevCD paper, which compares its own method with a plain VAE and a plain GAN.)
"""

# %%
# A task with 30 seen and 10 unseen classes and 24 attributes. What is measured is the
# accuracy among unseen classes alone, T1, so that no penalty is needed; all methods
# train for a fixed number of epochs.

import matplotlib.pyplot as plt
import pandas as pd
from sklearn.decomposition import PCA

from zsl_estimators import FGANClassifier, RevCDClassifier, VAEcFlowClassifier
from zsl_estimators.datasets import make_gzsl
from zsl_estimators.metrics import zero_shot_accuracy_scorer

data = make_gzsl(
    20,
    n_seen=30,
    n_unseen=10,
    n_features=32,
    n_attributes=24,
    nonlinearity=0.3,
    random_state=0,
)
methods = {
    "RevCD": RevCDClassifier,
    "VAE-cFlow": VAEcFlowClassifier,
    "FGAN": FGANClassifier,
}
plain = {"seen_penalty": 0.0, "early_stopping": False, "max_epochs": 6}

# %%
# The principal components come from the descriptions of the seen classes.

seen_rows = data.attributes.loc[data.seen_classes]
rows = []
for n_components in (1, 2, 4, 8, 16, 24):
    pca = PCA(n_components, random_state=0).fit(seen_rows)
    reduced = pca.transform(data.attributes)
    for name, method in methods.items():
        clf = method(reduced, **plain, random_state=0).fit(data.X_train, data.y_train)
        t1 = zero_shot_accuracy_scorer(clf, data.X_test, data.y_test)
        rows.append({"components": n_components, "method": name, "T1": t1})
t1 = pd.DataFrame(rows).pivot(index="components", columns="method", values="T1")
print(t1[list(methods)].round(2))

# %%
# With few components unseen classes lie on top of each other, whatever the method. From
# eight on all three tell them apart. More is not always better: the last components
# hardly vary among the seen classes, so that what they say of unseen ones is a guess.

figure, ax = plt.subplots(figsize=(6.5, 4.2), layout="constrained")
for name in methods:
    ax.plot(t1.index, t1[name], "o-", label=name)
ax.axhline(0.1, color="gray", linestyle=":", label="chance")
ax.set(xlabel="principal components of the descriptions", ylabel="T1", ylim=(0, 1))
ax.legend()
plt.show()
