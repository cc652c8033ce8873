"""ESZSLClassifierCV: ESZSL with penalties chosen on held-out classes."""

from zsl_estimators.docstrings import fill_docstring
from zsl_estimators.parameters import has_grids
from zsl_estimators.semantic._eszsl import BaseESZSL, Penalties

GAMMAS = tuple(10.0**power for power in range(-1, 6))
LMBDAS = tuple(10.0**power for power in range(-3, 4))


@fill_docstring
class ESZSLClassifierCV(BaseESZSL):
    """ESZSL that chooses both of its penalties on held-out seen classes.

    All pairs are tried on every fold, with one eigendecomposition per fold.

    Parameters
    ----------
    %(attributes)s
    gammas : array-like of shape (n_gammas,), \
default=(0.1, 1.0, 10.0, 100.0, 1000.0, 10000.0, 100000.0)
        Penalties of the features to try.
    lmbdas : array-like of shape (n_lmbdas,), \
default=(0.001, 0.01, 0.1, 1.0, 10.0, 100.0, 1000.0)
        Penalties of the attributes to try.
    feature_scaling : {"standard", "centered"}, default="standard"
        Bring features to mean 0 and variance 1, or only to mean 0.
    %(attribute_scaling)s
    %(seen_penalty)s
    %(n_jobs)s
    %(random_state)s

    Attributes
    ----------
    gamma_ : float
        The chosen penalty of the features; the middle one where no class can be held
        out.
    lmbda_ : float
        The chosen penalty of the attributes, likewise.
    coef_ : ndarray of shape (n_features, n_attributes)
        Map from scaled features to scaled attributes.
    metric_ : ndarray of shape (n_attributes, n_attributes)
        Inverse of the regularised second moments of the seen descriptions.
    %(semantic_fitted)s
    %(fitted)s

    See Also
    --------
    ESZSLClassifier : One pair of penalties.

    Examples
    --------
    >>> from zsl_estimators import ESZSLClassifierCV
    >>> from zsl_estimators.datasets import make_gzsl
    >>> data = make_gzsl(random_state=0)
    >>> clf = ESZSLClassifierCV(attributes=data.attributes, random_state=0)
    >>> clf.fit(data.X_train, data.y_train).gamma_ in clf.gammas
    True
    """

    _parameter_constraints = {
        **BaseESZSL._parameter_constraints,
        "gammas": ["array-like"],
        "lmbdas": ["array-like"],
    }
    _parameter_checks = (has_grids("gammas", "lmbdas"),)

    def __init__(
        self,
        attributes=None,
        *,
        classes=None,
        gammas=GAMMAS,
        lmbdas=LMBDAS,
        feature_scaling="standard",
        attribute_scaling="auto",
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
        self.gammas = gammas
        self.lmbdas = lmbdas
        self.feature_scaling = feature_scaling
        self.attribute_scaling = attribute_scaling

    def _settings_to_compare(self):
        return [
            Penalties(float(gamma), float(lmbda))
            for gamma in self.gammas
            for lmbda in self.lmbdas
        ]

    def _default_settings(self):
        return Penalties(middle(self.gammas), middle(self.lmbdas))


def middle(values):
    """The value in the middle of a grid."""
    return float(values[len(values) // 2])
