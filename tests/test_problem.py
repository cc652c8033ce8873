import numpy as np
from sklearn.preprocessing import StandardScaler

from zsl_estimators.class_table import ClassTable
from zsl_estimators.problem import Problem


def test_positions_and_descriptions_belong_together():
    rng = np.random.RandomState(0)
    matrix = rng.normal(size=(6, 3))
    y = np.array([5, 2, 5, 0, 2])
    X = rng.normal(size=(5, 4)).astype(np.float32)
    table = ClassTable.from_parameters(matrix, None, y)
    positions = table.positions_among_seen(y)
    features, attributes = StandardScaler().fit(X), StandardScaler().fit(matrix)
    problem = Problem.scaled(X, positions, table, features, attributes, rng)
    assert positions.tolist() == [2, 1, 2, 0, 1]
    assert problem.n_seen == 3
    expected = (matrix - matrix.mean(axis=0)) / matrix.std(axis=0)
    np.testing.assert_allclose(problem.targets, expected[y])
    np.testing.assert_allclose(problem.S_seen, expected[[0, 2, 5]])
    assert problem.X.dtype == np.float64
