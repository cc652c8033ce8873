import numpy as np
import pytest
from scipy.linalg import solve_sylvester
from sklearn.metrics.pairwise import cosine_similarity
from sklearn.preprocessing import StandardScaler

from zsl_estimators import SAEClassifier


def fitted(task, **parameters):
    parameters = {"attribute_scaling": "standard", **parameters}
    clf = SAEClassifier(task.attributes, seen_penalty=0.0, **parameters)
    return clf.fit(task.X_train, task.y_train)


def scaled(task):
    X = task.X_train
    seen = task.attributes.loc[task.seen_classes]
    targets = (task.attributes.loc[task.y_train] - seen.mean()) / seen.std(ddof=0)
    return StandardScaler().fit_transform(X), targets.to_numpy()


@pytest.mark.parametrize("lmbda", [0.01, 1.0, 50.0])
def test_map_equals_scipys_sylvester_solver(task, lmbda):
    X, S = scaled(task)
    expected = solve_sylvester(S.T @ S, lmbda * X.T @ X, (1 + lmbda) * S.T @ X)
    np.testing.assert_allclose(fitted(task, lmbda=lmbda).coef_.T, expected, atol=1e-10)


def test_map_minimises_the_autoencoders_loss(task):
    """No small step from the solution makes the paper's loss smaller."""
    X, S = scaled(task)
    coef = fitted(task, lmbda=2.0).coef_

    def loss(W):
        return ((X - S @ W.T) ** 2).sum() + 2.0 * ((X @ W - S) ** 2).sum()

    for seed in range(20):
        step = 1e-3 * np.random.RandomState(seed).normal(size=coef.shape)
        assert loss(coef + step) > loss(coef)


def test_space_features_compares_features(task):
    clf = fitted(task, lmbda=1.0, space="features")
    X = clf.feature_scaler_.transform(task.X_test)
    centers = clf.attribute_scaler_.transform(clf.class_attributes_) @ clf.coef_.T
    expected = cosine_similarity(X, centers)
    np.testing.assert_allclose(clf.decision_function(task.X_test), expected)


def test_auto_chooses_weight_and_space(task):
    clf = SAEClassifier(task.attributes, random_state=0).fit(task.X_train, task.y_train)
    means = clf.held_out_results_.groupby("candidate").AUSUC.mean()
    assert means[(clf.lmbda_, clf.space_)] == means.max()
