"""ZeroShotTextClassifier: texts in, labels out, also labels without any example."""

from collections.abc import Mapping
from os import PathLike

import numpy as np
import pandas as pd
from sklearn.base import clone
from sklearn.utils.validation import check_is_fitted

from zsl_estimators.calibration._around import AroundZeroShotClassifier
from zsl_estimators.docstrings import fill_docstring
from zsl_estimators.labels import as_labels, is_in
from zsl_estimators.nested import fit_weighted
from zsl_estimators.parameters import HasMethods, check_parameters
from zsl_estimators.sample_weights import weighted_rows
from zsl_estimators.semantic import (
    NearestDescriptionClassifier,
    RidgeSemanticClassifier,
)
from zsl_estimators.text import class_descriptions_from_text, text_encoder


@fill_docstring
class ZeroShotTextClassifier(AroundZeroShotClassifier):
    """Zero-shot classifier of texts, with classes described by their names.

    A sentence encoder maps texts to features, and names of classes, or sentences about
    them, to class descriptions in the same space. An estimator of this package is
    fitted to these.

    Parameters
    ----------
    class_names : sequence of str, or dict or Series, default=None
        Names of all classes, which are the labels; underscores and hyphens are read as
        spaces. Or labels with what is to be embedded for each: a sentence, or several,
        whose embeddings are averaged. None: the labels in `y` are the names, and no
        class is unseen.
    model : str, path-like or object, default="all-MiniLM-L6-v2"
        Name or folder of a sentence-transformers model, or any object with a method
        ``encode`` that takes a list of n texts and returns an array of shape
        (n, n_dimensions). A name is loaded in every :meth:`fit`, and downloaded at the
        first.
    templates : sequence of str, default=("{}",)
        Templates in which the texts of a class replace the braces before they are
        embedded; embeddings are averaged.
    estimator : estimator, default=None
        A zero-shot classifier of this package without `attributes`. None is
        :class:`RidgeSemanticClassifier`, and without labels
        :class:`NearestDescriptionClassifier`. Its parameters can be searched as
        ``estimator__<name>``.

    Attributes
    ----------
    estimator_ : estimator
        Fitted on embeddings.
    class_attributes_ : DataFrame of shape (n_classes, n_dimensions)
        Embeddings of the classes.
    classes_ : ndarray of shape (n_classes,)
        All class labels, seen and unseen, sorted.
    seen_classes_ : ndarray of shape (n_seen,)
        Labels that occurred in `y`.
    unseen_classes_ : ndarray of shape (n_unseen,)
        The other labels.
    temperature_ : float
        Divisor of the scores in probabilities, that of the estimator inside.
    n_features_in_ : int
        Number of dimensions of an embedding.

    See Also
    --------
    zsl_estimators.text.class_descriptions_from_text : The class table alone.

    Examples
    --------
    Any object that encodes will do; here one that counts letters.

    >>> import numpy as np
    >>> from zsl_estimators import ZeroShotTextClassifier
    >>> class LetterCounts:
    ...     def encode(self, texts):
    ...         return np.array([[t.count(c) for c in "aeiou"] for t in texts], float)
    >>> names = ["banana", "date", "kiwi", "orange", "plum"]
    >>> clf = ZeroShotTextClassifier(names, model=LetterCounts())
    >>> texts = ["a banana", "two bananas", "kiwi", "an orange", "dates"]
    >>> clf = clf.fit(texts, ["banana", "banana", "kiwi", "orange", "date"])
    >>> clf.unseen_classes_.tolist()
    ['plum']
    """

    _parameter_constraints = {
        "class_names": ["array-like", dict, None],
        "model": [str, PathLike, HasMethods(["encode"])],
        "templates": ["array-like"],
        "estimator": [HasMethods(["fit", "decision_function"]), None],
    }

    def __init__(
        self,
        class_names=None,
        *,
        model="all-MiniLM-L6-v2",
        templates=("{}",),
        estimator=None,
    ):
        self.class_names = class_names
        self.model = model
        self.templates = templates
        self.estimator = estimator

    def fit(self, X, y=None, sample_weight=None):
        """Encode texts and class names, and fit the estimator.

        Parameters
        ----------
        X : array-like of str of shape (n_samples,)
            Texts.
        y : array-like of shape (n_samples,) or None, default=None
            Labels. None if there are no labels: then the class with the nearest name is
            predicted.
        %(sample_weight_around)s

        Returns
        -------
        self : object
            The fitted estimator.

        Raises
        ------
        ImportError
            If a model is named and sentence-transformers is not installed.
        ValueError
            If a text is empty, or a label of `y` has no name.
        TypeError
            If `X` or the names are not texts, or the estimator takes no weights.
        """
        check_parameters(self)
        texts, y, weights = weighted_rows(as_texts(X), y, sample_weight)
        names = self.class_names
        if names is None:
            if y is None:
                raise ValueError(
                    "class_names and y are both None, so that the classes are "
                    "unknown. Name them."
                )
            names = np.unique(as_labels(y, "y")).tolist()
        if y is not None:
            _check_named(y, names)
        encode = text_encoder(self.model)
        table = class_descriptions_from_text(names, encode, templates=self.templates)
        estimator = self._new_estimator(y).set_params(attributes=table)
        self.estimator_ = fit_weighted(estimator, encode(texts), y, weights)
        self.class_attributes_, self._encode = table, encode
        return self

    def add_classes(self, class_names=None, *, X=None, y=None):
        """Add new, unseen classes, or labelled texts of unseen classes.

        Parameters
        ----------
        class_names : sequence of str, or dict or Series, default=None
            See the parameter of the class. None adds no class, only texts.
        X : array-like of str of shape (n_samples,), default=None
            A few texts of the new classes, or of others in `unseen_classes_`.
        y : array-like of shape (n_samples,), default=None
            Labels of these texts.

        Returns
        -------
        self : object
            The fitted estimator.

        Raises
        ------
        ValueError
            If a class exists already, or a text belongs to a seen or an unknown class.
        """
        check_is_fitted(self)
        table, encode = None, self._encoder()
        if class_names is not None:
            table = class_descriptions_from_text(
                class_names, encode, templates=self.templates
            )
        embedded = None if X is None else encode(as_texts(X))
        super().add_classes(table, X=embedded, y=y)
        if table is not None:
            self.class_attributes_ = pd.concat([self.class_attributes_, table])
        return self

    def remove_classes(self, labels):
        """Remove classes from the predictions.

        Parameters
        ----------
        labels : array-like of shape (n_labels,)
            Labels in `classes_`.

        Returns
        -------
        self : object
            The fitted estimator.

        Raises
        ------
        ValueError
            If a label is unknown, or no class would be left.
        """
        super().remove_classes(labels)
        described = self.class_attributes_
        self.class_attributes_ = described[described.index.isin(self.classes_)]
        return self

    def _state(self):
        # A model that has a name is loaded again where it is wanted.
        state = super()._state()
        has_name = isinstance(self.model, str | PathLike)
        return {**state, "_encode": None} if has_name and "_encode" in state else state

    def __sklearn_is_fitted__(self):
        return hasattr(self, "estimator_")

    def __sklearn_tags__(self):
        tags = super(AroundZeroShotClassifier, self).__sklearn_tags__()
        tags.input_tags.string = True
        tags.input_tags.one_d_array = True
        tags.input_tags.two_d_array = False
        tags.target_tags.required = self.class_names is None
        return tags

    def _new_estimator(self, y):
        if self.estimator is not None:
            return clone(self.estimator)
        if y is None:
            return NearestDescriptionClassifier()
        return RidgeSemanticClassifier(random_state=0)

    def _features_inside(self, X):
        return self._encoder()(as_texts(X))

    def _encoder(self):
        if self._encode is None:
            self._encode = text_encoder(self.model)
        return self._encode


