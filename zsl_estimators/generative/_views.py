"""What the head of a classifier sees besides features."""

import torch

from zsl_estimators.generative._decision import WEIGHT_DECAYS
from zsl_estimators.training import float32

VIEWS = ("V", "V+S", "V+C", "V+C+S")


class ViewsMixin:
    """Show a head features (V), semantics (S) and representations (C).

    Stands left of :class:`FeatureGeneratingClassifier`. The module generates features
    and, where there is a ``representation_``, representations beside them; it has a
    ``decoder`` of descriptions.
    """

    def _views(self):
        """What the folds choose from, the plainest first."""
        if self.view != "auto":
            return [self.view]
        return [v for v in VIEWS if self.contrastive is not None or "C" not in v]

    def _ways_to_decide(self):
        """Triples: the third entry is the view of a head."""
        first, *others = self._views()
        ways = super()._ways_to_decide()
        heads = [(*way, first) for way in ways if way[0] == "head"]
        if heads:
            decay = WEIGHT_DECAYS[1] if self._builds_head else None
            heads += [("head", decay, view) for view in others]
        return heads + [way for way in ways if way[0] != "head"]

    def _fit_decision(self, X, y_index, way, random_state):
        way = way or self._ways_to_decide()[0]
        self.view_ = way[2] if way[0] == "head" else "V"
        if "S" in self.view_:
            self._fit_semantic_scaling(X)
        super()._fit_decision(X, y_index, way[:2], random_state)

    def _fit_semantic_scaling(self, X):
        x = torch.tensor(self.feature_scaler_.transform(X))
        self._semantic_scaling = torch.zeros(1), torch.ones(1)
        semantic = self._semantic_view(x)
        self._semantic_scaling = semantic.mean(dim=0), semantic.std(dim=0) + 1e-3

    def _semantic_view(self, x):
        decoder = self._module_for_prediction().decoder.to(x)
        with torch.no_grad():
            semantic = decoder.semantic_view(x)
        mean, spread = (part.to(x) for part in self._semantic_scaling)
        return (semantic - mean) / spread

    def _head_rows(self, X):
        # In double precision, so that a row does not depend on those beside it.
        rows = torch.tensor(self.feature_scaler_.transform(X))
        if "C" in self.view_:
            r = torch.tensor(self.representation_.transform(X))
            rows = torch.cat([rows, r.to(rows)], dim=1)
        return float32(self._to_head(rows).numpy())

    def _to_head(self, generated):
        parts = [self._features_of(generated)]
        if "S" in self.view_:
            parts.append(self._semantic_view(parts[0]))
        if "C" in self.view_:
            parts.append(generated[:, self.n_features_in_ :])
        return torch.cat(parts, dim=1)

    def _features_of(self, generated):
        return generated[:, : self.n_features_in_]
