"""How many rows one pass through a network takes, which bounds its memory."""

ROWS_PER_PASS = 8192


def n_rows_per_block(copies=1):
    """Rows of a block of which a pass makes so many copies each, at least one."""
    return max(ROWS_PER_PASS // copies, 1)


def row_blocks(n_rows, copies=1):
    """Slices that part rows into blocks; one empty block of no rows.

    Parameters
    ----------
    n_rows : int
        Number of rows.
    copies : int, default=1
        Rows that a pass makes of each, one per class for instance.

    Returns
    -------
    blocks : list of slice
        In order.
    """
    step = n_rows_per_block(copies)
    return [slice(start, start + step) for start in range(0, max(n_rows, 1), step)]
