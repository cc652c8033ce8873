import numpy as np
import pytest
from scipy.spatial.distance import cdist
from scipy.stats import multivariate_normal
from sklearn.base import clone
from sklearn.linear_model import Ridge

from zsl_estimators import (
    ExemplarClassifier,
    GaussianSemanticClassifier,
    RidgeSemanticClassifier,
)
from zsl_estimators.datasets import make_gzsl
from zsl_estimators.metrics import zero_shot_accuracy_score
from zsl_estimators.scaling import AttributeScaler, MetricScaler
from zsl_estimators.semantic._gaussian import PRIOR_PRECISION


@pytest.fixture(scope="module")
def data():
    return make_gzsl(30, n_seen=12, n_unseen=4, random_state=0)


@pytest.fixture(scope="module")
def fitted(data):
    clf = GaussianSemanticClassifier(
        data.attributes,
        alpha=0.1,
        shrinkage=0.2,
        similarity="cosine",
        attribute_scaling="rms",
    )
    return clf.set_params(seen_penalty=0.0).fit(data.X_train, data.y_train)


def table_of(data, classes):
    return data.attributes.loc[classes].to_numpy()


def test_attributes_are_the_mean_of_the_posterior(data, fitted):
    """Checked against least squares with the prior as further rows."""
    Z = fitted.feature_scaler_.transform(data.X_test)
    gaussian = fitted._gaussian
    scaler = AttributeScaler("rms").fit(table_of(data, fitted.seen_classes_))
    S = scaler.transform(table_of(data, fitted.seen_classes_))
    centered = gaussian.means - fitted.center_
    ridge = Ridge(alpha=0.1 * len(S), fit_intercept=False).fit(S, centered)
    A, whitening = ridge.coef_.T, gaussian.whitening
    told = A @ np.linalg.inv(gaussian.covariance) @ A.T
    prior = np.sqrt(PRIOR_PRECISION * np.trace(told) / len(told)) * np.eye(len(A))
    design = np.concatenate([(A @ whitening).T, prior])
    for z, predicted in zip(
        Z[:5], fitted.predict_attributes(data.X_test), strict=False
    ):
        target = np.concatenate([(z - fitted.center_) @ whitening, np.zeros(len(A))])
        mean = np.linalg.lstsq(design, target)[0]
        expected = scaler.inverse_transform(mean[None])[0]
        np.testing.assert_allclose(predicted, expected, rtol=1e-6, atol=1e-9)


def test_scores_are_cosines_in_the_metric_of_the_posterior(data, fitted):
    precision = fitted.attribute_scaler_.metric_ @ fitted.attribute_scaler_.metric_.T
    np.testing.assert_allclose(precision, precision.T)
    plain = AttributeScaler("rms").fit(table_of(data, fitted.seen_classes_))
    classes = plain.transform(table_of(data, fitted.classes_))
    samples = plain.transform(fitted.predict_attributes(data.X_test))
    inner = samples @ precision @ classes.T
    lengths = np.sqrt(np.einsum("ia,ab,ib->i", samples, precision, samples))
    of_classes = np.sqrt(np.einsum("ia,ab,ib->i", classes, precision, classes))
    np.testing.assert_allclose(
        fitted.decision_function(data.X_test),
        inner / lengths[:, None] / of_classes,
        atol=1e-9,
    )


def test_scores_are_distances_in_the_metric_of_the_posterior(data, fitted):
    """But for a number per sample, and one for all."""
    near = clone(fitted).set_params(similarity="distance")
    near.fit(data.X_train, data.y_train)
    assert near.similarity_ == "distance"
    metric = fitted.attribute_scaler_.metric_ @ fitted.attribute_scaler_.metric_.T
    plain = AttributeScaler("rms").fit(table_of(data, fitted.seen_classes_))
    classes = plain.transform(table_of(data, fitted.classes_))
    samples = plain.transform(fitted.predict_attributes(data.X_test))
    distances = cdist(samples, classes, "mahalanobis", VI=metric) ** 2
    scores = near.decision_function(data.X_test)
    sums = scores + distances / 2 / classes.shape[1]
    np.testing.assert_allclose(sums, sums[:, :1] @ np.ones((1, len(classes))))