def as_texts(X):
    """Texts as a list; anything else is refused.

    Parameters
    ----------
    X : array-like of shape (n_samples,)
        Texts.

    Returns
    -------
    texts : list of str
        None of them empty.

    Raises
    ------
    TypeError
        If there is something else, such as None; the message says where.
    ValueError
        If a text is empty, or there is none.
    """
    if isinstance(X, str):
        raise TypeError(f"X is one text, {X[:40]!r}. Give a list of texts.")
    texts = list(X) if not isinstance(X, pd.DataFrame) else None
    if texts is None or getattr(X, "ndim", 1) != 1:
        raise TypeError(
            "X is a table. Give one column of it, an array of texts of shape "
            "(n_samples,)."
        )
    wrong = [row for row, text in enumerate(texts) if not isinstance(text, str)]
    if wrong:
        raise TypeError(
            f"X must hold texts, got {texts[wrong[0]]!r} at position {wrong[0]}, and "
            f"{len(wrong)} such values in all. Drop these rows, or fill them in."
        )
    empty = [row for row, text in enumerate(texts) if not text.strip()]
    if empty:
        raise ValueError(
            f"X holds an empty text at position {empty[0]}, and {len(empty)} empty "
            "texts in all. Drop these rows."
        )
    if not texts:
        raise ValueError("X holds no text. Give at least one.")
    return [str(text) for text in texts]


def _check_named(y, class_names):
    """Refuse labels of samples that are not among the classes."""
    is_mapping = isinstance(class_names, Mapping | pd.Series)
    labels = as_labels(class_names.keys() if is_mapping else class_names, "class_names")
    y = as_labels(y, "y")
    unknown = np.unique(y[~is_in(y, labels)])
    if len(unknown):
        raise ValueError(
            f"y holds {unknown[:8].tolist()}, which class_names does not name: its "
            f"labels are {labels[:8].tolist()}. A Series or dict maps the labels that "
            "occur in y to texts; where names are the labels, give a list of them."
        )
