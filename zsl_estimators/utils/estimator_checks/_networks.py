"""Estimators that train with torch."""

import contextlib
import io
import pickle

import joblib
import numpy as np
import torch
from joblib.externals.loky import ProcessPoolExecutor

from zsl_estimators.utils.estimator_checks._task import (
    assert_refused,
    assert_same_scores,
    fitted,
    fitted_anew,
    small_task,
)


def check_batch_size_does_not_change_predictions(name, estimator):
    """batch_size is for training; changed afterwards it does nothing."""
    data = small_task()
    clf = fitted(estimator, data)
    before = clf.decision_function(data.X_test)
    clf.set_params(batch_size=2)
    np.testing.assert_array_equal(before, clf.decision_function(data.X_test))


def check_unknown_device(name, estimator):
    """A device that does not exist is refused, with those that do."""
    data = small_task()
    for device in ("abacus", "cuda:99"):
        assert_refused(
            lambda device=device: fitted_anew(estimator, data, device=device),
            "device",
            device,
            "'cpu'",
        )


def check_non_finite_loss(name, estimator):
    """A loss that explodes stops the fit, naming the epoch and a remedy.

    A network whose output is bounded may get through.
    """
    data = small_task()
    data.X_train = data.X_train * 1e18
    data.X_train[0] *= 1e19
    net_params = {"optimizer": torch.optim.SGD, "optimizer__weight_decay": 0.0}
    settings = {"lr": 1e30, "max_epochs": 20, "early_stopping": False}
    message = "the loss may explode in no epoch, whatever the lr"
    try:
        clf = fitted_anew(estimator, data, net_params=net_params, **settings)
    except ValueError as error:
        message = str(error)
    else:
        assert np.isfinite(clf.history_[:, "train_loss"]).all()
    assert all(word in message for word in ("loss", "epoch", "lr")), message


def check_fitted_net(name, estimator):
    """History, epoch count and net are there, and the optimiser is gone."""
    data = small_task()
    clf = fitted_anew(estimator, data, early_stopping=False, max_epochs=2)
    assert clf.n_iter_ == len(clf.history_) == 2
    parts = [key for key in clf.history_[-1] if key.endswith("_loss")]
    assert len(parts) >= 2, "the parts of the loss are not in the history"
    large = fitted_anew(
        estimator, data, early_stopping=False, max_epochs=2, warm_start=True
    )
    assert len(pickle.dumps(clf)) < len(pickle.dumps(large))


def check_warm_start(name, estimator):
    """warm_start goes on from the last weights."""
    data = small_task()
    settings = {"warm_start": True, "early_stopping": False, "max_epochs": 2}
    clf = fitted_anew(estimator, data, **settings)
    before = clf.decision_function(data.X_test)
    clf.fit(data.X_train, data.y_train)
    assert clf.n_iter_ == 4
    assert not np.array_equal(before, clf.decision_function(data.X_test))
    fewer = data.y_train != data.y_train[0]
    assert_refused(
        lambda: clf.fit(data.X_train[fewer], data.y_train[fewer]), "warm_start"
    )


def check_threads_agree(name, estimator):
    """Models fitted in two threads at once equal the one fitted alone."""
    data = small_task()
    alone = fitted(estimator, data)
    fit = joblib.delayed(fitted_anew)
    torch_state = torch.get_rng_state()
    together = joblib.Parallel(n_jobs=2, backend="threading")(
        fit(estimator, data) for _ in range(2)
    )
    assert torch.equal(torch_state, torch.get_rng_state())
    for other in together:
        assert_same_scores(alone, other, data.X_test, "a thread disagrees")


def check_silent_by_default(name, estimator):
    """verbose=0 prints nothing."""
    data = small_task()
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
        fitted_anew(estimator, data, verbose=0)
    assert printed.getvalue() == ""


def check_gpu_model_loads_on_cpu(name, estimator):
    """A model trained on a GPU predicts the same on the CPU; needs a GPU."""
    if not torch.cuda.is_available():
        return
    data = small_task()
    clf = fitted_anew(estimator, data, device="cuda")
    on_gpu = clf.decision_function(data.X_test)
    on_cpu = without_gpus(_scores_of_copy, pickle.dumps(clf), data.X_test)
    np.testing.assert_allclose(on_gpu, on_cpu, atol=1e-6)


def _scores_of_copy(content, X):
    return pickle.loads(content).decision_function(X)


def without_gpus(function, *arguments):
    """Result of a function in a new process that sees no GPU.

    Workers of joblib live on, and would fit later models without the GPU.
    """
    hidden = {"CUDA_VISIBLE_DEVICES": ""}
    with ProcessPoolExecutor(1, env=hidden) as new_process:
        return new_process.submit(function, *arguments).result()
