"""DeViSEClassifier: deep visual-semantic embedding."""

from zsl_estimators.compatibility._bilinear import BilinearClassifier
from zsl_estimators.docstrings import fill_docstring


@fill_docstring
class DeViSEClassifier(BilinearClassifier):
    """Zero-shot classifier by a visual-semantic embedding (DeViSE).

    A bilinear score of a sample and a class description is trained with a hinge loss:
    the sum, over the other seen classes, of the violations of a margin between their
    scores and that of the right class.

    Parameters
    ----------
    %(attributes)s
    margin : float, default=1.0
        Margin between the scores of the right class and of the others.
    %(bilinear_training)s
    %(early_stopping)s
    %(patience_10)s
    %(torch_training)s
    %(seen_penalty)s
    %(n_jobs)s
    %(device)s
    %(random_state)s

    Attributes
    ----------
    %(bilinear_fitted)s
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
