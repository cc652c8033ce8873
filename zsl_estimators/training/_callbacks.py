"""skorch callbacks that all nets of the package use."""

import math

from skorch.callbacks import Callback, PrintLog
from torch.optim.swa_utils import AveragedModel
from tqdm.auto import tqdm

from zsl_estimators.candidates import check_both_kinds
from zsl_estimators.metrics import SeenUnseenCurve
from zsl_estimators.persistence import Storable

# No training that will still succeed multiplies its first loss by this.
DIVERGED = 1e4


class DivergenceGuard(Callback):
    """Stop with an error when a loss was NaN, infinite or has exploded in an epoch."""

    def initialize(self):
        self.limit_ = None
        return self

    def on_epoch_end(self, net, **kwargs):
        if self.limit_ is None:
            self.limit_ = DIVERGED * (1 + abs(net.losses.first.item()))
        largest = net.losses.largest
        if not largest <= self.limit_ < math.inf:
            raise ValueError(
                f"The training loss became {largest} in epoch {len(net.history)}. Try "
                "a smaller lr, scale the features (StandardScaler), or look for "
                "extreme values in X and attributes."
            )


class LossPartRecorder(Callback):
    """Average every part of the loss over an epoch into the history, by name.

    A part that only some batches have is averaged over these.
    """

    def on_epoch_end(self, net, **kwargs):
        for name, (total, n_batches) in net.loss_sums.items():
            net.history.record(name, total.item() / n_batches)


class HeldOutScoring(Storable, Callback):
    """Record the accuracy on held-out classes during training.

    Pass it to an estimator as one of its `callbacks`. After every epoch it writes
    ``held_out_H``, the largest harmonic mean over all seen penalties, and
    ``held_out_AUSUC`` into the history. Feature-generating classifiers are scored by
    the distance to the means of generated features, because there is no head yet.

    :class:`skorch.callbacks.EarlyStopping`, further down in the list, can stop on these
    scores. The held-out classes are not trained on, and in a search they must not occur
    in its test folds. ``early_stopping=True``, the default of the estimators, chooses
    the number of epochs on folds and then trains on all classes; set
    ``early_stopping=False`` together with this callback.

    Parameters
    ----------
    X : array-like of shape (n_samples, n_features)
        Held-out samples, transformed by the other steps if the classifier is in a
        pipeline.
    y : array-like of shape (n_samples,)
        Their labels, of classes that the model is trained on and of others, which
        must be described in `attributes`.
    name : str, default="held_out"
        Prefix of the names in the history.

    See Also
    --------
    zsl_estimators.model_selection.ClassHoldoutSplit : Hides classes.

    Examples
    --------
    >>> from skorch.callbacks import EarlyStopping
    >>> from zsl_estimators import HeldOutScoring, RevCDClassifier
    >>> from zsl_estimators.datasets import make_gzsl
    >>> from zsl_estimators.model_selection import ClassHoldoutSplit
    >>> data = make_gzsl(random_state=0)
    >>> X, y = data.X_train, data.y_train
    >>> train, held_out = next(ClassHoldoutSplit(1, random_state=0).split(X, y))
    >>> clf = RevCDClassifier(
    ...     data.attributes,
    ...     max_epochs=6,
    ...     early_stopping=False,
    ...     callbacks=[
    ...         HeldOutScoring(X[held_out], y[held_out]),
    ...         EarlyStopping("held_out_H", lower_is_better=False, load_best=True),
    ...     ],
    ...     random_state=0,
    ... )
    >>> clf.fit(X[train], y[train]).n_iter_ <= clf.max_epochs
    True
    >>> max(clf.history_[:, "held_out_H"]) > 0.5
    True
    """

    def __init__(self, X, y, name="held_out"):
        self.X = X
        self.y = y
        self.name = name

    def on_epoch_end(self, net, **kwargs):
        """Score the current model.

        Parameters
        ----------
        net : skorch.NeuralNet
            Net of the estimator that is being fitted.
        **kwargs : dict
            Ignored, present for API consistency.
        """
        if getattr(net, "held_out_scores", None) is None:
            raise ValueError(
                "HeldOutScoring scores an estimator of zsl_estimators that is being "
                "fitted: give it to one as callbacks=[...]."
            )
        classes, seen_classes, scores = net.held_out_scores(self.X, self.y)
        check_both_kinds(self.y, seen_classes, "HeldOutScoring")
        curve = SeenUnseenCurve.from_labels(
            self.y, scores, classes=classes, seen_classes=seen_classes
        )
        net.history.record(f"{self.name}_H", float(curve.harmonic_mean.max()))
        net.history.record(f"{self.name}_AUSUC", curve.area)


