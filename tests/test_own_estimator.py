"""The estimator that the user guide shows keeps every rule."""

import importlib.util
import sys
from pathlib import Path

import pytest
from sklearn.utils.estimator_checks import check_estimator

from zsl_estimators.datasets import load_digits_gzsl
from zsl_estimators.metrics import harmonic_mean_scorer
from zsl_estimators.utils.estimator_checks import check_zero_shot_estimator

PAGE = Path(__file__).parents[1] / "docs" / "user_guide" / "nearest_mean.py"


@pytest.fixture
def nearest_mean(monkeypatch):
    spec = importlib.util.spec_from_file_location("nearest_mean", PAGE)
    module = importlib.util.module_from_spec(spec)
    # Where pickle looks for it.
    monkeypatch.setitem(sys.modules, "nearest_mean", module)
    monkeypatch.syspath_prepend(PAGE.parent)
    spec.loader.exec_module(module)
    return module.NearestMeanClassifier


def test_it_passes_both_lists_of_checks(nearest_mean):
    check_estimator(nearest_mean(), on_skip=None)
    check_zero_shot_estimator(nearest_mean())


def test_it_recognises_unseen_digits(nearest_mean):
    data = load_digits_gzsl(unseen=(3, 8))
    clf = nearest_mean(data.attributes, random_state=0).fit(data.X_train, data.y_train)
    assert harmonic_mean_scorer(clf, data.X_test, data.y_test) > 0.5
