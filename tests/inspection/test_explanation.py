import numpy as np
import pandas as pd
import pytest
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import zsl_estimators
from tests.common import SMALL
from zsl_estimators import (
    CalibratedStackingCV,
    DAPClassifier,
    ExemplarClassifier,
    NearestDescriptionClassifier,
    RidgeSemanticClassifier,
    ZeroShotTextClassifier,
)
from zsl_estimators.candidates import score_matrix
from zsl_estimators.datasets import make_gzsl
from zsl_estimators.inspection import explain_predictions
from zsl_estimators.scaling import SCALINGS

# What is tested does not depend on the number of folds.
pytestmark = pytest.mark.usefixtures("few_folds")

# Classifiers whose scores are sums over attributes.
EXACT = [
    "ALEClassifier",
    "CMTClassifier",
    "ConSEClassifier",
    "DAPClassifier",
    "DeViSEClassifier",
    "ESZSLClassifier",
    "ESZSLClassifierCV",
    "GaussianSemanticClassifier",
    "IAPClassifier",
    "LatEmClassifier",
    "RevCDClassifier",
    "RidgeCompatibilityClassifier",
    "RidgeSemanticClassifier",
    "SAEClassifier",
    "SJEClassifier",
]


@pytest.fixture(scope="module")
def data():
    return make_gzsl(n_attributes=4, n_features=10, random_state=0)


def fitted(data, name, **parameters):
    small = SMALL.get(name, {}) | {"random_state": 0, "seen_penalty": 0.1}
    clf = getattr(zsl_estimators, name)(data.attributes, **small | parameters)
    return clf.fit(data.X_train, data.y_train)


def top_two(clf, X):
    """Columns and scores of the best two classes."""
    scores = score_matrix(clf, X)
    order = np.argsort(-scores, axis=1, kind="stable")[:, :2]
    return order, np.take_along_axis(scores, order, axis=1)


@pytest.mark.parametrize("name", EXACT)
def test_sums_over_attributes_are_the_margins(data, name):
    clf = fitted(data, name)
    contributions = clf.explain(data.X_test[:30])
    order, scores = top_two(clf, data.X_test[:30])
    margins = scores[:, 0] - scores[:, 1]
    np.testing.assert_allclose(contributions.sum(axis=1), margins, atol=1e-9)
    # Nothing is left over, so that no class had to be scored anew.
    scale = np.abs(margins).max()
    np.testing.assert_allclose(contributions["(other)"], 0, atol=1e-6 * scale)
    seen = np.isin(clf.classes_, clf.seen_classes_).astype(float)
    np.testing.assert_allclose(
        contributions["(seen penalty)"], 0.1 * (seen[order[:, 1]] - seen[order[:, 0]])
    )


@pytest.mark.parametrize("scaling", SCALINGS)
@pytest.mark.parametrize(
    "name", ["RidgeSemanticClassifier", "RidgeCompatibilityClassifier"]
)
def test_every_scaling_of_descriptions(data, name, scaling):
    clf = fitted(data, name, attribute_scaling=scaling)
    contributions = clf.explain(data.X_test[:30])
    scale = contributions.abs().to_numpy().max()
    np.testing.assert_allclose(contributions["(other)"], 0, atol=1e-9 * scale)


def test_terms_of_a_cosine_by_hand(data):
    clf = fitted(data, "RidgeSemanticClassifier", attribute_scaling="standard")
    X = data.X_test[:5]
    table = clf.attribute_scaler_.transform(clf.class_attributes_)
    predicted = clf.feature_scaler_.transform(X) @ clf.coef_
    contributions = clf.explain(X)
    for row, (_, one, other) in enumerate(contributions.index):
        s, r = (table[clf.classes_ == label][0] for label in (one, other))
        p = predicted[row] / np.linalg.norm(predicted[row])
        expected = p * (s / np.linalg.norm(s) - r / np.linalg.norm(r))
        np.testing.assert_allclose(contributions.iloc[row, :4], expected)


def test_distances_too(data):
    clf = fitted(data, "GaussianSemanticClassifier", similarity="distance")
    contributions = clf.explain(data.X_test[:30])
    np.testing.assert_allclose(contributions["(other)"], 0, atol=1e-9)


