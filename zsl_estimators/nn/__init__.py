"""Pure torch: modules and losses, tensors in and tensors out."""

from zsl_estimators.nn.diffusion import GaussianDiffusion, make_betas
from zsl_estimators.nn.embedding import FeatureEncoder, SinusoidalTimeEmbedding
from zsl_estimators.nn.revcd import RevCDLoss, RevCDNetwork, reverse_process
from zsl_estimators.nn.unet import HadamardAdditionBlock, HadamardAdditionUNet

__all__ = [
    "FeatureEncoder",
    "GaussianDiffusion",
    "HadamardAdditionBlock",
    "HadamardAdditionUNet",
    "RevCDLoss",
    "RevCDNetwork",
    "SinusoidalTimeEmbedding",
    "make_betas",
    "reverse_process",
]
