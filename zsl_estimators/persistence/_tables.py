"""Tables of pandas as arrays and names."""

import numpy as np
import pandas as pd

from zsl_estimators.persistence._state import Stored, register, restored, stored


class StoredColumn(Stored):
    """Values of one dimension, of a type of numpy or of pandas.

    Parameters
    ----------
    values : Series, Index or extension array
        The values.
    """

    def __init__(self, values):
        self.dtype = None
        if isinstance(values.dtype, np.dtype):
            self.values = stored_array(values.to_numpy())
        elif isinstance(values.dtype, pd.CategoricalDtype):
            categorical = pd.Categorical(values)
            self.dtype = "category"
            self.values = np.asarray(categorical.codes)
            self.categories = StoredIndex(categorical.categories)
            self.ordered = categorical.ordered
        else:
            self.dtype = str(values.dtype)
            self.values = values.to_numpy(dtype=object, na_value=None)

    def restored(self):
        if self.dtype is None:
            return restored(self.values)
        if self.dtype == "category":
            categories = self.categories.restored()
            return pd.Categorical.from_codes(self.values, categories, self.ordered)
        return pd.array(self.values, dtype=self.dtype)


class StoredObjects(Stored):
    """An array of objects, each of which is stored once.

    Parameters
    ----------
    array : ndarray of shape (n,)
        May hold an object many times.
    """

    def __init__(self, array):
        different = {id(value): value for value in array}
        numbers = {key: number for number, key in enumerate(different)}
        self.objects = [stored(value) for value in different.values()]
        self.numbers = np.array([numbers[id(value)] for value in array], dtype=int)

    def restored(self):
        objects = np.empty(len(self.objects), dtype=object)
        objects[:] = restored(self.objects)
        return objects[self.numbers]


def stored_array(array):
    """What an array of shape (n,) is stored as."""
    return StoredObjects(array) if array.dtype.hasobject else array


class StoredIndex(Stored):
    """An index of pandas.

    Parameters
    ----------
    index : Index
        May have several levels.
    """

    def __init__(self, index):
        self.names = list(index.names)
        self.has_levels = isinstance(index, pd.MultiIndex)
        self.range = None
        self.columns = []
        if isinstance(index, pd.RangeIndex):
            self.range = [index.start, index.stop, index.step]
        else:
            levels = range(index.nlevels) if self.has_levels else ()
            parts = [index.get_level_values(n) for n in levels] or [index]
            self.columns = [StoredColumn(part) for part in parts]

    def restored(self):
        if self.range is not None:
            return pd.RangeIndex(*self.range, name=self.names[0])
        columns = [column.restored() for column in self.columns]
        if self.has_levels:
            return pd.MultiIndex.from_arrays(columns, names=self.names)
        # Of objects pandas would guess what they are.
        dtype = getattr(columns[0], "dtype", None)
        return pd.Index(columns[0], dtype=dtype, name=self.names[0])


class StoredSeries(Stored):
    """A series of pandas.

    Parameters
    ----------
    series : Series
        The series.
    """

    def __init__(self, series):
        self.values = StoredColumn(series)
        self.index = StoredIndex(series.index)
        self.name = series.name

    def restored(self):
        values = self.values.restored()
        index = self.index.restored()
        return pd.Series(values, index, dtype=values.dtype, name=self.name)


class StoredFrame(Stored):
    """A data frame of pandas: one array where all columns have one type of numpy.

    Parameters
    ----------
    frame : DataFrame
        The frame.
    """

    def __init__(self, frame):
        self.index = StoredIndex(frame.index)
        self.columns = StoredIndex(frame.columns)
        types = set(frame.dtypes)
        is_one_array = len(types) == 1 and next(iter(types)) in (np.float32, np.float64)
        self.matrix = frame.to_numpy() if is_one_array else None
        numbers = () if is_one_array else range(frame.shape[1])
        self.parts = [StoredColumn(frame.iloc[:, number]) for number in numbers]

    def restored(self):
        index, columns = self.index.restored(), self.columns.restored()
        if self.matrix is not None:
            return pd.DataFrame(self.matrix, index, columns)
        parts = [part.restored() for part in self.parts]
        # Numbered first: names may be repeated.
        series = [pd.Series(part, index, dtype=part.dtype) for part in parts]
        frame = pd.DataFrame(dict(enumerate(series)), index)
        return frame.set_axis(columns, axis=1)


register(pd.DataFrame, StoredFrame)
register(pd.Series, StoredSeries)
register(pd.Index, StoredIndex)
