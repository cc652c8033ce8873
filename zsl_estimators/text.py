"""Class descriptions from text, where all that is known of a class is its name."""

from collections.abc import Mapping, Sequence
from os import PathLike
from typing import Protocol

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.sparse import issparse

from zsl_estimators.labels import as_labels

__all__ = ["class_descriptions_from_text"]


class Encoder(Protocol):
    """What embeds texts."""

    def encode(self, texts: list[str]) -> ArrayLike:
        """One row per text."""


def class_descriptions_from_text(
    names_or_sentences: Sequence[str] | Mapping | pd.Series,
    model: str | PathLike[str] | Encoder,
    *,
    templates: Sequence[str] = ("{}",),
    unit_length: bool = True,
) -> pd.DataFrame:
    """Describe classes by embeddings of their names, or of sentences about them.

    Features by the same model, such as embeddings of utterances for intents, share a
    space with these descriptions, which the estimators use.

    Parameters
    ----------
    names_or_sentences : sequence of str, or dict or Series
        Class names, which are the labels as well; underscores and hyphens are read as
        spaces. Or labels with what is to be embedded for each: a sentence, or several,
        whose embeddings are averaged.
    model : str, path-like or object
        Name or folder of a sentence-transformers model, or any object with a method
        ``encode`` that takes a list of n texts and returns an array of shape
        (n, n_dimensions).
    templates : sequence of str, default=("{}",)
        Every text is put into each of these where the braces are, such as
        ``"a photo of a {}."``; the embeddings are averaged.
    unit_length : bool, default=True
        Scale each description to length 1.

    Returns
    -------
    attributes : DataFrame of shape (n_classes, n_dimensions)
        One row per class, indexed by label, for the parameter `attributes`.

    Raises
    ------
    ImportError
        If a model is named and sentence-transformers is not installed.
    ValueError
        If a label occurs twice or is no single text or number, a class has no text or
        one that is embedded as zero, or a template lacks its braces.
    TypeError
        If names or sentences are not texts, or `model` is not a model.

    References
    ----------
    Reimers, Gurevych: Sentence-BERT, EMNLP 2019. Radford et al.: Learning transferable
    visual models from natural language supervision, ICML 2021 (templates).

    Examples
    --------
    Any object that encodes will do; here one that counts letters.

    >>> import numpy as np
    >>> from zsl_estimators.text import class_descriptions_from_text
    >>> class LetterCounts:
    ...     def encode(self, texts):
    ...         return np.array([[t.count(c) for c in "aeiou"] for t in texts], float)
    >>> names = ["card_arrival", "exchange_rate"]
    >>> class_descriptions_from_text(names, LetterCounts(), unit_length=False)
                   text 0  text 1  text 2  text 3  text 4
    card_arrival      3.0     0.0     1.0     0.0     0.0
    exchange_rate     2.0     3.0     0.0     0.0     0.0
    """
    texts = _texts_by_label(names_or_sentences).explode()
    _check_templates(templates)
    filled = [template.replace("{}", text) for text in texts for template in templates]
    embedded = text_encoder(model)(filled)
    labels = texts.index.repeat(len(templates))
    table = pd.DataFrame(embedded, index=labels).groupby(level=0, sort=False).mean()
    return (_to_unit_length(table) if unit_length else table).add_prefix("text ")


def _texts_by_label(given):
    """Lists of texts, as a Series indexed by label."""
    if isinstance(given, str):
        raise TypeError(
            f"names_or_sentences is one text, {given!r}. Give a list of class names, "
            "or a dict from labels to sentences."
        )
    if isinstance(given, pd.DataFrame) or hasattr(given, "columns"):
        raise TypeError(
            "names_or_sentences is a DataFrame. Give one of its columns, a Series "
            "whose index holds the labels."
        )
    if isinstance(given, Mapping | pd.Series):
        labels, values = zip(*given.items(), strict=True) if len(given) else ((), ())
    else:
        labels = list(given)
        values = [_readable(name) for name in labels]
    if not len(labels):
        raise ValueError("names_or_sentences is empty. Give a name or text per class.")
    index = pd.Index(as_labels(labels, "names_or_sentences"))
    if index.has_duplicates:
        twice = index[index.duplicated()].unique().tolist()
        raise ValueError(f"every class needs one entry, {twice} have several.")
    texts = [
        _as_texts(label, value) for label, value in zip(index, values, strict=True)
    ]
    return pd.Series(texts, index)


def _as_matrix(embedded, n_texts):
    """Embeddings as float64, also sparse ones and tensors of any kind."""
    if issparse(embedded):
        embedded = embedded.toarray()
    if hasattr(embedded, "detach"):
        # Not every type of torch has one in numpy.
        embedded = embedded.detach().cpu().double()
    matrix = np.asarray(embedded, dtype=np.float64)
    if matrix.ndim != 2 or len(matrix) != n_texts:
        raise ValueError(
            f"model.encode must return one row per text, {n_texts} here, got shape "
            f"{matrix.shape}."
        )
    if not np.isfinite(matrix).all():
        raise ValueError("model.encode returned NaN or infinity.")
    return matrix


def _to_unit_length(table):
    lengths = np.linalg.norm(table, axis=1)
    if not lengths.all():
        raise ValueError(
            f"the texts of {table.index[lengths == 0].tolist()} are embedded as zero, "
            "which has no direction. Give other texts, or unit_length=False."
        )
    return table.div(lengths, axis=0)


def _readable(name):
    if not isinstance(name, str):
        raise TypeError(
            f"class names are text, got {name!r}. For other labels give a dict from "
            'labels to sentences, such as {3: "digit three"}.'
        )
    return name.replace("_", " ").replace("-", " ")


def _as_texts(label, value):
    texts = list(value) if isinstance(value, list | tuple | np.ndarray) else [value]
    if not texts or not all(isinstance(t, str) and t.strip() for t in texts):
        raise ValueError(
            f"class {label!r} needs a sentence, or several that are not empty, got "
            f"{value!r}."
        )
    return texts


def _check_templates(templates):
    if isinstance(templates, str):
        raise TypeError(f"templates is a sequence of texts, got text: {templates!r}.")
    if not templates or not all("{}" in template for template in templates):
        raise ValueError(
            'every template needs {} where the text goes, as in "a photo of a {}.", '
            f"got {templates!r}."
        )


def text_encoder(model):
    """What turns a list of texts into a matrix.

    Parameters
    ----------
    model : str, path-like or object
        See :func:`class_descriptions_from_text`.

    Returns
    -------
    encode : TextEncoder
        Called with a list of texts.
    """
    if isinstance(model, str | PathLike):
        return TextEncoder(_load(model))
    if not hasattr(model, "encode"):
        raise TypeError(
            "model is the name or folder of a sentence-transformers model, or has a "
            f"method encode, got {model!r}."
        )
    return TextEncoder(model)


class TextEncoder:
    """Embeds texts with a model, and checks what it returns.

    Parameters
    ----------
    model : object
        Has ``encode``.
    """

    def __init__(self, model):
        self.model = model

    def __call__(self, texts):
        return _as_matrix(self.model.encode(texts), len(texts))

    def encode(self, texts):
        """Embed a list of texts, float64 of shape (n_texts, n_dimensions)."""
        return self(texts)


def _load(name):
    try:
        from sentence_transformers import SentenceTransformer
    except ImportError as error:
        raise ImportError(
            "loading a model by name needs sentence-transformers. Install it with "
            "pip install -c constraints.txt '.[text]' in the checkout, or give an "
            "object with a method encode."
        ) from error
    return SentenceTransformer(str(name))
