"""What runs of an atomic commit protocol cost and yield, as plain numbers read from their traces.

================== ==============================================================================
commit_latencies   seconds from the beginning of a transaction to its last commit
lock_times         seconds that a site holds the locks of a transaction
doubt_times        seconds from a yes to the decision, at one site
log_writes         forced and lazy writes, of coordinators and of participants
outcomes           transactions that committed, aborted, or are open
deadlocks          circles of transactions that wait for each other's locks
================== ==============================================================================
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from distlab.sim import NodeId, Trace

__all__ = [
    "LogWrites",
    "commit_latencies",
    "deadlocks",
    "doubt_times",
    "lock_times",
    "log_writes",
    "outcomes",
]

_COORDINATORS = ("collecting", "precommit", "commit", "abort", "end")  # records of coordinators


class LogWrites(NamedTuple):
    """How many records were written.

    Attributes
    ----------
    coordinator_forced, coordinator_lazy, participants_forced, participants_lazy : int
        By whom, and whether somebody waited for the disk.
    """

    coordinator_forced: int
    coordinator_lazy: int
    participants_forced: int
    participants_lazy: int

    @property
    def forced(self) -> int:
        """All forced writes."""
        return self.coordinator_forced + self.participants_forced


class _Seen(NamedTuple):
    time: float
    node: NodeId
    event: str
    transaction: Any
    facts: dict[str, Any]


def _seen(trace: Trace) -> Iterator[_Seen]:
    for _, _, time, node, payload in trace.instants():
        event = getattr(payload, "event", None)
        if event is not None and "transaction" in payload.facts:
            yield _Seen(time, node, event, payload.facts["transaction"], payload.facts)


def _spans(trace: Trace, begin: str, end: str) -> list[float]:
    """Seconds from each ``begin`` to the next ``end`` of the same transaction at the same node.

    What has not ended by then ends with the run.
    """
    open_since: dict[tuple[NodeId, Any], float] = {}
    found = []
    for seen in _seen(trace):
        key = (seen.node, seen.transaction)
        if seen.event == begin and seen.facts.get("yes", True):
            open_since.setdefault(key, seen.time)
        elif seen.event == end and key in open_since:
            found.append(seen.time - open_since.pop(key))
    return found + [trace.end - since for since in open_since.values()]


def commit_latencies(trace: Trace) -> list[float]:
    """Seconds from the beginning of each committed transaction to the last commit of a participant.

    Examples
    --------
    >>> from distlab.coordination.transaction import TwoPhaseCommit
    >>> from distlab.sim import Simulation, cluster
    >>> trace = Simulation(cluster(TwoPhaseCommit, 4, transactions=1)).run(until=1.0)
    >>> [round(seconds, 3) for seconds in commit_latencies(trace)]
    [0.045]
    """
    begun: dict[Any, float] = {}
    last: dict[Any, float] = {}
    for seen in _seen(trace):
        if seen.event == "begin":
            begun[seen.transaction] = seen.time
        elif seen.event == "decide" and seen.facts["decision"] == "commit":
            last[seen.transaction] = seen.time
    return [last[each] - begun[each] for each in last if each in begun]


def lock_times(trace: Trace) -> list[float]:
    """Seconds that each site held the locks of each transaction; to the end of the run if it still does.

    Examples
    --------
    >>> from distlab.coordination.transaction import TwoPhaseCommit
    >>> from distlab.sim import Simulation, cluster
    >>> trace = Simulation(cluster(TwoPhaseCommit, 4, transactions=1)).run(until=1.0)
    >>> [round(seconds, 3) for seconds in lock_times(trace)]
    [0.035, 0.035, 0.035]
    """
    return _spans(trace, "locked", "unlocked")


def doubt_times(trace: Trace) -> list[float]:
    """Seconds from each yes to the decision at that site; to the end of the run if there is none.

    Examples
    --------
    >>> from distlab.coordination.transaction import TwoPhaseCommit
    >>> from distlab.sim import Crash, Simulation, cluster
    >>> sites = cluster(TwoPhaseCommit, 4, transactions=1)
    >>> trace = Simulation(sites, faults=[Crash(1, at=0.02)]).run(until=5.0)
    >>> [round(seconds, 3) for seconds in doubt_times(trace)]
    [4.985, 4.985, 4.985]
    """
    return _spans(trace, "vote", "decide")


def log_writes(trace: Trace) -> LogWrites:
    """How many records were forced, and how many were written lazily.

    Examples
    --------
    >>> from distlab.coordination.transaction import TwoPhaseCommit
    >>> from distlab.sim import Simulation, cluster
    >>> log_writes(Simulation(cluster(TwoPhaseCommit, 4, transactions=1)).run(until=1.0))
    LogWrites(coordinator_forced=1, coordinator_lazy=1, participants_forced=6, participants_lazy=0)
    """
    count: Counter[tuple[str, bool]] = Counter()
    for seen in _seen(trace):
        if seen.event in ("force", "write"):
            count[seen.event, seen.facts["entry"] in _COORDINATORS] += 1
    return LogWrites(count["force", True], count["write", True], count["force", False], count["write", False])


def outcomes(trace: Trace) -> dict[str, int]:
    """How many transactions committed, aborted, or are open, by what their coordinators know.

    Examples
    --------
    >>> from distlab.coordination.transaction import TwoPhaseCommit
    >>> from distlab.sim import Simulation, cluster
    >>> outcomes(Simulation(cluster(TwoPhaseCommit, 4, transactions=3)).run(until=2.0))
    {'commit': 2, 'abort': 1, 'open': 0}
    """
    begun: dict[Any, NodeId] = {}
    known: dict[Any, str] = {}
    for seen in _seen(trace):
        if seen.event == "begin":
            begun[seen.transaction] = seen.node
        elif seen.event == "decide" and begun.get(seen.transaction) == seen.node:
            known[seen.transaction] = seen.facts["decision"]
    decided = Counter(known.values())
    return {"commit": decided["commit"], "abort": decided["abort"], "open": len(begun) - len(known)}


def deadlocks(trace: Trace) -> int:
    """How often a transaction began to wait and closed a circle of transactions that wait for each other.

    A transaction waits from "waits" to "locked" or "decide" at that site, for all that stand before it.

    Examples
    --------
    >>> from distlab.coordination.transaction import TwoPhaseCommit
    >>> from distlab.sim import Call, Network, Simulation, Uniform
    >>> sites = [TwoPhaseCommit({"A": 100}, transactions=0) for _ in range(4)]
    >>> both = {3: {"A": -1}, 4: {"A": 1}}
    >>> calls = [Call(1, 0.0, "begin", ("S", both)), Call(2, 0.0, "begin", ("T", both))]
    >>> sim = Simulation(sites, Network(latency=Uniform(0.005, 0.015)), workload=calls, seed=4)
    >>> deadlocks(sim.run(until=2.0))
    1
    """
    waits: dict[tuple[NodeId, Any], list[Any]] = {}  # (site, who) -> for whom
    count = 0
    for seen in _seen(trace):
        if seen.event == "waits":
            waits[seen.node, seen.transaction] = list(seen.facts["ahead"])
            count += _reaches(waits, seen.facts["ahead"], seen.transaction)
        elif seen.event in ("locked", "decide", "read"):
            waits.pop((seen.node, seen.transaction), None)
        if seen.event in ("unlocked", "decide", "read"):
            for (site, _), ahead in waits.items():
                if site == seen.node and seen.transaction in ahead:
                    ahead.remove(seen.transaction)
    return count


def _reaches(waits: dict[tuple[NodeId, Any], list[Any]], starts: Iterable[Any], goal: Any) -> bool:
    """Does one of ``starts`` wait, directly or not, for ``goal``?"""
    front = list(starts)
    known = list(starts)
    while front:
        one = front.pop()
        if one == goal:
            return True
        for (_, who), ahead in waits.items():
            if who == one:
                new = [each for each in ahead if each not in known]
                known += new
                front += new
    return False
