"""Small instances of every public estimator, shared by the tests."""

import inspect

from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import zsl_estimators
from zsl_estimators import (
    BaseZeroShotClassifier,
    ExemplarClassifier,
    RidgeSemanticClassifier,
    SoftmaxHead,
)
from zsl_estimators.generative._contrast import SupervisedContrastTransformer
from zsl_estimators.likelihood import (
    CrossAttentionRule,
    ErrorRule,
    InversionRule,
    LatentKNNRule,
    LikelihoodRule,
    NoiseDenoiseRule,
    NoiseDenoiseVoteRule,
    WeightsRule,
)

# Whatever makes an estimator small enough to be fitted a hundred times.
SMALL = {
    "CADAVAEClassifier": {
        "latent_dim": 8,
        "net_params": {
            f"module__{network}_{part}_hidden": (8,)
            for network in ("feature", "attribute")
            for part in ("encoder", "decoder")
        },
        "max_epochs": 3,
        "head": SoftmaxHead(hidden=(), max_epochs=10, lr=1e-2),
        "n_synthetic": 20,
    },
    "FGANClassifier": {
        "generator_hidden": (8,),
        "critic_hidden": (8,),
        "noise_dim": 2,
        "max_epochs": 3,
        "head": SoftmaxHead(hidden=(16,), max_epochs=10, lr=1e-2),
        "n_synthetic": 20,
    },
    "VAEcFlowClassifier": {
        "coupling_hidden": (4, 4),
        "encoder_hidden": (8,),
        "decoder_hidden": (8,),
        "n_blocks": 2,
        "max_epochs": 3,
        "head": SoftmaxHead(hidden=(16,), max_epochs=10, lr=1e-2),
        "n_synthetic": 20,
    },
    "ZeroDiffClassifier": {
        "contrastive": SupervisedContrastTransformer(hidden=(8, 4), max_epochs=2),
        "view": "V+C+S",
        "generator_hidden": (8,),
        "encoder_hidden": (8,),
        "critic_hidden": (8,),
        "noise_dim": 2,
        "representation_epochs": 2,
        "max_epochs": 3,
        "head": SoftmaxHead(hidden=(16,), max_epochs=10, lr=1e-2),
        "n_synthetic": 20,
    },
    "DiffusionClassifier": {
        "hidden": 8,
        "n_blocks": 1,
        "n_chunks": 2,
        "n_diffusion_steps": 50,
        "max_epochs": 3,
    },
    "ALEClassifier": {"max_epochs": 3},
    "DeViSEClassifier": {"max_epochs": 3},
    "LatEmClassifier": {"max_epochs": 3},
    "SJEClassifier": {"max_epochs": 3},
    "ClassNormClassifier": {"hidden": 16, "max_epochs": 20, "lr": 1e-2},
    "CMTClassifier": {"hidden": 16, "max_epochs": 20, "lr": 1e-2},
    "RevCDClassifier": {"hidden": (16, 8), "condition_dim": 8, "max_epochs": 3},
    "ZeroShotEnsembleClassifier": {
        "estimators": [
            ("exemplar", ExemplarClassifier(alpha=0.1, shrinkage=0.5)),
            ("ridge", RidgeSemanticClassifier(alpha=0.1)),
        ],
        "seen_classifier": make_pipeline(StandardScaler(), LogisticRegression()),
    },
}

SMALL_RULES = [
    ErrorRule(n_draws=(2, 4), keep=(2,)),
    LikelihoodRule(n_steps=2, n_probes=1),
    LatentKNNRule(n_steps=2, n_neighbors=1),
    NoiseDenoiseRule(n_steps=2, n_draws=2),
    NoiseDenoiseVoteRule(levels=(0.3, 0.6), n_steps=2),
    CrossAttentionRule(n_draws=2),
    InversionRule(n_iter=4),
    WeightsRule(n_iter=4),
]


def public_estimators():
    """All concrete estimator classes that the package exports."""
    exported = [getattr(zsl_estimators, name) for name in zsl_estimators.__all__]
    return [
        cls
        for cls in exported
        if inspect.isclass(cls)
        and issubclass(cls, BaseZeroShotClassifier)
        and not inspect.isabstract(cls)
    ]


def small(cls, **parameters):
    """A small instance, of a subclass too."""
    sizes = (SMALL.get(base.__name__) for base in cls.__mro__)
    return cls(**{**next(filter(None, sizes), {}), **parameters})
