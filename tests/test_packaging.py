"""What is said about the package in several files agrees."""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

import zsl_estimators

ROOT = Path(zsl_estimators.__file__).parents[1]
if not (ROOT / "pyproject.toml").exists():
    pytest.skip(
        "the package is installed without the files of its repository, which these "
        "tests compare",
        allow_module_level=True,
    )
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
EXTRAS = PROJECT["optional-dependencies"]


def text_of(name):
    return (ROOT / name).read_text()


def pinned():
    """Versions in the constraints by name."""
    lines = text_of("constraints.txt").splitlines()
    return dict(line.split("==") for line in lines if line and line[0] != "#")


def requirements():
    groups = [PROJECT["dependencies"], *EXTRAS.values()]
    return [Requirement(line) for group in groups for line in group]


@pytest.mark.parametrize("name", ["CITATION.cff", "README.md", "CHANGELOG.md"])
def test_the_version_is_the_same_everywhere(name):
    said = re.search(
        r"^(?:version: |\s*version = \{|## )([0-9][^ },\n]*)", text_of(name), re.M
    )
    assert said[1] == zsl_estimators.__version__


def test_floors_are_met_by_the_constraints():
    versions = pinned()
    for requirement in requirements():
        version = versions.get(requirement.name)
        if version is not None:
            assert requirement.specifier.contains(version), requirement
    # What is always installed is pinned.
    for line in PROJECT["dependencies"]:
        assert Requirement(line).name in versions


def test_one_floor_per_requirement():
    """An extra does not ask for another version than the next one."""
    floors = {}
    for requirement in requirements():
        floor = floors.setdefault(requirement.name, requirement.specifier)
        assert requirement.specifier == floor, requirement
        assert [part.operator for part in floor] == [">="], "floors, never caps"


def test_extras_are_documented():
    page = text_of("docs/install.rst")
    assert [name for name in EXTRAS if f"``{name}``" not in page] == []


def test_the_tag_is_compared_with_the_version():
    """The workflow searches for this line."""
    line = f'__version__ = "{zsl_estimators.__version__}"'
    assert line in text_of("zsl_estimators/__init__.py").splitlines()
    assert '__version__ = \\"${GITHUB_REF_NAME#v}\\"' in text_of(
        ".github/workflows/publish.yml"
    )
