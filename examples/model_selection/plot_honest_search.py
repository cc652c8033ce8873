"""
Ordinary cross-validation and folds that hide classes
=====================================================

Ordinary cross-validation tests a model on the classes that it was trained on. Here it
is compared with folds that hide whole classes, for the choice of a parameter, on
handwritten digits.
"""

# %%
# Two searches over the same grid
# -------------------------------
#
# ``ExemplarClassifier`` predicts the mean of the features of a class from its
# description; ``alpha`` is the ridge penalty. One search maximises the accuracy on
# held-out samples of *seen* digits. The other one hides digits: every fold trains on
# some and is tested on all, and the score is the area under the seen-unseen curve
# (AUSUC), which needs no penalty.

import matplotlib.pyplot as plt
import pandas as pd
from sklearn.model_selection import GridSearchCV, StratifiedKFold

from zsl_estimators import CalibratedStackingCV, ExemplarClassifier
from zsl_estimators.datasets import load_digits_gzsl
from zsl_estimators.metrics import ausuc_scorer, gzsl_report, gzsl_scorer
from zsl_estimators.model_selection import ClassHoldoutSplit, cross_val_predict_gzsl
from zsl_estimators.plotting import SeenPenaltyDisplay, SeenUnseenDisplay

data = load_digits_gzsl(unseen=(3, 8))
X, y = data.X_train, data.y_train
clf = ExemplarClassifier(
    data.attributes,
    attribute_scaling="standard",
    shrink_to="zero",
    shrinkage=0.1,
    seen_penalty=0.0,
    random_state=0,
)
hiding = ClassHoldoutSplit(n_splits=10, n_unseen=2, random_state=0)
searches = {
    "ordinary folds": {"cv": StratifiedKFold(5), "scoring": "accuracy"},
    "hidden classes": {"cv": hiding, "scoring": ausuc_scorer, "error_score": "raise"},
}
grid = {"alpha": [1e-2, 1e-1, 1.0, 10.0, 100.0, 1000.0]}
for name, how in searches.items():
    searches[name] = GridSearchCV(clf, grid, **how).fit(X, y)
    print(f"{name}: alpha = {searches[name].best_params_['alpha']}")

# %%
# Scores on the folds and on the test set
# ---------------------------------------
#
# On the left are the averages over the folds. On ordinary folds the largest ``alpha``
# is the best: it shrinks the predicted means of unseen classes to the overall mean,
# where fewer samples of seen classes are nearest to them. With hidden classes a smaller
# one is better, by a small margin on these folds. On the right are both choices on the
# test set, with threes and eights among the others.

figure, (left, right) = plt.subplots(1, 2, figsize=(10, 4.5), layout="constrained")
styles = {"ordinary folds": "s--", "hidden classes": "o-"}
figures = {"ordinary folds": "accuracy, seen classes", "hidden classes": "AUSUC"}
for name, search in searches.items():
    scores = search.cv_results_["mean_test_score"]
    left.plot(grid["alpha"], scores, styles[name], label=f"{name}: {figures[name]}")
    left.plot(search.best_params_["alpha"], scores.max(), "k*", markersize=14)
    SeenUnseenDisplay.from_estimator(
        search, data.X_test, data.y_test, ax=right, name=name
    )
left.set(xscale="log", xlabel="alpha", ylabel="average over folds", ylim=(0.5, 1))
left.legend(loc="center left")
plt.show()

# %%
# The penalty, on the same folds
# ------------------------------
#
# The dots above are the models without a seen penalty: they prefer the digits they were
# trained on. ``CalibratedStackingCV`` fits the penalty on folds of hidden classes as
# well, and keeps their curves.

stacking = CalibratedStackingCV(
    searches["hidden classes"].best_estimator_, cv=hiding
).fit(X, y)
display = SeenPenaltyDisplay.from_estimator(stacking)
models = {"without penalty": searches["hidden classes"], "with": stacking}
print(
    pd.DataFrame(
        {
            name: gzsl_scorer(model, data.X_test, data.y_test)
            for name, model in models.items()
        }
    ).round(2)
)

# %%
# Scores of every fold
# --------------------
#
# ``cross_val_predict_gzsl`` returns the predictions of every fold. They show which
# digits are hard to recognise from a description; U is the accuracy on the hidden ones.

plain = stacking.estimator_
reports = [
    gzsl_report(
        fold.y_true,
        fold.y_pred,
        y_score=fold.y_score,
        classes=fold.classes,
        seen_classes=fold.seen_classes,
        name=str(sorted(set(fold.y_true.tolist()) - set(fold.seen_classes.tolist()))),
    )
    for fold in cross_val_predict_gzsl(plain, X, y, cv=hiding)
]
print(pd.concat(reports).sort_values("AUSUC").round(2))
plt.show()
