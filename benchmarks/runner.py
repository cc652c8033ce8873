"""Run many fits, each in a fresh process, so that nothing is lost when one is killed.

Every finished fit is appended to a CSV file at once. Started again with the same file,
only what is missing there is run.
"""

import csv
import multiprocessing
import os
import sys
import threading
from concurrent.futures import ThreadPoolExecutor, as_completed
from multiprocessing.connection import wait
from pathlib import Path

import pandas as pd
from tqdm.auto import tqdm

BAR = "{desc} {n_fmt}/{total_fmt} |{bar:20}| {elapsed}{postfix}"


def run_missing(plan, run, path, n_jobs=1):
    """Run what a results file does not hold yet.

    Parameters
    ----------
    plan : list of (dict, tuple)
        What names a row, and the arguments of `run` for it.
    run : callable
        Returns the figures of a row as a dict; importable by name.
    path : path-like
        The CSV file; made if it is not there.
    n_jobs : int
        Processes at a time. They share the cores.

    Returns
    -------
    results : DataFrame
        The rows of the plan that succeeded.
    """
    share_cores(n_jobs)
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    done = read_rows(path)
    missing = [(names, job) for names, job in plan if key(names) not in done]
    if done:
        print(f"{path} holds {len(plan) - len(missing)} of {len(plan)} rows already.")
    pool = ThreadPoolExecutor(n_jobs)
    try:
        waiting = {
            pool.submit(in_fresh_process, run, *job): names for names, job in missing
        }
        write_as_they_come(waiting, path, Clock(done, n_jobs))
    finally:
        for process in multiprocessing.active_children():
            process.terminate()
        pool.shutdown(cancel_futures=True)
    done, keys = read_rows(path), [key(names) for names, _ in plan]
    failed = sum(name not in done for name in keys)
    if failed:
        print(f"{failed} of {len(keys)} rows failed.", file=sys.stderr)
    return pd.DataFrame([done[name] for name in keys if name in done])


def write_as_they_come(waiting, path, clock):
    progress = tqdm(as_completed(waiting), total=len(waiting), bar_format=BAR)
    for future in progress:
        names = waiting.pop(future)
        progress.set_description(" ".join(map(str, names.values())))
        try:
            row = {**names, **future.result()}
        except RuntimeError as error:
            tqdm.write(f"{names} failed: {error}", file=sys.stderr)
            continue
        append_row(path, row)
        clock.note(row)
        progress.set_postfix_str(f"{clock.left(waiting.values())} left")


def share_cores(n_jobs):
    """Give every process its part of the cores, unless the user decided on that."""
    for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(variable, str(max(1, os.cpu_count() // n_jobs)))


# -- the results file -------------------------------------------------------------


def key(names):
    return tuple(str(value) for value in names.values())


def read_rows(path):
    """Rows of a results file by their names, which stand before the first figure.

    A line that a killed run left unfinished is removed.
    """
    if not path.exists():
        return {}
    complete = path.read_bytes().rfind(b"\n") + 1
    if complete < path.stat().st_size:
        os.truncate(path, complete)
    if not complete:
        return {}
    rows = pd.read_csv(path, dtype={"unseen": str}).to_dict("records")
    return {key(names_of(row)): row for row in rows}


def names_of(row):
    names = list(row)
    return {name: row[name] for name in names[: names.index("seed") + 1]}


def append_row(path, row):
    """Write one row so that it survives whatever happens next."""
    is_new = not path.exists() or path.stat().st_size == 0
    if not is_new:
        header = path.read_text().partition("\n")[0].split(",")
        if header != list(row):
            raise SystemExit(
                f"{path} has other columns than this run writes. Give a new --csv."
            )
    with path.open("a", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        if is_new:
            writer.writerow(row)
        writer.writerow(row.values())
        file.flush()
        os.fsync(file.fileno())


# -- processes --------------------------------------------------------------------


def in_fresh_process(function, *arguments):
    """Call a function in a process of its own, which ends when this one does."""
    receiver, sender = CONTEXT.Pipe(duplex=False)
    process = CONTEXT.Process(target=answer, args=(sender, function, arguments))
    process.start()
    sender.close()
    try:
        answered, result = receiver.recv()
    except EOFError:
        process.join()
        answered, result = False, f"process ended with exit code {process.exitcode}"
    process.join()
    if not answered:
        raise RuntimeError(result)
    return result


def answer(sender, function, arguments):
    threading.Thread(target=end_with_parent, daemon=True).start()
    try:
        sender.send((True, function(*arguments)))
    except Exception as error:
        sender.send((False, repr(error)))


def end_with_parent():
    wait([multiprocessing.parent_process().sentinel])
    os._exit(1)


def fresh_context():
    """Processes that hold nothing but what is imported, and start quickly."""
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["zsl_estimators", "pandas", "tqdm.auto"])
    return context


CONTEXT = fresh_context()


# -- the time left ----------------------------------------------------------------


class Clock:
    """Estimate the time left from the rows of the same set and estimator."""

    def __init__(self, rows, n_jobs):
        self.n_jobs = n_jobs
        self.seconds = {}
        for row in rows.values():
            self.note(row)

    def note(self, row):
        taken = sum(row[name] for name in row if name.endswith("seconds"))
        self.seconds.setdefault((row["set"], row["estimator"]), []).append(taken)

    def left(self, waiting):
        """The time for rows that are waiting, as hours and minutes."""
        known = [time for times in self.seconds.values() for time in times]
        usual = sum(known) / len(known)
        total = 0.0
        for names in waiting:
            times = self.seconds.get((names["set"], names["estimator"]), [usual])
            total += sum(times) / len(times)
        minutes = round(total / self.n_jobs / 60)
        return f"{minutes // 60} h {minutes % 60:02d} min"
