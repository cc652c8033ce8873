"""Time of a training step at the size of the papers, against a bare loop.

Usage::

    python benchmarks/step_cost.py [--estimators CADAVAEClassifier ...] [--repeats 7]

The networks are those of ``paper_params("CUB")``: 2048 features, 312 attributes, 150
seen classes, and batches of that paper; CVAEClassifier, which has no published
settings, gets layers of 4096. A short fit makes the net. Epochs of a few batches are
then trained in turn by the net, with all that a fit does around a step (callbacks,
history, batches, schedules), and by a loop of torch alone with copies of the same
networks and losses. What is printed is the fastest of each, and their ratio, in one
thread.
"""

import argparse
import copy
from functools import partial

import numpy as np
import torch
from skorch.callbacks import Callback

import zsl_estimators
from speed import fastest
from zsl_estimators import SoftmaxHead
from zsl_estimators.training import AdversarialNet

N_FEATURES, N_ATTRIBUTES, N_SEEN, N_UNSEEN = 2048, 312, 150, 50
N_BATCHES = 10
PAPER = {
    "CVAEClassifier": {
        "encoder_hidden": (4096,),
        "decoder_hidden": (4096,),
        "latent_dim": N_ATTRIBUTES,
        "batch_size": 64,
    }
}
ESTIMATORS = (
    "FGANClassifier",
    "VAEcFlowClassifier",
    "CADAVAEClassifier",
    "CVAEClassifier",
    "FVAEGANClassifier",
    "TFVAEGANClassifier",
    "GAZSLClassifier",
    "CycleWGANClassifier",
    "ABPClassifier",
)


class KeepData(Callback):
    """Keeps what a net is trained on."""

    def on_train_begin(self, net, X=None, y=None, **kwargs):
        self.data = X


def paper_settings(cls):
    """Published settings of the networks, with nothing else that takes time."""
    settings = PAPER.get(cls.__name__) or cls.paper_params("CUB")
    return {
        **{name: value for name, value in settings.items() if "__" not in name},
        "init": None,
        "decision": "head",
        "head": SoftmaxHead(hidden=(), max_epochs=1),
        "n_synthetic": 1,
        "max_epochs": 1,
        "early_stopping": False,
        "seen_penalty": 0.0,
        "warm_start": True,
        "random_state": 0,
    }


def trained_net(name):
    """A net that has seen one epoch, its data, and how gradients are clipped."""
    cls = getattr(zsl_estimators, name)
    settings, keep = paper_settings(cls), KeepData()
    rng = np.random.RandomState(0)
    n_rows = N_BATCHES * settings["batch_size"]
    X = np.abs(rng.normal(size=(n_rows, N_FEATURES)))
    y = np.arange(n_rows) % N_SEEN
    attributes = rng.uniform(size=(N_SEEN + N_UNSEEN, N_ATTRIBUTES))
    callbacks = settings.pop("callbacks", None) or []
    clf = cls(attributes, callbacks=[*callbacks, keep], **settings)
    return clf.fit(X, y).net_, keep.data, callbacks


def epochs_of_net(net, data):
    """A function that trains for one more epoch."""
    net.notify("on_train_begin", X=data, y=None)
    batches = net.get_iterator(data, training=True)
    return partial(net.train_epoch, batches, data)


class BareLoop:
    """The same steps, by torch alone."""

    def __init__(self, net, data, callbacks):
        self.data, self.batch_size = data, net.batch_size
        self.network = copy.deepcopy(net.module_).train()
        self.loss = copy.deepcopy(net.criterion_)
        self.n_critic = getattr(net, "n_critic", None)
        self.clips = [one.gradient_clip_value for one in callbacks]
        parts = ["critic", "generator"] if isinstance(net, AdversarialNet) else [None]
        self.optimizers = {part: self.optimizer_of(net, part) for part in parts}

    def optimizer_of(self, net, part):
        network = self.network if part is None else getattr(self.network, part)
        _, settings = net.get_params_for_optimizer("optimizer", [])
        return net.optimizer(network.parameters(), **settings)

    def epoch(self):
        order = torch.randperm(len(self.data))
        if hasattr(self.network, "start_chains"):
            self.network.start_chains(len(self.data))
        for number, index in enumerate(order.split(self.batch_size), start=1):
            inputs, y = self.data[index]
            if self.n_critic is None:
                self.step(inputs, y)
                continue
            self.step_of("critic", "generator", inputs)
            if number % self.n_critic == 0:
                self.step_of("generator", "critic", inputs)

    def step(self, inputs, y):
        forward = getattr(self.network, "training_output", self.network)
        parts = self.loss(forward(**inputs), y)
        self.minimise(self.optimizers[None], sum(parts.values()))

    def step_of(self, part, other, inputs):
        getattr(self.network, part).requires_grad_(True)
        getattr(self.network, other).requires_grad_(False)
        loss, _ = getattr(self.loss, part)(self.network, **inputs)
        self.minimise(self.optimizers[part], loss)

    def minimise(self, optimizer, loss):
        optimizer.zero_grad()
        loss.backward()
        for largest in self.clips:
            torch.nn.utils.clip_grad_norm_(self.network.parameters(), largest)
        optimizer.step()


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--estimators", nargs="+", default=ESTIMATORS)
    parser.add_argument("--repeats", type=int, default=7)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    print("estimator, ms per step of the net, of the bare loop, ratio")
    for name in arguments.estimators:
        net, data, callbacks = trained_net(name)
        bare = BareLoop(net, data, callbacks)
        times = fastest(arguments.repeats, epochs_of_net(net, data), bare.epoch)
        ours, other = (1000 * seconds / N_BATCHES for seconds in times)
        print(f"{name:20s} {ours:8.1f} {other:8.1f} {ours / other:6.3f}", flush=True)


if __name__ == "__main__":
    main()
