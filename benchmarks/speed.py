"""Speed of the feature-generating classifiers at the papers' sizes, as ratios.

Usage::

    python benchmarks/speed.py [--repeats 10]

Every line compares two ways in the same run, alternating, by the fastest time of each,
so that the machine's speed and most of its moods cancel. Sizes: 2048 features,
312 attributes, 150 seen classes, batches of 64, hidden layers 4096 wide (f-CLSWGAN) or
as in the official code (VAE-cFlow).
"""

import argparse
import time
from functools import partial

import numpy as np
import torch
from torch import nn

from zsl_estimators import VAEcFlowClassifier
from zsl_estimators.likelihood import ErrorRule
from zsl_estimators.nn.denoiser import ConditionalDenoiser
from zsl_estimators.nn.gan import FGANLoss, FGANNetwork, gradient_penalty
from zsl_estimators.nn.vaecflow import VAEcFlowLoss, VAEcFlowNetwork
from zsl_estimators.training import AdversarialNet, DeviceData

N_FEATURES, N_ATTRIBUTES, N_CLASSES, BATCH, WIDTH = 2048, 312, 150, 64, 4096
ADAM = partial(torch.optim.Adam, lr=1e-4, betas=(0.5, 0.999), fused=True)


def fastest(repeats, *functions):
    """Fastest time in seconds of each function, called in turn."""
    times = [[] for _ in functions]
    for _ in range(repeats + 1):
        for function, collected in zip(functions, times, strict=True):
            start = time.perf_counter()
            function()
            collected.append(time.perf_counter() - start)
    # The first round warms up.
    return [min(collected[1:]) for collected in times]


def fgan_network():
    return FGANNetwork(
        torch.rand(N_CLASSES, N_ATTRIBUTES),
        torch.zeros(N_CLASSES, N_FEATURES),
        None,
        noise_dim=N_ATTRIBUTES,
        generator_hidden=(WIDTH,),
        critic_hidden=(WIDTH,),
        output_activation="relu",
    )


def fgan_loss():
    return FGANLoss(10.0, 0.01, nn.Linear(N_FEATURES, N_CLASSES))


def batch(n_rows=BATCH):
    return torch.rand(n_rows, N_FEATURES), torch.arange(n_rows) % N_CLASSES


def critic_loss_by_double_backward(network, x, y):
    """The critic's loss as it is usually written."""
    attributes, critic = network.class_attributes[y], network.critic
    with torch.no_grad():
        fake = network.synthesise_like(y)
    between = torch.lerp(fake, x, torch.rand(len(y), 1))
    distance = critic(x, attributes).mean() - critic(fake, attributes).mean()
    return 10 * gradient_penalty(critic, between, attributes) - distance


def measure_critic_step(repeats):
    network, loss = fgan_network(), fgan_loss()
    network.generator.requires_grad_(False)
    optimizer = ADAM(network.critic.parameters())
    x, y = batch()

    def step(value):
        optimizer.zero_grad()
        value().backward()
        optimizer.step()

    ours, double = fastest(
        repeats,
        lambda: step(lambda: loss.critic(network, x, y)[0]),
        lambda: step(lambda: critic_loss_by_double_backward(network, x, y)),
    )
    return f"FGAN critic step, double backward / closed form: {double / ours:.2f}"


def skorch_net(n_threads):
    return AdversarialNet(
        fgan_network,
        criterion=fgan_loss,
        optimizer=ADAM,
        batch_size=BATCH,
        max_epochs=1,
        n_threads=n_threads,
        verbose=0,
    ).initialize()


def measure_threads(repeats, n_batches=10):
    x, y = batch(BATCH * n_batches)
    data = DeviceData({"x": x, "y": y}, y)
    one, all_of_them = skorch_net(1), skorch_net(torch.get_num_threads())
    times = fastest(
        repeats, lambda: one.partial_fit(data), lambda: all_of_them.partial_fit(data)
    )
    return f"FGAN epoch, one thread / all: {times[0] / times[1]:.2f}"


def measure_skorch_loop(repeats, n_batches=10):
    x, y = batch(BATCH * n_batches)
    data = DeviceData({"x": x, "y": y}, y)
    net = skorch_net(torch.get_num_threads())
    network, loss = fgan_network(), fgan_loss()
    optimizers = {
        part: ADAM(getattr(network, part).parameters())
        for part in ("critic", "generator")
    }

    def bare_step(part, other, x, y):
        getattr(network, part).requires_grad_(True)
        getattr(network, other).requires_grad_(False)
        optimizers[part].zero_grad()
        getattr(loss, part)(network, x, y)[0].backward()
        optimizers[part].step()

    def bare_epoch():
        order = torch.randperm(len(y))
        for number, index in enumerate(order.split(BATCH), start=1):
            bare_step("critic", "generator", x[index], y[index])
            if number % 5 == 0:
                bare_step("generator", "critic", x[index], y[index])

    skorch, bare = fastest(repeats, lambda: net.partial_fit(data), bare_epoch)
    return f"FGAN epoch, skorch / bare torch loop: {skorch / bare:.3f}"


