"""
Benchmark files in the xlsa17 layout
====================================

Papers on zero-shot learning use the same files: network features of animals, birds and
scenes with the "Proposed Split" (Xian et al., TPAMI 2018). Each data set is a folder
with ``res101.mat`` and ``att_splits.mat``. This example loads them, and fits and
evaluates estimators without choosing anything on test data.
"""

# %%
# Set the variable ``XLSA17`` to your unpacked ``data`` folder to run this page on AWA2;
# :func:`~zsl_estimators.datasets.fetch_gzsl` downloads such a folder.
# Without it a folder of the same layout is made from handwritten digits, so that the
# figures below say nothing about animals.

import os
import tempfile
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from scipy.io import savemat

from zsl_estimators import (
    ESZSLClassifierCV,
    ExemplarClassifier,
    RidgeSemanticClassifier,
)
from zsl_estimators.datasets import load_digits_gzsl, load_xlsa17
from zsl_estimators.metrics import gzsl_report
from zsl_estimators.plotting import SeenUnseenDisplay


def digits_as_xlsa17(folder):
    """Write digits as a data set named DIGITS."""
    data = load_digits_gzsl(unseen=(3, 8))
    labels = np.concatenate([data.y_train, data.y_test])
    n_train, rows = len(data.y_train), np.arange(1, len(labels) + 1)
    seen = np.isin(data.y_test, data.seen_classes)
    table = data.attributes.to_numpy().T
    (folder / "DIGITS").mkdir()
    savemat(
        folder / "DIGITS" / "res101.mat",
        {
            "features": np.concatenate([data.X_train, data.X_test]).T,
            "labels": labels[:, None] + 1,
        },
    )
    savemat(
        folder / "DIGITS" / "att_splits.mat",
        {
            "att": table / np.linalg.norm(table, axis=0),
            "original_att": table,
            "allclasses_names": np.array([[f"digit {d}"] for d in range(10)], object),
            "trainval_loc": rows[:n_train, None],
            "test_seen_loc": rows[n_train:][seen][:, None],
            "test_unseen_loc": rows[n_train:][~seen][:, None],
        },
    )


folder, name = os.environ.get("XLSA17"), "AWA2"
if folder is None:
    folder, name = Path(tempfile.mkdtemp()), "DIGITS"
    digits_as_xlsa17(folder)

# %%
# Load the files
# --------------
#
# Labels are class names, and the class table is a DataFrame. The "train" and "val"
# parts inside the files are not used: in the first release they overlap with the test
# rows of seen classes. Everything is chosen on hidden seen classes.

data = load_xlsa17(folder, name)
print(name, data.X_train.shape, "training rows and columns")
print("unseen:", ", ".join(data.unseen_classes))
print(data.attributes.iloc[:3, :4].round(2))

# %%
# Fit and report
# --------------
#
# The usual metrics: S, U and H over all classes, and T1 among unseen classes alone.

models = {
    "Ridge": RidgeSemanticClassifier(data.attributes, random_state=0),
    "ESZSL": ESZSLClassifierCV(data.attributes, random_state=0),
    "Exemplar": ExemplarClassifier(data.attributes, random_state=0),
}
reports = []
figure, ax = plt.subplots(figsize=(6, 5.2), layout="constrained")
for label, clf in models.items():
    clf.fit(data.X_train, data.y_train)
    reports.append(
        gzsl_report(
            data.y_test,
            clf.predict(data.X_test),
            y_score=clf.decision_function(data.X_test),
            classes=clf.classes_,
            seen_classes=clf.seen_classes_,
            name=label,
        )
    )
    SeenUnseenDisplay.from_estimator(clf, data.X_test, data.y_test, ax=ax, name=label)
print(pd.concat(reports).round(2))
plt.show()
