"""Class descriptions from text, where all that is known of a class is its name."""

from os import PathLike

import numpy as np
import pandas as pd

__all__ = ["class_descriptions_from_text"]


def class_descriptions_from_text(
    names_or_sentences, model, *, templates=("{}",), unit_length=True
):
    """Describe classes by embeddings of their names, or of sentences about them.

    Features of the same model, such as embeddings of utterances whose intent is asked
    for, share a space with these descriptions, and the estimators make use of it.

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
        If a label occurs twice, a class has no text, or a template lacks its braces.
    TypeError
        If something else than text is to be embedded, or by something that cannot.

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
    embedded = np.asarray(_encoder(model)(filled), dtype=float)
    labels = texts.index.repeat(len(templates))
    table = pd.DataFrame(embedded, index=labels).groupby(level=0, sort=False).mean()
    if unit_length:
        table = table.div(np.linalg.norm(table, axis=1), axis=0)
    return table.add_prefix("text ")


def _texts_by_label(given):
    """Lists of texts, as a Series indexed by label."""
    if isinstance(given, str):
        raise TypeError(
            f"names_or_sentences is one text, {given!r}. Give a list of class names, "
            "or a dict from labels to sentences."
        )
    if isinstance(given, dict | pd.Series):
        texts = pd.Series(given, dtype=object)
    else:
        names = list(given)
        texts = pd.Series([_readable(name) for name in names], names, dtype=object)
    if texts.index.has_duplicates:
        twice = texts.index[texts.index.duplicated()].unique().tolist()
        raise ValueError(f"every class needs one entry, {twice} have several.")
    return pd.Series(
        [_as_texts(label, value) for label, value in texts.items()], texts.index
    )


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


def _encoder(model):
    """What turns a list of texts into an array."""
    if isinstance(model, str | PathLike):
        return _load(model).encode
    if not hasattr(model, "encode"):
        raise TypeError(
            "model is the name or folder of a sentence-transformers model, or has a "
            f"method encode, got {model!r}."
        )
    return model.encode


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
