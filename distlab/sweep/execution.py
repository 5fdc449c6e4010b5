"""Where the runs of a sweep happen: here, on all cores, or on an executor."""

from __future__ import annotations

import math
import multiprocessing
import os
import pickle
import signal
import sys
import warnings
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Executor, Future, ProcessPoolExecutor, wait
from time import perf_counter
from typing import Any

from distlab.sweep.grid import Plan
from distlab.sweep.progress import Bar
from distlab.sweep.scenario import Chunk, kind, reason, run_chunk, run_once
from distlab.sweep.table import Results

# After a fork a worker has the scenario, wherever it was defined. On macOS a fork is not safe and on Windows
# there is none: there the workers start afresh and the scenario is pickled.
START_METHOD = "fork" if sys.platform == "linux" else "spawn"
WORTH_PROCESSES = {"fork": 0.2, "spawn": 1.0}  # seconds of work left; a pool starts in 0.02 s and in 0.15 s
JUDGE_AFTER = 0.05  # seconds of runs, so that one slow start does not decide
CHUNK = 0.05  # seconds of work that are sent to a worker at once
CHUNK_OVER_NETWORK = 0.1
CHUNKS_PER_WORKER = 4  # at least, of the runs not yet sent, so that the workers finish at about the same time
IN_FLIGHT = 3  # chunks per worker: one runs, the others wait beside it

Submit = Callable[[int, int], "Future[Chunk]"]  # first run, run after the last


def run_here_or_on_all_cores(plan: Plan, results: Results, bar: Bar) -> None:
    """Run here, and move to one process per core as soon as the rest is worth it."""
    cores = _cores()
    in_worker = multiprocessing.parent_process() is not None  # a worker starts no workers of its own
    worth = math.inf if in_worker or cores == 1 else WORTH_PROCESSES[START_METHOD]
    start = perf_counter()
    for number in range(len(plan)):
        left = len(plan) - number
        spent = perf_counter() - start
        if number and left > 1 and spent > JUDGE_AFTER and spent / number * left > worth:
            work = _inheritable(plan)
            if work is not None:
                _run_on_all_cores(plan, work, number, min(cores, left), results, bar)
                return
            worth = math.inf
            bar.warn(
                "sweep uses one core: the scenario cannot be sent to other processes. "
                "Install cloudpickle, or define the scenario in a module."
            )
        try:
            outcome = run_once(plan.scenario, *plan.run(number))
        except Exception as error:
            raise results.failed(number, error) from error
        results.take(number, outcome)
        bar.advance(1)


def run_on(executor: Any, plan: Plan, results: Results, bar: Bar) -> None:
    """Run on an executor that somebody else opened and will close."""
    if hasattr(executor, "get_executor"):  # a Dask client
        executor = executor.get_executor()
    if not hasattr(executor, "submit"):
        raise TypeError(
            f"executor is {kind(executor)}: give a concurrent.futures executor such as "
            "ProcessPoolExecutor(4), a Dask client, or None for all cores"
        )

    def submit(start: int, stop: int) -> Future[Chunk]:
        return executor.submit(run_chunk, plan.scenario, [plan.run(number) for number in range(start, stop)])

    seconds = CHUNK_OVER_NETWORK if hasattr(executor, "_client") else CHUNK
    _run_chunks(submit, lambda: _workers(executor), seconds, range(len(plan)), results, bar)


def _run_on_all_cores(
    plan: Plan, work: Plan | bytes, first: int, cores: int, results: Results, bar: Bar
) -> None:
    context = multiprocessing.get_context(START_METHOD)
    pool = ProcessPoolExecutor(cores, context, initializer=_inherit, initargs=(work,))
    try:
        with warnings.catch_warnings():
            # Since 3.12 Python warns of a fork beside other threads, and a notebook's kernel always has some:
            # a lock that one of them holds stays locked in the child. A worker uses nothing of theirs.
            warnings.filterwarnings("ignore", "This process .* is multi-threaded", DeprecationWarning)
            pool.submit(int)  # starts the processes

        def submit(start: int, stop: int) -> Future[Chunk]:
            return pool.submit(_run_inherited, start, stop)

        _run_chunks(submit, lambda: cores, CHUNK, range(first, len(plan)), results, bar)
    except BaseException:  # Ctrl-C too: what still runs would be thrown away
        workers = list((pool._processes or {}).values())  # before Python 3.14 there is no public way
        pool.shutdown(wait=False, cancel_futures=True)
        for worker in workers:
            worker.terminate()
        raise
    pool.shutdown()


