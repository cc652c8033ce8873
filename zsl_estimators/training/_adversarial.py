"""Two networks that train against each other, as one skorch net."""

from functools import partial

import torch

from zsl_estimators.training._net import ZeroShotNet


class AdversarialNet(ZeroShotNet):
    """A skorch net with an optimiser for the critic and one for the generator.

    The module has the parts ``generator`` and ``critic``. The criterion has methods of
    these names that take the module and the inputs, and return the loss to minimise
    and a dict of its parts. Every batch trains the critic, and every `n_critic`-th
    the generator too. Only the generator is kept for prediction.

    Parameters
    ----------
    n_critic : int, default=5
        Steps of the critic per step of the generator.
    critic_lr : float or None, default=None
        Learning rate of the critic. None is `lr`, that of the generator.
    **kwargs : dict
        See :class:`skorch.NeuralNet`; `optimizer` makes both optimisers.
    """

    def __init__(self, *args, n_critic=5, critic_lr=None, **kwargs):
        super().__init__(*args, **kwargs)
        self.n_critic = n_critic
        self.critic_lr = critic_lr

    @property
    def inference_module(self):
        """The generator."""
        return self.module_.generator

    def on_epoch_begin(self, net, **kwargs):
        """Know nothing of what happened to the networks since the last epoch."""
        super().on_epoch_begin(net, **kwargs)
        self._trained_part = None

    @property
    def _optimizers_of_lr(self):
        own = () if self.critic_lr is not None else (self.critic_optimizer_,)
        return (self.optimizer_, *own)

    def initialize_optimizer(self, triggered_directly=None):
        """Make the optimiser of the generator and that of the critic."""
        self.optimizer_ = self._optimizer_of(self.module_.generator, self.lr)
        critic_lr = self.lr if self.critic_lr is None else self.critic_lr
        self.critic_optimizer_ = self._optimizer_of(self.module_.critic, critic_lr)
        self.n_batches_trained = 0
        return self

    def train_step(self, batch, **fit_params):
        """Train the critic on a batch, and the generator when it is its turn."""
        inputs, _ = batch
        self._set_training(True)
        loss, parts = self._minimise("critic", self.critic_optimizer_, inputs)
        self.n_batches_trained += 1
        if self.n_batches_trained % self.n_critic == 0:
            generator_loss, more = self._minimise("generator", self.optimizer_, inputs)
            loss, parts = loss + generator_loss, {**parts, **more}
        self.record_parts(parts)
        return {"loss": loss, "y_pred": None}

    def trim_for_prediction(self):
        """Drop the optimisers and the critic."""
        super().trim_for_prediction()
        self.module_.critic = None

    def _optimizer_of(self, module, lr):
        args, kwargs = self.get_params_for_optimizer(
            "optimizer", module.named_parameters()
        )
        return self.optimizer(*args, **{**kwargs, "lr": lr})

    def _minimise(self, part, optimizer, inputs):
        """Step one optimiser; return the detached loss and its parts."""
        if part != self._trained_part:
            self._train_only(part)
        optimizer.zero_grad()
        loss, parts = getattr(self.criterion_, part)(self.module_, **inputs)
        loss.backward()
        optimizer.step()
        return loss.detach(), parts

    def _train_only(self, part):
        # Gradients of the other network's weights would be computed in vain.
        for name in ("generator", "critic"):
            getattr(self.module_, name).requires_grad_(name == part)
        self._trained_part = part


def adversarial_arguments(
    module, module_parameters, criterion, criterion_parameters, n_critic, critic_lr
):
    """Keyword arguments of an :class:`AdversarialNet`.

    Parameters
    ----------
    module, criterion : type
        The networks and their losses.
    module_parameters, criterion_parameters : dict
        Their parameters by name.
    n_critic, critic_lr
        See :class:`AdversarialNet`.

    Returns
    -------
    arguments : dict
        By name.
    """
    return {
        "module": module,
        **{f"module__{name}": value for name, value in module_parameters.items()},
        "criterion": criterion,
        **{f"criterion__{name}": value for name, value in criterion_parameters.items()},
        # Betas of the official codes.
        "optimizer": partial(torch.optim.Adam, betas=(0.5, 0.999), fused=True),
        "n_critic": n_critic,
        "critic_lr": critic_lr,
    }
