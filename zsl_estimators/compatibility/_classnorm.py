"""ClassNormClassifier: prototypes from a network normalised over the classes."""

from numbers import Integral, Real

import numpy as np
import torch
from torch import nn

from zsl_estimators.base import BaseZeroShotClassifier
from zsl_estimators.compatibility._base import (
    network_scores,
    ranking_arguments,
    unit_scalers,
)
from zsl_estimators.compatibility._ridge import RidgeCompatibilityClassifier
from zsl_estimators.docstrings import fill_docstring
from zsl_estimators.nn.compatibility import ClassNormNetwork
from zsl_estimators.onnx_export import Affine, CosineScores, doubles
from zsl_estimators.parameters import Interval, StrOptions
from zsl_estimators.scaling import (
    ATTRIBUTE_SCALING,
    SCALINGS_OF_NETWORKS,
    BalancedScaler,
)
from zsl_estimators.training import ArrayData, TorchTrainingMixin, float32

FEATURE_SCALINGS = ("standard", "none")


@fill_docstring
class ClassNormClassifier(TorchTrainingMixin, BaseZeroShotClassifier):
    """Zero-shot classifier by class normalization (CN-ZSL).

    A network maps every class description to a prototype in the space of the features;
    the score is the cosine of the two. Its hidden units have mean 0 and variance 1 over
    the classes.

    Parameters
    ----------
    %(attributes)s
    hidden : int, default=1024
        Width of both hidden layers, as in the paper. With 256 a fit takes a quarter of
        the time, and depends more on the initial weights.
    scale : float, default=25.0
        Factor of the cosine.
    feature_scaling : {"auto", "standard", "none"}, default="auto"
        Scaling of the features before their cosine is taken. "standard": mean 0 and
        variance 1. "none": unscaled, as in the paper; it suits non-negative or
        normalised features, and depends on their units. "auto" trains a network with
        each and chooses the better one on held-out seen classes, "standard" if there
        are none.
    attribute_scaling : {"auto", "whitened", "standard", "minmax", "rms", "unit", \
"none"}, default="auto"
        Scaling of the descriptions, fitted on the seen classes, before every row is
        brought to one length; see :class:`RidgeCompatibilityClassifier`. "auto" chooses
        the one of "standard" and "unit" with which that estimator is better on held-out
        seen classes, and "standard" where there are none.
    max_epochs : int, default=50
        Largest number of passes over the data.
    lr : float, default=3e-4
        Initial learning rate of AdamW; it decreases to 0 as a cosine.
    weight_decay : float, default=1e-4
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
    %(torch_fitted)s
    feature_scaling_ : str
        The scaling of the features in use.
    %(unit_fitted)s
    %(fitted)s

    See Also
    --------
    ExemplarClassifier : Prototypes that are linear in the description.

    Notes
    -----
    Hidden units are divided by their standard deviation; the notebook of the authors
    divides by the variance. Prototypes may be negative; there they pass through ReLU.

    References
    ----------
    .. [1] Skorokhodov, Elhoseiny: Class normalization for (continual)? generalized
       zero-shot learning, ICLR 2021.

    Examples
    --------
    >>> from zsl_estimators import ClassNormClassifier
    >>> from zsl_estimators.datasets import make_gzsl
    >>> data = make_gzsl(random_state=0)
    >>> clf = ClassNormClassifier(data.attributes, max_epochs=2, random_state=0)
    >>> clf.fit(data.X_train, data.y_train).unseen_classes_
    array([ 0,  4,  5, 13])
    """

    _parameter_constraints = {
        **BaseZeroShotClassifier._parameter_constraints,
        **TorchTrainingMixin._torch_constraints,
        "attribute_scaling": ATTRIBUTE_SCALING,
        "weight_decay": [Interval(Real, 0, None, closed="left")],
        "hidden": [Interval(Integral, 1, None, closed="left")],
        "scale": [Interval(Real, 0, None, closed="neither")],
        "feature_scaling": [StrOptions({"auto", *FEATURE_SCALINGS})],
    }

    def __init__(
        self,
        attributes=None,
        *,
        classes=None,
        hidden=1024,
        scale=25.0,
        feature_scaling="auto",
        attribute_scaling="auto",
        max_epochs=50,
        lr=3e-4,
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
            seen_penalty=seen_penalty,
            n_jobs=n_jobs,
            random_state=random_state,
            verbose=verbose,
        )
        self.hidden = hidden
        self.scale = scale
        self.feature_scaling = feature_scaling
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

    def _new_inits(self):
        return [
            RidgeCompatibilityClassifier(attribute_scaling=scaling)
            for scaling in SCALINGS_OF_NETWORKS
        ]

    def _new_scalers(self, random_state):
        # The network takes the lengths of samples away by itself. Descriptions with a
        # mean square of 1 suit its initial weights.
        length = np.sqrt(self._table.matrix.shape[1])
        _, attribute_scaler = unit_scalers(self.attribute_scaling_, length)
        return BalancedScaler(), attribute_scaler

    @property
    def _settings(self):
        given = self.feature_scaling
        scalings = FEATURE_SCALINGS if given == "auto" else (given,)
        return [("feature_scaling", scaling) for scaling in scalings]

    def _net_arguments(self, problem):
        arguments = {
            "n_features": problem.rows.n_scaled,
            "hidden": self.hidden,
            "scale": self.scale,
        }
        if self.feature_scaling_ == "none":
            unscaling = np.stack(
                [self.feature_scaler_.mean_, self.feature_scaler_.scale_]
            )
            # A cosine does not know the unit, and single precision not every number.
            unscaling = float32(unscaling / np.abs(unscaling).max())
            arguments["unscaling"] = tuple(torch.from_numpy(unscaling))
        return ranking_arguments(
            problem, ClassNormNetwork, arguments, "softmax", 1.0, self
        )

    def _training_data(self, problem):
        return ArrayData({"x": problem.rows.single()}, problem.y)

    def _scoring_module(self):
        module = self._module_for_prediction().cpu()
        prototypes = module.prototypes(doubles(self._scaled_attributes())).detach()
        cosines = CosineScores(prototypes, self.scale)
        if module.offset is None:
            return cosines
        unscaled = Affine(torch.zeros(1), module.factor, module.offset)
        return nn.Sequential(unscaled, cosines)

    def _score_classes(self, Z):
        with self._inference() as module:
            return network_scores(module, Z, self._scaled_attributes())
