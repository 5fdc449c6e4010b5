"""The whole stack: its nodes, its network, and runs of it.

::

    front  ──Request──▶  server  ──Write──▶  store 1  ──Append──▶  store 2 (near), ..., store n (far)
    slots                computes            primary               copies

All links take the same time, but for those of the last store, which stands far away.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from distlab.sim import Call, Link, Network, Node, Poisson, Simulation, Trace
from distlab.sim.distributions import seconds

from .computing import Server
from .slots import Front
from .storage import Primary, Replica

__all__ = ["network", "nodes", "one_request", "serve", "sized", "store_ids"]


def store_ids(replicas: int) -> list[str]:
    """The ids of the store's replicas, the primary first.

    >>> store_ids(3)
    ['store 1', 'store 2', 'store 3']
    """
    if isinstance(replicas, bool) or not isinstance(replicas, int) or replicas < 1:
        raise ValueError(f"replicas must be a whole number, 1 or more; got {replicas!r}.")
    return [f"store {number}" for number in range(1, replicas + 1)]


def nodes(
    *,
    slots: int = 3,
    timeout: float = 0.1,
    tries: int = 3,
    compute: float = 0.01,
    replicas: int = 3,
    quorum: int | None = None,
    disk: float = 0.002,
    primary: type[Primary] = Primary,
) -> dict[str, Node]:
    """Make the nodes of the stack.

    Parameters
    ----------
    slots
        How many requests are served at once.
    timeout, tries
        Seconds that the front waits for a response, and how often it tries.
    compute
        Seconds of computation for each request.
    replicas
        How many replicas the store has, the primary among them.
    quorum
        How many of them must have a write; None: a majority.
    disk
        Seconds for one write to disk.
    primary
        The class of the primary: :class:`Primary`, or one of your own.

    Returns
    -------
    dict
        "front", "server", "store 1" (the primary), "store 2", ... -> node.

    Raises
    ------
    ValueError
        If a number is none of those allowed.

    Examples
    --------
    >>> list(nodes(replicas=2))
    ['front', 'server', 'store 1', 'store 2']
    """
    first, *others = store_ids(replicas)
    needed = replicas // 2 + 1 if quorum is None else quorum
    return {
        "front": Front(slots, timeout=timeout, tries=tries),
        "server": Server(compute),
        first: primary(others, needed, disk),
        **{other: Replica(disk) for other in others},
    }


def sized(n: int, **options: Any) -> dict[str, Node]:
    """The stack with so many nodes in all, for a checker that tries smaller and smaller ones.

    Parameters
    ----------
    n
        3 or more: the front, the server, and n - 2 replicas.
    options
        As for :func:`nodes`.

    Raises
    ------
    ValueError
        If n is less than 3.

    Examples
    --------
    >>> list(sized(3))
    ['front', 'server', 'store 1']
    """
    if n < 3:
        raise ValueError(f"n must be 3 or more: a front, a server and a store; got {n!r}.")
    return nodes(replicas=n - 2, **options)


def network(link: float = 0.002, far: float = 0.01, replicas: int = 3) -> Network:
    """The network of the stack.

    Parameters
    ----------
    link
        One-way delay of every link in seconds, but for
    far
        the delay between the primary and the last replica.
    replicas
        As for :func:`nodes`.

    Examples
    --------
    >>> network().latency_of("store 1", "store 3")
    Constant(seconds=0.01)
    """
    first, *others = store_ids(replicas)
    seconds(far, "far")
    if len(others) < 2:
        return Network(latency=link)
    return Network(latency=link, links={(first, others[-1]): Link(far), (others[-1], first): Link(far)})


def one_request(
    *, link: float = 0.002, far: float = 0.01, faults: Sequence[Any] = (), **options: Any
) -> Trace:
    """The trace of a single request that comes at time 0.

    Parameters
    ----------
    link, far
        As for :func:`network`.
    faults
        What goes wrong.
    options
        As for :func:`nodes`.

    Examples
    --------
    >>> one_request().operations.returned.round(6).tolist()
    [0.024]
    """
    replicas = options.get("replicas", 3)
    calls = [Call("front", 0.0, "request")]
    sim = Simulation(nodes(**options), network(link, far, replicas), faults, workload=calls)
    return sim.run()


def serve(
    rate: float = 60.0,
    until: float = 10.0,
    *,
    link: float = 0.002,
    far: float = 0.01,
    faults: Sequence[Any] = (),
    seed: int = 0,
    **options: Any,
) -> Trace:
    """The trace of many requests that come at random (a Poisson process).

    The same seed gives the same arrivals, whatever else is changed.

    Parameters
    ----------
    rate
        Requests per second, on the average.
    until
        Seconds in which requests come; the run goes on until the last one has ended.
    link, far
        As for :func:`network`.
    faults
        What goes wrong.
    seed
        Of the run.
    options
        As for :func:`nodes`.

    Raises
    ------
    ValueError
        If an argument is none of those allowed.

    Examples
    --------
    >>> len(serve(rate=50.0, until=10.0, seed=1).operations)
    517
    """
    replicas = options.get("replicas", 3)
    requests = Poisson(rate, "request", until, nodes=["front"])
    sim = Simulation(nodes(**options), network(link, far, replicas), faults, workload=[requests], seed=seed)
    return sim.run()
