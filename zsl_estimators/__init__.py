"""Generalized zero-shot learning for people who use scikit-learn."""

import importlib

__version__ = "0.1.0"

# Loaded when they are asked for (PEP 562), so that `import zsl_estimators.nn` needs
# torch alone.
_HOMES = {
    "base": ("BaseZeroShotClassifier",),
    "calibration": (
        "CalibratedStackingCV",
        "ConformalZeroShotClassifier",
        "held_out_report",
    ),
    "compatibility": (
        "ALEClassifier",
        "ClassNormClassifier",
        "DeViSEClassifier",
        "LatEmClassifier",
        "RidgeCompatibilityClassifier",
        "SJEClassifier",
        "SynCClassifier",
    ),
    "decisions": ("SoftmaxHead",),
    "ensemble": ("ZeroShotEnsembleClassifier",),
    "exemplar": ("ExemplarClassifier",),
    "generative": (
        "ABPClassifier",
        "CADAVAEClassifier",
        "CVAEClassifier",
        "CycleWGANClassifier",
        "FGANClassifier",
        "FVAEGANClassifier",
        "GAZSLClassifier",
        "TFVAEGANClassifier",
        "VAEcFlowClassifier",
        "ZeroDiffClassifier",
    ),
    "likelihood": ("DiffusionClassifier",),
    "self_training": ("SelfTrainingZeroShotClassifier",),
    "semantic": (
        "CMTClassifier",
        "ConSEClassifier",
        "DAPClassifier",
        "ESZSLClassifier",
        "ESZSLClassifierCV",
        "GaussianSemanticClassifier",
        "IAPClassifier",
        "NearestDescriptionClassifier",
        "PQZSLClassifier",
        "RevCDClassifier",
        "RidgeSemanticClassifier",
        "SAEClassifier",
        "TipAdapterClassifier",
    ),
    "text_classifier": ("ZeroShotTextClassifier",),
    "training": ("HeldOutScoring",),
    "utils": ("show_versions",),
}
# Those that are made for users; scikit-learn's load like this, too.
_SUBMODULES = (
    "datasets",
    "exceptions",
    "inspection",
    "likelihood",
    "metrics",
    "model_selection",
    "nn",
    "plotting",
    "text",
    "utils",
)
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

__all__ = sorted(_HOME_OF)


def __getattr__(name):
    if name in _SUBMODULES:
        return importlib.import_module(f"{__name__}.{name}")
    if name not in _HOME_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    home = f"{__name__}.{_HOME_OF[name]}"
    try:
        return getattr(importlib.import_module(home), name)
    except AttributeError as error:
        # Python would take it for a name that is not there, and hide what it was.
        raise ImportError(f"{home} cannot be imported: {error}") from error


def __dir__():
    return sorted({*globals(), *__all__, *_SUBMODULES})
