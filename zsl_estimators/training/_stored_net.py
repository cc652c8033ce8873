"""Networks as arrays and the arguments that they are made with."""

from functools import partial

import skorch
import torch
from skorch.history import History
from skorch.utils import get_map_location
from torch import nn
from torch.utils.data import DataLoader

from zsl_estimators.persistence import Stored, register, stored
from zsl_estimators.persistence._state import restored
from zsl_estimators.training._seeding import scoped_seed, usual_torch_settings

# What a net makes anew, or has only while it is trained.
NOT_STORED = {
    "virtual_params_",
    "held_out_scores",
    "losses",
    "loss_sums",
    "_learnable",
    "_is_training",
    "_trained_part",
}
FLAG_TYPES = bool, int, float, str
CPU = torch.device("cpu")


class StoredTensor(Stored):
    """A tensor, as an array.

    Parameters
    ----------
    tensor : Tensor
        On any device.
    """

    def __init__(self, tensor):
        self.array = as_array(tensor)

    def restored(self):
        return torch.tensor(self.array)


class StoredPartial(Stored):
    """A function with some of its arguments.

    Parameters
    ----------
    function : functools.partial
        Of a function or class that can be imported.
    """

    def __init__(self, function):
        self.function = function.func
        self.arguments = stored(function.args)
        self.keywords = stored(function.keywords)

    def restored(self):
        keywords = restored(self.keywords)
        return partial(self.function, *restored(self.arguments), **keywords)


class StoredHistory(Stored):
    """A history of skorch.

    Parameters
    ----------
    history : History
        One entry per epoch.
    """

    def __init__(self, history):
        self.epochs = [dict(epoch) for epoch in history]

    def restored(self):
        history = History()
        history.extend(self.epochs)
        return history


class StoredWeights(Stored):
    """Everything of a module that may have changed since it was made.

    These are weights and buffers, parts that it has dropped, which weights are
    trained, and its flags and counters.

    Parameters
    ----------
    module : torch.nn.Module
        On any device.
    """

    def __init__(self, module):
        tensors = [*module.named_parameters(), *module.named_buffers()]
        self.arrays = {name: as_array(tensor) for name, tensor in tensors}
        self.dropped = list(parts_without_module(module))
        self.trained = [
            name for name, weight in module.named_parameters() if weight.requires_grad
        ]
        self.flags = {name: flags_of(part) for name, part in module.named_modules()}

    def restored(self):
        return self

    def give_to(self, module):
        """Give the weights to a module that was made with the same arguments.

        Parameters
        ----------
        module : torch.nn.Module
            On the CPU.

        Returns
        -------
        module : torch.nn.Module
            The same.
        """
        for name in self.dropped:
            owner, _, child = name.rpartition(".")
            setattr(module.get_submodule(owner), child, None)
        for name, array in self.arrays.items():
            owner, _, own_name = name.rpartition(".")
            give_tensor(module.get_submodule(owner), own_name, torch.tensor(array))
        for name, weight in module.named_parameters():
            weight.requires_grad_(name in self.trained)
        for name, flags in self.flags.items():
            part = module.get_submodule(name)
            vars(part).update({k: flags[k] for k in flags_of(part).keys() & flags})
        return module


class StoredModule(Stored):
    """A module that knows the arguments it was made with.

    Parameters
    ----------
    module : torch.nn.Module
        Has ``arguments``, see :class:`~zsl_estimators.nn.KnowsArguments`.
    """

    def __init__(self, module):
        self.kind = type(module)
        self.arguments = stored(arguments_of(module))
        self.weights = StoredWeights(module)

    def restored(self):
        positional, keywords = restored(self.arguments)
        return self.weights.give_to(new_module(self.kind, positional, keywords))


