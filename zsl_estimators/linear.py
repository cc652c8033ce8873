"""Linear maps between features and descriptions, chosen on held-out classes."""

from numbers import Real

import numpy as np

# Divide and conquer, faster here than the default of scipy.
from numpy.linalg import eigh

from zsl_estimators.parameters import Interval, StrOptions

ALPHAS = tuple(10.0**power for power in range(-4, 4))
DEFAULT_ALPHA = 0.01


class RidgePath:
    """Ridge maps ``X -> Y`` for any penalty from one eigendecomposition.

    Solves ``min ||Y - X W||^2 / n + alpha ||W - W0||^2`` without intercept.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features)
        Inputs.
    Y : ndarray of shape (n_samples, n_targets)
        Targets.
    origin : ndarray of shape (n_features, n_targets) or None, default=None
        The map `W0` that a large penalty leads to; None is zero.
    """

    def __init__(self, X, Y, origin=None):
        X = np.asarray(X, dtype=np.float64)
        self.n_samples = len(X)
        self.origin = np.zeros((X.shape[1], Y.shape[1])) if origin is None else origin
        gram = X.T @ X / len(X)
        self.eigenvalues, self.vectors = eigh(gram)
        self.projected = self.vectors.T @ (X.T @ Y / len(X) - gram @ self.origin)

    def coefficients(self, alpha):
        """Solve for one penalty.

        Parameters
        ----------
        alpha : float
            Penalty per sample; not negative.

        Returns
        -------
        coefficients : ndarray of shape (n_features, n_targets)
            Predict with ``X @ coefficients``.
        """
        # Rounding can push the eigenvalues of a singular matrix below zero.
        shrunk = np.maximum(self.eigenvalues, 0) + max(alpha, 1e-12)
        return self.origin + self.vectors @ (self.projected / shrunk[:, None])


class SylvesterPath:
    """Solutions of ``A W + weight W B = C`` for any weight from two decompositions.

    Parameters
    ----------
    A : ndarray of shape (n_rows, n_rows)
        Symmetric, no negative eigenvalues.
    B : ndarray of shape (n_columns, n_columns)
        Symmetric, no negative eigenvalues.
    C : ndarray of shape (n_rows, n_columns)
        Right side.
    """

    def __init__(self, A, B, C):
        self.left, self.left_vectors = eigh(A)
        self.right, self.right_vectors = eigh(B)
        self.rotated = self.left_vectors.T @ C @ self.right_vectors

    def solve(self, weight):
        """Solve for one weight, not negative; the shortest solution of several."""
        sums = np.maximum(self.left, 0)[:, None] + weight * np.maximum(self.right, 0)
        smallest = np.finfo(float).eps * max(sums.shape) * sums.max()
        # Where both sides are singular, the right side holds rounding errors only.
        inverse = np.where(sums > smallest, 1 / np.where(sums > 0, sums, 1.0), 0.0)
        return self.left_vectors @ (self.rotated * inverse) @ self.right_vectors.T


class SolutionPathMixin:
    """Decompose once, then choose among cheap candidates on held-out classes.

    Stands left of a zero-shot base class. Subclasses implement `_candidates`,
    `_decompose` and `_take`.
    """

    def _candidates(self):
        """What to choose from."""
        raise NotImplementedError

    def _default_candidate(self):
        """What to take when there is nothing to choose on."""
        candidates = self._candidates()
        return candidates[len(candidates) // 2]

    def _decompose(self, X, y_index):
        """Do what all candidates have in common."""
        raise NotImplementedError

    def _take(self, path, candidate):
        """Become the model of one candidate, given the result of `_decompose`."""
        raise NotImplementedError

    def _fit(self, X, y_index, candidate, random_state):
        path = self._decompose(X, y_index)
        self._take(path, candidate or self._default_candidate())

    def _fit_path(self, X, y_index, report, random_state):
        path = self._decompose(X, y_index)
        for candidate in self._candidates():
            self._take(path, candidate)
            report(candidate)

    def _chooses_on_held_out_classes(self):
        return len(self._candidates()) > 1


class RidgeChoiceMixin:
    """Fit one ridge map; choose its penalty and origin on held-out classes.

    Stands left of a zero-shot base class. Subclasses implement `_ridge_problem` and
    `_identity_map`, and score with `coef_`.
    """

    _ridge_constraints = {
        "alpha": [StrOptions({"auto"}), Interval(Real, 0, None, closed="left")],
        "shrink_to": [StrOptions({"auto", "zero", "identity"})],
    }

    def _ridge_problem(self, X, y_index):
        """Inputs and targets of the ridge regression, centred."""
        raise NotImplementedError

    def _identity_map(self):
        """The identity between inputs and targets, where they share a space."""
        raise NotImplementedError

    def _fit(self, X, y_index, candidate, random_state):
        self.shrink_to_, self.alpha_ = candidate or self._default_candidate()
        problem = self._ridge_problem(X, y_index)
        path = RidgePath(*problem, self._origin(self.shrink_to_))
        self.coef_ = path.coefficients(self.alpha_)

    def _fit_path(self, X, y_index, report, random_state):
        problem = self._ridge_problem(X, y_index)
        for shrink_to in self._origins():
            path = RidgePath(*problem, self._origin(shrink_to))
            for alpha in ALPHAS if self.alpha == "auto" else (self.alpha,):
                self.coef_ = path.coefficients(alpha)
                report((shrink_to, alpha))

    def _chooses_on_held_out_classes(self):
        return self.alpha == "auto" or len(self._origins()) > 1

    def _default_candidate(self):
        alpha = DEFAULT_ALPHA if self.alpha == "auto" else self.alpha
        return self._origins()[0], alpha

    def _origin(self, shrink_to):
        return self._identity_map() if shrink_to == "identity" else None

    def _origins(self):
        one_space = self.n_features_in_ == self.class_attributes_.shape[1]
        if self.shrink_to == "identity" and not one_space:
            raise ValueError(
                'shrink_to="identity" needs as many features as attributes, got '
                f"{self.n_features_in_} and {self.class_attributes_.shape[1]}. Use "
                'shrink_to="auto".'
            )
        if self.shrink_to == "auto":
            return ("zero", "identity") if one_space else ("zero",)
        return (self.shrink_to,)


class RidgeShadowMixin:
    """Fit a ridge classifier first, for a network to start from.

    Stands left of a zero-shot base class with `linear_shadow`, `alpha`, `shrink_to`
    and `attribute_scaling`. The folds take over what the shadow has chosen.
    """

    _shadow_constraints = {
        **RidgeChoiceMixin._ridge_constraints,
        "linear_shadow": ["boolean"],
    }
    # Class of the shadow, with a RidgeChoiceMixin.
    _shadow_class = None

    def _prepare(self, X, y_index, random_state):
        super()._prepare(X, y_index, random_state)
        if self._goes_on():
            return
        self.shadow_ = None
        if self.linear_shadow:
            self.shadow_ = self._new_shadow(random_state).fit(X, y_index)

    def _new_shadow(self, random_state):
        return self._shadow_class(
            self.class_attributes_,
            classes=np.arange(len(self.classes_)),
            alpha=self.alpha,
            shrink_to=self.shrink_to,
            attribute_scaling=self.attribute_scaling,
            seen_penalty=0.0,
            random_state=random_state,
        )

    def _fold_parameters(self):
        parameters = super()._fold_parameters()
        if self.shadow_ is not None:
            parameters["alpha"] = self.shadow_.alpha_
            parameters["shrink_to"] = self.shadow_.shrink_to_
        return parameters
