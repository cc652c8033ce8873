import numpy as np

from tests.common import small
from zsl_estimators import ClassNormClassifier


def test_unseen_classes_are_found(task):
    clf = small(
        ClassNormClassifier,
        attributes=task.attributes,
        hidden=32,
        max_epochs=30,
        random_state=0,
    ).fit(task.X_train, task.y_train)
    assert clf.score(task.X_test, task.y_test) > 0.5


def test_scores_are_cosines(task):
    clf = small(
        ClassNormClassifier, attributes=task.attributes, scale=7.0, seen_penalty=0.0
    ).fit(task.X_train, task.y_train)
    scores = clf.decision_function(task.X_test)
    assert np.abs(scores).max() <= 7.0
    # A cosine does not know how far from the mean a sample lies.
    center = clf.feature_scaler_[0].mean_
    farther = center + 3 * (task.X_test - center)
    np.testing.assert_allclose(clf.decision_function(farther), scores, atol=1e-4)
