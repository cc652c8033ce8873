"""What cannot be computed with, in arrays as users give them."""

from mmap import mmap

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


def check_mapped_file(array):
    """Refuse an array that is mapped from a file which has become shorter.

    To read what is gone would end the process, without a word of Python's.

    Parameters
    ----------
    array : object
        An array, or anything else, which passes.

    Raises
    ------
    OSError
        If the file ends before the map does.
    """
    while isinstance(array, np.ndarray):
        array = array.base
    if isinstance(array, mmap) and array.size() < len(array):
        raise OSError(
            f"{array.size()} of {len(array)} bytes are left of a file that X is mapped "
            "from: it was truncated, or written anew under the same name, after it "
            "was opened. Restore it, open it again, and repeat the call. To write a "
            "new version, write another file and rename it."
        )


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
