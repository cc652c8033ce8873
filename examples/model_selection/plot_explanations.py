"""
Why this class, and which attribute is missing
==============================================

A class table written by hand invites questions. Why was this sample taken for an 8?
Which column matters? Which two classes does the table fail to tell apart? Three tools
answer them: ``explain``, ``attribute_importance`` and ``missing_attribute``.
"""

# %%
# A table of ten digits
# ---------------------
#
# Every digit is described by the seven segments of a pocket calculator and by its
# number of loops. There are no samples of 3 and 8.

import matplotlib.pyplot as plt
import pandas as pd
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from zsl_estimators import RidgeSemanticClassifier
from zsl_estimators.inspection import missing_attribute
from zsl_estimators.plotting import ExplanationDisplay

columns = ["top", "upper left", "upper right", "middle"]
columns += ["lower left", "lower right", "bottom", "loops"]
table = pd.DataFrame(
    [
        [1, 1, 1, 0, 1, 1, 1, 1],
        [0, 0, 1, 0, 0, 1, 0, 0],
        [1, 0, 1, 1, 1, 0, 1, 0],
        [1, 0, 1, 1, 0, 1, 1, 0],
        [0, 1, 1, 1, 0, 1, 0, 0],
        [1, 1, 0, 1, 0, 1, 1, 0],
        [1, 1, 0, 1, 1, 1, 1, 1],
        [1, 0, 1, 0, 0, 1, 0, 0],
        [1, 1, 1, 1, 1, 1, 1, 2],
        [1, 1, 1, 1, 0, 1, 1, 1],
    ],
    columns=columns,
)
X, y = load_digits(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(X, y, stratify=y, random_state=0)
is_seen = ~pd.Series(y_train).isin([3, 8]).to_numpy()
clf = RidgeSemanticClassifier(table, random_state=0)
clf.fit(X_train[is_seen], y_train[is_seen])

# %%
# One prediction
# --------------
#
# The score of this classifier is a sum over the attributes, and so is the margin by
# which one class wins over another. Here is a 9 that was taken for an 8.

wrong = X_test[(y_test == 9) & (clf.predict(X_test) == 8)]
contributions = clf.explain(wrong, rival=9)
print(contributions.round(2).head(3).T)

ExplanationDisplay.from_contributions(contributions[:1])
plt.show()

# %%
# Dark bars speak for the prediction, pale ones for the rival. What the penalty of seen
# classes adds has a bar of its own. Other estimators, whose score is no such
# sum, are explained by exchanging one attribute after the other between both classes.

# %%
# Which columns matter
# --------------------
#
# What the accuracy loses when an attribute of the unseen digits says nothing:


importance = clf.attribute_importance(X_test, y_test)
print(importance.round(2))

importance["H"][::-1].plot.barh(color="tab:blue", xlabel="loss of H")
plt.tight_layout()
plt.show()

# %%
# Which column is missing
# -----------------------
#
# In the table 7 and 1 differ in the top segment only. The features tell them apart
# along one direction; its values are what a new column would hold. ``predicted`` is
# what the present columns say of it, learned from the other classes.

missing = missing_attribute(X_train[is_seen], y_train[is_seen], (1, 7), table)
print(missing.round(1))

# %%
# The two are far apart in the features, and the present columns do not foresee it. The
# digits at either end suggest what to describe: a vertical stroke in the middle, as
# in 1.
