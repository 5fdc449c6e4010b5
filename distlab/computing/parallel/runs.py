"""One run of one way to compute, with one line."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from distlab.sim import Fault, Network, Node, Simulation, Trace

from .dispatcher import Worker
from .job import Job
from .single_machine import SingleMachine

__all__ = ["crew", "run"]


def crew(
    way: Callable[..., Node],
    jobs: Job | Iterable[Job],
    workers: int = 4,
    speeds: Sequence[float] = (),
    **options: Any,
) -> dict[Any, Node]:
    """The nodes of one run: a dispatcher and its workers, or one machine.

    Parameters
    ----------
    way
        ``SingleMachine``, or a class of dispatchers such as ``DataParallel`` or ``TaskParallel``.
    jobs
        One or several.
    workers
        How many; ids 1, 2, ...; the dispatcher's id is "dispatcher". A single machine has none.
    speeds
        Of the first workers; those that are not named have speed 1.
    options
        For the dispatcher: ``split``, ``merge``, ``patience``, ``pieces``, ...

    Returns
    -------
    dict
        Id -> node.

    Examples
    --------
    >>> from distlab.computing.parallel import SingleMachine, TaskParallel, report
    >>> list(crew(TaskParallel, report(), workers=2)), list(crew(SingleMachine, report()))
    (['dispatcher', 1, 2], ['machine'])
    """
    if not isinstance(workers, int) or isinstance(workers, bool) or workers < 1:
        raise ValueError(f"workers must be a whole number of 1 or more; got {workers!r}.")
    if way is SingleMachine:
        if options or speeds:
            shown = ", ".join(
                f"{name}={value!r}" for name, value in ({"speeds": speeds} if speeds else options).items()
            )
            raise ValueError(f"a single machine takes no options; got {shown}.")
        return {"machine": SingleMachine(jobs)}
    if len(speeds) > workers:
        raise ValueError(f"speeds names {len(speeds)} workers, but there are only {workers}.")
    padded = [*speeds, *[1.0] * (workers - len(speeds))]
    team: dict[Any, Node] = {"dispatcher": way(jobs, **options)}
    return team | {id: Worker("dispatcher", speed) for id, speed in enumerate(padded, start=1)}


def run(
    way: Callable[..., Node],
    jobs: Job | Iterable[Job],
    workers: int = 4,
    *,
    latency: float = 0.0,
    faults: Iterable[Fault] = (),
    seed: int = 0,
    until: float | None = None,
    **options: Any,
) -> Trace:
    """Run some jobs in one of the ways to compute.

    Parameters
    ----------
    way, jobs, workers, options
        See :func:`crew`.
    latency
        Seconds that each message takes.
    faults
        Such as ``[Crash(2, at=3.0)]``.
    seed
        Matters only if something is random.
    until
        Seconds at which to stop; None: when nothing is left to do.

    Returns
    -------
    Trace
        With a record "submitted" and "finished" for each job.

    Examples
    --------
    >>> from distlab.computing.parallel import DataParallel, SingleMachine, makespan, whole
    >>> jobs = [whole(2.0)] * 6
    >>> makespan(run(SingleMachine, jobs)), makespan(run(DataParallel, jobs, workers=4))
    (12.0, 4.0)
    """
    nodes = crew(way, jobs, workers, **options)
    return Simulation(nodes, Network(latency=latency), list(faults), seed=seed).run(until=until)
