"""Numbers that cannot be computed with, in arrays as users give them."""

import numpy as np
from scipy.sparse import issparse

# Squares beyond these are infinite or zero in double precision, also in sums over many.
LARGEST_MAGNITUDE, SMALLEST_MAGNITUDE = 1e150, 1e-150


def unmasked(array):
    """The array, with NaN at the masked entries of a masked one.

    Without this numpy would take whatever stands below the mask.
    """
    if not isinstance(array, np.ma.MaskedArray):
        return array
    return array.astype(np.result_type(array, np.float32)).filled(np.nan)


def check_magnitude(values, name, *, allow_small=False):
    """Refuse numbers whose squares are infinite or zero in double precision.

    Parameters
    ----------
    values : ndarray or sparse matrix
        Finite numbers, or NaN.
    name : str
        What they are, for the message.
    allow_small : bool, default=False
        Whether all of them may be so small that their squares are zero.

    Raises
    ------
    ValueError
        If they are too large or too small.
    """
    values = values.data if issparse(values) else values
    if not values.size or values.dtype != np.float64:
        return
    largest = max(np.fmax.reduce(values, axis=None), -np.fmin.reduce(values, axis=None))
    is_small = 0 < largest < SMALLEST_MAGNITUDE and not allow_small
    if largest > LARGEST_MAGNITUDE or is_small:
        raise ValueError(
            f"the largest number in {name} is {largest:.0e}, which is too "
            f"{'small' if is_small else 'large'} to be squared. Change the unit: "
            f"divide {name} by {largest:.0e}."
        )
