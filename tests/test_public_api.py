"""What is exported, documented and imported agree."""

import importlib
import pkgutil
import re
import subprocess
import sys
from pathlib import Path

import pytest

import zsl_estimators
import zsl_estimators.nn
from tests.test_docs import USER_FACING

PACKAGES = [
    "zsl_estimators",
    *(
        f"zsl_estimators.{module.name}"
        for module in pkgutil.iter_modules(zsl_estimators.__path__)
        if module.ispkg
    ),
]
API_PAGE = Path(__file__).parents[1] / "docs" / "api" / "index.rst"


@pytest.mark.parametrize("name", PACKAGES)
def test_all_is_sorted_and_importable(name):
    package = importlib.import_module(name)
    exported = getattr(package, "__all__", [])
    assert exported == sorted(exported)
    for attribute in exported:
        assert hasattr(package, attribute)


@pytest.mark.parametrize("name", PACKAGES)
def test_modules_of_packages_are_private(name):
    """In a sub-package every file starts with an underscore."""
    package = importlib.import_module(name)
    for module in pkgutil.iter_modules(package.__path__):
        public = not module.name.startswith("_") and not module.ispkg
        in_a_package = name not in ("zsl_estimators", "zsl_estimators.nn")
        assert not (public and in_a_package)


@pytest.mark.parametrize("package", USER_FACING)
def test_public_names_are_in_the_api_page(package):
    words = set(re.findall(r"\w+", API_PAGE.read_text()))
    missing = set(importlib.import_module(package).__all__) - words
    assert not missing, f"docs/api/index.rst lacks {sorted(missing)}"


def test_import_has_no_side_effects():
    """Importing neither draws random numbers nor loads plotting."""
    code = (
        "import random, numpy, torch, sys\n"
        "torch.manual_seed(0); random.seed(0)\n"
        "before = (random.getstate(), torch.get_rng_state().tolist())\n"
        "import zsl_estimators\n"
        "assert before == (random.getstate(), torch.get_rng_state().tolist())\n"
        "assert 'matplotlib' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_submodules_load_when_they_are_asked_for():
    """As ``sklearn.metrics`` does after ``import sklearn``."""
    names = [name.partition(".")[2] for name in USER_FACING if name.count(".") == 1]
    code = (
        "import sys, zsl_estimators\n"
        "assert 'sklearn' not in sys.modules\n"
        f"for name in {names}:\n"
        "    assert name in dir(zsl_estimators)\n"
        "    module = getattr(zsl_estimators, name)\n"
        "    assert module is sys.modules[f'zsl_estimators.{name}']\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_networks_need_torch_alone():
    code = (
        "import sys, zsl_estimators.nn\n"
        "loaded = [m for m in ('sklearn', 'skorch', 'pandas') if m in sys.modules]\n"
        "assert not loaded, loaded\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_every_network_is_exported():
    """Whatever a module of `nn` defines without an underscore."""
    for module in pkgutil.iter_modules(zsl_estimators.nn.__path__):
        defined = importlib.import_module(f"zsl_estimators.nn.{module.name}")
        for name, value in vars(defined).items():
            own = getattr(value, "__module__", None) == defined.__name__
            if own and callable(value) and not name.startswith("_"):
                assert getattr(zsl_estimators.nn, name) is value


def test_a_name_that_cannot_be_loaded_says_why(monkeypatch):
    def broken(name):
        raise AttributeError("module 'other' has no attribute 'moved'")

    monkeypatch.setattr(zsl_estimators.importlib, "import_module", broken)
    with pytest.raises(ImportError, match="has no attribute 'moved'"):
        zsl_estimators.__getattr__("ExemplarClassifier")
