"""Speed of GANs with further losses at the papers' sizes, beside plain torch.

Usage::

    python benchmarks/speed_gan_losses.py [--repeats 5] [--batches 5]

Every line compares an epoch of the net that the estimator holds with a loop of plain
torch that has the same mathematics, written the usual way (inputs side by side,
gradient penalty by double backward) and, second, with the gradient penalty in closed
form. They take turns, and the fastest time of each counts. Sizes: 2048 features, 312
attributes, 150 seen classes, hidden layers 4096 wide; batches of 64 and one step of the
generator per step of the critic (cycle-CLSWGAN), batches of 1024 and one per five
(GAZSL).
"""

import argparse
from functools import partial

import torch
from torch import nn
from torch.nn import functional

from speed import ADAM, N_ATTRIBUTES, N_CLASSES, N_FEATURES, WIDTH, fastest
from zsl_estimators.nn import (
    AdversarialLoss,
    ClassificationTerm,
    CycleTerm,
    FGANNetwork,
    GAZSLLoss,
    GAZSLNetwork,
)
from zsl_estimators.training import AdversarialNet, DeviceData

NOISE_DIM = {"cycle": N_ATTRIBUTES, "gazsl": 100}


class PlainLoop:
    """Tables, networks and optimisers; subclasses add their losses."""

    def __init__(self, noise_dim, n_conditions, n_out, closed_form):
        self.S, self.noise_dim = torch.rand(N_CLASSES, N_ATTRIBUTES), noise_dim
        self.closed_form = closed_form
        self.generator = nn.Sequential(
            nn.Linear(noise_dim + N_ATTRIBUTES, WIDTH),
            nn.LeakyReLU(0.2),
            nn.Linear(WIDTH, N_FEATURES),
            nn.ReLU(),
        )
        self.critic = nn.Sequential(
            nn.Linear(N_FEATURES + n_conditions, WIDTH),
            nn.LeakyReLU(0.2),
            nn.Linear(WIDTH, n_out),
        )
        self.optimizers = (
            ADAM(self.generator.parameters()),
            ADAM(self.critic.parameters()),
        )

    def epoch(self, x, y, batch_size, n_critic):
        order = torch.randperm(len(y))
        for number, index in enumerate(order.split(batch_size), start=1):
            self.minimise(1, lambda rows=index: self.critic_loss(x[rows], y[rows]))
            if number % n_critic == 0:
                self.minimise(0, lambda rows=index: self.generator_loss(y[rows]))

    def minimise(self, which, loss):
        for part, trained in ((self.generator, which == 0), (self.critic, which == 1)):
            part.requires_grad_(trained)
        self.optimizers[which].zero_grad()
        loss().backward()
        self.optimizers[which].step()

    def fake(self, y):
        return self.generator(
            torch.cat([torch.randn(len(y), self.noise_dim), self.S[y]], dim=1)
        )

    def penalty(self, real, fake, condition):
        between = torch.lerp(fake, real, torch.rand(len(real), 1))
        if self.closed_form:
            first, last = self.critic[0], self.critic[2]
            values = first(torch.cat([between, condition], dim=1)).detach()
            slopes = torch.where(values > 0, 1.0, 0.2)
            gradient = slopes * last.weight[0] @ first.weight[:, :N_FEATURES]
        else:
            between.requires_grad_()
            score = self.critic(torch.cat([between, condition], dim=1))[:, 0].sum()
            (gradient,) = torch.autograd.grad(score, between, create_graph=True)
        return 10 * (gradient.norm(dim=1) - 1).square().mean()


class PlainCycle(PlainLoop):
    def __init__(self, closed_form):
        super().__init__(NOISE_DIM["cycle"], N_ATTRIBUTES, 1, closed_form)
        self.classifier = nn.Linear(N_FEATURES, N_CLASSES).requires_grad_(False)
        self.regressor = nn.Linear(N_FEATURES, N_ATTRIBUTES).requires_grad_(False)

    def score(self, rows, s):
        return self.critic(torch.cat([rows, s], dim=1)).mean()

    def critic_loss(self, x, y):
        s = self.S[y]
        with torch.no_grad():
            fake = self.fake(y)
        gap = self.score(x, s) - self.score(fake, s)
        return self.penalty(x, fake, s) - gap

    def generator_loss(self, y):
        fake, s = self.fake(y), self.S[y]
        cycle = (self.regressor(fake) - s).square().sum(dim=1).mean()
        entropy = functional.cross_entropy(self.classifier(fake), y)
        return 0.01 * (cycle + entropy) - self.score(fake, s)


