"""Every benchmark finds what it imports, though not every one is run by a test."""

import importlib
from pathlib import Path

import pytest

BENCHMARKS = sorted(
    path.stem for path in (Path(__file__).parents[2] / "benchmarks").glob("*.py")
)


@pytest.mark.parametrize("name", BENCHMARKS)
def test_imports(name):
    assert importlib.import_module(name).__doc__
