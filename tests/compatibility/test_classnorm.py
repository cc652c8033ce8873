import numpy as np

from tests.common import small
from zsl_estimators import ClassNormClassifier
from zsl_estimators.metrics import gzsl_scorer


def test_unseen_classes_are_told_apart(task):
    clf = small(
        ClassNormClassifier,
        attributes=task.attributes,
        hidden=32,
        max_epochs=30,
        random_state=0,
    ).fit(task.X_train, task.y_train)
    accuracy = gzsl_scorer(clf, task.X_test, task.y_test)
    # Of three classes, and of eleven.
    assert accuracy["T1"] > 0.5
    assert accuracy["S"] > 0.4


def test_scores_are_cosines(task):
    clf = small(
        ClassNormClassifier,
        attributes=task.attributes,
        scale=7.0,
        feature_scaling="standard",
        seen_penalty=0.0,
    ).fit(task.X_train, task.y_train)
    scores = clf.decision_function(task.X_test)
    assert np.abs(scores).max() <= 7.0
    # A cosine does not know how far from the mean a sample lies.
    center = clf.feature_scaler_.mean_
    farther = center + 3 * (task.X_test - center)
    np.testing.assert_allclose(clf.decision_function(farther), scores, atol=1e-4)


def test_cosine_of_unscaled_features(task):
    clf = small(
        ClassNormClassifier,
        attributes=task.attributes,
        scale=7.0,
        feature_scaling="none",
        seen_penalty=0.0,
    ).fit(task.X_train, task.y_train)
    scores = clf.decision_function(task.X_test)
    # A cosine does not know how far from zero a sample lies.
    np.testing.assert_allclose(
        clf.decision_function(3 * task.X_test), scores, atol=1e-4
    )
    assert clf.feature_scaling_ == "none"


def choosing(task):
    """What chooses the scaling of features on the folds."""
    parameters = {"feature_scaling": "auto", "max_epochs": 20, "lr": 1e-2}
    parameters |= {"attributes": task.attributes, "random_state": 0}
    return small(ClassNormClassifier, **parameters)


def test_folds_choose_the_scaling_of_features(task):
    """Samples far from zero are all alike unless their mean is taken off."""
    far = task.X_train + 100.0
    clf = choosing(task)
    clf.fit(far, task.y_train)
    assert clf.feature_scaling_ == "standard"
    results = clf.held_out_results_.groupby("feature_scaling").AUSUC.max()
    assert results["standard"] > results["none"] + 0.1
    # The final model is the one that was chosen, trained by itself.
    chosen = choosing(task).set_params(feature_scaling="standard")
    chosen.fit(far, task.y_train)
    assert chosen.n_iter_ == clf.n_iter_
    np.testing.assert_allclose(
        clf.decision_function(far), chosen.decision_function(far), atol=1e-6
    )


def test_either_scaling_may_win(task):
    """Many columns of small noise are as large as the others when standardised."""
    noise = np.random.RandomState(0).normal(size=(len(task.y_train), 200))
    X = np.hstack([task.X_train, 1e-3 * noise])
    clf = choosing(task)
    assert clf.fit(X, task.y_train).feature_scaling_ == "none"
