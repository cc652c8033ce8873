"""TipAdapterClassifier: a cache of a few samples beside the nearest description."""

from itertools import groupby
from numbers import Integral, Real
from operator import attrgetter
from typing import NamedTuple

import numpy as np
from torch import nn

from zsl_estimators.docstrings import fill_docstring
from zsl_estimators.gaussian import LastResult
from zsl_estimators.model_selection._class_holdout import at_most_of_each_class
from zsl_estimators.onnx_export import Added, KernelScores, doubles
from zsl_estimators.parameters import Interval, StrOptions, published_settings
from zsl_estimators.sample_weights import part_of
from zsl_estimators.seeds import LARGEST_SEED
from zsl_estimators.semantic._feature_cache import FeatureCache
from zsl_estimators.semantic._joint_space import JointSpaceClassifier, mean_features

# As shares of `logit_scale`. The first of equals is the nearest description.
ALPHAS = (0.0, 0.1, 0.3, 1.0, 3.0, 10.0)
BETAS = (1.0, 3.0, 10.0)
# Near those that the official code starts from for ImageNet.
DEFAULT_ALPHA, DEFAULT_BETA = 0.2, 1.0
# Weights of the sum over the shots from which the official code starts its search.
N_SHOTS = 16
PUBLISHED = {
    "code": {
        "ImageNet": (1.17, 1.0),
        "SUN397": (1.17, 1.0),
        "Food101": (1.17, 1.0),
        "OxfordPets": (1.17, 1.0),
        "DTD": (2.0, 1.0),
        "EuroSAT": (2.0, 1.0),
        "Caltech101": (3.0, 1.0),
        "UCF101": (3.0, 1.0),
        "StanfordCars": (3.0, 1.0),
        "FGVCAircraft": (5.0, 1.0),
        "Flowers102": (10.0, 1.0),
    }
}


class TipAdapterCandidate(NamedTuple):
    """What the folds choose from.

    Parameters
    ----------
    centering : bool
        Whether features and descriptions are centred.
    beta : float
        Sharpness of the cache.
    alpha : float
        Weight of the cache.
    """

    centering: bool
    beta: float
    alpha: float


