"""Files of MATLAB whose errors name the file and the field."""

from abc import ABC, abstractmethod

import numpy as np
from scipy.io import loadmat


class MatlabFile(ABC):
    """A file with named fields.

    Parameters
    ----------
    path : Path
        The file.
    belongs_to : str
        What to do when it is not there.

    Attributes
    ----------
    fields : list of str
        Their names.
    """

    def __init__(self, path, belongs_to):
        self.path = path
        if not path.exists():
            raise FileNotFoundError(f"{path} does not exist. {belongs_to}")
        try:
            self.fields = self._open()
        except ImportError:
            raise
        except NotImplementedError as error:
            raise ValueError(str(error)) from error
        except Exception as error:
            raise ValueError(
                f"{path} is damaged or has another format: {error}. Get it again."
            ) from error

    @abstractmethod
    def _open(self):
        """Return the names of the fields; raise anything for a damaged file."""

    @abstractmethod
    def _read(self, field):
        """A field that is there."""

    def __contains__(self, field):
        return field in self.fields

    def __getitem__(self, field):
        self.check(field)
        return self._read(field)

    def check(self, field):
        """Refuse a field that is not there."""
        if field not in self:
            raise ValueError(f"{self.path} has no field {field}; it has {self.fields}.")

    def matrix(self, field):
        """A field of two dimensions."""
        matrix = np.asarray(self[field])
        if matrix.ndim != 2 or matrix.dtype.kind not in "biuf":
            raise ValueError(f"{self.path}: {field} must be a matrix of numbers.")
        return matrix

    def positions(self, field, n_things, length=None):
        """A field that counts things from 1, as positions from 0.

        Parameters
        ----------
        field : str
            Its name.
        n_things : int
            What it counts: rows, or classes.
        length : int or None, default=None
            Number of entries that it must have.

        Returns
        -------
        positions : ndarray of shape (n_entries,)
            Integers from 0.
        """
        numbers = np.asarray(self[field]).ravel()
        kind = numbers.dtype.kind
        if kind == "b" or (
            len(numbers) == n_things > 1 and np.isin(numbers, (0, 1)).all()
        ):
            raise ValueError(
                f"{self.path}: {field} looks like a mask of {len(numbers)} truth "
                "values; it must count from 1. Give numpy.flatnonzero(mask) + 1."
            )
        if kind not in "iuf" or not np.array_equal(numbers, np.floor(numbers)):
            raise ValueError(f"{self.path}: {field} must hold whole numbers.")
        if length is not None and len(numbers) != length:
            raise ValueError(
                f"{self.path}: {field} has {len(numbers)} entries for {length} rows."
            )
        if len(numbers) and not 1 <= numbers.min() <= numbers.max() <= n_things:
            raise ValueError(
                f"{self.path}: {field} must count from 1 to {n_things}, as Matlab "
                f"does, got numbers from {numbers.min()} to {numbers.max()}."
            )
        return numbers.astype(np.int64) - 1


class MatFile(MatlabFile):
    """A file as MATLAB writes it up to version 7.

    Parameters
    ----------
    path : Path
        The file.
    """

    def __init__(self, path):
        super().__init__(
            path,
            "Unpack xlsa17.zip and give the folder that holds one folder per data set.",
        )

    def _open(self):
        try:
            self._content = loadmat(self.path)
        except NotImplementedError as error:
            raise NotImplementedError(
                f"{self.path} has the format v7.3 of Matlab, which is not read here. "
                "Save it again with save(..., '-v7')."
            ) from error
        return sorted(name for name in self._content if name[0] != "_")

    def _read(self, field):
        return self._content[field]


class HDF5File(MatlabFile):
    """A file of MATLAB 7.3, read when it is asked for.

    Parameters
    ----------
    path : Path
        The file.
    """

    def __init__(self, path):
        super().__init__(path, "Give the folder that holds the files of ImageNet.")

    def opened(self):
        """The open file, for parts of a field."""
        return h5py().File(self.path, "r")

    def texts(self, field):
        """A cell array of texts, which is one of references to their letters."""
        self.check(field)
        with self.opened() as file:
            references = file[field][()].ravel()
            return ["".join(map(chr, file[one][()].ravel())) for one in references]

    def shape(self, field):
        """Shape of a field."""
        self.check(field)
        with self.opened() as file:
            return file[field].shape

    def _open(self):
        with self.opened() as file:
            return sorted(file)

    def _read(self, field):
        with self.opened() as file:
            return file[field][()]


def h5py():
    """Import h5py, which only files of MATLAB 7.3 need."""
    try:
        import h5py
    except ImportError as error:
        raise ImportError(
            "Files of MATLAB 7.3 are read with h5py. Install it with "
            "pip install 'zsl-estimators[datasets]'."
        ) from error
    return h5py
