"""Animals with Attributes 2 in the generalized setting, with two closed forms."""

import pandas as pd

from zsl_estimators import ExemplarClassifier, RidgeSemanticClassifier
from zsl_estimators.datasets import fetch_gzsl
from zsl_estimators.metrics import gzsl_report

data = fetch_gzsl("AWA2", verbose=1)
reports = []
for estimator in (ExemplarClassifier, RidgeSemanticClassifier):
    clf = estimator(data.attributes, random_state=0).fit(data.X_train, data.y_train)
    y_pred = clf.predict(data.X_test)
    reports.append(
        gzsl_report(
            data.y_test,
            y_pred,
            seen_classes=clf.seen_classes_,
            name=estimator.__name__,
        )
    )
print(pd.concat(reports).round(3))
