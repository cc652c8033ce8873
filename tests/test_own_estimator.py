"""The estimators that the user guide shows keep every rule."""

import importlib
import sys
from pathlib import Path

import pytest
from joblib.externals.loky import get_reusable_executor
from sklearn.utils.estimator_checks import check_estimator

from tests.common import EXEMPLAR, HEAD, TRAINED_ON_DRAWN_ROWS
from zsl_estimators.datasets import load_digits_gzsl
from zsl_estimators.metrics import harmonic_mean_scorer
from zsl_estimators.utils.estimator_checks import check_zero_shot_estimator

GUIDE = Path(__file__).parents[1] / "docs" / "user_guide"


@pytest.fixture(scope="module")
def shown():
    """Import a file of the user guide, where pickle finds it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(GUIDE)
        # Workers of tests before would not find it.
        get_reusable_executor().shutdown(wait=True)
        yield importlib.import_module
    for name in ("nearest_mean", "conditional_vae"):
        sys.modules.pop(name, None)


def small_generator(module, max_epochs=3):
    return module.SmallCVAEClassifier(
        init=EXEMPLAR, max_epochs=max_epochs, head=HEAD, n_synthetic=20
    )


@pytest.mark.usefixtures("few_folds")
def test_nearest_mean_passes_both_lists_of_checks(shown):
    nearest_mean = shown("nearest_mean").NearestMeanClassifier
    check_estimator(nearest_mean(), on_skip=None)
    check_zero_shot_estimator(nearest_mean())


def test_conditional_vae_passes_scikit_learns_checks(shown):
    check_estimator(
        small_generator(shown("conditional_vae")),
        on_skip=None,
        expected_failed_checks={
            **TRAINED_ON_DRAWN_ROWS,
            "check_sample_weights_shape": "it has a feature that is constant within "
            "classes, which this little network cannot fit, with or without weights",
        },
    )


@pytest.mark.usefixtures("few_folds")
def test_conditional_vae_passes_the_zero_shot_checks(shown):
    check_zero_shot_estimator(small_generator(shown("conditional_vae"), max_epochs=1))


def test_the_generator_is_complete_in_eighty_lines():
    assert len((GUIDE / "conditional_vae.py").read_text().splitlines()) <= 80


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("nearest_mean", "NearestMeanClassifier"),
        ("conditional_vae", "SmallCVAEClassifier"),
    ],
)
def test_they_recognise_unseen_digits(shown, file, name):
    data = load_digits_gzsl(unseen=(3, 8))
    clf = getattr(shown(file), name)(data.attributes, random_state=0)
    if file == "conditional_vae":
        clf.set_params(max_epochs=5, early_stopping=False, decision="gaussian")
    clf.fit(data.X_train, data.y_train)
    assert harmonic_mean_scorer(clf, data.X_test, data.y_test) > 0.5
