import numpy as np
import pytest
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression

from zsl_estimators import DAPClassifier, IAPClassifier
from zsl_estimators.semantic import _dap


def binary_table(task):
    """Which class has what, by hand."""
    table = task.attributes.sort_index()
    return (table > table.loc[task.seen_classes].mean()).astype(int)


def expected_scores(has, having, frequency):
    """The published product of attribute probabilities, by plain loops."""
    scores = np.zeros((len(having), len(has)))
    for i, probabilities in enumerate(having):
        for c, row in enumerate(has):
            for m, value in enumerate(row):
                p, prior = probabilities[m], frequency[m]
                scores[i, c] += np.log(p if value else 1 - p)
                scores[i, c] -= np.log(prior if value else 1 - prior)
    return scores


def test_dap_multiplies_the_probabilities_of_attributes(task):
    clf = DAPClassifier(
        task.attributes, estimator=LogisticRegression(), seen_penalty=0.0
    ).fit(task.X_train, task.y_train)
    table = binary_table(task)
    test = task.X_test[:15]
    X = clf.feature_scaler_.transform(task.X_train)
    having = np.column_stack(
        [
            LogisticRegression()
            .fit(X, table.loc[task.y_train, name])
            .predict_proba(clf.feature_scaler_.transform(test.astype(float)))[:, 1]
            for name in table
        ]
    )
    expected = expected_scores(
        table.to_numpy(), having, table.loc[task.seen_classes].mean().to_numpy()
    )
    np.testing.assert_allclose(clf.decision_function(test), expected, rtol=1e-6)


def test_iap_sums_the_probabilities_of_classes(task):
    clf = IAPClassifier(
        task.attributes, attribute_prior="uniform", seen_penalty=0.0
    ).fit(task.X_train, task.y_train)
    table = binary_table(task)
    test = task.X_test[:15]
    probabilities = clf.estimator_.predict_proba(
        clf.feature_scaler_.transform(test.astype(float))
    )
    having = probabilities @ table.loc[clf.seen_classes_].to_numpy()
    expected = expected_scores(table.to_numpy(), having, np.full(table.shape[1], 0.5))
    shift = table.shape[1] * np.log(2)
    np.testing.assert_allclose(clf.decision_function(test), expected - shift, rtol=1e-6)


@pytest.mark.parametrize("cls", [DAPClassifier, IAPClassifier])
def test_an_attribute_that_all_seen_classes_share_decides_nothing(cls, task):
    table = task.attributes.copy()
    plain = cls(table, seen_penalty=0.0).fit(task.X_train, task.y_train)
    table["shared"] = np.where(table.index.isin(task.seen_classes), 1.0, 0.0)
    more = cls(table, seen_penalty=0.0).fit(task.X_train, task.y_train)
    assert more.predict_attributes(task.X_test)[:, -1].tolist() == [1.0] * len(
        task.X_test
    )
    np.testing.assert_array_equal(plain.predict(task.X_test), more.predict(task.X_test))


@pytest.mark.parametrize("cls", [DAPClassifier, IAPClassifier])
def test_predicted_attributes_lie_between_the_usual_values(cls, task):
    clf = cls(task.attributes, random_state=0).fit(task.X_train, task.y_train)
    predicted = clf.predict_attributes(task.X_test)
    seen = task.attributes.loc[task.seen_classes].to_numpy()
    assert (predicted >= seen.min(axis=0) - 1e-9).all()
    assert (predicted <= seen.max(axis=0) + 1e-9).all()
    truth = task.attributes.loc[task.y_test].to_numpy()
    assert np.corrcoef(predicted.ravel(), truth.ravel())[0, 1] > 0.5


def test_dap_in_two_processes_is_the_same(task):
    forest = RandomForestClassifier(5)
    one, two = (
        DAPClassifier(
            task.attributes,
            estimator=forest,
            n_jobs=n_jobs,
            seen_penalty=0.0,
            random_state=0,
        ).fit(task.X_train, task.y_train)
        for n_jobs in (None, 2)
    )
    np.testing.assert_array_equal(
        one.decision_function(task.X_test), two.decision_function(task.X_test)
    )


def test_dap_solves_logistic_regressions_of_many_features_together(task, monkeypatch):
    """The result is what LogisticRegression gives attribute by attribute."""
    monkeypatch.setattr(_dap, "FEW_FEATURES", task.X_train.shape[1] - 1)
    solver = _dap.fit_logistic_regressions
    calls = []
    monkeypatch.setattr(
        _dap, "fit_logistic_regressions", lambda *a: calls.append(a) or solver(*a)
    )
    together, one_by_one = (
        DAPClassifier(task.attributes, estimator=estimator, seen_penalty=0.0).fit(
            task.X_train, task.y_train
        )
        for estimator in (None, LogisticRegression(tol=1e-8))
    )
    assert len(calls) == 1
    np.testing.assert_allclose(
        together.predict_proba(task.X_test),
        one_by_one.predict_proba(task.X_test),
        atol=0.01,
    )
