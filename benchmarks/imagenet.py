"""The largest experiment of the VAE-cFlow paper, on made data of its shape.

Usage::

    python benchmarks/imagenet.py --folder FOLDER --classes 21345 --rows 60000

Writes features in half precision to memory-mapped files in the folder, trains the
network of the paper on 1,000 seen classes (``paper_params("ImageNet", "paper")`` of
VAEcFlowClassifier), then the head on streamed synthetic features of all other classes,
and predicts. Every part runs in a process of its own; what it took and found is added
to ``results.json``. The generator is saved after every `--chunk` epochs: the same
command goes on where it was stopped. On a CPU choose few epochs and few synthetic
features; the paper has 30 epochs, 600 synthetic and 50 real features per class.
"""

import argparse
import json
import multiprocessing
import threading
import time
from contextlib import contextmanager
from pathlib import Path

import joblib
import numpy as np
import torch

from process_memory import anonymous_mebibytes
from zsl_estimators import VAEcFlowClassifier
from zsl_estimators.datasets import make_gzsl

N_SEEN, N_FEATURES, N_ATTRIBUTES = 1000, 2048, 500


class Watched:
    """Time of a block, and how much memory it needed besides mapped files."""

    def __enter__(self):
        self.before = self.peak = anonymous_mebibytes()
        self.ended = threading.Event()
        self.start = time.perf_counter(), time.process_time()
        threading.Thread(target=self._watch, daemon=True).start()
        return self

    def _watch(self):
        while not self.ended.wait(0.02):
            self.peak = max(self.peak, anonymous_mebibytes())

    def __exit__(self, *exception):
        self.ended.set()

    def figures(self):
        """What is known by now, by name."""
        wall, cpu = time.perf_counter(), time.process_time()
        on_device = (
            torch.cuda.max_memory_allocated() if torch.cuda.is_available() else 0
        )
        return {
            "wall seconds": round(wall - self.start[0], 1),
            "CPU seconds": round(cpu - self.start[1], 1),
            "host MiB": round(self.peak - self.before),
            "device MiB": round(on_device / 2**20),
        }


@contextmanager
def replacing(path):
    """Yield a name of another file, which takes the place of one when it is whole."""
    part = path.with_suffix(".part")
    try:
        yield part
        part.replace(path)
    except OSError as error:
        error.add_note(
            f"{path} is what it was before. Free space on that disk and give the same "
            "command again: it goes on from there."
        )
        raise
    finally:
        part.unlink(missing_ok=True)


def make_data(options):
    """Write the features, and what belongs to them."""
    data = make_gzsl(
        options.rows // N_SEEN,
        n_test_per_class=1,
        n_seen=N_SEEN,
        n_unseen=options.classes - N_SEEN,
        n_features=N_FEATURES,
        n_attributes=N_ATTRIBUTES,
        dtype=np.float16,
        memmap=options.folder,
        random_state=0,
    )
    kept = {name: data[name] for name in ("attributes", "y_train", "y_test")}
    with replacing(options.folder / "task.joblib") as part:
        joblib.dump(kept, part)
    return {"training rows": len(data.y_train)}


def load(options):
    task = joblib.load(options.folder / "task.joblib")
    for name in ("X_train", "X_test"):
        task[name] = np.load(options.folder / f"{name}.npy", mmap_mode="r")
    return task


def train(options):
    """Train the generator for some epochs, as often as it takes."""
    path, task = options.folder / "generator.joblib", load(options)
    settings = VAEcFlowClassifier.paper_params("ImageNet", source="paper")
    # Nothing is fitted for this decision.
    settings |= {"decision": "likelihood", "warm_start": True, "random_state": 0}
    clf, done = VAEcFlowClassifier(task["attributes"], **settings), 0
    if path.exists():
        clf, done = joblib.load(path)
    while done < options.epochs:
        n_epochs = min(options.chunk, options.epochs - done)
        clf.set_params(max_epochs=n_epochs, device=options.device, verbose=1)
        clf.fit(task["X_train"], task["y_train"])
        done += n_epochs
        with replacing(path) as part:
            joblib.dump((clf, done), part)
    return {"epochs": done, "bits": round(clf.history_[-1]["likelihood_loss"], 1)}


def train_head(options):
    """Train the head on streamed features, with one more epoch of the generator."""
    task = load(options)
    clf, _ = joblib.load(options.folder / "generator.joblib")
    clf.set_params(
        decision="head",
        max_epochs=1,
        n_synthetic=options.synthetic,
        n_real=options.real,
        head__max_epochs=options.head_epochs,
        head__batch_size=600,
        head__verbose=1,
    )
    clf.fit(task["X_train"], task["y_train"])
    clf.set_params(warm_start=False)
    with replacing(options.folder / "model.joblib") as part:
        joblib.dump(clf, part)
    n_unseen = options.classes - N_SEEN
    return {"head rows": N_SEEN * options.real + n_unseen * options.synthetic}


def predict(options):
    """Predict among all classes, and among the unseen ones."""
    task, clf = load(options), joblib.load(options.folder / "model.joblib")
    rows = np.random.RandomState(0).choice(len(task["y_test"]), options.test_rows)
    X, y = task["X_test"][np.sort(rows)], task["y_test"][np.sort(rows)]
    labels, _ = clf.predict_top_k(X, k=5)
    unseen = np.isin(y, clf.unseen_classes_)
    among_unseen = clf.predict(X[unseen], classes=clf.unseen_classes_)
    return {
        "hit@5, all": round(float((labels == y[:, None]).any(axis=1).mean()), 4),
        "T1 per sample": round(float((among_unseen == y[unseen]).mean()), 4),
    }


PARTS = {"data": make_data, "generator": train, "head": train_head, "predict": predict}


def run(name, options):
    """One part, with what it took."""
    with Watched() as watched:
        found = PARTS[name](options)
        return {**watched.figures(), **found}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--classes", type=int, default=21345)
    parser.add_argument("--rows", type=int, default=60_000)
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--chunk", type=int, default=1, help="epochs between files")
    parser.add_argument("--synthetic", type=int, default=5, help="per unseen class")
    parser.add_argument("--real", type=int, default=5, help="per seen class")
    parser.add_argument("--head-epochs", type=int, default=1)
    parser.add_argument("--test-rows", type=int, default=2000)
    parser.add_argument("--device", default="auto")
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    path = options.folder / "results.json"
    results = json.loads(path.read_text()) if path.exists() else {}
    for name in PARTS:
        if name not in results:
            with multiprocessing.get_context("spawn").Pool(1) as pool:
                results[name] = pool.apply(run, (name, options))
            with replacing(path) as part:
                part.write_text(json.dumps(results, indent=1))
        print(name, results[name], flush=True)


if __name__ == "__main__":
    main()
