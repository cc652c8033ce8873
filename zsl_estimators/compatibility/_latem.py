"""LatEmClassifier: several bilinear scores, of which the largest counts."""

from numbers import Integral

from zsl_estimators.compatibility._bilinear import BilinearClassifier
from zsl_estimators.docstrings import fill_docstring
from zsl_estimators.parameters import Interval


@fill_docstring
class LatEmClassifier(BilinearClassifier):
    """Zero-shot classifier by latent embeddings (LatEm).

    The score of a sample and a class description is the largest of several bilinear
    ones, so that it is piecewise linear. It is trained with the expected violation of
    a margin by a random other seen class.

    Parameters
    ----------
    %(attributes)s
    n_maps : int, default=4
        Number of matrices (K in the paper).
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
    DeViSEClassifier : One matrix, the same violations.

    References
    ----------
    .. [1] Xian et al.: Latent embeddings for zero-shot classification, CVPR 2016.

    Examples
    --------
    >>> from zsl_estimators import LatEmClassifier
    >>> from zsl_estimators.datasets import make_gzsl
    >>> data = make_gzsl(random_state=0)
    >>> clf = LatEmClassifier(attributes=data.attributes, random_state=0)
    >>> clf.fit(data.X_train, data.y_train).unseen_classes_
    array([ 0,  4,  5, 13])
    """

    _parameter_constraints = {
        **BilinearClassifier._parameter_constraints,
        "n_maps": [Interval(Integral, 1, None, closed="left")],
    }
    loss = "mean"

    def __init__(
        self,
        attributes=None,
        *,
        classes=None,
        n_maps=4,
        margin=1.0,
        init="auto",
        attribute_scaling="auto",
        correction_weight="auto",
        max_epochs=20,
        lr=1e-2,
        weight_decay=1e-4,
        early_stopping=True,
        patience=10,
        batch_size="auto",
        callbacks=None,
        net_params=None,
        warm_start=False,
        seen_penalty="auto",
        n_jobs=None,
        device="auto",
        random_state=None,
        verbose=0,
    ):
        super().__init__(
            attributes,
            classes=classes,
            margin=margin,
            init=init,
            attribute_scaling=attribute_scaling,
            correction_weight=correction_weight,
            max_epochs=max_epochs,
            lr=lr,
            weight_decay=weight_decay,
            early_stopping=early_stopping,
            patience=patience,
            batch_size=batch_size,
            callbacks=callbacks,
            net_params=net_params,
            warm_start=warm_start,
            seen_penalty=seen_penalty,
            n_jobs=n_jobs,
            device=device,
            random_state=random_state,
            verbose=verbose,
        )
        self.n_maps = n_maps
