import numpy as np
import pandas as pd
import pytest
from scipy.linalg import solve

from zsl_estimators import ESZSLClassifier, ESZSLClassifierCV


def direct_scores(task, X, gamma, lmbda):
    """The published formula, by two linear solves in double precision."""
    train = task.X_train
    X = X - train.mean(axis=0)
    train = train - train.mean(axis=0)
    S = (
        task.attributes.to_numpy()
        - task.attributes.loc[task.seen_classes].mean(axis=0).to_numpy()
    )
    S = pd.DataFrame(
        S / np.linalg.norm(S, axis=1, keepdims=True), task.attributes.index
    )
    seen = S.loc[task.seen_classes].to_numpy()
    Y = (task.y_train[:, None] == task.seen_classes).astype(float)
    left = solve(train.T @ train + gamma * np.eye(train.shape[1]), train.T @ Y @ seen)
    V = solve(seen.T @ seen + lmbda * np.eye(seen.shape[1]), left.T).T
    return X @ V @ S.sort_index().to_numpy().T


@pytest.mark.parametrize(("gamma", "lmbda"), [(10.0, 1.0), (0.1, 0.01), (1e3, 30.0)])
def test_scores_equal_a_direct_solve(task, gamma, lmbda):
    clf = ESZSLClassifier(
        task.attributes,
        gamma=gamma,
        lmbda=lmbda,
        feature_scaling="centered",
        attribute_scaling="unit",
        seen_penalty=0.0,
        random_state=0,
    ).fit(task.X_train, task.y_train)
    expected = direct_scores(task, task.X_test, gamma, lmbda)
    np.testing.assert_allclose(
        clf.decision_function(task.X_test), expected, atol=1e-8, rtol=1e-8
    )


def test_path_equals_separate_fits(task):
    """Every pair on every fold does what one model with that pair does."""
    gammas, lmbdas = [1.0, 100.0], [0.1, 1.0]
    chosen = ESZSLClassifierCV(
        task.attributes, gammas=gammas, lmbdas=lmbdas, random_state=0
    ).fit(task.X_train, task.y_train)
    everything = chosen.held_out_results_
    table = everything[everything.attribute_scaling == "unit"]
    assert list(table.candidate.unique()) == [(g, v) for g in gammas for v in lmbdas]
    for (gamma, lmbda), of_pair in table.groupby("candidate"):
        alone = ESZSLClassifier(
            task.attributes,
            gamma=gamma,
            lmbda=lmbda,
            attribute_scaling="unit",
            random_state=0,
        ).fit(task.X_train, task.y_train)
        np.testing.assert_allclose(alone.held_out_results_.AUSUC, of_pair.AUSUC)
        best = chosen.gamma_, chosen.lmbda_, chosen.attribute_scaling_
        if (gamma, lmbda, "unit") == best:
            np.testing.assert_allclose(
                alone.decision_function(task.X_test),
                chosen.decision_function(task.X_test),
            )


def test_best_pair_is_taken(task):
    clf = ESZSLClassifierCV(task.attributes, random_state=0)
    clf.fit(task.X_train, task.y_train)
    results = clf.held_out_results_
    means = results.groupby(["attribute_scaling", "candidate"]).AUSUC.mean()
    best = clf.attribute_scaling_, (clf.gamma_, clf.lmbda_)
    assert means[best] == means.max()


def test_without_folds_the_middle_pair_is_taken(task):
    clf = ESZSLClassifierCV(gammas=[1.0, 2.0], lmbdas=[5.0, 6.0, 7.0], random_state=0)
    clf.fit(task.X_train, task.y_train)
    assert (clf.gamma_, clf.lmbda_) == (2.0, 6.0)


@pytest.mark.parametrize("name", ["gammas", "lmbdas"])
@pytest.mark.parametrize("values", [[], [1.0, -1.0], [0.0], [np.nan], ["a"], 3.0])
def test_grids_are_checked(task, name, values):
    clf = ESZSLClassifierCV(task.attributes, **{name: values})
    with pytest.raises(ValueError, match=f"{name}.*(positive|array-like)"):
        clf.fit(task.X_train, task.y_train)


def test_attributes_are_predicted_in_their_units(task):
    clf = ESZSLClassifier(task.attributes, seen_penalty=0.0, random_state=0)
    predicted = clf.fit(task.X_train, task.y_train).predict_attributes(task.X_test)
    truth = task.attributes.loc[task.y_test].to_numpy()
    assert np.abs(predicted - truth).mean() < np.abs(truth - truth.mean(0)).mean()