def test_seen_descriptions_have_mean_square_one(data, fitted):
    seen = fitted.attribute_scaler_.transform(table_of(data, fitted.seen_classes_))
    assert (seen**2).mean() == pytest.approx(1)


def test_coef_belongs_to_the_public_scalers(data, fitted):
    Z = fitted.feature_scaler_.transform(data.X_test) - fitted.center_
    np.testing.assert_allclose(
        fitted.attribute_scaler_.inverse_transform(Z @ fitted.coef_),
        fitted.predict_attributes(data.X_test),
    )


def test_noise_that_classes_share_does_not_mislead():
    """One strong direction in which samples vary within classes hides the classes from
    a regression on few samples, not from a model that knows that covariance."""
    rng = np.random.RandomState(0)
    table = rng.normal(size=(14, 4))
    y = np.repeat(np.arange(14), 40)
    covariance = np.eye(12)
    direction = np.ones(12) / np.sqrt(12)
    covariance += 400 * np.outer(direction, direction)
    noise = multivariate_normal(np.zeros(12), covariance, seed=0).rvs(len(y))
    X = table[y] @ rng.normal(size=(4, 12)) + 0.7 * noise
    seen = y < 10
    accuracy = {}
    for cls in (GaussianSemanticClassifier, RidgeSemanticClassifier):
        clf = cls(table, random_state=0).fit(X[seen], y[seen])
        accuracy[cls] = zero_shot_accuracy_score(
            y, clf.decision_function(X), classes=clf.classes_, seen_classes=range(10)
        )
    assert accuracy[GaussianSemanticClassifier] > 0.7
    ridge = accuracy[RidgeSemanticClassifier]
    assert accuracy[GaussianSemanticClassifier] >= ridge - 0.01


def test_choice_is_the_best_on_held_out_classes(data):
    clf = GaussianSemanticClassifier(data.attributes, random_state=0)
    clf.fit(data.X_train, data.y_train)
    results = clf.held_out_results_
    means = results.groupby(["attribute_scaling", "candidate"]).AUSUC.mean()
    assert len(means) == 4 * 3 * 3 * 2
    model = (clf.shrink_to_, clf.alpha_), clf.shrinkage_
    best = clf.attribute_scaling_, (model, clf.similarity_)
    assert means[best] == means.max()


def test_same_means_as_exemplar(data, fitted):
    """It is that model, read the other way round."""
    exemplar = ExemplarClassifier(
        data.attributes,
        alpha=0.1,
        shrinkage=0.2,
        attribute_scaling="rms",
        seen_penalty=0.0,
        random_state=0,
    ).fit(data.X_train, data.y_train)
    means = exemplar.predict_means(data.attributes.loc[fitted.classes_])
    Z = fitted.feature_scaler_.transform(means) - fitted.center_
    found = fitted.attribute_scaler_.inverse_transform(Z @ fitted.coef_)
    # But for the prior, which pulls towards zero.
    truth = table_of(data, fitted.classes_)
    assert np.corrcoef(found.ravel(), truth.ravel())[0, 1] > 0.9


def test_metric_scaler_is_undone():
    rng = np.random.RandomState(0)
    rows = rng.normal(size=(9, 4)) + 3
    for scaling in ("whitened", "standard", "rms", "none", "minmax"):
        scaler = MetricScaler(scaling).fit(rows).with_metric(rng.normal(size=(4, 4)))
        back = scaler.inverse_transform(scaler.transform(rows))
        np.testing.assert_allclose(back, rows)
        points = np.stack([scaler.transform(rows)] * 2)
        np.testing.assert_allclose(scaler.inverse_transform(points)[1], rows)