class PlainGAZSL(PlainLoop):
    def __init__(self, closed_form):
        super().__init__(NOISE_DIM["gazsl"], 0, 1 + N_CLASSES, closed_form)
        self.means = torch.rand(N_CLASSES, N_FEATURES)

    def judged(self, rows, y):
        out = self.critic(rows)
        return out[:, 0].mean(), functional.cross_entropy(out[:, 1:], y)

    def critic_loss(self, x, y):
        with torch.no_grad():
            fake = self.fake(y)
        (real_score, real_entropy), (score, entropy) = (
            self.judged(rows, y) for rows in (x, fake)
        )
        penalty = self.penalty(x, fake, x[:, :0])
        return penalty - real_score + score + real_entropy + entropy

    def generator_loss(self, y):
        fake = self.fake(y)
        score, entropy = self.judged(fake, y)
        member = functional.one_hot(y, N_CLASSES).float()
        means = member.T @ fake / member.sum(dim=0).clamp(min=1)[:, None]
        pivot = (means - self.means).norm(dim=1).mean()
        decay = sum(layer.weight.square().sum() for layer in self.generator[::2])
        return 0.5 * entropy - score + 5 * pivot + 1e-3 * decay


def network(cls, noise_dim):
    return partial(
        cls,
        torch.rand(N_CLASSES, N_ATTRIBUTES),
        torch.zeros(N_CLASSES, N_FEATURES),
        None,
        noise_dim=noise_dim,
        generator_hidden=(WIDTH,),
        critic_hidden=(WIDTH,),
        output_activation="relu",
    )


def cycle_loss():
    classifier = nn.Linear(N_FEATURES, N_CLASSES)
    regressor = nn.Linear(N_FEATURES, N_ATTRIBUTES)
    return AdversarialLoss(
        10.0,
        {
            "classification": ClassificationTerm(0.01, classifier),
            "cycle": CycleTerm(0.01, regressor),
        },
    )


def gazsl_loss():
    means = torch.rand(N_CLASSES, N_FEATURES)
    return GAZSLLoss(means, pivot_rows="batch")


def measure(name, make_network, loss, plain, batch_size, n_critic, options):
    n_rows = batch_size * options.batches
    x, y = torch.rand(n_rows, N_FEATURES), torch.arange(n_rows) % N_CLASSES
    data = DeviceData({"x": x, "y": y}, y)
    net = AdversarialNet(
        make_network,
        criterion=loss,
        optimizer=ADAM,
        batch_size=batch_size,
        n_critic=n_critic,
        max_epochs=1,
        n_threads=torch.get_num_threads(),
        verbose=0,
    ).initialize()
    loops = [plain(closed_form) for closed_form in (False, True)]
    ours, *theirs = fastest(
        options.repeats,
        lambda: net.partial_fit(data),
        *(partial(loop.epoch, x, y, batch_size, n_critic) for loop in loops),
    )
    usual, closed = (ours / time for time in theirs)
    milliseconds = 1000 * ours / options.batches
    return (
        f"{name}, {milliseconds:.0f} ms per batch; ours / plain torch: {usual:.2f}, "
        f"with the penalty in closed form {closed:.2f}"
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--batches", type=int, default=5)
    options = parser.parse_args()
    print(f"{torch.get_num_threads()} threads, torch {torch.__version__}")
    cycle = network(FGANNetwork, NOISE_DIM["cycle"])
    gazsl = network(GAZSLNetwork, NOISE_DIM["gazsl"])
    print(
        measure("cycle-CLSWGAN", cycle, cycle_loss, PlainCycle, 64, 1, options),
        flush=True,
    )
    print(measure("GAZSL", gazsl, gazsl_loss, PlainGAZSL, 1024, 5, options))


if __name__ == "__main__":
    main()
