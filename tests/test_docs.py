"""Docstrings are valid numpydoc, complete, and tell the truth."""

import importlib
import inspect

import pytest
from numpydoc.docscrape import ClassDoc
from numpydoc.validate import validate

from tests.common import public_estimators, small
from zsl_estimators.datasets import make_gzsl

USER_FACING = (
    "zsl_estimators",
    "zsl_estimators.datasets",
    "zsl_estimators.inspection",
    "zsl_estimators.likelihood",
    "zsl_estimators.metrics",
    "zsl_estimators.model_selection",
    "zsl_estimators.plotting",
    "zsl_estimators.text",
)
TOOLS = ("check_zero_shot_estimator", "parametrize_with_zero_shot_checks")

# Style that differs on purpose: summaries start on the first line, and See Also,
# extended summaries and examples stand where they help.
IGNORED = {"GL01", "GL02", "GL08", "ES01", "SA01", "EX01", "RT02", "YD01", "SA04"}


def documented_names():
    for package in USER_FACING:
        for name in importlib.import_module(package).__all__:
            if not name.endswith("_scorer"):
                yield f"{package}.{name}"
    yield from (f"zsl_estimators.utils.estimator_checks.{name}" for name in TOOLS)


def public_methods():
    for path in documented_names():
        package, _, name = path.rpartition(".")
        documented = getattr(importlib.import_module(package), name)
        if inspect.isclass(documented):
            for method in public_methods_of(documented):
                yield f"{path}.{method}"


def public_methods_of(cls):
    for name, method in inspect.getmembers(cls, inspect.isroutine):
        ours = str(getattr(method, "__module__", "")).startswith("zsl_")
        if not name.startswith("_") and ours:
            yield name


@pytest.mark.parametrize("name", [*documented_names(), *sorted(public_methods())])
def test_numpydoc(name):
    errors = [error for error in validate(name)["errors"] if error[0] not in IGNORED]
    assert not errors


@pytest.mark.parametrize("name", list(documented_names()))
def test_has_an_example(name):
    doc = validate(name)["docstring"]
    needs_none = name.endswith(
        ("BaseZeroShotClassifier", "SeenUnseenCurve", "ClassConditionalGaussian")
    )
    assert needs_none or ">>>" in doc


@pytest.mark.parametrize("cls", public_estimators())
def test_parameters_are_documented_in_order(cls):
    documented = [parameter.name for parameter in ClassDoc(cls)["Parameters"]]
    assert documented == list(inspect.signature(cls).parameters)


@pytest.mark.parametrize("cls", public_estimators())
def test_documented_defaults_are_the_defaults(cls):
    defaults = inspect.signature(cls).parameters
    for parameter in ClassDoc(cls)["Parameters"]:
        stated = parameter.type.rpartition("default=")[2]
        default = defaults[parameter.name].default
        expected = f'"{default}"' if isinstance(default, str) else repr(default)
        same = stated == expected
        if isinstance(default, float):
            same = float(stated) == default
        assert same, f"{parameter.name}: documented {stated}, is {expected}"


@pytest.mark.usefixtures("few_folds")
@pytest.mark.parametrize("cls", public_estimators())
def test_fitted_attributes_are_documented(cls):
    data = make_gzsl(10, n_seen=5, n_unseen=2, random_state=0)
    clf = small(cls, attributes=data.attributes, random_state=0)
    clf.fit(data.X_train, data.y_train)
    documented = {attribute.name for attribute in ClassDoc(cls)["Attributes"]}
    fitted = {
        name
        for name in (*vars(clf), *dir(cls))
        if name.endswith("_") and not name.startswith("_")
    }
    assert fitted <= documented
    assert documented <= fitted | {"feature_names_in_"}
