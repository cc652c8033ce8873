"""Files of features that are written once, and mapped from then on."""

import os
import shutil
from contextlib import contextmanager

import numpy as np


@contextmanager
def new_mapped_file(path, shape, dtype, otherwise):
    """Yield an array whose numbers become those of a file.

    The file has another name until the block has ended without an error, so what has
    its name is complete, and files that were mapped before are left as they are.

    Parameters
    ----------
    path : Path
        An ``.npy`` file; its folder is made if there is none.
    shape : tuple of int
        Shape of the array.
    dtype : dtype
        Its precision.
    otherwise : str
        What to do if the disk has not enough space, for the message.

    Yields
    ------
    array : memmap of the shape
        To be filled.

    Raises
    ------
    OSError
        If the disk has not enough space.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    n_bytes = int(np.prod(shape, dtype=np.int64)) * np.dtype(dtype).itemsize
    free = shutil.disk_usage(path.parent).free
    if free < n_bytes:
        raise OSError(
            f"{path} needs {n_bytes / 2**20:,.0f} MiB, and {free / 2**20:,.0f} MiB are "
            f"free. {otherwise}"
        )
    unfinished = path.with_suffix(".part")
    try:
        rows = np.lib.format.open_memmap(unfinished, "w+", dtype=dtype, shape=shape)
        _reserve(unfinished)
        yield rows
        rows.flush()
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


def _reserve(path):
    """Take the space of a file now: if it is gone later, writing ends the process."""
    if hasattr(os, "posix_fallocate"):
        with path.open("r+b") as file:
            os.posix_fallocate(file.fileno(), 0, path.stat().st_size)
