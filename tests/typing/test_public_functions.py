"""Public functions as a user calls them: run here, and read by mypy.

``assert_type`` does nothing when it is run. mypy reports a comment ``type: ignore``
that is not needed, so that each of those says: this mistake is found before it is run.
"""

from pathlib import Path
from typing import assert_type

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure
from sklearn.utils import Bunch

from zsl_estimators import RidgeSemanticClassifier
from zsl_estimators.datasets import (
    fetch_gzsl,
    load_gzsl_npz,
    make_gzsl,
    save_gzsl_npz,
)
from zsl_estimators.metrics import (
    GZSLScorer,
    ausuc_score,
    gzsl_report,
    harmonic_mean_score,
    hit_at_k_score,
    seen_unseen_curve,
)
from zsl_estimators.model_selection import ClassHoldoutSplit, cross_val_predict_gzsl
from zsl_estimators.plotting import SeenUnseenDisplay
from zsl_estimators.text import class_descriptions_from_text


@pytest.fixture(scope="module")
def data() -> Bunch:
    return make_gzsl(10, n_seen=8, n_unseen=2, random_state=0)


@pytest.fixture(scope="module")
def clf(data: Bunch) -> RidgeSemanticClassifier:
    return RidgeSemanticClassifier(data.attributes, random_state=0).fit(
        data.X_train, data.y_train
    )


def test_metrics(data: Bunch, clf: RidgeSemanticClassifier) -> None:
    seen: np.ndarray = clf.seen_classes_
    scores: np.ndarray = clf.decision_function(data.X_test)
    y_pred: np.ndarray = clf.predict(data.X_test)
    h = harmonic_mean_score(data.y_test, y_pred, seen_classes=seen)
    assert_type(h, float)
    table = gzsl_report(data.y_test, y_pred, seen_classes=seen.tolist())
    assert float(table["H"].iloc[0]) == h
    area = ausuc_score(data.y_test, scores, classes=clf.classes_, seen_classes=seen)
    assert_type(area, float)
    curve = seen_unseen_curve(
        data.y_test, scores, classes=clf.classes_, seen_classes=seen
    )
    assert_type(curve, tuple[np.ndarray, np.ndarray, np.ndarray])
    assert len(curve) == 3
    with pytest.raises(ValueError, match="average"):
        hit_at_k_score(
            data.y_test,
            scores,
            classes=clf.classes_,
            average="macro",  # type: ignore[arg-type]
        )


def test_scorers(data: Bunch, clf: RidgeSemanticClassifier) -> None:
    figure = GZSLScorer("AUSUC")(clf, data.X_test, data.y_test)
    assert_type(figure, float | dict[str, float])
    with pytest.raises(ValueError, match="metric"):
        GZSLScorer("accuracy")  # type: ignore[arg-type]


def test_model_selection(data: Bunch, clf: RidgeSemanticClassifier) -> None:
    cv = ClassHoldoutSplit(2, n_unseen=2, random_state=np.random.RandomState(0))
    for train, test in cv.split(data.X_train, data.y_train):
        assert_type(train, np.ndarray)
        assert not np.intersect1d(train, test).size
    folds = cross_val_predict_gzsl(clf, data.X_train, data.y_train, cv=cv)
    assert_type(folds, list[Bunch])
    assert len(folds) == 2
    with pytest.raises(TypeError):
        ClassHoldoutSplit(2, 0.5)  # type: ignore[call-arg]


def test_files(data: Bunch, tmp_path: Path) -> None:
    for path in (tmp_path / "made.npz", str(tmp_path / "made.npz")):
        save_gzsl_npz(
            path,
            data.X_test,
            data.y_test,
            data.attributes,
            is_test=np.arange(len(data.y_test)) % 2 == 0,
            unseen_sets=[data.unseen_classes],
        )
        assert len(load_gzsl_npz(path).X_train)
    with pytest.raises(OSError, match="download_if_missing"):
        fetch_gzsl("CUB", data_home=tmp_path, download_if_missing=False)


class Lengths:
    """An encoder of the user."""

    def encode(self, texts: list[str]) -> np.ndarray:
        return np.array([[len(text), 1] for text in texts])


def test_text() -> None:
    table = class_descriptions_from_text({"cat": "a small cat"}, Lengths())
    assert isinstance(table, pd.DataFrame)
    with pytest.raises(TypeError, match="encode"):
        class_descriptions_from_text(["cat"], len)  # type: ignore[arg-type]


def test_plotting(data: Bunch, clf: RidgeSemanticClassifier) -> None:
    display = SeenUnseenDisplay.from_estimator(clf, data.X_test, data.y_test)
    assert_type(display, SeenUnseenDisplay)
    ax = Figure().subplots()
    assert display.plot(ax=ax) is display
