import numpy as np
import pytest
from scipy.spatial.distance import cdist
from sklearn.metrics.pairwise import cosine_similarity

from zsl_estimators import PQZSLClassifier, RidgeSemanticClassifier
from zsl_estimators.datasets import make_gzsl
from zsl_estimators.metrics import harmonic_mean_score
from zsl_estimators.semantic._pqzsl import uncorrelated_axes


def fitted(task, **parameters):
    parameters = {
        "attributes": task.attributes,
        "alpha": 0.1,
        "attribute_scaling": "standard",
        "seen_penalty": 0.0,
        **parameters,
    }
    clf = PQZSLClassifier(**parameters)
    return clf.fit(task.X_train, task.y_train)


def restored(clf):
    """What the codes of all classes stand for, among scaled descriptions."""
    return clf._quantiser.decode(clf.codes_) @ clf.axes_.T


def predicted(clf, X):
    return clf.feature_scaler_.transform(X) @ clf.coef_


def test_recovers_what_could_be_known():
    """With many classes the harmonic mean is that of the true densities."""
    data = make_gzsl(
        20, n_seen=40, n_unseen=8, n_features=24, n_attributes=6, random_state=0
    )
    clf = PQZSLClassifier(data.attributes, random_state=0)
    clf.fit(data.X_train, data.y_train)
    best = data.density.posterior(data.X_test).argmax(axis=1)
    figures = [
        harmonic_mean_score(data.y_test, answers, seen_classes=data.seen_classes)
        for answers in (clf.predict(data.X_test), best)
    ]
    assert figures[0] > figures[1] - 0.05


@pytest.mark.parametrize("rotate", [False, True])
@pytest.mark.parametrize("n_blocks", [None, 2, 1])
def test_scores_are_cosines_with_coded_classes(task, n_blocks, rotate):
    clf = fitted(
        task, similarity="cosine", n_blocks=n_blocks, n_codewords=3, rotate=rotate
    )
    expected = cosine_similarity(predicted(clf, task.X_test), restored(clf))
    np.testing.assert_allclose(clf.decision_function(task.X_test), expected)


@pytest.mark.parametrize("rotate", [False, True])
def test_distances_rank_as_those_to_coded_classes(task, rotate):
    """And differences of scores are half those of squared distances per attribute."""
    clf = fitted(task, similarity="distance", n_codewords=3, rotate=rotate)
    scores = clf.decision_function(task.X_test)
    distances = cdist(predicted(clf, task.X_test), restored(clf), "sqeuclidean") / 2
    np.testing.assert_allclose(
        scores - scores[:, :1], (distances[:, :1] - distances) / 4, atol=1e-10
    )


def test_with_a_codeword_per_seen_class_those_score_as_without_coding(task):
    clf = fitted(task, similarity="cosine", n_codewords=8)
    plain = RidgeSemanticClassifier(
        task.attributes,
        alpha=0.1,
        attribute_scaling="standard",
        seen_penalty=0.0,
        random_state=0,
    ).fit(task.X_train, task.y_train)
    seen = np.isin(clf.classes_, task.seen_classes)
    scores, expected = (
        one.decision_function(task.X_test)[:, seen] for one in (clf, plain)
    )
    np.testing.assert_allclose(scores, expected)
    np.testing.assert_allclose(clf.coef_, plain.coef_)


def test_axes_are_orthonormal_and_uncorrelated(task):
    clf = fitted(task)
    S = clf.attribute_scaler_.transform(clf.class_attributes_)
    seen = S[np.isin(clf.classes_, task.seen_classes)]
    along = (seen @ clf.axes_).T @ (seen @ clf.axes_)
    np.testing.assert_allclose(along, np.diag(np.diag(along)), atol=1e-10)
    assert (np.diff(np.diag(along)) <= 0).all()
    identity = np.eye(clf.axes_.shape[1])
    np.testing.assert_allclose(clf.axes_.T @ clf.axes_, identity, atol=1e-12)


@pytest.mark.parametrize("S", [np.ones((5, 3)), np.zeros((2, 3)), np.eye(3)[:2]])
def test_axes_without_extent_are_left_out(S):
    axes = uncorrelated_axes(S)
    assert axes.shape == (3, max(np.linalg.matrix_rank(S), 1))
    np.testing.assert_allclose(S @ axes @ axes.T, S, atol=1e-12)


def test_quantisation_error_is_that_of_seen_descriptions(task):
    clf = fitted(task, n_codewords=3, rotate=True)
    assert (np.diff(clf.quantisation_errors_) <= 1e-12).all()
    assert clf.n_iter_ == len(clf.quantisation_errors_)
    S = clf.attribute_scaler_.transform(clf.class_attributes_)
    errors = ((S - restored(clf)) ** 2).sum(axis=1)
    seen = np.isin(clf.classes_, task.seen_classes)
    assert errors[seen].mean() <= clf.quantisation_errors_[-1] + 1e-12


def test_unseen_descriptions_do_not_change_the_codebooks(task):
    """So classes can be added later, and get the codes that they would have had."""
    settings = {"n_codewords": 3, "rotate": True}
    clf = fitted(task, **settings)
    few = fitted(task, attributes=task.attributes.loc[task.seen_classes], **settings)
    np.testing.assert_array_equal(few._quantiser.codebooks_, clf._quantiser.codebooks_)
    few.add_classes(task.attributes.loc[task.unseen_classes])
    np.testing.assert_array_equal(few.codes_, clf.codes_)


def test_auto_chooses_alpha_and_similarity(task):
    clf = PQZSLClassifier(task.attributes, random_state=0)
    clf.fit(task.X_train, task.y_train)
    means = clf.held_out_results_.groupby(["candidate", "attribute_scaling"]).AUSUC
    chosen = ((clf.alpha_, clf.similarity_), clf.attribute_scaling_)
    assert means.mean()[chosen] == means.mean().max()
