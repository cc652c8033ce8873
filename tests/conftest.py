"""Settings that must stand before anything is imported."""

import os

# scikit-learn's array API check is skipped unless scipy is imported with this set.
os.environ.setdefault("SCIPY_ARRAY_API", "1")
# Two processes with two threads each would wait for each other.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
# Figures are drawn, not shown.
os.environ["MPLBACKEND"] = "agg"

import pytest
import torch

# The suite runs in one process per core (pytest-xdist).
torch.set_num_threads(1)


@pytest.fixture(scope="session")
def task():
    """A small task with 8 seen and 3 unseen classes."""
    # Imported late: the settings above come first.
    from zsl_estimators.datasets import make_gzsl

    return make_gzsl(
        30, n_seen=8, n_unseen=3, n_features=6, n_attributes=4, random_state=1
    )


# Models of the checks that were fitted with two folds.
FITS_WITH_FEW_FOLDS = {}


@pytest.fixture
def few_folds(monkeypatch):
    """Two folds of hidden classes, for tests of what every estimator does with them.

    Other processes have as many as usual.
    """
    from zsl_estimators.calibration import _held_out
    from zsl_estimators.utils.estimator_checks import _task

    monkeypatch.setattr(_held_out, "MOST_FOLDS", 2)
    monkeypatch.setattr(_task, "_FITS", FITS_WITH_FEW_FOLDS)
