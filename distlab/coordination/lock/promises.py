"""What a lock promises, as questions to a trace: who overlaps, who never gets in.

:class:`distlab.check.OneHolder` and :class:`distlab.check.Fencing` judge a run while it goes on. These judge
it at its end, where a read lock may be shared, and where a wish must have been granted at last.

>>> from distlab.check import check
>>> from distlab.coordination.lock.clusters import NETWORK, redis_cluster
>>> check(redis_cluster, everybody_served, nodes=2, runs=5, arguments={"rounds": 2}, bounds=None,
...       network=NETWORK, progress=False).verdict
'passed'
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from distlab.sim import Trace

from .holds import double_holders, holds_of

__all__ = [
    "enters_when_free",
    "everybody_served",
    "holders_may_write",
    "inspectors_may_read",
    "no_update_lost",
    "one_wake_up_at_a_time",
    "readers_meet",
    "readers_or_one_writer",
    "woken_to_enter",
]


def readers_or_one_writer(trace: Trace) -> str | None:
    """Two clients hold one lock together only if both hold read locks."""
    for overlap in double_holders(holds_of(trace)):
        first, second = ["read" if hold.shared else "write" for hold in (overlap.first, overlap.second)]
        return (
            f"clients {overlap.first.client!r} and {overlap.second.client!r} both held the lock "
            f"{overlap.first.lock!r} from t = {overlap.start:.4g} s, the first to {first}, the second to "
            f"{second}."
        )
    return None


def readers_meet(trace: Trace) -> str | None:
    """Of many that read, some are in together: a read lock that nobody shares is a write lock.

    Asked of four clients or more, and ten read locks: fewer may miss each other by chance.
    """
    readers = [hold for hold in holds_of(trace) if hold.shared]
    alone = [replace(hold, shared=False) for hold in readers]
    clients = {hold.client for hold in readers}
    if len(readers) > 9 and len(clients) > 3 and not double_holders(alone):
        return f"{len(readers)} read locks were held, and never two of them together."
    return None


def everybody_served(trace: Trace) -> str | None:
    """Whoever wants a lock and does not crash gets it."""
    waiting: dict[tuple[object, object], float] = {}
    down = [(node, start) for node, start, _ in trace.crashes]
    records = trace.records
    for time, node, event, lock in zip(
        records["time"], records["node"], records["event"], records.get("lock", records["event"]), strict=True
    ):
        if event == "asked":
            waiting[node, lock] = time
        elif event in ("acquired", "gave up"):
            waiting.pop((node, lock), None)
    for (node, lock), time in waiting.items():
        if time < trace.end - 1.0 and not any(who == node and start >= time for who, start in down):
            return f"client {node!r} asked for the lock {lock!r} at t = {time:.4g} s and never got it."
    return None


def no_update_lost(trace: Trace) -> str | None:
    """No accepted write destroys one that its client had not read."""
    records = trace.records
    if "lost" not in records:
        return None
    lost = records[records["lost"].eq(True)]
    for time, client in zip(lost["time"], lost["client"], strict=True):
        return f"client {_id(client)} wrote at t = {time:.4g} s over an update that it had not read."
    return None


def one_wake_up_at_a_time(trace: Trace) -> str | None:
    """The end of a node wakes one client, not a herd."""
    records = trace.records
    woken = records[records["event"].eq("notified")]
    for time, count in woken.groupby("time").size().items():
        if count > 1:
            return (
                f"{count} clients were woken up at t = {time:.4g} s, of which one at most can get the lock."
            )
    return None


def woken_to_enter(trace: Trace) -> str | None:
    """No herd of readers and writers: a reader that is told enters, and of writers one at most is told.

    Asked of runs in which nothing fails. A writer that is told may have to wait on, for readers before it.
    """
    writers: dict[tuple[float, str], int] = {}  # told of the end of a node
    woken: dict[str, list[tuple[float, str]]] = {}  # since the client's last lock
    records = trace.records
    for row in records[records["event"].isin(["notified", "acquired"])].to_dict("records"):
        if row["event"] == "notified":
            woken.setdefault(_id(row["client"]), []).append((row["time"], row["path"]))
            continue
        told = woken.pop(_id(row["node"]), [])
        if row.get("shared") is not True:
            writers |= {when: writers.get(when, 0) + 1 for when in told}
        elif len(told) > 1:
            return (
                f"client {row['node']!r} wanted to read and was woken up in vain at t = {told[0][0]:.4g} s: "
                "a writer was still before it."
            )
    for (time, _), count in sorted(writers.items()):
        if count > 1:
            return f"{count} writers were woken up together at t = {time:.4g} s; one at most can enter."
    return None


def enters_when_free(trace: Trace, within: float = 0.03) -> str | None:
    """Who waits enters soon after the last one that was in its way has left.

    Asked of runs in which nothing fails.

    Parameters
    ----------
    trace
        Of clients that read and write.
    within
        Seconds from the wish, or from that release, to the possession.
    """
    holds = holds_of(trace)
    for hold in holds:
        before = [
            other.believed_until
            for other in holds
            if not (hold.shared and other.shared) and other.believed_until <= hold.acquired
        ]
        free = max([hold.asked, *before])
        if hold.acquired - free > within:
            return (
                f"client {hold.client!r} wanted to {'read' if hold.shared else 'write'} and could from "
                f"t = {free:.4g} s on; it went on waiting until t = {hold.acquired:.4g} s."
            )
    return None


def holders_may_write(trace: Trace) -> str | None:
    """A write is refused only if a later token was given away before it; and some write is accepted."""
    records = trace.records
    newest = 0.0
    accepted = 0
    for row in records.to_dict("records"):
        if row["event"] == "acquired" and row["token"] == row["token"]:
            newest = max(newest, row["token"] or 0)
        elif row["event"] == "write":
            accepted += row["accepted"] is True
            if row["accepted"] is not True and row["token"] >= newest:
                return (
                    f"client {_id(row['client'])} was refused its write with token {int(row['token'])} at "
                    f"t = {row['time']:.4g} s, although no later token had been given to anybody."
                )
    if newest and not accepted:
        return "clients held the lock, and the store let none of them write."
    return None


def inspectors_may_read(trace: Trace) -> str | None:
    """Who has no token and only reads is let in."""
    records = trace.records
    if "refused" not in records:
        return None
    for time in records[records["refused"].eq(True)]["time"]:
        return f"the inspector, who has no token and only reads, was refused at t = {time:.4g} s."
    return None


def _id(client: Any) -> str:
    """An id as it was given: in a table with gaps, whole numbers are floats."""
    return repr(int(client)) if isinstance(client, float) else repr(client)
