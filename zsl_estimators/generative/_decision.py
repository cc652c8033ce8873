"""How a feature-generating classifier decides: by a head, or by the nearest mean."""

from contextlib import contextmanager

import numpy as np
import torch

from zsl_estimators.exemplar import class_means
from zsl_estimators.generative._head import SoftmaxHead
from zsl_estimators.generative._stream import StreamedFeatures
from zsl_estimators.nested import can_score, class_scores, seeded_clone
from zsl_estimators.seeds import private_random_state
from zsl_estimators.training import float32, to_numpy

# Pairs of opposite noise vectors behind every mean of generated features.
PAIRS_PER_MEAN = 32
# What the folds choose from for the built-in head.
WEIGHT_DECAYS = (1e-3, 1e-2, 3e-2)


class DecisionMixin:
    """Learn to decide from real features of seen and synthetic ones of unseen classes.

    A way to decide is a pair: "head", or "gaussian" for the nearest mean, which takes
    milliseconds, and for the head its weight decay.
    """

    # What decision="auto" chooses from.
    _decisions = ("head", "gaussian")
    _stand_in = ("gaussian", None)

    def _ways_to_decide(self):
        """Pairs of a decision and a weight decay of the head, the default first."""
        wanted = self._decisions if self.decision == "auto" else (self.decision,)
        if not self._builds_head:
            return [("head", None)] if "head" in wanted else [(wanted[0], None)]
        heads = [("head", decay) for decay in WEIGHT_DECAYS if "head" in wanted]
        return heads + [(name, None) for name in wanted if name != "head"]

    def _chooses_on_held_out_classes(self):
        several = len(self._ways_to_decide()) > 1
        return several or super()._chooses_on_held_out_classes()

    def _check_combinations(self):
        if self.head is not None and not can_score(self.head):
            raise ValueError(
                f"head={self.head!r} has neither predict_proba nor decision_function, "
                "so that its classes cannot be compared. Use a classifier that has one."
            )
        if self.synthesis == "stream" and not self._has_built_in_head():
            raise ValueError(
                'synthesis="stream" needs the built-in head, got '
                f'head={self.head!r}. Use synthesis="once", or head=SoftmaxHead().'
            )

    @property
    def _builds_head(self):
        """Whether the head is ours, to be tuned on the folds."""
        return self.head is None

    def _has_built_in_head(self):
        return self._builds_head or isinstance(self.head, SoftmaxHead)

    def _fit_decision(self, X, y_index, way, random_state):
        self.decision_, weight_decay = way or self._ways_to_decide()[0]
        # A former fit may have left one.
        vars(self).pop("head_", None)
        if self.decision_ == "head":
            self._fit_head(X, y_index, weight_decay, random_state)
        elif self.decision_ == "gaussian":
            self._fit_gaussian(random_state)

    def _extend_decision(self):
        """Teach the decision classes that were added to the table."""
        if self.decision_ == "likelihood":
            return
        n_old = len(self._decision_labels)
        new = self.classes_[~np.isin(self.classes_, self._decision_labels)]
        self._decision_labels = np.concatenate([self._decision_labels, new])
        random_state = private_random_state(self.random_state)
        if self.decision_ == "gaussian":
            means = self._synthetic_means(self._class_table.rows(new), random_state)
            self._means = np.concatenate([self._means, means])
        else:
            self._extend_head(n_old, random_state)

    def _decision(self, X):
        columns = self._class_table.rows(self._decision_labels)
        scores = np.empty((len(X), len(columns)))
        scores[:, columns] = self._scores_as_learned(X)
        return scores

    def _scores_as_learned(self, X):
        if self.decision_ == "gaussian":
            return self._gaussian_scores(X)
        X = self._head_rows(X)
        built_in = isinstance(self.head_, SoftmaxHead)
        return self.head_.logits(X) if built_in else class_scores(self.head_, X)

    # -- the nearest mean ---------------------------------------------------------

    def _fit_gaussian(self, random_state):
        """Observed means of seen classes, means of synthetic features of the others."""
        self._decision_labels = self.classes_
        unseen = np.flatnonzero(~self._class_table.seen)
        self._means = np.empty((len(self.classes_), self.n_features_in_))
        self._means[self._class_table.seen] = self._observed_means()
        self._means[unseen] = self._synthetic_means(unseen, random_state)

    def _synthetic_means(self, rows, random_state):
        """Means of synthetic features of classes, in the users' units."""
        repeated = np.repeat(np.arange(len(rows)), 2 * PAIRS_PER_MEAN)
        with self._synthesiser(random_state, antithetic=True) as synthesise:
            scaled = to_numpy(self._features_of(synthesise(rows[repeated])))
        synthetic = self.feature_scaler_.inverse_transform(scaled)
        return class_means(synthetic, repeated, len(rows))

    def _gaussian_scores(self, X):
        scaler = self.shadow_.feature_scaler_
        X, means = scaler.transform(X), scaler.transform(self._means)
        return -self.shadow_.gaussian_.squared_distances(X, means) / 2

    # -- the head ---------------------------------------------------------------

    def _fit_head(self, X, y_index, weight_decay, random_state):
        """Train the head on real rows of seen classes and synthetic ones of others."""
        self.head_ = self._new_head(weight_decay, random_state)
        # In the order of the head's columns; added classes come last.
        self._decision_labels = self.classes_
        unseen = np.flatnonzero(~self._class_table.seen)
        X = self._head_rows(X)
        with self._features(X, y_index, unseen, random_state) as features:
            if self.synthesis == "stream":
                self.head_.fit_stream(features, np.arange(len(self.classes_)))
            else:
                self.head_.fit(*features.all_rows())

    def _extend_head(self, n_old, random_state):
        """Train the head on synthetic rows of all classes."""
        positions = np.arange(len(self._decision_labels))
        no_rows = self._head_rows(np.empty((0, self.n_features_in_)))
        no_labels = np.empty(0, dtype=int)
        with self._features(no_rows, no_labels, positions, random_state) as features:
            if self._has_built_in_head():
                self.head_.extend(features, positions[n_old:])
            else:
                self.head_.fit(*features.all_rows())

    def _head_rows(self, X):
        """What the head gets for real rows in the users' units, float32."""
        return float32(self.feature_scaler_.transform(X))

    def _to_head(self, generated):
        """What the head gets for rows that the module generated."""
        return generated

    def _new_head(self, weight_decay, random_state):
        built_in = SoftmaxHead(device=self.device)
        head = seeded_clone(built_in if self._builds_head else self.head, random_state)
        if weight_decay is not None:
            head.set_params(weight_decay=weight_decay)
        return head

    @contextmanager
    def _features(self, X, y, synthetic, random_state):
        """Yield scaled features to train the head on.

        `y` and `synthetic` are positions in `_decision_labels`.
        """
        table_rows = torch.as_tensor(self._class_table.rows(self._decision_labels))
        with self._synthesiser(random_state) as synthesise:
            yield StreamedFeatures(
                X,
                y,
                lambda positions: self._to_head(
                    synthesise(table_rows[positions.cpu()])
                ),
                synthetic,
                self._n_synthetic,
            )
