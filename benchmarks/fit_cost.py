"""Where the processor time of a default fit goes, beside that of another commit.

Usage::

    python benchmarks/fit_cost.py --data FOLDER [--sets digits tep]
        [--estimators RevCDClassifier] [--against REVISION] [--csv FILE] [--plot FILE]

Every fit runs in a process of its own with one thread. Its CPU seconds are split into
scoring (of held-out rows), head (training of the classifiers of real and synthetic
features), folds (what else the models of folds cost), final (the model on all seen
classes) and start (imports and reading the data). The other revision is checked out
into a temporary folder and fitted in turn with this one.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from functools import wraps
from importlib import import_module
from pathlib import Path

import pandas as pd

HERE = Path(__file__).resolve()
CHECKOUT = HERE.parents[1]
PARTS = ("start", "final", "folds", "head", "scoring")
# Methods whose time is a part's, in this version or in earlier ones.
METHODS = {
    "folds": (
        "calibration._folds:HeldOutFolds.compare",
        "base:BaseZeroShotClassifier._learn_on_held_out_classes",
    ),
    "scoring": (
        "calibration._held_out:HeldOutRecord.add",
        "calibration._folds:Fold.score",
    ),
    "head": ("decisions:SoftmaxHead", "generative:SoftmaxHead"),
}
SETS = ("digits", "tep", "clinc150_minilm", "caltech101_efflite0_text")


def main():
    arguments = parsed()
    if arguments.child:
        print(json.dumps(cost_of_one(arguments)))
        return
    with compared(arguments.against) as checkouts:
        rows = []
        for name in arguments.sets:
            for estimator in arguments.estimators or networks():
                for revision, checkout in checkouts.items():
                    cost = in_process(checkout, name, estimator, arguments)
                    rows.append({"revision": revision, **cost})
                    print(line_of(rows, revision), flush=True)
    costs = pd.DataFrame(rows)
    if arguments.csv:
        costs.to_csv(arguments.csv, index=False)
    if arguments.plot:
        draw(costs, arguments.plot)


def parsed():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--data", help="folder of .npz files; not needed for digits")
    parser.add_argument("--sets", nargs="+", default=SETS)
    parser.add_argument("--estimators", nargs="+", help="default: all with networks")
    parser.add_argument("--parameters", default="{}", help="of all estimators, as JSON")
    parser.add_argument("--against", metavar="REVISION")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--csv")
    parser.add_argument("--plot", help="file of a picture")
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    return parser.parse_args()


def networks():
    import zsl_estimators

    names = [name for name in zsl_estimators.__all__ if name.endswith("Classifier")]
    return [
        name
        for name in names
        if "max_epochs" in getattr(zsl_estimators, name)().get_params()
    ]


# -- one fit --------------------------------------------------------------------------


def in_process(checkout, name, estimator, arguments):
    """Fit once in a process of its own that imports the package from a checkout."""
    given = [
        *("--sets", name, "--estimators", estimator, "--seed", str(arguments.seed)),
        *("--parameters", arguments.parameters),
        *(["--data", arguments.data] if arguments.data else []),
    ]
    return json_of_child(HERE, checkout, given)


def cost_of_one(arguments):
    """CPU seconds of the parts of a fit, in the process that this is called in."""
    import zsl_estimators
    from tasks import find_tasks

    (name,), (estimator,) = arguments.sets, arguments.estimators
    data = find_tasks(arguments.data, [name])[0].load()
    cls = getattr(zsl_estimators, estimator)
    clock = Clock()
    clock.watch_all(cls)
    parameters = json.loads(arguments.parameters)
    clf = cls(data.attributes, random_state=arguments.seed, **parameters)
    clock.seconds["start"] = time.process_time()
    start = time.perf_counter()
    with clock.part("final"):
        clf.fit(data.X_train, data.y_train)
    wall = time.perf_counter() - start
    H = zsl_estimators.metrics.gzsl_report(
        data.y_test, clf.predict(data.X_test), seen_classes=clf.seen_classes_
    )["H"].iloc[0]
    cost = {part: round(clock.seconds[part], 2) for part in PARTS}
    return {
        "set": name,
        "estimator": estimator,
        **cost,
        "fit": round(sum(cost.values()) - cost["start"], 2),
        "process": round(sum(cost.values()), 2),
        "wall": round(wall, 2),
        "epochs": getattr(clf, "n_iter_", None),
        "H": round(float(H), 4),
    }


class Clock:
    """Processor time by part; inside a part that another one is in, only the inner."""

    def __init__(self):
        self.seconds = dict.fromkeys(PARTS, 0.0)
        self.inside = []
        self.since = 0.0

    @contextmanager
    def part(self, name):
        self._account()
        self.inside.append(name)
        try:
            yield
        finally:
            self._account()
            self.inside.pop()

    def watch_all(self, cls):
        """Watch the methods of `METHODS`, and the scoring of an estimator's class."""
        for part, paths in METHODS.items():
            for path in paths:
                self._watch_path(part, path)
        for owner in cls.__mro__:
            for name in {"_score_classes", "_decision"} & vars(owner).keys():
                self._watch(owner, name, "scoring")

    def _watch_path(self, part, path):
        module, _, attribute = path.partition(":")
        # Not by importing it: an installed package may find modules elsewhere.
        file = Path(import_module("zsl_estimators").__file__).parent.joinpath(
            *module.split(".")
        )
        if not file.is_dir() and not file.with_suffix(".py").exists():
            return
        cls, _, method = attribute.partition(".")
        owner = getattr(import_module(f"zsl_estimators.{module}"), cls, None)
        for name in [method] if method else ["fit", "fit_stream"]:
            if name in vars(owner or object):
                self._watch(owner, name, part)

    def _watch(self, owner, name, part):
        method = getattr(owner, name)

        @wraps(method)
        def watched(*args, **kwargs):
            with self.part(part):
                return method(*args, **kwargs)

        setattr(owner, name, watched)

    def _account(self):
        now = time.process_time()
        if self.inside:
            self.seconds[self.inside[-1]] += now - self.since
        self.since = now


