"""What a report of a fault should say about the machine."""

import platform
import sys
from importlib.metadata import PackageNotFoundError, version

import torch
from joblib import cpu_count

import zsl_estimators

NEEDED = (
    "numpy",
    "scipy",
    "scikit-learn",
    "pandas",
    "joblib",
    "torch",
    "skorch",
    "tqdm",
    "threadpoolctl",
)
OPTIONAL = (
    "matplotlib",
    "sentence-transformers",
    "h5py",
    "pooch",
    "skops",
    "onnx",
    "onnxscript",
    "onnxruntime",
)


def show_versions():
    """Print the versions of this package and its dependencies, and the device of torch.

    Include the output in bug reports.

    See Also
    --------
    sklearn.show_versions : The same of scikit-learn, with libraries of threads.

    Examples
    --------
    >>> from zsl_estimators import show_versions
    >>> show_versions()  # doctest: +ELLIPSIS
    System:
            python: ...
    """
    system = {
        "python": sys.version.replace("\n", " "),
        "machine": platform.platform(),
        "CPU cores": cpu_count(),
        "torch devices": ", ".join(_devices()),
        "torch threads": torch.get_num_threads(),
    }
    installed = {name: _version_of(name) for name in (*NEEDED, *OPTIONAL)}
    _print_table("System", system)
    print()
    versions = {"zsl_estimators": zsl_estimators.__version__, **installed}
    _print_table("Python dependencies", versions)


def _devices():
    """What a parameter ``device`` may be here."""
    yield "cpu"
    for number in range(torch.cuda.device_count()):
        yield f"cuda:{number} ({torch.cuda.get_device_name(number)})"
    if torch.backends.mps.is_available():
        yield "mps"


def _version_of(name):
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"


def _print_table(title, rows):
    print(f"{title}:")
    width = max(map(len, rows)) + 1
    for name, value in rows.items():
        print(f"{name:>{width}}: {value}")
