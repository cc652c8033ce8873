"""Features and descriptions as points of one space, compared by their cosine."""

from numbers import Real

import numpy as np
from torch import nn

from zsl_estimators.base import BaseZeroShotClassifier
from zsl_estimators.gaussian import class_means
from zsl_estimators.linear import DEFAULT_ALPHA, RidgeInputs, RidgePath
from zsl_estimators.onnx_export import CosineScores, UnitRows, doubles, map_module
from zsl_estimators.parameters import Interval, StrOptions
from zsl_estimators.scaling import ROUNDING, AttributeScaler, Unscaled
from zsl_estimators.sparse_rows import CenteredRows, as_dense


def refuse_other_order(features, names):
    """Refuse columns of descriptions in another order than those of features.

    Parameters
    ----------
    features : list of str
        Columns of `X`.
    names : list of str
        Columns of the class table; names of other types as text.

    Raises
    ------
    ValueError
        The message says how to sort them.
    """
    if features != names and sorted(features) == sorted(names):
        raise ValueError(
            "X and attributes have the same columns in another order, and points of "
            "one space are compared column by column. Give attributes[list(X.columns)]."
        )


class JointSpaceClassifier(BaseZeroShotClassifier):
    """Base of classifiers by the cosine of features and descriptions.

    Subclasses implement `_candidates` and `_become`, and may add to the cosines.
    """

    _parameter_constraints = {
        **BaseZeroShotClassifier._parameter_constraints,
        "space": [StrOptions({"shared", "mapped"})],
        "centering": [StrOptions({"auto"}), "boolean"],
        "logit_scale": [Interval(Real, 0, None, closed="neither")],
    }
    _takes_several_descriptions = True

    def __init__(
        self,
        attributes=None,
        *,
        classes=None,
        space="shared",
        centering="auto",
        logit_scale=100.0,
        seen_penalty="auto",
        n_jobs=None,
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
        self.space = space
        self.centering = centering
        self.logit_scale = logit_scale

    # -- for subclasses -----------------------------------------------------------

    def _candidates(self):
        """List what the folds choose from."""
        raise NotImplementedError

    def _default_candidate(self):
        """What is taken where there are no folds."""
        return self._candidates()[0]

    def _become(self, problem, candidates):
        """Become one of the candidates after the other, and yield it."""
        raise NotImplementedError

    # -- fit ----------------------------------------------------------------------

    def _new_scalers(self, random_state):
        return Unscaled(), Unscaled()

    def _fit_candidates(self, problem, random_state):
        candidates = self._candidates()
        return self._become(problem, candidates) if len(candidates) > 1 else None

    def _fit(self, problem, choice, random_state):
        chosen = choice.candidate(self._default_candidate())
        for _ in self._become(problem, [chosen]):
            pass

    def _centerings(self):
        """Whether to centre: what the folds choose from."""
        if self._is_mapped:
            return [True]
        return [False, True] if self.centering == "auto" else [bool(self.centering)]

    @property
    def _is_mapped(self):
        """Whether descriptions are mapped to features."""
        return self.space == "mapped" or are_one_hot(self._table.matrix)

    def _check_space(self, problem):
        if self._is_mapped and not problem.n_seen:
            raise ValueError(
                "y is None, and one-hot rows of attributes share no space with the "
                "features. Give embeddings of the classes, or labels in y."
            )
        n_features, n_attributes = self.n_features_in_, self._table.matrix.shape[1]
        if not self._is_mapped and n_features != n_attributes:
            raise ValueError(
                f"X has {n_features} features and attributes has {n_attributes} "
                "columns, so that they cannot be compared as points of one space. Make "
                "both with the encoders of one model, such as those of CLIP for images "
                'and texts; or give space="mapped", which learns from y what maps '
                "descriptions to features; or take another estimator, such as "
                "RidgeSemanticClassifier."
            )
        features, names = getattr(self, "feature_names_in_", None), self._table.names
        if not self._is_mapped and features is not None and names is not None:
            refuse_other_order(list(features), list(map(str, names)))

    def _set_space(self, problem, means, centering):
        """Fix how features and descriptions become points that are compared."""
        self._check_space(problem)
        rows = problem.S_seen if problem.n_seen else problem.S
        self.centering_ = centering
        self.feature_mean_ = centering * means.mean(axis=0)
        self.description_mean_ = centering * rows.mean(axis=0)
        self.coef_ = map_to_features(rows, means) if self._is_mapped else None
        self._unit_descriptions = self._new_unit_descriptions()

    def _add_classes(self, positions):
        self._unit_descriptions = self._new_unit_descriptions()

    # -- prediction ---------------------------------------------------------------

    def _unit_features(self, Z):
        return unit_deviations(Z, self.feature_mean_)

    def _new_unit_descriptions(self):
        rows = self._scaled_attributes()
        if self.coef_ is None:
            return unit_deviations(rows, self.description_mean_)
        return unit_deviations((rows - self.description_mean_) @ self.coef_)

    def _scoring_module(self):
        classes = doubles(self._unit_descriptions)
        return nn.Sequential(
            self._unit_module(), CosineScores(classes, self.logit_scale)
        )

    def _unit_module(self):
        """Make a torch module of :meth:`_unit_features`."""
        mean = self.feature_mean_
        shortest = ROUNDING * np.linalg.norm(mean)
        return nn.Sequential(map_module(np.ones(len(mean)), mean), UnitRows(shortest))

    def _score_classes(self, Z):
        cosines = self._unit_features(Z) @ self._unit_descriptions.T
        cosines *= self.logit_scale
        return cosines

    def _attribute_terms(self, Z, positions):
        rows = self._scaled_attributes()[positions] - self.description_mean_
        weights = self._unit_features(Z)
        if self.coef_ is not None:
            lengths = np.linalg.norm(rows @ self.coef_, axis=1, keepdims=True)
            weights = weights @ self.coef_.T
        else:
            # There is a term for every feature.
            weights = as_dense(weights)
            lengths = np.linalg.norm(rows, axis=1, keepdims=True)
        return self.logit_scale * rows * weights / np.where(lengths > 0, lengths, 1.0)


def unit_deviations(rows, center=0.0):
    """Subtract a row from others, and scale these to length 1.

    Parameters
    ----------
    rows : ndarray or CenteredRows of shape (n_rows, n_columns)
        In any unit.
    center : ndarray of shape (n_columns,) or float, default=0.0
        What is subtracted.

    Returns
    -------
    rows : ndarray or CenteredRows of shape (n_rows, n_columns)
        Of length 1, or zero where nothing but rounding is left.
    """
    shortest = ROUNDING * np.linalg.norm(center)
    if isinstance(rows, CenteredRows):
        return rows.minus(center).unit_rows(shortest)
    deviations = rows - center
    lengths = np.linalg.norm(deviations, axis=1, keepdims=True)
    lengths[lengths <= shortest] = np.inf
    deviations /= lengths
    return deviations


def are_one_hot(rows):
    """Whether every row has one 1 and else zeros, which says nothing of a class."""
    return bool(np.isin(rows, (0, 1)).all() and (rows.sum(axis=1) == 1).all())


def mean_features(problem):
    """Mean features of the seen classes; without labels, of all rows as one class.

    Parameters
    ----------
    problem : Problem
        Scaled features, and classes if they are known.

    Returns
    -------
    means : ndarray of shape (n_seen or 1, n_features)
        One row per class.
    """
    if problem.n_seen:
        return class_means(problem.rows, problem.y, problem.n_seen, problem.weights)
    if problem.rows.is_sparse:
        one_class = np.zeros(len(problem.rows), dtype=int)
        return class_means(problem.rows, one_class, 1, problem.weights)
    weights = problem.weights
    total = sum(
        block.sum(axis=0) if weights is None else weights[rows] @ block
        for rows, block in problem.rows.blocks()
    )
    return total[None] / problem.n_samples


def map_to_features(rows, means):
    """Ridge map from descriptions to mean features, both less their means.

    Parameters
    ----------
    rows : ndarray of shape (n_seen, n_attributes)
        Descriptions of the seen classes.
    means : ndarray of shape (n_seen, n_features)
        Their mean features.

    Returns
    -------
    coef : ndarray of shape (n_attributes, n_features)
        Map of centred descriptions.
    """
    scaler = AttributeScaler("standard").fit(rows)
    inputs = RidgeInputs.of_rows(scaler.transform(rows))
    path = RidgePath(inputs, means - means.mean(axis=0))
    return scaler.factor_[:, None] * path.coefficients(DEFAULT_ALPHA)
