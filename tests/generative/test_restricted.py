"""A head for some classes alone, as papers train it for conventional ZSL."""

import copy
import pickle

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression

from tests.common import small
from zsl_estimators import (
    ABPClassifier,
    CADAVAEClassifier,
    CVAEClassifier,
    CycleWGANClassifier,
    FGANClassifier,
    FVAEGANClassifier,
    GAZSLClassifier,
    SoftmaxHead,
    TFVAEGANClassifier,
    VAEcFlowClassifier,
    ZeroDiffClassifier,
    held_out_report,
)
from zsl_estimators.datasets import make_gzsl

GENERATORS = [
    ABPClassifier,
    CADAVAEClassifier,
    CVAEClassifier,
    CycleWGANClassifier,
    FGANClassifier,
    FVAEGANClassifier,
    GAZSLClassifier,
    TFVAEGANClassifier,
    VAEcFlowClassifier,
    ZeroDiffClassifier,
]


def fitted(cls, task, **parameters):
    parameters = {
        "attributes": task.attributes,
        "decision": "head",
        "early_stopping": False,
        "seen_penalty": 0.0,
        "random_state": 0,
        **parameters,
    }
    return small(cls, **parameters).fit(task.X_train, task.y_train)


@pytest.fixture(scope="module")
def cvae(task):
    """With a head of which one knows what it learns."""
    return fitted(CVAEClassifier, task, head=LogisticRegression(), n_synthetic=15)


@pytest.fixture(scope="module", params=GENERATORS)
def generator(request, task):
    return fitted(request.param, task)


def of_unseen(task):
    rows = np.isin(task.y_test, task.unseen_classes)
    return task.X_test[rows], task.y_test[rows]


@pytest.mark.parametrize("classes", [None, [4, 0, 2, 2]])
def test_head_is_one_fitted_by_hand_on_what_is_sampled(task, cvae, classes):
    clf = cvae.with_head_for(classes)
    expected = task.unseen_classes if classes is None else [0, 2, 4]
    np.testing.assert_array_equal(clf.classes_, expected)
    X, y = clf.sample(15)
    by_hand = LogisticRegression().fit(clf.feature_scaler_.transform(X), y)
    test = clf.feature_scaler_.transform(task.X_test)
    np.testing.assert_allclose(
        clf.predict_proba(task.X_test), by_hand.predict_proba(test), atol=1e-3
    )
    np.testing.assert_array_equal(clf.predict(task.X_test), by_hand.predict(test))


def test_order_of_the_labels_does_not_matter(task, cvae):
    scores = [
        cvae.with_head_for(classes).decision_function(task.X_test)
        for classes in ([4, 0, 2], [0, 2, 4])
    ]
    np.testing.assert_array_equal(*scores)


def test_unseen_classes_are_told_apart(task, generator):
    clf = generator.with_head_for()
    X, y = of_unseen(task)
    assert clf.score(X, y) > 0.6
    np.testing.assert_array_equal(clf.classes_, task.unseen_classes)
    np.testing.assert_array_equal(clf.unseen_classes_, task.unseen_classes)
    assert clf.seen_classes_.shape == (0,)
    assert clf.class_attributes_.shape == (3, 4)
    np.testing.assert_allclose(clf.predict_proba(X).sum(axis=1), 1)


def test_result_can_be_cloned_pickled_and_added_to(task, generator):
    before = generator.decision_function(task.X_test)
    clf = generator.with_head_for()
    scores = clf.decision_function(task.X_test)
    loaded = pickle.loads(pickle.dumps(clf))
    np.testing.assert_array_equal(loaded.decision_function(task.X_test), scores)
    assert not clone(clf).__sklearn_is_fitted__()
    clf.add_classes(np.full((1, 4), 0.5), classes=[99])
    added = clf.decision_function(task.X_test)
    np.testing.assert_allclose(added[:, :3], scores, atol=1e-6)
    assert clf.classes_.tolist() == [*task.unseen_classes, 99]
    np.testing.assert_array_equal(generator.decision_function(task.X_test), before)


@pytest.mark.parametrize("cls", [CADAVAEClassifier, CVAEClassifier, TFVAEGANClassifier])
def test_synthetic_features_can_be_streamed(cls, task):
    """To heads on latents, on features, and on more than these."""
    clf = fitted(cls, task, synthesis="stream", n_synthetic=60).with_head_for()
    assert clf.score(*of_unseen(task)) > 0.6


