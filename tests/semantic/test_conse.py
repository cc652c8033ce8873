import numpy as np
import pytest
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression

from zsl_estimators import ConSEClassifier, IAPClassifier


def fitted(task, **parameters):
    parameters = {"attributes": task.attributes, "seen_penalty": 0.0, **parameters}
    return ConSEClassifier(**parameters).fit(task.X_train, task.y_train)


def test_top_one_describes_the_most_likely_class(task):
    clf = fitted(task, n_top=1, attribute_scaling="none")
    X = clf.feature_scaler_.transform(task.X_test)
    likely = clf.seen_classes_[clf.estimator_.predict(X)]
    expected = task.attributes.loc[likely]
    np.testing.assert_allclose(clf.predict_attributes(task.X_test), expected)


def test_combination_is_that_of_a_plain_loop(task):
    clf = fitted(task, n_top=3, attribute_scaling="none")
    X = clf.feature_scaler_.transform(task.X_test[:20])
    seen = task.attributes.loc[clf.seen_classes_].to_numpy()
    for row, probabilities in zip(
        clf.predict_attributes(task.X_test[:20]),
        clf.estimator_.predict_proba(X),
        strict=True,
    ):
        top = np.argsort(probabilities)[-3:]
        weights = probabilities[top] / probabilities[top].sum()
        np.testing.assert_allclose(row, weights @ seen[top], atol=1e-6)


def test_any_probabilistic_classifier(task):
    forest = RandomForestClassifier(10)
    clf = fitted(task, estimator=forest, random_state=0)
    again = fitted(task, estimator=forest, random_state=0)
    assert forest.random_state is None
    np.testing.assert_array_equal(
        clf.decision_function(task.X_test), again.decision_function(task.X_test)
    )


def test_parameters_of_the_classifier_are_reachable():
    clf = ConSEClassifier(estimator=LogisticRegression())
    assert clf.set_params(estimator__C=0.5).estimator.C == 0.5


@pytest.mark.parametrize("cls", [ConSEClassifier, IAPClassifier])
def test_one_seen_class(cls, task):
    """As the others do: it is the only answer where no penalty can be fitted."""
    of_one = task.y_train == task.y_train[0]
    clf = cls(task.attributes, seen_penalty=0.0, random_state=0)
    clf.fit(task.X_train[of_one], task.y_train[of_one])
    assert np.isfinite(clf.decision_function(task.X_test)).all()
    assert clf.seen_classes_.tolist() == [task.y_train[0]]
