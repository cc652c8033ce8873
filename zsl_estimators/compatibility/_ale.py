"""ALEClassifier: attribute label embedding."""

from zsl_estimators.compatibility._bilinear import BilinearClassifier
from zsl_estimators.docstrings import fill_docstring
from zsl_estimators.parameters import StrOptions


@fill_docstring
class ALEClassifier(BilinearClassifier):
    """Zero-shot classifier by attribute label embedding (ALE).

    A bilinear score of a sample and a class description is trained to rank the class of
    the sample first: with the weighted ranking loss of the paper, computed over all
    classes instead of a random sample of them, or with cross-entropy.

    Parameters
    ----------
    %(attributes)s
    loss : {"softmax", "warp"}, default="softmax"
        Cross-entropy over the seen classes, or violations of the margin, weighted by
        the rank of the right class as in the paper.
    margin : float, default=1.0
        Margin between the scores of the right class and of the others, with
        ``loss="warp"``.
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
    DeViSEClassifier : Sums the violations of all classes.
    SJEClassifier : Takes the largest violation.

    References
    ----------
    .. [1] Akata, Perronnin, Harchaoui, Schmid: Label-embedding for image
       classification, TPAMI 2016.

    Examples
    --------
    >>> from zsl_estimators import ALEClassifier
    >>> from zsl_estimators.datasets import make_gzsl
    >>> data = make_gzsl(random_state=0)
    >>> clf = ALEClassifier(attributes=data.attributes, random_state=0)
    >>> clf.fit(data.X_train, data.y_train).unseen_classes_
    array([ 0,  4,  5, 13])
    """

    _parameter_constraints = {
        **BilinearClassifier._parameter_constraints,
        "loss": [StrOptions({"softmax", "warp"})],
    }

    def __init__(
        self,
        attributes=None,
        *,
        classes=None,
        loss="softmax",
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
        self.loss = loss
