"""Sparse features give what the same features as an array give."""

import numpy as np
from scipy.sparse import coo_array, csc_array, csr_array, csr_matrix
from sklearn.utils import get_tags

from zsl_estimators.utils.estimator_checks._task import fitted_anew, small_task

# Centring is done in the products, which rounds otherwise.
TOLERANCE = 1e-6


def check_sparse_features(name, estimator):
    """Every sparse format gives the predictions of an array, where any is taken."""
    if not get_tags(estimator).input_tags.sparse:
        return
    data = mostly_zeros()
    parameters = {"seen_penalty": "auto"}
    dense = fitted_anew(estimator, data, **parameters)
    X_test, expected = data.X_test, dense.predict_proba(data.X_test)
    data.X_train = csr_array(data.X_train)
    sparse = fitted_anew(estimator, data, **parameters)
    for kind in (np.asarray, csr_array, csr_matrix, csc_array, coo_array, long_indices):
        found = sparse.predict_proba(kind(X_test))
        message = f"{name} predicts otherwise after a fit on a sparse X, {kind}"
        np.testing.assert_allclose(found, expected, atol=TOLERANCE, err_msg=message)
    found = dense.predict_proba(csr_array(X_test))
    message = f"{name} predicts otherwise for a sparse X"
    np.testing.assert_allclose(found, expected, atol=TOLERANCE, err_msg=message)
    if hasattr(estimator, "add_classes"):
        compare_added_rows(name, dense, sparse, data)


def compare_added_rows(name, dense, sparse, data):
    """Labelled rows of unseen classes may be sparse too."""
    rows = np.isin(data.y_test, data.unseen_classes)
    X, y = data.X_test[rows][::5], data.y_test[rows][::5]
    dense.add_classes(X=X, y=y)
    sparse.add_classes(X=csr_array(X), y=y)
    np.testing.assert_allclose(
        sparse.predict_proba(csr_array(data.X_test)),
        dense.predict_proba(data.X_test),
        atol=TOLERANCE,
        err_msg=f"{name} predicts otherwise after sparse rows of unseen classes",
    )


def mostly_zeros():
    """The small task with zeros in place of all features that are not large."""
    data = small_task()
    for part in ("X_train", "X_test"):
        rows = data[part]
        data[part] = np.where(rows > np.quantile(rows, 0.6), rows, 0.0)
    return data


def long_indices(X):
    """A CSR matrix with indices of 64 bits, as very large ones have."""
    X = csr_array(X)
    X.indices, X.indptr = X.indices.astype(np.int64), X.indptr.astype(np.int64)
    return X
