"""How much memory is free."""

from pathlib import Path

import torch

MEMORY_INFO = Path("/proc/meminfo")
# Limit and use of a container, in bytes.
CONTAINER = Path("/sys/fs/cgroup")
BYTES_PER_KIB = 1024


def free_bytes(device):
    """Find out how much memory is free on a device.

    Parameters
    ----------
    device : torch.device
        A GPU, or the host.

    Returns
    -------
    n_bytes : int or None
        None where there is no telling.
    """
    if device.type == "cuda":
        return torch.cuda.mem_get_info(device)[0]
    if device.type != "cpu":
        return None
    known = [n for n in (_free_on_host(), _free_in_container()) if n is not None]
    return min(known, default=None)


def _free_on_host():
    """What Linux would give without swapping; None elsewhere."""
    try:
        lines = MEMORY_INFO.read_text().splitlines()
    except OSError:
        return None
    values = dict(line.split(":", 1) for line in lines)
    if "MemAvailable" not in values:
        return None
    return int(values["MemAvailable"].split()[0]) * BYTES_PER_KIB


def _free_in_container():
    """What the limit of a container leaves; None without one."""
    try:
        limit = (CONTAINER / "memory.max").read_text().strip()
        used = int((CONTAINER / "memory.current").read_text())
    except OSError:
        return None
    # Files that were read count as used, and are given back when memory is needed.
    return None if limit == "max" else int(limit) - used + _file_cache()


def _file_cache():
    lines = (CONTAINER / "memory.stat").read_text().splitlines()
    return int(dict(line.split() for line in lines).get("inactive_file", 0))
