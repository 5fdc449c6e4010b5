"""The same trouble for every election algorithm: one network, one schedule of faults, one seed.

========================= ===================================================================================
leader_crashes            the leader crashes at 1 s and stays down
highest_flaps             the node with the highest id goes and comes back, again and again
network_splits            nodes 1 and 2 are cut off from the other three between 1 s and 3 s
stale_highest             the node with the highest id has older data than the others
bully_from                one node of Bully notices that the highest is dead; nothing but the election
========================= ===================================================================================

Each returns the trace of one run. Messages take 5 to 15 ms.
"""

from __future__ import annotations

from collections.abc import Callable

from distlab.sim import Crash, Network, Node, Outage, Partition, Simulation, Trace, Uniform, cluster

from .bully import Bully
from .raft import Raft
from .zab import Zab

__all__ = ["bully_from", "highest_flaps", "leader_crashes", "network_splits", "stale_highest"]

NETWORK = Network(latency=Uniform(0.005, 0.015))


def leader_crashes(algorithm: Callable[..., Node], n: int = 5, seed: int = 0, at: float = 1.0) -> Trace:
    """The leader crashes at ``at`` seconds and stays down; the run goes on for two seconds.

    Parameters
    ----------
    algorithm
        A node class that can be built without arguments.
    n
        Number of nodes.
    seed
        Whole number; the run depends on it.
    at
        Seconds at which whoever leads then crashes.

    Returns
    -------
    Trace
        The run of ``at + 2`` seconds.

    Examples
    --------
    >>> leader_crashes(Bully, n=4).roles.query("role == 'leader'").node.tolist()
    [4, 3]
    """
    faults = [Crash("leader", at=at)]
    return Simulation(cluster(algorithm, n), NETWORK, faults, seed=seed).run(until=at + 2.0)


def highest_flaps(algorithm: Callable[..., Node], n: int = 5, seed: int = 0, visits: int = 5) -> Trace:
    """The node with the highest id is down and up for one second each, ``visits`` times from 1 s on.

    >>> highest_flaps(Bully, n=3, visits=1).roles.query("role == 'leader'").node.tolist()
    [3, 2, 3]
    """
    faults = [Outage(n, at=1.0 + 2.0 * visit, until=2.0 + 2.0 * visit) for visit in range(visits)]
    return Simulation(cluster(algorithm, n), NETWORK, faults, seed=seed).run(until=2.0 + 2.0 * visits)


def network_splits(algorithm: Callable[..., Node], seed: int = 0) -> Trace:
    """Five nodes; between 1 s and 3 s nodes 1 and 2 cannot talk to nodes 3, 4 and 5; the run ends at 4 s.

    >>> network_splits(Bully).roles.query("role == 'leader'").node.tolist()
    [5, 2]
    """
    faults = [Partition([[1, 2], [3, 4, 5]], at=1.0, until=3.0)]
    return Simulation(cluster(algorithm, 5), NETWORK, faults, seed=seed).run(until=4.0)


def stale_highest(algorithm: type[Node], seed: int = 0) -> Trace:
    """Three nodes start together; the highest lacks the last entry of the others' logs or histories.

    Bully knows nothing of data, so there is nothing to give to its nodes.

    Raises
    ------
    ValueError
        If the algorithm is none of Bully, Raft and ZAB.

    Examples
    --------
    >>> stale_highest(Zab).roles.query("role == 'leading'").node.tolist()
    [2]
    """
    if issubclass(algorithm, Raft):
        nodes: list[Node] = [algorithm(log=log) for log in ((1, 1), (1, 1), (1,))]
    elif issubclass(algorithm, Zab):
        nodes = [algorithm(zxid=zxid) for zxid in (8, 8, 7)]
    elif issubclass(algorithm, Bully):
        nodes = [algorithm() for _ in range(3)]
    else:
        raise ValueError(f"stale_highest knows Bully, Raft and Zab; got {algorithm.__name__}.")
    return Simulation(nodes, NETWORK, seed=seed).run(until=3.0)


def bully_from(starter: int, n: int) -> Trace:
    """Node ``starter`` of ``n`` notices that node ``n`` is dead; no heartbeats.

    Parameters
    ----------
    starter
        The node that stands for election at time 0.
    n
        Number of nodes; node ``n`` is dead.

    Returns
    -------
    Trace
        The whole election.

    Raises
    ------
    ValueError
        If ``starter`` is not one of the live nodes 1 to n - 1.

    Examples
    --------
    >>> len(bully_from(starter=1, n=5).messages)
    19
    """
    if not 1 <= starter < n:
        raise ValueError(f"starter must be one of the live nodes 1 to {n - 1}; got {starter!r}.")
    nodes = {id: Bully(starts=id == starter, heartbeat=None) for id in range(1, n + 1)}
    return Simulation(nodes, NETWORK, [Crash(n, at=0.0)], seed=1).run()