class Progress(Callback):
    """One progress bar over all epochs of a fit.

    Parameters
    ----------
    description : str
        Shown to the left of the bar.
    """

    def __init__(self, description):
        self.description = description

    def on_train_begin(self, net, **kwargs):
        self.bar_ = tqdm(
            total=net.max_epochs,
            desc=self.description,
            unit="epoch",
            disable=net.max_epochs == 0,
        )

    def on_epoch_end(self, net, **kwargs):
        self.bar_.set_postfix(loss=f"{net.history[-1, 'train_loss']:.4g}")
        self.bar_.update()

    def on_train_end(self, net, **kwargs):
        self.bar_.close()


class EpochReport(Callback):
    """Report every epoch to whoever shows the progress of a whole fit.

    Parameters
    ----------
    report : callable
        Gets the number of epochs done, and figures by name.
    """

    def __init__(self, report):
        self.report = report

    def on_train_begin(self, net, **kwargs):
        self.n_before_ = len(net.history)

    def on_epoch_end(self, net, **kwargs):
        n_done = len(net.history) - self.n_before_
        self.report(n_done, loss=f"{net.history[-1, 'train_loss']:.4g}")


class EpochTable(PrintLog):
    """A line per epoch, with the fold of held-out classes that the net belongs to.

    Nets of one fit print one table: the first of them prints the header.

    Parameters
    ----------
    fold : str
        Number of the fold, or "all".
    header : bool
        Whether to print the names of the columns first.
    """

    def __init__(self, fold, header):
        super().__init__(sink=print)
        self.fold = fold
        self.header = header

    def initialize(self):
        super().initialize()
        self.first_iteration_ = self.header
        return self

    def table(self, row):
        """The last epoch, after the fold."""
        return super().table({"fold": self.fold, **row})

    def _sorted_keys(self, keys):
        return ["fold", *super()._sorted_keys([key for key in keys if key != "fold"])]

    def _sink(self, text, verbose):
        self.sink(text)


class WeightAveraging(Callback):
    """Exponential moving average of the weights, used for prediction.

    Between two epochs the module of the net has the averaged weights, so that whatever
    looks at it then, such as scoring, early stopping or a checkpoint, sees and keeps
    what predicts. It must stand before these in the list of callbacks.

    Early on the average forgets faster, so that it is not held back by the first
    weights: the decay after `n` batches is at most ``(1 + n) / (10 + n)``.

    Parameters
    ----------
    decay : float
        Share of the old average that stays after a batch.
    """

    def __init__(self, decay):
        self.decay = decay

    def initialize(self):
        self.average_ = self.trained_ = None
        return self

    def on_train_begin(self, net, **kwargs):
        self.average_ = AveragedModel(
            net.module_, avg_fn=self._average, use_buffers=True
        )
        self.trained_ = None

    def on_epoch_begin(self, net, **kwargs):
        if self.trained_ is not None:
            net.module_.load_state_dict(self.trained_)

    def on_batch_end(self, net, training=False, **kwargs):
        self.average_.update_parameters(net.module_)

    def on_epoch_end(self, net, **kwargs):
        state = net.module_.state_dict()
        self.trained_ = {name: tensor.clone() for name, tensor in state.items()}
        net.module_.load_state_dict(self.average_.module.state_dict())

    def on_train_end(self, net, **kwargs):
        self.average_ = self.trained_ = None

    def _average(self, old, new, n_averaged):
        decay = min(self.decay, (1 + float(n_averaged)) / (10 + float(n_averaged)))
        return old * decay + new * (1 - decay)


class CosineSchedule(Callback):
    """Lower the learning rate to 0 as a cosine over all epochs of a fit.

    It depends on nothing but the number of epochs done, so that a net can be trained
    further in another process, where torch's schedulers would go on with a copy of the
    optimiser.

    Parameters
    ----------
    max_epochs : int
        When it would be 0; training may stop earlier.
    """

    def __init__(self, max_epochs):
        self.max_epochs = max_epochs

    def on_train_begin(self, net, **kwargs):
        self.n_before_ = len(net.history)

    def on_epoch_begin(self, net, **kwargs):
        # The history has an entry for the epoch that begins.
        n_done = len(net.history) - 1 - self.n_before_
        factor = (1 + math.cos(math.pi * n_done / self.max_epochs)) / 2
        for group in net.optimizer_.param_groups:
            # What the optimiser was made with, also when it is trained further.
            group.setdefault("initial_lr", group["lr"])
            group["lr"] = group["initial_lr"] * factor
        # As skorch's own scheduler calls it.
        net.history.record("event_lr", net.optimizer_.param_groups[0]["lr"])
