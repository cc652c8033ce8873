"""Handwritten digits with written descriptions of every digit."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from sklearn.utils import Bunch

# Drawn by hand after a printed type face, not from the handwritten samples.
# "#" is ink, "+" the edge of a stroke.
_GLYPHS = """
0         1         2         3         4         5         6         7         8         9
..+##+..  ...+#...  ..+##+..  ..+##+..  ....+#..  ..#####.  ...+#+..  ..#####.  ..+##+..  ..+##+..
.+#++#+.  ..+##...  .+#++#+.  .+#++#+.  ...+#+..  ..#+....  ..+#+...  ..+++#+.  ..#++#..  .+#++#+.
.#+..+#.  .+###...  ....+#+.  ....+#+.  ..+#+...  ..#+....  ..#+....  ....+#..  ..#++#..  .#+..#+.
.#....#.  ...##...  ....+#..  ...###..  .+#+.#+.  ..###+..  ..##+...  ..+###+.  ..+##+..  .+#++##.
.#....#.  ...##...  ...+#+..  ....+#+.  .#++#+..  ..+++#+.  ..#++#+.  ...##...  ..+##+..  ..+##+#.
.#+..+#.  ...##...  ..+#+...  .....#+.  .######.  ....+#..  ..#+.+#.  ...#+...  ..#++#..  .....+#.
.+#++#+.  ...##...  .+#++++.  .+#++#+.  ...+#+..  ..+++#..  ..+#++#.  ..+#....  ..#++#..  ..+++#+.
..+##+..  ..+##+..  .######.  ..+##+..  ...+#...  ..+##+..  ...+##+.  ..+#....  ..+##+..  ..+##+..
"""

_INK = {".": 0.0, "+": 0.5, "#": 1.0}

_SEGMENTS = (
    "segment_top",
    "segment_top_left",
    "segment_top_right",
    "segment_middle",
    "segment_bottom_left",
    "segment_bottom_right",
    "segment_bottom",
)

# The segments that a seven-segment display lights for 0 to 9, in the order above.
_LIT = (
    "1110111",
    "0010010",
    "1011101",
    "1011011",
    "0111010",
    "1101011",
    "1101111",
    "1010010",
    "1111111",
    "1111011",
)

_STROKES = {
    "closed_loops": (1, 0, 0, 0, 0, 0, 1, 0, 2, 1),
    "loop_above": (0, 0, 0, 0, 0, 0, 0, 0, 1, 1),
    "loop_below": (0, 0, 0, 0, 0, 0, 1, 0, 1, 0),
    "open_to_left": (0, 0, 1, 2, 0, 1, 0, 1, 0, 1),
    "open_to_right": (0, 0, 1, 0, 0, 1, 1, 0, 0, 0),
    "straight_vertical": (0, 1, 0, 0, 1, 0, 0, 0, 0, 0),
    "straight_horizontal": (0, 0, 1, 0, 1, 1, 0, 1, 0, 0),
    "straight_diagonal": (0, 0, 1, 0, 1, 0, 0, 1, 0, 0),
}


def load_digits_gzsl(
    unseen: Sequence[int] = (3, 8),
    *,
    test_size: float = 0.3,
    random_state: int | np.random.RandomState | None = 0,
) -> Bunch:
    """Load handwritten digits, some of them without training samples.

    The samples are the 8x8 images of :func:`sklearn.datasets.load_digits`, which
    ship with scikit-learn. The class descriptions are written by hand: a printed
    glyph of the digit on the same 8x8 grid, the segments of a seven-segment
    display, and facts about the strokes such as the number of closed loops.

    Parameters
    ----------
    unseen : sequence of int, default=(3, 8)
        Digits without training samples.
    test_size : float, default=0.3
        Share of the samples of each seen digit that is kept for testing.
    random_state : int, RandomState instance or None, default=0
        Controls which samples of the seen digits are kept for testing.

    Returns
    -------
    data : :class:`~sklearn.utils.Bunch`
        Dictionary-like, with

        X_train : ndarray of shape (n_train, 64)
            Pixel intensities from 0 to 16, of seen digits only.
        y_train : ndarray of shape (n_train,)
            Digits.
        X_test : ndarray of shape (n_test, 64)
            Held-out samples of seen digits, and all samples of unseen ones.
        y_test : ndarray of shape (n_test,)
            Digits.
        attributes : DataFrame of shape (10, 79)
            One row per digit. Columns "pixel_row_column" from 0 (paper) to 1 (ink),
            "segment_top" and other segments 0 or 1, and counts of stroke features.
        seen_classes, unseen_classes : ndarray
            Digits.
        DESCR : str
            A description.

    Raises
    ------
    ValueError
        If `unseen` names something else than digits, or more than eight of them.

    Examples
    --------
    >>> from zsl_estimators.datasets import load_digits_gzsl
    >>> data = load_digits_gzsl(unseen=(3, 8))
    >>> sorted(set(data.y_train.tolist()))
    [0, 1, 2, 4, 5, 6, 7, 9]
    >>> data.attributes.loc[8, ["closed_loops", "segment_top"]].tolist()
    [2.0, 1.0]
    """
    unseen = np.unique(unseen)
    are_digits = unseen.dtype.kind in "iuf" and np.isin(unseen, np.arange(10)).all()
    if (unseen.size and not are_digits) or len(unseen) > 8:
        raise ValueError(
            "unseen must name at most eight of the digits 0 to 9, as numbers, got "
            f"{unseen.tolist()}"
        )
    X, y = load_digits(return_X_y=True)
    hidden = np.isin(y, unseen)
    X_train, X_test, y_train, y_test = train_test_split(
        X[~hidden],
        y[~hidden],
        test_size=test_size,
        stratify=y[~hidden],
        random_state=random_state,
    )
    return Bunch(
        X_train=X_train,
        y_train=y_train,
        X_test=np.concatenate([X_test, X[hidden]]),
        y_test=np.concatenate([y_test, y[hidden]]),
        attributes=_digit_descriptions(),
        seen_classes=np.setdiff1d(np.arange(10), unseen),
        unseen_classes=unseen,
        DESCR=load_digits_gzsl.__doc__,
    )


def _digit_descriptions():
    """One row per digit: glyph, seven segments, strokes."""
    pixels = [f"pixel_{row}_{column}" for row in range(8) for column in range(8)]
    parts = [
        pd.DataFrame(_glyph_images().reshape(10, 64), columns=pixels),
        pd.DataFrame([list(lit) for lit in _LIT], columns=_SEGMENTS).astype(float),
        pd.DataFrame(_STROKES).astype(float),
    ]
    return pd.concat(parts, axis=1).rename_axis("digit")


def _glyph_images():
    """Parse the drawing into an array of shape (10, 8, 8)."""
    lines = [line.split() for line in _GLYPHS.split("\n")[2:-1]]
    return np.array(
        [
            [[_INK[mark] for mark in line[digit]] for line in lines]
            for digit in range(10)
        ]
    )
