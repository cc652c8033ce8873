import random
import signal
import time

import numpy as np
import pandas as pd
import pytest
import torch
from skorch.callbacks import Callback, EarlyStopping
from threadpoolctl import threadpool_limits
from torch import nn

from tests.common import quick, small
from zsl_estimators import (
    ALEClassifier,
    ExemplarClassifier,
    FGANClassifier,
    HeldOutScoring,
    RevCDClassifier,
    RidgeSemanticClassifier,
    VAEcFlowClassifier,
)
from zsl_estimators.datasets import load_digits_gzsl
from zsl_estimators.metrics import ausuc_score
from zsl_estimators.parameters import check_parameters
from zsl_estimators.training import (
    AdversarialNet,
    DeviceBatches,
    DeviceData,
    SampledBatches,
    WeightAveraging,
    ZeroShotNet,
    epoch_history,
    resolve_device,
    scoped_seed,
)
from zsl_estimators.training._callbacks import (
    DivergenceGuard,
    LossPartRecorder,
    Progress,
)

CPU = torch.device("cpu")


class Linear(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(2, 1)

    def forward(self, x):
        return self.layer(x)


class TwoParts(nn.Module):
    """Squared error and a constant part."""

    def forward(self, predicted, y):
        error = (predicted[:, 0] - y).square().mean()
        return {"error_loss": error, "constant_loss": torch.tensor(2.0)}


def data(n=20):
    x = torch.randn(n, 2, generator=torch.Generator().manual_seed(0))
    return {"x": x}, x.sum(dim=1)


def net(*callbacks, **parameters):
    parameters = {
        "criterion": TwoParts,
        "lr": 0.1,
        "batch_size": 8,
        "max_epochs": 3,
        "verbose": 0,
        "optimizer": torch.optim.SGD,
        **parameters,
    }
    callbacks = [DivergenceGuard(), LossPartRecorder(), *callbacks]
    return ZeroShotNet(Linear, callbacks=callbacks, **parameters)


class TestDevice:
    def test_auto_finds_something(self):
        assert resolve_device("auto").type in ("cpu", "cuda", "mps")

    def test_cpu(self):
        assert resolve_device("cpu") == CPU

    @pytest.mark.parametrize("device", ["gpu", "", "cuda:x"])
    def test_unknown_names(self, device):
        with pytest.raises(ValueError, match="Use 'auto'"):
            resolve_device(device)

    def test_compilation_is_refused(self, task):
        clf = small(FGANClassifier, attributes=task.attributes)
        clf.set_params(net_params={"compile": True})
        with pytest.raises(ValueError, match="would have no effect"):
            clf.fit(task.X_train, task.y_train)

    @pytest.mark.parametrize("device", ["cuda:64", "meta"])
    def test_missing_devices(self, device):
        with pytest.raises(ValueError, match="not available on this machine"):
            resolve_device(device)

    @pytest.mark.parametrize(
        ("cuda", "mps", "expected"),
        [(True, True, "cuda"), (False, True, "mps"), (False, False, "cpu")],
    )
    def test_auto_prefers_accelerators(self, monkeypatch, cuda, mps, expected):
        monkeypatch.setattr(torch.cuda, "is_available", lambda: cuda)
        monkeypatch.setattr(torch.backends.mps, "is_available", lambda: mps)
        assert resolve_device("auto").type == expected


class TestSeeding:
    def test_same_seed_same_numbers_and_state_restored(self):
        before = torch.get_rng_state()
        draws = []
        for _ in range(2):
            with scoped_seed(5, CPU):
                draws.append(torch.rand(3))
        assert torch.equal(*draws)
        assert torch.equal(before, torch.get_rng_state())

    def test_restored_after_an_error(self):
        before = torch.get_rng_state()
        with pytest.raises(RuntimeError), scoped_seed(5, CPU):
            torch.rand(1) @ torch.rand(2)
        assert torch.equal(before, torch.get_rng_state())

    def test_other_libraries_are_left_alone(self):
        before = random.getstate()
        with scoped_seed(5, CPU):
            pass
        assert before == random.getstate()


@pytest.mark.parametrize(("verbose", "lines"), [(0, 0), (2, 3)])
def test_silent_even_if_print_is_replaced(task, monkeypatch, capsys, verbose, lines):
    original = print
    monkeypatch.setattr("builtins.print", lambda *args: original(*args))
    small(
        RevCDClassifier,
        attributes=task.attributes,
        early_stopping=False,
        seen_penalty=0.0,
        verbose=verbose,
    ).fit(task.X_train, task.y_train)
    printed = capsys.readouterr().out.splitlines()
    assert sum(line.split()[:1] == ["all"] for line in printed) == lines
    assert bool(printed) == bool(lines)


class TestInterrupt:
    class AtTheSecondBatch(Callback):
        """Ctrl-C while a batch is computed."""

        def __init__(self, interrupt):
            self.interrupt = interrupt

        def on_epoch_end(self, net, **kwargs):
            self.interrupt()

    def fit(self, task, interrupt):
        return small(
            RevCDClassifier,
            attributes=task.attributes,
            early_stopping=False,
            seen_penalty=0.0,
            callbacks=[self.AtTheSecondBatch(interrupt)],
            random_state=0,
        ).fit(task.X_train, task.y_train)

    def test_control_c_is_not_swallowed(self, task):
        def interrupt():
            signal.raise_signal(signal.SIGINT)

        with pytest.raises(KeyboardInterrupt):
            self.fit(task, interrupt)

    def test_control_c_inside_a_callback_is_not_taken_for_its_wish(self, task):
        class Waits(Callback):
            def on_epoch_end(self, net, **kwargs):
                signal.raise_signal(signal.SIGINT)
                # The signal is taken between two instructions of Python.
                deadline = time.monotonic() + 5
                while time.monotonic() < deadline:
                    pass

        clf = small(
            RevCDClassifier,
            attributes=task.attributes,
            early_stopping=False,
            seen_penalty=0.0,
            callbacks=[Waits()],
        )
        with pytest.raises(KeyboardInterrupt):
            clf.fit(task.X_train, task.y_train)

    def test_a_callback_may_end_the_training(self, task):
        class Stop(Callback):
            def on_epoch_end(self, net, **kwargs):
                raise KeyboardInterrupt

        clf = small(
            RevCDClassifier,
            attributes=task.attributes,
            early_stopping=False,
            callbacks=[Stop()],
        )
        assert clf.fit(task.X_train, task.y_train).n_iter_ == 1


class TestThreads:
    @pytest.fixture
    def threads(self):
        yield torch.set_num_threads
        torch.set_num_threads(1)

    @pytest.mark.parametrize("cls", [RevCDClassifier, VAEcFlowClassifier])
    def test_their_number_does_not_change_a_fit(self, threads, cls):
        """Layers are wide enough here for sums to be split between threads."""
        data = load_digits_gzsl((3, 8))
        X, y = data.X_train[::3], data.y_train[::3]
        clf = cls(
            data.attributes,
            max_epochs=1,
            init=RidgeSemanticClassifier(alpha=0.1),
            early_stopping=False,
            seen_penalty=0.0,
            random_state=0,
        )
        if cls is VAEcFlowClassifier:
            init = ExemplarClassifier(alpha=0.1, shrinkage=0.1)
            clf.set_params(init=init, decision="gaussian")
        scores = []
        for n_threads in (1, 2):
            threads(n_threads)
            clf.fit(X, y)
            assert torch.get_num_threads() == n_threads
            scores.append(clf.decision_function(data.X_test))
        np.testing.assert_allclose(*scores, rtol=1e-11)

    def test_products_before_the_training_have_one_thread_too(self):
        """Wide enough for numpy to split a product between threads."""
        rng = np.random.RandomState(0)
        S = pd.DataFrame(rng.normal(size=(12, 85)))
        y = np.arange(600) % 10
        X = S.to_numpy()[y] @ rng.normal(size=(85, 700)) + rng.normal(size=(600, 700))
        clf = FGANClassifier(
            S,
            init=ExemplarClassifier(alpha=0.1, shrinkage=0.1),
            decision="gaussian",
            early_stopping=False,
            seen_penalty=0.0,
            max_epochs=1,
            random_state=0,
        )
        weights = []
        for n_threads in (1, 2):
            with threadpool_limits(n_threads):
                clf.fit(X, y)
            weights.append(clf.net_.module_.generator.net[0].weight)
        assert torch.equal(*weights)

    def test_more_on_request(self, threads, task):
        threads(1)
        used = []

        class Spy(Callback):
            def on_batch_end(self, net, **kwargs):
                used.append(torch.get_num_threads())

        clf = quick(
            RevCDClassifier,
            attributes=task.attributes,
            early_stopping=False,
            seen_penalty=0.0,
            callbacks=[Spy()],
            net_params={"n_threads": 2},
        )
        clf.fit(task.X_train, task.y_train)
        assert set(used) == {2}
        assert torch.get_num_threads() == 1


class TestBatches:
    def test_every_sample_once_per_pass(self):
        batches = DeviceBatches(DeviceData(*data(21)), batch_size=8, seed=0)
        seen = torch.cat([y for _, y in batches])
        np.testing.assert_allclose(seen.sort().values, data(21)[1].sort().values)

    @pytest.mark.parametrize(("n", "sizes"), [(17, [6, 6, 5]), (16, [8, 8]), (3, [3])])
    def test_no_tiny_last_batch(self, n, sizes):
        batches = DeviceBatches(DeviceData(*data(n)), batch_size=8)
        assert [len(y) for _, y in batches] == sizes
        assert len(batches) == len(sizes)

    def test_inputs_and_targets_stay_together(self):
        for inputs, y in DeviceBatches(DeviceData(*data()), batch_size=8):
            np.testing.assert_allclose(inputs["x"].sum(dim=1), y)

    def test_own_generator(self):
        orders = []
        for _ in range(2):
            torch.rand(7)
            batches = DeviceBatches(DeviceData(*data()), batch_size=8, seed=1)
            orders.append([torch.cat([y for _, y in batches]) for _ in range(2)])
        assert torch.equal(orders[0][0], orders[1][0])
        assert not torch.equal(orders[0][0], orders[0][1]), "passes must differ"


class TestNet:
    def test_learns_and_records_the_parts(self):
        fitted = net(max_epochs=20).fit(*data())
        first, last = fitted.history[0], fitted.history[-1]
        assert last["error_loss"] < 0.1 * first["error_loss"]
        assert last["constant_loss"] == 2
        assert last["train_loss"] == pytest.approx(last["error_loss"] + 2, rel=0.1)

    def test_stops_on_a_non_finite_loss(self):
        with pytest.raises(ValueError, match=r"epoch \d+. Try a smaller lr"):
            net(lr=1e20, max_epochs=50).fit(*data())

    def test_stops_on_a_loss_that_explodes_but_stays_finite(self):
        with pytest.raises(ValueError, match=r"epoch \d+. Try a smaller lr"):
            net(lr=10.0, max_epochs=5).fit(*data(100))

    def test_parts_of_some_batches_are_averaged_over_these(self):
        class EverySecondBatch(TwoParts):
            n_calls = 0

            def forward(self, predicted, y):
                parts = super().forward(predicted, y)
                self.n_calls += 1
                return (
                    parts if self.n_calls % 2 else {**parts, "rare_loss": y[0] * 0 + 5}
                )

        fitted = net(batch_size=5, criterion=EverySecondBatch).fit(*data())
        assert fitted.history[:, "rare_loss"] == [5, 5, 5]

    def test_epochs_are_trained_one_by_one(self):
        watched = net().initialize()
        data_set = watched.get_dataset(*data())
        batches = watched.get_iterator(data_set, training=True)
        for n_before in range(3):
            assert len(watched.history) == n_before
            assert watched.train_epoch(batches, data_set)
        losses = watched.history[:, "train_loss"]
        assert losses == sorted(losses, reverse=True)
        assert len(losses) == 3

    def test_every_epoch_has_another_order(self):
        """One iterator over batches serves all epochs."""
        orders = []

        class Order(Callback):
            def on_batch_begin(self, net, batch, **kwargs):
                orders.append(batch[1].tolist())

        watched = net(Order(), batch_size=20).initialize()
        watched.set_params(max_epochs=2).partial_fit(*data())
        first, second = orders
        assert sorted(first) == sorted(second)
        assert first != second

    def test_progress_bar(self, capsys):
        net(Progress("held-out classes 1/2")).fit(*data())
        shown = capsys.readouterr().err
        assert "held-out classes 1/2" in shown
        assert "3/3" in shown

    def test_history_without_batches(self):
        history = epoch_history(net().fit(*data()).history)
        assert len(history) == 3
        assert "batches" not in history[0]
        assert history[:, "train_loss"][0] > 0


class Duel(nn.Module):
    """Two weights."""

    def __init__(self):
        super().__init__()
        self.generator = nn.Linear(1, 1)
        self.critic = nn.Linear(1, 1)


class DuelLoss(nn.Module):
    """Each side raises its own weight; the other's must stay out of it."""

    def critic(self, module, x):
        loss = -(module.critic.weight + module.generator.weight).sum()
        return loss, {"critic_loss": loss}

    def generator(self, module, x):
        loss = -(module.generator.weight + module.critic.weight).sum()
        return loss, {"generator_loss": loss}


class TestAdversarialNet:
    def fit(self, **parameters):
        nets = AdversarialNet(
            Duel,
            criterion=DuelLoss,
            optimizer=torch.optim.SGD,
            lr=1.0,
            batch_size=5,
            max_epochs=3,
            verbose=0,
            callbacks=[LossPartRecorder()],
            **parameters,
        ).initialize()
        starts = [part.weight.item() for part in nets.module_.children()]
        nets.partial_fit(*data())
        ends = [part.weight.item() for part in nets.module_.children()]
        return nets, np.subtract(ends, starts)

    def test_critic_trains_on_every_batch_and_the_generator_on_some(self):
        _, moved = self.fit(n_critic=5)
        np.testing.assert_allclose(moved, [12 // 5, 12], rtol=1e-5)

    def test_critic_has_its_own_learning_rate(self):
        _, moved = self.fit(n_critic=1, critic_lr=0.5)
        np.testing.assert_allclose(moved, [12, 6], rtol=1e-5)

    def test_only_the_generator_is_left(self):
        nets, _ = self.fit(n_critic=2)
        assert nets.inference_module is nets.module_.generator
        nets.trim_for_prediction()
        assert nets.module_.critic is None
        assert nets.critic_optimizer_ is None


def test_sampled_batches_draw_from_all_rows():
    dataset = DeviceData(*data(7))
    dataset.device = CPU
    drawn = torch.cat([y for _, y in SampledBatches(dataset, 50, seed=1)])
    assert len(drawn) == 50
    assert set(drawn.tolist()) == set(dataset.y.tolist())
    again = torch.cat([y for _, y in SampledBatches(dataset, 50, seed=1)])
    assert torch.equal(drawn, again)


class TestWeightAveraging:
    def test_average_follows_its_recursion(self):
        weights = []

        class Watch(DivergenceGuard):
            def on_batch_end(self, net, **kwargs):
                weights.append(net.module_.layer.weight.detach().clone())

        fitted = net(Watch(), WeightAveraging(0.5)).fit(*data())
        average = weights[0]
        for n, weight in enumerate(weights[1:], start=1):
            decay = min(0.5, (1 + n) / (10 + n))
            average = decay * average + (1 - decay) * weight
        np.testing.assert_allclose(
            fitted.module_.layer.weight.detach(), average, rtol=1e-5
        )

    def test_module_has_the_average_between_epochs(self):
        """Whatever scores or keeps the net then sees what it will predict with."""
        trained, seen = [], []

        class Trained(Callback):
            def on_batch_end(self, net, **kwargs):
                trained.append(net.module_.layer.weight.detach().clone())

        class Between(Callback):
            def on_epoch_end(self, net, **kwargs):
                seen.append(net.module_.layer.weight.detach().clone())

        with scoped_seed(0, CPU):
            plain = net(Trained()).fit(*data())
        alone, trained[:] = list(trained), []
        with scoped_seed(0, CPU):
            fitted = net(WeightAveraging(0.9), Trained(), Between()).fit(*data())
        # Training goes on from the weights that were trained.
        torch.testing.assert_close(torch.stack(trained), torch.stack(alone))
        assert not torch.equal(seen[-1], plain.module_.layer.weight)
        torch.testing.assert_close(fitted.module_.layer.weight.detach(), seen[-1])

    def test_best_epoch_keeps_averaged_weights(self, task):
        """What early stopping loads is what was scored."""
        hidden = np.isin(task.y_train, task.seen_classes[:2])
        scoring = HeldOutScoring(task.X_train, task.y_train)
        clf = small(
            RevCDClassifier,
            attributes=task.attributes,
            init=None,
            ema_decay=0.95,
            lr=0.05,
            max_epochs=8,
            early_stopping=False,
            seen_penalty=0.0,
            callbacks=[
                scoring,
                EarlyStopping(
                    "held_out_AUSUC", lower_is_better=False, load_best=True, patience=99
                ),
            ],
            random_state=0,
        ).fit(task.X_train[~hidden], task.y_train[~hidden])
        kept = np.isin(clf.classes_, task.y_train)
        area = ausuc_score(
            task.y_train,
            clf.decision_function(task.X_train)[:, kept],
            classes=clf.classes_[kept],
            seen_classes=clf.seen_classes_,
        )
        best = max(clf.history_[:, "held_out_AUSUC"])
        assert area == pytest.approx(best, abs=1e-3)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"callbacks": [1]}, r"callbacks must hold callbacks of skorch.*got 1"),
        ({"callbacks": [("stop", 2)]}, r"callbacks must hold.*got \('stop', 2\)"),
        ({"net_params": {"optimizer": 3}}, r"net_params\['optimizer'\] must be"),
        ({"net_params": {"criterion": "mse"}}, r"net_params\['criterion'\] must be"),
        ({"hidden": (True,)}, r"hidden must hold.*\(True,\)"),
        ({"hidden": (2.5,)}, r"hidden must hold.*\(2.5,\)"),
    ],
)
def test_parameters_are_checked_before_training(parameters, message, task):
    clf = RevCDClassifier(attributes=task.attributes, **parameters)
    with pytest.raises(ValueError, match=message):
        clf.fit(task.X_train, task.y_train)


