"""The same on the machine's own cores: a function in several processes, with real times.

The processes are started before the clock is, afresh on every system (no fork), so the function must be one
that they can import. Whoever is idle takes the next piece of the list: list scheduling by a queue.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Measured", "cores", "on_cores"]

MOST_PROCESSES = 61  # Windows waits for no more at once


class _Timed(NamedTuple):
    process: int
    start: float
    end: float
    result: Any


@dataclass(frozen=True)
class Measured:
    """What was measured.

    Attributes
    ----------
    workers : int
        How many processes.
    starting : float
        Seconds until all processes were there; not a part of ``seconds``.
    seconds : float
        From handing out the first piece to the last result.
    pieces : tuple
        (worker, start, end) of each piece, in seconds since the first was handed out; workers count from 1.
    results : tuple
        What the function returned, piece by piece.
    """

    workers: int
    starting: float
    seconds: float
    pieces: tuple[tuple[int, float, float], ...]
    results: tuple[Any, ...]

    @property
    def lengths(self) -> list[float]:
        """Seconds that each piece took."""
        return [end - start for _, start, end in self.pieces]

    def schedule(self) -> pd.DataFrame:
        """Who did what from when to when, in the columns of :func:`distlab.computing.parallel.schedule`."""
        import pandas as pd

        rows = [
            (f"process {worker}", number, str(number), start, end, "done")
            for number, (worker, start, end) in enumerate(self.pieces, 1)
        ]
        return pd.DataFrame(rows, columns=["worker", "job", "task", "start", "end", "fate"])


def cores() -> int:
    """How many cores this process may use.

    >>> cores() >= 1
    True
    """
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity else os.cpu_count() or 1


def on_cores(
    function: Callable[..., Any],
    arguments: Sequence[tuple[Any, ...]],
    workers: int | None = None,
    repeat: int = 1,
) -> Measured:
    """Call a function once per entry of ``arguments``, in several processes.

    Parameters
    ----------
    function
        Of a module that can be imported: new processes know nothing of a notebook's own functions. In a
        script, call this under ``if __name__ == "__main__":``.
    arguments
        One tuple per call.
    workers
        How many processes; None: one per core.
    repeat
        How often to do it all; the fastest time counts, because other programs can only make it slower.

    Returns
    -------
    Measured
        Times differ from run to run; results do not.

    Raises
    ------
    ValueError
        If ``workers`` is not between 1 and 61, there is nothing to call, or the function cannot be imported.
    RuntimeError
        If the processes could not be started, or one of them was ended from outside.

    Examples
    --------
    >>> from distlab.computing.parallel import count_primes
    >>> on_cores(count_primes, [(0, 100), (100, 200)], workers=1).results
    (25, 21)
    """
    workers = min(cores(), MOST_PROCESSES) if workers is None else workers
    if not isinstance(workers, int) or isinstance(workers, bool) or not 1 <= workers <= MOST_PROCESSES:
        raise ValueError(f"workers must be a whole number from 1 to {MOST_PROCESSES}; got {workers!r}.")
    if not isinstance(repeat, int) or isinstance(repeat, bool) or repeat < 1:
        raise ValueError(f"repeat must be a whole number of 1 or more; got {repeat!r}.")
    if not arguments:
        raise ValueError("arguments must hold at least one tuple; it is empty.")
    _require_importable(function)
    started = time.perf_counter()
    try:
        with ProcessPoolExecutor(workers, multiprocessing.get_context("spawn")) as pool:
            _wait_for_all(pool, workers)
            starting = time.perf_counter() - started
            measured = [_once(pool, function, arguments, workers, starting) for _ in range(repeat)]
    except BrokenProcessPool as error:
        raise RuntimeError(
            "the processes could not be started, or one was ended from outside. In a script, call on_cores "
            'under `if __name__ == "__main__":`.'
        ) from error
    return min(measured, key=lambda one: one.seconds)


def _require_importable(function: Callable[..., Any]) -> None:
    """New processes can import a script again; a notebook or a prompt has nothing to import."""
    home = getattr(function, "__module__", "__main__")
    name = getattr(function, "__qualname__", "<lambda>")
    lost = home == "__main__" and not hasattr(sys.modules["__main__"], "__file__")
    if lost or "<" in name:
        raise ValueError(
            f"function must be one that new processes can import; {name} is not. Put it at the top level "
            "of a module and import it from there."
        )


def _once(
    pool: Executor,
    function: Callable[..., Any],
    arguments: Sequence[tuple[Any, ...]],
    workers: int,
    starting: float,
) -> Measured:
    zero = time.perf_counter()
    calls = [pool.submit(_timed, function, tuple(each)) for each in arguments]
    timed = [call.result() for call in calls]
    over = time.perf_counter()
    numbers: dict[int, int] = {}
    for one in sorted(timed, key=lambda one: one.start):
        numbers.setdefault(one.process, len(numbers) + 1)
    pieces = tuple((numbers[one.process], one.start - zero, one.end - zero) for one in timed)
    return Measured(workers, starting, over - zero, pieces, tuple(one.result for one in timed))


def _wait_for_all(pool: Executor, workers: int) -> None:
    """Come back when each process has answered once."""
    seen: set[int] = set()
    while len(seen) < workers:
        seen |= set(pool.map(_hello, range(2 * workers)))


def _hello(number: int) -> int:
    time.sleep(0.002)  # so that one process does not answer for all
    return os.getpid()


def _timed(function: Callable[..., Any], arguments: tuple[Any, ...]) -> _Timed:
    start = time.perf_counter()  # the same clock in all processes of a machine
    result = function(*arguments)
    return _Timed(os.getpid(), start, time.perf_counter(), result)
