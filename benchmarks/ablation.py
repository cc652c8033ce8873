"""What the parts of the feature-generating classifiers contribute.

Usage::

    python benchmarks/ablation.py --data FOLDER [--sets NAME ...] [--seeds 3]
                                  [--n-jobs 2] [--csv FILE]

Arguments and figures are those of ``accuracy.py``, whose table shows the defaults with
and without seen penalty. Here one part at a time is switched off or exchanged.
"""

from pathlib import Path

from accuracy import command_line, report
from zsl_estimators import (
    FGANClassifier,
    SoftmaxHead,
    VAEcFlowClassifier,
    ZeroDiffClassifier,
)

VARIANTS = {
    "FGAN, init=None": lambda: FGANClassifier(init=None),
    "FGAN, head": lambda: FGANClassifier(decision="head"),
    "FGAN, linear head": lambda: FGANClassifier(head=SoftmaxHead(hidden=())),
    "FGAN, nearest mean": lambda: FGANClassifier(decision="gaussian"),
    "VAE-cFlow, init=None": lambda: VAEcFlowClassifier(
        init=None, feature_scaling="standard"
    ),
    "VAE-cFlow, head": lambda: VAEcFlowClassifier(decision="head"),
    "VAE-cFlow, nearest mean": lambda: VAEcFlowClassifier(decision="gaussian"),
    "VAE-cFlow, likelihood": lambda: VAEcFlowClassifier(decision="likelihood"),
    # Table 3 of the paper, and the zero mean that it releases.
    "VAE-cFlow, linear prior": lambda: VAEcFlowClassifier(
        encoder_hidden=(), vae_weight=0.0, cls_weight=0.0
    ),
    "VAE-cFlow, means at zero": lambda: VAEcFlowClassifier(
        cls_weight=0.0, net_params={"criterion__zero_mean": True}
    ),
    "VAE-cFlow, no classification loss": lambda: VAEcFlowClassifier(cls_weight=0.0),
    "ZeroDiff, init=None": lambda: ZeroDiffClassifier(init=None),
    "ZeroDiff, no diffusion": lambda: ZeroDiffClassifier(n_diffusion_steps=1),
    "ZeroDiff, no representation": lambda: ZeroDiffClassifier(contrastive=None),
    "ZeroDiff, no mutual learning": lambda: ZeroDiffClassifier(mutual_weight=0.0),
    "ZeroDiff, no reconstruction": lambda: ZeroDiffClassifier(vae_weight=0.0),
    "ZeroDiff, less noised input": lambda: ZeroDiffClassifier(
        net_params={"representation__module__sees": "less_noised"}
    ),
    "ZeroDiff, progressive": lambda: ZeroDiffClassifier(progressive=True),
}


def variant(name, set_name):
    return VARIANTS[name]()


def main():
    report(command_line(__doc__, VARIANTS, Path("ablation.csv")), variant)


if __name__ == "__main__":
    main()
