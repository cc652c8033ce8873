import numpy as np
import pytest
from scipy.stats import multivariate_normal

from zsl_estimators import ExemplarClassifier
from zsl_estimators.datasets import make_gzsl
from zsl_estimators.exemplar._classifier import SHRINKAGES
from zsl_estimators.metrics import harmonic_mean_score


@pytest.fixture(scope="module")
def data():
    return make_gzsl(60, n_seen=12, n_unseen=4, n_attributes=6, random_state=0)


@pytest.fixture(scope="module")
def fitted(data):
    clf = ExemplarClassifier(data.attributes, random_state=0)
    return clf.fit(data.X_train, data.y_train)


def test_scores_are_log_densities_up_to_a_constant(data, fitted):
    X = fitted.feature_scaler_.transform(data.X_test[:20])
    penalty = fitted.seen_penalty_ * np.isin(fitted.classes_, fitted.seen_classes_)
    scores = fitted.decision_function(data.X_test[:20]) + penalty
    expected = np.column_stack(
        [
            multivariate_normal(mean, fitted.covariance_).logpdf(X)
            for mean in fitted._class_means()
        ]
    )
    constant = (scores - expected).mean()
    np.testing.assert_allclose(scores - expected, constant, atol=1e-3)


def test_comes_close_to_the_best_possible_answer(data, fitted):
    """The task is linear and normal, so that the model is right."""
    best = data.density.posterior(data.X_test).argmax(axis=1)
    seen = {"seen_classes": data.seen_classes}
    limit = harmonic_mean_score(data.y_test, best, **seen)
    reached = harmonic_mean_score(data.y_test, fitted.predict(data.X_test), **seen)
    assert limit - 0.1 < reached <= limit + 0.02


def test_predicted_means_of_unseen_classes_are_near_the_truth(data, fitted):
    means = fitted.feature_scaler_.inverse_transform(fitted._class_means())
    error = np.linalg.norm(means - data.density.means, axis=1)
    spread = np.linalg.norm(data.density.means - data.density.means.mean(0), axis=1)
    assert (error < 0.6 * spread).all()


def test_seen_means_can_be_predicted_too(data, fitted):
    clf = ExemplarClassifier(data.attributes, seen_means="predicted", random_state=0)
    clf.fit(data.X_train, data.y_train)
    seen = fitted._table.seen
    np.testing.assert_allclose(fitted._class_means()[seen], fitted.gaussian_.means)
    assert not np.allclose(clf._class_means()[seen], clf.gaussian_.means)


def test_shrinkage_is_chosen_or_given(data, fitted):
    assert fitted.shrinkage_ in SHRINKAGES
    clf = ExemplarClassifier(data.attributes, shrinkage=1.0, random_state=0)
    clf.fit(data.X_train, data.y_train)
    identity = clf.covariance_[0, 0] * np.eye(clf.n_features_in_)
    np.testing.assert_allclose(clf.covariance_, identity, atol=1e-12)


def test_class_means_are_in_the_units_of_the_features(data, fitted):
    seen = fitted._table.seen
    observed = [data.X_train[data.y_train == c].mean(axis=0) for c in data.seen_classes]
    np.testing.assert_allclose(fitted.class_means_[seen], observed, atol=1e-4)
    predicted = fitted.predict_means(fitted.class_attributes_)
    np.testing.assert_allclose(fitted.class_means_[~seen], predicted[~seen])


def test_means_of_descriptions_by_name(data, fitted):
    expected = fitted.predict_means(data.attributes.to_numpy())
    turned = data.attributes.iloc[:, ::-1]
    np.testing.assert_array_equal(fitted.predict_means(turned), expected)
    with pytest.raises(ValueError, match=r"than the class table.* are missing"):
        fitted.predict_means(turned.iloc[:, :2])
    with pytest.raises(ValueError, match=r"6 columns .* it has 2 columns"):
        fitted.predict_means(turned.to_numpy()[:, :2])
    with pytest.raises(ValueError, match="1 missing"):
        fitted.predict_means(data.attributes.mask(np.eye(16, 6) * np.eye(1, 6) > 0))
