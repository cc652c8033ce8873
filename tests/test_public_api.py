"""What is exported, documented and imported agree."""

import importlib
import pkgutil
import subprocess
import sys
from pathlib import Path

import pytest

import zsl_estimators

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
def test_modules_are_private_or_rooms(name):
    """Inside a room every file starts with an underscore, except public tools."""
    package = importlib.import_module(name)
    for module in pkgutil.iter_modules(package.__path__):
        public = not module.name.startswith("_") and not module.ispkg
        in_a_room = name not in ("zsl_estimators", "zsl_estimators.nn")
        assert not (public and in_a_room) or module.name == "estimator_checks"


def test_top_level_names_are_in_the_api_page():
    page = API_PAGE.read_text()
    for name in zsl_estimators.__all__:
        assert f"   {name}\n" in page, f"{name} is missing in docs/api/index.rst"


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
