"""Synthesise features of unseen classes, then train an ordinary classifier."""

from abc import abstractmethod
from contextlib import contextmanager
from numbers import Integral

import numpy as np
import torch

from zsl_estimators.base import BaseZeroShotClassifier
from zsl_estimators.exemplar import (
    ExemplarShadowMixin,
    FeatureScaler,
)
from zsl_estimators.generative._decision import DecisionMixin
from zsl_estimators.generative._head import SoftmaxHead
from zsl_estimators.parameters import HasMethods, Interval, StrOptions
from zsl_estimators.scaling import SCALINGS
from zsl_estimators.seeds import LARGEST_SEED
from zsl_estimators.training import (
    StandInMixin,
    TorchTrainingMixin,
    row_slices,
    scoped_seed,
    to_numpy,
)

FEWEST_SYNTHETIC, MOST_SYNTHETIC = 20, 500


class FeatureGeneratingClassifier(
    DecisionMixin, ExemplarShadowMixin, StandInMixin, BaseZeroShotClassifier
):
    """Base of classifiers that generate features and train a head on them.

    Subclasses implement `_net_arguments`: a module with a ``noise_dim`` and a method
    ``synthesise(noise, attributes, centers)``, which turns rows of standard normal
    noise, scaled descriptions and scaled means of the shadow into scaled features.

    The folds judge a generator by the distance to the mean of what it generates,
    which takes milliseconds; the head is trained when the generator has been chosen,
    and then the folds tell whether to decide by the head at all.
    """

    _parameter_constraints = {
        **BaseZeroShotClassifier._parameter_constraints,
        **TorchTrainingMixin._torch_constraints,
        **ExemplarShadowMixin._shadow_constraints,
        "linear_shadow": ["boolean"],
        "feature_scaling": [StrOptions(set(FeatureScaler.SCALINGS))],
        "attribute_scaling": [StrOptions(set(SCALINGS))],
        "decision": [StrOptions({"auto", "head", "gaussian"})],
        "head": [HasMethods(["fit", "predict"]), None],
        "n_synthetic": [
            StrOptions({"auto"}),
            Interval(Integral, 1, None, closed="left"),
        ],
        "synthesis": [StrOptions({"once", "stream"})],
    }

    @abstractmethod
    def __init__(
        self,
        attributes=None,
        *,
        classes,
        linear_shadow,
        alpha,
        shrink_to,
        shrinkage,
        feature_scaling,
        attribute_scaling,
        decision,
        n_synthetic,
        synthesis,
        head,
        max_epochs,
        early_stopping,
        batch_size,
        lr,
        callbacks,
        net_params,
        warm_start,
        seen_penalty,
        device,
        random_state,
        verbose,
    ):
        super().__init__(
            attributes,
            classes=classes,
            seen_penalty=seen_penalty,
            random_state=random_state,
            verbose=verbose,
        )
        self.linear_shadow = linear_shadow
        self.alpha = alpha
        self.shrink_to = shrink_to
        self.shrinkage = shrinkage
        self.feature_scaling = feature_scaling
        self.attribute_scaling = attribute_scaling
        self.decision = decision
        self.n_synthetic = n_synthetic
        self.synthesis = synthesis
        self.head = head
        self.max_epochs = max_epochs
        self.early_stopping = early_stopping
        self.batch_size = batch_size
        self.lr = lr
        self.callbacks = callbacks
        self.net_params = net_params
        self.warm_start = warm_start
        self.device = device

    @abstractmethod
    def _net_arguments(self, X, y_index):
        """Keyword arguments of the net: module, criterion, optimizer, their own."""

    # -- for users --------------------------------------------------------------

    def add_classes(self, attributes, classes=None):
        """Let the fitted model predict new, unseen classes.

        The generator is not trained further. A head learns the new classes from
        synthetic features of old and new classes. The built-in head leaves the scores
        of the old classes as they are, and so do the other decisions; another
        classifier is fitted again, on synthetic features of seen classes too, for the
        training data is not kept.

        Parameters
        ----------
        attributes : DataFrame or array-like of shape (n_new, n_attributes)
            Descriptions of the new classes, with the attributes of the old ones.
        classes : array-like of shape (n_new,), default=None
            Their labels when `attributes` is an array. None continues integer
            labels.

        Returns
        -------
        self : object
            The fitted estimator.

        Raises
        ------
        ValueError
            If a class exists already or the attributes do not match.
        """
        return super().add_classes(attributes, classes)

    # -- fit --------------------------------------------------------------------

    def _prepare(self, X, y_index, random_state):
        self._check_combinations()
        self.decision_ = self._ways_to_decide()[0][0]
        self.held_out_decisions_ = None
        super()._prepare(X, y_index, random_state)
        self._n_synthetic = self._synthetic_rows_per_class(y_index)

    def _check_shadow_is_whitened(self):
        if self.linear_shadow and self.feature_scaling != "whitened":
            raise ValueError(
                "linear_shadow=True needs features whose covariance within a class is "
                'the identity. Use feature_scaling="whitened", or linear_shadow=False.'
            )

    def _synthetic_rows_per_class(self, y_index):
        if self.n_synthetic != "auto":
            return self.n_synthetic
        counts = np.bincount(y_index)
        usual = int(np.median(counts[counts > 0]))
        return min(max(usual, FEWEST_SYNTHETIC), MOST_SYNTHETIC)

    # -- synthesis --------------------------------------------------------------

    def _generate(self, labels, n_per_class, random_state):
        rows = np.repeat(self._class_table.rows(labels), n_per_class)
        with self._synthesiser(random_state) as synthesise:
            return to_numpy(self._features_of(synthesise(rows)))

    def _features_of(self, generated):
        """The scaled features in what the module generates, which may be more."""
        return generated

    # Multiplies the variance of the noise.
    _sampling_temperature = 1.0

    @contextmanager
    def _synthesiser(self, random_state, antithetic=False):
        """Yield a function from rows of the table to scaled features.

        They are made with torch's generators, which are seeded as long as the context
        lasts. With `antithetic`, every second row gets the opposite noise of the row
        before it, which makes means more exact.
        """
        device = torch.device(self.net_.device)
        module = self._module_for_prediction(single=True)
        attributes, centers = (part.to(device) for part in self._class_tensors())

        @torch.no_grad()
        def synthesise(rows):
            rows = torch.as_tensor(rows, device=device)
            noise = torch.randn(len(rows), module.noise_dim, device=device)
            noise *= np.sqrt(self._sampling_temperature)
            if antithetic:
                noise[1::2] = -noise[::2]
            parts = [
                module.synthesise(
                    noise[part], attributes[rows[part]], centers[rows[part]]
                )
                for part in row_slices(len(rows))
            ]
            return torch.cat(parts)

        with scoped_seed(random_state.randint(LARGEST_SEED), device):
            yield synthesise


def paper_head(batch_size, max_epochs):
    """The linear softmax of the official codes; theirs has Adam betas (0.5, 0.999)."""
    return SoftmaxHead(
        hidden=(), max_epochs=max_epochs, lr=1e-3, batch_size=batch_size, weight_decay=0
    )


def published_settings(table, columns, dataset):
    """Row of a table of published settings, as a dict."""
    if dataset not in table:
        raise ValueError(
            f"there are no published settings for {dataset!r}. Choose one of "
            f"{', '.join(table)}."
        )
    return dict(zip(columns, table[dataset], strict=True))
