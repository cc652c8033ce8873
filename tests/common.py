"""Small instances of every public estimator, shared by the tests."""

import inspect

import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

import zsl_estimators
from zsl_estimators import (
    ABPClassifier,
    BaseZeroShotClassifier,
    ClassNormClassifier,
    CMTClassifier,
    CVAEClassifier,
    CycleWGANClassifier,
    DeViSEClassifier,
    ExemplarClassifier,
    FGANClassifier,
    GaussianSemanticClassifier,
    GAZSLClassifier,
    LatEmClassifier,
    RidgeCompatibilityClassifier,
    RidgeSemanticClassifier,
    SJEClassifier,
    SoftmaxHead,
    TFVAEGANClassifier,
    VAEcFlowClassifier,
    ZeroDiffClassifier,
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
from zsl_estimators.training import AdversarialNet, TorchTrainingMixin

# Starts that have nothing to choose.
EXEMPLAR = ExemplarClassifier(alpha=0.1, shrinkage=0.5, attribute_scaling="standard")
RIDGE = RidgeCompatibilityClassifier(alpha=0.1, attribute_scaling="standard")
GAUSSIAN = GaussianSemanticClassifier(
    alpha=0.1, shrinkage=0.5, similarity="cosine", attribute_scaling="standard"
)

# Few large steps: what such a head learns is as good as what many small ones teach it.
FEW_STEPS = {"max_epochs": 5, "lr": 0.1, "batch_size": 128}
HEAD = SoftmaxHead(hidden=(16,), **FEW_STEPS)
LINEAR_HEAD = SoftmaxHead(hidden=(), **FEW_STEPS)

# Whatever makes an estimator small enough to be fitted a hundred times.
SMALL_GAN = {
    "module__generator_hidden": (8,),
    "module__critic_hidden": (8,),
    "module__noise_dim": 2,
}
# Without "auto", for which every fit would compare models on folds.
SMALL_BILINEAR = {"init": RIDGE, "correction_weight": 1.0, "max_epochs": 3}
SMALL = {
    "ABPClassifier": {
        "init": EXEMPLAR,
        "generator_hidden": (8,),
        "latent_dim": 2,
        "n_langevin_steps": 2,
        "max_epochs": 3,
        "head": HEAD,
        "n_synthetic": 20,
    },
    "CADAVAEClassifier": {
        "init": EXEMPLAR,
        "latent_dim": 8,
        "net_params": {
            f"module__{network}_{part}_hidden": (8,)
            for network in ("feature", "attribute")
            for part in ("encoder", "decoder")
        },
        "max_epochs": 3,
        "head": LINEAR_HEAD,
        "n_synthetic": 20,
    },
    "CVAEClassifier": {
        "init": EXEMPLAR,
        "encoder_hidden": (8,),
        "decoder_hidden": (8,),
        "latent_dim": 2,
        "max_epochs": 3,
        "head": HEAD,
        "n_synthetic": 20,
    },
    "CycleWGANClassifier": {
        "init": EXEMPLAR,
        "net_params": SMALL_GAN,
        "max_epochs": 3,
        "head": HEAD,
        "n_synthetic": 20,
    },
    "FGANClassifier": {
        "init": EXEMPLAR,
        "generator_hidden": (8,),
        "critic_hidden": (8,),
        "noise_dim": 2,
        "max_epochs": 3,
        "head": HEAD,
        "n_synthetic": 20,
    },
    "GAZSLClassifier": {
        "init": EXEMPLAR,
        "net_params": SMALL_GAN,
        "condition_dim": 4,
        "max_epochs": 3,
        "head": HEAD,
        "n_synthetic": 20,
    },
    "FVAEGANClassifier": {
        "init": EXEMPLAR,
        "hidden": (8,),
        "noise_dim": 2,
        "max_epochs": 3,
        "head": HEAD,
        "n_synthetic": 20,
    },
    "TFVAEGANClassifier": {
        "init": EXEMPLAR,
        "hidden": (8,),
        "noise_dim": 2,
        "view": "V+S",
        "max_epochs": 3,
        "head": HEAD,
        "n_synthetic": 20,
    },
    "VAEcFlowClassifier": {
        "init": EXEMPLAR,
        "coupling_hidden": (4, 4),
        "encoder_hidden": (8,),
        "decoder_hidden": (8,),
        "n_blocks": 2,
        "max_epochs": 3,
        "head": HEAD,
        "n_synthetic": 20,
    },
    "ZeroDiffClassifier": {
        "init": EXEMPLAR,
        "contrastive": SupervisedContrastTransformer(hidden=(8, 4), max_epochs=2),
        "view": "V+C+S",
        "generator_hidden": (8,),
        "encoder_hidden": (8,),
        "critic_hidden": (8,),
        "noise_dim": 2,
        "representation_epochs": 2,
        "max_epochs": 3,
        "head": HEAD,
        "n_synthetic": 20,
    },
    "DiffusionClassifier": {
        "init": EXEMPLAR,
        "hidden": 8,
        "n_blocks": 1,
        "n_chunks": 2,
        "n_diffusion_steps": 50,
        "max_epochs": 3,
    },
    "ALEClassifier": SMALL_BILINEAR,
    "DeViSEClassifier": SMALL_BILINEAR,
    "LatEmClassifier": SMALL_BILINEAR,
    # What they choose they choose among fewer.
    "ExemplarClassifier": {"shrinkage": 0.5},
    "GaussianSemanticClassifier": {"shrinkage": 0.5},
    "ESZSLClassifierCV": {"gammas": (1.0, 100.0), "lmbdas": (0.1, 10.0)},
    "NearestDescriptionClassifier": {"space": "mapped"},
    "SJEClassifier": SMALL_BILINEAR,
    "ClassNormClassifier": {
        "hidden": 16,
        "feature_scaling": "standard",
        "max_epochs": 8,
        "lr": 3e-2,
        "attribute_scaling": "standard",
    },
    "CMTClassifier": {
        "hidden": 16,
        "max_epochs": 8,
        "lr": 3e-2,
        "attribute_scaling": "standard",
    },
    "RevCDClassifier": {
        "init": GAUSSIAN,
        "correction_weight": 1.0,
        "hidden": (16, 8),
        "condition_dim": 8,
        "max_epochs": 3,
    },
    "PQZSLClassifier": {"alpha": 0.1},
    "TipAdapterClassifier": {"space": "mapped", "beta": 1.0},
    "ZeroShotEnsembleClassifier": {
        "estimators": [
            ("exemplar", ExemplarClassifier(alpha=0.1, shrinkage=0.5)),
            ("ridge", RidgeSemanticClassifier(alpha=0.1)),
        ],
        "seen_classifier": make_pipeline(StandardScaler(), LogisticRegression()),
    },
}

# What has no initial estimator learns nothing in one epoch.
NEEDS_EPOCHS = ClassNormClassifier, CMTClassifier

# scikit-learn's check of weights against repeated rows wants the same to seven digits.
WEIGHTS_AGAINST_REPEATED_ROWS = (
    "check_sample_weight_equivalence_on_dense_data",
    "check_sample_weight_equivalence_on_sparse_data",
)
TRAINED_ON_DRAWN_ROWS = dict.fromkeys(
    WEIGHTS_AGAINST_REPEATED_ROWS,
    "rows of an epoch are drawn as often as they weigh, which is the same as repeating "
    "them on average only",
)

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


# The small instances share most of what checks go through: the feature-generating
# classifiers and the bilinear ones are a base class each, with another network inside.
# One of each is enough where the table alone differs from the ordinary classifiers.
ALIKE = (
    ABPClassifier,
    CVAEClassifier,
    CycleWGANClassifier,
    DeViSEClassifier,
    FGANClassifier,
    GAZSLClassifier,
    LatEmClassifier,
    SJEClassifier,
    TFVAEGANClassifier,
    VAEcFlowClassifier,
    ZeroDiffClassifier,
)
DIFFERENT = [cls for cls in public_estimators() if cls not in ALIKE]


# Their start separates the rows of that check, so that the hinge loss is zero.
LEARN_NOTHING_THERE = DeViSEClassifier, LatEmClassifier, SJEClassifier


def unequal_to_repeated_rows(estimator):
    """Checks that an estimator fails as it is trained in mini-batches."""
    is_trained = isinstance(estimator, TorchTrainingMixin | SoftmaxHead)
    learns = not isinstance(estimator, LEARN_NOTHING_THERE)
    return TRAINED_ON_DRAWN_ROWS if is_trained and learns else {}


def refuses_the_folds_of_a_check(estimator):
    """Checks that give an estimator folds without a hidden class."""
    reason = "the check's folds hide no class, which is refused"
    return dict.fromkeys(WEIGHTS_AGAINST_REPEATED_ROWS, reason)


def small(cls, **parameters):
    """A small instance, of a subclass too."""
    sizes = (SMALL.get(base.__name__) for base in cls.__mro__)
    return cls(**{**next(filter(None, sizes), {}), **parameters})


def quick(cls, max_epochs=1, **parameters):
    """A small instance that is trained less, in large batches."""
    clf = small(cls, **parameters)
    if "max_epochs" in clf.get_params() and not isinstance(clf, NEEDS_EPOCHS):
        clf.set_params(max_epochs=max_epochs, batch_size=128)
    if issubclass(getattr(clf, "_net_class", object), AdversarialNet):
        # There are few batches, and one of every n_critic trains the generator.
        if "n_critic" in clf.get_params():
            clf.set_params(n_critic=1)
        else:
            clf.set_params(net_params={**(clf.net_params or {}), "n_critic": 1})
    return clf


def parametrize_with_some_checks(estimators, names, expected_failed_checks):
    """scikit-learn's `parametrize_with_checks`, with the checks of these names only.

    Checks that run several times, on other kinds of features, run once.
    """
    every = parametrize_with_checks(
        estimators, expected_failed_checks=expected_failed_checks, xfail_strict=True
    )
    arguments, cases = every.args
    kept, found = [], set()
    for case in cases:
        _, check = getattr(case, "values", case)
        name = check.func.__name__
        if name in names and not check.keywords.keys() & OTHER_FEATURES:
            kept.append(case)
            found.add(name)
    assert found == set(names), f"scikit-learn has no {set(names) - found}"
    return pytest.mark.parametrize(arguments, kept, **every.kwargs)


OTHER_FEATURES = {"readonly_memmap", "X_dtype"}
