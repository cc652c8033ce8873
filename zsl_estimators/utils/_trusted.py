"""The types that skops has to trust to load an estimator."""

import inspect

from torch.nn import Module

import zsl_estimators
from zsl_estimators import nn

# Of the package, beside its public classes and networks: what fitted estimators hold.
PARTS = {
    "calibration._report": ("HeldOutPerformance",),
    "class_table": ("ClassTable",),
    "decisions._head": ("Head",),
    "decisions._latent": ("LatentHead", "LatentNearestMean", "LatentView"),
    "decisions._likelihood": ("Likelihood",),
    "decisions._nearest_mean": ("NearestMean",),
    "decisions._views": ("PartsView", "PlainView"),
    "exemplar._classifier": ("ExemplarCandidate",),
    "few_shot._axes": ("FeatureAxes", "PrincipalAxes"),
    "few_shot._labelled": ("LabelledRows",),
    "few_shot._prior": ("MeanPrior",),
    "few_shot._rows": ("ClassRows",),
    "few_shot._scores": ("FewShotScores",),
    "gaussian": ("LastResult", "SharedGaussian", "UnscaledGaussian"),
    "generative._abp": ("LatentChains",),
    "generative._cadavae": ("EpochOfLoss",),
    "generative._contrast": ("SupervisedContrastTransformer",),
    "generative._fvaegan": ("FVAEGANNet",),
    "generative._representation": ("RepresentationScaler",),
    "generative._tfvaegan": ("TFVAEGANNet",),
    "generative._zerodiff": ("ZeroDiffNet",),
    "imputation": ("RidgeImputer", "TableImputer"),
    "likelihood.rules._cross_attention": ("CrossAttentionRule",),
    "likelihood.rules._error": ("ErrorRule",),
    "likelihood.rules._inversion": ("InversionRule",),
    "likelihood.rules._latent_knn": ("LatentKNNRule",),
    "likelihood.rules._likelihood": ("LikelihoodRule",),
    "likelihood.rules._noise_denoise": ("NoiseDenoiseRule",),
    "likelihood.rules._noise_denoise_vote": ("NoiseDenoiseVoteRule",),
    "likelihood.rules._trained": ("TrainedRules",),
    "likelihood.rules._weights": ("WeightsRule",),
    "linear": ("RidgeMap",),
    "metrics._curve": ("MovedSamples", "SeenUnseenCurve"),
    "metrics._scorers": ("GZSLScorer",),
    "model_selection._class_holdout": ("ClassHoldoutSplit",),
    "persistence._state": ("StoredPairs",),
    "persistence._tables": (
        "StoredColumn",
        "StoredFrame",
        "StoredIndex",
        "StoredObjects",
        "StoredSeries",
    ),
    "progress": ("Reporter",),
    "quantisation": ("ProductQuantiser",),
    "rows": ("BlockwiseStandardScaler",),
    "scaling": (
        "AttributeBinarizer",
        "AttributeScaler",
        "BalancedScaler",
        "FeatureScaler",
        "MetricScaler",
        "Unscaled",
    ),
    "semantic._eszsl": ("Penalties",),
    "semantic._feature_cache": ("FeatureCache",),
    "semantic._gaussian": ("GaussianCandidate",),
    "semantic._pqzsl": ("PQCandidate",),
    "semantic._sae": ("SAECandidate",),
    "semantic._tip_adapter": ("TipAdapterCandidate",),
    "text": ("TextEncoder",),
    "training._adversarial": ("AdversarialNet",),
    "training._batches": ("DeviceBatches", "DeviceData"),
    "training._callbacks": (
        "CosineSchedule",
        "DivergenceGuard",
        "EpochReport",
        "EpochTable",
        "LossPartRecorder",
        "WeightAveraging",
    ),
    "training._net": ("ZeroShotNet",),
    "training._prediction_module": ("PredictionModule",),
    "training._stored_net": (
        "StoredHistory",
        "StoredModule",
        "StoredNet",
        "StoredPartial",
        "StoredTensor",
        "StoredWeights",
    ),
}
# Of other packages: what nets are made of that ``warm_start=True`` trains further, and
# what scikit-learn's imputers of a class table remember.
OF_OTHERS = (
    "numpy.dtype",
    "skorch.callbacks.logging.EpochTimer",
    "skorch.callbacks.regularization.GradientNormClipping",
    "torch.nn.modules.linear.Linear",
    "torch.optim.adam.Adam",
    "torch.optim.adamw.AdamW",
)


def trusted_types():
    """Name the types that a stored estimator of this package is made of.

    They are the argument `trusted` of :func:`skops.io.load`: classes of this package,
    five of skorch and torch, and the data type of numpy. None of them runs code from a
    file. Objects that you passed to an estimator, such as a head, an optimiser or a
    callback of another package, are not included; see
    :func:`skops.io.get_untrusted_types`.

    Returns
    -------
    types : list of str
        Sorted names with their modules.

    See Also
    --------
    skops.io.load : Loads what :func:`skops.io.dump` has stored.

    Examples
    --------
    >>> from zsl_estimators.utils import trusted_types
    >>> trusted_types()[:2]
    ['numpy.dtype', 'skorch.callbacks.logging.EpochTimer']
    """
    public = [getattr(zsl_estimators, name) for name in zsl_estimators.__all__]
    networks = [getattr(nn, name) for name in nn.__all__]
    classes = {
        *filter(inspect.isclass, public),
        *(made for made in networks if is_module(made)),
    }
    parts = (
        f"zsl_estimators.{module}.{name}"
        for module, names in PARTS.items()
        for name in names
    )
    full_names = (f"{made.__module__}.{made.__name__}" for made in classes)
    return sorted({*full_names, *parts, *OF_OTHERS})


def is_module(made):
    """Whether something is a class of torch modules."""
    return inspect.isclass(made) and issubclass(made, Module)
