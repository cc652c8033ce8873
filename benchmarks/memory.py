"""Memory of the head and of the diffusion classifier with many classes.

Usage::

    python benchmarks/memory.py

Fits the built-in head for 2,000 classes of 512 features with ``synthesis="stream"``
and "once", and scores 256 samples by the error rule with dropped classes, which is to
need little more than the table of scores. Each runs in a process of its own; what is
printed is by how much the process grew beyond what it held before.
"""

import multiprocessing
import resource

import numpy as np
import torch

from zsl_estimators import SoftmaxHead
from zsl_estimators.decisions._stream import StreamedFeatures
from zsl_estimators.likelihood import ErrorRule
from zsl_estimators.nn.denoiser import ConditionalDenoiser

N_CLASSES, N_FEATURES = 2000, 512


def features(n_synthetic):
    centers = torch.randn(N_CLASSES, N_FEATURES)

    def synthesise(positions):
        return centers[positions] + 0.1 * torch.randn(len(positions), N_FEATURES)

    nothing = np.empty((0, N_FEATURES), dtype=np.float32)
    classes = np.arange(N_CLASSES)
    return StreamedFeatures(
        nothing, np.empty(0, dtype=int), synthesise, classes, n_synthetic
    )


def peak_mebibytes():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def fit(synthesis, n_synthetic):
    """Growth of the peak memory, in MiB, while a head is fitted."""
    # One small fit first, so that what torch itself loads is not counted.
    SoftmaxHead(max_epochs=1).fit(np.eye(4), np.arange(4))
    head = SoftmaxHead(max_epochs=1, random_state=0, device="cpu")
    streamed = features(n_synthetic)
    before = peak_mebibytes()
    if synthesis == "stream":
        head.fit_stream(streamed, np.arange(N_CLASSES))
    else:
        head.fit(*streamed.all_rows())
    return peak_mebibytes() - before


def score(n_classes):
    """Growth of the peak memory, in MiB, while samples are scored."""
    attributes, centers = torch.randn(n_classes, 32), torch.randn(n_classes, 64)
    network = ConditionalDenoiser(attributes, centers)
    model = network.with_classes(attributes, centers, torch.arange(n_classes) % 2 == 0)
    rule = ErrorRule(n_draws=(4, 32), keep=(5,)).fit(model, np.random.RandomState(0))
    with torch.no_grad():
        rule.score_classes(model.subset(torch.arange(20)), centers[:2])
        before = peak_mebibytes()
        rule.score_classes(model, torch.randn(256, 64))
    return peak_mebibytes() - before


def in_fresh_process(function, *arguments):
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(function, arguments)


def main():
    print("synthesis  rows per class  extra peak memory")
    for synthesis, n_synthetic in (("stream", 100), ("stream", 200), ("once", 100)):
        extra = in_fresh_process(fit, synthesis, n_synthetic)
        print(f"{synthesis:9s}  {n_synthetic:14d}  {extra:.0f} MiB", flush=True)
    print("classes scored by the error rule  extra peak memory")
    for n_classes in (500, 2000, 8000):
        print(f"{n_classes:31d}  {in_fresh_process(score, n_classes):.0f} MiB")


if __name__ == "__main__":
    main()
