"""The classifier that is trained on real and synthetic features."""

import copy
import math
from functools import partial
from numbers import Real

import numpy as np
import torch
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

from zsl_estimators.docstrings import fill_docstring
from zsl_estimators.nn.softmax import (
    CrossEntropy,
    SoftmaxNetwork,
)
from zsl_estimators.onnx_export import map_module
from zsl_estimators.parameters import (
    Interval,
    StrOptions,
    check_parameters,
    has_widths,
)
from zsl_estimators.persistence import Storable
from zsl_estimators.problem import PRECISIONS
from zsl_estimators.sample_weights import weighted_mean, weighted_rows
from zsl_estimators.seeds import private_random_state
from zsl_estimators.training import (
    ArrayData,
    CosineSchedule,
    DeviceBatches,
    PredictionModule,
    Progress,
    SampledBatches,
    TorchTrainingMixin,
    ZeroShotNet,
    copied_in_precision,
    device_for_prediction,
    fit_net,
    float32,
    rows_per_batch,
    standard_callbacks,
    to_numpy,
    usual_torch_settings,
)

# Fewer and larger steps than other networks take: on held-out classes they are as good,
# in two thirds of the time.
BATCHES_PER_EPOCH = 16
# What max_epochs="auto" aims at: it is the steps that count, and epochs of large data
# have many.
USUAL_STEPS, FEWEST_EPOCHS, MOST_EPOCHS = 640, 8, 20
# Epochs of a training that starts from the weights of another one, as a share.
SHARE_OF_EPOCHS = 0.25


def check_betas(head):
    """Refuse decay rates that Adam cannot use."""
    betas = head.betas
    if len(betas) != 2 or not all(isinstance(b, Real) and 0 <= b < 1 for b in betas):
        raise ValueError(
            f"betas must be two numbers from 0 to below 1, such as (0.9, 0.999), got "
            f"{betas!r}"
        )


