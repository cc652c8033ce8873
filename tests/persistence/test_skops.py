"""Every fitted estimator is stored by skops, and loaded with the documented types."""

import io
import pickle
from zipfile import ZipFile

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from skops.io import dumps, get_untrusted_types, loads
from skops.io.exceptions import UntrustedTypesFoundException

import zsl_estimators
from tests.common import SMALL_RULES, public_estimators, quick, small
from zsl_estimators import (
    CADAVAEClassifier,
    CalibratedStackingCV,
    ConformalZeroShotClassifier,
    DiffusionClassifier,
    FGANClassifier,
    HeldOutScoring,
    RevCDClassifier,
    RidgeSemanticClassifier,
    TFVAEGANClassifier,
    VAEcFlowClassifier,
    ZeroDiffClassifier,
    ZeroShotTextClassifier,
)
from zsl_estimators.exceptions import InconsistentVersionWarning
from zsl_estimators.metrics import harmonic_mean_scorer
from zsl_estimators.model_selection import ClassHoldoutSplit
from zsl_estimators.training import WeightAveraging
from zsl_estimators.utils import trusted_types
from zsl_estimators.utils.estimator_checks._task import NAMES, fitted, small_task

# What is tested does not depend on the number of folds.
pytestmark = pytest.mark.usefixtures("few_folds")

TORCH_ESTIMATORS = [
    cls for cls in public_estimators() if "warm_start" in cls().get_params()
]
# What pickles begin with: the protocol, or the letters of a zip file of torch.
PICKLED = b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05", b"PK"


@pytest.fixture(scope="module")
def data():
    return small_task(labels=NAMES)


def assert_same_scores(one, other, X):
    # Sums may differ in the last digit with the place of arrays in memory.
    np.testing.assert_allclose(
        one.decision_function(X), other.decision_function(X), rtol=1e-9, atol=1e-9
    )


def round_trip(estimator, X, trusted=()):
    """Store and load; what is loaded must score as what was stored."""
    content = dumps(estimator)
    untrusted = set(get_untrusted_types(data=content))
    assert untrusted <= {*trusted_types(), *trusted}
    for name in (archive := ZipFile(io.BytesIO(content))).namelist():
        assert name == "schema.json" or name.endswith(".npy")
        assert not archive.read(name).startswith(PICKLED)
    loaded = loads(content, trusted=[*trusted_types(), *trusted])
    assert_same_scores(loaded, estimator, X)
    np.testing.assert_array_equal(loaded.classes_, estimator.classes_)
    return loaded


@pytest.mark.parametrize("cls", public_estimators())
def test_every_estimator(cls, data):
    # With folds where they take no time, and for one network.
    folds = cls not in TORCH_ESTIMATORS or cls is RevCDClassifier
    settings = {"seen_penalty": "auto"} if folds else {}
    clf = fitted(quick(cls), data, **settings)
    loaded = round_trip(clf, data.X_test)
    pd.testing.assert_frame_equal(loaded.attributes, clf.attributes)
    assert repr(loaded) == repr(clf)
    new = pd.DataFrame(np.eye(4)[:2], ["yak", "zebu"], clf.attributes.columns)
    assert_same_scores(loaded.add_classes(new), clf.add_classes(new), data.X_test)


@pytest.mark.parametrize("cls", TORCH_ESTIMATORS)
def test_training_goes_on(cls, data):
    """With ``warm_start=True`` optimisers are stored too."""
    settings = {"early_stopping": False, "max_epochs": 2}
    clf = fitted(quick(cls), data, warm_start=True, **settings)
    loaded = round_trip(clf, data.X_test)
    for model in (clf, loaded):
        model.fit(data.X_train, data.y_train)
    assert_same_scores(loaded, clf, data.X_test)
    assert loaded.n_iter_ == 4


@pytest.mark.parametrize("rule", SMALL_RULES[1:])
def test_every_rule(rule, data):
    round_trip(fitted(small(DiffusionClassifier, rule=rule), data), data.X_test[:5])


@pytest.mark.parametrize(
    "cls", [CADAVAEClassifier, FGANClassifier, TFVAEGANClassifier, VAEcFlowClassifier]
)
def test_decisions_by_means(cls, data):
    round_trip(fitted(small(cls), data, decision="gaussian"), data.X_test)


def test_decision_by_likelihood(data):
    clf = fitted(small(VAEcFlowClassifier), data, decision="likelihood")
    round_trip(clf, data.X_test)


