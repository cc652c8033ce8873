"""A room imports only from rooms below it, never from its neighbours."""

import ast
from pathlib import Path

import pytest

import zsl_estimators

ROOT = Path(zsl_estimators.__file__).parent

# From the ground up. Names on one line stand on one floor.
FLOORS = [
    {"docstrings", "parameters", "seeds", "nn", "class_table", "candidates", "text"},
    {"metrics", "model_selection", "datasets"},
    {"calibration", "plotting", "training", "linear", "nested", "scaling"},
    {"utils", "base"},
    {"exemplar"},
    {"semantic", "compatibility", "generative", "likelihood"},
]
# Rooms on the ground that must stay free of heavy neighbours.
FORBIDDEN = {
    "nn": {"sklearn", "skorch", "pandas", "numpy"},
    "class_table": {"sklearn", "skorch", "torch"},
    "candidates": {"skorch", "torch", "pandas"},
    "metrics": {"skorch", "torch"},
    "model_selection": {"skorch", "torch", "pandas"},
    "datasets": {"skorch", "torch"},
}
MODULES = sorted(
    path for path in ROOT.rglob("*.py") if path.parent != ROOT or path.stem[0] != "_"
)


def floor(room):
    return next(level for level, rooms in enumerate(FLOORS) if room in rooms)


def room_of(path):
    return path.relative_to(ROOT).parts[0].removesuffix(".py")


def imported_modules(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} imports relatively"
            yield node.module


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_go_down(path):
    room = room_of(path)
    for module in imported_modules(path):
        parts = module.split(".")
        if parts[0] == "zsl_estimators" and parts[1] != room:
            assert floor(parts[1]) < floor(room), f"{room} imports {module}"
        assert parts[0] not in FORBIDDEN.get(room, ()), f"{room} imports {module}"


def test_every_room_has_a_floor():
    for path in MODULES:
        floor(room_of(path))
