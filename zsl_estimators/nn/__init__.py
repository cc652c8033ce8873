"""Pure torch: networks, losses and samplers, tensors in and tensors out.

Importing this package loads torch and nothing else of the scientific stack. The
``forward`` of a network predicts; what a network puts out for its loss while it is
trained, where that differs, is its ``training_output``.
"""

from zsl_estimators.nn.abp import (
    ABPLoss,
    ABPNetwork,
    JointDensity,
)
from zsl_estimators.nn.arguments import KnowsArguments
from zsl_estimators.nn.attribute_generators import (
    AttributeGenerator,
    ConditionalAttributeGAN,
    ConditionalAttributeGANLoss,
    ConditionalAttributeVAE,
    ConditionalAttributeVAELoss,
    Decoded,
    Judged,
    ReversedGradient,
)
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
    Reconstruction,
    absolute_error,
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
from zsl_estimators.nn.cvae import (
    BoundTerms,
    ClassPriorVAE,
    CVAELoss,
    CVAENetwork,
    normal_parameters,
)
from zsl_estimators.nn.decoder import (
    AttributeDecoder,
    weighted_l1,
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
from zsl_estimators.nn.fvaegan import (
    Autoencoded,
    FVAEGANLoss,
    FVAEGANNetwork,
    VAEGenerator,
)
from zsl_estimators.nn.gan import (
    AdversarialLoss,
    AdversarialNetwork,
    ConditionalGenerator,
    Critic,
    FGANLoss,
    FGANNetwork,
    FirstLayersAndGradient,
    PenaltyWeight,
    WassersteinLoss,
    critic_losses,
    first_layers_and_penalty,
    gradient_penalty,
    leaky_relu,
    no_condition,
    normal_linear,
    perceptron,
    unit_norm_penalty,
)
from zsl_estimators.nn.gan_terms import (
    ClassificationTerm,
    CycleTerm,
    GroupLassoTerm,
    PivotTerm,
    WeightDecayTerm,
    row_norms,
)
from zsl_estimators.nn.gaussian_decoder import (
    GaussianDecoder,
)
from zsl_estimators.nn.gazsl import (
    ClassifyingCritic,
    ConditionedGenerator,
    GAZSLLoss,
    GAZSLNetwork,
)
from zsl_estimators.nn.langevin import (
    adapted_step,
    adjusted_langevin_steps,
    adjusted_step,
    drifted,
    energy_and_gradient,
    langevin_steps,
)
from zsl_estimators.nn.linear_latents import (
    LinearLatents,
    NoLatents,
    principal_axes,
)
from zsl_estimators.nn.mixed_precision import (
    MixedPrecisionLinear,
    full_precision,
    use_mixed_precision,
)
from zsl_estimators.nn.normal import (
    expected_squares,
    normal_divergence,
    normal_divergences,
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
    solved_linear,
)
from zsl_estimators.nn.revcd import (
    Denoised,
    GuidedPrediction,
    NoEstimate,
    RevCDLoss,
    RevCDNetwork,
    reverse_process,
)
from zsl_estimators.nn.softmax import (
    CrossEntropy,
    SoftmaxNetwork,
)
from zsl_estimators.nn.tfvaegan import (
    Feedback,
    FeedbackSynthesiser,
    TFVAEGANLoss,
    TFVAEGANNetwork,
)
from zsl_estimators.nn.unet import (
    HadamardAdditionBlock,
    HadamardAdditionUNet,
    zero_linear,
)
from zsl_estimators.nn.unlabelled import UnlabelledCritic, UnlabelledLoss
from zsl_estimators.nn.vae import (
    cross_entropy,
    divergence,
    draw_latents,
    mean_and_log_variance,
    reconstruction_error,
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
    mutual_learning,
)
from zsl_estimators.nn.zerodiff_parts import (
    DenoisingCritics,
    DenoisingGenerator,
    StepCondition,
    mapped,
)

__all__ = [
    "ABPLoss",
    "ABPNetwork",
    "ActNorm",
    "AdversarialLoss",
    "AdversarialNetwork",
    "Aligned",
    "AttributeDecoder",
    "AttributeGenerator",
    "AttributeVAE",
    "Autoencoded",
    "BilinearNetwork",
    "BoundTerms",
    "CADAVAELoss",
    "CADAVAENetwork",
    "CVAELoss",
    "CVAENetwork",
    "ClassAttention",
    "ClassDenoiser",
    "ClassNormNetwork",
    "ClassPriorVAE",
    "ClassStandardisation",
    "ClassificationTerm",
    "ClassifyingCritic",
    "CompatibilityLoss",
    "CompatibilityNetwork",
    "ConditionalAttributeGAN",
    "ConditionalAttributeGANLoss",
    "ConditionalAttributeVAE",
    "ConditionalAttributeVAELoss",
    "ConditionalDenoiser",
    "ConditionalGenerator",
    "ConditionedGenerator",
    "ContrastiveNetwork",
    "Coupling",
    "CouplingNet",
    "Critic",
    "CrossAttentionDenoiser",
    "CrossEntropy",
    "CycleTerm",
    "Decoded",
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
    "FVAEGANLoss",
    "FVAEGANNetwork",
    "FeatureEncoder",
    "FeatureSynthesiser",
    "Feedback",
    "FeedbackSynthesiser",
    "FirstLayersAndGradient",
    "Flow",
    "GAZSLLoss",
    "GAZSLNetwork",
    "GaussianDecoder",
    "GaussianDiffusion",
    "GaussianEncoder",
    "GroupLassoTerm",
    "GuidedPrediction",
    "HadamardAdditionBlock",
    "HadamardAdditionUNet",
    "HiddenNorm",
    "JointDensity",
    "Judged",
    "KnowsArguments",
    "LatentSampler",
    "LinearLatents",
    "MixedPrecisionLinear",
    "ModulatedLayer",
    "NoEstimate",
    "NoLatents",
    "PenaltyWeight",
    "Permutation",
    "PivotTerm",
    "Reconstruction",
    "RevCDLoss",
    "RevCDNetwork",
    "ReversedGradient",
    "SinusoidalTimeEmbedding",
    "SoftmaxNetwork",
    "SquaredLoss",
    "StepCondition",
    "SupervisedContrast",
    "TFVAEGANLoss",
    "TFVAEGANNetwork",
    "TanhRegression",
    "TimeCode",
    "UnlabelledCritic",
    "UnlabelledLoss",
    "VAEGenerator",
    "VAEcFlowLoss",
    "VAEcFlowNetwork",
    "VelocityNetwork",
    "WassersteinLoss",
    "WeightDecayTerm",
    "ZeroDiffLoss",
    "ZeroDiffNetwork",
    "absolute_error",
    "adapted_step",
    "adjusted_langevin_steps",
    "adjusted_step",
    "angle_grid",
    "critic_losses",
    "cross_entropy",
    "divergence",
    "draw_latents",
    "drifted",
    "energy_and_gradient",
    "expected_squares",
    "first_layers_and_penalty",
    "flow_slope",
    "flow_slope_with_trace",
    "full_precision",
    "gaussian_nll",
    "gradient_penalty",
    "hutchinson_trace",
    "integrate",
    "langevin_steps",
    "leaky_relu",
    "log_density",
    "make_betas",
    "mapped",
    "max_loss",
    "mean_and_log_variance",
    "mean_loss",
    "mutual_learning",
    "n_rows_per_block",
    "no_condition",
    "normal_divergence",
    "normal_divergences",
    "normal_linear",
    "normal_parameters",
    "perceptron",
    "principal_axes",
    "reconstruction_error",
    "relu_perceptron",
    "reverse_process",
    "row_blocks",
    "row_norms",
    "softmax_loss",
    "solved_linear",
    "started_perceptron",
    "sum_loss",
    "unit_norm_penalty",
    "use_mixed_precision",
    "violations",
    "vp_betas",
    "warmed_up",
    "warp_loss",
    "warp_weights",
    "wasserstein_distance",
    "weighted_l1",
    "zero_linear",
]
