"""How much of what is learned is added to the initial estimator."""

import numpy as np
import pytest

from tests.common import public_estimators, quick
from zsl_estimators import (
    ALEClassifier,
    FGANClassifier,
    LatEmClassifier,
    RevCDClassifier,
)
from zsl_estimators.seeds import private_random_state
from zsl_estimators.training._estimator import (
    CORRECTION_WEIGHTS,
    USUAL_CORRECTION_WEIGHT,
)

WEIGHED = [
    cls for cls in public_estimators() if "correction_weight" in cls().get_params()
]


def fitted(cls, task, **parameters):
    clf = quick(cls, attributes=task.attributes, random_state=0)
    clf.set_params(early_stopping=False, seen_penalty=0.0, lr=1e-2, **parameters)
    return clf.fit(task.X_train, task.y_train)


def test_predicted_attributes_lie_on_a_line(task):
    """RevCD mixes what it predicts with what the initial estimator predicts."""
    clf = fitted(RevCDClassifier, task, correction_weight=1.0)
    half = fitted(RevCDClassifier, task, correction_weight=0.5)
    Z = clf._scaled(task.X_test)
    start, end = clf.init_._predict_scaled(Z), clf._predict_scaled(Z)
    assert np.abs(end - start).max() > 0.01
    np.testing.assert_allclose(half._predict_scaled(Z), (start + end) / 2, rtol=1e-6)


def test_bilinear_scores_are_those_of_the_mixed_matrix(task):
    clf = fitted(ALEClassifier, task, correction_weight=0.25)
    whole = fitted(ALEClassifier, task, correction_weight=1.0)
    Z, S = clf._scaled(task.X_test), clf._scaled_attributes()
    start = clf._start(clf._scaled_problem(task.X_train, task.y_train, None))
    from_start = (Z @ start @ S.T)[:, clf._order]
    np.testing.assert_allclose(
        clf.decision_function(task.X_test),
        0.75 * from_start + 0.25 * whole.decision_function(task.X_test),
        atol=1e-5,
    )


def test_every_matrix_is_mixed(task):
    settings = {"n_maps": 3, "correction_weight": 0.5, "device": "cpu"}
    clf = fitted(LatEmClassifier, task, **settings)
    trained = clf.net_.module_.weight.detach().numpy().astype(float)
    start = clf.net_.module_.start.numpy().astype(float)
    Z, S = clf._scaled(task.X_test), clf._scaled_attributes()
    expected = np.max([Z @ ((start + part) / 2) @ S.T for part in trained], axis=0)
    np.testing.assert_allclose(
        clf.decision_function(task.X_test), expected[:, clf._order], atol=1e-5
    )


@pytest.mark.parametrize("weight", [0.25, 0.75])
def test_means_of_generated_features_lie_on_a_line(task, weight):
    clf = fitted(FGANClassifier, task, decision="gaussian", correction_weight=weight)
    whole = fitted(FGANClassifier, task, decision="gaussian", correction_weight=1.0)
    base = clf.init_.predict_means(clf._table.matrix)
    every = np.arange(len(base))
    means, all_of_it = (
        one._generator().means(every, private_random_state(0)) for one in (clf, whole)
    )
    np.testing.assert_allclose(
        means, base + weight * (all_of_it - base), rtol=1e-4, atol=1e-4
    )
    X, y = clf.sample(400)
    sampled = np.array([X[y == label].mean(axis=0) for label in clf.classes_])
    spread = np.array([X[y == label].std(axis=0) for label in clf.classes_])
    # Means of 400 samples, shifted by those of 64.
    assert np.abs((sampled - means[clf._order]) / spread).max() < 1.0


@pytest.mark.usefixtures("few_folds")
@pytest.mark.parametrize("cls", WEIGHED)
def test_weights_compete_on_the_folds(cls, task):
    clf = quick(cls, attributes=task.attributes, random_state=0)
    clf.set_params(correction_weight="auto").fit(task.X_train, task.y_train)
    results = clf.held_out_results_
    assert set(results.correction_weight[results.candidate > 0]) == set(
        CORRECTION_WEIGHTS
    )
    means = results.groupby(["candidate", "correction_weight"]).AUSUC.mean()
    # Not always the largest: a gain over no training has to be certain.
    assert means[clf.n_iter_, clf.correction_weight_] >= means[0, 1.0]


@pytest.mark.parametrize("cls", WEIGHED)
def test_without_folds(cls, task):
    clf = fitted(cls, task, correction_weight="auto", attributes=None)
    assert clf.correction_weight_ == USUAL_CORRECTION_WEIGHT


@pytest.mark.parametrize("cls", WEIGHED)
def test_nothing_to_weigh(cls, task):
    with pytest.raises(ValueError, match="init=None has none"):
        fitted(cls, task, init=None, correction_weight=0.5)
    settings = {"feature_scaling": "standard"} if cls is FGANClassifier else {}
    clf = fitted(cls, task, init=None, correction_weight="auto", **settings)
    assert clf.correction_weight_ == 1


@pytest.mark.parametrize("weight", [0, -1, 1.5, "half"])
def test_weight_is_checked(task, weight):
    with pytest.raises(ValueError, match="correction_weight"):
        fitted(RevCDClassifier, task, correction_weight=weight)