@pytest.mark.parametrize(
    "callback", [EarlyStopping, EarlyStopping(), ("stop", EarlyStopping())]
)
def test_callbacks_in_every_form(callback, task):
    clf = small(RevCDClassifier, attributes=task.attributes, random_state=0)
    clf.set_params(callbacks=[callback], net_params={"callbacks__stop": None})
    check_parameters(clf)


@pytest.mark.parametrize("cls", [ALEClassifier, FGANClassifier])
def test_warm_start_with_other_steps(task, cls):
    """A tiny learning rate moves nothing; later the usual one moves as much as ever."""
    usual = quick(cls).get_params()["lr"]
    clf = quick(cls).set_params(attributes=task.attributes, warm_start=True)
    clf.set_params(early_stopping=False, seen_penalty=0.0, batch_size=16)
    clf.set_params(net_params={"critic_lr": None} if cls is FGANClassifier else None)

    def moved_by_fit(**parameters):
        before = weights(clf) if hasattr(clf, "net_") else None
        clf.set_params(**parameters).fit(task.X_train, task.y_train)
        return before if before is None else (weights(clf) - before).abs().max()

    moved_by_fit()
    n_steps = n_batches(clf)
    assert moved_by_fit(lr=1e-12) < 1e-7
    assert n_batches(clf) == n_steps
    assert moved_by_fit(lr=usual, batch_size=64) > 1e-4
    assert n_batches(clf) < n_steps


def weights(clf):
    """All learned numbers of a network."""
    parameters = clf.net_.module_.parameters()
    return torch.cat([p.detach().clone().ravel() for p in parameters])


def n_batches(clf):
    """Batches of the last epoch."""
    return len(clf.net_.history[-1]["batches"])
