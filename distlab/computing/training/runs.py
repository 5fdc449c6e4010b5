"""One run with one line: the nodes of each way to train, and their traces."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from distlab.sim import Distribution, Fault, Network, Node, Simulation, Trace

from .parameter_server import ParameterServer
from .replicas import Replica
from .task import Task
from .vectors import payload
from .worker import Worker

__all__ = ["crew", "train"]


def crew(
    way: type[Node],
    task: Task,
    steps: int,
    *,
    compute: float | Distribution = 1.0,
    per_example: float | None = None,
    slow: Mapping[int, float] | None = None,
    **options: Any,
) -> dict[Any, Node]:
    """The nodes of one data-parallel run: a server and its workers, or replicas.

    Parameters
    ----------
    way
        A class of parameter servers, such as ``SynchronousServer``, or of replicas, such as ``RingReplica``.
    task
        What is trained; it says how many workers there are: 1, 2, ... The server's id is "server".
    steps
        How many steps each worker computes.
    compute
        Seconds that a gradient takes, whatever the worker's share: a number or a distribution.
    per_example
        Seconds that each example of the share takes, instead of ``compute``.
    slow
        Worker -> the factor by which all its times are longer.
    options
        For the server: ``need``, ``patience``, ``bound``, ``checkpoint``, ``line``.

    Returns
    -------
    dict
        Id -> node.

    Raises
    ------
    ValueError
        If ``slow`` names a worker that does not exist.

    Examples
    --------
    >>> from distlab.computing.training import *
    >>> task = Task(Logistic(8), Examples("clouds"), shares(64, 2), Descent(0.5))
    >>> list(crew(SynchronousServer, task, steps=3)), list(crew(RingReplica, task, steps=3))
    (['server', 1, 2], [1, 2])
    >>> uneven = Task(Logistic(8), Examples("clouds"), (48, 16), Descent(0.5))
    >>> train(RingReplica, uneven, steps=10, per_example=0.125).end
    60.0
    """
    slow = dict(slow or {})
    ids = range(1, task.workers + 1)
    strange = [worker for worker in slow if worker not in ids]
    if strange:
        raise ValueError(f"slow must name workers from 1 to {task.workers}; got {strange[0]!r}.")
    took = [compute if per_example is None else per_example * share for share in task.batches]
    if issubclass(way, ParameterServer):
        nodes: dict[Any, Node] = {"server": way(task, steps, **options)}
        for id in ids:
            nodes[id] = Worker(task, id - 1, compute=took[id - 1], slow=slow.get(id, 1.0))
        return nodes
    if not issubclass(way, Replica):
        raise ValueError(f"way must be a class of parameter servers or of replicas; got {way.__name__}.")
    return {
        id: way(task, id - 1, steps, compute=took[id - 1], slow=slow.get(id, 1.0), **options) for id in ids
    }


def train(
    way: type[Node],
    task: Task,
    steps: int,
    *,
    latency: float | Distribution = 0.0,
    bandwidth: float | None = None,
    faults: Iterable[Fault] = (),
    seed: int = 0,
    until: float | None = None,
    trace: str = "full",
    **options: Any,
) -> Trace:
    """Train on simulated workers.

    Parameters
    ----------
    way, task, steps, options
        See :func:`crew`.
    latency
        Seconds that a message takes, without its bytes.
    bandwidth
        Bytes per second of each link; None: no limit.
    faults
        Such as ``[Crash(2, at=3.0)]``.
    seed
        Of the times that workers take, if they are random; the examples do not depend on it.
    until
        Seconds at which to stop; None: when nothing is left to do.
    trace
        "full", or "outline": without messages, for long runs.

    Returns
    -------
    Trace

    Examples
    --------
    >>> from distlab.computing.training import *
    >>> task = Task(Logistic(8), Examples("clouds"), shares(64, 4), Descent(0.5))
    >>> train(SynchronousServer, task, steps=10, slow={3: 2.0}).end
    20.0
    """
    nodes = crew(way, task, steps, **options)
    network = Network(latency=latency, bandwidth=bandwidth, size=payload)
    return Simulation(nodes, network, list(faults), seed=seed, trace=trace).run(until=until)
