"""
A grid search over a whole pipeline
===================================

Features of a network often have thousands of columns. This example chooses the number
of principal components and the parameters of the classifier for unseen classes. It is
an ordinary grid search, whose folds hide whole classes.
"""

# %%
# The pipeline and its grid
# -------------------------
#
# Every step is fitted on the training part of a fold only, so that no hidden class is
# used for the components.

import matplotlib.pyplot as plt
import pandas as pd
from sklearn.decomposition import PCA
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from zsl_estimators import ALEClassifier
from zsl_estimators.datasets import make_gzsl
from zsl_estimators.metrics import gzsl_scorer
from zsl_estimators.model_selection import ClassHoldoutSplit

data = make_gzsl(
    20,
    n_seen=20,
    n_unseen=6,
    n_features=60,
    class_sep=1.0,
    nonlinearity=0.5,
    random_state=0,
)
pipeline = make_pipeline(
    StandardScaler(),
    PCA(random_state=0),
    ALEClassifier(data.attributes, random_state=0),
)
grid = {
    "pca__n_components": [2, 4, 8, 16, 32],
    "aleclassifier__loss": ["softmax", "warp"],
}

# %%
# The search
# ----------
#
# ``ClassHoldoutSplit`` hides six classes in each fold. ``gzsl_scorer`` computes all
# metrics at once, and ``refit="H"`` chooses the best harmonic mean and fits once more
# on all seen classes. With ``error_score="raise"`` errors are raised instead of
# replaced by NaN.

search = GridSearchCV(
    pipeline,
    grid,
    cv=ClassHoldoutSplit(n_splits=3, n_unseen=6, random_state=0),
    scoring=gzsl_scorer,
    refit="H",
    n_jobs=1,
    error_score="raise",
).fit(data.X_train, data.y_train)
print(search.best_params_)

# %%
# Scores on the folds and on test data
# ------------------------------------

columns = {"param_pca__n_components": "components", "param_aleclassifier__loss": "loss"}
results = pd.DataFrame(search.cv_results_).rename(columns=columns)
figure, ax = plt.subplots(figsize=(7, 4.2), layout="constrained")
for loss, part in results.groupby("loss"):
    ax.errorbar(
        part["components"],
        part["mean_test_H"],
        yerr=part["std_test_H"],
        fmt="o-",
        capsize=3,
        label=f'loss="{loss}", on hidden classes',
    )
on_test = gzsl_scorer(search, data.X_test, data.y_test)
ax.plot(
    search.best_params_["pca__n_components"],
    on_test["H"],
    "k*",
    markersize=14,
    label="the chosen one, on unseen classes",
)
ax.set(xscale="log", xlabel="principal components", ylabel="H")
ax.set_xticks(grid["pca__n_components"], labels=grid["pca__n_components"])
ax.minorticks_off()
ax.legend()
print({name: round(float(figure), 2) for name, figure in on_test.items()})
plt.show()
