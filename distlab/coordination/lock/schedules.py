"""The published schedules of lecture 07, each as a run that can be looked at: MX-8 and LK-1 to LK-4.

Sources: Hunt et al. 2010, section 2.4 (the herd); Redis documentation, "Distributed Locks with Redis"
(validity, restart); Kleppmann 2016 (clock jump, pause and fencing token).

>>> len(herd(4).records.query("event == 'notified'"))
6
"""

from __future__ import annotations

from typing import Any

from distlab.sim import (
    Call,
    ClockJump,
    Constant,
    Crash,
    Cut,
    Network,
    Outage,
    Pause,
    Simulation,
    SlowLink,
    Trace,
)

from .clusters import NETWORK, redis_cluster, redlock_cluster, zookeeper_cluster
from .holds import double_holders, holds_of
from .redis import RedisServer
from .redlock import servers_needed
from .zookeeper_lock import HerdClient, ZooKeeperClient

__all__ = [
    "clock_jump",
    "herd",
    "late_packet",
    "measured_rows",
    "notifications",
    "pause_past_the_lease",
    "redlock_attempt",
    "restart",
    "second_majority",
    "update_lost",
    "write_refused",
]


def herd(n: int, watch: str = "lock") -> Trace:
    """Let n clients ask for one lock, one after the other, and each get it once; nothing fails.

    Parameters
    ----------
    n
        How many clients; the first gets the lock at once, and all others wait before it gives it back.
    watch
        "lock": all watch the lock; "predecessor": each watches the node before its own.

    Raises
    ------
    ValueError
        If ``watch`` is neither.

    Examples
    --------
    >>> notifications(herd(10, "lock")), notifications(herd(10, "predecessor"))
    (45, 9)
    """
    if watch not in ("lock", "predecessor"):
        raise ValueError(f'watch must be "lock" or "predecessor"; got {watch!r}.')
    kind = HerdClient if watch == "lock" else ZooKeeperClient
    nodes = zookeeper_cluster(n, client=kind, hold=0.05 + 0.01 * n, session_timeout=10.0, patience=5.0)
    calls = [Call(id, at=0.01 * id, method="request") for id in range(1, n + 1)]
    return Simulation(nodes, network=NETWORK, workload=calls).run(until=(0.1 + 0.02 * n) * (n + 1))


def notifications(trace: Trace) -> int:
    """How many waiting clients were woken up."""
    return int((trace.records["event"] == "notified").sum())


def redlock_attempt(ttl: float, one_way: float, drift: float, up: int = 5) -> tuple[int, float, bool]:
    """One attempt at five servers, of which ``up`` are up, over links that take ``one_way`` seconds.

    Returns
    -------
    tuple
        How many granted it, the validity in seconds, and whether the client held the lock.

    Examples
    --------
    >>> redlock_attempt(ttl=10.0, one_way=1.0, drift=0.5)
    (5, 7.5, True)
    """
    nodes = redlock_cluster(1, ttl=ttl, drift=drift, hold=0.1, patience=2.0 * one_way + 0.01)
    for name in "ABCDE":
        nodes[name] = RedisServer(command=0.0, public=False)
    faults = [Crash(name, at=0.0) for name in "ABCDE"[up:]]
    network = Network(latency=Constant(one_way))
    calls = [Call(1, at=0.0, method="request")]
    sim = Simulation(nodes, network=network, faults=faults, workload=calls)
    records = sim.run(until=2.0 * one_way + ttl + 0.001).records
    first = records[records["event"] == "validity"].iloc[0]
    return int(first["grants"]), float(first["validity"]), bool((records["event"] == "acquired").any())


def _cuts() -> list[Any]:
    """Client 1 does not reach D and E, client 2 does not reach A and B."""
    pairs = ((1, "D"), (1, "E"), (2, "A"), (2, "B"))
    return [Cut(client, server, at=0.0, both=True) for client, server in pairs]


def clock_jump(by: float = 10.0, ttl: float = 10.0, until: float = 4.0) -> Trace:
    """Client 1 holds A, B and C; the clock of C jumps; client 2 asks C, D and E.

    Parameters
    ----------
    by
        Seconds by which the clock of C jumps, at 1 s.
    ttl
        Seconds that the keys last.
    until
        The end of the run; client 2 asks at 2 s.

    Examples
    --------
    >>> second_majority(clock_jump()), second_majority(clock_jump(by=0.0))
    (True, False)
    """
    nodes = redlock_cluster(2, ttl=ttl, hold=5.0)
    calls = [Call(1, at=0.0, method="request"), Call(2, at=2.0, method="request")]
    faults = [*_cuts(), ClockJump("C", at=1.0, by=by)]
    return Simulation(nodes, network=NETWORK, faults=faults, workload=calls).run(until=until)


