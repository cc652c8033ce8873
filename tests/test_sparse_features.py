"""Estimators on sparse features, wide and narrow; arrays say what is right."""

import numpy as np
import pytest
from scipy.sparse import coo_matrix, csr_array, csr_matrix
from sklearn.base import clone
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.utils import get_tags
from skorch.callbacks import Callback

from zsl_estimators import (
    ALEClassifier,
    CalibratedStackingCV,
    ConformalZeroShotClassifier,
    DeViSEClassifier,
    ESZSLClassifier,
    ESZSLClassifierCV,
    ExemplarClassifier,
    LatEmClassifier,
    NearestDescriptionClassifier,
    RidgeCompatibilityClassifier,
    RidgeSemanticClassifier,
    SAEClassifier,
    SelfTrainingZeroShotClassifier,
    SJEClassifier,
    ZeroShotEnsembleClassifier,
    rows,
)
from zsl_estimators.datasets import make_gzsl
from zsl_estimators.few_shot import _scores
from zsl_estimators.metrics import GZSLScorer
from zsl_estimators.model_selection import ClassHoldoutSplit, cross_val_predict_gzsl
from zsl_estimators.rows import BlockwiseStandardScaler
from zsl_estimators.scaling import BalancedScaler
from zsl_estimators.sparse_rows import CenteredRows, as_dense

# What is tested does not depend on the number of folds.
pytestmark = pytest.mark.usefixtures("few_folds")

CLOSED_FORMS = [
    RidgeSemanticClassifier,
    RidgeCompatibilityClassifier,
    ESZSLClassifier,
    ESZSLClassifierCV,
    SAEClassifier,
]


def task_of(n_features):
    """A task with mostly zeros; some features are constant."""
    data = make_gzsl(12, n_seen=8, n_unseen=3, n_features=n_features, random_state=0)
    for part in ("X_train", "X_test"):
        data[part] = np.maximum(data[part] - 1.0, 0)
        data[part][:, :2] = 0.0, 3.7
    return data


@pytest.fixture(params=["narrow", "wide", "very wide"])
def data(request, monkeypatch):
    if request.param == "very wide":
        monkeypatch.setattr(_scores, "MOST_FEATURES", 100)
    return task_of(20 if request.param == "narrow" else 150)


@pytest.fixture
def wide():
    return task_of(150)


def close(found, expected):
    np.testing.assert_allclose(found, expected, atol=1e-6)


@pytest.mark.parametrize("cls", CLOSED_FORMS)
@pytest.mark.parametrize("weighted", [False, True])
def test_same_as_arrays(cls, data, weighted):
    n_rows = len(data.X_train)
    weights = np.random.RandomState(0).randint(3, size=n_rows) if weighted else None
    dense, sparse = (
        cls(data.attributes, random_state=0).fit(X, data.y_train, weights)
        for X in (data.X_train, csr_matrix(data.X_train))
    )
    X_test = csr_matrix(data.X_test)
    assert dense.seen_penalty_ == pytest.approx(sparse.seen_penalty_, rel=1e-6)
    assert dense.temperature_ == pytest.approx(sparse.temperature_, rel=1e-6)
    np.testing.assert_array_equal(
        dense.held_out_results_["candidate"], sparse.held_out_results_["candidate"]
    )
    close(sparse.decision_function(X_test), dense.decision_function(data.X_test))
    close(sparse.predict_top_k(X_test, 3)[1], dense.predict_top_k(data.X_test, 3)[1])
    close(sparse.explain(X_test[:9]), dense.explain(data.X_test[:9]))
    assert sparse.score(X_test, data.y_test) == dense.score(data.X_test, data.y_test)
    rows = np.flatnonzero(np.isin(data.y_test, data.unseen_classes))[::3]
    for one in rows[::2], rows[1::2]:
        dense.add_classes(X=data.X_test[one], y=data.y_test[one])
        sparse.add_classes(X=X_test[one], y=data.y_test[one])
    close(sparse.decision_function(X_test), dense.decision_function(data.X_test))


@pytest.mark.parametrize(
    "cls", [ALEClassifier, DeViSEClassifier, LatEmClassifier, SJEClassifier]
)
def test_trained_scores(cls, wide):
    dense, sparse = (
        cls(wide.attributes, max_epochs=2, random_state=0).fit(X, wide.y_train)
        for X in (wide.X_train, csr_array(wide.X_train))
    )
    X_test = csr_array(wide.X_test)
    close(sparse.decision_function(X_test), dense.decision_function(wide.X_test))
    close(sparse.explain(X_test[:9]), dense.explain(wide.X_test[:9]))
    assert sparse.n_iter_ == dense.n_iter_


