"""By how much processes grow."""

import threading
from contextlib import contextmanager
from pathlib import Path


def anonymous_mebibytes(process="self"):
    """Memory of a process that is not a mapped file; Linux only."""
    for line in Path(f"/proc/{process}/status").read_text().splitlines():
        if line.startswith("RssAnon"):
            return int(line.split()[1]) / 1024
    return 0.0


@contextmanager
def watched(processes):
    """Yield a list that gets the growth of each process, in MiB, at the end."""
    before = [anonymous_mebibytes(one) for one in processes]
    peaks, growth, over = list(before), [], threading.Event()

    def watch():
        while not over.wait(0.02):
            now = map(anonymous_mebibytes, processes)
            peaks[:] = map(max, peaks, now)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield growth
    finally:
        over.set()
        watcher.join()
        growth += [round(p - b) for p, b in zip(peaks, before, strict=True)]
