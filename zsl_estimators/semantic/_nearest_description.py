"""NearestDescriptionClassifier: the description with the largest cosine."""

from zsl_estimators.docstrings import fill_docstring
from zsl_estimators.semantic._joint_space import JointSpaceClassifier, mean_features


@fill_docstring
class NearestDescriptionClassifier(JointSpaceClassifier):
    """Zero-shot classifier by the nearest class description.

    For features and descriptions that one model has embedded in one space, such as
    those of images and of sentences about classes by CLIP [1]_: the class whose
    description has the largest cosine with the features of a sample is predicted.
    In a shared space nothing is trained, and labels of some classes are used for the
    seen penalty and for `centering` only. Without labels leave out `y`.

    Parameters
    ----------
    %(several_attributes)s
    %(joint_space)s
    %(seen_penalty)s
    %(n_jobs)s
    %(random_state)s

    Attributes
    ----------
    %(joint_space_fitted)s
    %(fitted)s

    See Also
    --------
    TipAdapterClassifier : Also compares samples with those of the seen classes.
    RidgeSemanticClassifier : Learns a map, from the identity with
        ``shrink_to="identity"``.
    zsl_estimators.text.class_descriptions_from_text : Makes descriptions from text.

    Notes
    -----
    Centring subtracts means from rows as they are given. Where the lengths of rows
    mean nothing, scale them to 1 first, for instance with
    :class:`sklearn.preprocessing.Normalizer` in a pipeline.

    References
    ----------
    .. [1] Radford et al.: Learning transferable visual models from natural language
       supervision, ICML 2021.
    .. [2] Liang et al.: Mind the gap: understanding the modality gap in multi-modal
       contrastive representation learning, NeurIPS 2022.

    Examples
    --------
    >>> import pandas as pd
    >>> from zsl_estimators import NearestDescriptionClassifier
    >>> texts = pd.DataFrame(
    ...     [[0.9, 0.1], [0.8, 0.0], [0.1, 0.7]], index=["cat", "cat", "dog"]
    ... )
    >>> images = [[2.0, 0.5], [0.3, 1.1]]
    >>> clf = NearestDescriptionClassifier(texts).fit(images)
    >>> clf.predict(images)
    array(['cat', 'dog'], dtype='<U3')
    """

    _takes_sparse = True

    def fit(self, X, y=None, sample_weight=None, **unsupported):
        """Fit the penalty and the centring, if there are labels.

        Without labels every class is unseen: `seen_classes_` is empty and the penalty
        has no effect. Then only the number of features of `X` is used and, with
        ``centering=True``, their mean; the rows should be like those to predict, or
        these themselves.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            Features.
        y : array-like of shape (n_samples,) or None, default=None
            Labels; every one needs a row in `attributes`. They are needed if
            descriptions have to be mapped to features, see `space`.
        %(sample_weight)s
        %(end_of_fit)s
        """
        return super().fit(X, y, sample_weight, **unsupported)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        mapped = self.attributes is None or self.space == "mapped"
        tags.target_tags.required = mapped
        return tags

    def _candidates(self):
        return self._centerings()

    def _become(self, problem, candidates):
        means = mean_features(problem)
        for centering in candidates:
            self._set_space(problem, means, centering)
            yield centering