@pytest.mark.parametrize("prior", ["seen", "uniform"])
def test_terms_of_binary_attributes(data, prior):
    clf = fitted(data, "DAPClassifier", attribute_prior=prior)
    contributions = clf.explain(data.X_test[:30])
    np.testing.assert_allclose(contributions["(other)"], 0, atol=1e-9)
    # An attribute that both classes have, or both have not, tells nothing.
    has = pd.DataFrame(
        clf.attribute_scaler_.transform(clf.class_attributes_), clf.classes_
    )
    for (_, one, other), terms in contributions.iterrows():
        same = (has.loc[one] == has.loc[other]).to_numpy()
        assert (terms.iloc[:4][same] == 0).all()


@pytest.mark.parametrize("space", ["shared", "mapped"])
def test_nearest_description(space):
    data = make_gzsl(n_attributes=6, n_features=6, random_state=0)
    clf = NearestDescriptionClassifier(data.attributes, space=space, seen_penalty=0.0)
    contributions = clf.fit(data.X_train, data.y_train).explain(data.X_test[:20])
    scale = contributions.abs().to_numpy().max()
    np.testing.assert_allclose(contributions["(other)"], 0, atol=1e-9 * scale)


def test_rivals(data):
    clf = fitted(data, "RidgeSemanticClassifier")
    X = data.X_test[:6]
    predicted = clf.predict(X)
    label = predicted[0]
    contributions = clf.explain(X, rival=label)
    assert (contributions.index.get_level_values("rival") == label).all()
    assert (contributions.index.get_level_values("predicted") == predicted).all()
    assert (contributions[predicted == label] == 0).all(axis=None)
    second = clf.predict_top_k(X, k=2)[0][:, 1]
    pd.testing.assert_frame_equal(clf.explain(X, rival=second), clf.explain(X))


def test_bad_rivals(data):
    clf = fitted(data, "RidgeSemanticClassifier")
    with pytest.raises(ValueError, match="rival holds \\[99\\]"):
        clf.explain(data.X_test[:3], rival=99)
    with pytest.raises(ValueError, match="rival has 2 labels and X has 3 rows"):
        clf.explain(data.X_test[:3], rival=[0, 1])
    with pytest.raises(ValueError, match="X has 3 features"):
        clf.explain(data.X_test[:3, :3])


def test_one_class_has_no_rival():
    clf = NearestDescriptionClassifier([[0.5, 0.2, 0.1]], classes=["auk"])
    with pytest.raises(ValueError, match="only one class"):
        clf.fit(np.eye(3)).explain(np.eye(3))


def test_pipelines_and_names(data):
    names = ["tail", "legs", "fur", "wings"]
    table = pd.DataFrame(data.attributes.to_numpy(), columns=names)
    pipeline = make_pipeline(
        StandardScaler(), RidgeSemanticClassifier(table, random_state=0)
    )
    pipeline.fit(data.X_train, data.y_train)
    X = pd.DataFrame(data.X_test[:4], index=list("abcd"))
    contributions = explain_predictions(pipeline, X.to_numpy())
    assert list(contributions.columns) == [*names, "(seen penalty)", "(other)"]
    named = (
        RidgeSemanticClassifier(table, random_state=0)
        .fit(data.X_train, data.y_train)
        .explain(X)
    )
    assert list(named.index.get_level_values("sample")) == list("abcd")


def test_names_are_those_of_the_fit(data):
    """The table that was given may change afterwards."""
    table = data.attributes.set_axis([*"pqrs"], axis=1)
    clf = RidgeSemanticClassifier(table, random_state=0)
    clf.fit(data.X_train, data.y_train)
    before = clf.explain(data.X_test[:3])
    table.columns = [*"srqp"]
    pd.testing.assert_frame_equal(clf.explain(data.X_test[:3]), before)
    clf.set_params(attributes=table.iloc[:, :2])
    pd.testing.assert_frame_equal(clf.explain(data.X_test[:3].tolist()), before)


def test_ablation_agrees_with_terms_of_a_linear_score(data, monkeypatch):
    """Exchanging values of a score that is linear in them gives its terms."""
    clf = fitted(data, "ESZSLClassifier", attribute_scaling="standard")
    exact = clf.explain(data.X_test[:8])
    monkeypatch.setattr(type(clf), "_attribute_weights", lambda *_: None)
    by_ablation = clf.explain(data.X_test[:8])
    np.testing.assert_allclose(by_ablation, exact, atol=1e-9)


@pytest.mark.parametrize(
    "name", ["ExemplarClassifier", "FGANClassifier", "ZeroShotEnsembleClassifier"]
)
def test_ablation_sums_to_the_margins(data, name):
    clf = fitted(data, name)
    before = clf.decision_function(data.X_test[:6])
    contributions = clf.explain(data.X_test[:6])
    _, scores = top_two(clf, data.X_test[:6])
    np.testing.assert_allclose(contributions.sum(axis=1), scores[:, 0] - scores[:, 1])
    assert contributions.iloc[:, :4].abs().to_numpy().max() > 0
    np.testing.assert_array_equal(clf.decision_function(data.X_test[:6]), before)