@pytest.mark.parametrize("warm_start", [False, True])
def test_another_fit_is_of_all_classes_and_leaves_the_classifier(task, warm_start):
    """A fit that goes on does not train the net of the other one."""
    random_state = np.random.RandomState(0)
    settings = {"warm_start": warm_start, "random_state": random_state}
    clf = fitted(CVAEClassifier, task, **settings)
    before = clf.decision_function(task.X_test)
    drawn = copy.deepcopy(random_state).randint(1000)
    unseen = clf.with_head_for().fit(task.X_train, task.y_train)
    assert len(unseen.classes_) == 11
    np.testing.assert_array_equal(clf.decision_function(task.X_test), before)
    assert random_state.randint(1000) == drawn


def test_same_result_every_time(task, cvae):
    first, second = (cvae.with_head_for() for _ in range(2))
    np.testing.assert_array_equal(
        first.decision_function(task.X_test), second.decision_function(task.X_test)
    )


def test_added_classes_can_be_among_them(task):
    clf = fitted(CVAEClassifier, task)
    clf.add_classes(task.attributes.loc[[3]].to_numpy() + 0.1, classes=[-1])
    assert clf.with_head_for([3, -1, 0]).classes_.tolist() == [-1, 0, 3]


def test_settings_of_the_head_are_kept(task):
    head = SoftmaxHead(hidden=(5,), max_epochs=2, weight_decay=0.02)
    old = fitted(CVAEClassifier, task, head=head)
    new = old.with_head_for()
    assert (new.head_.hidden, new.head_.weight_decay) == ((5,), 0.02)
    assert len(new.head_.classes_) == 3
    assert new.head_ is not old.head_


def test_folds_have_nothing_to_say_about_it(task):
    settings = {"seen_penalty": "auto", "max_epochs": 1, "head": LogisticRegression()}
    clf = fitted(CVAEClassifier, task, **settings)
    assert clf._held_out_performance is not None
    unseen = clf.with_head_for()
    assert unseen.seen_penalty_ == 0
    with pytest.raises(ValueError, match="nothing to report"):
        held_out_report(unseen)


@pytest.mark.parametrize("decision", ["gaussian", "likelihood"])
def test_without_a_head_it_is_refused(task, decision):
    clf = fitted(VAEcFlowClassifier, task, decision=decision)
    with pytest.raises(ValueError, match=r'no head.*decision="head"'):
        clf.with_head_for()


@pytest.mark.parametrize("classes", [[], [3], [3, 3]])
def test_one_class_is_refused(cvae, classes):
    with pytest.raises(ValueError, match="two labels or more"):
        cvae.with_head_for(classes)


def test_unknown_labels_are_refused(cvae):
    with pytest.raises(ValueError, match=r"no description: \[99\]"):
        cvae.with_head_for([0, 99])


def test_without_unseen_classes_they_must_be_named(task):
    seen = task.attributes.loc[task.seen_classes]
    clf = fitted(CVAEClassifier, task, attributes=seen)
    with pytest.raises(ValueError, match="two labels or more"):
        clf.with_head_for()
    assert clf.with_head_for(clf.classes_[:2]).decision_function(task.X_test).ndim == 1


def test_names_are_labels():
    data = make_gzsl(10, n_seen=5, n_unseen=2, random_state=0)
    names = np.array([f"class {c}" for c in range(7)], dtype=object)
    data.attributes = data.attributes.set_axis(names)
    data.y_train = names[data.y_train]
    clf = fitted(CVAEClassifier, data).with_head_for()
    assert clf.predict(data.X_test[:1])[0] in clf.unseen_classes_
    assert clf.unseen_classes_.tolist() == names[data.unseen_classes].tolist()


def test_after_classes_were_removed_and_rows_were_given(task, cvae):
    changed = copy.deepcopy(cvae).remove_classes(task.unseen_classes[:1])
    kept = task.unseen_classes[1:]
    rows = np.isin(task.y_test, kept[:1])
    changed.add_classes(X=task.X_test[rows][:3], y=task.y_test[rows][:3])
    clf = changed.with_head_for([*kept, task.y_train[0]])
    np.testing.assert_array_equal(clf.classes_, sorted([*kept, task.y_train[0]]))
    # The new head does not know of the rows.
    without = cvae.with_head_for(clf.classes_)
    scores = (one.decision_function(task.X_test) for one in (clf, without))
    np.testing.assert_array_equal(*scores)