def _run_chunks(
    submit: Submit,
    count_workers: Callable[[], int],
    chunk_seconds: float,
    runs: range,
    results: Results,
    bar: Bar,
) -> None:
    """Send out the runs in chunks that take about so long, judged by the chunks that came back."""
    following, end = runs.start, runs.stop
    pending: dict[Future[Chunk], tuple[int, int]] = {}
    failure: Exception | None = None
    failed_at = end
    size, timed_seconds, timed_runs = 1, 0.0, 0.0
    workers, counted = count_workers(), perf_counter()
    try:
        while pending or following < end:
            if perf_counter() - counted > 1:  # a cluster can grow
                workers, counted = count_workers(), perf_counter()
            while following < end and len(pending) < IN_FLIGHT * workers:
                share = (end - following) // (CHUNKS_PER_WORKER * workers)  # smaller towards the end
                stop = min(end, following + max(1, size // 8, min(size, share)))
                pending[_send(submit, following, stop)] = (following, stop)
                following = stop
            wait(pending, timeout=0.5, return_when=FIRST_COMPLETED)  # the timeout lets Ctrl-C in on Windows
            for future in [future for future in pending if future.done()]:
                if future not in pending:  # given up below
                    continue
                start, stop = pending.pop(future)
                chunk = _receive(future)
                for number, outcome in enumerate(chunk.outcomes, start):
                    results.take(number, outcome)
                bar.advance(len(chunk.outcomes))
                if chunk.failure is not None and start < failed_at:
                    # Runs before this one may fail yet. They are awaited, and the first failure is reported.
                    failed_at, failure = start + len(chunk.outcomes), chunk.failure
                    following = end
                    for later in [other for other, (begin, _) in pending.items() if begin > failed_at]:
                        later.cancel()
                        del pending[later]
                timed_seconds, timed_runs = timed_seconds / 2 + chunk.seconds, timed_runs / 2 + stop - start
                fitting = round(chunk_seconds * timed_runs / max(timed_seconds, 1e-9))
                size = max(1, min(fitting, max(size, 2 * (stop - start))))
            bar.advance(0)
    finally:
        for future in pending:
            future.cancel()
    if failure is not None:
        raise results.failed(failed_at, failure) from failure


def _send(submit: Submit, start: int, stop: int) -> Future[Chunk]:
    try:
        return submit(start, stop)
    except BrokenExecutor as error:
        raise _cannot_run(error) from error


def _receive(future: Future[Chunk]) -> Chunk:
    try:
        return future.result()
    except Exception as error:  # the scenario's own exceptions come back inside the chunk
        raise _cannot_run(error) from error


def _cannot_run(error: Exception) -> RuntimeError:
    return RuntimeError(
        f"the executor could not run the scenario ({reason(error)}). Its workers must be able to import the "
        "scenario and its parameters: define them at the top level of a module that the workers have, and in "
        'a script call sweep under `if __name__ == "__main__":`. A worker may also have run out of memory.'
    )


def _workers(executor: Executor) -> int:
    client = getattr(executor, "_client", None)  # of Dask's executor
    if client is not None:
        return max(1, sum(client.nthreads().values()))
    return getattr(executor, "_max_workers", None) or _cores()


def _cores() -> int:
    """Count the cores that this process may use. Windows waits for at most 61 processes at once."""
    affinity = getattr(os, "sched_getaffinity", None)
    return min(61, len(affinity(0)) if affinity else os.cpu_count() or 1)


# -- In a process of the pool ------------------------------------------------------------------------------

_inherited: Plan | bytes = b""


def _inheritable(plan: Plan) -> Plan | bytes | None:
    """Return the plan as a worker can start with it: itself after a fork, else pickled. None: it cannot."""
    if START_METHOD == "fork":
        return plan
    # The workers import a script's __main__ again. They have no copy of a notebook's: cloudpickle sends the
    # functions of it whole.
    main_is_a_file = hasattr(sys.modules["__main__"], "__file__")
    try:
        pickled = pickle.dumps(plan)
        if main_is_a_file or b"__main__" not in pickled:
            return pickled
    except Exception:  # pickle has many ways to say no
        pass
    try:
        import cloudpickle

        return cloudpickle.dumps(plan)
    except Exception:  # not installed, or a lock or an open file is in it
        return None


def _inherit(work: Plan | bytes) -> None:
    global _inherited
    _inherited = work
    signal.signal(
        signal.SIGINT, signal.SIG_IGN
    )  # Ctrl-C reaches all processes; the first one ends the others


def _run_inherited(start: int, stop: int) -> Chunk:
    global _inherited
    if isinstance(_inherited, bytes):
        _inherited = pickle.loads(_inherited)
    assert isinstance(_inherited, Plan)
    return run_chunk(_inherited.scenario, [_inherited.run(number) for number in range(start, stop)])