@pytest.mark.parametrize(
    "cls", [CADAVAEClassifier, FGANClassifier, RevCDClassifier, ZeroDiffClassifier]
)
def test_without_an_initial_estimator(cls, data):
    round_trip(fitted(small(cls), data, init=None, max_epochs=2), data.X_test)


@pytest.mark.parametrize(
    "make",
    [
        lambda inner: CalibratedStackingCV(inner),
        lambda inner: ConformalZeroShotClassifier(inner),
        lambda inner: make_pipeline(StandardScaler(), inner),
        lambda inner: GridSearchCV(
            inner,
            {"alpha": [0.1, 1.0]},
            cv=ClassHoldoutSplit(2, random_state=0),
            scoring=harmonic_mean_scorer,
        ),
    ],
)
def test_around_an_estimator(make, data):
    inner = RidgeSemanticClassifier(data.attributes, alpha=0.1, random_state=0)
    round_trip(make(inner).fit(data.X_train, data.y_train), data.X_test)


class CountsLetters:
    def encode(self, texts):
        return np.array([[text.count(c) for c in "aeiou"] for text in texts], float)


def test_texts():
    names = ["banana", "date", "kiwi", "orange", "plum"]
    clf = ZeroShotTextClassifier(names, model=CountsLetters())
    texts = ["a banana", "two bananas", "kiwi", "an orange", "dates"]
    clf.fit(texts, ["banana", "banana", "kiwi", "orange", "date"])
    own = f"{CountsLetters.__module__}.CountsLetters"
    round_trip(clf, texts, trusted=[own])
    with pytest.raises(UntrustedTypesFoundException, match="CountsLetters"):
        loads(dumps(clf), trusted=trusted_types())


def test_what_the_user_gives(data):
    """Callbacks with data and an averaged net; another optimiser has to be named."""
    X, y = pd.DataFrame(data.X_test), pd.Series(data.y_test)
    callbacks = [HeldOutScoring(X, y), WeightAveraging(0.9)]
    clf = fitted(
        small(RevCDClassifier),
        data,
        callbacks=callbacks,
        net_params={"optimizer": torch.optim.SGD},
        warm_start=True,
        verbose=0,
    )
    sgd = "torch.optim.sgd.SGD"
    round_trip(clf, data.X_test, trusted=[sgd])
    with pytest.raises(UntrustedTypesFoundException, match="SGD"):
        loads(dumps(clf), trusted=trusted_types())


class Foreign:
    """What nobody trusts."""

    def __init__(self):
        self.value = 1


def test_a_foreign_type_is_refused(data):
    clf = fitted(small(RidgeSemanticClassifier), data)
    clf.alpha_ = {"deep": [Foreign()]}
    with pytest.raises(UntrustedTypesFoundException, match="Foreign"):
        loads(dumps(clf), trusted=trusted_types())


def test_only_the_needed_types_are_trusted():
    types = trusted_types()
    foreign = [name for name in types if not name.startswith("zsl_estimators.")]
    assert len(foreign) == 6
    assert types == sorted(set(types))
    for name in types:
        module, _, name = name.rpartition(".")
        assert isinstance(getattr(__import__(module, fromlist=[name]), name), type)


def test_random_states_stay(data):
    content = dumps(fitted(small(VAEcFlowClassifier), data))
    before = torch.get_rng_state()
    loads(content, trusted=trusted_types())
    assert torch.equal(before, torch.get_rng_state())


def test_torch_settings_do_not_matter(data):
    clf = fitted(small(VAEcFlowClassifier), data)
    content = dumps(clf)
    torch.set_default_dtype(torch.float64)
    try:
        with torch.inference_mode():
            loaded = loads(content, trusted=trusted_types())
    finally:
        torch.set_default_dtype(torch.float32)
    assert_same_scores(loaded, clf, data.X_test)
    assert next(loaded.net_.module_.parameters()).dtype == torch.float32


@pytest.mark.parametrize(
    ("dump", "load"),
    [
        (dumps, lambda content: loads(content, trusted=trusted_types())),
        (pickle.dumps, pickle.loads),
    ],
)
def test_another_version_warns(dump, load, data, monkeypatch):
    clf = fitted(small(RidgeSemanticClassifier), data)
    monkeypatch.setattr(zsl_estimators, "__version__", "0.0.7")
    content = dump(clf)
    monkeypatch.undo()
    with pytest.warns(InconsistentVersionWarning, match=r"0\.0\.7"):
        load(content)
    # Warnings are errors here.
    load(dump(clf))
