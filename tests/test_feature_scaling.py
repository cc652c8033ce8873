import numpy as np
import pytest
from scipy.sparse import csr_matrix
from sklearn.base import clone

from zsl_estimators import ExemplarClassifier
from zsl_estimators.datasets import make_gzsl
from zsl_estimators.gaussian import SharedGaussian
from zsl_estimators.rows import BlockwiseStandardScaler, ScaledRows
from zsl_estimators.scaling import BalancedScaler, FeatureScaler


@pytest.fixture(scope="module")
def data():
    data = make_gzsl(30, n_features=5, random_state=0)
    data.X_train = data.X_train * [1, 10, 100, 1, 1] + 3
    data.X_train[:, 4] = 7  # does not vary
    return data


@pytest.fixture(scope="module")
def exemplar(data):
    clf = ExemplarClassifier(data.attributes, seen_penalty=0.0, random_state=0)
    return clf.fit(data.X_train, data.y_train)


def positions(data):
    return np.unique(data.y_train, return_inverse=True)[1]


@pytest.mark.parametrize("scaling", ["whitened", "standard", "minmax"])
def test_inverse_and_determinant(data, scaling):
    X = data.X_train[:, :4]
    scaler = FeatureScaler(scaling).fit(X, positions(data))
    scaled = scaler.transform(X)
    np.testing.assert_allclose(scaler.inverse_transform(scaled), X)
    jacobian = scaler.transform(np.eye(4)) - scaler.transform(np.zeros((1, 4)))
    np.testing.assert_allclose(scaler.log_det, np.linalg.slogdet(jacobian)[1])


@pytest.mark.parametrize("scaling", ["whitened", "standard", "minmax"])
def test_a_constant_feature_is_scaled_to_zero(data, scaling):
    scaler = FeatureScaler(scaling).fit(data.X_train, positions(data))
    scaled = scaler.transform(data.X_train)
    np.testing.assert_allclose(scaler.inverse_transform(scaled), data.X_train)
    moved = data.X_train + np.array([0, 0, 0, 0, 1e6])
    np.testing.assert_array_equal(scaler.transform(moved), scaled)
    assert np.isfinite(scaler.log_det)


@pytest.mark.parametrize("container", [np.asarray, csr_matrix])
@pytest.mark.parametrize("value", [0.0, 7.0, 0.1, 1e9 + 0.1])
@pytest.mark.parametrize("scaler", [BlockwiseStandardScaler(), BalancedScaler()])
def test_constant_but_for_rounding(data, value, container, scaler):
    X = np.column_stack([data.X_train, np.full(len(data.X_train), value)])
    scaler = clone(scaler).fit(container(X), positions(data))
    rows = np.column_stack([data.X_test, np.full(len(data.X_test), value + 5)])
    scaled = (
        scaler.transform(rows)
        if container is np.asarray
        else scaler.transform_sparse(csr_matrix(rows)).toarray()
    )
    np.testing.assert_array_equal(scaled[:, 4:], 0.0)
    assert (scaled[:, :4] != 0).all()


def test_scalings(data):
    minmax = FeatureScaler("minmax").fit(data.X_train, positions(data))
    scaled = minmax.transform(data.X_train)[:, :4]
    np.testing.assert_allclose(
        [scaled.min(axis=0), scaled.max(axis=0)], [[0] * 4, [1] * 4], atol=1e-9
    )
    standard = FeatureScaler("standard").fit(data.X_train, positions(data))
    scaled = standard.transform(data.X_train)[:, :4]
    np.testing.assert_allclose(scaled.std(axis=0), 1)


@pytest.mark.parametrize("scaling", ["whitened", "standard", "minmax"])
def test_scaled_noise_has_the_covariance_within_a_class(data, exemplar, scaling):
    scaler = FeatureScaler(scaling).fit(data.X_train, positions(data))
    scale = exemplar.feature_scaler_.scale_
    noise = scaler.scaled_noise(exemplar.gaussian_.coloring * scale)
    user = exemplar.covariance_ * np.outer(*[exemplar.feature_scaler_.scale_] * 2)
    jacobian = scaler.transform(np.eye(5)) - scaler.transform(np.zeros((1, 5)))
    np.testing.assert_allclose(noise.T @ noise, jacobian.T @ user @ jacobian, atol=1e-9)


def test_whitened_by_a_given_covariance(data, exemplar):
    """Or by one that the scaler estimates, which has another shrinkage."""
    y = positions(data)
    given = FeatureScaler("whitened", exemplar.gaussian_).fit(data.X_train, y)
    own = FeatureScaler("whitened").fit(data.X_train, y)
    for scaler, shrinkage in ((given, exemplar.shrinkage_), (own, None)):
        standard = FeatureScaler("standard").fit(data.X_train, y)
        gaussian = SharedGaussian(ScaledRows(data.X_train, standard), y, y.max() + 1)
        if shrinkage is not None:
            gaussian.shrinkage = shrinkage
        ends = scaler.inverse_transform(np.eye(5))
        back = (ends - scaler.inverse_transform(np.zeros((1, 5)))) / standard.backward_
        np.testing.assert_allclose(back.T @ back, gaussian.covariance, atol=1e-7)
