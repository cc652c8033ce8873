"""Arrays that go to other processes as the place of their file."""

import mmap

import numpy as np


class Reference:
    """An array that is pickled by reference where it is mapped from a file.

    Workers then read the rows that they need themselves, also those of a cluster, which
    would get a copy of all of them otherwise.

    Parameters
    ----------
    array : ndarray, PickedRows or sparse matrix
        It may be a part of a memory map.
    """

    def __init__(self, array):
        self.array = array

    def __reduce__(self):
        place = place_in_file(self.array)
        if place is None:
            return Reference, (self.array,)
        return reopened, place


def reopened(path, dtype, offset, shape, order):
    """Map a part of a file again.

    Returns
    -------
    reference : Reference
        To the array, which cannot be written.

    Raises
    ------
    FileNotFoundError
        If there is no such file where this is called.
    """
    try:
        array = np.memmap(path, dtype, "r", offset, shape, order)
    except FileNotFoundError as error:
        raise FileNotFoundError(
            f"X is mapped from {path}, which a worker cannot read. Put the file where "
            "all workers can read it by this path, or give X as an array in memory."
        ) from error
    return Reference(array)


def place_in_file(array):
    """Where an array lies in the file that it is mapped from.

    Parameters
    ----------
    array : object
        Nothing but an ndarray can lie in a file.

    Returns
    -------
    place : tuple or None
        What :func:`reopened` wants. None where there is no such file, where an array
        is not in one piece, and where what was written to it is not in the file.
    """
    if not isinstance(array, np.ndarray):
        return None
    owner = array
    while isinstance(owner, np.ndarray) and not isinstance(owner.base, mmap.mmap):
        owner = owner.base
    flags = array.flags
    in_one_piece = flags.c_contiguous or flags.f_contiguous
    if not isinstance(owner, np.memmap) or owner.mode == "c" or not in_one_piece:
        return None
    start = array.__array_interface__["data"][0] - owner.__array_interface__["data"][0]
    order = "C" if flags.c_contiguous else "F"
    return str(owner.filename), array.dtype, owner.offset + start, array.shape, order