# -- the other revision, the table and the picture ------------------------------------


@contextmanager
def checked_out(revision):
    """Yield a folder that holds another revision of this repository."""
    with tempfile.TemporaryDirectory() as folder:
        archive = subprocess.run(
            ["git", "-C", str(CHECKOUT), "archive", revision],
            check=True,
            capture_output=True,
        )
        subprocess.run(["tar", "-x", "-C", folder], input=archive.stdout, check=True)
        yield Path(folder)


@contextmanager
def compared(revision):
    """Yield folders by name: of another revision if there is one, and of this one."""
    if revision is None:
        yield {"here": CHECKOUT}
        return
    with checked_out(revision) as other:
        yield {revision: other, "here": CHECKOUT}


def json_of_child(script, checkout, given):
    """What a script prints last with ``--child`` and a checkout, in one thread."""
    one_thread = dict.fromkeys(
        ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1"
    )
    answer = subprocess.run(
        [sys.executable, str(script), "--child", *given],
        env={**os.environ, **one_thread, "PYTHONPATH": str(checkout)},
        check=False,
        capture_output=True,
        text=True,
    )
    if answer.returncode:
        raise SystemExit(answer.stderr)
    return json.loads(answer.stdout.splitlines()[-1])


def line_of(rows, revision):
    """The last cost, and its ratio to that of the other revision when that is known."""
    row, header = rows[-1], len(rows) == 1
    text = pd.DataFrame([row]).to_string(index=False).splitlines()
    line = "\n".join(text) if header else text[1]
    before = rows[-2] if len(rows) > 1 else {}
    same = all(before.get(name) == row[name] for name in ("set", "estimator"))
    return f"{line}  ratio {row['fit'] / before['fit']:.2f}" if same else line


def draw(costs, path):
    """Draw a stacked bar per fit."""
    import matplotlib.pyplot as plt

    labels = costs["set"] + "  " + costs["estimator"] + "  " + costs["revision"]
    figure, axes = plt.subplots(figsize=(9, 1 + 0.25 * len(costs)), layout="tight")
    left = 0 * costs["fit"]
    for part in PARTS[1:]:
        axes.barh(labels, costs[part], left=left, label=part)
        left = left + costs[part]
    axes.invert_yaxis()
    axes.set_xlabel("CPU seconds of a fit")
    axes.legend()
    figure.savefig(path)


if __name__ == "__main__":
    main()
