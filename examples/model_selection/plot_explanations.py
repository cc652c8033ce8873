"""
Explaining predictions by attributes
====================================

Three functions show how a model uses the class table: ``explain`` the contribution of
every attribute to a prediction, ``attribute_importance`` its effect on the accuracy,
and ``missing_attribute`` a column that would separate two confused classes.
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
# The score of this classifier is a sum over the attributes, and so is the difference
# between the scores of two classes. Here are three nines that were classified as 8; the
# picture shows the first.

wrong = X_test[(y_test == 9) & (clf.predict(X_test) == 8)]
contributions = clf.explain(wrong, rival=9)
print(contributions.round(2).head(3).T)

ExplanationDisplay.from_contributions(contributions[:1])
plt.show()

# %%
# Dark bars are contributions to the prediction, pale ones to the rival. The seen
# penalty has a separate bar. Other estimators, whose score is not such a sum, are
# explained by exchanging one attribute after the other between both classes.

# %%
# Importance of the attributes
# ----------------------------
#
# The decrease of the accuracy when an attribute of the unseen digits carries no
# information. A negative value means that the model is better without the attribute.


importance = clf.attribute_importance(X_test, y_test)
print(importance.round(2))

importance["H"][::-1].plot.barh(color="tab:blue", xlabel="loss of H")
plt.tight_layout()
plt.show()

# %%
# A missing attribute
# -------------------
#
# In the table 7 and 1 differ in the top segment only. The features separate them along
# one direction; its values are those that a new column would have. ``predicted`` is its
# prediction from the present columns, learned from the other classes.

missing = missing_attribute(X_train[is_seen], y_train[is_seen], (1, 7), table)
print(missing.round(1))

# %%
# The two are far apart in the features, which the present columns do not predict. The
# digits at both ends suggest what to describe: a vertical stroke in the middle, which 1
# has and 7 has not.
