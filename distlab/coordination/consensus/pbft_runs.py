"""Runs of PBFT: message counts beside the formula, what three replicas cannot do, a view change."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from distlab.sim import Constant, Crash, Network, Node, NodeId, Simulation, Trace, Uniform

from .pbft import Pbft
from .pbft_client import PbftClient
from .pbft_liars import EquivocatingPrimary

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "applied",
    "diverging_replicas",
    "pbft_beside_formula",
    "pbft_cluster",
    "pbft_message_count",
    "primary_crashes",
    "three_replicas",
]

_NETWORK = Network(latency=Uniform(0.005, 0.015))


def pbft_cluster(
    n: int = 4,
    clients: int = 1,
    operations: Sequence[Any] = (("write", 1), ("read",)),
    *,
    kind: type[Pbft] = Pbft,
    client: type[PbftClient] = PbftClient,
    liars: Mapping[NodeId, type[Pbft]] | None = None,
    f: int | None = None,
    **options: Any,
) -> dict[NodeId, Node]:
    """Replicas 1..n and their clients "a", "b", ...

    Parameters
    ----------
    n, clients
        How many. Clients have letters, at most 26.
    operations
        What each client asks for, one after the other; in ("write", v) v becomes (client, v), so that every
        write is another one.
    kind, client
        The classes of the honest replicas and of the clients.
    liars
        Id -> class, for those that lie.
    f
        How many replicas may be faulty; None: (n-1)//3.
    options
        For all replicas, such as ``patience=0.5``.

    Examples
    --------
    >>> list(pbft_cluster(4, clients=2))
    [1, 2, 3, 4, 'a', 'b']
    """
    ids = tuple(range(1, n + 1))
    classes = {id: (liars or {}).get(id, kind) for id in ids}
    nodes: dict[NodeId, Node] = {id: classes[id](ids, f=f, **options) for id in ids}
    for name in "abcdefghijklmnopqrstuvwxyz"[:clients]:
        asked = [(what[0], (name, what[1])) if what[0] == "write" else what for what in operations]
        nodes[name] = client(ids, asked, f=f)
    return nodes


def pbft_message_count(n: int) -> int:
    """Messages of one request in the normal case: request, pre-prepare, prepare, commit, reply.

    >>> pbft_message_count(4), pbft_message_count(7), pbft_message_count(10)
    (29, 92, 191)
    """
    return 2 * n * n - n + 1


def pbft_beside_formula(ns: Iterable[int] = (4, 7, 10, 13)) -> pd.DataFrame:
    """Messages of one request, counted in a run, beside 2n^2 - n + 1.

    Parameters
    ----------
    ns
        Numbers of replicas.

    Returns
    -------
    DataFrame
        One row per n: ``n``, ``f``, ``formula``, ``measured``, and the counts of each kind of message.

    References
    ----------
    Castro and Liskov 1999, section 4.2.

    Examples
    --------
    >>> pbft_beside_formula([4])[["formula", "measured", "Prepare", "Commit"]].values.tolist()
    [[29, 29, 9, 12]]
    """
    import pandas as pd

    rows = []
    for n in ns:
        nodes = pbft_cluster(n, operations=[("write", 1)])
        messages = Simulation(nodes, Network(latency=Constant(0.01))).run(until=1.0).messages
        kinds = messages.type.value_counts()
        row = {"n": n, "f": (n - 1) // 3, "formula": pbft_message_count(n), "measured": len(messages)}
        rows.append(row | {kind: int(kinds[kind]) for kind in _KINDS})
    return pd.DataFrame(rows)


_KINDS = ("Request", "PrePrepare", "Prepare", "Commit", "Reply")


def applied(trace: Trace) -> dict[NodeId, list[Any]]:
    """What each replica has carried out, in its order: id -> list of (number, request).

    >>> applied(primary_crashes())[4]
    [(1, ('a', 1, ('write', ('a', 1)))), (2, ('a', 2, ('read',)))]
    """
    records = trace.records
    rows = records[records.event == "apply"]
    found: dict[NodeId, list[Any]] = {}
    if rows.empty:
        return found
    for node, index, value in zip(
        rows.node.tolist(), rows["index"].tolist(), rows.value.tolist(), strict=True
    ):
        found.setdefault(node, []).append((int(index), value))
    return found


def diverging_replicas(trace: Trace, liars: Sequence[NodeId] = ()) -> str | None:
    """Whether two honest replicas carried out different requests under one number.

    Returns
    -------
    str or None
        None, or a sentence that names them.

    Examples
    --------
    >>> diverging_replicas(three_replicas(), liars=[1])
    "number 1: replica 2 has ('a', 1, ('write', ('a', 1))), replica 3 ('b', 1, ('write', ('b', 1)))."
    """
    first: dict[int, tuple[NodeId, Any]] = {}
    for replica, entries in applied(trace).items():
        for number, value in entries if replica not in liars else ():
            other, known = first.setdefault(number, (replica, value))
            if known != value:
                return f"number {number}: replica {other!r} has {known!r}, replica {replica!r} {value!r}."
    return None


def three_replicas(n: int = 3, seed: int = 1) -> Trace:
    """One liar among three replicas that count on one: the primary tells the others different things.

    A quorum is n-f = 2 of 3. Two such quorums share one replica, and that is the liar: 2 and 3 carry out
    different requests under number 1. With ``n=4`` a quorum is 3, and any two share an honest replica, which
    votes once: the same liar gets no more than one of the two requests through.

    Parameters
    ----------
    n
        3, or 4 for the same liar among four.
    seed
        Whole number; the run depends on it.

    Returns
    -------
    Trace
        Two seconds; replica 1 lies, "a" and "b" write.

    References
    ----------
    Castro and Liskov 1999, section 3; Lamport, Shostak and Pease 1982, section 2.

    Examples
    --------
    >>> diverging_replicas(three_replicas(4), liars=[1]) is None, three_replicas(4).operations.status.tolist()
    (True, ['ok', 'ok'])
    """
    nodes = pbft_cluster(n, 2, [("write", 1)], f=1, liars={1: EquivocatingPrimary})
    return Simulation(nodes, _NETWORK, seed=seed).run(until=2.0)


def primary_crashes(n: int = 4, at: float = 0.03, seed: int = 1, until: float = 1.5) -> Trace:
    """The primary crashes while the first request is under way; the second one brings a view change.

    Without the primary, the other three still prepare and commit what it has given a number. The second
    request meets silence: the client asks all, the backups lose patience, and the primary of view 1 begins
    with what they have prepared, request 1 under number 1.

    Parameters
    ----------
    n
        Number of replicas.
    at
        Seconds at which replica 1, the primary of view 0, crashes for good.
    seed
        Whole number; the run depends on it.
    until
        Seconds.

    Examples
    --------
    >>> trace = primary_crashes()
    >>> trace.operations.status.tolist(), trace.roles.query("role == 'leader'").node.tolist()
    (['ok', 'ok'], [1, 2])
    """
    nodes = pbft_cluster(n)
    return Simulation(nodes, _NETWORK, [Crash(1, at=at)], seed=seed).run(until=until)
