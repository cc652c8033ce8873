"""What the parts of the feature-generating classifiers contribute.

Usage::

    python benchmarks/ablation.py FOLDER [--sets NAME ...] [--seeds 3] [--csv FILE]

FOLDER and figures are those of ``accuracy.py``, whose table shows the defaults with
and without seen penalty. Here one part at a time is switched off or exchanged.
"""

from accuracy import parse_arguments, run_all, summarise, to_markdown

from zsl_estimators import FGANClassifier, SoftmaxHead, VAEcFlowClassifier

VARIANTS = {
    "FGAN, no shadow": lambda: FGANClassifier(linear_shadow=False),
    "FGAN, head": lambda: FGANClassifier(decision="head"),
    "FGAN, linear head": lambda: FGANClassifier(head=SoftmaxHead(hidden=())),
    "FGAN, nearest mean": lambda: FGANClassifier(decision="gaussian"),
    "VAE-cFlow, no shadow": lambda: VAEcFlowClassifier(
        linear_shadow=False, feature_scaling="standard"
    ),
    "VAE-cFlow, head": lambda: VAEcFlowClassifier(decision="head"),
    "VAE-cFlow, nearest mean": lambda: VAEcFlowClassifier(decision="gaussian"),
    "VAE-cFlow, likelihood": lambda: VAEcFlowClassifier(decision="likelihood"),
}


def main():
    arguments = parse_arguments(__doc__.split("\n")[0], list(VARIANTS))
    results = run_all(*arguments, make=lambda name: VARIANTS[name]())
    print(to_markdown(summarise(results)))


if __name__ == "__main__":
    main()
