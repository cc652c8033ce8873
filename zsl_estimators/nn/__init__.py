"""Pure torch: networks, losses and samplers, tensors in and tensors out.

Importing this package loads torch and nothing else of the scientific stack. The
``forward`` of a network predicts; what a network puts out for its loss while it is
trained, where that differs, is its ``training_output``.
"""

from zsl_estimators.nn.blocks import (
    n_rows_per_block,
    row_blocks,
)
from zsl_estimators.nn.cadavae import (
    Aligned,
    CADAVAELoss,
    CADAVAENetwork,
    DiagonalNormal,
    GaussianEncoder,
    LatentSampler,
    LinearLatents,
    NoLatents,
    Reconstruction,
    absolute_error,
    principal_axes,
    standard_normal_divergence,
    started_perceptron,
    warmed_up,
    wasserstein_distance,
)
from zsl_estimators.nn.compatibility import (
    BilinearNetwork,
    ClassNormNetwork,
    ClassStandardisation,
    CompatibilityLoss,
    CompatibilityNetwork,
    max_loss,
    mean_loss,
    softmax_loss,
    sum_loss,
    violations,
    warp_loss,
    warp_weights,
)
from zsl_estimators.nn.contrast import (
    ContrastiveNetwork,
    SupervisedContrast,
)
from zsl_estimators.nn.cross_attention import (
    ClassAttention,
    CrossAttentionDenoiser,
)
from zsl_estimators.nn.denoiser import (
    ClassDenoiser,
    ConditionalDenoiser,
    DenoisingLoss,
    DescriptionCode,
    ModulatedLayer,
    TimeCode,
    VelocityNetwork,
)
from zsl_estimators.nn.described import (
    DescribedClasses,
)
from zsl_estimators.nn.diffusion import (
    GaussianDiffusion,
    make_betas,
    vp_betas,
)
from zsl_estimators.nn.embedding import (
    FeatureEncoder,
    SinusoidalTimeEmbedding,
)
from zsl_estimators.nn.flow import (
    ActNorm,
    Coupling,
    CouplingNet,
    Flow,
    HiddenNorm,
    Permutation,
)
from zsl_estimators.nn.gan import (
    ConditionalGenerator,
    Critic,
    FGANLoss,
    FGANNetwork,
    FirstLayersAndGradient,
    critic_losses,
    gradient_penalty,
    leaky_relu,
    normal_linear,
    perceptron,
    unit_norm_penalty,
)
from zsl_estimators.nn.probability_flow import (
    angle_grid,
    flow_slope,
    flow_slope_with_trace,
    hutchinson_trace,
    integrate,
    log_density,
)
from zsl_estimators.nn.regression import (
    SquaredLoss,
    TanhRegression,
)
from zsl_estimators.nn.revcd import (
    Denoised,
    RevCDLoss,
    RevCDNetwork,
    reverse_process,
)
from zsl_estimators.nn.softmax import (
    CrossEntropy,
    SoftmaxNetwork,
)
from zsl_estimators.nn.unet import (
    HadamardAdditionBlock,
    HadamardAdditionUNet,
    zero_linear,
)
from zsl_estimators.nn.vaecflow import (
    AttributeVAE,
    Encoded,
    VAEcFlowLoss,
    VAEcFlowNetwork,
    gaussian_nll,
    relu_perceptron,
)
from zsl_estimators.nn.zerodiff import (
    DiffusionGAN,
    Drawn,
    FeatureSynthesiser,
    ZeroDiffNetwork,
)
from zsl_estimators.nn.zerodiff_loss import (
    ZeroDiffLoss,
    divergence,
    mutual_learning,
    weighted_l1,
)
from zsl_estimators.nn.zerodiff_parts import (
    AttributeDecoder,
    DenoisingCritics,
    DenoisingGenerator,
    StepCondition,
    mapped,
)

__all__ = [
    "ActNorm",
    "Aligned",
    "AttributeDecoder",
    "AttributeVAE",
    "BilinearNetwork",
    "CADAVAELoss",
    "CADAVAENetwork",
    "ClassAttention",
    "ClassDenoiser",
    "ClassNormNetwork",
    "ClassStandardisation",
    "CompatibilityLoss",
    "CompatibilityNetwork",
    "ConditionalDenoiser",
    "ConditionalGenerator",
    "ContrastiveNetwork",
    "Coupling",
    "CouplingNet",
    "Critic",
    "CrossAttentionDenoiser",
    "CrossEntropy",
    "Denoised",
    "DenoisingCritics",
    "DenoisingGenerator",
    "DenoisingLoss",
    "DescribedClasses",
    "DescriptionCode",
    "DiagonalNormal",
    "DiffusionGAN",
    "Drawn",
    "Encoded",
    "FGANLoss",
    "FGANNetwork",
    "FeatureEncoder",
    "FeatureSynthesiser",
    "FirstLayersAndGradient",
    "Flow",
    "GaussianDiffusion",
    "GaussianEncoder",
    "HadamardAdditionBlock",
    "HadamardAdditionUNet",
    "HiddenNorm",
    "LatentSampler",
    "LinearLatents",
    "ModulatedLayer",
    "NoLatents",
    "Permutation",
    "Reconstruction",
    "RevCDLoss",
    "RevCDNetwork",
    "SinusoidalTimeEmbedding",
    "SoftmaxNetwork",
    "SquaredLoss",
    "StepCondition",
    "SupervisedContrast",
    "TanhRegression",
    "TimeCode",
    "VAEcFlowLoss",
    "VAEcFlowNetwork",
    "VelocityNetwork",
    "ZeroDiffLoss",
    "ZeroDiffNetwork",
    "absolute_error",
    "angle_grid",
    "critic_losses",
    "divergence",
    "flow_slope",
    "flow_slope_with_trace",
    "gaussian_nll",
    "gradient_penalty",
    "hutchinson_trace",
    "integrate",
    "leaky_relu",
    "log_density",
    "make_betas",
    "mapped",
    "max_loss",
    "mean_loss",
    "mutual_learning",
    "n_rows_per_block",
    "normal_linear",
    "perceptron",
    "principal_axes",
    "relu_perceptron",
    "reverse_process",
    "row_blocks",
    "softmax_loss",
    "standard_normal_divergence",
    "started_perceptron",
    "sum_loss",
    "unit_norm_penalty",
    "violations",
    "vp_betas",
    "warmed_up",
    "warp_loss",
    "warp_weights",
    "wasserstein_distance",
    "weighted_l1",
    "zero_linear",
]