def restart(delay: float = 0.0, ttl: float = 10.0) -> Trace:
    """Client 1 holds A, B and C; C crashes and comes back without its keys; client 2 asks C, D and E.

    Parameters
    ----------
    delay
        Seconds for which C answers nobody after its crash.
    ttl
        Seconds that the keys last.

    Examples
    --------
    >>> second_majority(restart()), second_majority(restart(delay=10.0))
    (True, False)
    """
    nodes = redlock_cluster(2, ttl=ttl, hold=2.0 * ttl, restart_delay=delay)
    calls = [Call(1, at=0.0, method="request"), Call(2, at=2.0, method="request")]
    faults = [*_cuts(), Outage("C", at=1.0, until=1.5)]
    return Simulation(nodes, network=NETWORK, faults=faults, workload=calls).run(until=2.0 + 2.0 * ttl)


def second_majority(trace: Trace) -> bool:
    """Whether two clients held the lock together, each by its own validity."""
    return bool(double_holders(holds_of(trace)))


def pause_past_the_lease(fencing: bool, pause: float = 5.0, ttl: float = 2.0, lock: str = "redis") -> Trace:
    """Client 1 (token 33) stands still past its lease, client 2 (token 34) writes, then client 1 writes.

    Parameters
    ----------
    fencing
        Whether the store looks at tokens.
    pause
        Seconds for which client 1 stands still.
    ttl
        Seconds that the key lasts, or the time-out of the session.
    lock
        "redis" or "zookeeper".

    Raises
    ------
    ValueError
        If ``lock`` is neither.

    Examples
    --------
    >>> write_refused(pause_past_the_lease(fencing=True)), update_lost(pause_past_the_lease(fencing=True))
    (True, False)
    >>> write_refused(pause_past_the_lease(fencing=False)), update_lost(pause_past_the_lease(fencing=False))
    (False, True)
    """
    if lock not in ("redis", "zookeeper"):
        raise ValueError(f'lock must be "redis" or "zookeeper"; got {lock!r}.')
    options: dict[str, Any] = {"hold": 0.2, "watch_lease": False, "guarded": True, "fencing": fencing}
    if lock == "redis":
        nodes = redis_cluster(2, ttl=ttl, retry=0.05, **options)
    else:
        nodes = zookeeper_cluster(2, session_timeout=ttl, **options)
    calls = [Call(1, at=0.0, method="request"), Call(2, at=0.5, method="request")]
    faults = [Pause(1, at=0.1, duration=pause)]
    sim = Simulation(nodes, network=NETWORK, faults=faults, workload=calls)
    return sim.run(until=pause + 2.0)


def late_packet(fencing: bool, late: float = 5.0, ttl: float = 2.0) -> Trace:
    """As before, but client 1 watches its lease and stands never still: its write is late on the way.

    Parameters
    ----------
    fencing
        Whether the store looks at tokens.
    late
        Seconds that the write takes.
    ttl
        Seconds that the key lasts.

    Examples
    --------
    >>> update_lost(late_packet(fencing=False)), update_lost(late_packet(fencing=True))
    (True, False)
    """
    nodes = redis_cluster(2, ttl=ttl, hold=0.2, retry=0.05, guarded=True, fencing=fencing, patience=9.0)
    calls = [Call(1, at=0.0, method="request"), Call(2, at=0.5, method="request")]
    faults = [SlowLink(1, "store", at=0.1, until=0.3, extra=late)]
    sim = Simulation(nodes, network=NETWORK, faults=faults, workload=calls)
    return sim.run(until=late + 2.0)


def write_refused(trace: Trace, token: int = 33) -> bool:
    """Whether a write with this token was refused."""
    writes = trace.records.query("event == 'write'")
    return bool((writes["accepted"].eq(False) & writes["token"].eq(token)).any())


def update_lost(trace: Trace) -> bool:
    """Whether an accepted write destroyed one that its client had not read."""
    writes = trace.records.query("event == 'write'")
    return bool(writes["lost"].eq(True).any())


def measured_rows() -> dict[str, dict[str, Any]]:
    """What the schedules yield, in the shape of the published rows: id -> quantity -> value.

    >>> measured_rows()["LK-2"]
    {'both_hold': True}
    """
    validities = {
        f"TTL=10, elapsed={2 * way}, drift=0.5": redlock_attempt(10.0, way, 0.5)[1] for way in (1, 5)
    }
    paused = {
        f"with{'' if fencing else 'out'}_fencing": pause_past_the_lease(fencing) for fencing in (True, False)
    }
    restarts = {"restart at once": restart(0.0), "restart after the longest lease": restart(10.0)}
    return {
        "MX-8": {
            "all_watch_the_lock": {"n=10": notifications(herd(10, "lock"))},
            "watch_the_predecessor": {"n=10": notifications(herd(10, "predecessor"))},
        },
        "LK-1": {"servers_needed": {"N=5": servers_needed(5)}, "validity": validities},
        "LK-2": {"both_hold": second_majority(clock_jump())},
        "LK-3": {
            name: {"write_with_33_refused": write_refused(trace), "update_lost": update_lost(trace)}
            for name, trace in paused.items()
        },
        "LK-4": {"second_majority": {name: second_majority(trace) for name, trace in restarts.items()}},
    }
