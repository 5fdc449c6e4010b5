"""The models beside the real ensembles: Raft and Zab on the simulator, with the same time-outs.

Loopback takes a fraction of a millisecond, disks are not waited for; what the time is spent on is waiting.
Each function is one run and depends on its arguments only.

The real ZooKeeper takes some 0.15 s more than the model. A follower that comes before its leader listens
waits for 0.1 s (``zookeeper.leaderConnectDelayDuringRetryMs``; with 10 ms instead, the median of 15 trials
fell from 0.37 to 0.28 s). The rest goes into connections, threads and a snapshot, which the model leaves out.
"""

from __future__ import annotations

from distlab.coordination.election import Raft, Zab
from distlab.sim import Crash, Network, Node, NodeId, Pause, Simulation, Uniform, stream

__all__ = ["raft_without_leader", "zab_without_leader"]

LOOPBACK = Network(latency=Uniform(0.0002, 0.001))
NOTICED = 0.004  # seconds after which the others know that the connections of a killed process are closed
PAUSE = 30.0  # seconds: longer than any election
PATIENCE = 60.0


def raft_without_leader(
    heartbeat: float, election: float, trouble: str, seed: int, members: int = 3
) -> float:
    """How long an etcd cluster's model is without a leader.

    etcd counts ticks of one heartbeat, and draws after how many of them it stands: from one to two election
    time-outs. The first tick comes up to a whole one early, since a heartbeat arrives anywhere between two.
    It asks before it stands (Pre-Vote). Closed connections tell its Raft nothing.

    Parameters
    ----------
    heartbeat, election
        etcd's ``--heartbeat-interval`` and ``--election-timeout``, in seconds.
    trouble
        What happens to the leader: "killed" or "paused".
    seed
        Whole number; the run depends on it.
    members
        Size of the cluster.

    Returns
    -------
    float
        Seconds until another member leads; ``inf`` if none does.

    Examples
    --------
    >>> 0.8 < raft_without_leader(0.1, 1.0, "killed", seed=1) < 4.0
    True
    """
    timeout = Uniform(election - heartbeat, 2 * election - heartbeat)
    nodes: dict[NodeId, Node] = {
        id: Raft(timeout=timeout, heartbeat=heartbeat, pre_vote=True) for id in range(1, members + 1)
    }
    return _without_leader(nodes, "leader", trouble, seed, settle=3 * election, spread=heartbeat)


def zab_without_leader(
    tick: float, init_limit: int, sync_limit: int, trouble: str, seed: int, servers: int = 3
) -> float:
    """How long a ZooKeeper ensemble's model is without a leader.

    A paused leader is missed after ``sync_limit`` ticks. The connections of a killed one are closed, and the
    others look for a new leader at once.

    Parameters
    ----------
    tick
        ``tickTime`` in seconds; a leader pings every half tick.
    init_limit, sync_limit
        ``initLimit`` and ``syncLimit``, in ticks.
    trouble
        What happens to the leader: "killed" or "paused".
    seed
        Whole number; the run depends on it.
    servers
        Size of the ensemble.

    Returns
    -------
    float
        Seconds until another server leads; ``inf`` if none does.

    Examples
    --------
    >>> 0.2 < zab_without_leader(0.2, 25, 5, "killed", seed=1) < 0.3
    True
    """
    killed = trouble == "killed"
    nodes: dict[NodeId, Node] = {
        id: Zab(
            patience=init_limit * tick,
            heartbeat=NOTICED / 4 if killed else tick / 2,
            timeout=NOTICED if killed else sync_limit * tick,
        )
        for id in range(1, servers + 1)
    }
    return _without_leader(nodes, "leading", trouble, seed, settle=0.1, spread=tick / 2)


def _without_leader(
    nodes: dict[NodeId, Node], role: str, trouble: str, seed: int, settle: float, spread: float
) -> float:
    sim = Simulation(nodes, network=LOOPBACK, seed=seed, trace="outline")
    sim.run(stop_at=role)
    at = sim.time + settle + spread * stream(seed, "trouble").random()
    sim.run(until=at)
    sim.inject(Crash("leader", at=at) if trouble == "killed" else Pause("leader", at=at, duration=PAUSE))
    sim.run(until=at + PATIENCE, stop_at=role)
    return sim.time - at if sim.time < at + PATIENCE else float("inf")
