"""Memory to fit the head on synthetic features of many classes.

Usage::

    python benchmarks/memory.py

Fits the built-in head for 2,000 classes of 512 features with ``synthesis="stream"``
and "once", each in a process of its own, and prints by how much the process grew beyond
what it held before.
"""

import multiprocessing
import resource

import numpy as np
import torch

from zsl_estimators import SoftmaxHead
from zsl_estimators.generative._stream import StreamedFeatures

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


def main():
    context = multiprocessing.get_context("spawn")
    print("synthesis  rows per class  extra peak memory")
    for synthesis, n_synthetic in (("stream", 100), ("stream", 200), ("once", 100)):
        with context.Pool(1) as pool:
            extra = pool.apply(fit, (synthesis, n_synthetic))
        print(f"{synthesis:9s}  {n_synthetic:14d}  {extra:.0f} MiB", flush=True)


if __name__ == "__main__":
    main()
