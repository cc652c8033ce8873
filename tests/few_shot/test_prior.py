import numpy as np
import pytest
from scipy.stats import ortho_group
from sklearn.linear_model import Ridge

from zsl_estimators import RidgeSemanticClassifier
from zsl_estimators.datasets import make_gzsl
from zsl_estimators.few_shot import ClassRows, MeanPrior
from zsl_estimators.few_shot._prior import DEFAULT_ROWS, LeaveOneOutRidge, rows_worth


class Axes:
    """Axes that are the features themselves."""

    def __init__(self, means, variances, noise=None):
        self.means = means
        self.variances = variances
        self.noise = variances if noise is None else noise

    def of(self, X):
        return X


def prior_of(n_classes=12, n_attributes=3, n_axes=4, seed=0):
    rng = np.random.RandomState(seed)
    S = rng.normal(size=(n_classes, n_attributes))
    means = S @ rng.normal(size=(n_attributes, n_axes)) + rng.normal(
        size=(n_classes, 1)
    )
    axes = Axes(means, rng.uniform(0.5, 2, n_axes), rng.uniform(0.5, 2, n_axes))
    return MeanPrior(axes, S, np.full(n_classes, 10)), axes, S


@pytest.mark.parametrize("alpha", [1e-3, 0.5, 20.0])
def test_errors_without_a_row_equal_those_of_refits(alpha):
    rng = np.random.RandomState(0)
    S, targets = rng.normal(size=(8, 3)) + 2, rng.normal(size=(8, 2)) + 1
    centered = S - S.mean(axis=0)
    ridge = LeaveOneOutRidge(centered @ centered.T, targets - targets.mean(axis=0))
    expected = np.empty_like(targets)
    for left_out in range(8):
        others = np.arange(8) != left_out
        refit = Ridge(alpha=alpha).fit(S[others], targets[others])
        expected[left_out] = targets[left_out] - refit.predict(S[[left_out]])[0]
    np.testing.assert_allclose(ridge.errors(alpha), expected)


def test_predictions_are_those_of_ridge_regression():
    prior, axes, S = prior_of()
    size = ((S - S.mean(axis=0)) ** 2).sum(axis=1).mean()
    ridge = Ridge(alpha=prior.alpha_ * size).fit(S, axes.means)
    new = np.random.RandomState(1).normal(size=(5, 3))
    np.testing.assert_allclose(prior.predicted(new), ridge.predict(new))


def test_posterior_by_bayes_on_a_grid():
    prior, axes, _ = prior_of(n_axes=1)
    prior_mean, rows = 0.3, np.array([1.0, 2.5, 1.4])
    prior_variance = axes.noise[0] / prior.rows_[0]
    grid = np.linspace(-30, 30, 200_001)
    log_density = -((grid - prior_mean) ** 2) / prior_variance / 2
    log_density -= ((rows[:, None] - grid) ** 2).sum(axis=0) / axes.noise[0] / 2
    weights = np.exp(log_density - log_density.max())
    weights /= weights.sum()
    mean = weights @ grid
    kept = ClassRows.none(1).with_rows(rows[:, None], np.zeros(3, dtype=int))
    means, variances = prior.posterior(np.array([[prior_mean]]), kept)
    np.testing.assert_allclose(means, [[mean]], rtol=1e-6)
    np.testing.assert_allclose(variances, [[weights @ (grid - mean) ** 2]], rtol=1e-6)


def test_share_known_is_the_variance_that_rows_take_away():
    prior, axes, _ = prior_of()
    rows = ClassRows.none(4).with_rows(np.zeros((8, 4)), np.array([0] + [1] * 7))
    _, after = prior.posterior(np.zeros((2, 4)), rows)
    before = (axes.noise / prior.rows_ / axes.variances).sum()
    expected = 1 - (after / axes.variances).sum(axis=1) / before
    np.testing.assert_allclose(prior.shares_known(rows.counts), expected)


@pytest.mark.parametrize("worth", [0.2, 1.0, 10.0])
def test_worth_of_a_description_is_recovered(worth):
    rng = np.random.RandomState(0)
    n_classes, n_axes, n_rows, noise = 2000, 3, 5, np.array([0.5, 1.0, 4.0])
    errors = rng.normal(size=(n_classes, n_axes)) * np.sqrt(noise / worth)
    errors += rng.normal(size=(n_classes, n_axes)) * np.sqrt(noise / n_rows)
    found = rows_worth(errors, noise, np.full(n_classes, n_rows))
    np.testing.assert_allclose(found, worth, rtol=0.3)


def test_axes_differ_in_what_a_description_is_worth():
    rng = np.random.RandomState(0)
    errors = rng.normal(size=(50, 4)) * [3.0, 3.0, 0.1, 0.1]
    found = rows_worth(errors, np.linspace(1.0, 1.03, 4), np.full(50, 1000))
    assert found[:2].max() < 0.3
    assert found[2:].min() > 2


def test_too_few_classes_tell_nothing():
    found = rows_worth(np.full((2, 3), 100.0), np.ones(3), np.ones(2))
    np.testing.assert_array_equal(found, DEFAULT_ROWS)


def test_perfect_and_useless_predictions_stay_finite():
    for errors in (np.zeros((6, 3)), np.full((6, 3), 1e9)):
        found = rows_worth(errors, np.full(3, 1e-6), np.full(6, 4))
        assert np.isfinite(found).all()
        assert (found > 0).all()


def test_rotating_axes_of_equal_variance_changes_nothing():
    rng = np.random.RandomState(0)
    errors, noise = rng.normal(size=(7, 5)), np.array([0.2, 1.0, 1.0, 1.0, 3.0])
    turn = np.eye(5)
    turn[1:4, 1:4] = ortho_group(3, seed=0).rvs()
    expected = rows_worth(errors, noise, np.full(7, 50))
    # As rounding would leave them.
    turned = rows_worth(errors @ turn, noise * (1 + 1e-9 * rng.rand(5)), np.full(7, 50))
    np.testing.assert_allclose(turned, expected, rtol=1e-6)
    assert len(np.unique(expected)) == 3


def test_with_more_features_than_rows_rounding_changes_nothing():
    """The axes without any variance are whatever rounding makes of them."""
    sizes = {"n_seen": 6, "n_unseen": 2, "n_features": 80, "n_attributes": 4}
    task = make_gzsl(5, **sizes, random_state=0)
    rows = np.flatnonzero(np.isin(task.y_test, task.unseen_classes))[:4]
    scores = []
    for factor in (1.0, 1 + 1e-14):
        clf = RidgeSemanticClassifier(task.attributes, alpha=1.0, random_state=0)
        clf = clf.fit(factor * task.X_train, task.y_train)
        clf.add_classes(X=factor * task.X_test[rows], y=task.y_test[rows])
        scores.append(clf.decision_function(factor * task.X_test))
    np.testing.assert_allclose(*scores, atol=1e-8 * np.abs(scores).max())
