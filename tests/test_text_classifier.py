import pickle

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV

from zsl_estimators import (
    ExemplarClassifier,
    NearestDescriptionClassifier,
    RidgeSemanticClassifier,
    ZeroShotTextClassifier,
)
from zsl_estimators.metrics import harmonic_mean_scorer
from zsl_estimators.model_selection import ClassHoldoutSplit
from zsl_estimators.text import class_descriptions_from_text

# What is tested does not depend on the number of folds.
pytestmark = pytest.mark.usefixtures("few_folds")

WORDS = ["card", "cash", "loan", "rate", "fee", "bank", "coin", "cheque"]
# Learns little beyond the names.
CLOSE = RidgeSemanticClassifier(shrink_to="identity", alpha=10.0, random_state=0)


class Words:
    """Embeds a text as a sum of random vectors of its words."""

    def encode(self, texts):
        return np.array([sum(map(self.vector, text.split())) for text in texts])

    def vector(self, word):
        seed = sum(ord(letter) * 31**n for n, letter in enumerate(word)) % 2**32
        return np.random.RandomState(seed).normal(size=64)


@pytest.fixture(scope="module")
def texts():
    """Of the first six classes; two are unseen."""
    rng = np.random.RandomState(0)
    y = np.repeat(WORDS[:6], 10)
    fillers = rng.choice(["the", "my", "where", "is", "how"], size=(60, 2))
    return [f"{a} {word} {b}" for (a, b), word in zip(fillers, y, strict=True)], y


def new(**parameters):
    return ZeroShotTextClassifier(WORDS, model=Words(), **parameters)


@pytest.mark.parametrize("container", [list, np.array, pd.Series])
def test_from_texts_to_labels(texts, container):
    X, y = texts
    clf = new(estimator=CLOSE).fit(container(X), y)
    assert list(clf.unseen_classes_) == ["cheque", "coin"]
    asked = container(["where is my coin", "the cheque", "a loan"])
    assert clf.predict(asked).tolist() == ["coin", "cheque", "loan"]
    assert clf.predict_proba(asked).shape == (3, 8)
    assert clf.score(container(X), y) > 0.9


def test_it_is_the_estimator_on_embeddings(texts):
    X, y = texts
    model = Words()
    table = class_descriptions_from_text(WORDS, model)
    for estimator in (RidgeSemanticClassifier(random_state=0), ExemplarClassifier()):
        inside = clone(estimator).set_params(random_state=0)
        clf = new(estimator=inside).fit(X, y)
        alone = clone(inside).set_params(attributes=table).fit(model.encode(X), y)
        np.testing.assert_array_equal(
            clf.decision_function(X), alone.decision_function(model.encode(X))
        )
        pd.testing.assert_frame_equal(clf.class_attributes_, table)


def test_without_labels_the_nearest_name_wins(texts):
    X, y = texts
    clf = new().fit(X)
    assert isinstance(clf.estimator_, NearestDescriptionClassifier)
    assert len(clf.seen_classes_) == 0
    assert clf.score(X, y) > 0.9


def test_names_from_the_labels(texts):
    X, y = texts
    clf = ZeroShotTextClassifier(model=Words()).fit(X, y)
    assert list(clf.classes_) == sorted(WORDS[:6])
    with pytest.raises(ValueError, match="class_names and y are both None"):
        ZeroShotTextClassifier(model=Words()).fit(X)


def test_added_classes(texts):
    X, y = texts
    clf = (
        new(estimator=CLOSE).fit(X, y).add_classes({"interest": ["interest", "yield"]})
    )
    assert clf.predict(["my interest"]).tolist() == ["interest"]
    assert "interest" in clf.class_attributes_.index
    with pytest.raises(ValueError, match="coin"):
        clf.add_classes(["coin"])


def test_texts_of_added_classes(texts):
    X, y = texts
    clf = new(estimator=RidgeSemanticClassifier(alpha=0.1, random_state=0)).fit(X, y)
    twin = new(estimator=RidgeSemanticClassifier(alpha=0.1, random_state=0)).fit(X, y)
    given = ["my interest", "yield"]
    clf.add_classes(["interest"], X=given, y=["interest"] * 2)
    twin.add_classes(["interest"]).add_classes(X=given, y=["interest"] * 2)
    np.testing.assert_array_equal(clf.decision_function(X), twin.decision_function(X))
    clf.remove_classes(["interest"])
    assert "interest" not in clf.class_attributes_.index
    assert "interest" not in clf.classes_
    with pytest.raises(TypeError, match="one text"):
        clf.add_classes(X="my interest", y=["interest"])


def test_search_and_pickle(texts):
    X, y = texts
    search = GridSearchCV(
        new(estimator=RidgeSemanticClassifier(random_state=0)),
        {"estimator__alpha": [0.1, 1.0]},
        cv=ClassHoldoutSplit(2, random_state=0),
        scoring=harmonic_mean_scorer,
        error_score="raise",
    )
    search.fit(np.array(X), y)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
    again = pickle.loads(pickle.dumps(search.best_estimator_))
    np.testing.assert_array_equal(again.predict(X), search.predict(X))


def test_a_model_with_a_name_is_not_pickled(texts, monkeypatch):
    loaded = []
    monkeypatch.setattr(
        "zsl_estimators.text._load", lambda name: loaded.append(name) or Words()
    )
    X, y = texts
    clf = new().set_params(model="some-model").fit(X, y)
    again = pickle.loads(pickle.dumps(clf))
    assert again._encode is None
    np.testing.assert_array_equal(again.predict(X), clf.predict(X))
    assert loaded == ["some-model"] * 2


@pytest.mark.parametrize(
    ("X", "error", "words"),
    [
        ("one text", TypeError, "one text"),
        (["a", None, 3], TypeError, "None at position 1, and 2"),
        (["a", " ", ""], ValueError, "empty text at position 1, and 2"),
        ([], ValueError, "no text"),
        (pd.DataFrame({"text": ["a"]}), TypeError, "one column"),
        (np.array([["a"], ["b"]]), TypeError, "one column"),
    ],
)
def test_what_is_no_text(texts, X, error, words):
    clf = new()
    with pytest.raises(error, match=words):
        clf.fit(X, ["card", "cash", "loan"])
    clf.fit(*texts)
    with pytest.raises(error, match=words):
        clf.predict(X)


def test_weights_against_repeated_texts(texts):
    X, y = texts
    weights = np.arange(len(X)) % 3
    repeated = np.repeat(np.arange(len(X)), weights)
    ridge = clone(CLOSE).set_params(attribute_scaling="standard", seen_penalty=0.0)
    found = new(estimator=ridge).fit(X, y, sample_weight=weights)
    expected = new(estimator=ridge).fit([X[row] for row in repeated], y[repeated])
    np.testing.assert_allclose(
        found.decision_function(X), expected.decision_function(X), rtol=1e-7
    )


@pytest.mark.parametrize("names", [pd.Series(WORDS), dict(enumerate(WORDS)), WORDS[2:]])
def test_labels_that_are_not_named(texts, names):
    clf = ZeroShotTextClassifier(names, model=Words())
    with pytest.raises(ValueError, match="which class_names does not name"):
        clf.fit(*texts)