@fill_docstring
class SoftmaxHead(Storable, ClassifierMixin, BaseEstimator):
    """Softmax classifier with hidden layers, trained by torch.

    The built-in head of the feature-generating classifiers. Unlike other classifiers it
    can train on features that are generated batch by batch, and add classes without
    changing the scores of the others.

    Parameters
    ----------
    hidden : sequence of int, default=(256,)
        Widths of the hidden layers. ``()`` is linear, as in the papers.
    max_epochs : "auto" or int, default="auto"
        Passes over the samples. "auto" is 20 up to some 8,000 samples, and less for
        more of them, to have about 640 steps of 256 samples, but no less than 8.
    lr : float, default=3e-3
        Initial learning rate of Adam.
    lr_schedule : {"cosine", "constant"}, default="cosine"
        Whether the learning rate decreases to 0 as a cosine, or is constant.
    betas : tuple of two floats, default=(0.9, 0.999)
        Decay rates of the averages that Adam keeps, from 0 to below 1.
    batch_size : "auto" or int, default="auto"
        Samples per step. "auto" aims at 16 batches per epoch and takes 32 to 256
        samples.
    weight_decay : float, default=1e-3
        Half the weight of the squared coefficients, as in Adam.
    device : str, default="auto"
        Device of torch: "auto" (CUDA, then MPS, then CPU), "cpu", "cuda", "cuda:1",
        "mps".
    %(random_state)s

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        Labels; sorted after :meth:`fit`, later ones in the order they were added.
    module_ : torch.nn.Module
        The trained network, on the CPU.
    n_features_in_ : int
        Number of features.
    feature_names_in_ : ndarray of shape (n_features,)
        Names of the features, when `X` was a DataFrame with string columns.

    See Also
    --------
    FGANClassifier : Uses it as default ``head``.
    sklearn.linear_model.LogisticRegression : The same model, solved to the end.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from zsl_estimators import SoftmaxHead
    >>> X, y = load_iris(return_X_y=True)
    >>> bool(SoftmaxHead(random_state=0).fit(X, y).score(X, y) > 0.9)
    True
    """

    _parameter_constraints = {
        "hidden": ["array-like"],
        **TorchTrainingMixin._net_constraints,
        "max_epochs": [
            StrOptions({"auto"}),
            *TorchTrainingMixin._net_constraints["max_epochs"],
        ],
        "lr_schedule": [StrOptions({"cosine", "constant"})],
        "betas": [tuple, list],
        "weight_decay": [Interval(Real, 0, None, closed="left")],
        "random_state": ["random_state"],
        "verbose": [Interval(Real, 0, None, closed="left"), "boolean"],
    }
    _parameter_checks = (has_widths("hidden", at_least=0), check_betas)

    def __init__(
        self,
        *,
        hidden=(256,),
        max_epochs="auto",
        lr=3e-3,
        lr_schedule="cosine",
        betas=(0.9, 0.999),
        batch_size="auto",
        weight_decay=1e-3,
        device="auto",
        random_state=None,
        verbose=0,
    ):
        self.hidden = hidden
        self.max_epochs = max_epochs
        self.lr = lr
        self.lr_schedule = lr_schedule
        self.betas = betas
        self.batch_size = batch_size
        self.weight_decay = weight_decay
        self.device = device
        self.random_state = random_state
        self.verbose = verbose

    def fit(self, X, y, sample_weight=None):
        """Fit the classifier.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Features, scaled to about unit variance.
        y : array-like of shape (n_samples,)
            Labels.
        %(sample_weight)s

        Returns
        -------
        self : object
            The fitted classifier.
        """
        return self._fit_rows(X, y, sample_weight)

    def fit_further(self, X, y, start, sample_weight=None):
        """Fit the classifier, from the weights of another one for about the same rows.

        It takes a quarter of the epochs; for instance to compare several weight decays.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Features.
        y : array-like of shape (n_samples,)
            Labels.
        start : SoftmaxHead
            Fitted, with the same hidden layers and for the same classes.
        sample_weight : array-like of shape (n_samples,) or None, default=None
            As in :meth:`fit`.

        Returns
        -------
        self : object
            The fitted classifier.
        """
        return self._fit_rows(X, y, sample_weight, start)

    def fit_stream(self, features, classes, start=None):
        """Fit on features that are generated batch by batch.

        Parameters
        ----------
        features : StreamedFeatures
            Real and synthetic features; labels are positions in `classes`.
        classes : ndarray of shape (n_classes,)
            Labels.
        start : SoftmaxHead or None, default=None
            See :meth:`fit_further`.

        Returns
        -------
        self : object
            The fitted classifier.
        """
        check_parameters(self)
        self.classes_, self.n_features_in_ = classes, features.n_features
        self._origin = np.zeros(features.n_features)
        return self._train(features, SampledBatches, start)

    def extend(self, X, y, sample_weight, new_classes):
        """Add classes; the scores of the old ones do not change.

        Parameters
        ----------
        X : ndarray of shape (n_samples, n_features)
            Features of old and new classes.
        y : ndarray of shape (n_samples,)
            Positions in the old classes followed by the new ones.
        sample_weight : ndarray of shape (n_samples,)
            Weights, such as those of old classes of which there are only a few samples.
        new_classes : ndarray of shape (n_new,)
            Labels.

        Returns
        -------
        self : object
            The classifier with more classes.
        """
        self.classes_ = np.concatenate([self.classes_, new_classes])
        with usual_torch_settings():
            self.module_ = self.module_.extended(
                torch.tensor(float32(X - self._origin)),
                torch.tensor(y),
                torch.tensor(float32(sample_weight)),
                len(self.classes_),
                self.weight_decay,
            )
        return self

    def decision_function(self, X):
        """Score every class.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Features.

        Returns
        -------
        scores : ndarray of shape (n_samples, n_classes) or (n_samples,)
            Logits. With two classes, that of the second minus that of the first.
        """
        logits = self.logits(X)
        return logits[:, 1] - logits[:, 0] if logits.shape[1] == 2 else logits

    def logits(self, X):
        """Score every class.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Features.

        Returns
        -------
        logits : ndarray of shape (n_samples, n_classes)
            Float64, one column per class for two classes too.
        """
        check_is_fitted(self)
        X = validate_data(self, X, dtype=PRECISIONS, reset=False)
        # In double precision a score does not depend on the other rows.
        with usual_torch_settings(), torch.inference_mode():
            device = device_for_prediction(self._trained_on)
            module = self._kept_module.of(self.module_, single=False, device=device)
            return to_numpy(module(torch.as_tensor(X - self._origin).to(device)))

    def _scoring_module(self):
        """The network behind :meth:`logits` as a module in double precision."""
        network = copied_in_precision(self.module_, single=False)
        shift = map_module(np.ones(self.n_features_in_), self._origin)
        return torch.nn.Sequential(shift, network)

    def predict_proba(self, X):
        """Estimate class probabilities.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Features.

        Returns
        -------
        probabilities : ndarray of shape (n_samples, n_classes)
            Rows sum to 1.
        """
        return torch.softmax(torch.as_tensor(self.logits(X)), dim=1).numpy()

    def predict(self, X):
        """Predict labels.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Features.

        Returns
        -------
        y : ndarray of shape (n_samples,)
            Labels.
        """
        columns = self.logits(X).argmax(axis=1)
        return self.classes_[columns]

    def _fit_rows(self, X, y, sample_weight, start=None):
        check_parameters(self)
        X, y = validate_data(self, X, y, dtype=PRECISIONS)
        check_classification_targets(y)
        X, y, weights = weighted_rows(X, y, sample_weight)
        origin = weighted_mean(X, weights)
        self._origin = origin if start is None else start._origin
        self.classes_, y_index = np.unique(y, return_inverse=True)
        features = ArrayData({"x": float32(X - self._origin)}, y_index, weights)
        return self._train(features, DeviceBatches, start)

    def _module_settings(self, start):
        """Arguments of the net: a new module, or a copy of the one of `start`."""
        if start is not None:
            return {"module": copy.deepcopy(start.module_)}
        widths = (self.n_features_in_, *self.hidden, len(self.classes_))
        return {"module": SoftmaxNetwork, "module__widths": widths}

    def _n_epochs(self, n_batches, start):
        """How often to pass over samples of so many batches."""
        n_epochs = self.max_epochs
        if n_epochs == "auto":
            wanted = round(USUAL_STEPS / n_batches)
            n_epochs = min(max(wanted, FEWEST_EPOCHS), MOST_EPOCHS)
        return n_epochs if start is None else max(round(n_epochs * SHARE_OF_EPOCHS), 1)

    def _train(self, features, batches, start):
        """Train a net, from the weights of `start` if there is one; keep its module."""
        n_rows = len(features)
        batch_size = rows_per_batch(self.batch_size, n_rows, BATCHES_PER_EPOCH)
        n_epochs = self._n_epochs(math.ceil(n_rows / batch_size), start)
        new_net = partial(
            ZeroShotNet,
            criterion=CrossEntropy,
            optimizer=partial(torch.optim.Adam, fused=True),
            optimizer__weight_decay=self.weight_decay,
            optimizer__betas=tuple(self.betas),
            lr=self.lr,
            batch_size=batch_size,
            max_epochs=n_epochs,
            iterator_train=batches,
            verbose=int(self.verbose >= 2),
            callbacks=[
                *standard_callbacks(),
                *([Progress("softmax head")] if self.verbose == 1 else []),
                *([CosineSchedule(n_epochs)] if self.lr_schedule == "cosine" else []),
            ],
            **self._module_settings(start),
        )
        net = fit_net(
            new_net,
            features,
            device=self.device,
            random_state=private_random_state(self.random_state),
            n_epochs=n_epochs,
        )
        # What is pickled is on the CPU, for machines without the device.
        self._trained_on, self.module_ = str(net.device), net.module_.to("cpu")
        self._kept_module = PredictionModule()
        return self
