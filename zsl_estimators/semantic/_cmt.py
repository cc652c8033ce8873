"""CMTClassifier: a small network to the attributes, and novelty detection."""

from functools import partial
from numbers import Integral, Real

import numpy as np
import torch
from sklearn.metrics.pairwise import euclidean_distances
from torch import nn

from zsl_estimators.docstrings import fill_docstring
from zsl_estimators.nested import fit_weighted, seeded_clone
from zsl_estimators.nn.blocks import row_blocks
from zsl_estimators.nn.regression import SquaredLoss, TanhRegression
from zsl_estimators.onnx_export import CannotExport, DistanceScores, doubles
from zsl_estimators.parameters import HasMethods, Interval
from zsl_estimators.scaling import (
    SCALINGS_OF_NETWORKS,
    AttributeScaler,
    BalancedScaler,
)
from zsl_estimators.semantic._base import SemanticClassifier
from zsl_estimators.semantic._ridge import RidgeSemanticClassifier
from zsl_estimators.training import (
    ArrayData,
    CosineSchedule,
    TorchTrainingMixin,
    float32,
    to_numpy,
)


@fill_docstring
class CMTClassifier(TorchTrainingMixin, SemanticClassifier):
    """Zero-shot classifier by cross-modal transfer (CMT).

    A network with one hidden layer predicts the attributes of a sample, and the class
    with the nearest description is predicted. With a novelty detector, as in CMT*,
    samples whose predicted attributes are unlike those of the training samples are
    assigned to unseen classes, the others to seen ones.

    Parameters
    ----------
    %(attributes)s
    hidden : int, default=256
        Width of the hidden layer.
    novelty_detector : outlier detector or None, default=None
        Has ``score_samples``, such as ``LocalOutlierFactor(novelty=True)`` or
        ``IsolationForest()`` of scikit-learn; its inputs are scaled predicted
        attributes. The threshold for unseen classes is the seen penalty, in the unit of
        the detector's scores; 0 is the detector's own threshold.
    %(attribute_scaling)s
    max_epochs : int, default=40
        Largest number of passes over the data.
    lr : float, default=1e-3
        Initial learning rate of AdamW; it decreases to 0 as a cosine.
    weight_decay : float, default=1e-2
        Weight decay of AdamW.
    %(early_stopping)s
    %(patience_10)s
    %(torch_training)s
    %(seen_penalty)s
    %(n_jobs)s
    %(device)s
    %(random_state)s

    Attributes
    ----------
    novelty_detector_ : outlier detector or None
        The fitted detector, if there is one.
    %(torch_fitted)s
    %(semantic_fitted)s
    %(fitted)s

    See Also
    --------
    RidgeSemanticClassifier : A linear map to the attributes.

    Notes
    -----
    Scaled descriptions get length 1, unless ``attribute_scaling="none"``. Of
    descriptions with different lengths the short ones are near to every sample, so that
    a penalty for seen classes means something else for other classes.

    References
    ----------
    .. [1] Socher, Ganjoo, Manning, Ng: Zero-shot learning through cross-modal
       transfer, NIPS 2013.

    Examples
    --------
    >>> from sklearn.neighbors import LocalOutlierFactor
    >>> from zsl_estimators import CMTClassifier
    >>> from zsl_estimators.datasets import make_gzsl
    >>> data = make_gzsl(random_state=0)
    >>> detector = LocalOutlierFactor(novelty=True)
    >>> clf = CMTClassifier(
    ...     data.attributes, novelty_detector=detector, max_epochs=2, random_state=0
    ... )
    >>> clf.fit(data.X_train, data.y_train).unseen_classes_
    array([ 0,  4,  5, 13])
    """

    _parameter_constraints = {
        **SemanticClassifier._parameter_constraints,
        **TorchTrainingMixin._torch_constraints,
        "hidden": [Interval(Integral, 1, None, closed="left")],
        "novelty_detector": [HasMethods(["fit", "score_samples"]), None],
        "weight_decay": [Interval(Real, 0, None, closed="left")],
    }

    def __init__(
        self,
        attributes=None,
        *,
        classes=None,
        hidden=256,
        novelty_detector=None,
        attribute_scaling="auto",
        max_epochs=40,
        lr=1e-3,
        weight_decay=1e-2,
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
            seen_penalty=seen_penalty,
            n_jobs=n_jobs,
            random_state=random_state,
            verbose=verbose,
        )
        self.hidden = hidden
        self.novelty_detector = novelty_detector
        self.attribute_scaling = attribute_scaling
        self.max_epochs = max_epochs
        self.lr = lr
        self.weight_decay = weight_decay
        self.early_stopping = early_stopping
        self.patience = patience
        self.batch_size = batch_size
        self.callbacks = callbacks
        self.net_params = net_params
        self.warm_start = warm_start
        self.device = device

    def add_classes(self, attributes=None, classes=None, *, X=None, y=None):
        """Let the fitted model predict new, unseen classes.

        Nothing is trained and no training data is needed. Without a novelty detector
        the scores of the old classes do not change. With one, the same samples are
        assigned to the unseen classes, and the scores of all seen classes are shifted
        by the same amount.

        %(add_classes)s
        """
        return super().add_classes(attributes, classes, X=X, y=y)

    # -- fit ----------------------------------------------------------------------

    def _new_inits(self):
        return [
            RidgeSemanticClassifier(attribute_scaling=scaling)
            for scaling in SCALINGS_OF_NETWORKS
        ]

    def _new_scalers(self, random_state):
        scaling = self.attribute_scaling_
        row_length = None if scaling == "none" else 1.0
        return BalancedScaler(), AttributeScaler(scaling, row_length=row_length)

    def _net_arguments(self, problem):
        return {
            "module": TanhRegression,
            "module__n_features": self.n_features_in_,
            "module__hidden": self.hidden,
            "module__n_attributes": problem.S.shape[1],
            "criterion": SquaredLoss,
            "optimizer": partial(torch.optim.AdamW, fused=True),
            "optimizer__weight_decay": self.weight_decay,
            "callbacks": [CosineSchedule(self.max_epochs)],
        }

    def _training_data(self, problem):
        return ArrayData({"x": problem.rows.single()}, float32(problem.targets))

    def _fit(self, problem, choice, random_state):
        super()._fit(problem, choice, random_state)
        self._fit_detector(problem, random_state)

    def _epoch_stage(self, random_state, ready=None, setting=None):
        return super()._epoch_stage(random_state, fit_detector, setting)

    def _update_decision(self, problem):
        # The detector comes last, so that callbacks see the scores without it.
        self.novelty_detector_ = None

    def _fit_detector(self, problem, random_state):
        self.novelty_detector_ = None
        if self.novelty_detector is not None:
            detector = seeded_clone(self.novelty_detector, random_state)
            blocks = [self._predict_scaled(rows) for _, rows in problem.rows.blocks()]
            self.novelty_detector_ = fit_weighted(
                detector, np.concatenate(blocks), None, problem.weights
            )

    # -- prediction ---------------------------------------------------------------

    @property
    def _score_temperature(self):
        # Distances relative to the usual length of a description.
        seen = self._scaled_attributes()[self._table.seen]
        length = (seen**2).sum(axis=1).mean()
        return 0.1 * length if length > 0 else 1.0

    def _predict_scaled(self, Z):
        with self._inference() as module:
            weight = module[0].weight
            parts = [
                to_numpy(module(torch.as_tensor(Z[rows]).to(weight)))
                for rows in row_blocks(len(Z))
            ]
        return np.concatenate(parts)

    def _scoring_module(self):
        if self.novelty_detector_ is not None and not self._table.seen.all():
            raise CannotExport(
                f"novelty_detector={self.novelty_detector_!r} decides in Python",
                "Fit it with novelty_detector=None, or store it with skops.io.dump.",
            )
        classes = doubles(self._scaled_attributes())
        module = self._module_for_prediction()
        return nn.Sequential(module, DistanceScores(classes, factor=-1.0))

    def _similarity(self, predicted, classes):
        scores = -euclidean_distances(predicted, classes, squared=True)
        seen = self._table.seen
        if self.novelty_detector_ is None or seen.all():
            return scores
        # The best seen class leads the best unseen one by how far a sample is from
        # being an outlier.
        detector = self.novelty_detector_
        normality = detector.score_samples(predicted) - getattr(detector, "offset_", 0)
        lead = scores[:, seen].max(axis=1) - scores[:, ~seen].max(axis=1)
        scores[:, seen] += (normality - lead)[:, None]
        return scores

    def _attribute_weights(self, Z, positions):
        if self.novelty_detector_ is not None:
            return None
        # Of the squared distance, but for the length of the prediction.
        classes = self._scaled_attributes()[positions]
        return 2 * self._predict_scaled(Z) - classes


def fit_detector(model, problem, random_state):
    """Fit the novelty detector of a model to what its net predicts by now."""
    model._fit_detector(problem, random_state)