def test_batches_are_made_of_sparse_rows(wide, monkeypatch):
    """Nothing but a batch is an array, on whatever device there is memory."""

    def refused(self):
        raise MemoryError("all rows at once")

    monkeypatch.setattr(rows.SingleRows, "blocks", refused)
    clf = ALEClassifier(wide.attributes, max_epochs=2, random_state=0)
    clf.fit(csr_array(wide.X_train), wide.y_train)
    with pytest.raises(MemoryError):
        clf.fit(wide.X_train, wide.y_train)


def test_callbacks_may_score_sparse_rows(wide):
    class Scores(Callback):
        def on_epoch_end(self, net, **kwargs):
            self.found = net.held_out_scores(csr_array(wide.X_test), wide.y_test)

    recorder = Scores()
    clf = ALEClassifier(wide.attributes, max_epochs=1, early_stopping=False)
    clf.set_params(callbacks=[recorder], correction_weight=1, seen_penalty=0.0)
    clf.fit(csr_array(wide.X_train), wide.y_train)
    close(recorder.found.scores, clf.decision_function(wide.X_test))


@pytest.mark.parametrize("centering", [False, True])
def test_nearest_descriptions(centering, wide):
    random = np.random.RandomState(0)
    described = np.maximum(wide.attributes @ random.normal(size=(8, 150)), 0)
    for y in (wide.y_train, None):
        clf = NearestDescriptionClassifier(
            described, centering=centering, random_state=0
        )
        expected = clf.fit(wide.X_train, y).decision_function(wide.X_test)
        explained = clf.explain(wide.X_test[:9])
        clf.fit(csr_array(wide.X_train), y)
        close(clf.decision_function(csr_array(wide.X_test)), expected)
        close(clf.explain(csr_array(wide.X_test[:9])), explained)


def test_ensembles(wide):
    estimators = [
        ("ridge", RidgeSemanticClassifier(alpha=1.0)),
        ("eszsl", ESZSLClassifier()),
        ("none", "drop"),
    ]
    clf = ZeroShotEnsembleClassifier(
        wide.attributes, estimators=estimators, seen_classifier=LogisticRegression()
    )
    assert get_tags(clf).input_tags.sparse
    clf.set_params(random_state=0)
    expected = clf.fit(wide.X_train, wide.y_train).decision_function(wide.X_test)
    clf.fit(csr_array(wide.X_train), wide.y_train)
    close(clf.decision_function(csr_array(wide.X_test)), expected)
    for refusing in ({"seen_classifier": "auto"}, {"ridge": ExemplarClassifier()}):
        other = clone(clf).set_params(**refusing)
        assert not get_tags(other).input_tags.sparse
        with pytest.raises(TypeError, match="TruncatedSVD"):
            other.fit(csr_array(wide.X_train), wide.y_train)


def test_single_precision_and_other_formats(wide):
    X = wide.X_train.astype(np.float32)
    expected = RidgeSemanticClassifier(wide.attributes, random_state=0)
    expected = expected.fit(X, wide.y_train).predict_proba(wide.X_test)
    for kind in (csr_array, coo_matrix):
        clf = RidgeSemanticClassifier(wide.attributes, random_state=0)
        clf.fit(kind(X), wide.y_train)
        close(clf.predict_proba(kind(wide.X_test)), expected)


def test_shrinking_to_the_identity():
    """More features than rows, and as many attributes."""
    random = np.random.RandomState(0)
    S, y = random.normal(size=(5, 60)), np.arange(30) % 4
    X = np.maximum(S[y] + random.normal(size=(30, 60)), 0)
    dense, sparse = (
        RidgeSemanticClassifier(S, shrink_to="identity", random_state=0).fit(rows, y)
        for rows in (X, csr_array(X))
    )
    close(sparse.decision_function(csr_array(X)), dense.decision_function(X))


@pytest.mark.parametrize("cls", CLOSED_FORMS)
def test_nothing_is_made_dense_as_a_whole(cls, wide, monkeypatch):
    n_features, most = wide.X_train.shape[1], 0
    to_array = csr_array.toarray

    def recorded(matrix, *args, **kwargs):
        nonlocal most
        if matrix.shape[1] == n_features:
            most = max(most, matrix.shape[0])
        return to_array(matrix, *args, **kwargs)

    monkeypatch.setattr(csr_array, "toarray", recorded)
    monkeypatch.setattr(_scores, "MOST_FEATURES", 100)
    monkeypatch.setattr(rows, "NUMBERS_PER_BLOCK", n_features)
    clf = cls(wide.attributes, random_state=0)
    clf.fit(csr_array(wide.X_train), wide.y_train).predict(csr_array(wide.X_test))
    # Sums per class have as many columns.
    assert most <= len(wide.attributes)


