"""Random states that leave numpy's global one alone."""

import numpy as np
from sklearn.utils import check_random_state

LARGEST_SEED = 2**31 - 1


def private_random_state(random_state):
    """Like scikit-learn's helper, but None never touches numpy's global state."""
    if random_state is None:
        return np.random.RandomState()
    return check_random_state(random_state)