def test_wrong_terms_of_a_subclass_are_not_believed(data):
    class Squared(RidgeSemanticClassifier):
        def _similarity(self, predicted, classes):
            return super()._similarity(predicted, classes) ** 3

    clf = Squared(data.attributes, seen_penalty=0.0).fit(data.X_train, data.y_train)
    contributions = clf.explain(data.X_test[:5])
    _, scores = top_two(clf, data.X_test[:5])
    np.testing.assert_allclose(contributions.sum(axis=1), scores[:, 0] - scores[:, 1])
    assert (contributions["(other)"] != 0).any()


def test_only_a_fitted_model_explains(task):
    clf = RidgeSemanticClassifier(task.attributes)
    with pytest.raises(NotFittedError):
        clf.explain(task.X_test)
    with pytest.raises(NotFittedError):
        clf.attribute_importance(task.X_test, task.y_test)


@pytest.mark.parametrize("wrapped", [lambda clf: clf, FrozenEstimator])
def test_the_penalty_of_a_calibration_around_it(data, wrapped):
    plain = make_pipeline(StandardScaler(), RidgeSemanticClassifier(data.attributes))
    calibrated = CalibratedStackingCV(plain, random_state=0)
    calibrated = wrapped(calibrated.fit(data.X_train, data.y_train))
    contributions = explain_predictions(calibrated, data.X_test)
    _, scores = top_two(calibrated, data.X_test)
    margins = scores[:, 0] - scores[:, 1]
    np.testing.assert_allclose(contributions.sum(axis=1), margins, atol=1e-9)
    predicted = contributions.index.get_level_values("predicted")
    np.testing.assert_array_equal(predicted, calibrated.predict(data.X_test))
    penalty = contributions["(seen penalty)"].abs().max()
    np.testing.assert_allclose(penalty, calibrated.best_penalty_)


def test_the_calibrations_penalty_where_attributes_are_exchanged(data):
    exemplar = ExemplarClassifier(data.attributes, seen_penalty=0.2)
    exemplar.fit(data.X_train, data.y_train)
    calibrated = CalibratedStackingCV(exemplar, cv="prefit")
    calibrated.fit(data.X_test[::2], data.y_test[::2])
    calibrated.best_penalty_ = 0.3
    of_both = explain_predictions(calibrated, data.X_test[:20])
    exemplar.seen_penalty_ = 0.5
    of_one = explain_predictions(exemplar, data.X_test[:20])
    pd.testing.assert_frame_equal(of_both, of_one, atol=1e-9)


def test_dimensions_of_texts():
    class Letters:
        def encode(self, texts):
            counts = [[text.count(letter) for letter in "aeiou"] for text in texts]
            return np.array(counts, dtype=float) + 0.1

    names = ["banana", "date", "kiwi", "orange", "plum"]
    ridge = RidgeSemanticClassifier(seen_penalty=0.1)
    clf = ZeroShotTextClassifier(names, model=Letters(), estimator=ridge)
    clf.fit(
        ["a banana", "kiwi", "an orange", "dates"], np.delete(names, 4)[[0, 2, 3, 1]]
    )
    X = ["plums", "bananas", "kiwi"]
    contributions = explain_predictions(clf, X)
    _, scores = top_two(clf, X)
    margins = scores[:, 0] - scores[:, 1]
    np.testing.assert_allclose(contributions.sum(axis=1), margins, atol=1e-9)
    assert contributions.columns[:5].tolist() == [f"text {n}" for n in range(5)]


def test_what_a_classifier_holds_itself_is_not_asked(data):
    """An attribute classifier that is a pipeline stays unfitted; copies are fitted."""
    inner = make_pipeline(StandardScaler(), LogisticRegression())
    clf = DAPClassifier(data.attributes, estimator=inner, seen_penalty=0.1)
    calibrated = CalibratedStackingCV(clf, cv="prefit")
    clf.fit(data.X_train, data.y_train)
    calibrated.fit(data.X_test, data.y_test)
    contributions = explain_predictions(calibrated, data.X_test[:5])
    _, scores = top_two(calibrated, data.X_test[:5])
    margins = scores[:, 0] - scores[:, 1]
    np.testing.assert_allclose(contributions.sum(axis=1), margins, atol=1e-9)
