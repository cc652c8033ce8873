"""
Recognising digits without training samples
===========================================

A classifier can recognise handwritten threes and eights without training samples of
them, if every digit is described: here by a printed glyph and a few facts about its
strokes.

We compare a linear baseline with an ensemble, and show the effect of the *seen
penalty*: a model prefers the classes that it was trained on. The linear one here
predicts no other class unless a constant is subtracted from the scores of the seen
classes.
"""

# %%
# Samples of eight digits, descriptions of ten
# --------------------------------------------
#
# ``attributes`` is a table with one row per class. The training labels contain neither
# 3 nor 8; the test set contains all ten digits.

from pathlib import Path

import matplotlib.pyplot as plt
import pandas as pd

from zsl_estimators import (
    DeViSEClassifier,
    ExemplarClassifier,
    GaussianSemanticClassifier,
    RidgeSemanticClassifier,
    ZeroShotEnsembleClassifier,
)
from zsl_estimators.datasets import load_digits_gzsl
from zsl_estimators.metrics import gzsl_report
from zsl_estimators.plotting import (
    EnsembleDisplay,
    GZSLConfusionDisplay,
    SeenUnseenDisplay,
)

data = load_digits_gzsl(unseen=(3, 8))
print("trained on", sorted(set(data.y_train.tolist())))
print(data.attributes[["segment_top", "segment_middle", "closed_loops"]])

# %%
# Fit, with and without the penalty
# ---------------------------------
#
# ``fit`` chooses everything on folds in which some *seen* digits are hidden: how long
# to train, the weight of every estimator, and the penalty. No test sample is involved.
# S and U are the accuracies on seen and unseen classes, H is their harmonic mean.
#
# These four estimators take seconds. Without the list the ensemble compares eight,
# generators and RevCD among them, which takes longer.

estimators = [
    ("exemplar", ExemplarClassifier()),
    ("gaussian", GaussianSemanticClassifier()),
    ("ridge", RidgeSemanticClassifier()),
    ("devise", DeViSEClassifier()),
]
models = {
    "Ridge": RidgeSemanticClassifier(data.attributes, random_state=0),
    "Ensemble": ZeroShotEnsembleClassifier(
        data.attributes, estimators=estimators, n_jobs=2, random_state=0, verbose=1
    ),
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
# The trade-off between seen and unseen classes
# ---------------------------------------------
#
# Each curve on the left shows both accuracies for every possible penalty. A square
# marks the model without penalty, a dot the one with the penalty that was fitted on
# held-out seen digits. On the right is the confusion matrix of the ensemble, seen
# digits first.

figure, (left, right) = plt.subplots(1, 2, figsize=(11, 5), layout="constrained")
for name, model in models.items():
    SeenUnseenDisplay.from_estimator(
        model, data.X_test, data.y_test, ax=left, name=name
    )
ensemble = models["Ensemble"]
GZSLConfusionDisplay.from_estimator(ensemble, data.X_test, data.y_test, ax=right)
path = Path("quickstart.png").resolve()
figure.savefig(path)
print("The picture is in", path)
plt.show()

# %%
# The weights of the ensemble
# ---------------------------
#
# The area of a mark is the weight of an estimator. The line is the ensemble itself, on
# the digits that were hidden.

EnsembleDisplay.from_estimator(ensemble)
plt.show()

# %%
# New classes can be added by their descriptions, without training.

letter = data.attributes.loc[[0]].rename({0: 10}) * 0.5
ensemble.add_classes(letter)
print("can now answer", ensemble.classes_.tolist())
