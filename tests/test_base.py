import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone

from tests.common import public_estimators, quick, small
from zsl_estimators import (
    ALEClassifier,
    BaseZeroShotClassifier,
    RidgeSemanticClassifier,
)
from zsl_estimators.base import private_random_state
from zsl_estimators.datasets import make_gzsl
from zsl_estimators.exceptions import ZeroShotWarning
from zsl_estimators.training import TorchTrainingMixin


@pytest.fixture(scope="module")
def data():
    return make_gzsl(12, n_seen=8, n_unseen=3, random_state=0)


class Recorder(BaseZeroShotClassifier):
    """Notes which samples and classes each model is fitted and scored on."""

    log = []

    def __init__(
        self,
        attributes=None,
        *,
        classes=None,
        seen_penalty="auto",
        random_state=None,
        verbose=0,
    ):
        super().__init__(
            attributes,
            classes=classes,
            seen_penalty=seen_penalty,
            random_state=random_state,
            verbose=verbose,
        )

    def _fit(self, problem, choice, random_state):
        classes = self.seen_classes_, self.unseen_classes_
        self.log.append((self._fold, problem.X, *classes))

    def _score_classes(self, Z):
        return np.random.RandomState(0).uniform(size=(len(Z), len(self.classes_)))


def test_folds_hide_seen_classes(data):
    Recorder.log.clear()
    Recorder(data.attributes, random_state=0).fit(data.X_train, data.y_train)
    *folds, of_all_seen, final = Recorder.log
    assert [fold for fold, *_ in folds] == [f"{number}/5" for number in range(1, 6)]
    for _, X, seen, unseen in folds:
        assert len(seen) == 6
        assert len(unseen) == len(data.unseen_classes), "some hidden, others real ones"
        assert len(X) < len(data.X_train)
    # The penalty needs to know how all seen classes score beside the unseen ones.
    fold, X, seen, unseen = of_all_seen
    assert fold == "seen"
    assert len(folds[0][1]) < len(X) < len(data.X_train)
    assert len(seen) == len(data.seen_classes)
    assert len(unseen) == len(data.unseen_classes)
    fold, X, seen, unseen = final
    assert fold == "all"
    assert len(X) == len(data.X_train)
    assert set(seen) == set(data.seen_classes)
    assert set(unseen) == set(data.unseen_classes)


def test_a_fixed_penalty_needs_no_folds(data):
    Recorder.log.clear()
    clf = Recorder(data.attributes, seen_penalty=0.5).fit(data.X_train, data.y_train)
    assert len(Recorder.log) == 1
    assert clf.seen_penalty_ == 0.5
    assert clf.held_out_results_ is None


@pytest.mark.usefixtures("few_folds")
@pytest.mark.parametrize("cls", public_estimators())
def test_test_rows_have_no_influence(cls, data):
    """Nothing is fitted on what is predicted, not even statistics of a batch."""
    clf = quick(cls, attributes=data.attributes, random_state=0)
    clf.fit(data.X_train, data.y_train)
    before = clf.predict_proba(data.X_test)
    clf.predict(1e3 * np.random.RandomState(0).normal(size=data.X_test.shape))
    np.testing.assert_array_equal(before, clf.predict_proba(data.X_test))


def test_penalty_can_be_assigned(data):
    clf = RidgeSemanticClassifier(data.attributes, random_state=0)
    clf.fit(data.X_train, data.y_train)
    clf.seen_penalty_ = 10.0
    assert set(clf.predict(data.X_test)) <= set(data.unseen_classes)


def test_feature_names_are_kept(data):
    X = pd.DataFrame(data.X_train).add_prefix("sensor_")
    clf = RidgeSemanticClassifier(data.attributes, random_state=0).fit(X, data.y_train)
    assert list(clf.feature_names_in_) == list(X.columns)
    with pytest.raises(ValueError, match="feature names"):
        clf.predict(X[X.columns[::-1]])


def test_a_hundred_new_classes(data):
    """A hundred classes are a matter of their descriptions only."""
    clf = RidgeSemanticClassifier(data.attributes, random_state=0).fit(
        data.X_train, data.y_train
    )
    new = np.random.RandomState(1).uniform(size=(100, 8))
    clf.add_classes(new)
    assert clf.classes_.tolist() == list(range(111))
    assert clf.predict_proba(data.X_test).shape[1] == 111


def test_none_draws_a_new_seed_without_the_global_state():
    before = np.random.mtrand._rand.get_state()[1].copy()
    one, other = (private_random_state(None).randint(2**31) for _ in range(2))
    assert one != other
    np.testing.assert_array_equal(before, np.random.mtrand._rand.get_state()[1])


def test_one_sample_per_class_leaves_nothing_to_fit_the_penalty_on():
    data = make_gzsl(1, n_seen=8, n_unseen=3, random_state=0)
    clf = RidgeSemanticClassifier(data.attributes, random_state=0)
    with pytest.warns(ZeroShotWarning, match="No class of y has two samples"):
        assert clf.fit(data.X_train, data.y_train).seen_penalty_ == 0
    assert clf.held_out_results_ is None


@pytest.mark.parametrize(
    "cls", [cls for cls in public_estimators() if issubclass(cls, TorchTrainingMixin)]
)
def test_a_warm_start_keeps_units_and_start(cls, data):
    """A trained network knows nothing but the units of its first fit."""
    clf = quick(cls, attributes=data.attributes, warm_start=True, random_state=0)
    clf.set_params(seen_penalty=0.0, early_stopping=False)
    names = {"feature_scaler_", "attribute_scaler_", "init_"}
    clf.fit(data.X_train, data.y_train)
    before = {name: vars(clf)[name] for name in names & set(vars(clf))}
    assert before
    clf.fit(3 * data.X_train[::2] + 1, data.y_train[::2])
    assert all(vars(clf)[name] is value for name, value in before.items())


def test_a_warm_start_that_is_turned_on_later_begins_anew(data):
    parameters = {"seen_penalty": 0.0, "early_stopping": False, "random_state": 0}
    clf = small(ALEClassifier, attributes=data.attributes, **parameters)
    clf.fit(data.X_train, data.y_train)
    again = clone(clf).set_params(warm_start=True).fit(data.X_train, data.y_train)
    clf.set_params(warm_start=True).fit(data.X_train, data.y_train)
    scores = (one.decision_function(data.X_test) for one in (clf, again))
    np.testing.assert_array_equal(*scores)


def test_unknown_arguments_of_fit_are_refused_by_name(data):
    clf = RidgeSemanticClassifier(attributes=data.attributes)
    with pytest.raises(TypeError, match="groups, which Ridge"):
        clf.fit(data.X_train, data.y_train, groups=data.y_train)


@pytest.mark.parametrize("penalty", ["big", None, np.nan, np.inf])
def test_an_assigned_penalty_must_be_a_number(data, penalty):
    clf = RidgeSemanticClassifier(attributes=data.attributes)
    clf.fit(data.X_train, data.y_train).seen_penalty_ = penalty
    with pytest.raises(ValueError, match=r"seen penalty is .* assign a finite number"):
        clf.predict(data.X_test)


def test_score_is_accuracy(data):
    clf = RidgeSemanticClassifier(attributes=data.attributes, random_state=0)
    clf.fit(data.X_train, data.y_train)
    right = clf.predict(data.X_test) == data.y_test
    weights = np.arange(len(right))
    assert clf.score(data.X_test, data.y_test) == pytest.approx(right.mean())
    found = clf.score(data.X_test, data.y_test, sample_weight=weights)
    assert found == pytest.approx(np.average(right, weights=weights))
