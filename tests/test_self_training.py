import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.semi_supervised import SelfTrainingClassifier
from sklearn.utils.estimator_checks import parametrize_with_checks

from zsl_estimators import (
    CalibratedStackingCV,
    ExemplarClassifier,
    RidgeSemanticClassifier,
    SelfTrainingZeroShotClassifier,
)
from zsl_estimators.datasets import make_gzsl
from zsl_estimators.metrics import harmonic_mean_score
from zsl_estimators.self_training import is_unlabelled


@pytest.fixture(scope="module")
def data():
    """Descriptions that say little, and every second test row without a label."""
    task = make_gzsl(
        40,
        n_seen=16,
        n_unseen=5,
        n_features=20,
        n_attributes=6,
        nonlinearity=0.6,
        random_state=1,
    )
    task.X = np.concatenate([task.X_train, task.X_test[::2]])
    task.y = np.concatenate([task.y_train, np.full(len(task.X_test[::2]), -1)])
    task.X_test, task.y_test = task.X_test[1::2], task.y_test[1::2]
    return task


def ridge(data):
    return RidgeSemanticClassifier(data.attributes, alpha=0.1, random_state=0)


def h_of(clf, data):
    return harmonic_mean_score(
        data.y_test, clf.predict(data.X_test), seen_classes=np.unique(data.y_train)
    )


# As for SelfTrainingClassifier of scikit-learn.
FAILS = {
    "check_classifiers_classes": "-1 and 1 are labels there",
    "check_non_transformer_estimators_n_iter": "no row is unlabelled: n_iter_ is 0",
}


@parametrize_with_checks(
    [SelfTrainingZeroShotClassifier(RidgeSemanticClassifier())],
    expected_failed_checks=lambda estimator: FAILS,
)
def test_scikit_learn(estimator, check):
    check(estimator)


@pytest.mark.parametrize("cls", [ExemplarClassifier, RidgeSemanticClassifier])
def test_unlabelled_rows_help_and_unseen_classes_stay_unseen(data, cls):
    alone = cls(data.attributes, random_state=0).fit(data.X_train, data.y_train)
    clf = SelfTrainingZeroShotClassifier(clone(alone)).fit(data.X, data.y)
    assert h_of(clf, data) > h_of(alone, data) + 0.05
    np.testing.assert_array_equal(clf.unseen_classes_, alone.unseen_classes_)
    np.testing.assert_array_equal(clf.seen_classes_, alone.seen_classes_)
    assert clf.estimator_.seen_penalty_ == alone.seen_penalty_


def test_self_training_of_scikit_learn_forgets_which_classes_are_unseen(data):
    """What the guide says; if this fails one day, the class above may go."""
    clf = SelfTrainingClassifier(ridge(data), threshold=0.5).fit(data.X, data.y)
    assert len(clf.estimator_.unseen_classes_) < len(data.unseen_classes)


def test_rounds_are_those_of_a_plain_loop(data):
    clf = SelfTrainingZeroShotClassifier(ridge(data), max_iter=2).fit(data.X, data.y)
    X = data.X[data.y == -1]
    current, labels = ridge(data).fit(data.X_train, data.y_train), None
    unseen = current.unseen_classes_
    for _ in range(2):
        labels = current.predict(X)
        used = np.isin(labels, unseen)
        current = ridge(data).fit(data.X_train, data.y_train)
        current.add_classes(X=X[used], y=labels[used])
    np.testing.assert_allclose(
        clf.decision_function(data.X_test), current.decision_function(data.X_test)
    )
    np.testing.assert_array_equal(
        clf.transduction_[data.y == -1], np.where(used, labels, -1)
    )
    np.testing.assert_array_equal(clf.transduction_[data.y >= 0], data.y_train)
    assert clf.n_iter_ == 2


def test_ends_when_no_label_changes(data):
    few = SelfTrainingZeroShotClassifier(ridge(data), max_iter=50).fit(data.X, data.y)
    assert few.n_iter_ < 50
    again = few._columns_taken(few.estimator_, data.X[data.y == -1])
    labels = np.where(again >= 0, few.classes_[again], -1)
    np.testing.assert_array_equal(labels, few.transduction_[data.y == -1])


def test_threshold_leaves_uncertain_rows_out(data):
    used = [
        (
            SelfTrainingZeroShotClassifier(ridge(data), threshold=threshold, max_iter=1)
            .fit(data.X, data.y)
            .transduction_
            >= 0
        ).sum()
        for threshold in (0.0, 0.8, 0.999999)
    ]
    assert used[0] > used[1] > used[2]


