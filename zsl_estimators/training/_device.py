"""Choosing where torch computes."""

import torch


def resolve_device(device):
    """Turn a device parameter into a torch device that exists here.

    Parameters
    ----------
    device : str
        "auto" takes CUDA, then Apple's MPS, then the CPU. Otherwise a name that
        torch knows: "cpu", "cuda", "cuda:1", "mps".

    Returns
    -------
    device : torch.device
        Available on this machine.

    Raises
    ------
    ValueError
        If the name is unknown or the device is not available.
    """
    if device == "auto":
        return torch.device(_best_available())
    try:
        resolved = torch.device(device)
    except (RuntimeError, TypeError) as error:
        raise ValueError(
            f"device={device!r} is not a device of torch. Use 'auto', 'cpu', "
            "'cuda', 'cuda:1' or 'mps'."
        ) from error
    if not _is_available(resolved):
        raise ValueError(
            f"device={device!r} is not available on this machine ({_found()}). Use "
            "device='auto' or device='cpu'."
        )
    return resolved


def device_for_prediction(trained_on):
    """Where to predict in double precision with what was trained on a device.

    Parameters
    ----------
    trained_on : str
        A device, perhaps of another machine.

    Returns
    -------
    device : torch.device
        The same, or the CPU where there is none such, or where it has no double
        precision, as MPS.
    """
    device = torch.device(trained_on)
    usable = device.type != "mps" and _is_available(device)
    return device if usable else torch.device("cpu")


def _best_available():
    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else "cpu"


def _is_available(device):
    if device.type == "cuda":
        return (device.index or 0) < torch.cuda.device_count()
    if device.type == "mps":
        return torch.backends.mps.is_available()
    return device.type == "cpu"


def _found():
    n_gpus = torch.cuda.device_count()
    return f"torch {torch.__version__} finds {n_gpus} CUDA device(s)"
