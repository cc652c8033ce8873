"""What cannot be used is refused with a remedy."""

import numpy as np
import pandas as pd
from scipy.sparse import csr_array
from sklearn.utils import get_tags

from zsl_estimators.utils.estimator_checks._task import (
    NAMES,
    assert_refused,
    fitted,
    fitted_anew,
    small_task,
)


def check_refused_class_tables(name, estimator):
    """Tables that do not fit the labels are refused, and the message says why."""
    data = small_task(labels=NAMES)
    seen = data.y_train[0]

    def fit(**parameters):
        return lambda: fitted_anew(estimator, data, **parameters)

    table, matrix = data.attributes, data.attributes.to_numpy()
    assert_refused(fit(attributes=table.drop(seen)), "attributes", seen, "row")
    twice = pd.concat([table, table.loc[[seen]]])
    if getattr(estimator, "_takes_several_descriptions", False):
        np.testing.assert_allclose(fit(attributes=twice)().class_attributes_, matrix)
    else:
        assert_refused(fit(attributes=twice), "attributes", seen, "more than once")
    for bad, word in ((np.nan, "no value"), (np.inf, "infinity")):
        spoiled = table.copy()
        spoiled.loc[seen] = bad
        assert_refused(fit(attributes=spoiled), "attributes", seen, word)
    assert_refused(fit(attributes=matrix), "attributes", "classes=")
    assert_refused(fit(attributes=matrix, classes=NAMES[:3]), "classes", "8 rows")
    assert_refused(fit(attributes=table, classes=NAMES), "classes", "index")
    assert_refused(fit(attributes=None, classes=NAMES), "classes", "attributes")
    assert_refused(fit(attributes=table.assign(a="x")), "attributes", "numbers")
    assert_refused(fit(attributes=matrix[0], classes=NAMES), "attributes", "shape")


def check_refused_data(name, estimator):
    """Wrong features are refused in fit and in predict."""
    data = small_task()
    clf = fitted(estimator, data)
    assert_refused(lambda: clf.predict(data.X_test[:, :3]), "3 features", "6")
    if get_tags(estimator).input_tags.sparse:
        return
    sparse = csr_array(data.X_train)
    assert_refused(lambda: clf.predict(sparse), "sparse", error=TypeError)
    data.X_train = sparse
    assert_refused(lambda: fitted_anew(estimator, data), "sparse", error=TypeError)


def check_refused_parameters(name, estimator):
    """Impossible parameters are refused in fit, by name."""
    data = small_task()
    for value in ("automatic", None, float("nan")):
        assert_refused(
            lambda value=value: fitted_anew(estimator, data, seen_penalty=value),
            "seen_penalty",
        )