class StoredNet(Stored):
    """A net of skorch.

    Parameters
    ----------
    net : NeuralNet
        Initialised; without its optimisers where it is trimmed for prediction.
    """

    def __init__(self, net):
        self.kind = type(net)
        made = {f"{name}_" for name in (*net._modules, *net._criteria)}
        optimizers = {f"{name}_" for name in net._optimizers}
        left_out = NOT_STORED | made | optimizers
        self.state = {
            name: stored(value)
            for name, value in vars(net).items()
            if name not in left_out and value is not DataLoader
        }
        self.weights = {name: weights_of(getattr(net, name)) for name in sorted(made)}
        self.optimizers = {
            name: stored(getattr(net, name).state_dict())
            for name in sorted(optimizers)
            if getattr(net, name) is not None
        }

    def restored(self):
        net = self.kind.__new__(self.kind)
        vars(net).update(virtual_params_={}, iterator_valid=DataLoader)
        vars(net).update(restored(self.state))
        net.device = available_device(net)
        for name, weights in self.weights.items():
            setattr(net, name, self._module(net, name.removesuffix("_"), weights))
        for name in net._optimizers:
            setattr(net, f"{name}_", None)
        if self.optimizers:
            self._make_optimizers(net)
        return net

    def _module(self, net, name, weights):
        """A part of a net, with its weights, on the device of the net."""
        if weights is None:
            return None
        made = new_module(getattr(net, name), (), net.get_params_for(name))
        return weights.give_to(made).to(net.device)

    def _make_optimizers(self, net):
        """Make optimisers that go on where those of the stored net were."""
        before = vars(net).copy()
        net.initialize_virtual_params()
        net.initialize_optimizer()
        for name, state in self.optimizers.items():
            getattr(net, name).load_state_dict(restored(state))
        # Making them may have set what is counted back to 0.
        counted = {name: n for name, n in before.items() if type(n) is int}
        vars(net).update(counted)


def arguments_of(module):
    """What a module was made with: positional arguments and a dict of named ones."""
    if type(module) is nn.Linear:
        sizes = module.in_features, module.out_features
        return sizes, {"bias": module.bias is not None}
    if not hasattr(module, "arguments"):
        raise TypeError(
            f"{type(module).__name__} cannot be stored by skops, because it does not "
            "store its constructor arguments. Let the class inherit from "
            "zsl_estimators.nn.KnowsArguments, or store the estimator with joblib."
        )
    return module.arguments


def as_array(tensor):
    """A copy of a tensor on any device, as an array."""
    return tensor.detach().cpu().numpy().copy()


def weights_of(module):
    """Weights of a module; None where a net has dropped it."""
    return None if module is None else StoredWeights(module)


def flags_of(module):
    """Attributes of a module that are a flag, a number or text."""
    return {k: v for k, v in vars(module).items() if type(v) in FLAG_TYPES}


def parts_without_module(module):
    """Yield names of parts that are None."""
    for path, owner in module.named_modules():
        for name, part in owner._modules.items():
            if part is None:
                yield f"{path}.{name}".lstrip(".")


def new_module(kind, positional, keywords):
    """Make a module, on the CPU and without a change to random states.

    Parameters
    ----------
    kind : type
        Class of the module.
    positional : tuple
        Arguments.
    keywords : dict
        Arguments by name.

    Returns
    -------
    module : torch.nn.Module
        New.

    Raises
    ------
    TypeError
        If it is no module: files can name any class that is trusted.
    """
    if not (isinstance(kind, type) and issubclass(kind, nn.Module)):
        raise TypeError(f"{kind!r} is stored instead of a torch.nn.Module")
    with usual_torch_settings(), scoped_seed(0, CPU):
        return kind(*positional, **keywords)


def give_tensor(owner, name, tensor):
    """Give a module one of its weights or buffers."""
    if name in owner._parameters:
        # In place: parts of a module may share it.
        owner._parameters[name].data = tensor
    else:
        owner._buffers[name] = tensor


def available_device(net):
    """The device of a net, or the CPU where there is no such device."""
    return str(net._check_device(net.device, get_map_location(net.device)))


register(torch.Tensor, StoredTensor)
register(partial, StoredPartial)
register(History, StoredHistory)
register(nn.Module, StoredModule)
register(skorch.NeuralNet, StoredNet)
