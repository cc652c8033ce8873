"""attribute_scaling="auto": what is chosen, by whom, and who takes it over."""

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone

from tests.common import public_estimators, quick, small
from zsl_estimators import (
    ClassNormClassifier,
    CMTClassifier,
    ExemplarClassifier,
    RidgeSemanticClassifier,
)
from zsl_estimators.closed_form import ClosedFormMixin
from zsl_estimators.metrics import zero_shot_accuracy_score
from zsl_estimators.scaling import SCALINGS_TO_COMPARE

SCALED = [
    cls
    for cls in public_estimators()
    if hasattr(cls().set_params(), "attribute_scaling")
]
CLOSED = [cls for cls in SCALED if issubclass(cls, ClosedFormMixin)]
TRAINED = [cls for cls in SCALED if not issubclass(cls, ClosedFormMixin)]


def sizes_that_matter(random_state=0):
    """Principal components: a few large columns, and many small ones of noise."""
    rng = np.random.RandomState(random_state)
    signal = rng.normal(size=(20, 3))
    table = np.concatenate([signal, 0.02 * rng.normal(size=(20, 40))], axis=1)
    y = np.repeat(np.arange(20), 30)
    X = signal[y] @ rng.normal(size=(3, 12)) + 0.3 * rng.normal(size=(len(y), 12))
    return table, X, y


def zero_shot_accuracy(clf, X, y):
    return zero_shot_accuracy_score(
        y, clf.decision_function(X), classes=clf.classes_, seen_classes=range(15)
    )


@pytest.mark.parametrize("cls", [ExemplarClassifier, RidgeSemanticClassifier])
def test_sizes_are_kept_where_they_matter(cls):
    table, X, y = sizes_that_matter()
    seen = y < 15
    fitted = {
        scaling: cls(table, attribute_scaling=scaling, random_state=0).fit(
            X[seen], y[seen]
        )
        for scaling in ("auto", "standard")
    }
    assert fitted["auto"].attribute_scaling_ in ("rms", "unit")
    accuracies = {name: zero_shot_accuracy(clf, X, y) for name, clf in fitted.items()}
    assert accuracies["auto"] > accuracies["standard"] + 0.1


@pytest.mark.parametrize("cls", [ExemplarClassifier, RidgeSemanticClassifier])
def test_different_units_get_the_same_variance(cls):
    rng = np.random.RandomState(0)
    table = rng.normal(size=(20, 5))
    y = np.repeat(np.arange(20), 30)
    X = table[y] @ rng.normal(size=(5, 12)) + rng.normal(size=(len(y), 12))
    in_units = pd.DataFrame(table * [1e-6, 1.0, 1.0, 1.0, 1e7])
    seen = y < 15
    clf = cls(in_units, random_state=0).fit(X[seen], y[seen])
    assert clf.attribute_scaling_ in ("standard", "whitened")
    assert zero_shot_accuracy(clf, X, y) > 0.6


@pytest.mark.usefixtures("few_folds")
@pytest.mark.parametrize("cls", CLOSED)
def test_closed_forms_compare_all(cls, task):
    clf = small(cls, attributes=task.attributes, random_state=0)
    clf.fit(task.X_train, task.y_train)
    results = clf.held_out_results_
    assert list(results.attribute_scaling.unique()) == list(SCALINGS_TO_COMPARE)
    means = results.groupby("attribute_scaling").apply(
        lambda rows: rows.groupby("candidate", dropna=False).AUSUC.mean().max(),
        include_groups=False,
    )
    assert means[clf.attribute_scaling_] == pytest.approx(means.max())
    # Fitted with it alone, an estimator is the same but for what it chooses besides.
    fixed = clone(clf).set_params(attribute_scaling=clf.attribute_scaling_)
    fixed.fit(task.X_train, task.y_train)
    np.testing.assert_allclose(
        fixed.decision_function(task.X_test), clf.decision_function(task.X_test)
    )


@pytest.mark.parametrize("cls", TRAINED)
def test_trained_estimators_take_over_what_a_closed_form_chose(cls):
    table, X, y = sizes_that_matter()
    seen = y < 15
    clf = quick(cls, attributes=table, random_state=0, attribute_scaling="auto")
    if "init" in clf.get_params():
        clf.set_params(init="auto")
    # Folds of its own have no say in it.
    clf.set_params(max_epochs=1, seen_penalty=0.0, early_stopping=False)
    clf.fit(X[seen], y[seen])
    if getattr(clf, "init_", None) is not None:
        assert clf.attribute_scaling_ == clf.init_.attribute_scaling_
    assert clf.attribute_scaling_ in ("rms", "unit")


@pytest.mark.usefixtures("few_folds")
@pytest.mark.parametrize("cls", SCALED)
def test_a_given_scaling_is_used(cls, task):
    clf = quick(cls, attributes=task.attributes, random_state=0)
    clf.set_params(attribute_scaling="minmax", seen_penalty=0.0)
    clf.fit(task.X_train, task.y_train)
    assert clf.attribute_scaling_ == "minmax"
    with pytest.raises(ValueError, match="attribute_scaling"):
        clf.set_params(attribute_scaling="robust").fit(task.X_train, task.y_train)


@pytest.mark.parametrize("cls", CLOSED)
def test_without_folds_the_first_is_taken(cls, task):
    few = task.y_train < np.unique(task.y_train)[3]
    clf = small(cls, attributes=task.attributes, random_state=0, seen_penalty=0.0)
    clf.fit(task.X_train[few], task.y_train[few])
    assert clf.attribute_scaling_ == SCALINGS_TO_COMPARE[0]


@pytest.mark.parametrize("cls", [CMTClassifier, ClassNormClassifier])
def test_networks_without_a_start_are_not_given_whitened_descriptions(task, cls):
    """Nor are they by what is fitted to choose for them."""
    compared = {one.attribute_scaling for one in small(cls)._new_inits()}
    assert compared == {"standard", "unit"}
    clf = small(cls, attributes=task.attributes, max_epochs=1, random_state=0)
    clf.set_params(attribute_scaling="auto").fit(task.X_train, task.y_train)
    assert clf.attribute_scaling_ in compared
