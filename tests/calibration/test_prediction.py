"""The predict family: some classes only, the best k, and memory."""

import numpy as np
import pandas as pd
import pytest
import sklearn
from sklearn.metrics import top_k_accuracy_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from zsl_estimators import CalibratedStackingCV, RidgeSemanticClassifier
from zsl_estimators.calibration._prediction import largest
from zsl_estimators.candidates import rows_per_block
from zsl_estimators.datasets import make_gzsl
from zsl_estimators.metrics import zero_shot_accuracy_score


@pytest.fixture(scope="module")
def data():
    return make_gzsl(20, n_seen=12, n_unseen=4, class_sep=1.0, random_state=0)


@pytest.fixture(scope="module")
def clf(data):
    ridge = RidgeSemanticClassifier(data.attributes, random_state=0)
    return ridge.fit(data.X_train, data.y_train)


def test_conventional_zero_shot_accuracy_is_a_prediction_among_unseen_classes(
    clf, data
):
    unseen = np.isin(data.y_test, clf.unseen_classes_)
    predicted = clf.predict(data.X_test[unseen], classes=clf.unseen_classes_)
    right = predicted == data.y_test[unseen]
    accuracies = pd.Series(right).groupby(data.y_test[unseen]).mean()
    assert accuracies.mean() == pytest.approx(
        zero_shot_accuracy_score(
            data.y_test,
            clf.decision_function(data.X_test),
            classes=clf.classes_,
            seen_classes=clf.seen_classes_,
        )
    )


def test_top_k_against_scikit_learn(clf, data):
    labels, _ = clf.predict_top_k(data.X_test, k=3)
    hits = (labels == data.y_test[:, None]).any(axis=1)
    scores = clf.decision_function(data.X_test)
    expected = top_k_accuracy_score(data.y_test, scores, k=3, labels=clf.classes_)
    assert hits.mean() == expected
    first, _ = clf.predict_top_k(data.X_test, k=1)
    np.testing.assert_array_equal(first[:, 0], clf.predict(data.X_test))


def test_probabilities_among_some_classes_are_conditional(clf, data):
    few = clf.classes_[[3, 1, 8]]
    whole = clf.predict_proba(data.X_test)[:, [3, 1, 8]]
    expected = whole / whole.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(clf.predict_proba(data.X_test, classes=few), expected)


def test_through_a_pipeline_and_stacking(data):
    pipeline = make_pipeline(
        StandardScaler(), RidgeSemanticClassifier(data.attributes, random_state=0)
    )
    pipeline.fit(data.X_train, data.y_train)
    unseen = pipeline[-1].unseen_classes_
    assert set(pipeline.predict(data.X_test, classes=unseen)) <= set(unseen)
    stacking = CalibratedStackingCV(pipeline, random_state=0, cv=2)
    stacking.fit(data.X_train, data.y_train)
    np.testing.assert_array_equal(
        stacking.predict(data.X_test, classes=unseen),
        pipeline.predict(data.X_test, classes=unseen),
    )
    labels, scores = stacking.predict_top_k(data.X_test, k=2)
    np.testing.assert_array_equal(labels[:, 0], stacking.predict(data.X_test))
    assert (scores[:, 0] >= scores[:, 1]).all()


@pytest.mark.parametrize("n_values", [2, 1000])
def test_largest_is_a_stable_sort(n_values):
    """Also where many scores are equal."""
    scores = np.random.RandomState(0).randint(n_values, size=(50, 30)).astype(float)
    for k in (1, 4, 29, 30):
        columns, values = largest(scores, k)
        expected = np.argsort(-scores, axis=1, kind="stable")[:, :k]
        np.testing.assert_array_equal(columns, expected)
        np.testing.assert_array_equal(
            values, np.take_along_axis(scores, expected, axis=1)
        )


def test_blocks_of_rows_do_not_change_predictions(clf, data):
    whole = clf.predict(data.X_test), clf.predict_proba(data.X_test)
    stacking = CalibratedStackingCV(clf, random_state=0, cv=2)
    stacking.fit(data.X_train, data.y_train)
    of_stacking = stacking.decision_function(data.X_test)
    with sklearn.config_context(working_memory=0.001):
        assert 1 < rows_per_block(len(clf.classes_)) < 10
        blocks = clf.predict(data.X_test), clf.predict_proba(data.X_test)
        np.testing.assert_allclose(
            stacking.decision_function(data.X_test), of_stacking, rtol=1e-12
        )
    np.testing.assert_array_equal(whole[0], blocks[0])
    np.testing.assert_allclose(whole[1], blocks[1], rtol=1e-12)


def test_memory_allows_a_row_at_least():
    assert rows_per_block(1000) == 2**20 * 64 // 8000
    with sklearn.config_context(working_memory=0):
        assert rows_per_block(10**6) == 1


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda clf, X: clf.predict(X, classes=[]), "classes is empty"),
        (lambda clf, X: clf.predict(X, classes=["a"]), "labels of two types"),
        (lambda clf, X: clf.predict_proba(X, classes=[0, 77]), r"classes holds \[77\]"),
        (lambda clf, X: clf.predict_proba(X, classes=[0, 0]), "a label twice"),
        (lambda clf, X: clf.predict_top_k(X, k=0), "k must be an integer from 1 to 16"),
        (lambda clf, X: clf.predict_top_k(X, k=1.5), "k must be an integer"),
        (lambda clf, X: clf.predict_top_k(X, k=3, classes=[0, 1]), "from 1 to 2"),
    ],
)
def test_mistakes(clf, data, call, message):
    with pytest.raises(ValueError, match=message):
        call(clf, data.X_test)


@pytest.mark.parametrize(
    "estimator",
    [
        RidgeSemanticClassifier(),
        CalibratedStackingCV(RidgeSemanticClassifier()),
    ],
)
def test_classes_to_choose_from_are_no_metadata(estimator):
    requests = estimator.get_metadata_routing()
    for method in ("predict", "predict_proba", "predict_log_proba"):
        assert not getattr(requests, method).requests
        assert not hasattr(estimator, f"set_{method}_request")
