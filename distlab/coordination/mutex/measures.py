"""What a run of a mutual exclusion algorithm cost and yielded, as plain numbers read from its trace."""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Sequence
from math import ceil, inf, nan
from typing import NamedTuple

from distlab.sim import NodeId, Trace

__all__ = ["Measured", "events_in", "measure", "overlaps"]


class Measured(NamedTuple):
    """What a run costs and yields. Times are in seconds; what did not happen is NaN.

    Attributes
    ----------
    entries, messages : int
        How many, in the part of the run that was measured.
    messages_per_entry : float
    wait, wait_p99 : float
        From request to entry: mean, and the time that 99 of 100 did not exceed.
    synchronisation_delay : float
        From an exit to the next entry, mean over the exits at which somebody was waiting.
    throughput : float
        Entries per second.
    jain : float
        Jain's index of the entries per node: 1 if all have the same, 1/n if one has all.
    overtaken, most_overtaken : float, int
        By how many later requests a request was overtaken: mean, and largest.
    busiest : float
        Share of all messages that one node, the busiest, sends or receives.
    """

    entries: int
    messages: int
    messages_per_entry: float
    wait: float
    wait_p99: float
    synchronisation_delay: float
    throughput: float
    jain: float
    overtaken: float
    most_overtaken: int
    busiest: float


class _Visit(NamedTuple):
    """One request that was served."""

    node: NodeId
    asked: float
    entered: float


def events_in(trace: Trace) -> list[tuple[float, NodeId, str]]:
    """(seconds, node, event) of all records, in order."""
    records = trace.records
    return list(zip(records["time"], records["node"], records["event"], strict=True))


def _visits(trace: Trace, asked: Sequence[tuple[float, NodeId]] | None) -> list[_Visit]:
    """The visits in the order of the entries; ``asked`` None: a request counts from when it is sent."""
    events = events_in(trace)
    if asked is None:
        asked = [(time, node) for time, node, event in events if event == "request"]
    pending: dict[NodeId, list[float]] = {}
    for time, node in asked:
        pending.setdefault(node, []).append(time)
    visits = []
    for time, node, event in events:
        if event == "enter":
            visits.append(_Visit(node, pending[node].pop(0), time))
    return visits


def _overtakings(visits: Sequence[_Visit]) -> list[int]:
    """For each visit, in the order of the entries, how many later requests entered before it."""
    before: list[float] = []  # when the requests were made that have entered so far, sorted
    counts = []
    for visit in visits:
        counts.append(len(before) - bisect_right(before, visit.asked))
        insort(before, visit.asked)
    return counts


def _delays(trace: Trace) -> list[tuple[float, float]]:
    """(time of an exit at which somebody was waiting, seconds until the next entry)."""
    waiting = 0
    left = nan
    found = []
    for time, _, event in events_in(trace):
        if event == "request":
            waiting += 1
        elif event == "exit":
            left = time if waiting else nan
        elif event == "enter":
            waiting -= 1
            if left == left:
                found.append((left, time - left))
            left = nan
    return found


def overlaps(trace: Trace) -> int:
    """How many entries were made while another node was inside.

    A node that crashes is no longer inside.

    Parameters
    ----------
    trace
        Of nodes that record "enter" and "exit".

    Examples
    --------
    >>> from distlab.coordination.mutex import Contender
    >>> from distlab.sim import Call, Simulation, cluster
    >>> class Reckless(Contender):
    ...     def acquire(self):
    ...         self.wait()
    ...         self.enter()
    >>> calls = [Call(1, at=0.0, method="request", args=(1.0,)), Call(2, at=0.5, method="request")]
    >>> overlaps(Simulation(cluster(Reckless, 2), workload=calls).run())
    1
    """
    changes = [(time, node, event) for time, node, event in events_in(trace) if event in ("enter", "exit")]
    changes += [(time, node, "exit") for node, time, _ in trace.crashes]
    inside: list[NodeId] = []
    count = 0
    for _, node, event in sorted(changes, key=lambda change: change[0]):
        if event == "enter":
            count += bool(inside)
            inside.append(node)
        elif node in inside:
            inside.remove(node)
    return count


def measure(
    trace: Trace,
    asked: Sequence[tuple[float, NodeId]] | None = None,
    since: float = 0.0,
    until: float = inf,
    nodes: Sequence[NodeId] | None = None,
) -> Measured:
    """Measure a run, or the part of it after ``since`` and up to ``until``.

    Parameters
    ----------
    trace
        A full trace of nodes that record "request", "enter" and "exit".
    asked
        (seconds, node) of each request of the outside world, in order; None: a request counts from when the
        node sends it.
    since, until
        Seconds; entries and messages in this part count.
    nodes
        Who shares the critical section, for Jain's index; None: all.

    Examples
    --------
    >>> from distlab.coordination.mutex import RicartAgrawala
    >>> from distlab.sim import Call, Simulation, cluster
    >>> calls = [Call(2, at=0.0, method="request"), Call(1, at=0.5, method="request")]
    >>> trace = Simulation(cluster(RicartAgrawala, 5), workload=calls).run()
    >>> measure(trace).messages_per_entry, round(measure(trace).wait, 3)
    (8.0, 0.02)
    """
    until = min(until, trace.end)
    visits = _visits(trace, asked)
    overtakings = [
        count
        for visit, count in zip(visits, _overtakings(visits), strict=True)
        if since < visit.entered <= until
    ]
    counted = [visit for visit in visits if since < visit.entered <= until]
    sent = trace.messages
    sent = sent[(sent["sent"] > since) & (sent["sent"] <= until)] if since else sent[sent["sent"] <= until]
    shares = {node: 0 for node in (trace.nodes if nodes is None else nodes)}
    for visit in counted:
        shares[visit.node] += 1
    delays = [delay for left, delay in _delays(trace) if since < left <= until]
    waits = sorted(visit.entered - visit.asked for visit in counted)
    ends = sent["sender"].value_counts().add(sent["receiver"].value_counts(), fill_value=0)
    return Measured(
        entries=len(counted),
        messages=len(sent),
        messages_per_entry=len(sent) / len(counted) if counted else nan,
        wait=_mean(waits),
        wait_p99=waits[ceil(0.99 * len(waits)) - 1] if waits else nan,
        synchronisation_delay=_mean(delays),
        throughput=len(counted) / (until - since) if until > since else nan,
        jain=_jain(list(shares.values())),
        overtaken=_mean(overtakings),
        most_overtaken=max(overtakings, default=0),
        busiest=float(ends.max()) / len(sent) if len(sent) else nan,
    )


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else nan


def _jain(shares: Sequence[int]) -> float:
    squares = sum(share**2 for share in shares)
    return sum(shares) ** 2 / (len(shares) * squares) if squares else nan
