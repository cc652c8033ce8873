"""The decision rules of DiffusionClassifier, compared on one trained model.

Usage::

    python benchmarks/rules.py --data FOLDER [--sets NAME ...] [--seeds 1]
                               [--estimators NAME ...] [--rows 2000] [--csv FILE]

Arguments and figures are those of ``accuracy.py``. All rules but "cross_attention",
which needs a network of its own, decide with the same network, trained once; each has
its own seen penalty from the folds. "synthesis" is the generative use of the same
network: a head on real features of seen and generated ones of unseen classes. At most
`rows` test rows are used, the same for all rules, drawn at random. Evaluations are
passes through the network for one sample.
"""

import time
from pathlib import Path

import numpy as np
import pandas as pd
import torch

from accuracy import (
    FIGURES,
    all_columns,
    command_line,
    figures_of_scores,
    positive,
    to_markdown,
)
from runner import append_row, key, read_rows
from tasks import find_tasks
from zsl_estimators import DiffusionClassifier, FGANClassifier
from zsl_estimators.likelihood.rules import RULES
from zsl_estimators.nn.denoiser import ConditionalDenoiser, DenoisingLoss
from zsl_estimators.nn.probability_flow import angle_grid, integrate
from zsl_estimators.training import CosineSchedule, ZeroShotNet

ALONE = ("cross_attention", "synthesis")
SAMPLING_STEPS = 20


class SynthesisingDenoiser(ConditionalDenoiser):
    """A denoiser that generates features, as generators do."""

    @property
    def noise_dim(self):
        return self.class_centers.shape[1]

    def synthesise(self, noise, attributes, centers):
        def slope(w, t):
            signal, b = self.diffusion.signal_and_noise(t)
            t = torch.tensor([t], device=w.device)
            predict = self.prepared(w + signal * centers, t)
            return predict(attributes, centers) + b * centers

        times, angles = angle_grid(self.diffusion, SAMPLING_STEPS)
        return centers + integrate(slope, noise, times[::-1], angles[::-1])


class SynthesisByDiffusion(FGANClassifier):
    """The same network, trained in the same way, that generates features for a head."""

    _net_class = ZeroShotNet
    _growth_of_followed_epochs = DiffusionClassifier._growth_of_followed_epochs

    def _net_arguments(self, problem):
        attributes, centers = self._seen_tensors()
        return {
            "module": SynthesisingDenoiser,
            "module__class_attributes": attributes,
            "module__class_centers": centers,
            "criterion": DenoisingLoss,
            "optimizer": torch.optim.AdamW,
            "optimizer__weight_decay": DiffusionClassifier().weight_decay,
            "callbacks": [CosineSchedule(self.max_epochs)],
        }


def synthesis():
    usual = DiffusionClassifier()
    return SynthesisByDiffusion(max_epochs=usual.max_epochs, lr=usual.lr)


def fitted_rules(names, data, seed):
    """Yield names and fitted classifiers, which share a network where they can."""
    together = [name for name in names if name not in ALONE]
    if together:
        clf = DiffusionClassifier(rule=together)
        fitted = fit(clf, data, seed)
        yield from ((name, fitted.with_rule(name)) for name in together)
    if "cross_attention" in names:
        clf = DiffusionClassifier(rule="cross_attention")
        yield "cross_attention", fit(clf, data, seed)
    if "synthesis" in names:
        yield "synthesis", fit(synthesis(), data, seed)


def fit(clf, data, seed):
    clf.set_params(attributes=data.attributes, random_state=seed)
    return clf.fit(data.X_train, data.y_train)


def measure(clf, data):
    """Figures, evaluations and seconds per sample."""
    penalty, clf.seen_penalty_ = clf.seen_penalty_, 0.0
    start = time.perf_counter()
    scores = all_columns(clf.decision_function(data.X_test))
    seconds = time.perf_counter() - start
    rule = getattr(clf, "rule_", None)
    return {
        **figures_of_scores(clf, data, scores, penalty),
        "evaluations": rule.n_evaluations(len(clf.classes_)) if rule else 1,
        "ms per sample": 1000 * seconds / len(data.X_test),
    }


def fewer_test_rows(data, n_rows):
    rows = np.random.RandomState(0).permutation(len(data.X_test))[:n_rows]
    data.X_test, data.y_test = data.X_test[rows], data.y_test[rows]
    return data


def run_task(task, names, seed, n_rows, path):
    done = read_rows(path)
    rows = {
        name: {"set": task.set, "unseen": task.unseen, "estimator": name, "seed": seed}
        for name in names
    }
    missing = [name for name in names if key(rows[name]) not in done]
    if not missing:
        return
    data = fewer_test_rows(task.load(), n_rows)
    for name, clf in fitted_rules(missing, data, seed):
        append_row(path, rows[name] | measure(clf, data))


def table(path, names):
    """Means over choices of unseen classes and seeds, as Markdown."""
    rows = pd.DataFrame(read_rows(path).values())
    columns = [*FIGURES, "evaluations", "ms per sample"]
    means = rows.groupby(["set", "estimator"], sort=False)[columns].mean()
    spread = rows.groupby(["set", "estimator"], sort=False)["H"].std()
    text = means.map("{:.3f}".format)
    text["evaluations"] = means["evaluations"].map("{:.0f}".format)
    text["ms per sample"] = means["ms per sample"].map("{:.2f}".format)
    text["H"] += spread.map(lambda s: "" if s != s else f" ± {s:.3f}")
    text = text.reset_index().rename(columns={"estimator": "rule"})
    place = {name: number for number, name in enumerate(names)}
    order = text.sort_values(
        ["set", "rule"], key=lambda c: c.map(place) if c.name == "rule" else c
    )
    return to_markdown(order)


def main():
    parser = command_line(__doc__, [*RULES, "synthesis"], Path("rules.csv"))
    parser.add_argument("--rows", type=positive, default=2000, help="test rows")
    parser.set_defaults(seeds=1)
    arguments = parser.parse_args()
    for seed in range(arguments.seeds):
        for task in find_tasks(arguments.data, arguments.sets):
            print(task.set, task.unseen, "seed", seed, flush=True)
            run_task(task, arguments.estimators, seed, arguments.rows, arguments.csv)
    text = table(arguments.csv, [*RULES, "synthesis"])
    arguments.csv.with_suffix(".md").write_text(text + "\n")
    print(text)


if __name__ == "__main__":
    main()
