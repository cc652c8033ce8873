import re
from importlib.metadata import requires

import numpy
import pytest
import torch

import zsl_estimators
from zsl_estimators.utils import _versions, show_versions


@pytest.fixture
def shown(capsys):
    def show():
        show_versions()
        lines = capsys.readouterr().out.splitlines()
        rows = (re.fullmatch(r" *([^:]+): (.+)", line) for line in lines)
        return {row[1]: row[2] for row in rows if row}

    return show


def test_versions_are_those_that_run(shown):
    rows = shown()
    assert rows["zsl_estimators"] == zsl_estimators.__version__
    assert rows["numpy"] == numpy.__version__
    assert rows["torch"].split("+")[0] == torch.__version__.split("+")[0]
    assert rows["torch devices"].startswith("cpu")


def test_what_is_missing_is_said(shown, monkeypatch):
    monkeypatch.setattr(_versions, "OPTIONAL", ("no-such-package",))
    assert shown()["no-such-package"] == "not installed"


def test_dependencies_are_all_listed():
    needed = [one for one in requires("zsl-estimators") if "extra ==" not in one]
    names = {re.match(r"[\w-]+", one)[0] for one in needed}
    assert names == set(_versions.NEEDED)
