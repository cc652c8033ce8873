import numpy as np
import pytest
from sklearn.ensemble import IsolationForest
from sklearn.neighbors import LocalOutlierFactor

from tests.common import small
from zsl_estimators import CMTClassifier


def fitted(task, **parameters):
    parameters = {
        "attributes": task.attributes,
        "seen_penalty": 0.0,
        "early_stopping": False,
        "max_epochs": 10,
        "random_state": 0,
        **parameters,
    }
    return small(CMTClassifier, **parameters).fit(task.X_train, task.y_train)


def test_scores_are_negative_squared_distances(task):
    clf = fitted(task, attribute_scaling="none")
    described = clf.predict_attributes(task.X_test)
    classes = task.attributes.loc[clf.classes_].to_numpy()
    distances = ((described[:, None] - classes) ** 2).sum(axis=2)
    np.testing.assert_allclose(
        clf.decision_function(task.X_test), -distances, rtol=1e-6, atol=1e-9
    )


@pytest.mark.parametrize("scaling", ["auto", "whitened", "standard", "minmax", "rms"])
def test_no_description_is_shorter_than_another(task, scaling):
    """A short one would be near to every sample, whatever is predicted for it."""
    table = task.attributes.copy()
    table.iloc[::3] *= 5
    clf = fitted(task, attributes=table, attribute_scaling=scaling)
    scaled = clf.attribute_scaler_.transform(table.to_numpy())
    np.testing.assert_allclose(np.linalg.norm(scaled, axis=1), 1)


@pytest.mark.parametrize("penalty", [0.0, 0.3])
def test_novel_samples_go_to_the_nearest_unseen_class(task, penalty):
    """The seen penalty is the detector's threshold; inside a group nothing changes."""
    clf = fitted(
        task,
        novelty_detector=LocalOutlierFactor(novelty=True),
        seen_penalty=penalty,
        attribute_scaling="none",
    )
    described = clf.predict_attributes(task.X_test)
    novel = clf.novelty_detector_.decision_function(described) < penalty
    assert 0 < novel.sum() < len(novel)
    predicted = clf.predict(task.X_test)
    np.testing.assert_array_equal(np.isin(predicted, clf.unseen_classes_), novel)
    plain = fitted(task, attribute_scaling="none").decision_function(task.X_test)
    unseen = np.isin(clf.classes_, clf.unseen_classes_)
    for rows, columns in ((novel, unseen), (~novel, ~unseen)):
        nearest = clf.classes_[columns][plain[rows][:, columns].argmax(axis=1)]
        np.testing.assert_array_equal(predicted[rows], nearest)


def test_folds_use_the_detector(task):
    clf = fitted(
        task,
        novelty_detector=IsolationForest(n_estimators=10),
        early_stopping=True,
        seen_penalty="auto",
        max_epochs=2,
    )
    # Scores of isolation forests differ by less than 1.
    assert -1 <= clf.seen_penalty_ <= 1


def test_added_classes_do_not_change_who_is_novel(task):
    clf = fitted(task, novelty_detector=LocalOutlierFactor(novelty=True))
    old, before = clf.classes_, clf.predict(task.X_test)
    routed = np.isin(before, clf.seen_classes_)
    assert 0 < routed.sum() < len(routed)
    clf.add_classes(np.full((1, 4), 0.5), classes=[-1])
    after = clf.predict(task.X_test)
    np.testing.assert_array_equal(np.isin(after, clf.seen_classes_), routed)
    kept = np.isin(after, old)
    np.testing.assert_array_equal(after[kept], before[kept])