def vaecflow_network():
    published = VAEcFlowClassifier.paper_params("CUB")
    names = ("coupling", "coupling_hidden", "encoder_hidden", "decoder_hidden")
    return VAEcFlowNetwork(
        torch.rand(N_CLASSES, N_ATTRIBUTES),
        torch.zeros(N_CLASSES, N_FEATURES),
        n_blocks=published["n_blocks"],
        residual=False,
        **{name: published[name] for name in names},
    )


def training_operations(network, n_present):
    """Multiplications and additions of a step: forward, and twice that backward."""
    rows = {network.vae.encoder: n_present}
    total = 0
    for part in (*network.flow.blocks, network.vae.encoder, network.vae.decoder):
        layers = [m for m in part.modules() if isinstance(m, nn.Linear)]
        total += sum(m.weight.numel() * rows.get(part, BATCH) for m in layers)
    return 3 * 2 * (total + network.classifier.weight.numel() * BATCH)


def measure_vaecflow_step(repeats):
    network, loss = vaecflow_network(), VAEcFlowLoss(1.0, 0.01)
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-4, fused=True)
    x, y = batch()
    y = torch.randint(N_CLASSES, (BATCH,))

    def step():
        optimizer.zero_grad()
        torch.stack(
            list(loss(network.training_output(x, y), y).values())
        ).sum().backward()
        optimizer.step()

    matrix = torch.rand(2048, 2048)
    ours, product = fastest(repeats, step, lambda: matrix @ matrix)
    rate = 2 * 2048**3 / product
    floor = training_operations(network, len(y.unique())) / rate
    return (
        f"VAE-cFlow training step / floating-point floor: {ours / floor:.2f} "
        f"({rate / 1e9:.0f} GFLOP/s)"
    )


def measure_synthesis(repeats, n_classes=50, n_per_class=600):
    generator = fgan_network().generator.requires_grad_(False)
    attributes = torch.rand(n_classes, N_ATTRIBUTES)

    def at_once():
        rows = torch.arange(n_classes).repeat_interleave(n_per_class)
        noise = torch.randn(len(rows), generator.noise_dim)
        return torch.cat(
            [
                generator.synthesise(noise[part], attributes[rows[part]], None)
                for part in torch.arange(len(rows)).split(8192)
            ]
        )

    def class_by_class():
        return torch.cat(
            [
                generator.synthesise(
                    torch.randn(n_per_class, generator.noise_dim),
                    attributes[[k]].expand(n_per_class, -1),
                    None,
                )
                for k in range(n_classes)
            ]
        )

    ours, loop = fastest(repeats, at_once, class_by_class)
    return f"synthesis of 50 x 600 rows, class by class / at once: {loop / ours:.2f}"


def measure_error_rule(repeats, n_rows=64, n_draws=16, n_features=384):
    """Scores of all classes, as the rule makes them and in a loop over classes."""
    attributes = torch.randn(N_CLASSES, n_features, dtype=torch.float64)
    network = ConditionalDenoiser(attributes, torch.randn_like(attributes)).double()
    nn.init.normal_(network.leave.linear.weight, std=0.01)
    seen = torch.ones(N_CLASSES, dtype=torch.bool)
    x = torch.randn(n_rows, n_features, dtype=torch.float64)
    known = attributes, network.class_centers, seen
    rule = ErrorRule(n_draws).fit(network.with_classes(*known), np.random.RandomState())

    def one_pass():
        return rule.score_classes(network.with_classes(*known), x)

    def loop():
        every = network.with_classes(*known)
        columns = torch.arange(N_CLASSES).split(1)
        return torch.cat([of_one_class(every.subset(c)) for c in columns], dim=1)

    def of_one_class(model):
        total = 0.0
        for t, noise in zip(rule.times_, torch.as_tensor(rule.noise_), strict=True):
            a, b = model.signal_and_noise(int(t))
            times = torch.full((n_rows,), int(t))
            predict = network.prepared(a * x + b * noise, times)
            velocity = predict(model.attributes, model.centers)
            error = (velocity - (a * noise - b * x)).square().sum(dim=1, keepdim=True)
            total = total - a**2 * error
        return total / rule._weight(every_class, 0, n_draws)

    every_class = network.with_classes(*known)
    with torch.no_grad():
        torch.testing.assert_close(one_pass(), loop())
        fused, looped = fastest(repeats, one_pass, loop)
    ratio = looped / fused
    return f"error rule, 150 classes, loop over classes / one pass: {ratio:.1f}"


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--repeats", type=int, default=10)
    repeats = parser.parse_args().repeats
    print(f"{torch.get_num_threads()} threads, torch {torch.__version__}")
    for measure in (
        measure_critic_step,
        measure_skorch_loop,
        measure_threads,
        measure_vaecflow_step,
        measure_synthesis,
        measure_error_rule,
    ):
        print(measure(repeats), flush=True)


if __name__ == "__main__":
    main()
