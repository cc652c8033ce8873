"""Data sets to run on: the digits, .npz files, and folders of the Proposed Split."""

from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np

from zsl_estimators.datasets import load_digits_gzsl, load_gzsl_npz, load_xlsa17


class Task(NamedTuple):
    """One choice of unseen classes in a data set.

    Fields: name of the set, name of the choice, and a function that loads it.
    """

    set: str
    unseen: str
    load: partial


def find_tasks(folder, wanted=None):
    """List the tasks in a folder, the digits first, with two kinds of descriptions.

    Parameters
    ----------
    folder : path-like or None
        Holds ``.npz`` files of ``load_gzsl_npz``, or one folder per data set with the
        files of ``load_xlsa17``. None leaves only the digits.
    wanted : collection of str, default=None
        Names of data sets; None is all.
    """
    folder = Path(folder) if folder else None
    tasks = [*digits(), *segments(), *(found_in(folder) if folder else ())]
    return [task for task in tasks if not wanted or task.set in wanted]


def digits():
    for first in range(10):
        pair = first, (first + 1) % 10
        yield Task("digits", "{}+{}".format(*pair), partial(load_digits_gzsl, pair))


def segments():
    """Digits described as a person would write them: seven segments, and loops."""
    for pair in [*((first, (first + 1) % 10) for first in range(10)), (3, 8)]:
        yield Task("segments", "{}+{}".format(*pair), partial(load_segments, pair))


def load_segments(pair):
    data = load_digits_gzsl(pair)
    written = data.attributes.filter(like="segment_")
    data.attributes = written.assign(closed_loops=data.attributes["closed_loops"])
    return data


def found_in(folder):
    for path in sorted(folder.glob("*.npz")):
        for choice in range(n_choices(path)):
            load = partial(load_gzsl_npz, path.resolve(), unseen_set=choice)
            yield Task(path.stem, str(choice), load)
    for path in sorted(folder.glob("*/att_splits.mat")):
        name = path.parent.name
        yield Task(name, "PS", partial(load_xlsa17, folder.resolve(), name))


def n_choices(path):
    with np.load(path) as file:
        return len(file["unseen_sets"]) if "unseen_sets" in file else 0
