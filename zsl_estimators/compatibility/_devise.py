"""DeViSEClassifier: deep visual-semantic embedding."""

from zsl_estimators.compatibility._bilinear import BilinearClassifier
from zsl_estimators.docstrings import fill_docstring


@fill_docstring
class DeViSEClassifier(BilinearClassifier):
    """Zero-shot classifier by a visual-semantic embedding (DeViSE).

    A bilinear score of a sample and a class description is trained with a hinge loss
    that sums, over the other seen classes, what their scores lack to be a margin
    below that of the right class.

    Parameters
    ----------
    %(attributes)s
    margin : float, default=1.0
        By how much the score of the right class should exceed the others.
    %(linear_start)s
    %(attribute_scaling)s
    max_epochs : int, default=20
        Largest number of passes over the data.
    lr : float, default=1e-2
        Learning rate of Adam at the start; it falls to 0 as a cosine.
    weight_decay : float, default=1e-4
        Weight decay of AdamW.
    %(torch_training)s
    %(seen_penalty)s
    %(device)s
    %(random_state)s

    Attributes
    ----------
    shadow_ : object or None
        The ridge regression that the matrix starts from.
    %(torch_fitted)s
    %(semantic_fitted)s
    %(fitted)s

    See Also
    --------
    ALEClassifier : Weights violations by rank, or uses cross-entropy.
    SJEClassifier : Takes the largest violation.

    References
    ----------
    .. [1] Frome et al.: DeViSE: A deep visual-semantic embedding model, NIPS 2013.

    Examples
    --------
    >>> from zsl_estimators import DeViSEClassifier
    >>> from zsl_estimators.datasets import make_gzsl
    >>> data = make_gzsl(random_state=0)
    >>> clf = DeViSEClassifier(attributes=data.attributes, random_state=0)
    >>> clf.fit(data.X_train, data.y_train).unseen_classes_
    array([ 0,  4,  5, 13])
    """

    loss = "sum"
