import pytest

from zsl_estimators.datasets import make_gzsl


@pytest.fixture(scope="package")
def task():
    """A small task with 8 seen and 3 unseen classes."""
    return make_gzsl(
        30, n_seen=8, n_unseen=3, n_features=6, n_attributes=4, random_state=1
    )
