import numpy as np
import pytest
from sklearn.linear_model import Ridge

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
    found = rows_worth(errors, np.ones(4), np.full(50, 1000))
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
