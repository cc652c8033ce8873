"""SJEClassifier: structured joint embedding."""

from zsl_estimators.compatibility._bilinear import BilinearClassifier
from zsl_estimators.docstrings import fill_docstring


@fill_docstring
class SJEClassifier(BilinearClassifier):
    """Zero-shot classifier by a structured joint embedding (SJE).

    A bilinear score of a sample and a class description is trained with a hinge loss
    on the seen class that violates the margin most.

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
    DeViSEClassifier : Sums the violations of all classes.

    References
    ----------
    .. [1] Akata, Reed, Walter, Lee, Schiele: Evaluation of output embeddings for
       fine-grained image classification, CVPR 2015.

    Examples
    --------
    >>> from zsl_estimators import SJEClassifier
    >>> from zsl_estimators.datasets import make_gzsl
    >>> data = make_gzsl(random_state=0)
    >>> clf = SJEClassifier(attributes=data.attributes, random_state=0)
    >>> clf.fit(data.X_train, data.y_train).unseen_classes_
    array([ 0,  4,  5, 13])
    """

    loss = "max"