def test_without_unlabelled_rows_it_is_the_estimator(data):
    clf = SelfTrainingZeroShotClassifier(ridge(data)).fit(data.X_train, data.y_train)
    alone = ridge(data).fit(data.X_train, data.y_train)
    np.testing.assert_array_equal(
        clf.decision_function(data.X_test), alone.decision_function(data.X_test)
    )
    assert clf.n_iter_ == 0


def test_text_labels_and_data_frames(data):
    name = np.array([f"class {number:02d}" for number in range(30)], dtype=object)
    y = np.where(data.y == -1, -1, name[data.y])
    table = data.attributes.set_axis(name[data.attributes.index])
    clf = RidgeSemanticClassifier(table, alpha=0.1, random_state=0)
    X = pd.DataFrame(data.X).add_prefix("x")
    named = SelfTrainingZeroShotClassifier(clf).fit(X, y)
    numbered = SelfTrainingZeroShotClassifier(ridge(data)).fit(data.X, data.y)
    X_test = pd.DataFrame(data.X_test).add_prefix("x")
    predicted = name[numbered.predict(data.X_test)]
    np.testing.assert_array_equal(named.predict(X_test), predicted)
    with pytest.raises(ValueError, match="dtype=object"):
        SelfTrainingZeroShotClassifier(clf).fit(X, y.astype(str))


@pytest.mark.parametrize(
    "around",
    [
        lambda clf: make_pipeline(StandardScaler(), clf),
        lambda clf: CalibratedStackingCV(clf, cv=2, random_state=0),
    ],
)
def test_around_pipelines_and_calibrations(data, around):
    inside = around(ridge(data))
    alone = clone(inside).fit(data.X_train, data.y_train)
    clf = SelfTrainingZeroShotClassifier(inside).fit(data.X, data.y)
    assert h_of(clf, data) > h_of(alone, data) + 0.05


def test_the_estimator_that_was_given_stays_what_it_was(data):
    """A frozen one has all attributes of what is inside it, and is not copied."""
    clf = ExemplarClassifier(data.attributes, alpha=0.1, shrinkage=0.5, random_state=0)
    clf.fit(data.X_train, data.y_train)
    before = clf.decision_function(data.X_test)
    trained = SelfTrainingZeroShotClassifier(FrozenEstimator(clf))
    trained.fit(data.X, data.y)
    np.testing.assert_array_equal(clf.decision_function(data.X_test), before)
    assert (trained.decision_function(data.X_test) != before).any()


def test_rounds_inside_a_calibration_start_anew(data):
    """A row counts once, however many rounds there are."""
    clf = ExemplarClassifier(data.attributes, alpha=0.1, shrinkage=0.5, random_state=0)
    stacking = CalibratedStackingCV(clf, random_state=0)
    trained = SelfTrainingZeroShotClassifier(stacking, max_iter=4).fit(data.X, data.y)
    taken = np.isin(trained.transduction_, trained.unseen_classes_).sum()
    inside = trained.estimator_.estimator_
    assert inside._labelled_rows.rows.counts.sum() == taken > 0


def test_labels_of_the_table_fit_into_what_is_returned(data):
    """Labels of `y` may be of a type that the unseen ones do not fit into."""
    labels = [
        c if c in np.unique(data.y_train) else c + 200 for c in data.attributes.index
    ]
    clf = ridge(data).set_params(attributes=data.attributes.set_axis(labels))
    trained = SelfTrainingZeroShotClassifier(clf).fit(data.X, data.y.astype(np.int8))
    assert np.isin(trained.transduction_, [-1, *labels]).all()
    assert (trained.transduction_ >= 200).any()


def test_refusals(data):
    new = SelfTrainingZeroShotClassifier
    with pytest.raises(ValueError, match="no label"):
        new(ridge(data)).fit(data.X, np.full(len(data.X), -1))
    with pytest.raises(ValueError, match="threshold"):
        new(ridge(data), threshold=1.5).fit(data.X, data.y)
    for text in (object, "string", str):
        y = pd.Series(data.y).astype(str).astype(text)
        with pytest.raises(ValueError, match='text "-1"'):
            new(ridge(data)).fit(data.X, y)
    table = data.attributes.copy()
    table.loc[-1] = 0.5
    with pytest.raises(ValueError, match="class -1"):
        new(RidgeSemanticClassifier(table)).fit(data.X, data.y)


def test_marks():
    assert is_unlabelled(np.array([0, -1, 2])).tolist() == [False, True, False]
    assert is_unlabelled(np.array([0.0, -1.0])).tolist() == [False, True]
    assert is_unlabelled(np.array(["a", -1], dtype=object)).tolist() == [False, True]
    assert not is_unlabelled(np.array(["a", "b"])).any()
    assert not is_unlabelled(np.array([True, False])).any()
