"""Do all estimators still answer what they answered before a change of the code?

Usage::

    python benchmarks/same_scores.py record FILE [--digits]
    python benchmarks/same_scores.py compare FILE [--digits] [--only WORD]

``record`` fits every public estimator, in a small configuration and in variants that
reach other branches of the code, and stores scores, penalties and numbers of epochs in
an ``.npz`` file. ``compare`` does the same and prints what differs from the file; its
exit status is 1 if any score differs by more than 1e-10. ``--digits`` takes the
defaults on the digits of scikit-learn instead, which needs some minutes. Compare on
the machine that made the file.
"""

import argparse
import sys
from pathlib import Path

import numpy as np
import torch
from sklearn.base import clone
from sklearn.ensemble import IsolationForest

sys.path.insert(0, str(Path(__file__).parents[1]))

import zsl_estimators as zsl
from tests.common import SMALL_RULES, public_estimators, small
from zsl_estimators.datasets import load_digits_gzsl, make_gzsl

TOLERANCE = 1e-10

# What the small configurations do not reach: class, parameters.
VARIANTS = {
    "RevCD, no initial estimator": ("RevCDClassifier", {"init": None}),
    "RevCD, no folds": (
        "RevCDClassifier",
        {"early_stopping": False, "seen_penalty": 0.1},
    ),
    "RevCD, ddpm": (
        "RevCDClassifier",
        {
            "sampler": "ddpm",
            "guidance_scale": 2.0,
            "sampling_steps": 3,
            "early_stopping": False,
        },
    ),
    "RevCD, average": ("RevCDClassifier", {"ema_decay": 0.9}),
    "RevCD, noise loss": (
        "RevCDClassifier",
        {
            "net_params": {"criterion__noise_loss": "capped"},
            "early_stopping": False,
        },
    ),
    "RevCD, warm": ("RevCDClassifier", {"warm_start": True, "early_stopping": False}),
    "FGAN, any decision": ("FGANClassifier", {"head": None}),
    "FGAN, gaussian": ("FGANClassifier", {"decision": "gaussian"}),
    "FGAN, stream": ("FGANClassifier", {"synthesis": "stream"}),
    "FGAN, no initial estimator": (
        "FGANClassifier",
        {"init": None, "early_stopping": False, "max_epochs": 10},
    ),
    "FGAN, warm": ("FGANClassifier", {"warm_start": True, "early_stopping": False}),
    "CycleWGAN, all classes": ("CycleWGANClassifier", {"cycle_on": "all"}),
    "GAZSL, no layer": ("GAZSLClassifier", {"condition_dim": None}),
    "VAE-cFlow, any decision": ("VAEcFlowClassifier", {"head": None}),
    "VAE-cFlow, likelihood": ("VAEcFlowClassifier", {"decision": "likelihood"}),
    "VAE-cFlow, the code's": (
        "VAEcFlowClassifier",
        {
            "init": None,
            "feature_scaling": "minmax",
            "net_params": {
                "module__noise_per_dimension": False,
                "module__legacy_scale": True,
                "criterion__legacy_scale": True,
                "module__cls_latent": "prior",
            },
            "early_stopping": False,
        },
    ),
    "ZeroDiff, any decision": ("ZeroDiffClassifier", {"head": None, "view": "auto"}),
    "ZeroDiff, no representation": (
        "ZeroDiffClassifier",
        {"contrastive": None, "view": "V+S"},
    ),
    "ZeroDiff, the code's": (
        "ZeroDiffClassifier",
        {
            "net_params": {
                "module__interleaved": False,
                "representation__module__interleaved": False,
                "representation__module__sees": "less_noised",
            },
            "progressive": True,
            "early_stopping": False,
        },
    ),
    "Diffusion, rules": (
        "DiffusionClassifier",
        {"rule": ["error", "noise_denoise", "inversion"]},
    ),
    "Diffusion, no initial estimator": ("DiffusionClassifier", {"init": None}),
    "ALE, warp from zero": ("ALEClassifier", {"loss": "warp", "init": None}),
    "CMT, novelty": (
        "CMTClassifier",
        {"novelty_detector": IsolationForest(n_estimators=10), "max_epochs": 3},
    ),
    "Exemplar, predicted": ("ExemplarClassifier", {"seen_means": "predicted"}),
    "Exemplar, fixed": (
        "ExemplarClassifier",
        {"alpha": 0.1, "shrinkage": 0.2, "shrink_to": "zero"},
    ),
    "Ridge, fixed": ("RidgeSemanticClassifier", {"alpha": 0.1, "seen_penalty": 0.2}),
    "ESZSL, centered": (
        "ESZSLClassifierCV",
        {"feature_scaling": "centered", "attribute_scaling": "rms"},
    ),
    "SAE, features": ("SAEClassifier", {"space": "features"}),
    **{
        f"Diffusion, {type(rule).__name__}": ("DiffusionClassifier", {"rule": rule})
        for rule in SMALL_RULES[1:]
    },
}


def small_cases():
    """Names and unfitted estimators."""
    for cls in public_estimators():
        yield cls.__name__, small(cls, random_state=0)
    for name, (cls, parameters) in VARIANTS.items():
        yield name, small(getattr(zsl, cls), random_state=0, **parameters)


def default_cases():
    """Names and unfitted estimators."""
    for cls in public_estimators():
        yield cls.__name__, cls(random_state=0)


def figures(estimator, data):
    """What the estimator answers, as arrays by name."""
    clf = clone(estimator).set_params(attributes=data.attributes)
    clf.fit(data.X_train, data.y_train)
    if getattr(clf, "warm_start", False):
        clf.fit(data.X_train, data.y_train)
    found = {
        "scores": clf.decision_function(data.X_test),
        "penalty": np.array(clf.seen_penalty_),
        "n_iter": np.array(getattr(clf, "n_iter_", -1)),
    }
    rng = np.random.RandomState(0)
    n_attributes = clf.class_attributes_.shape[1]
    clf.add_classes(rng.uniform(size=(2, n_attributes)), classes=[-7, 1000])
    found["scores after adding"] = clf.decision_function(data.X_test)
    return found


def difference(one, other):
    """Largest difference, relative to the spread of the scores."""
    if one.shape != other.shape:
        return np.inf
    return float(np.abs(one - other).max() / max(1.0, np.abs(one).max()))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=["record", "compare"])
    parser.add_argument("file", type=Path)
    parser.add_argument("--digits", action="store_true")
    parser.add_argument("--only", default="")
    options = parser.parse_args()
    torch.set_num_threads(1)
    data = make_gzsl(
        30, n_seen=8, n_unseen=3, n_features=6, n_attributes=4, random_state=1
    )
    if options.digits:
        data = load_digits_gzsl(unseen=(3, 8))
    before = {}
    if options.what == "compare":
        with np.load(options.file) as stored:
            before = dict(stored)
    now, differs = {}, False
    for name, estimator in default_cases() if options.digits else small_cases():
        if options.only.lower() not in name.lower():
            continue
        for figure, value in figures(estimator, data).items():
            key = f"{name}: {figure}"
            now[key] = value
            if key in before:
                gap = difference(before[key], value)
                differs |= gap > TOLERANCE
                if gap > TOLERANCE:
                    print(f"{key}: {gap:.1e}", flush=True)
            elif options.what == "compare":
                print(f"{key}: not in the file", flush=True)
        print(f"{name}: done", file=sys.stderr, flush=True)
    if options.what == "record":
        np.savez_compressed(options.file, **now)
    sys.exit(int(differs))


if __name__ == "__main__":
    main()
