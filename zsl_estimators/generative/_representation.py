"""Features beside a representation of them, both scaled."""

import numpy as np
from sklearn.base import BaseEstimator
from torch import nn

from zsl_estimators.exemplar import ExemplarClassifier
from zsl_estimators.initial import fit_inside
from zsl_estimators.nested import fit_weighted, seeded_clone
from zsl_estimators.onnx_export import Beside, Columns, scaler_module, unscaled_module
from zsl_estimators.scaling import FeatureScaler


class RepresentationScaler(BaseEstimator):
    """Scale features, and put a scaled representation of them beside.

    Parameters
    ----------
    transformer : transformer
        Makes representations of features; it is cloned.
    scaling : str
        Of both, see :class:`FeatureScaler`.
    attributes : ndarray of shape (n_seen, n_attributes)
        Descriptions of the seen classes.
    init : ExemplarClassifier or None
        Initial estimator of the features, whose regularisation is taken over for a
        normal distribution per class of the representations.
    random_state : RandomState
        Seeds the transformer.

    Attributes
    ----------
    features_ : FeatureScaler
        Scaling of the features.
    representations_ : FeatureScaler
        Scaling of the representations.
    transformer_ : transformer
        Fitted.
    init_ : ExemplarClassifier or None
        Normal distributions of the representations.
    """

    def __init__(self, transformer, scaling, attributes, init, random_state):
        self.transformer = transformer
        self.scaling = scaling
        self.attributes = attributes
        self.init = init
        self.random_state = random_state

    def fit(self, X, y, sample_weight=None):
        """Fit the transformer, then both scalings.

        Parameters
        ----------
        X : ndarray of shape (n_samples, n_features)
            Features in the users' units.
        y : ndarray of shape (n_samples,)
            Position of each sample's class among the seen classes.
        sample_weight : ndarray of shape (n_samples,) or None, default=None
            Weights of the samples, positive.

        Returns
        -------
        self : RepresentationScaler
            Fitted.
        """
        X = X.astype(np.float64)
        transformer = seeded_clone(self.transformer, self.random_state)
        self.transformer_ = fit_weighted(transformer, X, y, sample_weight)
        made = np.asarray(self.transformer_.transform(X), dtype=np.float64)
        self.init_ = self._fit_init(made, y, sample_weight)
        self.features_ = self._new_scaler(self.init).fit(X, y, sample_weight)
        scaler = self._new_scaler(self.init_)
        self.representations_ = scaler.fit(made, y, sample_weight)
        self.n_features_, self.n_representation_ = X.shape[1], made.shape[1]
        return self

    def transform(self, X):
        """Scaled features and representations, side by side."""
        if not len(X):
            return np.empty((0, self.n_features_ + self.n_representation_))
        made = np.asarray(self.transformer_.transform(X), dtype=np.float64)
        scaled = self.features_.transform(X), self.representations_.transform(made)
        return np.hstack(scaled)

    def as_module(self):
        """Make a torch module of :meth:`transform`, in double precision."""
        made = nn.Sequential(
            scaler_module(self.transformer_), scaler_module(self.representations_)
        )
        return Beside(scaler_module(self.features_), made)

    def inverse_transform(self, scaled):
        """Features in the users' units."""
        return self.features_.inverse_transform(scaled[:, : self.n_features_])

    def inverse_module(self):
        """Make a torch module of :meth:`inverse_transform`."""
        return nn.Sequential(
            Columns(0, self.n_features_), unscaled_module(self.features_)
        )

    def centers(self, attributes):
        """Scaled base means of the representations; zero without an initial estimator.

        Parameters
        ----------
        attributes : ndarray of shape (n_classes, n_attributes)
            Descriptions in the users' units.

        Returns
        -------
        centers : ndarray of shape (n_classes, n_representation)
            In scaled units.
        """
        if self.init_ is None:
            return np.zeros((len(attributes), self.n_representation_))
        return self.representations_.transform(self.init_.predict_means(attributes))

    def _fit_init(self, made, y, weights):
        if self.init is None:
            return None
        init = ExemplarClassifier(
            self.attributes,
            alpha=self.init.alpha_,
            shrink_to="zero",
            shrinkage=self.init.shrinkage_,
            seen_penalty=0.0,
        )
        return fit_inside(init, made, y, weights)

    def _new_scaler(self, init):
        return FeatureScaler(self.scaling, None if init is None else init.gaussian_)
