"""ZeroDiffClassifier: features from a diffusion process with generators as steps."""

import copy
from functools import partial
from numbers import Integral, Real

import numpy as np
import torch
from sklearn.base import clone
from sklearn.preprocessing import StandardScaler

from zsl_estimators.docstrings import fill_docstring
from zsl_estimators.generative._base import (
    FeatureGeneratingClassifier,
    paper_head,
    published_settings,
)
from zsl_estimators.generative._contrast import SupervisedContrastTransformer
from zsl_estimators.generative._decision import WEIGHT_DECAYS
from zsl_estimators.generative._exemplar import ExemplarClassifier
from zsl_estimators.generative._features import FeatureScaler
from zsl_estimators.nested import seeded_clone
from zsl_estimators.nn.gan import OUTPUT_ACTIVATIONS
from zsl_estimators.nn.zerodiff import (
    RECONSTRUCTIONS,
    DiffusionGAN,
    ZeroDiffLoss,
    ZeroDiffNetwork,
)
from zsl_estimators.parameters import HasMethods, Interval, StrOptions, check_widths
from zsl_estimators.seeds import LARGEST_SEED
from zsl_estimators.training import (
    AdversarialNet,
    epoch_history,
    float32,
    on_device,
    resolve_device,
    rows_per_batch,
    scoped_seed,
    standard_callbacks,
    to_numpy,
)

VIEWS = ("V", "V+S", "V+C", "V+C+S")