@fill_docstring
class TipAdapterClassifier(JointSpaceClassifier):
    """Zero-shot classifier by descriptions and a cache of samples (Tip-Adapter).

    In a shared space nothing is trained: to the cosine of a sample and a description,
    times `logit_scale`, `alpha` times the mean over cached samples ``k`` of the class
    of ``exp(-beta * (1 - cosine(x, k)))`` is added [1]_. It is for few samples per
    class whose features share a space with the descriptions, such as those of CLIP.

    The cache has no samples of unseen classes, so that it favours seen ones; the seen
    penalty corrects this on average, and `alpha` is chosen by the accuracy on both
    kinds of classes.

    Parameters
    ----------
    %(several_attributes)s
    alpha : "auto" or float, default="auto"
        Non-negative weight of the cache. In the paper values are summed over the
        samples of a class; here it is their mean, so that classes with more samples are
        not favoured, and `alpha` of the paper is to be multiplied by the number of
        shots. "auto" chooses the share of `logit_scale` from 0, 0.1, 0.3, 1, 3 and 10
        with the best AUSUC on held-out seen classes, and 0.2 where none can be held
        out.
    beta : "auto" or float, default="auto"
        Sharpness of the kernel of the cache. "auto" chooses among 1, 3 and 10 together
        with `alpha`, and is 1 if `alpha` is not chosen.
    n_shots : int or None, default=16
        Samples per seen class that are kept in the cache, a random sample if there are
        more. None is all; time and memory grow with their number.
    %(joint_space)s
    %(seen_penalty)s
    %(n_jobs)s
    %(random_state)s

    Attributes
    ----------
    alpha_ : float
        The weight in use.
    beta_ : float
        The sharpness in use.
    cache_ : object
        Has ``keys``, the features of cached samples scaled to length 1, and ``y``,
        positions of their classes in `seen_classes_`.
    %(joint_space_fitted)s
    %(fitted)s

    See Also
    --------
    NearestDescriptionClassifier : Without the cache; needs no labels.
    ExemplarClassifier : Observed means of seen classes, predicted ones of the others.

    Notes
    -----
    This is the variant without training. In the fine-tuned one the keys are learned.

    References
    ----------
    .. [1] Zhang et al.: Tip-Adapter: training-free adaption of CLIP for few-shot
       classification, ECCV 2022.

    Examples
    --------
    >>> import numpy as np
    >>> from zsl_estimators import TipAdapterClassifier
    >>> rng = np.random.RandomState(0)
    >>> texts = rng.normal(size=(6, 10))
    >>> y = np.repeat(np.arange(4), 5)
    >>> images = texts[y] + 0.3 * rng.normal(size=(20, 10))
    >>> clf = TipAdapterClassifier(texts, random_state=0).fit(images, y)
    >>> clf.predict(texts)
    array([0, 1, 2, 3, 4, 5])
    """

    _parameter_constraints = {
        **JointSpaceClassifier._parameter_constraints,
        "alpha": [StrOptions({"auto"}), Interval(Real, 0, None, closed="left")],
        "beta": [StrOptions({"auto"}), Interval(Real, 0, None, closed="neither")],
        "n_shots": [Interval(Integral, 1, None, closed="left"), None],
    }

    def __init__(
        self,
        attributes=None,
        *,
        classes=None,
        alpha="auto",
        beta="auto",
        n_shots=16,
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
            space=space,
            centering=centering,
            logit_scale=logit_scale,
            seen_penalty=seen_penalty,
            n_jobs=n_jobs,
            random_state=random_state,
            verbose=verbose,
        )
        self.alpha = alpha
        self.beta = beta
        self.n_shots = n_shots

    @classmethod
    def paper_params(cls, dataset, source="code"):
        """Settings from which the official code starts, for 16 shots.

        The code then searches both weights of the cache on the validation rows of the
        data set; the default of this class does that on held-out seen classes.

        Parameters
        ----------
        dataset : {"ImageNet", "SUN397", "Food101", "OxfordPets", "DTD", "EuroSAT", \
"Caltech101", "UCF101", "StanfordCars", "FGVCAircraft", "Flowers102"}
            Name of the benchmark.
        source : {"code"}, default="code"
            Origin of the settings.

        Returns
        -------
        params : dict
            Constructor parameters, without `attributes`. There is no seen penalty.

        Raises
        ------
        ValueError
            If there are no published settings for the data set.

        Examples
        --------
        >>> from zsl_estimators import TipAdapterClassifier
        >>> TipAdapterClassifier.paper_params("DTD")["alpha"]
        32.0
        """
        published = published_settings(PUBLISHED, ("alpha", "beta"), dataset, source)
        return {
            "alpha": N_SHOTS * published["alpha"],
            "beta": published["beta"],
            "n_shots": N_SHOTS,
            "centering": False,
            "logit_scale": 100.0,
            "seen_penalty": 0.0,
        }

    # -- fit ----------------------------------------------------------------------

    def _candidates(self):
        """List them; without the cache its sharpness does not matter."""
        shares = np.multiply(ALPHAS, self.logit_scale).tolist()
        alphas = shares if self.alpha == "auto" else [self.alpha]
        betas = BETAS if self.beta == "auto" else (self.beta,)
        return [
            TipAdapterCandidate(centering, beta, alpha)
            for centering in self._centerings()
            for beta in betas
            for alpha in alphas
            if alpha > 0 or beta == betas[0]
        ]

    def _default_candidate(self):
        automatic = DEFAULT_ALPHA * self.logit_scale
        return TipAdapterCandidate(
            self._centerings()[0],
            DEFAULT_BETA if self.beta == "auto" else self.beta,
            automatic if self.alpha == "auto" else self.alpha,
        )

    def _become(self, problem, candidates):
        means, shots = mean_features(problem), self._shots(problem)
        for centering, alike in groupby(candidates, attrgetter("centering")):
            self._set_space(problem, means, centering)
            keys = self._unit_features(problem.rows[shots])
            weights = part_of(problem.weights, shots)
            self.cache_ = FeatureCache(keys, problem.y[shots], weights)
            for beta, of_beta in groupby(alike, attrgetter("beta")):
                self.beta_, self._last_affinities = beta, LastResult()
                for candidate in of_beta:
                    self.alpha_ = candidate.alpha
                    yield candidate

    def _shots(self, problem):
        """Positions of the rows that are cached."""
        rows = np.arange(len(problem.y))
        seed = problem.random_state.randint(LARGEST_SEED)
        if self.n_shots is None:
            return rows
        return at_most_of_each_class(self.n_shots, rows, problem.y, seed)

    # -- prediction ---------------------------------------------------------------

    def _score_classes(self, Z):
        scores = super()._score_classes(Z)
        if self.alpha_:
            affinities = self._last_affinities.of(Z, self._affinities)
            scores[:, self._table.seen] += self.alpha_ * affinities
        return scores

    def _scoring_module(self):
        cosines = super()._scoring_module()
        if not self.alpha_:
            return cosines
        shares = self.cache_.shares(
            np.flatnonzero(self._table.seen), len(self.classes_)
        )
        keys = doubles(self.cache_.keys)
        kernel = KernelScores(keys, self.beta_, doubles(shares))
        affinities = nn.Sequential(self._unit_module(), kernel)
        return Added(cosines, affinities, weights=(1.0, self.alpha_))

    def _affinities(self, Z):
        return self.cache_.affinities(self._unit_features(Z), self.beta_)
