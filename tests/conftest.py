"""Settings that must stand before anything is imported."""

import os

# scikit-learn's array API check is skipped unless scipy is imported with this set.
os.environ.setdefault("SCIPY_ARRAY_API", "1")

import torch

# The suite runs in one process per core (pytest-xdist).
torch.set_num_threads(1)
