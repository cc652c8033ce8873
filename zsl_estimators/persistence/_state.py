"""From the state of an object to what skops can store, and back.

skops stores arrays, numbers, text, lists, tuples, dicts of text, and objects of classes
that the reader trusts, with what their ``__getstate__`` returns. Everything else that
estimators hold is replaced by a :class:`Stored` object, which knows how to become what
it stands for.
"""

import copyreg
from abc import ABC, abstractmethod

import numpy as np

import zsl_estimators
from zsl_estimators.exceptions import InconsistentVersionWarning, warn_user

VERSION_KEY = "_zsl_estimators_version"
# From types to functions that make a Stored object of a value.
_REGISTERED = []


class Stored(ABC):
    """Stands for a value that skops cannot store."""

    @abstractmethod
    def restored(self):
        """Make the value again."""


class Storable:
    """Base of objects whose state may hold what skops cannot store.

    pickle, :mod:`copy` and :mod:`joblib` ask for ``__reduce_ex__`` and get the state as
    it is, so that the models of folds go to other processes in the middle of a training
    and a shallow copy shares what it holds. skops asks for ``__getstate__``.
    """

    def _state(self):
        """What is to be stored, as it is."""
        return vars(self).copy()

    def __getstate__(self):
        return {
            **{name: stored(value) for name, value in self._state().items()},
            VERSION_KEY: zsl_estimators.__version__,
        }

    def __reduce_ex__(self, protocol):
        if type(self).__getstate__ is Storable.__getstate__:
            state = {**self._state(), VERSION_KEY: zsl_estimators.__version__}
        else:
            # A subclass has a say in what is pickled.
            state = self.__getstate__()
        return copyreg.__newobj__, (type(self),), state

    def __setstate__(self, state):
        state = dict(state)
        _warn_of_other_version(type(self).__name__, state.pop(VERSION_KEY, None))
        vars(self).update({name: restored(value) for name, value in state.items()})


def register(kind, store):
    """Say how values of a type, or of a subclass of it, are stored.

    Parameters
    ----------
    kind : type
        The type.
    store : callable
        Makes a :class:`Stored` object, or something plain, of a value.
    """
    _REGISTERED.append((kind, store))


def stored(value):
    """What a value is stored as.

    Parameters
    ----------
    value : object
        Any value; containers are searched.

    Returns
    -------
    value : object
        The same where nothing has to be replaced.
    """
    for kind, store in _REGISTERED:
        if isinstance(value, kind):
            return store(value)
    if type(value) is dict and not all(type(key) is str for key in value):
        return StoredPairs(value)
    return _with_replaced(value, stored)


def restored(value):
    """The value that :func:`stored` was given."""
    if isinstance(value, Stored):
        return value.restored()
    return _with_replaced(value, restored)


class StoredPairs(Stored):
    """A dict whose keys are no text."""

    def __init__(self, pairs):
        self.keys = [stored(key) for key in pairs]
        self.values = [stored(value) for value in pairs.values()]

    def restored(self):
        keys, values = restored(self.keys), restored(self.values)
        return dict(zip(keys, values, strict=True))


def _with_replaced(value, replace):
    """A container with its members replaced; the same object if none has to be."""
    if type(value) is dict:
        replaced = {key: replace(member) for key, member in value.items()}
        before, after = value.values(), replaced.values()
    elif type(value) in (list, tuple):
        replaced = type(value)(map(replace, value))
        before, after = value, replaced
    elif isinstance(value, tuple) and hasattr(value, "_fields"):
        replaced = type(value)(*map(replace, value))
        before, after = value, replaced
    elif type(value) is np.ndarray and value.dtype.hasobject and value.ndim == 1:
        replaced = np.empty_like(value)
        replaced[:] = [replace(member) for member in value]
        before, after = value, replaced
    else:
        return value
    same = all(old is new for old, new in zip(before, after, strict=True))
    return value if same else replaced


def _in_memory(array):
    """An array that is no longer mapped from a file."""
    return np.array(array)


def _warn_of_other_version(name, version):
    if version not in (None, zsl_estimators.__version__):
        warn_user(
            f"{name} was stored by zsl_estimators {version} and is loaded by "
            f"{zsl_estimators.__version__}. It may fail or predict something else. Fit "
            "it again, or load it with the version that stored it.",
            InconsistentVersionWarning,
        )


register(np.memmap, _in_memory)
