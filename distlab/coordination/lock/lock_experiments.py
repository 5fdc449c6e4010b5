"""Experiments on locks: the same load and the same fault for every home of a lock.

>>> busy("redis", clients=3, seconds=1.0)["double_holders"]
0
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from math import inf
from typing import Any

from distlab.sim import (
    Call,
    ClockDrift,
    ClockJump,
    Crash,
    Cut,
    Node,
    NodeId,
    Outage,
    Pause,
    Simulation,
    Trace,
)

from .clusters import (
    NETWORK,
    database_cluster,
    failover_cluster,
    old_redis_cluster,
    redis_cluster,
    redlock_cluster,
    unlocked_cluster,
    zookeeper_cluster,
)
from .holds import Hold, double_holders, holds_of, stuck_times, summary
from .zookeeper_lock import HerdClient, ReadWriteClient

__all__ = [
    "HOMES",
    "busy",
    "clocks_disagree",
    "clocks_drift",
    "contention",
    "double_holders_by_clients",
    "fail_overs_that_lose",
    "failover_loses_the_lock",
    "hair_dryers",
    "holder_crashes",
    "holder_pauses",
    "long_work",
    "requests_for_entries",
    "server_crashes",
    "without_lock_seconds",
]

Home = Callable[..., dict[NodeId, Node]]


def _table(n: int, *, ttl: float | None = None, **options: Any) -> dict[NodeId, Node]:
    return database_cluster(n, **options)


def _table_with_expiry(n: int, *, ttl: float = 0.5, **options: Any) -> dict[NodeId, Node]:
    return database_cluster(n, ttl=ttl, **options)


def _renewed(n: int, **options: Any) -> dict[NodeId, Node]:
    return redis_cluster(n, renew=True, **options)


def _zookeeper(n: int, *, ttl: float = 0.5, **options: Any) -> dict[NodeId, Node]:
    options.pop("retry", None)
    return zookeeper_cluster(n, session_timeout=ttl, **options)


def _herd(n: int, *, ttl: float = 0.5, **options: Any) -> dict[NodeId, Node]:
    options.pop("retry", None)
    return zookeeper_cluster(n, client=HerdClient, session_timeout=ttl, **options)


def _unlocked(n: int, *, ttl: float | None = None, **options: Any) -> dict[NodeId, Node]:
    options.pop("retry", None)
    return unlocked_cluster(n, **options)


HOMES: dict[str, Home] = {
    "no lock": _unlocked,
    "database": _table,
    "database with expiry": _table_with_expiry,
    "SETNX with a time": old_redis_cluster,
    "Redis": redis_cluster,
    "Redis with renewal": _renewed,
    "Redis with a replica": failover_cluster,
    "Redlock": redlock_cluster,
    "ZooKeeper, herd": _herd,
    "ZooKeeper": _zookeeper,
}


def _home(name: str) -> Home:
    found = {key.lower(): home for key, home in HOMES.items()}
    if name.lower() not in found:
        raise ValueError(f"home must be one of {', '.join(HOMES)}; got {name!r}.")
    return found[name.lower()]


def contention(
    home: str, clients: int = 10, seconds: float = 10.0, seed: int = 0, hold: float = 0.01, **options: Any
) -> Trace:
    """Clients that want the lock again and again, with nothing between two wishes but a short pause.

    Parameters
    ----------
    home
        One of ``HOMES``.
    clients, seconds, seed, hold
        How many clients, for how long, with which random numbers, and how many seconds of work inside.
    options
        Of the clients, such as ``retry=0.02``.

    Returns
    -------
    Trace
        In outline.

    Examples
    --------
    >>> len(holds_of(contention("Redis", clients=2, seconds=1.0))) > 20
    True
    """
    nodes = _home(home)(clients, rounds=1_000_000, think=0.01, hold=hold, **options)
    return Simulation(nodes, network=NETWORK, seed=seed, trace="outline").run(until=seconds)


def busy(
    home: str, clients: int = 10, seconds: float = 10.0, seed: int = 0, hold: float = 0.01, **options: Any
) -> dict[str, float]:
    """What :func:`contention` costs and yields, as :func:`~distlab.coordination.lock.summary`; with the
    notifications per lock.

    Examples
    --------
    >>> busy("ZooKeeper", clients=3, seconds=1.0)["overtaken"]
    0
    """
    trace = contention(home, clients, seconds, seed, hold, **options)
    holds = holds_of(trace)
    row = summary(holds, clients=range(1, clients + 1))
    woken = int((trace.records["event"] == "notified").sum())
    return {**row, "notifications": woken / len(holds) if holds else 0.0}


def holder_crashes(
    home: str, ttl: float = 0.5, at: float = 1.0, seed: int = 0, seconds: float = 10.0
) -> float:
    """Seconds for which nobody gets the lock after its holder has crashed, with three others waiting.

    Parameters
    ----------
    home
        One of ``HOMES``.
    ttl
        Seconds that the lock lasts, or the time-out of the session.
    at, seed, seconds
        When the crash comes, the random numbers, and the length of the run.

    Returns
    -------
    float
        Infinity if nobody got it before the end.

    Examples
    --------
    >>> holder_crashes("database")
    inf
    """
    nodes = _home(home)(4, ttl=ttl, hold=0.2)
    calls = [Call(1, at=at - 0.1, method="request")]
    calls += [Call(client, at=at - 0.05, method="request") for client in (2, 3, 4)]
    faults = [Crash(1, at=at)]
    trace = Simulation(nodes, NETWORK, faults, calls, seed=seed).run(until=at + seconds)
    return max(stuck_times(holds_of(trace)), default=inf)


def holder_pauses(
    home: str,
    pause: float,
    ttl: float = 0.5,
    fencing: bool = False,
    seed: int = 0,
    watch_lease: bool = False,
) -> Trace:
    """Client 1 stands still while it holds the lock; clients 2 and 3 want it, too. All add to one number.

    Parameters
    ----------
    home
        One of ``HOMES``.
    pause
        Seconds for which it stands still, from 1.0 s on.
    ttl
        Seconds that the lock lasts, or the time-out of the session.
    fencing
        Whether the store looks at tokens.
    seed
        The random numbers.
    watch_lease
        Whether clients stop when their lease is over by their own clock.

    Examples
    --------
    >>> [len(double_holders(holds_of(holder_pauses("Redis", pause)))) for pause in (0.2, 2.0)]
    [0, 2]
    """
    guard: dict[str, Any] = {"guarded": True, "fencing": fencing, "hold": 0.1}
    nodes = _home(home)(3, ttl=ttl, watch_lease=watch_lease, **guard)
    calls = [Call(1, at=0.95, method="request")]
    calls += [Call(client, at=1.01, method="request") for client in (2, 3)]
    faults = [Pause(1, at=1.0, duration=pause)] if pause else []
    return Simulation(nodes, NETWORK, faults, calls, seed=seed).run(until=3.0 + pause + ttl)


def long_work(home: str, work: float = 2.0, ttl: float = 0.5, seed: int = 0) -> int:
    """Double holders if the work takes ``work`` seconds, nothing fails, and two clients want the lock.

    Clients do not watch their leases: they work to the end.

    Parameters
    ----------
    home
        One of ``HOMES``.
    work
        Seconds of work inside.
    ttl
        Seconds that the lock lasts, or the time-out of the session.
    seed
        The random numbers.

    Examples
    --------
    >>> long_work("Redis"), long_work("Redis with renewal"), long_work("ZooKeeper")
    (1, 0, 0)
    """
    nodes = _home(home)(2, ttl=ttl, hold=work, watch_lease=False)
    calls = [Call(1, at=1.0, method="request"), Call(2, at=1.05, method="request")]
    return len(
        double_holders(holds_of(Simulation(nodes, NETWORK, (), calls, seed=seed).run(until=2 + 3 * work)))
    )


def hair_dryers(
    home: str,
    pause: float = 0.0,
    fencing: bool = False,
    stock: int = 2,
    wanted: Sequence[int] = (1, 2),
    ttl: float = 0.5,
    seed: int = 0,
) -> dict[str, int]:
    """The course's hair-dryers: buyers read the stock, take a while, and write what is left.

    Parameters
    ----------
    home
        One of ``HOMES``.
    pause
        Seconds for which the first buyer stands still, just before it writes.
    fencing
        Whether the store looks at tokens.
    stock
        How many there are.
    wanted
        How many each buyer wants, in the order of their coming.
    ttl
        Seconds that the lock lasts, or the time-out of the session.
    seed
        The random numbers.

    Returns
    -------
    dict
        "sold" pieces, "oversold" pieces (more than there were), "refused" writes.

    Examples
    --------
    >>> hair_dryers("no lock")
    {'sold': 3, 'oversold': 1, 'refused': 0}
    """
    until = 5.0 + pause + 2 * ttl
    quiet = _buyers(home, ttl, fencing, stock, wanted, [], seed).run(until=until)
    faults = []
    if pause:
        sent = quiet.messages
        first = float(sent[(sent["type"] == "Write") & (sent["sender"] == 1)]["sent"].min())
        faults = [Pause(1, at=first - 0.0001, duration=pause)]
    trace = _buyers(home, ttl, fencing, stock, wanted, faults, seed).run(until=until)
    writes = trace.records.query("event == 'write'")
    accepted = writes[writes["accepted"].eq(True)]
    sold = sum(wanted[int(client) - 1] for client in accepted["client"])
    refused = len(writes) - len(accepted)
    return {"sold": sold, "oversold": max(0, sold - stock), "refused": refused}


def _buyers(
    home: str, ttl: float, fencing: bool, stock: int, wanted: Sequence[int], faults: list[Any], seed: int
) -> Simulation:
    options: dict[str, Any] = {"ttl": ttl, "watch_lease": False, "hold": 0.05}
    nodes = _home(home)(len(wanted), guarded=True, fencing=fencing, stock=stock, **options)
    for id, many in enumerate(wanted, start=1):
        client = nodes[id]
        nodes[id] = type(client)(**{**client._born[1], "wants": many})
    calls = [Call(id, at=1.0 + 0.001 * id, method="request") for id in range(1, len(wanted) + 1)]
    return Simulation(nodes, NETWORK, faults, calls, seed=seed)


def server_crashes(
    home: str, down: float = 2.0, clients: int = 4, ttl: float = 0.5, seed: int = 0
) -> list[Hold]:
    """All holds of a run in which one server crashes at 2.0 s; see :func:`without_lock_seconds`.

    The server of a database or of Redis comes back after ``down`` seconds. Of the ZooKeeper ensemble and of
    Redlock one server stays away that long; the ensemble elects a new leader, which takes 0.2 s here (lecture
    04 measures it).

    Examples
    --------
    >>> without_lock_seconds(server_crashes("Redlock")) < 0.3
    True
    """
    nodes = _home(home)(clients, rounds=1_000_000, think=0.02, hold=0.05, ttl=ttl, **_when_waiting(home))
    first = next(id for id in nodes if not isinstance(id, int))
    away = 0.2 if home.startswith("ZooKeeper") else down
    faults = [Outage(first, at=2.0, until=2.0 + away)]
    sim = Simulation(nodes, NETWORK, faults, seed=seed, trace="outline")
    return holds_of(sim.run(until=4.0 + down))


def _when_waiting(home: str) -> dict[str, Any]:
    return {} if home == "Redlock" else {"patience": 0.1}


def without_lock_seconds(holds: Sequence[Hold], since: float = 2.0) -> float:
    """The longest time after ``since`` in which nobody acquired a lock.

    >>> without_lock_seconds([Hold(1, "a", 1.9, 1.9, 2.0), Hold(1, "a", 3.0, 3.5, 3.6)])
    1.6
    """
    before = max((hold.acquired for hold in holds if hold.acquired <= since), default=since)
    times = [before, *sorted(hold.acquired for hold in holds if hold.acquired > since)]
    return round(max((later - earlier for earlier, later in pairwise(times)), default=inf), 6)


def failover_loses_the_lock(lag: float, crash_after: float, seed: int = 0) -> bool:
    """Whether two clients hold the lock together after the master crashed and its replica took over.

    Parameters
    ----------
    lag
        Seconds by which the replica is late.
    crash_after
        Seconds between the master's answer to client 1 and its crash.
    seed
        The random numbers.

    Examples
    --------
    >>> failover_loses_the_lock(lag=0.01, crash_after=0.005), failover_loses_the_lock(0.01, 0.02)
    (True, False)
    """

    def nodes() -> dict[NodeId, Node]:
        return failover_cluster(2, lag=lag, ttl=10.0, hold=3.0, down_after=0.25, patience=0.1)

    calls = [Call(1, at=1.0, method="request"), Call(2, at=1.5, method="request")]
    sent = Simulation(nodes(), NETWORK, workload=calls, seed=seed).run(until=1.1).messages
    answered = float(sent[sent["type"] == "SetReply"]["sent"].min())
    sim = Simulation(nodes(), NETWORK, [Crash("A", at=answered + crash_after)], calls, seed=seed)
    return bool(double_holders(holds_of(sim.run(until=4.0))))


def fail_overs_that_lose(lag: float, within: float = 0.02, times: int = 20) -> int:
    """How many of some fail-overs give the lock away twice; the master crashes at moments spread evenly.

    Parameters
    ----------
    lag
        Seconds by which the replica is late.
    within
        Seconds after the master's answer in which it crashes.
    times
        How many fail-overs.

    Examples
    --------
    >>> fail_overs_that_lose(0.01, times=4)
    2
    """
    moments = [within * (k + 0.5) / times for k in range(times)]
    return sum(failover_loses_the_lock(lag, moment) for moment in moments)


def double_holders_by_clients(client: type[ReadWriteClient], clients: int = 6, rounds: int = 20) -> int:
    """How often two clients that read and write held a lock together, not both to read.

    >>> double_holders_by_clients(ReadWriteClient, clients=3, rounds=4)
    0
    """
    nodes = zookeeper_cluster(clients, client=client, reads=0.5, rounds=rounds)
    return len(double_holders(holds_of(Simulation(nodes, NETWORK).run(until=5.0))))


def requests_for_entries(home: str, entries: int) -> int:
    """What one client sends to the service for one wish in which it enters the lock several times.

    Messages that keep a session alive are not counted.

    >>> requests_for_entries("Redis", entries=1), requests_for_entries("Redis", entries=3)
    (2, 2)
    """
    sim = Simulation(_home(home)(1, entries=entries), NETWORK, workload=[Call(1, 0.0, "request")])
    sent = sim.run(until=1.0).messages
    return int((sent["sender"].eq(1) & sent["type"].ne("Ping")).sum())


def clocks_drift(rate: float, ttl: float = 10.0, drift: float | None = None) -> float:
    """For how many seconds two clients hold a Redlock together if one server's clock runs at ``rate``.

    Client 1 holds A, B and C for as long as it may; client 2 asks C, D and E all the time. The clock of C
    runs at ``rate`` seconds per second.

    Parameters
    ----------
    rate
        1 is a perfect clock.
    ttl
        Seconds that the keys last.
    drift
        What the clients allow for it, in seconds; None: 1 % of ttl and 2 ms.

    Examples
    --------
    >>> clocks_drift(1.0), clocks_drift(1.1) > 0.5
    (0.0, True)
    """
    nodes = redlock_cluster(2, ttl=ttl, drift=drift, hold=ttl, retry=0.002)
    calls = [Call(1, at=0.0, method="request"), Call(2, at=0.2, method="request")]
    cuts = [Cut(*pair, at=0.0, both=True) for pair in ((1, "D"), (1, "E"), (2, "A"), (2, "B"))]
    faults = [ClockDrift("C", at=0.0, rate=rate), *cuts]
    sim = Simulation(nodes, NETWORK, faults, calls, trace="outline")
    holds = holds_of(sim.run(until=1.5 * ttl))
    return round(sum((overlap.seconds for overlap in double_holders(holds)), 0.0), 3)


def clocks_disagree(home: str, by: float, ttl: float = 0.5) -> int:
    """Double holders if the clock of client 2 is ``by`` seconds ahead; client 1 works within its lease.

    >>> clocks_disagree("SETNX with a time", by=1.0), clocks_disagree("Redis", by=1.0)
    (1, 0)
    """
    nodes = _home(home)(2, ttl=ttl, hold=0.3)
    calls = [Call(1, at=1.0, method="request"), Call(2, at=1.05, method="request")]
    sim = Simulation(nodes, NETWORK, [ClockJump(2, at=0.0, by=by)], calls)
    return len(double_holders(holds_of(sim.run(until=4.0))))
