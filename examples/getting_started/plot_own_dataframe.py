"""
Your own data, from two CSV files
=================================

Given are a table of measurements with a label in each row, and a second one that
describes every class, also those without samples. This example fits a model, and
estimates its accuracy without test samples of unseen classes.
"""

# %%
# Two files
# ---------
#
# They are artificial here: 12 machine states, 10 of which were recorded.

import tempfile
from pathlib import Path

import pandas as pd

from zsl_estimators.datasets import make_gzsl

folder = Path(tempfile.mkdtemp())
made_up = make_gzsl(30, n_seen=10, n_unseen=2, n_features=8, random_state=3)
states = [f"state {letter}" for letter in "ABCDEFGHIJKL"]
measured = pd.DataFrame(made_up.X_train).add_prefix("sensor ")
measured["state"] = [states[label] for label in made_up.y_train]
measured.to_csv(folder / "measurements.csv", index=False)
made_up.attributes.set_axis(states).to_csv(folder / "states.csv")

# %%
# Reading them is plain pandas. The index of the class table holds the labels, in any
# order; its columns are whatever describes a class, as numbers.

rows = pd.read_csv(folder / "measurements.csv")
X, y = rows.drop(columns="state"), rows["state"]
class_table = pd.read_csv(folder / "states.csv", index_col=0)
print(class_table.iloc[:4, :5].round(2))
print("never recorded:", sorted(set(class_table.index) - set(y)))

# %%
# Estimate the accuracy
# ---------------------
#
# There are no test samples of the unseen states, but seen ones can be hidden and take
# their place. ``ClassHoldoutSplit`` makes such folds for scikit-learn's
# ``cross_validate``. H is the harmonic mean of the accuracies on hidden and on other
# states.

from sklearn.model_selection import cross_validate

from zsl_estimators import ALEClassifier, ExemplarClassifier, RidgeSemanticClassifier
from zsl_estimators.metrics import gzsl_scorer
from zsl_estimators.model_selection import ClassHoldoutSplit

candidates = {
    "Ridge": RidgeSemanticClassifier(class_table, random_state=0),
    "ALE": ALEClassifier(class_table, random_state=0),
    "Exemplar": ExemplarClassifier(class_table, random_state=0),
}
folds = ClassHoldoutSplit(n_splits=5, n_unseen=2, random_state=0)
scores = {}
for name, clf in candidates.items():
    result = cross_validate(
        clf, X, y, cv=folds, scoring=gzsl_scorer, error_score="raise"
    )
    scores[name] = result["test_H"]
estimated = pd.DataFrame(scores)
print(estimated.agg(["mean", "std"]).round(2))

# %%
# Fit, predict, save
# ------------------
#
# The final model is trained on all recorded states. ``fit`` also fits the seen penalty,
# without which recorded states would be predicted too often. If a minute is acceptable,
# ``ZeroShotEnsembleClassifier(class_table, time_limit=60)`` compares and combines
# more kinds of models.

import joblib

best = estimated.mean().idxmax()
clf = candidates[best].fit(X, y)
print(f"{best}: seen penalty {clf.seen_penalty_:.2f}, states {len(clf.classes_)}")
joblib.dump(clf, folder / "model.joblib")
clf

# %%
# ``fit`` has hidden some recorded states in turn to choose the penalty.
# ``held_out_report`` turns what these folds showed into an interval for every accuracy.
# It is a little optimistic, because the penalty was chosen on the same folds:

from zsl_estimators import held_out_report

print(held_out_report(clf).round(2))

# %%
# A saved model is loaded and predicts the states of new rows:

new_rows = pd.DataFrame(made_up.X_test, columns=X.columns)
loaded = joblib.load(folder / "model.joblib")
answers = pd.Series(loaded.predict(new_rows), name="state")
print(answers.value_counts().sort_index())

# %%
# Here the labels of the new rows are known, so that the estimates can be checked. That
# of ``cross_validate`` is close. The measured H is below the interval above: two unseen
# states can be harder than the hidden ones were, and ten recorded states say little
# about that. (The best of three estimates is a little too high on average too; nested
# cross-validation would avoid that.)

import matplotlib.pyplot as plt

from zsl_estimators.plotting import GZSLConfusionDisplay

truth = [states[label] for label in made_up.y_test]
measured_h = gzsl_scorer(loaded, new_rows, truth)["H"]
print(f"H estimated {estimated[best].mean():.2f}, measured {measured_h:.2f}")
figure, ax = plt.subplots(figsize=(6, 5.5), layout="constrained")
GZSLConfusionDisplay.from_estimator(loaded, new_rows, truth, ax=ax)
plt.show()

# %%
# Missing descriptions
# --------------------
#
# A label without a row in the class table raises an error before training:

try:
    RidgeSemanticClassifier(class_table.drop("state C")).fit(X, y)
except ValueError as error:
    print(error)
