"""Small systems for lessons and experiments: one server under load, searches, machines that fail.

======================= =====================================================================================
one_server              a client and a server at a given share of its capacity
searches                requests that wait for many leaves, one after the other
members                 machines that break down and are repaired, and do nothing else
rush_hour               one server whose load is high for a while, and an outage at some time
unknown_system          the throughput of machines whose contention and coherency are to be found
======================= =====================================================================================

Each returns the trace of one run. The network takes no time, so that only the servers' times are seen.
"""

from __future__ import annotations

from collections.abc import Iterable

from distlab.sim import (
    Call,
    Constant,
    Distribution,
    Exponential,
    Fault,
    Network,
    Node,
    NodeId,
    Outage,
    Poisson,
    Simulation,
    Trace,
    Uniform,
    cluster,
)

from .breakdowns import breakdowns
from .fan_out import NowAndThen, fan_out
from .queueing import Client, Server, bytes_of

__all__ = ["members", "one_server", "rush_hour", "searches", "unknown_system"]


def one_server(
    load: float,
    service: Distribution | None = None,
    workers: int = 1,
    *,
    seconds: float = 100.0,
    faults: Iterable[Fault] = (),
    patience: float | None = None,
    upkeep: float = 0.0,
    archive: bool = False,
    seed: int = 1,
) -> Trace:
    """Requests at random to one server.

    Parameters
    ----------
    load
        What is asked of the server, as a share of what its workers can do; 0 for nothing, more than 1 for
        too much.
    service
        Seconds per request; None: exponential with a mean of 10 ms.
    workers
        How many requests are served at once, 1 or more.
    seconds
        Length of the run.
    faults, patience, upkeep
        As for a simulation, a :class:`Client` and a :class:`Server`.
    archive
        If true, half of the requests are writes, each of which leaves 50 ms of work for an archive with four
        workers; else all are reads.
    seed
        Whole number; the run depends on it.

    Returns
    -------
    Trace
        Of the nodes "client", "server" and perhaps "archive".

    Raises
    ------
    ValueError
        If the load is negative.

    Examples
    --------
    >>> trace = one_server(0.5, seconds=10.0)  # about 50 requests per second
    >>> 400 < len(trace.operations) < 600
    True
    """
    if not load >= 0:
        raise ValueError(f"load must be 0 or more, as a share of the capacity; got {load!r}.")
    law = Exponential(0.010) if service is None else service
    nodes: dict[NodeId, Node] = {
        "client": Client(["server"], patience),
        "server": Server(law, workers, "archive" if archive else None, upkeep),
    }
    if archive:
        nodes["archive"] = Server(Constant(0.050), workers=4)
    kinds = ["read", "write"] if archive else ["read"]
    rate = load * workers / law.mean / len(kinds)
    asks = [Poisson(rate, "ask", seconds, nodes=["client"], args=(kind,)) for kind in kinds if rate > 0]
    return Simulation(nodes, Network(latency=0.0, size=bytes_of), faults, asks, seed).run(until=seconds)


def searches(
    leaves: int,
    slow: float = 0.01,
    hedge_after: float | None = None,
    requests: int = 1_000,
    seed: int = 1,
    trace: str = "full",
) -> Trace:
    """Requests that wait for all leaves, one after the other.

    A leaf answers in 5 to 15 ms, or with probability ``slow`` in 1 to 1.5 s. In Dean and Barroso 2013
    servers answer in 10 ms, and one answer in a hundred takes more than a second.

    Parameters
    ----------
    leaves, hedge_after
        As for :func:`~distlab.reliability.fan_out`.
    slow
        Probability, between 0 and 1.
    requests
        How many; one begins every two seconds.
    seed, trace
        As for a simulation.

    Examples
    --------
    >>> len(searches(3, requests=5).messages)
    30
    """
    law = NowAndThen(Uniform(0.005, 0.015), Uniform(1.0, 1.5), slow)
    calls = [Call("root", 2.0 * number, "search") for number in range(requests)]
    nodes = fan_out(leaves, law, hedge_after)
    return Simulation(nodes, Network(latency=0.0), workload=calls, seed=seed, trace=trace).run()


def members(
    n: int,
    mtbf: float = 9.0,
    mttr: float = 1.0,
    seconds: float = 300.0,
    seed: int = 1,
    together: bool = False,
) -> Trace:
    """``n`` machines that break down and are repaired; see :func:`breakdowns` for the parameters.

    Examples
    --------
    >>> members(3, seconds=60.0).crashes[0][0] in (1, 2, 3)
    True
    """
    faults = breakdowns(range(1, n + 1), mtbf, mttr, seconds, seed, together)
    return Simulation(cluster(Node, n), faults=faults, trace="outline").run(until=seconds)


def rush_hour(crash_at: float, seed: int = 1) -> Trace:
    """20 requests per second, 90 from 80 s to 120 s; the server is down for ten seconds.

    The server needs 10 ms for a request, exponential. Clients give up after half a second.

    Parameters
    ----------
    crash_at
        When the outage begins, in seconds.
    seed
        As for a simulation.

    Returns
    -------
    Trace
        Of 200 s.

    Examples
    --------
    >>> quiet, rush = rush_hour(30.0).operations, rush_hour(90.0).operations
    >>> bool((quiet.status != "ok").sum() < (rush.status != "ok").sum())
    True
    """
    nodes = {"client": Client(["server"], patience=0.5), "server": Server(Exponential(0.010))}
    always = Poisson(20.0, "ask", 199.0, nodes=["client"])
    more = Poisson(70.0, "ask", 120.0, start=80.0, nodes=["client"])
    outage = Outage("server", crash_at, crash_at + 10.0)
    return Simulation(nodes, Network(latency=0.0), [outage], [always, more], seed).run(until=200.0)


def unknown_system(n: int) -> float:
    """Jobs per second of ``n`` machines that follow Gunther's law, with numbers that are to be found.

    Parameters
    ----------
    n
        Machines, 1 or more.

    Returns
    -------
    float
        1 for one machine.

    Examples
    --------
    >>> unknown_system(1)
    1.0
    """
    if not n >= 1:
        raise ValueError(f"n must be a number of machines, 1 or more; got {n!r}.")
    return n / (1 + 0.03 * (n - 1) + 0.0025 * n * (n - 1))