def test_scalers_learn_the_same(data):
    X, y = data.X_train, data.y_train
    X = np.where(np.arange(X.shape[1]) % 3, X, 0.1)
    for scaler in (
        BlockwiseStandardScaler(),
        BlockwiseStandardScaler(with_std=False),
        BalancedScaler(unit_rows=True),
    ):
        dense = scaler.fit(X, y).transform(X)
        scaled = scaler.fit(csr_array(X), y).transform_sparse(csr_array(X))
        assert isinstance(scaled, CenteredRows)
        close(scaled.toarray(), dense)
        with pytest.raises(ValueError, match="center sparse"):
            scaler.transform(csr_array(X))


def test_rows_are_scaled_in_blocks(data, monkeypatch):
    scaled = rows.ScaledRows(csr_array(data.X_train), BlockwiseStandardScaler())
    scaled.scaler.fit(data.X_train)
    expected = scaled.scaler.transform(data.X_train)
    monkeypatch.setattr(rows, "NUMBERS_PER_BLOCK", 200)
    for blocks in (scaled.blocks, scaled.dense_blocks):
        slices, parts = zip(*blocks(), strict=True)
        assert len(slices) > 1
        close(np.concatenate([as_dense(part) for part in parts]), expected)
    close(scaled.float32(), expected.astype(np.float32))


def around(estimator):
    return [
        CalibratedStackingCV(estimator, random_state=0),
        ConformalZeroShotClassifier(estimator, random_state=0),
        SelfTrainingZeroShotClassifier(estimator, max_iter=2),
        GridSearchCV(
            estimator,
            {"alpha": [0.1, 10.0]},
            cv=ClassHoldoutSplit(2, random_state=0),
            scoring=GZSLScorer("AUSUC"),
            error_score="raise",
        ),
    ]


@pytest.mark.parametrize("number", range(4))
def test_estimators_around(number, wide):
    y = wide.y_train.copy()
    if number == 2:
        y[::5] = -1
    found = []
    for kind in (np.asarray, csr_matrix, coo_matrix):
        inner = RidgeSemanticClassifier(
            wide.attributes, alpha=1.0, attribute_scaling="standard", random_state=0
        )
        clf = around(inner)[number]
        assert get_tags(clf).input_tags.sparse
        found.append(clf.fit(kind(wide.X_train), y).predict_proba(kind(wide.X_test)))
    close(found[1], found[0])
    close(found[2], found[0])


def test_predictions_on_folds(wide):
    clf = RidgeSemanticClassifier(wide.attributes, random_state=0)
    dense, sparse = (
        cross_val_predict_gzsl(clf, X, wide.y_train, cv=2, random_state=0)
        for X in (wide.X_train, coo_matrix(wide.X_train))
    )
    for one, other in zip(dense, sparse, strict=True):
        close(other.y_score, one.y_score)


def test_texts_in_a_pipeline():
    animals = {
        "crow": "black bird with feathers that flies",
        "swan": "white bird with feathers that swims",
        "orca": "black whale that swims",
        "bear": "white furry beast that walks",
        "bat": "black furry beast that flies",
        "seal": "grey furry beast that swims",
    }
    words = ["black", "white", "feathers", "furry", "flies", "swims"]
    S = [[word in text for word in words] for text in animals.values()]
    random, names = np.random.RandomState(0), list(animals)
    labels = [name for name in names[:4] for _ in range(12)]
    texts = [
        " ".join(word for word in animals[name].split() if random.uniform() < 0.8)
        for name in labels
    ]
    ridge = RidgeSemanticClassifier(
        np.array(S, dtype=float), classes=names, random_state=0
    )
    clf = make_pipeline(TfidfVectorizer(), ridge).fit(texts, labels)
    assert clf.predict([animals["bat"]], classes=names[4:]) == ["bat"]
    assert set(clf.predict(texts)) <= set(names)


def test_folds_side_by_side():
    data = task_of(30)
    X = csr_array(data.X_train)
    alone = RidgeSemanticClassifier(data.attributes, random_state=0)
    beside = clone(alone).set_params(n_jobs=2)
    one, other = (clf.fit(X, data.y_train) for clf in (alone, beside))
    np.testing.assert_array_equal(one.decision_function(X), other.decision_function(X))
