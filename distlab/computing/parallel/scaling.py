"""Amdahl's and Gustafson's jobs, run: how many times as fast n workers are as one.

The laws themselves are ``distlab.metrics.amdahl`` and ``distlab.metrics.gustafson``.
"""

from __future__ import annotations

from .runs import run
from .schedule import makespan
from .shapes import with_serial_part
from .task_parallel import TaskParallel

__all__ = ["fixed_speed_up", "growing_speed_up"]

WORK = 100.0  # seconds on one worker; the speed-up does not depend on it


def fixed_speed_up(n: int, parallel: float) -> float:
    """The speed-up of a job of fixed size: a serial part, then n equal shares (Amdahl 1967).

    Parameters
    ----------
    n
        Workers.
    parallel
        The share of the work, on one worker, that can be cut; between 0 and 1.

    Examples
    --------
    >>> round(fixed_speed_up(10, parallel=0.95), 3)
    6.897
    """
    job = with_serial_part(WORK, parallel, n)
    return makespan(run(TaskParallel, job, workers=1)) / makespan(run(TaskParallel, job, workers=n))


def growing_speed_up(n: int, parallel: float) -> float:
    """The speed-up of a job that grows with n: n workers take the same time for any n (Gustafson 1988).

    Parameters
    ----------
    n
        Workers.
    parallel
        The share of the time, on n workers, that goes into what is cut; between 0 and 1.

    Examples
    --------
    >>> round(growing_speed_up(10, parallel=0.95), 3)
    9.55
    """
    serial, cut = WORK * (1 - parallel), WORK * parallel * n
    job = with_serial_part(serial + cut, cut / (serial + cut), n)
    return makespan(run(TaskParallel, job, workers=1)) / makespan(run(TaskParallel, job, workers=n))
