"""A module imports only from layers below it, never from its siblings."""

import ast
from pathlib import Path

import pytest

import zsl_estimators

ROOT = Path(zsl_estimators.__file__).parent

# From the lowest layer up. Names on one line do not know each other.
LAYERS = [
    {"sparse_rows", "arrays"},
    {
        "docstrings",
        "parameters",
        "seeds",
        "nn",
        "labels",
        "exceptions",
        "representation",
        "threads",
        "progress",
        "quantisation",
        "rows",
        "sample_weights",
        "unlabelled",
        "contexts",
        "warm_start",
    },
    {"descriptions", "candidates", "text", "persistence"},
    {"imputation", "class_labels"},
    {
        "class_table",
        "metrics",
        "model_selection",
        "nested",
        "gaussian",
        "problem",
        "logistic",
    },
    {"scaling"},
    {"datasets", "inspection", "dual_ridge"},
    {"linear", "plotting", "training", "calibration", "initial"},
    {"few_shot"},
    {"onnx_export", "changed_classes"},
    {"base", "utils", "decisions"},
    {"closed_form"},
    {"exemplar"},
    {"semantic", "compatibility", "generative", "likelihood"},
    {"ensemble", "self_training", "text_classifier"},
]
# Modules that must stay free of heavy dependencies.
FORBIDDEN = {
    "nn": {"sklearn", "skorch", "pandas", "numpy"},
    "class_table": {"sklearn", "skorch", "torch"},
    "class_labels": {"sklearn", "skorch", "torch"},
    "candidates": {"skorch", "torch", "pandas"},
    "problem": {"sklearn", "skorch", "torch", "pandas"},
    "imputation": {"skorch", "torch", "pandas"},
    "rows": {"skorch", "torch", "pandas"},
    "sample_weights": {"skorch", "torch", "pandas"},
    "unlabelled": {"skorch", "torch", "pandas"},
    "gaussian": {"skorch", "torch", "pandas"},
    "logistic": {"skorch", "torch", "pandas"},
    "metrics": {"skorch", "torch"},
    "model_selection": {"skorch", "torch", "pandas"},
    "datasets": {"skorch", "torch"},
    "inspection": {"skorch", "torch"},
}
MODULES = sorted(
    path for path in ROOT.rglob("*.py") if path.parent != ROOT or path.stem[0] != "_"
)


def layer(module):
    return next(level for level, modules in enumerate(LAYERS) if module in modules)


def module_of(path):
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
    module = module_of(path)
    for imported in imported_modules(path):
        parts = imported.split(".")
        # The package itself has a version and lazy names.
        if parts[0] == "zsl_estimators" and parts[1:2] not in ([], [module]):
            assert layer(parts[1]) < layer(module), f"{module} imports {imported}"
        assert parts[0] not in FORBIDDEN.get(module, ()), f"{module} imports {imported}"


def test_every_module_has_a_layer():
    for path in MODULES:
        layer(module_of(path))
